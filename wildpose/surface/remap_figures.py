"""How good a map from an animal to the reference is: figures as pure functions.

All look at the finely divided mesh of a :class:`~wildpose.surface.remap.Remapping`. Vertices
without a point count in none of them but ``no_point``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from wildpose.surface.descriptors import GeodesicSolver
from wildpose.surface.limbs import CHAINS, SIDES, limb_parts
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import PartedBody, mirror_vertices, parted_body
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.surface.points import positions
from wildpose.surface.reference import ReferenceBody
from wildpose.surface.remap import Remapping
from wildpose.surface.sampling import sample_points
from wildpose.surface.surface import SurfacePoints
from wildpose.types import Array

JUMP = 0.05
"""An edge jumps where its ends lie further apart than this share of the reference's diagonal."""
COVERED_M = 0.03
"""A place of the reference is covered where a mapped point lies within this distance."""
_PLACES = 4000


@dataclass(frozen=True)
class RemapFigures:
    """Figures of one map; shares in [0, 1], None where there is nothing to measure.

    Attributes
    ----------
    jumps : float
        Share of the animal's mesh edges whose ends land more than 5 % of the reference's
        diagonal apart.
    left_right : float
        Share of the area of paired parts that lands on its own side of the reference.
    part_agreement : float
        Share of the area that lands in the same part.
    covered : float
        Share of the reference's area with a mapped point within 3 cm.
    limb_spearman : float or None
        Lowest of the four limbs: rank correlation of the geodesic distance from the head, on the
        animal and on the reference.
    mirror_error : float or None
        Mean distance between a vertex's place and the mirrored place of its mirror vertex, as a
        share of the reference's diagonal.
    tail_home : float or None
        Share of the tail that lands on coccyx, loin, rump or groin.
    no_point : float
        Share of the area without a point.
    charts : int
        How many of the 24 charts at least one face's centre lands in.
    """

    jumps: float
    left_right: float
    part_agreement: float
    covered: float
    limb_spearman: float | None
    mirror_error: float | None
    tail_home: float | None
    no_point: float
    charts: int

    def as_dict(self) -> dict[str, float | int | None]:
        """The figures by their names, for JSON."""
        return asdict(self)


def remap_figures(remapped: Remapping, reference: ReferenceBody) -> RemapFigures:
    """Measure a map.

    Parameters
    ----------
    remapped : Remapping
    reference : ReferenceBody
        That it maps to.

    Returns
    -------
    RemapFigures
    """
    body, points = remapped.body, remapped.points
    place = positions(reference.surface, points)
    landed = landed_part(reference, points)
    return RemapFigures(
        jumps=jump_share(body, place, _diagonal(reference)),
        left_right=_left_right(body, place),
        part_agreement=_share(landed == body.part, body, points.face >= 0),
        covered=covered_share(body, place, reference),
        limb_spearman=_lowest_spearman(body, points, reference),
        mirror_error=_mirror_error(body, place, _diagonal(reference)),
        tail_home=_tail_home(body, landed),
        no_point=1 - _share(points.face >= 0, body, np.ones(len(points), bool)),
        charts=len(charts_present(body, place, reference)),
    )


def landed_part(reference: ReferenceBody, points: SurfacePoints) -> Array:
    """Part of the reference at the nearest corner of each point, int8 [N]; -1: no point."""
    corner = np.argmax(points.barycentric, axis=1)
    vertex = reference.surface.faces[points.face, corner]
    return np.where(points.face < 0, -1, reference.part[vertex]).astype(np.int8)


def jump_share(body: PartedBody, place: Array, diagonal: float) -> float:
    """Share of edges whose ends land more than ``JUMP`` of the diagonal apart.

    Parameters
    ----------
    body : PartedBody
    place : float64 [V, 3]
        Where its vertices land; NaN for no point.
    diagonal : float
        Of the reference.
    """
    first, second = body.edges.T
    length = np.linalg.norm(place[first] - place[second], axis=1)
    length = length[np.isfinite(length)]
    return float((length > JUMP * diagonal).mean()) if len(length) else 0.0


def covered_share(body: PartedBody, place: Array, reference: ReferenceBody) -> float:
    """Share of the reference's area that has a mapped point near it, by places even in area."""
    from scipy.spatial import cKDTree

    wanted = positions(reference.surface,
                       sample_points(reference.surface, _PLACES, np.random.default_rng(0)))
    middles = place[body.mesh.faces].mean(1)
    mapped = np.concatenate([place, middles])
    mapped = mapped[np.isfinite(mapped).all(1)]
    if not len(mapped):
        return 0.0
    distance, _ = cKDTree(mapped).query(wanted)
    return float((distance <= COVERED_M).mean())


def charts_present(body: PartedBody, place: Array, reference: ReferenceBody) -> set[int]:
    """Charts that the centres of the animal's faces land in."""
    from wildpose.surface.points import nearest_points

    middles = place[body.mesh.faces].mean(1)
    landed = nearest_points(reference.surface, middles[np.isfinite(middles).all(1)])
    return {int(chart) for chart in np.unique(reference.surface.chart[landed.face])}


def _left_right(body: PartedBody, place: Array) -> float:
    paired = np.array([MIRROR[n] != n for n in range(len(PARTS))])
    left = np.array([name.endswith("_left") for name in PARTS])
    counted = (body.part >= 0) & paired[body.part] & np.isfinite(place[:, 0])
    return _share((place[:, 0] > 0) == left[body.part], body, counted)


def _lowest_spearman(
    body: PartedBody, points: SurfacePoints, reference: ReferenceBody
) -> float | None:
    from scipy.stats import spearmanr

    whole = parted_body(Mesh.of(reference.surface.vertices, reference.surface.faces),
                        reference.part, least_vertices=1)
    ours, theirs = (_from_head(b) for b in (body, whole))
    if ours is None or theirs is None:
        return None
    target = positions(reference.surface, points, theirs[:, None])[:, 0]
    found = []
    for chain in CHAINS:
        for side in SIDES:
            own = np.isin(body.part, limb_parts(chain, side)) & np.isfinite(target)
            if own.sum() > len(chain) and np.ptp(target[own]) > 0:
                found.append(float(spearmanr(ours[own], target[own]).statistic))
    return min(found) if found else None


def _from_head(body: PartedBody) -> Array | None:
    crown = np.flatnonzero(body.part == PARTS.index("crown"))
    return GeodesicSolver(body).to_vertices(crown) if len(crown) else None


def _mirror_error(body: PartedBody, place: Array, diagonal: float) -> float | None:
    other = mirror_vertices(body)
    both = (other >= 0) & np.isfinite(place[:, 0]) & np.isfinite(place[other, 0])
    if not both.any():
        return None
    apart = np.linalg.norm(place[both] - place[other[both]] * (-1, 1, 1), axis=1)
    return float(apart.mean() / diagonal)


def _tail_home(body: PartedBody, landed: Array) -> float | None:
    home = [PARTS.index(name) for name in
            ("tail", "loin", "groin", "rump_left", "rump_right")]
    tail = (body.part == PARTS.index("tail")) & (landed >= 0)
    return _share(np.isin(landed, home), body, tail) if tail.any() else None


def _share(good: Array, body: PartedBody, counted: Array) -> float:
    total = float(body.area[counted].sum())
    return float(body.area[good & counted].sum()) / total if total > 0 else 0.0


def _diagonal(reference: ReferenceBody) -> float:
    return float(np.linalg.norm(np.ptp(reference.surface.vertices, axis=0)))
