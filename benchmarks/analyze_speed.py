"""How fast ``wildpose analyze`` is and how much memory it takes.

``python benchmarks/analyze_speed.py CLIPS`` analyses (a) the largest clip, (b) the same clip four
times as long, (c) all clips, with one worker each, and (d) all clips with the default workers.
Printed: frames per second end to end (with the start of the processes and the loading of the
model), processor seconds per frame (which hang less on what else the machine does), the peak of
memory as PSS summed over all processes, and seconds per stage. Other work on the machine makes
the times of a run longer: compare the rows of one call with each other.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.analysis.settings import cores
from wildpose.errors import ClipError
from wildpose.types import Array
from wildpose.video import find_clips, open_clip, write_clip

LENGTHENED = 4
SAMPLE_EVERY_S = 0.2


@dataclass(frozen=True)
class Measurement:
    """One analysis, measured from outside."""

    name: str
    clips: int
    frames: int
    seconds: float
    cpu_s: float
    peak_mib: float
    stages: dict[str, float]


def process_tree(root: int) -> list[int]:
    """Process numbers of a process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended while we looked
        children.setdefault(parent, []).append(int(entry.name))
    tree = [root]
    for pid in tree:
        tree.extend(children.get(pid, []))
    return tree


def pss_mib(pids: list[int]) -> float:
    """Memory of processes in MiB; pages that several share are counted once."""
    total_kib = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue  # it ended while we looked
        total_kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total_kib / 1024


def measure(name: str, clips: Path, workers: int, options: list[str]) -> Measurement:
    """Analyse in a process of its own and watch it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [str(Path(sys.executable).with_name("wildpose")), "analyze", str(clips),
                   "--out", str(run), "--json", "--quiet", *options]
        if workers:
            command += ["--workers", str(workers)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peak = [0.0]
        done = threading.Event()

        def watch() -> None:
            while not done.wait(SAMPLE_EVERY_S):
                peak[0] = max(peak[0], pss_mib(process_tree(process.pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        output, _ = process.communicate()
        done.set()
        watcher.join()
        if process.returncode not in (0, 3):
            sys.exit(f"wildpose analyze left with {process.returncode}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        counts = json.loads(output)
        stages = json.loads((run / "run.json").read_text())["seconds_per_stage"]
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measurement(name, counts["clips"], counts["frames"], counts["seconds"], cpu_s, peak[0],
                       stages)


def largest_clip(clips: Path) -> Path:
    """The clip with the most bytes that can be read to its end."""
    for clip in sorted(find_clips(clips).clips, key=lambda clip: -clip.size_bytes):
        try:
            with open_clip(clip.path) as frames:
                if sum(1 for _ in frames) and frames.report.complete:
                    return clip.path
        except ClipError:
            continue
    sys.exit(f"{clips}: no clip that can be read whole")


def lengthen(source: Path, target: Path, times: int) -> None:
    """Write a clip that shows another one several times over."""
    def images() -> Iterator[Array]:
        for _ in range(times):
            with open_clip(source) as clip:
                for frame in clip:
                    yield frame.image

    with open_clip(source) as clip:
        count = sum(1 for _ in clip)
        rate = count / clip.report.duration_s
    write_clip(target, images(), round(rate))


def show(row: Measurement) -> None:
    """Print one measurement."""
    print(f"{row.name:34}{row.clips:6}{row.frames:8}{row.frames / row.seconds:10.2f}"
          f"{row.cpu_s / row.frames:13.4f}{row.peak_mib:10.0f}", flush=True)


def show_stages(rows: list[Measurement]) -> None:
    """Print seconds per stage, and the ratios that should stay near 1."""
    print("\nseconds per stage, summed over processes (share of all)")
    for row in rows:
        total = sum(row.stages.values())
        parts = [f"{name} {value:.1f} ({value / total:.0%})" for name, value in row.stages.items()]
        print(f"{row.name:34}{', '.join(parts)}")
    one, long, every = rows[:3]
    print("\npeak memory as a ratio to that of the largest clip:"
          f" {LENGTHENED} times as long {long.peak_mib / one.peak_mib:.2f},"
          f" all clips {every.peak_mib / one.peak_mib:.2f}")


def main(words: Sequence[str] | None = None) -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("options", nargs="*", help="more options for `wildpose analyze`, after --")
    arguments = parser.parse_args(words)
    one = largest_clip(arguments.clips)
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.mp4"
        lengthen(one, long, LENGTHENED)
        plan = [("largest clip, 1 worker", one, 1),
                (f"the same, {LENGTHENED} times as long, 1 worker", long, 1),
                ("all clips, 1 worker", arguments.clips, 1),
                ("all clips, default workers", arguments.clips, 0)]
        print(f"cores: {cores()}, load before: {os.getloadavg()[0]:.1f}")
        print(f"{'what':34}{'clips':>6}{'frames':>8}{'frames/s':>10}{'CPU s/frame':>13}"
              f"{'peak MiB':>10}", flush=True)
        rows = []
        for name, clips, workers in plan:
            rows.append(measure(name, clips, workers, arguments.options))
            show(rows[-1])
        show_stages(rows)


if __name__ == "__main__":
    main()
