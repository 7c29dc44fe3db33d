"""HOTA equals trackeval, IDF1 equals motmetrics, and both say what they should of simple cases."""

from __future__ import annotations

import json
from pathlib import Path

import motmetrics
import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.evaluation import chain_clips, hota, idf1
from wildpose.evaluation.track_overlap import track_overlap
from wildpose.types import ClassId, Detections, FrameDetections

# tracks of kept trackers with their errors, and trackeval's figures; see
# tests/tracking/make_reference.py
CASES = json.loads((Path(__file__).parent / "data" / "tracks.json").read_text())["cases"]
BOX = [10.0, 10.0, 50.0, 40.0]
FAR = [200.0, 10.0, 240.0, 40.0]


def frames(rows: list, classes: int = ClassId.ANIMAL) -> list[FrameDetections]:
    """Frames from lists of [id, x1, y1, x2, y2]."""
    return [
        FrameDetections(n, n / 5, Detections.of(
            [row[1:] for row in found], np.ones(len(found)), np.full(len(found), classes),
        ).with_track_id([row[0] for row in found]))
        for n, found in enumerate(rows)
    ]


@pytest.mark.parametrize("case", CASES)
def test_hota_and_its_parts_equal_trackeval(case):
    ours, theirs = hota(frames(case["truth"]), frames(case["said"])), case["trackeval"]
    for name in ("hota", "det_a", "ass_a", "loc_a"):
        assert getattr(ours, name) == pytest.approx(theirs[name], abs=1e-9), name
    assert 0 < theirs["ass_a"] < 1  # the case has errors, or it would prove nothing


@pytest.mark.parametrize("case", CASES)
def test_idf1_equals_trackeval_and_motmetrics(case):
    truth, said = frames(case["truth"]), frames(case["said"])
    ours, theirs = idf1(truth, said), case["trackeval"]
    for name in ("idf1", "idtp", "idfn", "idfp"):
        assert getattr(ours, name) == pytest.approx(theirs[name]), name
    # motmetrics' own distance function calls a name that numpy 2 dropped: hand it distances
    accumulator = motmetrics.MOTAccumulator(auto_id=True)
    for frame in track_overlap(truth, said).frames:
        distance = np.where(frame.iou >= 0.5, 1 - frame.iou, np.nan)
        accumulator.update(frame.true.tolist(), frame.said.tolist(), distance)
    summary = motmetrics.metrics.create().compute(accumulator, metrics=["idf1"])
    assert ours.idf1 == pytest.approx(float(summary["idf1"].iloc[0]))


def test_perfect_tracks_under_other_numbers_are_perfect():
    truth = frames([[[1, *BOX], [2, *FAR]]] * 4)
    said = frames([[[7, *FAR], [9, *BOX]]] * 4)
    assert hota(truth, said).hota == pytest.approx(1)
    assert idf1(truth, said).idf1 == 1


def test_a_track_broken_in_the_middle_keeps_detection_and_loses_half_the_association():
    truth = frames([[[1, *BOX]]] * 4)
    said = frames([[[1, *BOX]]] * 2 + [[[2, *BOX]]] * 2)
    found = hota(truth, said)
    assert found.det_a == pytest.approx(1)
    assert found.ass_a == pytest.approx(0.5)  # eq. 14: TPA 2, FNA 2, FPA 0 for each half
    assert found.hota == pytest.approx(np.sqrt(0.5))
    identity = idf1(truth, said)
    assert (identity.idtp, identity.idfn, identity.idfp) == (2, 2, 2)


def test_misses_and_false_alarms_are_counted():
    truth = frames([[[1, *BOX]]] * 4)
    said = frames([[[1, *BOX]], [[1, *BOX], [2, *FAR]], [], []])
    assert hota(truth, said).det_a == pytest.approx(2 / (2 + 2 + 1))
    identity = idf1(truth, said)
    assert identity.recall == 0.5
    assert identity.precision == pytest.approx(2 / 3)


def test_rows_without_a_track_are_not_looked_at():
    truth = frames([[[1, *BOX]]] * 3)
    said = frames([[[1, *BOX], [0, *FAR], [0, *FAR]]] * 3)
    assert hota(truth, said).hota == pytest.approx(1)


def test_an_animal_is_not_found_by_a_person():
    truth = frames([[[1, *BOX]]] * 3)
    said = frames([[[1, *BOX]]] * 3, ClassId.PERSON)
    assert hota(truth, said).hota == 0
    assert idf1(truth, said).idf1 == 0


def test_nothing_there_and_nothing_said_has_no_figure():
    assert hota(frames([[], []]), frames([[], []])) is None
    assert idf1([], []) is None
    assert hota(frames([[[1, *BOX]]]), []).hota == 0
    assert idf1([], frames([[[1, *BOX]]])).recall is None


def test_chained_clips_count_as_one_and_share_no_number():
    one = frames([[[1, *BOX]]] * 3)
    two = frames([[[1, *FAR], [0, *BOX]]] * 2)
    chained = chain_clips([one, two])
    assert [f.frame_index for f in chained] == [0, 1, 2, 3, 4]
    assert [f.detections.track_id.tolist() for f in chained] == [[1], [1], [1], [2, 0], [2, 0]]
    assert hota(chained, chained).hota == pytest.approx(1)


def test_a_track_twice_in_one_frame_is_named():
    twice = frames([[[1, *BOX], [1, *FAR]]])
    with pytest.raises(DataError, match="Frame 0 of the prediction"):
        hota(frames([[[1, *BOX]]]), twice)
