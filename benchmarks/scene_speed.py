"""Frames per second of the renderer and of whole scenes: processor time, one thread.

usage: scene_speed.py [SPECIES [FRAMES]]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wildpose.synth.camera import looking_at
from wildpose.synth.cast import Sources, dressed, load_character, reference_ground
from wildpose.synth.light import daylight
from wildpose.synth.paths import Anchor, draw_path
from wildpose.synth.randomised import plan_picture
from wildpose.synth.raster import rasterise
from wildpose.synth.rig import posed
from wildpose.synth.scene import Role, SceneSettings, plan_take, take_still
from wildpose.synth.shading import PosedBody, render

SIZE = (480, 320)


def milliseconds(work: Callable[[int], object], repeats: int) -> float:
    """Median processor time of a call in milliseconds, after two calls that compile and warm up."""
    taken = []
    for index in range(repeats + 2):
        start = time.process_time()
        work(index)
        taken.append(time.process_time() - start)
    return 1000 * statistics.median(taken[2:])


def print_speed(species: str, frames: int) -> None:
    """Print what each step of a frame of 480 x 320 pixels with one animal costs."""
    rng = np.random.default_rng(0)
    character = load_character(species, rng, Sources())
    body = dressed(character, rng, Sources())
    rig = character.rig
    distance = 1.15 * character.length_m
    camera = looking_at(np.array([distance, 0.7 * character.height_m, 0]),
                        np.array([0, 0.5 * character.height_m, 0]), SIZE, 400.0)
    light, ground = daylight(rng, 0.3), reference_ground()
    motion = next(iter(rig.motions), None)
    vertices = posed(rig, motion)

    def whole(index: int) -> object:
        moved = posed(rig, motion, index / 15)
        return render([PosedBody(body, moved, 1)], camera, light, ground)

    covered = (rasterise(vertices, rig.faces, camera).face >= 0).mean()
    print(f"{species}: {len(rig.vertices)} vertices, {len(rig.faces)} triangles, "
          f"{covered:.0%} of {SIZE[0]}x{SIZE[1]} covered")
    show("triangles to pixels", milliseconds(
        lambda _: rasterise(vertices, rig.faces, camera), frames))
    show("pose, colour, shadow, chart and uv", milliseconds(whole, frames))
    settings = SceneSettings((species,), SIZE, night=0.0)
    show("place drawn (once per clip)", milliseconds(
        lambda index: plan_take(replace(settings, night=index % 2), (9, index)), 4))
    take = plan_take(settings, (1, 1))
    path = draw_path(rng, rig.motions, 1.0, Anchor(0, 0.0, 1.4 * distance + 0.5, 1.6), 4.0)
    take = replace(take, roles=(Role(character, body, 1.0, path),))
    show("whole frame with place, faults and truth", milliseconds(
        lambda index: take_still(take, (index % 4) / 15, index), frames))
    show("randomised picture, one to three bodies", milliseconds(
        lambda index: take_still(plan_picture(settings, (9, index)), 0.0), 2 * frames))


def show(what: str, cost_ms: float) -> None:
    """Print a line."""
    print(f"{what:42s} {cost_ms:7.1f} ms {1000 / cost_ms:7.1f} /s")


if __name__ == "__main__":
    given = sys.argv[1:]
    print_speed(given[0] if given else "deer", int(given[1]) if len(given) > 1 else 15)
