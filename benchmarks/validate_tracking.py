"""True tracks of rendered clips against TrackEval, and the tracker of `wildpose analyze` on them.

usage: validate_tracking.py TRACKEVAL_PYTHON [--clips N] [--seconds S] [--species NAMES]
                            [--seed N] [--work DIR]

`make validate` runs it. `wildpose synth` renders the clips at the rate at which `analyze` looks by
default. TrackEval scores the truth against itself, the tracks of `wildpose analyze`, and those that
its tracker makes of the true boxes: the last two differ by what the detector gets wrong. It fails
where the truth does not reach HOTA 1, or where our own metrics and TrackEval differ on the same
files. A folder given with --work keeps everything, and what is there is used again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.crossings import count_outcomes
from benchmarks.tracking_files import (
    as_clip,
    followed_truth,
    read_sequences,
    read_tracker,
    run_frames,
    true_frames,
    write_tracker,
)
from wildpose.evaluation import chain_clips, hota, idf1
from wildpose.formats.mot import MotSequence
from wildpose.synth.produce import BENCHMARK, SPLIT

HERE = Path(__file__).resolve().parent
NAME = f"{BENCHMARK}-{SPLIT}"
LOOKS_PER_S = 5.0
AGREEMENT = 1e-6
OUTCOMES = ("kept", "swapped", "renumbered", "unseen")

Figures = dict[str, dict[str, float]]


def main(arguments: Sequence[str]) -> int:
    """Run everything; returns the exit status."""
    given = options(arguments)
    with TemporaryDirectory(prefix="wildpose-validate-") as temporary:
        work = given.work or Path(temporary)
        make_clips(given, work)
        sequences = read_sequences(work / "synth" / "mot", NAME)
        write_tracks(work, sequences)
        theirs = by_trackeval(given.trackeval, work)
        ours = {name: by_wildpose(work, name, sequences) for name in theirs}
        print_table(theirs, work, sequences)
    problems = faults(theirs, ours)
    for problem in problems:
        print(f"validate: {problem}", file=sys.stderr)
    return 1 if problems else 0


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trackeval", help="Python that has TrackEval")
    parser.add_argument("--clips", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--species", default="fox,cow")
    parser.add_argument("--seed", type=int, default=18)
    parser.add_argument("--work", type=Path)
    return parser.parse_args(arguments)


def make_clips(given: argparse.Namespace, work: Path) -> None:
    """Render the clips and analyze them, unless they are there."""
    if not (work / "synth" / "mot").is_dir():
        wildpose("synth", "--out", work / "synth", "--clips", given.clips, "--seconds",
                 given.seconds, "--rate", LOOKS_PER_S, "--species", given.species, "--seed",
                 given.seed)
    if not (work / "run" / "detections.parquet").is_file():
        wildpose("analyze", work / "synth" / "clips", "--out", work / "run", "--every", "all")


def wildpose(*words: object) -> None:
    """Run our own command line, quietly."""
    command = [str(Path(sys.executable).with_name("wildpose")), *map(str, words), "--quiet"]
    subprocess.run(command, check=True)


def write_tracks(work: Path, sequences: Sequence[MotSequence]) -> None:
    """Write what is to be scored: the truth itself, analyze, its tracker on the true boxes."""
    trackers = work / "trackers" / NAME
    shutil.rmtree(trackers, ignore_errors=True)  # TrackEval scores whatever lies there
    write_tracker(trackers / "truth", {s.name: true_frames(s) for s in sequences})
    write_tracker(trackers / "analyze", run_frames(work / "run", sequences))
    clips = work / "synth" / "clips"
    write_tracker(trackers / "tracker on true boxes",
                  {s.name: followed_truth(clips / f"{s.name}.mp4", s) for s in sequences})


def by_trackeval(python: str, work: Path) -> Figures:
    """TrackEval's figures, tracker by tracker."""
    command = [python, str(HERE / "trackeval_scores.py"), str(work / "synth" / "mot"),
               str(work / "trackers"), BENCHMARK, SPLIT]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def by_wildpose(work: Path, name: str, sequences: Sequence[MotSequence]) -> dict[str, float]:
    """Our own figures, from the files that TrackEval read."""
    folder = work / "trackers" / NAME / name
    truth = chain_clips(as_clip(true_frames(s)) for s in sequences)
    said = chain_clips(as_clip(read_tracker(folder, s)) for s in sequences)
    tracking, identity = hota(truth, said), idf1(truth, said)
    if tracking is None or identity is None:
        raise SystemExit("validate: the clips hold no animal; give more --clips.")
    return {"hota": tracking.hota, "det_a": tracking.det_a, "ass_a": tracking.ass_a,
            "idf1": identity.idf1}


def faults(theirs: Figures, ours: Figures) -> list[str]:
    """What is wrong, in words; nothing if all is well."""
    found = []
    for figure in ("hota", "idf1"):
        if abs(theirs["truth"][figure] - 1) > AGREEMENT:
            found.append(f"the truth against itself has {figure} {theirs['truth'][figure]:.6f}")
    found += [f"{name}: {figure} is {value:.8f} by us, {theirs[name][figure]:.8f} by TrackEval"
              for name, figures in ours.items() for figure, value in figures.items()
              if abs(value - theirs[name][figure]) > AGREEMENT]
    return found


def print_table(theirs: Figures, work: Path, sequences: Sequence[MotSequence]) -> None:
    """One line for each tracker: TrackEval's figures, then the crossings."""
    frames, rows = (sum(counts) for counts in
                    ([s.frames for s in sequences], [len(s.rows) for s in sequences]))
    print(f"{len(sequences)} clips, {frames} frames, {rows} true boxes")
    print("tracks", "HOTA", "DetA", "AssA", "IDF1", "MOTA", "switches", "crossings", *OUTCOMES,
          sep="\t")
    for name, said in theirs.items():
        folder = work / "trackers" / NAME / name
        passed: Counter[str] = Counter()
        for sequence in sequences:
            passed += count_outcomes(true_frames(sequence), read_tracker(folder, sequence))
        cells = [f"{said[f]:.3f}" for f in ("hota", "det_a", "ass_a", "idf1", "mota")]
        print(name, *cells, f"{said['switches']:.0f}", passed.total(),
              *(passed[o] for o in OUTCOMES), sep="\t")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
