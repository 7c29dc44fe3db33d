"""Noise in space, for patterns that are painted onto bodies: the same place, the same value.

Values depend on integers alone (a multiplicative hash of the cell), so that they are the same on
every machine and in every process.
"""

from __future__ import annotations

import numpy as np

from wildpose.synth.raster import Vector, compiled
from wildpose.types import Array


def solid_noise(places: Array, wavelength: float, seed: int, octaves: int = 1,
                roughness: float = 0.5) -> Array:
    """Smooth random values.

    Parameters
    ----------
    places : float [N, 3]
    wavelength : float
        Of the largest blotches, in the unit of the places.
    seed : int
    octaves : int
        Each following one has half the wavelength.
    roughness : float
        Amplitude of an octave relative to the one before.

    Returns
    -------
    float64 [N]
        Within -1 and 1, about 0.
    """
    at = np.ascontiguousarray(places, np.float64) / wavelength
    total = np.zeros(len(at))
    _add_noise(at, int(seed) & 0xFFFFFFFF, octaves, roughness, total)
    return total


def cell_distances(places: Array, cell: float, seed: int) -> tuple[Array, Array]:
    """Distance to the nearest of points strewn at random, one to a cell of a grid (Worley 1996).

    Parameters
    ----------
    places : float [N, 3]
    cell : float
        Side of a cell.
    seed : int

    Returns
    -------
    nearest : float64 [N]
        In cells.
    which : float64 [N]
        A random number in [0, 1) that belongs to the nearest point.
    """
    at = np.ascontiguousarray(places, np.float64) / cell
    nearest, which = np.full(len(at), np.inf), np.zeros(len(at))
    _fill_cells(at, int(seed) & 0xFFFFFFFF, nearest, which)
    return nearest, which


@compiled
def _hashed(i: int, j: int, k: int, seed: int) -> float:
    """A number in [0, 1) for a cell: multiply, fold the high bits down, three times."""
    h = (i * 73856093) ^ (j * 19349663) ^ (k * 83492791) ^ (seed * 2654435761)
    for _ in range(3):
        h = ((h & 0xFFFFFFFF) * 0x45D9F3B) & 0xFFFFFFFF
        h ^= h >> 16
    return h / 4294967296.0


@compiled
def _eased(t: float) -> float:
    return t * t * (3.0 - 2.0 * t)


@compiled
def _value(x: float, y: float, z: float, seed: int) -> float:
    i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    u, v, w = _eased(x - i), _eased(y - j), _eased(z - k)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                total += weight * _hashed(i + a, j + b, k + c, seed)
    return 2.0 * total - 1.0


@compiled
def _add_noise(at: Array, seed: int, octaves: int, roughness: float, total: Array) -> None:
    for n in range(len(at)):
        scale, amplitude, norm, value = 1.0, 1.0, 0.0, 0.0
        for octave in range(octaves):
            value += amplitude * _value(at[n, 0] * scale, at[n, 1] * scale, at[n, 2] * scale,
                                        seed + 7919 * octave)
            norm += amplitude
            amplitude *= roughness
            scale *= 2.0
        total[n] = value / norm


@compiled
def _point_of(i: int, j: int, k: int, seed: int) -> Vector:
    return (i + _hashed(i, j, k, seed), j + _hashed(i, j, k, seed + 1),
            k + _hashed(i, j, k, seed + 2))


@compiled
def _fill_cells(at: Array, seed: int, nearest: Array, which: Array) -> None:
    for n in range(len(at)):
        x, y, z = at[n, 0], at[n, 1], at[n, 2]
        i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
        for cell in range(27):
            a, b, c = i + cell % 3 - 1, j + cell // 3 % 3 - 1, k + cell // 9 - 1
            p = _point_of(a, b, c, seed)
            away = np.sqrt((p[0] - x) ** 2 + (p[1] - y) ** 2 + (p[2] - z) ** 2)
            if away < nearest[n]:
                nearest[n] = away
                which[n] = _hashed(a, b, c, seed + 3)
