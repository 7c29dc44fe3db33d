"""Meshes of other programs, written here by the published formats."""

from __future__ import annotations

import base64
import json
import struct

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.surface.mesh_files import read_mesh

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
TRIANGLES = [[0, 1, 2], [0, 2, 3]]


def same(mesh):
    assert np.allclose(mesh.vertices, SQUARE)
    assert mesh.faces.tolist() == TRIANGLES


def obj_text(face_lines):
    return "".join(f"v {x} {y} {z}\n" for x, y, z in SQUARE) + "vt 0 0\n" + face_lines


@pytest.mark.parametrize("face_lines", [
    "f 1 2 3\nf 1 3 4\n", "f 1 2 3 4\n", "f 1/1 2/1 3/1 4/1\n", "f 1//1 2//1 3//1 4//1\n",
    "f -4 -3 -2 -1\n",
])
def test_obj_in_all_its_spellings(tmp_path, face_lines):
    path = tmp_path / "a.obj"
    path.write_text(obj_text(face_lines))
    same(read_mesh(path))


def ply_header(form):
    return (f"ply\nformat {form} 1.0\ncomment made by hand\nelement vertex 4\n"
            "property float x\nproperty float y\nproperty float z\nproperty uchar red\n"
            "element face 1\nproperty list uchar int vertex_indices\nend_header\n")


def test_ply_as_text(tmp_path):
    path = tmp_path / "a.ply"
    rows = "".join(f"{x} {y} {z} 7\n" for x, y, z in SQUARE)
    path.write_text(ply_header("ascii") + rows + "4 0 1 2 3\n")
    same(read_mesh(path))


@pytest.mark.parametrize(("form", "order"), [
    ("binary_little_endian", "<"), ("binary_big_endian", ">"),
])
def test_ply_in_binary(tmp_path, form, order):
    path = tmp_path / "a.ply"
    rows = b"".join(struct.pack(order + "fffB", *row, 7) for row in SQUARE)
    path.write_bytes(ply_header(form).encode() + rows + struct.pack(order + "B4i", 4, 0, 1, 2, 3))
    same(read_mesh(path))


def gltf_parts():
    binary = SQUARE.astype("<f4").tobytes() + np.array(TRIANGLES, "<u2").tobytes()
    document = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": len(binary)}],
        "bufferViews": [{"buffer": 0, "byteLength": 48},
                        {"buffer": 0, "byteOffset": 48, "byteLength": 12}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5123, "count": 6, "type": "SCALAR"},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}],
    }
    return document, binary


@pytest.mark.parametrize("inside", [True, False])
def test_gltf_with_its_buffer_inside_and_beside(tmp_path, inside):
    document, binary = gltf_parts()
    if inside:
        text = base64.b64encode(binary).decode()
        document["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{text}"
    else:
        document["buffers"][0]["uri"] = "a.bin"
        (tmp_path / "a.bin").write_bytes(binary)
    path = tmp_path / "a.gltf"
    path.write_text(json.dumps(document))
    same(read_mesh(path))


def test_glb(tmp_path):
    document, binary = gltf_parts()
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    path = tmp_path / "a.glb"
    path.write_bytes(struct.pack("<III", 0x46546C67, 2, 28 + len(text) + len(binary))
                     + struct.pack("<II", len(text), 0x4E4F534A) + text
                     + struct.pack("<II", len(binary), 0x004E4942) + binary)
    same(read_mesh(path))


def test_a_buffer_elsewhere_on_the_disk_is_not_opened(tmp_path):
    document, _ = gltf_parts()
    document["buffers"][0]["uri"] = "../secret.bin"
    (tmp_path / "secret.bin").write_bytes(bytes(60))
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.gltf"
    path.write_text(json.dumps(document))
    with pytest.raises(DataError, match="outside"):
        read_mesh(path)


@pytest.mark.parametrize(("name", "content"), [
    ("a.obj", "f 1 2 3\n"), ("a.obj", "v 0 0\nf 1 1 1\n"), ("a.obj", ""), ("a.ply", "ply\n"),
    ("a.gltf", "{}"), ("a.glb", "glb"), ("a.stl", "solid"),
])
def test_broken_files_are_named(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError, match=name):
        read_mesh(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.obj: No such file"):
        read_mesh(tmp_path / "none.obj")
