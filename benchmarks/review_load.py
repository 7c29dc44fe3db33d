"""How long ``wildpose review`` takes to load a large run, and how much memory.

``python benchmarks/review_load.py`` makes a clip of 300 frames (640 x 360, H.264), copies it 100
times, writes a run over these clips through the real tables, with two animals in each frame, and
loads it by the real command into a database of its own: once with every frame analysed and boxes
alone, once with every 6th frame analysed and masks and dense pose on those. Loaded twice, since
the second time is what a reviewer meets every day. Printed for each: seconds, processor seconds,
the command's largest memory, and the size of the documents in the database.

Other work on the machine makes seconds longer, processor seconds hardly.
"""

from __future__ import annotations

import argparse
import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.analysis.rows import dense_pose_name
from wildpose.results.dense_pose import encode_dense_pose, write_dense_pose
from wildpose.results.files import write_json
from wildpose.results.journal import Journal
from wildpose.results.record import ClipRecord, FileStamp
from wildpose.results.schema import CLIPS, DETECTIONS
from wildpose.results.tables import write_tables
from wildpose.types import Array, DensePose
from wildpose.video import write_clip

WIDTH, HEIGHT, RATE = 640, 360, 30.0
ANIMALS = 2
GRID = 56
BODY = (120.0, 80.0)
"""Width and height of an animal in pixels."""


@dataclass(frozen=True)
class Load:
    """One run to be loaded."""

    name: str
    step: int
    pictures: bool


LOADS = (Load("boxes, every frame analysed", 1, False),
         Load("with masks and dense pose, every 6th frame analysed", 6, True))


def make_clip(path: Path, frames: int) -> None:
    """Write a clip in which something moves over a noisy ground."""
    rng = np.random.default_rng(0)
    ground = rng.integers(60, 120, (HEIGHT, WIDTH, 3), np.uint8)

    def pictures() -> Iterator[Array]:
        for index in range(frames):
            image = ground.copy()
            for animal in range(ANIMALS):
                x1, y1, x2, y2 = (int(edge) for edge in box_at(index, animal))
                image[y1:y2, x1:x2] = (150, 110, 60)
            yield image

    write_clip(path, pictures(), RATE)


def box_at(frame_index: int, animal: int) -> tuple[float, float, float, float]:
    """Where an animal is, x1, y1, x2, y2 in pixels: it walks to and fro."""
    x = 20.0 + abs((3 * frame_index) % 900 - 450)
    y = 40.0 + 150 * animal
    return x, y, x + BODY[0], y + BODY[1]


