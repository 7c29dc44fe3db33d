"""Our own four-legged animals: drawn by a seed, in code, without any asset.

Between rat, fox, deer, boar and bear lies room for any number of bodies. Each is a closed mesh of
some thousand triangles, the same on both sides, with bones, soft weights, semantic parts, a coat
and motions. Made from tapered capsules that melt into each other (``capsules``, ``isosurface``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from wildpose.errors import UsageError
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.synth.anatomy import BONE_OF_CAPSULE, TAIL, Skeleton, capsules_of, skeleton_of
from wildpose.synth.capsules import Capsule, body_distance, bounds, nearest_capsule
from wildpose.synth.coat import coat_colours
from wildpose.synth.gait import motions_of
from wildpose.synth.isosurface import MirroredMesh, count_faces, extract, is_sphere, neighbour_mean
from wildpose.synth.proportions import KINDS, Proportions, random_proportions
from wildpose.synth.rig import Rig
from wildpose.types import Array

FACES = 7000
"""About so many triangles a body has."""
_COARSE_STEP = 0.05
_THINNEST_IN_STEPS = 1.05
_ATTEMPTS = 12
_WEIGHTS_KEPT = 4
_SOFT_STEPS = 9
_SMOOTHED_BORDERS = 4


def quadruped(seed: int | np.random.Generator, kind: str | None = None) -> Rig:
    """Make an animal that does not exist, with motions and a coat.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        The same seed gives the same animal.
    kind : str or None
        ``rat``, ``fox``, ``deer``, ``boar`` or ``bear``; drawn if None.

    Returns
    -------
    Rig

    Raises
    ------
    UsageError
        For a kind that is none.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"There is no quadruped of kind {kind!r}.",
                         f"Choose one of {', '.join(KINDS)}.")
    rng = np.random.default_rng(seed)
    drawn = kind or str(rng.choice(list(KINDS)))
    for _ in range(_ATTEMPTS):
        proportions = random_proportions(rng, drawn)
        mesh = body_mesh(proportions)
        if is_sphere(mesh):
            return _rigged(proportions, mesh, drawn, rng)
    # far from happening: a pure kind always closes
    return _rigged(KINDS[drawn], body_mesh(KINDS[drawn]), drawn, rng)


def body_mesh(proportions: Proportions, faces: int = FACES) -> MirroredMesh:
    """Skin of an animal of given proportions, its soles on the ground.

    Parameters
    ----------
    proportions : Proportions
    faces : int
        About so many triangles.

    Returns
    -------
    MirroredMesh
        Metres.
    """
    scale = proportions.withers_m
    coarse = capsules_of(proportions, _COARSE_STEP * scale)
    found = count_faces(partial(body_distance, coarse), *bounds(coarse), _COARSE_STEP * scale)
    step = _COARSE_STEP * scale * float(np.sqrt(found / faces))
    flesh = capsules_of(proportions, _THINNEST_IN_STEPS * step)
    return extract(partial(body_distance, flesh), *bounds(flesh), step)


def part_of_vertices(mesh: MirroredMesh, capsules: Sequence[Capsule]) -> Array:
    """Semantic part of each vertex, by the nearest capsule and the side; borders are smoothed.

    Parameters
    ----------
    mesh : MirroredMesh
        In the rest pose.
    capsules : sequence of Capsule

    Returns
    -------
    int8 [V]
        Rows of :data:`wildpose.surface.parts.PARTS`; the middle line has unpaired parts only.
    """
    names = _part_names(mesh.vertices, capsules)
    side = np.where(mesh.vertices[:, 0] > 0, "left", "right")
    number = {p: i for i, p in enumerate(PARTS)}
    part = np.array([number[p] if p in number else number[f"{p}_{s}"]
                     for p, s in zip(names, side, strict=True)], np.int8)
    share = np.eye(len(PARTS))[part]
    mean = neighbour_mean(mesh_edges(mesh.faces), len(part))
    for _ in range(_SMOOTHED_BORDERS):
        share = 0.5 * share + 0.5 * (mean @ share)
    # exactly the same on both sides, so that ties are broken the same way
    share = share + share[mesh.mirror][:, list(MIRROR)]
    for end, there in (("_left", mesh.vertices[:, 0] > 0), ("_right", mesh.vertices[:, 0] < 0)):
        share[np.ix_(~there, np.array([p.endswith(end) for p in PARTS]))] = 0.0
    return np.asarray(np.argmax(share, axis=1), np.int8)


def mesh_edges(faces: Array) -> Array:
    """The edges of a mesh, each once, int [E, 2]."""
    sides = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return np.asarray(np.unique(sides, axis=0))


