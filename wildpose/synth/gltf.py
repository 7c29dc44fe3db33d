"""Skinned and animated animals from glTF 2.0 files.

What the file calls nodes become bones: a vertex moves by the joint's world matrix times the
inverse bind matrix (specification 3.7.3.3; the mesh node's own transform is ignored, as it says).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wildpose.errors import DataError
from wildpose.synth.gltf_files import GltfFile, read_gltf
from wildpose.synth.part_table import PartTable, parts_of
from wildpose.synth.rig import Motion, Rig, welded
from wildpose.synth.rotations import quaternion_matrix, slerp, transform
from wildpose.types import Array

_PARTS_OF_A_MOVE = {"translation": (0.0, 0.0, 0.0), "rotation": (0.0, 0.0, 0.0, 1.0),
                    "scale": (1.0, 1.0, 1.0)}
_TRIANGLES = 4


@dataclass(frozen=True)
class ClipChoice:
    """Which clip of a file becomes which motion.

    Attributes
    ----------
    clip : str
        The file's name of it, whatever its case.
    rate : float
        Frames per second to keep; what lies between is interpolated.
    """

    clip: str
    rate: float = 30.0


def load_gltf_rig(
    path: Path, table: PartTable | None, clips: Mapping[str, ClipChoice] | None = None
) -> Rig:
    """A body from a glTF file, welded, in metres.

    Parameters
    ----------
    path : Path
        .glb or .gltf; x to the animal's left, y up, z forward, metres, as glTF wants it.
    table : PartTable or None
        For the semantic parts; None leaves every vertex without a part.
    clips : mapping of str to ClipChoice or None
        Motion names to clips; None takes all clips at 30 frames per second, in lower case. A
        clip that the file lacks is left out.

    Returns
    -------
    Rig
        Pieces that are not joined to the body (horns, antlers, eyes) have part -1.

    Raises
    ------
    DataError
        When the file is broken or has no skin.
    """
    file = read_gltf(path)
    document = file.document
    if not document.get("skins"):
        raise DataError(f"{path}: no skin in it, so it can't be posed.", "Export it with its rig.")
    skin = document["skins"][0]
    joints = [int(joint) for joint in skin["joints"]]
    rest = world_matrices(document, {})[0]
    frame = _frame_of(document, joints, rest)
    inverse = np.eye(4)[None].repeat(len(joints), axis=0)
    if "inverseBindMatrices" in skin:
        inverse = file.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).swapaxes(1, 2)
    rig = Rig(
        name=path.stem,
        species=path.stem.replace("_", " "),
        bone_names=tuple(str(document["nodes"][j].get("name", f"node{j}")) for j in joints),
        bind_inverse=(inverse @ np.linalg.inv(frame)).astype(np.float32),
        motions=_motions(file, joints, clips),
        **_geometry(file, frame),
    )
    rig = welded(rig)
    return rig if table is None else replace(rig, part=parts_of(rig, table))


def world_matrices(document: dict[str, Any], moved: Mapping[int, Mapping[str, Array]]) -> Array:
    """World transform of every node, at T moments at once.

    Parameters
    ----------
    document : dict
    moved : mapping of node to its ``translation``, ``rotation`` or ``scale``, each [T, ...]
        In place of the node's own; T must be the same for all.

    Returns
    -------
    float64 [T, N, 4, 4]
        T is 1 when nothing moves.

    Raises
    ------
    DataError
        When a node is below itself.
    """
    nodes = document.get("nodes", [])
    count = max((len(v) for curves in moved.values() for v in curves.values()), default=1)
    world = np.full((count, len(nodes), 4, 4), np.nan)
    children = {int(child) for node in nodes for child in node.get("children", [])}
    waiting = [(number, np.eye(4)) for number in range(len(nodes)) if number not in children]
    seen = 0
    while waiting and seen <= len(nodes):
        number, above = waiting.pop()
        seen += 1
        world[:, number] = above @ _local(nodes[number], moved.get(number, {}))
        waiting += [(int(child), world[:, number]) for child in nodes[number].get("children", [])]
    if waiting or np.isnan(world).any():
        raise DataError("a glTF file whose nodes form a ring.", "Export it again.")
    return world


def _local(node: dict[str, Any], moved: Mapping[str, Array]) -> Array:
    if "matrix" in node and not moved:
        return np.array(node["matrix"], np.float64).reshape(4, 4).T
    count = max((len(values) for values in moved.values()), default=1)
    move, turn, size = (
        np.broadcast_to(moved.get(key, node.get(key, default)), (count, len(default)))
        for key, default in _PARTS_OF_A_MOVE.items()
    )
    return transform(move, quaternion_matrix(turn), size)


def _frame_of(document: dict[str, Any], joints: list[int], rest: Array) -> Array:
    """Transform of mesh coordinates to metres: that of the node above the first joint's root.

    Exporters put units and axes into that node; the bind pose would else be in other units than
    the posed body.
    """
    parent = {
        int(child): number
        for number, node in enumerate(document["nodes"])
        for child in node.get("children", [])
    }
    top = joints[0]
    while top in parent and parent[top] in joints:
        top = parent[top]
    return np.asarray(rest[parent[top]]) if top in parent else np.eye(4)


def _geometry(file: GltfFile, frame: Array) -> dict[str, Any]:
    """Vertices, faces, weights and colours of all skinned triangles."""
    pieces = [
        _primitive(file, primitive)
        for node in file.document["nodes"]
        if "skin" in node and "mesh" in node
        for primitive in file.document["meshes"][node["mesh"]]["primitives"]
        if primitive.get("mode", _TRIANGLES) == _TRIANGLES
    ]
    if not pieces:
        raise DataError(f"{file.path}: no skinned triangles in it.", "Export it with its rig.")
    starts = np.cumsum([0, *(len(piece["vertices"]) for piece in pieces)])
    joined = {key: np.concatenate([p[key] for p in pieces]) for key in pieces[0] if key != "faces"}
    faces = [p["faces"] + start for p, start in zip(pieces, starts, strict=False)]
    joined["faces"] = np.concatenate(faces).astype(np.int32)
    flat = joined["vertices"] @ frame[:3, :3].T + frame[:3, 3]
    joined["vertices"] = flat.astype(np.float32)
    joined["part"] = np.full(len(flat), -1, np.int8)
    return joined


def _primitive(file: GltfFile, primitive: dict[str, Any]) -> dict[str, Array]:
    attributes = primitive["attributes"]
    if "JOINTS_0" not in attributes or "WEIGHTS_0" not in attributes:
        raise DataError(f"{file.path}: triangles without bone weights.", "Export it with its rig.")
    vertices = file.array(attributes["POSITION"]).astype(np.float64)
    weight = file.array(attributes["WEIGHTS_0"]).astype(np.float32)
    if "indices" in primitive:
        corners = file.array(primitive["indices"]).reshape(-1, 3)
    else:
        corners = np.arange(len(vertices)).reshape(-1, 3)
    colour = _colour(file, primitive.get("material"))
    return {
        "vertices": vertices,
        "faces": corners.astype(np.int64),
        "bone_index": file.array(attributes["JOINTS_0"]).astype(np.int32),
        "bone_weight": weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9),
        "face_colour": np.tile(colour, (len(corners), 1)),
    }


def _colour(file: GltfFile, material: int | None) -> Array:
    """A material's base colour as uint8 sRGB; the file holds linear values."""
    linear = np.ones(3)
    if material is not None:
        surface = file.document["materials"][material].get("pbrMetallicRoughness", {})
        linear = np.clip(np.array(surface.get("baseColorFactor", [1, 1, 1]), np.float64)[:3], 0, 1)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray((curved * 255).round(), np.uint8)


