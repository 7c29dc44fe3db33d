"""Directions of bodies: rendered animals from all sides, mirrored, turned, cut, spoilt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.surface.all_fours import (
    FORELEG,
    HEAD,
    HIND_LEG,
    STEPS,
    TRUNK,
    all_fours,
    rows_of,
)
from wildpose.surface.charts import MIRROR_CHART
from wildpose.surface.orientation import body_direction, facing
from wildpose.surface.reference import mirrored_uv
from wildpose.types import Array, DensePose

TURNED = {"left": "right", "right": "left", "toward": "away", "away": "toward"}
MIRRORED = {"left": "right", "right": "left", "toward": "toward", "away": "away"}
CLEAR_DEG = 55.0
SIDEWAYS = 0.65


def pose_of(chart: Array, uv: Array, box: Array) -> DensePose:
    ones = np.ones(chart.shape, np.float16)
    return DensePose(np.asarray(box, np.float32), chart, uv.astype(np.float16), ones,
                     0.05 * ones, "dense_head")


@pytest.fixture(scope="module")
def rendered() -> list[tuple[DensePose, Array]]:
    """Dense pose of bodies of 17 animals and their true vectors (see make_directions.py)."""
    with np.load(Path(__file__).parent / "data" / "directions.npz") as kept:
        parts = zip(kept["iuv"], kept["box"], kept["vector"], strict=True)
        return [(pose_of(iuv[0], iuv[1:] / 255, box), vector) for iuv, box, vector in parts]


def word_of(vector: Array) -> str:
    if abs(vector[0]) >= SIDEWAYS * abs(vector[2]):
        return "right" if vector[0] > 0 else "left"
    return "away" if vector[2] > 0 else "toward"


def mirror_image(pose: DensePose) -> DensePose:
    """The dense pose of the mirrored picture, by the surface's own mirror map."""
    chart, uv = mirrored_uv(pose.chart, pose.uv.transpose(1, 2, 0))
    return pose_of(chart[:, ::-1], uv.transpose(2, 0, 1)[:, :, ::-1], pose.box_xyxy)


def test_the_body_on_all_fours_looks_ahead_and_stands_on_its_feet():
    table = all_fours()
    chart = np.repeat(np.arange(25), STEPS * STEPS)
    middle = {g: table.place[np.isin(chart, g)].mean(0) for g in (HEAD, TRUNK, FORELEG, HIND_LEG)}
    assert middle[HEAD][2] > middle[FORELEG][2] > middle[TRUNK][2] > middle[HIND_LEG][2]
    assert middle[HEAD][1] > middle[TRUNK][1] > max(middle[FORELEG][1], middle[HIND_LEG][1])
    np.testing.assert_allclose(np.linalg.norm(table.normal[chart > 0], axis=1), 1, atol=1e-6)
    left = np.isin(chart, [4, 5, 24])
    assert table.place[left, 0].min() > -0.02
    # back up, belly down
    assert table.normal[chart == 1, 1].mean() > 0.4
    assert table.normal[chart == 2, 1].mean() < -0.4


def test_rendered_animals_point_where_they_point(rendered):
    truth = np.array([v for _, v in rendered])
    found = [body_direction(pose) for pose, _ in rendered]
    said = np.array([f.facing for f in found])
    assert (said == [word_of(v) for v in truth]).mean() > 0.87
    vectors = np.array([f.vector for f in found])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-9)
    yaw, true_yaw = (np.arctan2(v[:, 0], v[:, 2]) for v in (vectors, truth))
    off = np.degrees(np.abs(np.angle(np.exp(1j * (yaw - true_yaw)))))
    assert np.median(off) < 12
    assert (off > 90).mean() < 0.02


def test_the_side_that_is_shown_is_the_animals_own(rendered):
    shown = [(body_direction(pose).visible_side, v[0] < 0) for pose, v in rendered
             if abs(v[0]) > 0.5]
    assert np.mean([side == ("left" if left else "right") for side, left in shown]) > 0.95


def test_front_and_back_are_never_taken_for_each_other_where_clear(rendered):
    for pose, vector in rendered:
        word = word_of(vector)
        if abs(vector[0] if word in {"left", "right"} else vector[2]) > 0.9:
            assert facing(pose) != TURNED[word]


