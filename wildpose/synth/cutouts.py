"""Animals cut out of pictures with their masks, and pictures with an animal covered up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from wildpose.types import Array, ClassId


@dataclass(frozen=True)
class Cutout:
    """One animal on a transparent ground.

    Attributes
    ----------
    rgba : uint8 [h, w, 4]
        Colours are not multiplied by alpha.
    class_id : int
        A value of :class:`wildpose.types.ClassId`.
    """

    rgba: Array
    class_id: int = int(ClassId.ANIMAL)


def cut_out(
    image: Array, mask: Array, *, feather_px: float = 1.0,
    gain_rgb: tuple[float, float, float] = (1.0, 1.0, 1.0), class_id: int = int(ClassId.ANIMAL),
) -> Cutout:
    """Cut an animal out of a picture.

    The outermost pixel of the mask is taken off, because it holds a mixture with the old
    background; the colours beyond it are those of the nearest pixel inside, so that a soft edge
    shows no halo.

    Parameters
    ----------
    image : uint8 [H, W, 3]
        RGB.
    mask : bool [H, W]
    feather_px : float
        Standard deviation of the edge's softness in pixels of ``image``.
    gain_rgb : (float, float, float)
        Factors on red, green and blue, to fit the light of a new background.
    class_id : int

    Returns
    -------
    Cutout
        Cropped to the mask and a margin.

    Raises
    ------
    ValueError
        If the mask is too thin to leave anything.
    """
    core = ndimage.binary_erosion(mask)
    if not core.any():
        raise ValueError("the mask is empty or thinner than three pixels")
    rows, columns = np.flatnonzero(core.any(axis=1)), np.flatnonzero(core.any(axis=0))
    margin = int(np.ceil(2 * feather_px)) + 1
    window = (slice(max(0, rows[0] - margin), rows[-1] + 1 + margin),
              slice(max(0, columns[0] - margin), columns[-1] + 1 + margin))
    core = core[window]
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    colour = image[window][tuple(nearest)].astype(np.float32) * np.array(gain_rgb, np.float32)
    alpha = ndimage.gaussian_filter(core.astype(np.float32), feather_px) if feather_px else core
    rgba = np.dstack([np.clip(colour, 0, 255), alpha * 255.0]).round().astype(np.uint8)
    return Cutout(rgba, class_id)


def cover_with_shifted(
    image: Array, mask: Array, shift_xy: tuple[int, int], *, feather_px: float = 6.0
) -> Array:
    """Cover a region with the part of the same picture that lies ``shift_xy`` away.

    Enough to take an animal out of a field of grass, where one part looks like another.

    Parameters
    ----------
    image : uint8 [H, W, 3]
    mask : bool [H, W]
        What to cover; it is widened so that the soft edge lies outside.
    shift_xy : (int, int)
        From a covered pixel to the pixel that replaces it.
    feather_px : float
        Softness of the edge.

    Returns
    -------
    uint8 [H, W, 3]

    Raises
    ------
    ValueError
        If the replacement would overlap what is to be covered, or lie outside the picture.
    """
    wide = ndimage.binary_dilation(mask, iterations=int(2 * feather_px) + 1)
    ys, xs = np.nonzero(wide)
    from_y, from_x = ys + shift_xy[1], xs + shift_xy[0]
    height, width = mask.shape
    inside = (from_y >= 0) & (from_y < height) & (from_x >= 0) & (from_x < width)
    if not inside.all() or mask[from_y, from_x].any():
        raise ValueError("the replacement overlaps the covered region or leaves the picture")
    patch = image.astype(np.float32)
    patch[ys, xs] = image[from_y, from_x]
    grown = ndimage.binary_dilation(mask, iterations=int(feather_px) + 1)
    weight = ndimage.gaussian_filter(grown.astype(np.float32), feather_px / 2)[..., None]
    weight = weight * wide[..., None]
    mixed: Array = (image * (1 - weight) + patch * weight).round().astype(np.uint8)
    return mixed
