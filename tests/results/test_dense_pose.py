"""Dense pose: a few kB that give the arrays back, and files that say what is wrong with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from result_rows import body_pose, dense_pose_row

from wildpose.errors import DataError, UsageError
from wildpose.results.dense_pose import (
    SIGMA_LEAST,
    SIGMA_MOST,
    decode_dense_pose,
    encode_dense_pose,
    read_dense_pose,
    write_dense_pose,
)
from wildpose.results.schema import DENSE_POSE
from wildpose.types import DensePose

HALF = float(np.finfo(np.float16).eps) / 2
UNIT_ERROR = 1 / 510 + HALF
SIGMA_ERROR = 2 ** (12 / 254 / 2) - 1 + 2 * HALF


@st.composite
def poses(draw):
    """Any dense pose at all: odd grids, noise, sigma over many octaves."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    grid = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    chart = rng.integers(0, 25, grid).astype(np.uint8) * (rng.random(grid) < draw(
        st.sampled_from([0.0, 0.5, 1.0])))
    return DensePose(
        box_xyxy=rng.uniform(-50, 4000, 4).astype(np.float32), chart=chart.astype(np.uint8),
        uv=(rng.random((2, *grid)) * (chart > 0)).astype(np.float16),
        chart_confidence=rng.random(grid).astype(np.float16),
        uv_sigma=(2.0 ** rng.uniform(-14, 5, grid)).astype(np.float16),
        cut_by=draw(st.sampled_from(["mask_head", "dense_head"])))


@settings(max_examples=80, deadline=None)
@given(poses())
def test_arrays_come_back_within_the_bounds_stated(pose):
    again = decode_dense_pose(encode_dense_pose(pose))
    body = pose.chart > 0
    assert np.array_equal(again.box_xyxy, pose.box_xyxy)
    assert again.cut_by == pose.cut_by
    assert np.array_equal(again.chart, pose.chart)
    for name in ("chart", "uv", "chart_confidence", "uv_sigma"):
        before, after = getattr(pose, name), getattr(again, name)
        assert (after.dtype, after.shape) == (before.dtype, before.shape)
        assert not after[..., ~body].any()
    assert np.abs(again.uv - pose.uv.astype(float)).max(initial=0) <= UNIT_ERROR
    error = np.abs(again.chart_confidence - pose.chart_confidence.astype(float))[body]
    assert error.max(initial=0) <= UNIT_ERROR
    sigma = np.clip(pose.uv_sigma[body].astype(float), SIGMA_LEAST, SIGMA_MOST)
    assert (np.abs(again.uv_sigma[body] - sigma) <= SIGMA_ERROR * sigma).all()


@settings(max_examples=40, deadline=None)
@given(poses())
def test_what_was_packed_once_is_packed_the_same_again(pose):
    packed = encode_dense_pose(pose)
    assert encode_dense_pose(decode_dense_pose(packed)) == packed


def test_no_uncertainty_stays_none_and_infinity_is_cut():
    pose = body_pose()
    pose.uv_sigma[:] = 0
    assert not decode_dense_pose(encode_dense_pose(pose)).uv_sigma.any()
    pose.uv_sigma[:] = np.inf
    again = decode_dense_pose(encode_dense_pose(pose))
    assert (again.uv_sigma[pose.chart > 0] == SIGMA_MOST).all()


def test_nan_on_the_body_is_a_fault_beside_it_is_not():
    pose = body_pose()
    pose.chart_confidence[pose.chart == 0] = np.nan
    encode_dense_pose(pose)
    pose.uv[1, pose.chart > 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        encode_dense_pose(pose)


def test_a_body_on_56_cells_takes_a_few_kb():
    packed = encode_dense_pose(body_pose())
    assert 500 < sum(len(value) for value in packed.values() if isinstance(value, bytes)) < 6000


def test_a_file_gives_its_rows_back(tmp_path):
    path = tmp_path / "dense_pose" / "a.parquet"
    write_dense_pose(path, [dense_pose_row("a.mp4", i, frame_index=2 * i) for i in range(100)])
    read = list(read_dense_pose(path))
    assert [position for position, _ in read] == list(range(100))
    assert all(np.array_equal(pose.chart, body_pose().chart) for _, pose in read)
    first = path.read_bytes()
    write_dense_pose(path, [dense_pose_row("a.mp4", i, frame_index=2 * i) for i in range(100)])
    assert path.read_bytes() == first


def test_files_that_can_not_be_read_say_so(tmp_path):
    with pytest.raises(DataError, match=r"none\.parquet: can't be read"):
        list(read_dense_pose(tmp_path / "none.parquet"))
    path = tmp_path / "a.parquet"
    write_dense_pose(path, [dense_pose_row("a.mp4", 0) | {"u": b"no frame"}])
    with pytest.raises(DataError, match=r"a\.parquet: can't be read: u: "):
        list(read_dense_pose(path))
    short = dense_pose_row("a.mp4", 0) | {"grid_width": 60}
    write_dense_pose(path, [short])
    with pytest.raises(DataError, match="chart: "):
        list(read_dense_pose(path))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="can't be read"):
        list(read_dense_pose(path))


def test_a_chart_that_is_none_is_refused():
    pose = body_pose()
    pose.chart[20, 20] = 25
    with pytest.raises(ValueError, match="25, above 24"):
        decode_dense_pose(encode_dense_pose(pose))


def test_a_place_that_can_not_be_written(tmp_path):
    (tmp_path / "dense_pose").write_text("a file")
    with pytest.raises(UsageError, match="can't be written"):
        write_dense_pose(tmp_path / "dense_pose" / "a.parquet", [dense_pose_row("a.mp4", 0)])


def test_rows_hold_the_columns_of_the_schema():
    assert set(dense_pose_row("a.mp4", 0)) == set(DENSE_POSE.column_names)
