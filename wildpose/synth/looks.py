"""What a camera trap does to a picture: infra-red, noise, vignette, blur, drift, an info bar."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from wildpose.synth.artefacts import Caption, captioned, vignette
from wildpose.types import Array

BAR_HEIGHT_SHARE = 0.06


@dataclass(frozen=True)
class Look:
    """How a camera sees a scene.

    Attributes
    ----------
    infrared : bool
        Grey picture, brighter in the middle of the lamp's beam.
    noise : float
        Standard deviation of the sensor's noise, grey levels of 255.
    vignette : float
        Loss of light in the corners, 0 to 1.
    blur_px : float
        Standard deviation of the lens's blur.
    drift : float
        Amplitude of the slow change of exposure, as a share.
    sway_px : float
        How far plants in the lower half of the background swing in the wind.
    shadow : float
        Darkness of the soft shadow under an animal, 0 to 1.
    bar : str
        Text burnt into a black bar at the foot; ``{clock}`` becomes running seconds. "" for none.
    """

    infrared: bool = False
    noise: float = 3.0
    vignette: float = 0.15
    blur_px: float = 0.0
    drift: float = 0.02
    sway_px: float = 0.0
    shadow: float = 0.35
    bar: str = ""


def bar_height(look: Look, height: int) -> int:
    """Rows that the information bar covers at the foot of a picture ``height`` high."""
    return Caption(look.bar, BAR_HEIGHT_SHARE).rows(height) if look.bar else 0


def swayed(background: Array, look: Look, time_s: float) -> Array:
    """Move the plants of the background as the wind does.

    Parameters
    ----------
    background : float32 [H, W, 3]
    look : Look
    time_s : float

    Returns
    -------
    float32 [H, W, 3]
    """
    if look.sway_px <= 0:
        return background
    height, width = background.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    strength = look.sway_px * np.clip(y / height - 0.25, 0, 0.5) * 2
    gust = 0.6 + 0.4 * math.sin(2 * math.pi * 0.13 * time_s + 1.0)
    moved = x + strength * gust * np.sin(2 * np.pi * 0.7 * time_s + x / 37 + y / 23)
    planes = [ndimage.map_coordinates(background[..., c], [y, moved], order=1, mode="nearest")
              for c in range(3)]
    return np.stack(planes, axis=-1)


def apply_look(image: Array, look: Look, time_s: float, noise_seed: tuple[int, int]) -> Array:
    """Turn a clean composition into what the camera would record.

    Parameters
    ----------
    image : float32 [H, W, 3]
        0 to 255.
    look : Look
    time_s : float
    noise_seed : (int, int)
        Of the scene and the frame: the same numbers give the same noise.

    Returns
    -------
    uint8 [H, W, 3]
    """
    if look.blur_px > 0:
        image = ndimage.gaussian_filter(image, (look.blur_px, look.blur_px, 0))
    if look.infrared:
        grey = image @ np.array([0.35, 0.45, 0.2], np.float32)
        image = np.repeat(grey[..., None], 3, axis=2)
    power = 1.0 if look.infrared else 1.5
    light = vignette(image.shape[0], image.shape[1], look.vignette, power)
    light = light * (1 + look.drift * math.sin(2 * math.pi * 0.11 * time_s))
    image = image * light[..., None]
    rng = np.random.default_rng(noise_seed)
    channels = 1 if look.infrared else 3
    noise = rng.normal(0, 1, (*image.shape[:2], channels)).astype(np.float32)
    noise = ndimage.gaussian_filter(noise, (0.6, 0.6, 0)) * 2.0
    recorded: Array = np.clip(image + look.noise * noise, 0, 255).round().astype(np.uint8)
    bar = Caption(look.bar, BAR_HEIGHT_SHARE) if look.bar else None
    return captioned(recorded, bar, time_s)

