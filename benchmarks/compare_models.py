"""Is one model ahead of another? Figures of both on the same pictures, and paired intervals.

usage: compare_models.py DATA OURS.json OTHER.json [--repeats 1000]

DATA is a folder with annotations.json; the two files are predictions as
`wildpose evaluate --save-predictions` writes them. "ahead" stands where the lower end of the 95 %
bootstrap interval over pictures (the same draws for both models) is above 0.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from wildpose.evaluation import paired_bootstrap, score_predictions

SUBSETS = ("all", "camera_trap", "camera_trap_night", "camera_trap_not_deer")


def compare(data: Path, ours: Path, other: Path, repeats: int) -> None:
    """Print one line for each figure of each subset."""
    coco = json.loads((data / "annotations.json").read_text("utf-8"))
    said = [json.loads(p.read_text("utf-8")) for p in (ours, other)]
    figures = [score_predictions(coco, s) for s in said]
    print(f"{data.name}: {ours.name} against {other.name}, {repeats} draws")
    for name in SUBSETS:
        difference = paired_bootstrap(coco, *said, name, repeats=repeats)
        for key in ("ap", "ap50", "presence_auc"):
            interval = getattr(difference, key)
            if interval is None:
                continue
            values = [f[name]["presence"]["auc"] if key == "presence_auc" else f[name]["box"][key]
                      for f in figures]
            verdict = "ahead" if interval.lower > 0 else "not ahead"
            print(f"{name:22s} {key:13s} {values[0]:.3f}  {values[1]:.3f}  "
                  f"{interval.estimate:+.3f} [{interval.lower:+.3f}, {interval.upper:+.3f}] "
                  f"{verdict}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("ours", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--repeats", type=int, default=1000)
    arguments = parser.parse_args()
    compare(arguments.data, arguments.ours, arguments.other, arguments.repeats)
