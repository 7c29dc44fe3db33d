"""Our tracker and kept ones on the assembled scenes of the tests: HOTA and IDF1 by frame rate.

usage: tracking_table.py        (theirs were written by tests/tracking/make_reference.py)
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1] / "tests" / "tracking"
sys.path.insert(0, str(TESTS))


def print_table() -> None:
    """Print one line for each frame rate."""
    import scenes

    from wildpose.evaluation import chain_clips, hota, idf1
    from wildpose.tracking import track_clip

    reference = json.loads((TESTS / "reference.json").read_text("utf-8"))
    names = list(reference["rates"]["2.0"]["trackers"])
    print("frames/s", "wildpose", *names, sep="\t")
    for rate in scenes.RATES:
        clips = [scenes.shoot(make(seed), rate, seed)
                 for make in scenes.SCENES.values() for seed in scenes.SEEDS]
        truth = chain_clips([row for *_, row in clip] for clip in clips)
        said = chain_clips(track_clip((f, d) for f, d, _ in clip) for clip in clips)
        theirs = reference["rates"][str(rate)]["trackers"]
        cells = [f"{hota(truth, said).hota:.3f}/{idf1(truth, said).idf1:.3f}"]
        cells += [f"{theirs[n]['hota']:.3f}/{theirs[n]['idf1']:.3f}" for n in names]
        print(rate, *cells, sep="\t")


if __name__ == "__main__":
    print_table()