def _motions(
    file: GltfFile, joints: list[int], clips: Mapping[str, ClipChoice] | None
) -> dict[str, Motion]:
    stored = {str(a.get("name", n)).lower(): a
              for n, a in enumerate(file.document.get("animations", []))}
    chosen = clips if clips is not None else {name: ClipChoice(name) for name in stored}
    return {
        name: _motion(file, stored[choice.clip.lower()], joints, choice.rate)
        for name, choice in chosen.items()
        if choice.clip.lower() in stored
    }


def _motion(file: GltfFile, animation: dict[str, Any], joints: list[int], rate: float) -> Motion:
    curves = [
        (int(channel["target"]["node"]), str(channel["target"]["path"]),
         *_curve(file, animation["samplers"][channel["sampler"]]))
        for channel in animation["channels"]
        if "node" in channel["target"] and channel["target"]["path"] in _PARTS_OF_A_MOVE
    ]
    start = min((float(times[0]) for *_, times, _ in curves), default=0.0)
    duration = max((float(times[-1]) for *_, times, _ in curves), default=0.0) - start
    count = max(1, round(duration * rate))
    # The last key of a loop repeats the first, so the end of the clip is left out.
    moments = start + np.arange(count) * (duration / count)
    moved: dict[int, dict[str, Array]] = {}
    for node, path, times, values in curves:
        moved.setdefault(node, {})[path] = _sampled(times, values, moments, path == "rotation")
    bones = world_matrices(file.document, moved)[:, joints].astype(np.float32)
    return Motion(bones, count / duration if duration > 0 else 1.0)


def _curve(file: GltfFile, sampler: dict[str, Any]) -> tuple[Array, Array]:
    times = file.array(sampler["input"])[:, 0].astype(np.float64)
    values = file.array(sampler["output"]).astype(np.float64)
    kind = sampler.get("interpolation", "LINEAR")
    if kind == "CUBICSPLINE":
        # Between an in- and an out-tangent stands the value; keys are dense, so lines will do.
        values = values[1::3]
    if kind == "STEP" and len(times) > 1:
        times = np.repeat(times, 2)[1:]
        values = np.repeat(values, 2, axis=0)[:-1]
    return times, values


def _sampled(times: Array, values: Array, moments: Array, turns: bool) -> Array:
    """A curve's values at some moments; before its first and after its last key it stands."""
    if len(times) == 1:
        return np.asarray(values.repeat(len(moments), axis=0))
    after = np.clip(np.searchsorted(times, moments, side="right"), 1, len(times) - 1)
    step = np.maximum(times[after] - times[after - 1], 1e-9)
    share = np.clip((moments - times[after - 1]) / step, 0, 1)
    if turns:
        return slerp(values[after - 1], values[after], share)
    return np.asarray((1 - share)[:, None] * values[after - 1] + share[:, None] * values[after])
