"""Surfaces that a user brings."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy.io import savemat

from wildpose.errors import DataError
from wildpose.surface.loaders import (
    load_densepose_uv,
    load_surface,
    read_surface,
    save_charts,
    save_surface,
)
from wildpose.surface.points import chart_uv_of, points_of
from wildpose.surface.reference import load_reference


def write_obj(path, vertices, faces):
    lines = [f"v {x} {y} {z}" for x, y, z in vertices.tolist()]
    lines += ["f " + " ".join(str(v + 1) for v in face) for face in faces.tolist()]
    path.write_text("\n".join(lines))


@pytest.fixture
def files(tmp_path, ball):
    write_obj(tmp_path / "ball.obj", ball.vertices * 100, ball.faces)
    save_charts(tmp_path / "charts.csv", ball)
    return tmp_path


def test_a_mesh_and_its_charts_table_make_a_surface_of_the_right_height(files, ball):
    loaded = load_surface(files / "ball.obj", files / "charts.csv")
    assert loaded.name == "ball"
    assert np.isclose(loaded.vertices[:, 1].min(), 0, atol=1e-6)
    assert np.isclose(loaded.vertices[:, 1].max(), 1.7)
    assert np.allclose(loaded.vertices, (ball.vertices + np.array([0, 0.5, 0])) * 1.7, atol=1e-5)
    assert np.array_equal(loaded.faces, ball.faces)
    assert np.array_equal(loaded.chart, ball.chart)
    assert np.allclose(loaded.uv, ball.uv, atol=1e-6)
    assert np.array_equal(loaded.mirror, ball.mirror)


def test_a_table_in_npz_with_a_mirror_map_of_its_own(files, ball):
    own = np.arange(len(ball.vertices))
    np.savez(files / "charts.npz", chart=ball.chart, uv=ball.uv, mirror=own)
    loaded = load_surface(files / "ball.obj", files / "charts.npz")
    assert np.array_equal(loaded.uv, ball.uv)
    assert np.array_equal(loaded.mirror, own)


def test_the_rows_of_a_table_may_come_in_any_order(files, ball):
    header, *rows = list(csv.reader((files / "charts.csv").open()))
    with (files / "charts.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows[::-1]])
    loaded = load_surface(files / "ball.obj", files / "charts.csv")
    assert np.array_equal(loaded.chart, ball.chart)


@pytest.mark.parametrize(("change", "words"), [
    (lambda text: text.replace("chart", "part", 1), "not a charts table"),
    (lambda text: "\n".join(text.splitlines()[:-1]), "2047 rows for 2048 triangles"),
    (lambda text: text.replace("\n0,", "\n5,", 1), "numbered from 0"),
    (lambda text: text.replace("\n0,2,", "\n0,25,", 1), "beyond 1 to 24"),
    (lambda text: text.replace("\n0,2,1.0", "\n0,2,9.0", 1), "u or v beyond"),
])
def test_a_table_that_does_not_fit_says_why(files, change, words):
    path = files / "charts.csv"
    path.write_text(change("\n".join(path.read_text().splitlines()) + "\n"))
    with pytest.raises(DataError, match=words):
        load_surface(files / "ball.obj", path)


def test_a_surface_comes_back_from_its_file(tmp_path):
    save_surface(tmp_path / "s.npz", load_reference())
    again = read_surface(tmp_path / "s.npz")
    for name in ("vertices", "faces", "chart", "uv", "mirror"):
        one, other = getattr(again, name), getattr(load_reference(), name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    assert again.name == "reference"


def test_files_that_are_no_surface_are_named(tmp_path, ball):
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "half.npz", name="half", vertices=ball.vertices)
    for name, words in (("text.npz", "not an npz"), ("half.npz", "faces is missing"),
                        ("none.npz", "No such file")):
        with pytest.raises(DataError, match=f"{name}.*{words}"):
            read_surface(tmp_path / name)


@pytest.fixture
def densepose(tmp_path, ball):
    """The ball written as ``UV_Processed.mat``: vertices split along the chart border."""
    split = {}
    faces = [[split.setdefault((int(chart), int(v)), len(split)) for v in face]
             for face, chart in zip(ball.faces, ball.chart, strict=True)]
    uv = np.zeros((len(split), 2))
    uv[np.array(faces)] = ball.uv
    savemat(tmp_path / "UV_Processed.mat", {
        "All_Faces": np.array(faces, np.int32) + 1,
        "All_FaceIndices": ball.chart[:, None],
        "All_vertices": np.array([v + 1 for _, v in split], np.int32)[None],
        "All_U_norm": uv[:, :1],
        "All_V_norm": uv[:, 1:],
    })
    write_obj(tmp_path / "body.obj", ball.vertices, ball.faces)
    return tmp_path


def test_the_uv_file_of_densepose_on_a_body_mesh(densepose, ball):
    loaded = load_densepose_uv(densepose / "UV_Processed.mat", densepose / "body.obj")
    assert np.array_equal(loaded.faces, ball.faces)
    assert np.array_equal(loaded.chart, ball.chart)
    assert np.allclose(loaded.uv, ball.uv)
    chart, uv = chart_uv_of(loaded, points_of(loaded, np.array([1, 2]), np.full((2, 2), 0.3)))
    assert list(chart) == [1, 2]
    assert np.allclose(uv, 0.3, atol=1e-6)


def test_a_body_of_another_kind_is_refused(densepose, ball):
    write_obj(densepose / "small.obj", ball.vertices[:100], np.array([[0, 1, 2]]))
    with pytest.raises(DataError, match="100 vertices, but"):
        load_densepose_uv(densepose / "UV_Processed.mat", densepose / "small.obj")


@pytest.mark.parametrize("content", [None, b"", b"MATLAB 5.0 MAT-file" + bytes(200)])
def test_a_broken_uv_file_is_named(densepose, content):
    path = densepose / "other.mat"
    if content is None:
        savemat(path, {"All_Faces": np.ones((1, 3))})
    else:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"other\.mat"):
        load_densepose_uv(path, densepose / "body.obj")
