"""Fill in dense pose between the sparse points of annotators.

Güler et al. 2018, 3.4: a teacher learns the annotated points on bodies whose background is a plain
grey, which is easier than the task itself; it then answers for all pixels of the same bodies, and
its answers are what another network learns from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wildpose import masks
from wildpose.data.annotations import LabelledImage
from wildpose.data.augment import PADDING
from wildpose.errors import UsageError
from wildpose.formats.densepose import dense_pose_fields
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.training.recipe import read_recipe, resolve
from wildpose.training.sources import labelled_pictures
from wildpose.types import Array, DensePose, Rle

POINTS_PER_PART = 28
"""Drawn from the filled-in map for each of the 14 parts."""
SOURCE = "inpainted"
"""``dp_source`` of a body whose points were filled in."""


def inpaint(
    model: str, recipe_path: Path, out: Path, *, device: str = "cpu",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, dict[str, int]]:
    """Write annotations anew, with a teacher's points on every body that has a mask.

    Parameters
    ----------
    model : str
        The teacher: a model folder or a shipped name.
    recipe_path : Path
        The recipe that it was trained with; its sources with ``bodies_alone`` are filled in.
    out : Path
        Folder; ``NAME.json`` in it for each source. The pictures stay where they are, the
        annotators' points in their own file: the teacher has learnt them.
    device : str
    progress : callable
        Called with the pictures done and their number.

    Returns
    -------
    dict
        ``pictures``, ``bodies`` and ``filled`` of each source. A body of which the teacher finds
        no part keeps the points that it has.

    Raises
    ------
    UsageError
        No such source, a file that is there already, a folder that can't be written.
    DataError, ModelError
        Labels or pictures that can't be read; a model without dense pose.
    """
    recipe = read_recipe(recipe_path)
    parts = [s for s in recipe.sources if s.bodies_alone]
    if not parts:
        raise UsageError(f"{recipe_path}: no source has `bodies_alone: true`.",
                         "Give the recipe that the teacher was trained with.")
    files = {part.name: out / f"{part.name.replace(' ', '-')}.json" for part in parts}
    for file in files.values():
        if file.exists():
            raise UsageError(f"{file} is there already.", "Choose another --out, or remove it.")
    predictor = load_predictor(model, device=device)
    sources = {p.name: labelled_pictures(p, recipe_path.parent) for p in parts}
    total, done = sum(map(len, sources.values())), 0
    found = {}
    for part in parts:
        filled: dict[int, Mapping[str, Any]] = {}
        bodies = 0
        for image in sources[part.name]:
            rows = [i for i, m in enumerate(image.masks) if m is not None and not image.ignore[i]]
            bodies += len(rows)
            filled |= _fields_of(predictor, image, rows)
            done += 1
            progress(done, total)
        _write(resolve(part.folder, recipe_path.parent), filled, files[part.name])
        found[part.name] = {"pictures": len(sources[part.name]), "bodies": bodies,
                            "filled": len(filled)}
    return found


def _write(original: Path, filled: Mapping[int, Mapping[str, Any]], file: Path) -> None:
    """The original's content with other points, in one go: half a file is none."""
    annotations = original if original.is_file() else original / "annotations.json"
    content = json.loads(annotations.read_text("utf-8"))
    for annotation in content["annotations"]:
        annotation.update(filled.get(annotation["id"], {}))
    beside = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(content), "utf-8")
        beside.replace(file)
    except OSError as error:
        raise UsageError(f"{file}: can't be written ({error.strerror}).",
                         "Choose another --out.") from error


def _fields_of(
    predictor: Predictor, image: LabelledImage, rows: list[int]
) -> dict[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    if not rows:
        return found
    pixels = image.read()
    for row in rows:
        body = masks.decode(_mask(image, row))
        alone = np.where(body[..., None], pixels, np.uint8(PADDING))
        pose = predictor.dense_pose(alone, image.box_xyxy[[row]])[0]
        chart, uv = painted(pose, body)
        rng = np.random.default_rng(int(image.annotations[row]["id"]))
        fields = dense_pose_fields(chart, uv, image.box_xyxy[row], rng,
                                   points_per_part=POINTS_PER_PART)
        if fields:
            found[image.annotations[row]["id"]] = {**fields, "dp_source": SOURCE}
    return found


def _mask(image: LabelledImage, row: int) -> Rle:
    mask = image.masks[row]
    if mask is None:
        raise ValueError(f"row {row} has no mask")
    return mask


def painted(pose: DensePose, body: Array) -> tuple[Array, Array]:
    """Lay a dense pose over a picture; what lies outside the body is left out.

    Parameters
    ----------
    pose : DensePose
    body : bool [H, W]

    Returns
    -------
    chart : uint8 [H, W]
        0 outside the body and where the dense pose says so.
    uv : float32 [H, W, 2]
    """
    chart = np.zeros(body.shape, np.uint8)
    uv = np.zeros((*body.shape, 2), np.float32)
    row, column = np.nonzero(body)
    cell_row, cell_column, inside = pose.cells_at(np.stack([column, row], 1) + 0.5)
    chart[row, column] = np.where(inside, pose.chart[cell_row, cell_column], 0)
    uv[row, column] = pose.uv[:, cell_row, cell_column].T
    return chart, uv
