"""The 32 semantic parts that animals and the reference body share (paper 3.1, L = 32)."""

from __future__ import annotations

_PAIRED = ("ear", "shoulder", "rump", "upper_arm", "forearm", "palm", "fingers", "thigh", "shank",
           "instep", "toes")
_SINGLE = ("muzzle", "crown", "throat", "nape", "chest", "belly", "withers", "loin", "tail",
           "groin")
PARTS: tuple[str, ...] = (*_SINGLE, *(f"{p}_{side}" for p in _PAIRED for side in ("left", "right")))
"""Names, in the order of the numbers that rigs and surfaces store."""
MIRROR: tuple[int, ...] = tuple(
    PARTS.index(p.replace("_left", "_x").replace("_right", "_left").replace("_x", "_right"))
    for p in PARTS
)
"""The number of each part on the other side of the body."""
