"""The count of a round: as a table, as a picture, and as advice where there is too little."""

from __future__ import annotations

import io
import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wildpose.adaptation.census import (
    CHARTS,
    DAY,
    KEPT,
    NIGHT,
    SCORE_BINS,
    Census,
    advice,
    census_picture,
    census_table,
)
from wildpose.errors import DataError

NOTHING = Census(frames=0, frames_day=0, frames_night=0, clips=0, clips_failed=0,
                 near_duplicates=0, thinned=0, detections=0, kept=0, people=0, doubtful=0,
                 empty_frames=0, points_per_chart=(0,) * CHARTS, score_histogram=(0,) * SCORE_BINS,
                 kept_day=0, kept_night=0, threshold=0.62)
RICH = replace(
    NOTHING, frames=412, frames_day=260, frames_night=152, clips=37, clips_failed=2,
    near_duplicates=655, thinned=140, detections=2913, kept=287, people=14, doubtful=121,
    empty_frames=90, kept_day=214, kept_night=73,
    points_per_chart=(0, *(3 * (i * 37 % 29) for i in range(1, CHARTS))),
    score_histogram=(1630, 410, 180, 104, 80, 61, 50, 41, 38, 30, 28, 25, 22, 25, 30, 34, 40, 35,
                     38, 12))

counts = st.integers(0, 10**6)


def rows(length: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(counts, min_size=length, max_size=length).map(tuple)


censuses = st.builds(Census, **{
    **{f.name: counts for f in fields(Census)}, "points_per_chart": rows(CHARTS),
    "score_histogram": rows(SCORE_BINS), "threshold": st.floats(0, 1)})


@settings(max_examples=15, deadline=None)
@given(censuses)
def test_it_comes_back_from_json(census):
    assert Census.from_json(json.loads(json.dumps(census.as_json()))) == census


@pytest.mark.parametrize("change", [
    {"frames": None}, {"points_per_chart": [1, 2]}, {"threshold": "high"}, {"score_histogram": 3}])
def test_what_is_no_census_is_refused(change):
    with pytest.raises(DataError, match="no census"):
        Census.from_json({**RICH.as_json(), **change})


def test_the_table_says_it_in_words():
    table = dict(census_table(RICH))
    assert table["clips"] == "37 (2 could not be read)"
    assert table["detections of the teacher"] == "2,913"
    assert table["animals kept as labels"] == "287 (214 by day, 73 at night), score from 0.62"
    assert table["points on bodies"].endswith("of 24 charts")


@pytest.mark.parametrize(("census", "words"), [
    (NOTHING, "There is no clip"),
    (replace(NOTHING, clips=3, clips_failed=3), "None of 3 clips could be read"),
    (replace(NOTHING, clips=3), "No frame could be drawn from 3 clips"),
    (replace(NOTHING, clips=1, frames=9), "nothing at all in 9 frames of 1 clip: give clips that"),
    (replace(NOTHING, clips=5, frames=90, detections=60, kept=4, doubtful=30),
     "only 4 animals with a score from 0.62 (least 10) could be kept, and 30 were doubtful: look "
     "at these, and lower --keep-from"),
    (replace(NOTHING, clips=5, frames=90, detections=60, kept=4, people=45, doubtful=2),
     "Most of what was found in 90 frames of 5 clips are people (45)"),
    (replace(NOTHING, clips=1, frames=30, detections=6, kept=1, doubtful=2),
     "Only 1 animal with a score from 0.62 (least 10) could be kept in 30 frames of 1 clip, beside "
     "2 doubtful: give more clips"),
    (replace(NOTHING, clips=2, frames=8, near_duplicates=400, detections=6, kept=5),
     "clips of other days or other cameras"),
    (replace(NOTHING, clips=1, frames=7, detections=7, kept=7),
     "give more clips, or look at more frames of these with a shorter --every"),
])
def test_too_little_to_learn_from_says_what_was_seen_and_what_to_do(census, words):
    said = advice(census)
    assert words in said
    assert said.endswith(".")


@settings(max_examples=15, deadline=None)
@given(censuses, st.integers(1, 50))
def test_there_is_advice_exactly_where_labels_are_short(census, least):
    few = replace(census, kept=census.kept % 60)
    said = advice(few, least=least)
    assert (said is None) == (few.kept >= least)


def area(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture.astype(int) - colour).max(-1) < 12).sum())


def test_the_picture_shows_kept_scores_and_day_and_night():
    picture = np.asarray(Image.open(io.BytesIO(census_picture(RICH))))
    assert picture.shape == (396, 1650, 3)
    high = np.asarray(Image.open(io.BytesIO(census_picture(replace(RICH, threshold=0.99)))))
    left = np.s_[:, :550]
    assert area(high[left], KEPT) == 0
    assert area(picture[left], KEPT) > 3000
    right = np.s_[:, 1100:]
    assert area(picture[right], DAY) > area(picture[right], NIGHT) > 1000


def test_a_round_without_anything_can_be_drawn_too():
    assert census_picture(NOTHING)[:3] == b"\xff\xd8\xff"
