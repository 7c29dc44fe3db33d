"""Where an animal walks, and what it does when: bouts of walking, running, feeding and standing.

A body moves as far as its feet do: speed is ``stride_m`` of the motion per loop.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wildpose.synth.builds import Build, built
from wildpose.synth.rig import Motion, Rig, posed
from wildpose.types import Array

STEP_S = 1 / 60
BLEND_S = 0.3
"""How long one motion melts into the next."""
_WEIGHTS = {"walk": 0.5, "run": 0.13, "feed": 0.17, "idle": 0.2, "crouch": 0.1}


@dataclass(frozen=True)
class Bout:
    """One motion for a while.

    Attributes
    ----------
    start_s : float
        In the clip's time; may be before its start.
    motion : str
        A key of the rig's motions.
    tempo : float
        1 plays the motion as it is.
    turn_rad_s : float
        Change of heading while moving; positive turns to the animal's left.
    offset_s : float
        Where in the motion it begins.
    """

    start_s: float
    motion: str
    tempo: float
    turn_rad_s: float
    offset_s: float


@dataclass(frozen=True)
class Anchor:
    """Where a body is at one moment.

    Attributes
    ----------
    time_s : float
    x, z : float
        On the ground, metres.
    heading_rad : float
        0 looks along +z, a quarter turn along +x.
    """

    time_s: float
    x: float
    z: float
    heading_rad: float


@dataclass(frozen=True)
class Path:
    """The way of one body through a clip.

    Attributes
    ----------
    bouts : tuple of Bout
        In the order of time.
    times : float64 [T]
        Evenly spaced, seconds.
    place : float64 [T, 2]
        x and z on the ground.
    heading_rad : float64 [T]
    """

    bouts: tuple[Bout, ...]
    times: Array
    place: Array
    heading_rad: Array

    def at(self, time_s: float) -> Anchor:
        """Place and heading at a time; held before the first and after the last."""
        x, z = (float(np.interp(time_s, self.times, self.place[:, k])) for k in (0, 1))
        return Anchor(time_s, x, z, float(np.interp(time_s, self.times, self.heading_rad)))


def draw_path(
    rng: np.random.Generator, motions: Mapping[str, Motion], scale: float, anchor: Anchor,
    duration_s: float,
) -> Path:
    """Draw bouts that fill a clip, and the way that they lead past an anchor.

    Parameters
    ----------
    rng : numpy.random.Generator
    motions : mapping of str to Motion
        Of the rig; those among ``walk run feed idle crouch`` are used, or else whatever there is.
    scale : float
        Of the body: strides grow with it.
    anchor : Anchor
        Where the path must lead through; its time may lie outside the clip.
    duration_s : float

    Returns
    -------
    Path
    """
    first, last = min(0.0, anchor.time_s) - 0.5, max(duration_s, anchor.time_s) + 0.5
    bouts = _bouts(rng, motions, first, last)
    times = np.arange(first, last + STEP_S, STEP_S)
    speed, turn = _speeds(bouts, motions, scale, times)
    heading = np.cumsum(turn) * STEP_S
    heading += anchor.heading_rad - np.interp(anchor.time_s, times, heading)
    place = np.cumsum(np.stack([np.sin(heading), np.cos(heading)], 1) * speed[:, None], 0) * STEP_S
    through = [float(np.interp(anchor.time_s, times, place[:, k])) for k in (0, 1)]
    return Path(bouts, times, place + np.array([anchor.x, anchor.z]) - through, heading)


def body_at(
    rig: Rig, path: Path, scale: float, time_s: float, build: Build | None = None
) -> Array:
    """Vertices of a body on its path, in the world.

    Parameters
    ----------
    rig : Rig
    path : Path
    scale : float
    time_s : float
    build : Build, optional
        Proportions of its own.

    Returns
    -------
    float64 [V, 3]
        Metres.
    """
    number = max(0, int(np.searchsorted([b.start_s for b in path.bouts], time_s, "right")) - 1)
    vertices = _pose(rig, path.bouts[number], time_s)
    share = _melted(path.bouts[number], time_s)
    if number > 0 and share < 1:
        vertices = vertices * share + _pose(rig, path.bouts[number - 1], time_s) * (1 - share)
    if build is not None:
        vertices = built(vertices, rig, build)
    return placed_body(vertices * scale, path.at(time_s))


def standing(motion: str, offset_s: float, anchor: Anchor) -> Path:
    """A body that is caught in one moment of a motion and stays where it is."""
    bout = Bout(0.0, motion, 1.0, 0.0, offset_s)
    return Path((bout,), np.array([0.0]), np.array([[anchor.x, anchor.z]]),
                np.array([anchor.heading_rad]))


def placed_body(vertices: Array, anchor: Anchor) -> Array:
    """Put a body (x left, y up, z forward) on its place in the world, float64 [V, 3].

    Examples
    --------
    >>> placed_body(np.array([[0, 0, 1.0]]), Anchor(0, 5, 7, math.pi / 2)).round(3).tolist()
    [[6.0, 0.0, 7.0]]
    """
    cos, sin = math.cos(anchor.heading_rad), math.sin(anchor.heading_rad)
    turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    world: Array = np.asarray(vertices, np.float64) @ turn.T + [anchor.x, 0, anchor.z]
    return world


def _pose(rig: Rig, bout: Bout, time_s: float) -> Array:
    if not rig.motions:
        return posed(rig, None)
    return posed(rig, bout.motion, bout.offset_s + (time_s - bout.start_s) * bout.tempo)


def _melted(bout: Bout, time_s: float) -> float:
    """How far a bout has taken over from the one before, 0 to 1, smooth at both ends."""
    share = float(np.clip((time_s - bout.start_s) / BLEND_S, 0, 1))
    return share * share * (3 - 2 * share)


def _bouts(
    rng: np.random.Generator, motions: Mapping[str, Motion], first: float, last: float
) -> tuple[Bout, ...]:
    names = [n for n in _WEIGHTS if n in motions] or sorted(motions) or [""]
    weights = np.array([_WEIGHTS.get(n, 1.0) for n in names])
    tempo = float(rng.uniform(0.85, 1.15))
    found, start = [], first
    while start < last:
        name = str(rng.choice(names, p=weights / weights.sum()))
        duration = motions[name].duration_s if name else 1.0
        turn = float(rng.normal(0, 0.25)) if rng.random() < 0.6 else 0.0
        found.append(Bout(start, name, tempo, turn, float(rng.uniform(0, duration))))
        start += float(rng.uniform(1.5, 7.0))
    return tuple(found)


def _speeds(
    bouts: tuple[Bout, ...], motions: Mapping[str, Motion], scale: float, times: Array
) -> tuple[Array, Array]:
    """Metres and radians per second at each time, melting as the poses do."""
    own = []
    for bout in bouts:
        motion = motions.get(bout.motion)
        speed = motion.stride_m / motion.duration_s * scale * bout.tempo if motion else 0.0
        own.append((speed, bout.turn_rad_s if speed > 0 else 0.0))
    speeds, turns = np.zeros(len(times)), np.zeros(len(times))
    for k, time_s in enumerate(times):
        number = max(0, int(np.searchsorted([b.start_s for b in bouts], time_s, "right")) - 1)
        share = _melted(bouts[number], float(time_s)) if number else 1.0
        before = own[max(number - 1, 0)]
        speeds[k] = own[number][0] * share + before[0] * (1 - share)
        turns[k] = own[number][1] * share + before[1] * (1 - share)
    return speeds, turns
