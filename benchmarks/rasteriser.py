"""How fast animals are drawn: milliseconds per stage, frames per second on one and two cores.

``python -m benchmarks.rasteriser`` draws one animal at 320 x 480 from close by, so that it covers
about a quarter of the frame. Processor time is given beside wall time: where they differ, others
work on the machine, and even the processor time is then longer than it would be alone (they share
its caches). Everything is compiled before the clock starts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

import numpy as np

from wildpose.surface.reference import load_reference
from wildpose.synth.camera import Camera, looking_at
from wildpose.synth.charted import charted
from wildpose.synth.fur import painted
from wildpose.synth.fur_patterns import random_fur
from wildpose.synth.iuv import Ground, fill_iuv, ground_of
from wildpose.synth.light import Daylight, Flash, Light, daylight, flash, shadow_of
from wildpose.synth.quadruped import quadruped
from wildpose.synth.raster import rasterise, visible_faces
from wildpose.synth.rig import Rig, posed
from wildpose.synth.shading import PosedBody, prepared, render

SIZE = (480, 320)
REPEATS = 20
FRAMES = 60


@dataclass(frozen=True)
class Setting:
    """An animal before a camera."""

    rig: Rig
    body: PosedBody
    camera: Camera
    ground: Ground
    lights: tuple[Daylight, Flash]


@lru_cache(maxsize=1)
def setting() -> Setting:
    """Our own quadruped, in a drawn fur, seen obliquely from 3 m."""
    rig = quadruped(1)
    rng = np.random.default_rng(1)
    ground = ground_of(load_reference())
    body = prepared(rig.vertices, rig.faces, painted(rig, random_fur(rig, rng)),
                    charted(rig).points, ground)
    low, high = rig.vertices.min(axis=0), rig.vertices.max(axis=0)
    middle = (low + high) / 2
    size_m = float(np.linalg.norm(high - low))
    eye = middle + size_m * np.array([1.4, 0.5, 0.9])
    camera = looking_at(eye, middle, SIZE, 820.0)
    return Setting(rig, PosedBody(body, rig.vertices, 1), camera, ground,
                   (daylight(rng, 0.2), flash(rng)))


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of CPU and of wall time, each the median of some runs."""
    work()
    cpu, wall = [], []
    for _ in range(REPEATS):
        start = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - start[0])
        wall.append(time.perf_counter() - start[1])
    return 1e3 * float(np.median(cpu)), 1e3 * float(np.median(wall))


def stages(at: Setting) -> dict[str, Callable[[], object]]:
    """What a frame consists of, and whole frames."""
    vertices, faces, camera = at.body.vertices, at.body.body.faces, at.camera
    seen = rasterise(vertices, faces, camera)
    chart = np.zeros(seen.face.shape, np.uint8)
    uv = np.zeros((*seen.face.shape, 2), np.float32)
    lookup = at.body.body.lookup
    if lookup is None:
        raise RuntimeError("the animal of this benchmark has points on the reference")
    day, night = at.lights
    return {
        "skinning": lambda: posed(at.rig, "walk", 0.3),
        "z-buffer for labels": lambda: rasterise(vertices, faces, camera),
        "z-buffer at twice the size": lambda: visible_faces(vertices, faces, camera.scaled(2)),
        "shadow buffer": lambda: shadow_of(day, camera, vertices, faces),
        "chart and (u, v)": lambda: fill_iuv(
            (seen.face, seen.barycentric), 0, lookup, at.ground, (chart, uv)),
        "whole frame by day": lambda: render([at.body], camera, day, at.ground),
        "whole frame by flash": lambda: render([at.body], camera, night, at.ground),
    }


def draw_frames(count: int) -> float:
    """Pose and draw so many frames; seconds of wall time."""
    at = setting()
    light: Light = at.lights[0]
    render([at.body], at.camera, light, at.ground)
    start = time.perf_counter()
    for number in range(count):
        vertices = posed(at.rig, "walk", number / 15)
        render([PosedBody(at.body.body, vertices, 1)], at.camera, light, at.ground)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    at = setting()
    covered = (render([at.body], at.camera, at.lights[0]).instance > 0).mean()
    print(f"{len(at.body.body.faces)} triangles, {SIZE[1]} x {SIZE[0]} pixels, "
          f"{covered:.0%} of them covered; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'stage':<28}{'CPU ms':>8}{'wall ms':>9}")
    for name, work in stages(at).items():
        cpu, wall = timed(work)
        print(f"{name:<28}{cpu:8.1f}{wall:9.1f}")
    start = time.process_time()
    seconds = draw_frames(FRAMES)
    cpu_s = time.process_time() - start
    print(f"one process: {FRAMES / seconds:.0f} frames/s; {FRAMES / cpu_s:.0f} frames per second "
          "of CPU")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        both = list(pool.map(draw_frames, (FRAMES, FRAMES)))
    print(f"two processes: {sum(FRAMES / s for s in both):.0f} frames/s")


if __name__ == "__main__":
    main()
