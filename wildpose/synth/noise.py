"""Noise with a memory: the same place gives the same value, whatever the camera sees of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from wildpose.types import Array

_LATTICE = 128


@dataclass(frozen=True)
class Noise:
    """Fractal value noise over a plane.

    Attributes
    ----------
    lattices : float32 [O, 128, 128]
        One table of random values for each octave, repeated endlessly.
    wavelength : float
        Of the first octave; each following one has half of it.
    roughness : float
        Amplitude of an octave relative to the one before.
    """

    lattices: Array
    wavelength: float
    roughness: float

    def at(self, x: Array, y: Array, footprint: Array | float = 0.0) -> Array:
        """Sample the noise.

        Parameters
        ----------
        x, y : float arrays of one shape
            Places, in the unit of ``wavelength``.
        footprint : float or array
            Side of the area that a sample stands for: waves shorter than twice that are left out,
            which keeps far ground from flickering.

        Returns
        -------
        float32 array
            About 0, standard deviation about 1 where all octaves count.
        """
        total = np.zeros(np.shape(x), np.float32)
        norm = 0.0
        for octave, lattice in enumerate(self.lattices):
            wave = self.wavelength / 2**octave
            amplitude = self.roughness**octave
            norm += amplitude**2
            seen = np.clip(wave / np.maximum(2 * np.asarray(footprint), 1e-9) - 0.5, 0, 1)
            places = np.stack([y, x]) / wave
            value = ndimage.map_coordinates(lattice, places, order=1, mode="grid-wrap")
            total += (amplitude * seen * value).astype(np.float32)
        scaled: Array = total / np.float32(np.sqrt(norm))
        return scaled


def fractal_noise(
    rng: np.random.Generator, wavelength: float, octaves: int = 5, roughness: float = 0.6
) -> Noise:
    """Draw a noise.

    Parameters
    ----------
    rng : numpy.random.Generator
    wavelength : float
        Of the largest blotches.
    octaves : int
    roughness : float
        0 to 1: how strong the fine detail is.

    Returns
    -------
    Noise
    """
    tables = rng.normal(0, 1, (octaves, _LATTICE, _LATTICE)).astype(np.float32)
    smooth = ndimage.gaussian_filter(tables, (0, 0.6, 0.6), mode="wrap")
    return Noise(smooth / smooth.std(axis=(1, 2), keepdims=True), wavelength, roughness)
