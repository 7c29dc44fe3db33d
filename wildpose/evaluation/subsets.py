"""The subsets of pictures that every figure is given for."""

from __future__ import annotations

from wildpose.evaluation.truth import Image

SUBSETS = (
    "all",
    "day",
    "night",
    "camera_trap",
    "camera_trap_day",
    "camera_trap_night",
    "camera_trap_not_deer",
    "small",
)
"""Names of the subsets, in the order of the report.

``small`` holds every picture, and only boxes below a tenth of it.
"""

DEER_SOURCE = "cxldeer"
"""The one large set of pictures of one species, which would hide the others."""


def is_camera_trap(image: Image) -> bool:
    """Whether a camera trap took the picture."""
    return image.get("set") == "camera_trap" or image.get("camera_trap") is True


def subset_names(image: Image) -> frozenset[str]:
    """Name the subsets that a picture belongs to.

    Parameters
    ----------
    image : Image
        ``night`` true or false; a picture where it is null or missing is in neither day nor
        night. ``set`` or ``camera_trap`` say whether a camera trap took it.

    Returns
    -------
    frozenset of str
        Values of :data:`SUBSETS`.

    Examples
    --------
    >>> sorted(subset_names({"set": "photo", "night": False}))
    ['all', 'day', 'small']
    """
    names = {"all", "small"}
    night = image.get("night")
    time = None if night is None else ("night" if night else "day")
    if time:
        names.add(time)
    if is_camera_trap(image):
        names.add("camera_trap")
        if time:
            names.add(f"camera_trap_{time}")
        if image.get("source") != DEER_SOURCE:
            names.add("camera_trap_not_deer")
    return frozenset(names)
