"""A rig whose every vertex knows its point on the reference surface: what the renderer draws.

People that stand on the vertices of the reference itself have exact points. Any other body is
mapped once (eq. 1 of Sanakoyeu et al. 2020, 3.1, see ``wildpose.surface.remap``), which takes
seconds, and is kept on disk under a name made of all that the result depends on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

import wildpose.surface
from wildpose.surface.geodesics import cache_folder
from wildpose.surface.mesh import Mesh, weld
from wildpose.surface.reference import load_reference
from wildpose.surface.surface import Surface, SurfacePoints
from wildpose.synth.rig import Rig

_WELD_SHARE = 1e-5


@dataclass(frozen=True)
class Charted:
    """A rig on the reference surface.

    Attributes
    ----------
    rig : Rig
    points : SurfacePoints, length V
        One for each vertex of the rig; face -1 where it has no place on the reference (horns,
        antlers, teeth, eyes).
    """

    rig: Rig
    points: SurfacePoints


def charted(rig: Rig, cache: Path | None = None) -> Charted:
    """Give each vertex of a rig its point on the reference.

    Parameters
    ----------
    rig : Rig
    cache : Path or None
        Folder of kept results; None is :func:`wildpose.surface.geodesics.cache_folder`.

    Returns
    -------
    Charted
    """
    surface = load_reference()
    if stands_on(rig, surface):
        return Charted(rig, vertex_points(surface))
    folder = cache or cache_folder()
    kept = folder / f"points-{_fingerprint(rig, surface)}.npz"
    if kept.is_file():
        with np.load(kept) as stored:
            return Charted(rig, SurfacePoints(stored["face"], stored["barycentric"]))
    points = _remapped(rig)
    _keep(kept, points)
    return Charted(rig, points)


def stands_on(rig: Rig, surface: Surface) -> bool:
    """Whether a rig has the triangles of a surface, so that no mapping is needed."""
    return len(rig.vertices) == len(surface.vertices) and np.array_equal(rig.faces, surface.faces)


def vertex_points(surface: Surface) -> SurfacePoints:
    """The surface's own vertices as points, each as a corner of one of its triangles."""
    face = np.full(len(surface.vertices), -1, np.int32)
    barycentric = np.zeros((len(surface.vertices), 3), np.float32)
    for corner in range(3):
        vertex = surface.faces[:, corner]
        face[vertex] = np.arange(len(surface.faces), dtype=np.int32)
        barycentric[vertex] = np.eye(3, dtype=np.float32)[corner]
    return SurfacePoints(face, barycentric)


def _remapped(rig: Rig) -> SurfacePoints:
    from wildpose.surface.remap import remap

    size = float(np.linalg.norm(np.ptp(rig.vertices, axis=0)))
    body, number = weld(Mesh.of(rig.vertices, rig.faces), _WELD_SHARE * size)
    part = np.full(len(body.vertices), -1, np.int8)
    part[number] = rig.part
    mapped = remap(body, part)
    there = rig.part >= 0
    face = np.where(there, mapped.face[number], -1).astype(np.int32)
    barycentric = np.where(there[:, None], mapped.barycentric[number], 0).astype(np.float32)
    return SurfacePoints(face, barycentric)


def _fingerprint(rig: Rig, surface: Surface) -> str:
    """Name of all that the points depend on: both meshes, the parts, and the code that maps."""
    arrays = (rig.vertices, rig.faces, rig.part, surface.vertices, surface.faces, surface.chart)
    # an installation that maps otherwise must not read the points of another one
    sources = sorted(Path(path) for folder in wildpose.surface.__path__
                     for path in Path(folder).glob("*.py"))
    parts = [a.tobytes() for a in map(np.ascontiguousarray, arrays)]
    return _digest([*parts, *(p.read_bytes() for p in sources)])


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()[:32]


def _keep(path: Path, points: SurfacePoints) -> None:
    """Write beside and rename, so that two processes never read half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, suffix=".npz", delete=False) as file:
        np.savez_compressed(file, face=points.face, barycentric=points.barycentric)
        beside = Path(file.name)
    beside.chmod(0o644)  # a temporary file is its owner's alone
    beside.replace(path)
