"""Write ``data/directions.npz``: what a camera sees of the animals that ship, from all sides.

usage: make_directions.py   (a minute or two; mapping the bodies takes most of it)
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from wildpose.surface.reference import load_reference
from wildpose.synth.camera import Camera, focal_of_view, looking_at
from wildpose.synth.cc0_animals import committed_animals, load_committed
from wildpose.synth.charted import charted
from wildpose.synth.iuv import fill_iuv, ground_of, lookup_of
from wildpose.synth.quadruped import quadruped
from wildpose.synth.raster import rasterise
from wildpose.synth.rig import posed

OUT = Path(__file__).parent / "data" / "directions.npz"
SIZE, GRID, YAWS = 192, 28, 8
KINDS = ("rat", "fox", "deer", "boar", "bear")
AHEAD = np.array([0.0, 0.0, 1.0])


def write_directions() -> None:
    """Render every body at a moment of its walk and keep one cell in seven."""
    ground = ground_of(load_reference())
    rng = np.random.default_rng(19)
    rigs = [load_committed(n) for n in committed_animals()]
    rigs += [quadruped(seed, kind) for seed, kind in enumerate(KINDS)]
    iuv, box, vector, name = [], [], [], []
    for rig in rigs:
        lookup = lookup_of(rig.faces, charted(rig).points, ground)
        for k in range(YAWS):
            vertices = posed(rig, "walk", rng.uniform(0, rig.motions["walk"].duration_s))
            camera = camera_round(vertices, 2 * math.pi * (k + rng.uniform()) / YAWS, rng)
            seen = rasterise(vertices, rig.faces, camera)
            chart = np.zeros((SIZE, SIZE), np.uint8)
            uv = np.zeros((SIZE, SIZE, 2), np.float32)
            fill_iuv((seen.face, seen.barycentric), 0, lookup, ground, (chart, uv))
            cells, region = gridded(chart, uv)
            iuv.append(cells)
            box.append(region)
            vector.append(camera.rotation @ AHEAD)
            name.append(rig.name)
    np.savez_compressed(OUT, iuv=np.array(iuv), box=np.array(box, np.int16),
                        vector=np.array(vector, np.float32), name=np.array(name))


def camera_round(vertices: np.ndarray, yaw: float, rng: np.random.Generator) -> Camera:
    """A camera some way off, level or looking down a little; at yaw 0 the animal comes toward."""
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    view = float(rng.uniform(15, 45))
    away = float(np.linalg.norm(np.ptp(vertices, axis=0))) / (2 * math.tan(math.radians(view) / 2))
    down = math.radians(rng.uniform(-5, 30))
    eye = np.array([math.sin(yaw) * math.cos(down), math.sin(down), math.cos(yaw) * math.cos(down)])
    return looking_at(middle + 1.05 * away * eye, middle, (SIZE, SIZE), focal_of_view(SIZE, view))


def gridded(chart: np.ndarray, uv: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Chart, u and v (255 is 1) of the cells of the tight box, uint8 [3, GRID, GRID]; the box."""
    rows, columns = np.nonzero(chart)
    y1, y2, x1, x2 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    middle = (np.arange(GRID) + 0.5) / GRID
    at = np.ix_((y1 + middle * (y2 - y1)).astype(int), (x1 + middle * (x2 - x1)).astype(int))
    levels = np.round(uv[at].transpose(2, 0, 1) * 255).astype(np.uint8)
    return np.concatenate([chart[at][None], levels]), [int(v) for v in (x1, y1, x2, y2)]


if __name__ == "__main__":
    write_directions()
