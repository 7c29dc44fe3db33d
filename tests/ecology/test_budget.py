"""Time budgets: directions from stored dense pose, times that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ecology_run import Clip, MadeRun, Walk, seen_pose
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.ecology import EcologySettings, body_directions, named_run, time_budgets
from wildpose.ecology.budget import FACINGS, SIDES, shares_of_time
from wildpose.errors import DataError
from wildpose.results.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """One clip with animals that point into the four directions, and one without dense pose."""
    walks = [Walk(0, 4, pose=seen_pose(word)) for word in FACINGS]
    walks += [Walk(0, 8, 0.6), Walk(0, 4, name="person", pose=seen_pose("left")),
              Walk(2, 2, track=0, pose=seen_pose("left")), Walk(3, 3)]
    made = MadeRun([Clip("a/1.mp4", None, tuple(walks)), Clip("a/2.mp4", None, (Walk(0, 3),)),
                    Clip("a/3.mp4", None)])
    return RunFolder(made.write(tmp_path_factory.mktemp("budget") / "run"))


@pytest.fixture(scope="module")
def budgets(run) -> pd.DataFrame:
    named = named_run(run, EcologySettings())
    return time_budgets(named.detections, named.animals, body_directions(run))


def test_each_followed_animal_has_the_direction_of_its_dense_pose(run):
    found = body_directions(run)
    said = found.groupby("track_id")["facing"].unique()
    assert {track: list(words) for track, words in said.items()} == {
        i: [word] for i, word in enumerate(FACINGS, 1)}
    np.testing.assert_allclose(np.linalg.norm(found[["right", "down", "away"]], axis=1), 1)
    assert found["clip"].unique().tolist() == ["a/1.mp4"]


def test_an_animal_that_points_left_shows_its_left_side(budgets):
    tracks = budgets[budgets["clip"] == "a/1.mp4"].set_index("track_id")
    left, right = tracks.loc[1], tracks.loc[2]
    assert left["facing_left_s"] == left["shows_left_side_s"] == left["in_view_s"] == 2.0
    assert right["facing_right_s"] == right["shows_right_side_s"] == 2.0


def test_without_dense_pose_the_direction_is_unknown(budgets):
    walker = budgets[(budgets["clip"] == "a/1.mp4") & (budgets["track_id"] == 5)].iloc[0]
    assert walker["direction_unknown_s"] == walker["in_view_s"] == walker["moving_s"] == 4.0
    still = budgets[budgets["clip"] == "a/2.mp4"].iloc[0]
    assert (still["moving_s"], still["still_s"]) == (0.0, 1.5)


def test_all_times_of_a_track_add_up(budgets):
    facing = budgets[[f"facing_{word}_s" for word in FACINGS]].sum(axis=1)
    shown = budgets[[*(f"shows_{side}_side_s" for side in SIDES), "shows_no_side_s"]].sum(axis=1)
    rest = budgets["in_view_s"] - budgets["direction_unknown_s"]
    np.testing.assert_allclose(facing, rest)
    np.testing.assert_allclose(shown, rest)
    np.testing.assert_allclose(budgets["moving_s"] + budgets["still_s"], budgets["in_view_s"])


def test_a_single_detection_takes_no_time(budgets):
    single = budgets[(budgets["clip"] == "a/1.mp4") & (budgets["track_id"] == 8)].iloc[0]
    assert single.drop(["clip", "deployment", "species", "track_id"]).eq(0).all()


def test_damaged_dense_pose_is_named(tmp_path):
    made = MadeRun([Clip("a/1.mp4", None, (Walk(0, 1, pose=seen_pose("left")),))])
    run = made.write(tmp_path / "run")
    (run / "dense_pose" / "0.parquet").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"0\.parquet: can't be read"):
        body_directions(RunFolder(run))


@settings(max_examples=30)
@given(st.lists(st.floats(0.01, 5), max_size=20))
def test_shares_of_time_add_up_to_the_time_in_view(steps):
    time = np.cumsum([3.0, *steps])
    shares = shares_of_time(time)
    assert len(shares) == len(time)
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(time[-1] - time[0])
