"""Cut the regions of an animal's body into semantic parts by their shape in the bind pose.

Frame: x to the animal's left, y up, z forward.
"""

from __future__ import annotations

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.synth.rig import Rig
from wildpose.types import Array

MUZZLE_SHARE = 0.42
"""Front share of the head's length that is muzzle (the rest is crown)."""
RUMP_SHARE, GROIN_SHARE, FRONT_SHARE = 0.22, 0.25, 0.42
"""Shares of the trunk's length: its upper end is rump, its lower end groin, its front half the
withers and chest, and loin and belly lie between."""

LIMBS = (("shoulder", "upper_arm", "forearm", "palm", "fingers"),
         ("rump", "thigh", "shank", "instep", "toes"))
"""Parts of the limbs from the trunk outward."""
END_SHARE = 0.3
"""Share of a limb's part that is given to a neighbour without vertices."""
TAIL_SHARE = 0.01
"""Share of the vertices that make up the root of a tail that isn't modelled."""
SHOULDER_SHARE = 0.008
"""Least share of the vertices that make up one shoulder: the trunk's bones often take its skin."""
SLABS = 4
"""Slabs of the neck, from root to head, that its middle is found in."""


def _number(name: str) -> int:
    return PARTS.index(name)


def _share(values: Array) -> Array:
    """Values on a scale from 0 (smallest) to 1 (largest)."""
    if values.size == 0:
        return np.zeros(0)
    low, high = values.min(), values.max()
    return np.asarray((values - low) / max(high - low, 1e-9))


def split_by_height(vertices: Array, cuts: tuple[float, ...]) -> Array:
    """Number of the slab, from the top, that each vertex lies in; int64 [V].

    Parameters
    ----------
    vertices : float [V, 3]
    cuts : tuple of float
        Shares of the height, from the top.
    """
    if not cuts:
        return np.zeros(len(vertices), np.int64)
    return np.searchsorted(np.array(cuts), 1 - _share(vertices[:, 1]))


def split_regions(vertices: Array, region: Array, part: Array, neck_axis: Array) -> None:
    """Fill in the parts of the head, neck and trunk.

    Parameters
    ----------
    vertices : float64 [V, 3]
    region : str [V]
        ``head``, ``neck``, ``trunk``; anything else is left alone.
    part : int8 [V]
        Written to.
    neck_axis : float [3]
        From the neck's root to the head.
    """
    head, neck, trunk = (np.flatnonzero(region == name) for name in ("head", "neck", "trunk"))
    if len(head):
        part[head] = split_head(vertices[head])
    if len(neck):
        part[neck] = split_neck(vertices[neck], neck_axis)
    if len(trunk):
        part[trunk] = split_trunk(vertices[trunk])


def split_head(vertices: Array) -> Array:
    """Muzzle in front, crown behind, along the line from the head's middle to its snout."""
    side = vertices[:, 1:]
    snout = side[side[:, 1] >= np.quantile(side[:, 1], 0.95)].mean(axis=0)
    axis = snout - side.mean(axis=0)
    front = _share(side @ axis) > 1 - MUZZLE_SHARE
    return np.where(front, _number("muzzle"), _number("crown")).astype(np.int8)


def split_neck(vertices: Array, axis: Array) -> Array:
    """Nape above and behind the middle of the neck, throat on the other side.

    Parameters
    ----------
    vertices : float [N, 3]
    axis : float [3]
        From the neck's root to the head.
    """
    side = vertices[:, 1:] - vertices[:, 1:].mean(axis=0)
    along = side @ axis[1:]
    across = side @ np.array([axis[2], -axis[1]])  # a quarter turn up and back, in (y, z)
    order = np.array_split(np.argsort(along), SLABS)
    middles = [(across[slab].min() + across[slab].max()) / 2 for slab in order if len(slab)]
    places = [along[slab].mean() for slab in order if len(slab)]
    degree = 1 if np.ptp(places) > 1e-3 * np.linalg.norm(axis) ** 2 else 0
    line = np.polynomial.Polynomial.fit(places, middles, degree)
    above = across > line(along)
    return np.where(above, _number("nape"), _number("throat")).astype(np.int8)


def split_trunk(vertices: Array) -> Array:
    """Withers, loin and rump above the trunk's middle line; chest, belly and groin below it."""
    above = _above_middle_line(vertices[:, 2], vertices[:, 1])
    share = _share(vertices[:, 2])
    rump = np.where(vertices[:, 0] > 0, _number("rump_left"), _number("rump_right"))
    upper = np.where(
        share < RUMP_SHARE, rump,
        np.where(share < 1 - FRONT_SHARE, _number("loin"), _number("withers")),
    )
    lower = np.where(
        share < GROIN_SHARE, _number("groin"),
        np.where(share < 1 - FRONT_SHARE, _number("belly"), _number("chest")),
    )
    return np.where(above, upper, lower).astype(np.int8)


def _above_middle_line(along: Array, across: Array) -> Array:
    """Whether points of a bent tube lie above its middle line, a parabola fitted to them."""
    degree = 2 if len(np.unique(along.round(4))) > 5 else 0
    middle = np.polynomial.Polynomial.fit(along, across, degree)
    return np.asarray(across > middle(along))


