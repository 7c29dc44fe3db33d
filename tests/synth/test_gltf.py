"""glTF: a hand-written file with a skin and a clip, its faults, every kind of buffer."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.synth.gltf import ClipChoice, load_gltf_rig
from wildpose.synth.gltf_files import read_gltf
from wildpose.synth.rig import bind_pose, posed

UNIT = 0.01
"""The made-up file is in centimetres, under a node that scales it."""


def document() -> tuple[dict, bytes]:
    """Two triangles that share an edge but no vertices, on two bones; a quarter turn in 1 s."""
    arrays = [
        np.array([[0, 0, 0], [100, 0, 0], [0, 100, 0], [100, 0, 0], [100, 100, 0], [0, 100, 0]],
                 np.float32),
        np.array([[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0],
                  [1, 0, 0, 0]], np.uint8),
        np.array([[255, 0, 0, 0]] * 6, np.uint8),
        np.array([0, 1, 2, 3, 4, 5], np.uint16),
        np.array([np.eye(4), [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, -100, 0, 1]]],
                 np.float32),
        np.array([0, 1], np.float32),
        np.array([[0, 0, 0, 1], [np.sin(np.pi / 4), 0, 0, np.cos(np.pi / 4)]], np.float32),
    ]
    kinds = ["VEC3", "VEC4", "VEC4", "SCALAR", "MAT4", "SCALAR", "VEC4"]
    numbers = [5126, 5121, 5121, 5123, 5126, 5126, 5126]
    content, views, accessors = b"", [], []
    for array, kind, number in zip(arrays, kinds, numbers, strict=True):
        content += b"\0" * (-len(content) % 4)
        views.append({"buffer": 0, "byteOffset": len(content), "byteLength": array.nbytes})
        accessors.append({"bufferView": len(views) - 1, "componentType": number, "type": kind,
                          "count": len(array), "normalized": len(views) == 3})
        content += array.tobytes()
    nodes = [{"name": "armature", "scale": [UNIT] * 3, "children": [1, 3]},
             {"name": "Torso", "children": [2]},
             {"name": "Head", "translation": [0, 100, 0]},
             {"name": "mesh", "mesh": 0, "skin": 0}]
    attributes = {"POSITION": 0, "JOINTS_0": 1, "WEIGHTS_0": 2}
    gltf = {
        "asset": {"version": "2.0"}, "nodes": nodes, "bufferViews": views, "accessors": accessors,
        "meshes": [{"primitives": [{"attributes": attributes, "indices": 3, "material": 0}]}],
        "skins": [{"joints": [1, 2], "inverseBindMatrices": 4}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.2140, 0.0, 1.0]}}],
        "animations": [{"name": "Nod", "samplers": [{"input": 5, "output": 6}],
                        "channels": [{"sampler": 0, "target": {"node": 2, "path": "rotation"}}]}],
        "buffers": [{"byteLength": len(content)}],
    }
    return gltf, content


def write(path: Path, gltf: dict, content: bytes) -> Path:
    text = json.dumps(gltf).encode()
    text += b" " * (-len(text) % 4)
    content += b"\0" * (-len(content) % 4)
    chunks = struct.pack("<II", len(text), 0x4E4F534A) + text
    chunks += struct.pack("<II", len(content), 0x004E4942) + content
    path.write_bytes(b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks)
    return path


def test_a_hand_written_file_comes_back_welded_in_metres(tmp_path):
    rig = load_gltf_rig(write(tmp_path / "a.glb", *document()), None)
    assert len(rig.vertices) == 4
    assert np.allclose(np.ptp(rig.vertices, axis=0), [1, 1, 0])
    assert rig.bone_names == ("Torso", "Head")
    assert np.abs(posed(rig, bind_pose(rig)) - rig.vertices).max() < 1e-6
    assert rig.face_colour.tolist() == [[255, 127, 0]] * 2  # linear .214 is sRGB .5


def test_the_clip_turns_the_head_and_not_the_torso(tmp_path):
    path = write(tmp_path / "a.glb", *document())
    rig = load_gltf_rig(path, None, {"feed": ClipChoice("nod", 10), "walk": ClipChoice("Walk")})
    assert set(rig.motions) == {"feed"}
    assert len(rig.motions["feed"].bones) == 10
    moved = posed(rig, "feed", 0.9)  # nine tenths of the quarter turn about x at y = 1
    low = rig.vertices[:, 1] < 0.5
    assert np.allclose(moved[low], rig.vertices[low], atol=1e-6)
    assert np.allclose(moved[~low], rig.vertices[~low], atol=1e-6)  # they lie on the axis
    bones = rig.motions["feed"].bones[9, 1]
    assert bones[2, 1] / np.linalg.norm(bones[:3, 1]) == pytest.approx(np.sin(0.45 * np.pi))


def test_buffers_inside_and_beside_the_document_are_read_alike(tmp_path):
    gltf, content = document()
    inside, beside = json.loads(json.dumps(gltf)), json.loads(json.dumps(gltf))
    data = base64.b64encode(content).decode()
    inside["buffers"][0]["uri"] = f"data:application/octet-stream;base64,{data}"
    beside["buffers"][0]["uri"] = "b.bin"
    (tmp_path / "b.bin").write_bytes(content)
    for name, each in (("inside", inside), ("beside", beside)):
        (tmp_path / f"{name}.gltf").write_text(json.dumps(each), encoding="utf-8")
        assert np.array_equal(read_gltf(tmp_path / f"{name}.gltf").array(0)[1], [100, 0, 0])


def test_a_buffer_outside_the_folder_is_not_read(tmp_path):
    gltf, content = document()
    (tmp_path / "b.bin").write_bytes(content)
    (tmp_path / "in").mkdir()
    gltf["buffers"][0]["uri"] = "../b.bin"
    (tmp_path / "in" / "a.gltf").write_text(json.dumps(gltf), encoding="utf-8")
    with pytest.raises(DataError, match="missing"):
        read_gltf(tmp_path / "in" / "a.gltf")


def without_skin(gltf: dict) -> None:
    del gltf["skins"]


def ring(gltf: dict) -> None:
    gltf["nodes"][2]["children"] = [1]


def beyond(gltf: dict) -> None:
    gltf["accessors"][0]["count"] = 10**6


def old(gltf: dict) -> None:
    gltf["asset"]["version"] = "1.0"


def without_weights(gltf: dict) -> None:
    del gltf["meshes"][0]["primitives"][0]["attributes"]["WEIGHTS_0"]


@pytest.mark.parametrize(("spoil", "says"), [
    (without_skin, "no skin"), (ring, "ring"), (beyond, "outside the file"), (old, "1.0"),
    (without_weights, "without bone weights"),
])
def test_a_bad_file_is_named(tmp_path, spoil, says):
    gltf, content = document()
    spoil(gltf)
    path = write(tmp_path / "bad.glb", gltf, content)
    with pytest.raises(DataError, match=says):
        load_gltf_rig(path, None)


def test_a_cut_file_and_a_missing_one_are_named(tmp_path):
    path = write(tmp_path / "cut.glb", *document())
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"cut\.glb.*too early"):
        read_gltf(path)
    with pytest.raises(DataError, match=r"none\.glb"):
        read_gltf(tmp_path / "none.glb")
