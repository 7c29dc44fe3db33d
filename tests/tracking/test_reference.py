"""Our tracker on assembled scenes, against kept trackers on the very same detections.

reference.json holds their figures; make_reference.py wrote it in an environment of its own.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scenes

from wildpose.evaluation import chain_clips, hota, idf1
from wildpose.tracking import track_clip

REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text())
TOLERANCE = 0.01
"""How far ours may stay behind the best of them, in HOTA and in IDF1."""


@pytest.mark.parametrize("rate", scenes.RATES)
def test_not_behind_the_best_kept_tracker(rate):
    reference = REFERENCE["rates"][str(rate)]
    clips = [scenes.shoot(make(seed), rate, seed)
             for make in scenes.SCENES.values() for seed in scenes.SEEDS]
    assert scenes.checksum(clips) == pytest.approx(reference["checksum"], rel=1e-6), (
        "the scenes changed: run make_reference.py again")
    truth = chain_clips([row for *_, row in clip] for clip in clips)
    said = chain_clips(track_clip((f, found) for f, found, _ in clip) for clip in clips)
    theirs = reference["trackers"].values()
    assert hota(truth, said).hota >= max(t["hota"] for t in theirs) - TOLERANCE
    assert idf1(truth, said).idf1 >= max(t["idf1"] for t in theirs) - TOLERANCE
