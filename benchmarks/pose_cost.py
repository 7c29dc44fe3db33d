"""What dense pose costs ``wildpose analyze``, on clips with one animal and on empty ones.

``python -m benchmarks.pose_cost CLIPS`` analyses CLIPS once to learn which of them never show more
than one animal and which show nothing, then each of the two sets with and without the dense-pose
head of the same model, in turns, with one worker. Printed: seconds per frame and stage (the
fastest of the turns, since other work on the machine only ever adds) and the ratio of frames per
second with the head to those without. The loading of the model is left out: it is the same, and
would hide the difference in so short a run. Reading and drawing count.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.analysis import AnalyzeSettings, ModelFolderFactory, analyze
from wildpose.results.run_folder import RunFolder

SETS = {"one animal": 1, "empty": 0}


@dataclass(frozen=True)
class Turn:
    """One analysis: frames, and seconds per stage."""

    frames: int
    stages: dict[str, float]

    @property
    def seconds_per_frame(self) -> float:
        """All stages together."""
        return sum(self.stages.values()) / self.frames


def one_turn(clips: Path, out: Path, model: str, *, dense_pose: bool) -> Turn:
    """Analyse a folder with one worker."""
    summary = analyze(AnalyzeSettings(clips, out, model, workers=1),
                      predictor=ModelFolderFactory(model, dense_pose=dense_pose))
    return Turn(summary.frames, RunFolder(out).info()["seconds_per_stage"])


def sorted_clips(clips: Path, work: Path, model: str) -> dict[str, Path]:
    """Folders of links to the clips of each set that is not empty."""
    one_turn(clips, work / "look", model, dense_pose=False)
    table = RunFolder(work / "look").clips()
    folders = {}
    for name, most in SETS.items():
        chosen = table[(table.max_animals == most) & (table.animal_tracks == most)
                       & (table.person_tracks == 0)]
        folder = work / name.replace(" ", "_")
        folder.mkdir()
        for number, path in enumerate(chosen.path):
            (folder / f"{number}{Path(path).suffix}").symlink_to(path)
        if len(chosen):
            folders[name] = folder
    return folders


def show(name: str, turns: dict[bool, list[Turn]]) -> dict[str, float]:
    """Print one set and give its figures."""
    best = {head: min(of, key=lambda t: t.seconds_per_frame) for head, of in turns.items()}
    for head, turn in best.items():
        parts = ", ".join(f"{stage} {1000 * seconds / turn.frames:.1f}"
                          for stage, seconds in sorted(turn.stages.items()))
        print(f"{name:12}{'with' if head else 'without':>8}{turn.frames:8}"
              f"{1000 * turn.seconds_per_frame:10.1f}   {parts}", flush=True)
    ratio = best[False].seconds_per_frame / best[True].seconds_per_frame
    print(f"{name:12} frames per second with the head: {ratio:.3f} of those without", flush=True)
    return {"ratio": ratio, "with_s": best[True].seconds_per_frame,
            "without_s": best[False].seconds_per_frame}


def main(words: Sequence[str] | None = None) -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("--model", default="animal-small")
    parser.add_argument("--turns", type=int, default=3, help="of each, with and without the head")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args(words)
    figures = {}
    print(f"{'clips':12}{'head':>8}{'frames':>8}{'ms/frame':>10}   of that, by stage")
    with tempfile.TemporaryDirectory() as work:
        for name, folder in sorted_clips(arguments.clips, Path(work), arguments.model).items():
            turns: dict[bool, list[Turn]] = {True: [], False: []}
            for number in range(arguments.turns):
                for head, of in turns.items():
                    out = Path(work) / f"{folder.name}-{number}-{head}"
                    of.append(one_turn(folder, out, arguments.model, dense_pose=head))
            figures[name] = show(name, turns)
    if arguments.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