def complete(vertices: Array, part: Array) -> None:
    """Give parts to limbs and necks whose skeleton lacks bones for them, and a tail to all.

    A limb's missing part is the near end of its neighbour, a missing neck the rear of the head, a
    missing tail the place where one would grow.

    Parameters
    ----------
    vertices : float64 [V, 3]
    part : int8 [V]
        Written to.
    """
    for chain in (names for names in LIMBS for _ in names):  # a gap of two is filled in two steps
        for side in ("left", "right"):
            _complete_limb(vertices, part, [_number(f"{name}_{side}") for name in chain])
    for side, sign in (("left", 1), ("right", -1)):
        _grow_shoulder(vertices, part, side, sign)
    if not np.isin(part, [_number("throat"), _number("nape")]).any():
        crown = np.flatnonzero(part == _number("crown"))
        rear = crown[_share(vertices[crown, 2]) < END_SHARE]
        if len(rear):
            part[rear] = split_neck(vertices[rear], np.array([0.0, 0.0, 1.0]))
    if not (part == _number("tail")).any():
        rear = np.flatnonzero(np.isin(part, [_number(n) for n in ("rump_left", "rump_right")]))
        if len(rear):
            middle = vertices[rear, 2] + np.abs(vertices[rear, 0]) - 0.3 * vertices[rear, 1]
            count = max(4, round(TAIL_SHARE * len(vertices)))
            part[rear[np.argsort(middle)[:count]]] = _number("tail")


def _grow_shoulder(vertices: Array, part: Array, side: str, sign: int) -> None:
    """Give a shoulder the nearest vertices of the trunk until it has its share."""
    shoulder = _number(f"shoulder_{side}")
    # Between the front legs, the bones of both shoulders may move what has no side.
    lateral = np.abs(vertices[:, 0])
    part[(part == shoulder) & (lateral < 0.02 * lateral.max())] = _number("chest")
    own = vertices[part == shoulder]
    missing = max(4, round(SHOULDER_SHARE * len(vertices))) - len(own)
    trunk = np.isin(part, [_number(n) for n in ("withers", "chest", "loin", "belly")])
    wide = np.abs(vertices[trunk, 0]).max(initial=0)
    near = np.flatnonzero(trunk & (sign * vertices[:, 0] > 0.4 * wide))
    if missing > 0 and len(own) and len(near):
        order = np.argsort(np.linalg.norm(vertices[near] - own.mean(axis=0), axis=1))
        part[near[order[:missing]]] = shoulder


def _complete_limb(vertices: Array, part: Array, chain: list[int]) -> None:
    for place, number in enumerate(chain):
        if (part == number).any():
            continue
        for neighbour, top in ((place - 1, False), (place + 1, True)):
            if not 0 <= neighbour < len(chain):
                continue
            rows = np.flatnonzero(part == chain[neighbour])
            if len(rows) >= 8:
                down = 1 - _share(vertices[rows, 1])
                near = down < END_SHARE if top else down > 1 - END_SHARE
                part[rows[near]] = number
                break


def mark_horns(rig: Rig, part: Array, length: float) -> None:
    """Take away the part (-1) of what lies within some way of the tips of horns on the crown.

    Parameters
    ----------
    rig : Rig
        Welded.
    part : int8 [V]
        With ears and crown; written to.
    length : float
        Of a horn along the mesh, metres.
    """
    vertices = rig.vertices.astype(np.float64)
    crown = np.flatnonzero(part == _number("crown"))
    for sign in (1, -1):
        tip = crown[np.argmax(sign * vertices[crown, 0] + vertices[crown, 1])]
        part[(_ways(rig, int(tip), length) <= length) & (part == _number("crown"))] = -1


def _ways(rig: Rig, start: int, limit: float) -> Array:
    """Metres along the edges from a vertex to all, infinite beyond a limit; float64 [V]."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import dijkstra

    vertices = rig.vertices.astype(np.float64)
    first, second = np.concatenate([rig.faces[:, [0, 1]], rig.faces[:, [1, 2]]]).T
    length = np.linalg.norm(vertices[first] - vertices[second], axis=1)
    graph = coo_matrix((length, (first, second)), (len(vertices),) * 2).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=start, limit=limit))


def mark_ears(rig: Rig, part: Array, length: float) -> None:
    """Call ears what lies within some way along the mesh from their tips.

    Skins are often painted so that ears hardly follow their bones, or there are no such bones;
    a tip is the vertex of the ear, or else of the head's surroundings, that is farthest out.

    Parameters
    ----------
    rig : Rig
        Welded.
    part : int8 [V]
        With the head already split; written to.
    length : float
        Of an ear, metres.
    """
    vertices = rig.vertices.astype(np.float64)
    ears = [_number("ear_left"), _number("ear_right")]
    tips = [_ear_tip(vertices, part, ear, sign) for ear, sign in zip(ears, (1, -1), strict=True)]
    part[np.isin(part, ears)] = _number("crown")
    for ear, tip in zip(ears, tips, strict=True):
        part[_ways(rig, tip, length) <= length] = ear


def _ear_tip(vertices: Array, part: Array, ear: int, sign: int) -> int:
    crown = vertices[part == _number("crown")]
    middle = crown.mean(axis=0)
    rows = np.flatnonzero(part == ear)
    if len(rows):
        return int(rows[np.argmax(np.linalg.norm(vertices[rows] - middle, axis=1))])
    reach = 1.6 * np.linalg.norm(crown - middle, axis=1).max()
    upper = np.isin(part, [_number(name) for name in ("crown", "nape", "throat")])
    near = upper & (np.linalg.norm(vertices - middle, axis=1) < reach)
    return int(np.argmax(np.where(near, sign * vertices[:, 0] + 0.5 * vertices[:, 1], -np.inf)))
