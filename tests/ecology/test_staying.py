"""Staying times, and which of them the recording cut off."""

from __future__ import annotations

import pandas as pd
import pytest
from ecology_run import STEP_S, Clip, MadeRun, Walk

from wildpose.ecology import EcologySettings, named_run, staying_times
from wildpose.results.run_folder import RunFolder


@pytest.fixture(scope="module")
def stays(tmp_path_factory) -> pd.DataFrame:
    """Of a clip of ten seconds, so with frames 0 to 19, and of one without a time."""
    walks = (Walk(0, 19), Walk(3, 7), Walk(0, 18), Walk(1, 19), Walk(5, 5),
             Walk(0, 19, name="person"))
    run = MadeRun([Clip("a/1.mp4", "2024-03-02T06:00:00", walks), Clip("a/2.mp4", None, walks[:1])])
    folder = RunFolder(run.write(tmp_path_factory.mktemp("stays") / "run"))
    named = named_run(folder, EcologySettings())
    return staying_times(named.animals, named.clips, named.placed).set_index(["clip", "track_id"])


def test_a_stay_runs_from_the_first_to_the_last_frame_that_shows_the_animal(stays):
    assert stays.loc["a/1.mp4", "staying_s"].tolist() == [9.5, 2.0, 9.0, 9.0, 0.0]
    assert set(stays["resolution_s"]) == {STEP_S}


def test_stays_that_the_recording_cut_off_are_marked(stays):
    assert stays.loc["a/1.mp4", "in_view_at_start"].tolist() == [True, False, True, False, False]
    assert stays.loc["a/1.mp4", "in_view_at_end"].tolist() == [True, False, False, True, False]


def test_people_have_no_stays(stays):
    assert len(stays) == 6


def test_a_clip_without_a_time_has_stays_but_no_moment(stays):
    assert stays.loc[("a/2.mp4", 1), "staying_s"] == 9.5
    assert pd.isna(stays.loc[("a/2.mp4", 1), "first_seen"])
    assert stays.loc[("a/1.mp4", 2), "first_seen"] == pd.Timestamp("2024-03-02T06:00:01.5")