def _part_names(vertices: Array, capsules: Sequence[Capsule]) -> Array:
    """Name of the part without its side, object [V]."""
    shape = {c.name: c for c in reversed(capsules)}
    name = capsule_names(vertices, capsules)
    part = name.astype(object)
    behind_neck = vertices[:, 2] < shape["neck1"].start[2]
    neck = np.isin(name, ("neck1", "neck2")) & ~behind_neck
    trunk = np.isin(name, ("chest", "loin", "pelvis", "neck1", "neck2")) & ~neck
    part[trunk] = _trunk_names(vertices[trunk], capsules)
    nape = vertices[:, 1] > _axis_height(capsules, ("neck1", "neck2"), vertices)
    part[neck] = np.where(nape, "nape", "throat")[neck]
    part[np.isin(name, ("head", "brow"))] = "crown"
    part[np.isin(name, TAIL)] = "tail"
    hip = shape["thigh"]
    part[(name == "thigh") & (vertices[:, 1] > hip.start[1] + 0.25 * hip.start_radius)] = "rump"
    return part


def capsule_names(vertices: Array, capsules: Sequence[Capsule]) -> Array:
    """Name of the capsule that each vertex belongs to, str [V].

    The nearest one, but along the limbs each joint is a border: a thick forearm would swallow a
    short hand.
    """
    shape = {c.name: c for c in capsules}
    name = np.array([c.name for c in capsules])[nearest_capsule(capsules, vertices)]
    for upper, lead, foot in (("forearm", "palm", "fingers"), ("shank", "instep", "toes")):
        name[(name == upper) & (vertices[:, 1] < shape[lead].start[1])] = lead
        heel = shape[foot].start[2] - 0.4 * shape[foot].start_radius
        name[(name == foot) & (vertices[:, 2] < heel)] = lead
    return name


def _trunk_names(vertices: Array, capsules: Sequence[Capsule]) -> Array:
    """Withers, loin and rump above the axis of the trunk; chest, belly and groin below."""
    shape = {c.name: c for c in capsules}
    chest, pelvis = shape["chest"], shape["pelvis"]
    front, back = chest.start[2] + chest.start_radius, pelvis.end[2] - pelvis.end_radius
    along = (front - vertices[:, 2]) / (front - back)
    above = vertices[:, 1] > _axis_height(capsules, ("chest", "loin", "pelvis"), vertices)
    aside = np.abs(vertices[:, 0]) > 0.25 * pelvis.start_radius * pelvis.stretch[0]
    upper = np.where(along < 0.5, "withers", np.where((along > 0.74) & aside, "rump", "loin"))
    lower = np.where(along < 0.5, "chest", np.where(along < 0.75, "belly", "groin"))
    return np.where(above, upper, lower)


def _axis_height(capsules: Sequence[Capsule], names: Sequence[str], vertices: Array) -> Array:
    """Height of the axis of a chain of capsules at each vertex's z."""
    ends = np.array([end for c in capsules if c.name in names for end in (c.start, c.end)])
    ends = ends[np.argsort(ends[:, 2])]
    height: Array = np.interp(vertices[:, 2], ends[:, 2], ends[:, 1])
    return height


def _rigged(
    proportions: Proportions, mesh: MirroredMesh, kind: str, rng: np.random.Generator
) -> Rig:
    flesh, skeleton = capsules_of(proportions), skeleton_of(proportions)
    index, weight = _skin(mesh, flesh, skeleton)
    bind_inverse = np.tile(np.eye(4, dtype=np.float32), (len(skeleton.names), 1, 1))
    bind_inverse[:, :3, 3] = -skeleton.heads
    part = part_of_vertices(mesh, flesh)
    return Rig(
        name=f"quadruped_{kind}", species=f"made-up {kind}-like animal",
        vertices=mesh.vertices.astype(np.float32), faces=mesh.faces,
        bone_names=skeleton.names, bind_inverse=bind_inverse, bone_index=index,
        bone_weight=weight, part=part, motions=motions_of(skeleton, rng),
        face_colour=coat_colours(mesh.vertices, mesh.faces, part, rng),
        licence="Apache-2.0", credit="wildpose",
    )


def _skin(mesh: MirroredMesh, flesh: Sequence[Capsule], skeleton: Skeleton) -> tuple[Array, Array]:
    """The strongest bones of each vertex, int32 [V, 4], and their weights, float32 [V, 4].

    Each vertex starts on the bone of its capsule; the weights then spread along the skin, so that
    nothing leaks from one leg to the other through the air.
    """
    names, x = capsule_names(mesh.vertices, flesh), mesh.vertices[:, 0]
    weight = np.zeros((len(x), len(skeleton.names)))
    for name in np.unique(names):
        bone, here = BONE_OF_CAPSULE.get(str(name), str(name)), names == name
        if bone in skeleton.names:
            weight[here, skeleton.row(bone)] = 1.0
            continue
        # the middle line belongs to both sides alike
        weight[here, skeleton.row(f"{bone}_left")] = np.clip(np.sign(x[here]) + 1, 0, 2) / 2
        weight[here, skeleton.row(f"{bone}_right")] = np.clip(1 - np.sign(x[here]), 0, 2) / 2
    mean = neighbour_mean(mesh_edges(mesh.faces), len(x))
    for _ in range(_SOFT_STEPS):
        weight = 0.5 * weight + 0.5 * (mean @ weight)
    index = np.argsort(-weight, axis=1, kind="stable")[:, :_WEIGHTS_KEPT]
    kept = np.take_along_axis(weight, index, axis=1)
    kept /= kept.sum(axis=1, keepdims=True)
    return index.astype(np.int32), kept.astype(np.float32)
