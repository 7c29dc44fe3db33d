"""What a camera trap does to light before anybody sees the picture.

Linear radiance in, bytes out: exposure, colour cast, soft lens, blown-out light that bleeds, dark
corners, sensor noise, a sensor that pretends to have more pixels than it has, sharpening, and a
caption. What the codec does comes after that: see :class:`Recording`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from wildpose.drawing.text import font
from wildpose.synth.light import displayed
from wildpose.types import Array

_MONTHS = 12
_MAKES = ("TRAILCAM", "ScoutPro", "WILDVIEW", "HC-801", "CAM", "FOREST EYE", "")


@dataclass(frozen=True)
class Caption:
    """Text burnt into a bar.

    Attributes
    ----------
    text : str
        ``{clock}`` becomes running seconds.
    share : float
        Height of the bar as a share of the picture's.
    top : bool
        At the head instead of the foot.
    ink, paper : (int, int, int)
    """

    text: str
    share: float = 0.06
    top: bool = False
    ink: tuple[int, int, int] = (235, 235, 235)
    paper: tuple[int, int, int] = (0, 0, 0)

    def rows(self, height: int) -> int:
        """Rows that the bar covers in a picture ``height`` high."""
        return round(height * self.share)


@dataclass(frozen=True)
class Recording:
    """How a camera spoils a picture.

    Attributes
    ----------
    gain : float
        Exposure beyond what suits the scene: 1 is right, 2 is twice too bright.
    cast : (float, float, float)
        Factors on red, green and blue.
    grey : bool
    saturation : float
        1 leaves colours as they are.
    blur_px : float
        Standard deviation of the lens's blur.
    bloom : float
        How far blown-out light bleeds, 0 to 1.
    vignette : float
        Loss of light in the corners, 0 to 1.
    shot_noise, read_noise : float
        Standard deviations, in linear light at radiance 1, and in the dark.
    fewer_pixels : float
        The sensor's side as a share of the picture's: below 1 the rest is interpolated.
    sharpening : float
        Strength of the camera's unsharp mask; 0 for none.
    shutter_s : float
        How long a frame is exposed.
    drift : float
        Amplitude of the slow change of exposure in a clip, as a share.
    caption : Caption or None
    crf : int
        Of the clip's H.264; larger is worse.
    jpeg_quality : int
        Of a still.
    """

    gain: float = 1.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    grey: bool = False
    saturation: float = 1.0
    blur_px: float = 0.0
    bloom: float = 0.0
    vignette: float = 0.0
    shot_noise: float = 0.0
    read_noise: float = 0.0
    fewer_pixels: float = 1.0
    sharpening: float = 0.0
    shutter_s: float = 0.0
    drift: float = 0.0
    caption: Caption | None = None
    crf: int = 23
    jpeg_quality: int = 90


def draw_recording(rng: np.random.Generator, *, night: bool, height: int) -> Recording:
    """Draw a camera with its faults.

    Parameters
    ----------
    rng : numpy.random.Generator
    night : bool
    height : int
        Of the picture, pixels: blur is relative to it.

    Returns
    -------
    Recording
    """
    dark = 2.0 if night else 1.0
    warm = rng.normal(0, 0.06)
    return Recording(
        gain=float(np.clip(rng.lognormal(0.0, 0.3), 0.5, 2.2)),
        cast=(float(1 + warm), 1.0, float(1 - warm + rng.normal(0, 0.03))),
        grey=night, saturation=float(rng.uniform(0.55, 1.25)),
        blur_px=float(height / 480 * rng.choice([0.0, rng.uniform(0.3, 0.9),
                                                 rng.uniform(0.9, 2.2)], p=[0.3, 0.5, 0.2])),
        bloom=float(rng.uniform(0, 0.5) * (rng.random() < 0.6)),
        vignette=float(rng.uniform(0, 0.35)),
        shot_noise=float(rng.uniform(0.005, 0.04) * dark),
        read_noise=float(rng.uniform(0.0001, 0.0012) * dark),
        fewer_pixels=float(rng.choice([1.0, rng.uniform(0.45, 0.9)], p=[0.6, 0.4])),
        sharpening=float(rng.choice([0.0, rng.uniform(0.3, 1.5)])),
        shutter_s=float(rng.uniform(1 / 60, 1 / 12) if night else rng.uniform(1 / 500, 1 / 40)),
        drift=float(rng.uniform(0, 0.05)),
        caption=draw_caption(rng, night=night) if rng.random() < 0.7 else None,
        crf=int(rng.integers(20, 36)), jpeg_quality=int(rng.integers(45, 95)),
    )


def draw_caption(rng: np.random.Generator, *, night: bool) -> Caption:
    """Draw a bar with date, time, temperature and a made-up name, as cameras burn it in."""
    year, month, day = rng.integers(2009, 2026), rng.integers(1, _MONTHS + 1), rng.integers(1, 29)
    hour = (rng.integers(20, 29) % 24) if night else rng.integers(7, 18)
    minute = rng.integers(0, 60)
    order = rng.choice(["{y}-{m:02d}-{d:02d}", "{m:02d}/{d:02d}/{y}", "{d:02d}.{m:02d}.{y}"])
    date = str(order).format(y=year, m=month, d=day)
    degrees = int(rng.integers(-12, 36))
    words = [str(rng.choice(_MAKES)), date, f"{hour:02d}:{minute:02d}:{{clock}}",
             f"{degrees}°C" if rng.random() < 0.5 else "",
             f"{rng.integers(0, 9999):04d}" if rng.random() < 0.4 else ""]
    light = bool(rng.random() < 0.3)
    ink, paper = ((20, 20, 20), (238, 238, 238)) if light else ((235, 235, 235), (0, 0, 0))
    gap = " " * int(rng.integers(1, 6))
    return Caption(gap.join(w for w in words if w), float(rng.uniform(0.04, 0.08)),
                   bool(rng.random() < 0.15), ink, paper)


def record(
    radiance: Array, recording: Recording, time_s: float, seed: tuple[int, ...]
) -> Array:
    """Turn the light of a scene into what the camera stores.

    Parameters
    ----------
    radiance : float32 [H, W, 3]
        Linear, exposed so that a gain of 1 suits it.
    recording : Recording
    time_s : float
        From the clip's start: for the drift of exposure and the caption's clock.
    seed : tuple of int
        Of the frame's noise.

    Returns
    -------
    uint8 [H, W, 3]
        RGB.
    """
    height, width = radiance.shape[:2]
    drift = 1 + recording.drift * np.sin(0.7 * time_s)
    light = radiance * np.float32(recording.gain * drift) * np.asarray(recording.cast, np.float32)
    light = _bloomed(light, recording.bloom)
    if recording.blur_px > 0.2:
        light = ndimage.gaussian_filter(light, (recording.blur_px, recording.blur_px, 0))
    light = light * vignette(height, width, recording.vignette, 1.5)[..., None]
    shown = displayed(_noisy(_toned(light, recording), recording, seed))
    shown = _sharpened(_interpolated(shown, recording.fewer_pixels), recording.sharpening)
    return captioned(shown, recording.caption, time_s)


def exposure(radiance: Array, brightness: float = 0.2) -> float:
    """Find the factor that makes a scene neither too bright nor too dark.

    Cameras meter the mean of the picture, with the brightest parts cut off.

    Parameters
    ----------
    radiance : float32 [H, W, 3]
    brightness : float
        Wanted mean radiance.
    """
    mean = float(np.minimum(radiance, 1.2).mean())
    return float(np.clip(brightness / max(mean, 1e-6), 0.3, 6.0))


def vignette(height: int, width: int, strength: float, power: float) -> Array:
    """Light left at each pixel, float32 [height, width]: 1 in the middle, less in the corners.

    Examples
    --------
    >>> (10 * vignette(3, 3, 0.4, 1.5)[0]).round().tolist()
    [6.0, 9.0, 6.0]
    """
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    light: Array = 1 - strength * np.clip((x**2 + y**2) / 2, 0, 1) ** power
    return light


def captioned(image: Array, caption: Caption | None, time_s: float) -> Array:
    """Burn a bar with text into a picture, uint8 [H, W, 3]; None leaves it as it is."""
    height, width = image.shape[:2]
    rows = caption.rows(height) if caption is not None else 0
    if caption is None or rows == 0:
        return image
    bar = Image.new("RGB", (width, rows), caption.paper)
    used = font(max(1, round(rows * 0.68)))
    text = caption.text.replace("{clock}", f"{int(time_s):02d}")
    left, top, right, bottom = used.getbbox(text)
    ImageDraw.Draw(bar).text(((width - right + left) / 2, (rows - bottom - top) / 2), text,
                             font=used, fill=caption.ink)
    if caption.top:
        return np.concatenate([np.asarray(bar), image[rows:]])
    return np.concatenate([image[: height - rows], np.asarray(bar)])


def caption_mask(caption: Caption | None, height: int, width: int) -> Array:
    """Pixels that a caption hides, bool [height, width]."""
    hidden = np.zeros((height, width), bool)
    if caption is not None:
        rows = caption.rows(height)
        hidden[: rows if caption.top else 0] = True
        hidden[height if caption.top else height - rows :] = True
    return hidden


def smeared(layer: Array, way_px: tuple[float, float]) -> Array:
    """Blur along a straight way: what moves while the shutter is open.

    Parameters
    ----------
    layer : float32 [H, W, C]
        Nothing (0) outside what moves.
    way_px : (float, float)
        x and y that it moves while the shutter is open.

    Returns
    -------
    float32 [H, W, C]
        The layer itself where the way is shorter than a pixel.
    """
    length = float(np.hypot(*way_px))
    if length < 1.0:
        return layer
    taps = int(min(np.ceil(length), 16)) + 1
    total = np.zeros_like(layer)
    for share in np.linspace(-0.5, 0.5, taps):
        total += _shifted(layer, round(way_px[0] * share), round(way_px[1] * share))
    mean: Array = total / np.float32(taps)
    return mean


def _shifted(layer: Array, dx: int, dy: int) -> Array:
    height, width = layer.shape[:2]
    moved = np.zeros_like(layer)
    if abs(dx) >= width or abs(dy) >= height:
        return moved
    to_y, from_y = slice(max(dy, 0), height + min(dy, 0)), slice(max(-dy, 0), height - max(dy, 0))
    to_x, from_x = slice(max(dx, 0), width + min(dx, 0)), slice(max(-dx, 0), width - max(dx, 0))
    moved[to_y, to_x] = layer[from_y, from_x]
    return moved


def _bloomed(light: Array, strength: float) -> Array:
    excess = np.clip(light - 1.0, 0, 6)
    if strength <= 0 or not excess.any():
        return light
    spread = max(2, light.shape[0] // 40)
    small = ndimage.zoom(excess, (0.25, 0.25, 1), order=1)
    glow = ndimage.gaussian_filter(small, (spread / 4, spread / 4, 0))
    factors = (light.shape[0] / glow.shape[0], light.shape[1] / glow.shape[1], 1)
    large = ndimage.zoom(glow, factors, order=1)[: light.shape[0], : light.shape[1]]
    glowing: Array = light + np.float32(strength) * large
    return glowing


def _toned(light: Array, recording: Recording) -> Array:
    grey = (light @ np.array([0.35, 0.45, 0.2], np.float32))[..., None]
    if recording.grey:
        return np.repeat(grey, 3, axis=2)
    toned: Array = np.maximum(grey + (light - grey) * np.float32(recording.saturation), 0)
    return toned


def _noisy(light: Array, recording: Recording, seed: tuple[int, ...]) -> Array:
    if recording.shot_noise <= 0 and recording.read_noise <= 0:
        return light
    rng = np.random.default_rng(seed)
    channels = 1 if recording.grey else 3
    grain = rng.standard_normal((*light.shape[:2], channels), dtype=np.float32)
    spread = np.sqrt(recording.shot_noise**2 * light + recording.read_noise**2)
    return np.maximum(light + grain * spread.astype(np.float32), 0)


def _interpolated(image: Array, share: float) -> Array:
    if share >= 1:
        return image
    picture = Image.fromarray(image)
    small = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    few = picture.resize(small, Image.Resampling.BILINEAR)
    return np.asarray(few.resize(picture.size, Image.Resampling.BICUBIC))


def _sharpened(image: Array, strength: float) -> Array:
    if strength <= 0:
        return image
    levels = image.astype(np.float32)
    soft = ndimage.uniform_filter(levels, (3, 3, 1))
    sharp: Array = np.clip(levels + strength * (levels - soft), 0, 255).astype(np.uint8)
    return sharp
