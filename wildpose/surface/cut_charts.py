"""Cut the left half of the body into its charts along straight lines.

Seven rings go round neck, shoulder, elbow, wrist, hip, knee and ankle (planes across the bones);
between them lines run along the sides of trunk and limbs and part front from back. The lines
start and end at vertices of the rings, so that four charts meet in one point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildpose.surface.half_body import Sourced
from wildpose.surface.makehuman import Body
from wildpose.surface.splitting import Field, region, split
from wildpose.types import Array

TORSO, UPPER_ARM, LOWER_ARM, HAND, UPPER_LEG, LOWER_LEG, FOOT, HEAD = range(8)
"""Regions before front and back are parted."""
FRONT_CHART = {TORSO: 2, UPPER_ARM: 15, LOWER_ARM: 19, UPPER_LEG: 10, LOWER_LEG: 14}
BACK_CHART = {TORSO: 1, UPPER_ARM: 17, LOWER_ARM: 21, UPPER_LEG: 8, LOWER_LEG: 12}
WHOLE_CHART = {HAND: 4, FOOT: 5, HEAD: 24}


@dataclass(frozen=True, eq=False)
class Ring:
    """A plane across the body, and what lies beyond it.

    Attributes
    ----------
    centre, normal : float64 [3]
        The normal points away from the trunk.
    reach_m : float
        The plane cuts only this near to its centre.
    inner, outer : int
        Regions on its two sides.
    """

    centre: Array
    normal: Array
    reach_m: float
    inner: int
    outer: int


def rings(body: Body) -> tuple[Ring, ...]:
    """The seven rings of the left half, in the order in which they are cut."""
    def head(bone: str) -> Array:
        return np.asarray(body.heads[bone])

    shoulder, elbow, wrist = head("upperarm01.L"), head("lowerarm01.L"), head("wrist.L")
    hip, knee, ankle = head("upperleg01.L"), head("lowerleg01.L"), head("foot.L")
    arm, forearm = unit(elbow - shoulder), unit(wrist - elbow)
    shank = unit(ankle - knee)
    crotch_y = body.vertices[(np.abs(body.vertices[:, 0]) < 1e-9)
                             & (body.vertices[:, 1] < hip[1])][:, 1].min()
    groin = np.array([0.022, crotch_y, 0.0])
    flank = np.array([hip[0] + 0.075, crotch_y + 0.17, 0.0])
    across = flank - groin
    return (
        Ring(head("neck02"), unit(np.array([0, 1, 0.45])), 0.13, TORSO, HEAD),
        Ring(shoulder, unit(np.array([1, 0.1, 0])), 0.13, TORSO, UPPER_ARM),
        Ring(elbow, unit(arm + forearm), 0.09, UPPER_ARM, LOWER_ARM),
        Ring(wrist, forearm, 0.06, LOWER_ARM, HAND),
        Ring((groin + flank) / 2, unit(np.array([across[1], -across[0], 0])), 0.25, TORSO,
             UPPER_LEG),
        Ring(knee, unit(unit(knee - hip) + shank), 0.12, UPPER_LEG, LOWER_LEG),
        Ring(ankle + np.array([0, 0.03, 0]), shank, 0.09, LOWER_LEG, FOOT),
    )


def unit(vector: Array) -> Array:
    """The vector, one metre long."""
    return np.asarray(vector / np.linalg.norm(vector))


def cut_charts(half: Sourced, body: Body) -> tuple[Sourced, Array]:
    """Split faces along the chart borders.

    Returns
    -------
    Sourced
        The left half with more vertices.
    uint8 [F]
        Chart of each face: those of the left side, and 1 and 2 for the half trunk.
    """
    label = np.zeros(len(half.mesh.faces), np.int64)
    on_ring: dict[tuple[int, int], Array] = {}
    for ring in rings(body):
        half, label, cut = cut_ring(half, label, ring)
        on_ring[ring.inner, ring.outer] = cut
    corners = _corners(half, body, on_ring)
    chart = np.zeros(len(half.mesh.faces), np.int64)
    for name, whole in WHOLE_CHART.items():
        chart[label == name] = whole
    for name, field in _front_fields(half, body, corners).items():
        # The label of a face and its chart travel together through the split.
        packed = label * 100 + chart
        half, packed, side = split(half, packed, field, label == name)
        label, chart = packed // 100, packed % 100
        ours = np.flatnonzero(label == name)
        lean = side[half.mesh.faces[ours]].sum(1)
        chart[ours] = np.where(lean > 0, FRONT_CHART[name], BACK_CHART[name])
    return half, chart.astype(np.uint8)


def cut_ring(half: Sourced, label: Array, ring: Ring) -> tuple[Sourced, Array, Array]:
    """Cut one ring; also the positions float64 [N, 3] of its vertices."""
    def field(points: Array) -> Array:
        return np.asarray((points - ring.centre) @ ring.normal)

    middles = half.mesh.vertices[half.mesh.faces].mean(1)
    near = (np.linalg.norm(middles - ring.centre, axis=1) < ring.reach_m) & (label == ring.inner)
    half, label, side = split(half, label, field, near)
    middles = half.mesh.vertices[half.mesh.faces].mean(1)
    distance = np.linalg.norm(middles - ring.centre, axis=1)
    near = distance < ring.reach_m + 0.02
    barrier = np.zeros(len(half.mesh.vertices), bool)
    barrier[half.mesh.faces[near & (label == ring.inner)]] = True
    barrier &= side == 0
    beyond = side[half.mesh.faces].sum(1) > 0
    seed = int(np.argmin(np.where(beyond & (label == ring.inner), distance, np.inf)))
    outer = region(half.mesh.faces, label == ring.inner, barrier, seed)
    label = np.where(outer, ring.outer, label)
    return half, label, half.mesh.vertices[barrier]


def _corners(half: Sourced, body: Body, on_ring: Mapping[tuple[int, int], Array]) -> dict[
        str, tuple[Array, Array]]:
    """The two vertices of each ring where front meets back: (outer or upper, inner or lower)."""
    forward = np.array([0.0, 0.0, 1.0])
    shoulder, elbow, wrist = (body.heads[b] for b in ("upperarm01.L", "lowerarm01.L", "wrist.L"))
    arm, forearm = unit(elbow - shoulder), unit(wrist - elbow)
    flexed = unit(forearm * (arm @ forearm) - arm)
    down = np.array([0.0, -1.0, 0.0])
    return {
        "neck": (widest(on_ring[TORSO, HEAD]),) * 2,
        "shoulder": sides_of_ring(on_ring[TORSO, UPPER_ARM], arm, forward),
        "elbow": sides_of_ring(on_ring[UPPER_ARM, LOWER_ARM], arm, forward),
        "wrist": sides_of_ring(on_ring[LOWER_ARM, HAND], forearm, flexed),
        "hip": sides_of_ring(on_ring[TORSO, UPPER_LEG], down, forward),
        "knee": sides_of_ring(on_ring[UPPER_LEG, LOWER_LEG], down, forward),
        "ankle": sides_of_ring(on_ring[LOWER_LEG, FOOT], down, forward),
    }


def widest(points: Array) -> Array:
    """The point farthest to the left."""
    return np.asarray(points[np.argmax(points[:, 0])])


def sides_of_ring(points: Array, along: Array, front: Array) -> tuple[Array, Array]:
    """Two ring vertices that part front from back, each with half of the ring.

    ``along`` points away from the trunk, ``front`` to the front. The first of the pair lies on
    the negative side of ``front x along``.
    """
    front = unit(front - along * (front @ along) / (along @ along))
    sideways = unit(np.cross(front, along))
    centre = (points.max(0) + points.min(0)) / 2
    depth, side = (points - centre) @ front, (points - centre) @ sideways
    order = np.argsort(np.arctan2(depth, side))
    ring = points[order]
    step = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
    weight = np.empty(len(points))
    weight[order] = (step + np.roll(step, 1)) / 2
    by_depth = np.argsort(depth)
    middle = np.interp(weight.sum() / 2, np.cumsum(weight[by_depth]), depth[by_depth])
    off = np.abs(depth - middle)
    one = int(np.argmin(np.where(side < 0, off, np.inf)))
    two = int(np.argmin(np.where(side > 0, off, np.inf)))
    return points[one], points[two]


def _front_fields(half: Sourced, body: Body, corners: Mapping[str, tuple[Array, Array]]) -> dict[
        int, Field]:
    """For each region that has a front and a back: positive in front, 0 on the line."""
    forward = np.array([0.0, 0.0, 1.0])
    shoulder, elbow, wrist = (body.heads[b] for b in ("upperarm01.L", "lowerarm01.L", "wrist.L"))
    hip, knee, ankle = (body.heads[b] for b in ("upperleg01.L", "lowerleg01.L", "foot.L"))
    arm, forearm = unit(elbow - shoulder), unit(wrist - elbow)
    flexed = unit(forearm * (arm @ forearm) - arm)
    return {
        UPPER_ARM: limb_field(corners["shoulder"], corners["elbow"], arm, forward),
        LOWER_ARM: limb_field(corners["elbow"], corners["wrist"], forearm, flexed),
        UPPER_LEG: limb_field(corners["hip"], corners["knee"], unit(knee - hip), forward),
        LOWER_LEG: limb_field(corners["knee"], corners["ankle"], unit(ankle - knee), forward),
        TORSO: trunk_field(corners),
    }


def limb_field(top: tuple[Array, Array], bottom: tuple[Array, Array], along: Array,
          front: Array) -> Field:
    """Offset to the front of the two straight lines that join the corners of two rings."""
    front = unit(front - along * (front @ along))
    sideways = unit(np.cross(front, along))
    lines = tuple(zip(top, bottom, strict=True))

    def field(points: Array) -> Array:
        share = []
        for a, b in lines:
            t = ((points - a) @ along) / ((b - a) @ along)
            share.append(a + t[:, None] * (b - a))
        one, two = share
        width = (two - one) @ sideways
        s = np.clip(((points - one) @ sideways) / width, 0, 1)
        return np.asarray((points - one) @ front - s * ((two - one) @ front))

    return field


def trunk_field(corners: Mapping[str, tuple[Array, Array]]) -> Field:
    """Depth in front of three lines: neck to shoulder, armpit to hip, groin to the middle."""
    neck = corners["neck"][0]
    top, armpit = sorted(corners["shoulder"], key=lambda p: -float(p[1]))
    flank, groin = sorted(corners["hip"], key=lambda p: -float(p[0]))

    def field(points: Array) -> Array:
        x, y, z = points.T
        above = np.interp(x, [neck[0], top[0]], [neck[2], top[2]])
        beside = np.interp(y, [flank[1], armpit[1]], [flank[2], armpit[2]])
        depth = np.where(y > (top[1] + armpit[1]) / 2, above, beside)
        depth = np.where((x < (groin[0] + flank[0]) / 2) & (y < flank[1]), groin[2], depth)
        return np.asarray(z - depth)

    return field
