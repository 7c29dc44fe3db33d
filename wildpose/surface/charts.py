"""The 24 charts of DensePose: names, sides, coarse parts, lengths (Güler et al. 2018, 2).

Chart numbers run from 1 to 24; 0 is background. Left and right are the subject's. The numbering
is that of DensePose-COCO, so that its tools read our annotations.
"""

from __future__ import annotations

from types import MappingProxyType

CHARTS: tuple[str, ...] = (
    "background", "torso back", "torso front", "right hand", "left hand", "left foot",
    "right foot", "right upper leg back", "left upper leg back", "right upper leg front",
    "left upper leg front", "right lower leg back", "left lower leg back",
    "right lower leg front", "left lower leg front", "left upper arm front",
    "right upper arm front", "left upper arm back", "right upper arm back",
    "left lower arm front", "right lower arm front", "left lower arm back",
    "right lower arm back", "right head", "left head",
)
"""Name of each chart by its number."""

MIRROR_CHART: tuple[int, ...] = (
    0, 1, 2, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23,
)
"""The chart on the other side of the body, by number."""

COARSE_PART: tuple[int, ...] = (
    0, 1, 1, 2, 3, 4, 5, 6, 7, 6, 7, 8, 9, 8, 9, 10, 11, 10, 11, 12, 13, 12, 13, 14, 14,
)
"""The part of DensePose's masks (``dp_masks``, 1 to 14) that each chart belongs to."""

COARSE_PARTS: tuple[str, ...] = (
    "background", "torso", "right hand", "left hand", "left foot", "right foot",
    "right upper leg", "left upper leg", "right lower leg", "left lower leg", "left upper arm",
    "right upper arm", "left lower arm", "right lower arm", "head",
)
"""Name of each part of DensePose's masks by its number."""

MIRROR_COARSE_PART: tuple[int, ...] = (0, 1, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 14)
"""The part on the other side of the body, by number."""

_NORMALISER_OF_PART = (
    0.255, 0.351, 0.107, 0.107, 0.126, 0.126, 0.237, 0.237, 0.173, 0.173, 0.142, 0.142, 0.128,
    0.128, 0.150,
)
GPS_NORMALISER: tuple[float, ...] = tuple(_NORMALISER_OF_PART[part] for part in COARSE_PART)
"""Metres by which geodesic point similarity divides the error, by chart (entry 0: the single
value of the older measure)."""

CHART_SIDE: tuple[str, ...] = tuple(
    {"right": "R", "left": "L"}.get(name.split()[0], "-") for name in CHARTS
)
"""``L`` or ``R``, the subject's own, by number; ``-`` where a chart has no side."""

_TORSO, _HEAD = (1, 2), (23, 24)
_FORELEG = (3, 4, *range(15, 23))
CHARTS_OF_PART = MappingProxyType({
    "head": _HEAD, "neck": (*_HEAD, *_TORSO), "torso_back": (1,), "torso_front": (2,),
    "upper_arm": (15, 16, 17, 18), "lower_arm": (19, 20, 21, 22), "hand": (3, 4),
    "upper_leg": (7, 8, 9, 10), "lower_leg": (11, 12, 13, 14), "foot": (5, 6),
    "tail": (), "wing": _FORELEG,
})
"""The charts that a part point of our labelled pictures may lie on, by its word. A body of 24
charts has none of its own for the neck and the wing, and none at all for the tail."""


def charts_of_part(part: str, side: str = "-") -> tuple[int, ...]:
    """Give the charts that a part point may lie on.

    Parameters
    ----------
    part : str
        A key of :data:`CHARTS_OF_PART`.
    side : {"L", "R", "-"}
        The subject's own; ``-`` where it is not known. Charts without a side stay.

    Raises
    ------
    KeyError
        For another word.

    Examples
    --------
    >>> charts_of_part("hand", "L"), charts_of_part("neck", "R"), charts_of_part("tail")
    ((4,), (23, 1, 2), ())
    """
    charts = CHARTS_OF_PART[part]
    return tuple(c for c in charts if side == "-" or CHART_SIDE[c] in (side, "-"))