def body() -> DensePose:
    """A dense pose of an elliptic body in stripes of charts."""
    y, x = (np.mgrid[:GRID, :GRID] + 0.5) / GRID
    inside = (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.2
    chart = np.where(inside, 1 + (x * 24).astype(np.uint8), 0).astype(np.uint8)
    wave = (0.5 + 0.4 * np.sin(9 * x + 5 * y)).astype(np.float16) * inside
    return DensePose(np.array([0, 0, *BODY], np.float32), chart, np.stack([wave, wave]),
                     wave, wave / 2, "dense_head")


def record(source: Path, clip: str, frames: int, load: Load) -> ClipRecord:
    """All that `analyze` would keep of one clip."""
    packed = encode_dense_pose(body())
    detections: list[dict[str, Any]] = []
    poses: list[dict[str, Any]] = []
    for frame in range(0, frames, load.step):
        for animal in range(ANIMALS):
            x1, y1, x2, y2 = box_at(frame, animal)
            row: dict[str, Any] = dict.fromkeys(DETECTIONS.column_names) | {
                "clip": clip, "deployment": Path(clip).parent.as_posix(), "frame_index": frame,
                "time_s": frame / RATE, "track_id": animal + 1, "class": "animal", "score": 0.9,
                "x1": x1, "y1": y1, "x2": x2, "y2": y2}
            if load.pictures:
                row |= {"mask_rle": mask_code((x1, y1, x2, y2)), "mask_confidence": 0.9}
                poses.append({**packed, "clip": clip, "detection": len(detections),
                              "frame_index": frame, "x1": x1, "y1": y1, "x2": x2, "y2": y2})
            detections.append(row)
    summary = dict.fromkeys(CLIPS.column_names) | {
        "clip": clip, "deployment": Path(clip).parent.as_posix(), "path": str(source),
        "width": WIDTH, "height": HEIGHT, "frame_rate": RATE, "duration_s": frames / RATE,
        "frames_declared": frames, "frames_decoded": frames,
        "frames_sampled": len(detections) // ANIMALS, "packet_errors": 0,
        "every_s": load.step / RATE, "capture_time_source": "none", "animal_tracks": ANIMALS,
        "person_tracks": 0, "animal_detections": len(detections), "person_detections": 0,
        "max_animals": ANIMALS, "best_score": 0.9, "first_animal_s": 0.0,
        "last_animal_s": (frames - 1) / RATE, "complete": True, "seconds": 1.0,
        "dense_pose": dense_pose_name(clip) if poses else None}
    return ClipRecord(clip, FileStamp(1, 1), summary, detections=tuple(detections),
                      dense_pose=tuple(poses))


@functools.lru_cache
def mask_code(box_xyxy: tuple[float, float, float, float]) -> str:
    """Run-length code of an ellipse that fills a box."""
    x1, y1, x2, y2 = box_xyxy
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    inside = ((2 * x - x1 - x2) / (x2 - x1)) ** 2 + ((2 * y - y1 - y2) / (y2 - y1)) ** 2 < 1
    return str(masks.encode(inside)["counts"])


def make_run(folder: Path, clips: int, frames: int, load: Load) -> Path:
    """Write a run over copies of one clip; the clips are shared by the runs of one folder."""
    first = folder / "clips" / "clip.mp4"
    if not first.exists():
        first.parent.mkdir(parents=True)
        make_clip(first, frames)
    run = folder / f"run-{load.step}"
    run.mkdir()
    with Journal.open(run / "journal.sqlite", {}) as journal:
        for number in range(clips):
            clip = f"camera-{number % 10}/{number:04d}.mp4"
            source = folder / "clips" / clip
            source.parent.mkdir(exist_ok=True)
            if not source.exists():
                shutil.copy(first, source)
            kept = record(source, clip, frames, load)
            if kept.dense_pose:
                write_dense_pose(run / dense_pose_name(clip), kept.dense_pose)
            journal.record(kept)
        write_tables(journal, run)
    write_json(run / "run.json", {"model": {"name": "made up"}})
    return run


def load_once(run: Path, home: Path) -> tuple[float, float, float]:
    """Load a run: seconds, processor seconds and MiB of the command, FiftyOne's start included."""
    command = [sys.executable, "-c", "import sys; from wildpose.cli import main; sys.exit(main())",
               "review", str(run), "--no-app", "--quiet"]
    start_s = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "WILDPOSE_HOME": str(home)})
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start_s
    if status:
        sys.exit(f"wildpose review failed ({os.waitstatus_to_exitcode(status)})")
    return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


SIZE = """
import sys
from pathlib import Path
from wildpose.review.environment import start_fiftyone
fo = start_fiftyone(Path(sys.argv[1]) / "fiftyone")
for name in sorted(fo.list_datasets()):
    dataset = fo.load_dataset(name)
    print(f"{name}: {dataset.count('frames')} frames, "
          f"{dataset.count('frames.detections.detections')} boxes, "
          f"{dataset.count('frames.masks.detections')} masks, "
          f"{dataset.stats()['frames_bytes'] / 2**20:.0f} MiB of documents")
"""


def main() -> None:
    """Make, load and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="make all this here and leave it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        print(f"{given.clips} clips x {given.frames} frames x {ANIMALS} animals, "
              f"{os.cpu_count()} cores")
        for load in LOADS:
            run = make_run(folder, given.clips, given.frames, load)
            for word in ("first time", "again"):
                seconds, cpu_s, mib = load_once(run, folder / "home")
                print(f"{load.name}, {word}: {seconds:.0f} s ({cpu_s:.0f} s of processor), "
                      f"{mib:.0f} MiB", flush=True)
        subprocess.run([sys.executable, "-c", SIZE, str(folder / "home")], check=True)


if __name__ == "__main__":
    main()
