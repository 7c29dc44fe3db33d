"""What a reviewer sorts tracks and clips by."""

import pandas as pd
import pytest

from wildpose.review.grades import GRADE_FROM, clip_grade, clip_uncertainty, track_spans


def rows(*tracks):
    """Rows of the table detections: for each track its number, class and scores."""
    return pd.DataFrame([
        {"track_id": number, "class": name, "frame_index": 6 * i, "score": score}
        for number, name, scores in tracks for i, score in enumerate(scores)
    ], columns=["track_id", "class", "frame_index", "score"])


def test_a_grade_wants_both_a_score_and_frames():
    long, short, weak = track_spans(rows(
        (1, "animal", [0.95] * 9), (2, "animal", [0.99]), (3, "animal", [0.5, 0.7])))
    assert (long.first_frame, long.last_frame, long.boxes) == (0, 48, 9)
    assert long.grade == pytest.approx(0.855)
    assert [span.sure for span in (long, short, weak)] == [True, False, False]
    assert short.grade < GRADE_FROM
    assert [span.reason for span in (long, short, weak)] == [
        "sure: mean score 0.95 on 9 frames", "short: mean score 0.99 on 1 frame",
        "doubtful: mean score 0.60 on 2 frames"]


def test_a_clip_has_the_grade_of_its_surest_animal_and_people_give_none():
    spans = track_spans(rows((1, "person", [0.99] * 20), (2, "animal", [0.6]),
                             (3, "animal", [0.7, 0.7])))
    assert clip_grade(spans) == (
        0.4667, "none of 2 animals sure; the surest is doubtful: mean score 0.70 on 2 frames")
    assert clip_grade(spans[:1]) == (None, None)
    assert clip_grade(spans[:2]) == (0.3, "doubtful: mean score 0.60 on 1 frame")


def test_the_least_sure_thing_makes_a_clip_uncertain():
    found = rows((0, "animal", [0.4]), (1, "animal", [0.9, 0.8]))
    assert clip_uncertainty(found, track_spans(found)) == pytest.approx(0.6)
    tracked = rows((1, "animal", [0.9, 0.8]))
    assert clip_uncertainty(tracked, track_spans(tracked)) == pytest.approx(0.15)
    assert clip_uncertainty(rows(), []) is None