def test_a_mirrored_picture_swaps_left_and_right_only(rendered):
    for pose, _ in rendered[::4]:
        here, there = body_direction(pose), body_direction(mirror_image(pose))
        np.testing.assert_allclose(there.vector, here.vector * (-1, 1, 1), atol=0.12)
        side = {"left": "right", "right": "left"}
        if abs(here.vector[0]) > 0.5:
            assert there.visible_side == side[here.visible_side]
            assert there.facing == MIRRORED[here.facing]


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 360), st.floats(-5, 25), st.floats(20, 200))
def test_half_a_turn_turns_the_word(yaw_deg, down_deg, size_px):
    front = drawn(yaw_deg, down_deg, size_px)
    back = drawn(yaw_deg + 180, down_deg, size_px)
    here, there = body_direction(front), body_direction(back)
    assert there.vector[[0, 2]] @ here.vector[[0, 2]] < 0
    # between two words either may be said
    angle = abs(np.degrees(np.arctan2(abs(here.vector[0]), abs(here.vector[2]))) - 33)
    if angle > 15:
        assert there.facing == TURNED[here.facing]


def drawn(yaw_deg: float, down_deg: float, size_px: float, cells: int = 40) -> DensePose:
    """The table's own body, its visible places splatted into a grid."""
    yaw, down = np.radians([yaw_deg, down_deg])
    ahead = np.array([np.sin(yaw), 0, np.cos(yaw)])
    up = np.array([0.0, -1.0, 0.0])
    level = np.stack([np.cross(up, ahead), up, ahead], axis=1)
    tilt = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    table = all_fours()
    chart, u, v = np.unravel_index(np.arange(len(table.place)), (25, STEPS, STEPS))
    place, normal = table.place @ (tilt @ level).T, table.normal @ (tilt @ level).T
    seen = np.flatnonzero((chart > 0) & (normal[:, 2] < 0))
    seen = seen[np.argsort(-place[seen, 2])]  # the nearest is drawn last
    low = place[seen, :2].min(0)
    side = np.ptp(place[seen, :2], axis=0).max() * 1.001
    column, row = ((place[seen, :2] - low) / side * cells).astype(int).T
    grid, uv = np.zeros((cells, cells), np.uint8), np.zeros((2, cells, cells))
    grid[row, column] = chart[seen]
    uv[0, row, column], uv[1, row, column] = (u[seen] + 0.5) / STEPS, (v[seen] + 0.5) / STEPS
    return pose_of(grid, uv, np.array([0, 0, size_px, size_px]))


def test_a_quarter_of_wrong_sides_changes_little(rendered):
    rng = np.random.default_rng(2)
    same = []
    for pose, _ in rendered[::2]:
        wrong = (rng.uniform(size=pose.chart.shape) < 0.25) & (pose.chart > 0)
        chart = np.where(wrong, np.array(MIRROR_CHART, np.uint8)[pose.chart], pose.chart)
        same.append(facing(replace(pose, chart=chart)) == facing(pose))
    assert np.mean(same) > 0.9


def test_what_the_network_doubts_counts_less(rendered):
    pose = next(p for p, v in rendered if v[0] > 0.95)
    half = pose.chart.shape[1] // 2
    spoilt = pose.chart.copy()
    spoilt[:, half:] = np.where(spoilt[:, half:] > 0, 5, 0)  # a foot all over the head
    sure = np.ones(pose.chart.shape, np.float16)
    doubted = sure.copy()
    doubted[:, half:] = 0.01
    said = [body_direction(replace(pose, chart=spoilt, chart_confidence=c)).vector[0]
            for c in (sure, doubted)]
    assert said[1] > 0.5
    assert said[1] > said[0]


@pytest.mark.parametrize("charts", [HEAD, TRUNK, HIND_LEG, (5,)])
def test_a_part_of_a_body_gets_an_answer_too(rendered, charts):
    for pose, _ in rendered[::8]:
        part = replace(pose, chart=np.where(np.isin(pose.chart, charts), pose.chart, 0))
        assert facing(part) in TURNED


def test_a_head_alone_points_as_its_face_does(rendered):
    ahead = [(p, v) for p, v in rendered if v[2] < -0.9]
    for pose, _ in ahead:
        head = replace(pose, chart=np.where(np.isin(pose.chart, HEAD), pose.chart, 0))
        assert facing(head) != "away"


def test_without_a_body_there_is_no_direction_but_still_a_word():
    nothing = np.zeros((8, 8), np.uint8)
    broad, tall = (pose_of(nothing, np.zeros((2, 8, 8)), np.array([0, 0, *size]))
                   for size in ((9, 4), (4, 9)))
    assert body_direction(broad) is None
    assert facing(broad) == "right"
    assert facing(tall) == "toward"


def test_one_cell_is_enough_for_a_vector():
    chart = np.zeros((8, 8), np.uint8)
    chart[3, 4] = 1
    found = body_direction(pose_of(chart, np.full((2, 8, 8), 0.5), np.array([0, 0, 80, 80])))
    assert np.isclose(np.linalg.norm(found.vector), 1)


def test_rows_of_the_table_are_those_of_chart_u_v():
    rows = rows_of(np.array([1, 24]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert rows.tolist() == [STEPS * STEPS, 25 * STEPS * STEPS - 1]
