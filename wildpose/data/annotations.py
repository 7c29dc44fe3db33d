"""Read folders of labelled pictures (``annotations.json`` in COCO form, ``images/`` beside it).

Annotations differ in what they hold (box; box and mask; nothing because the frame is empty) and in
what was looked for (``labelled``); both are kept, so that each loss sees only what is there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose import masks
from wildpose.data.body_points import BodyPoints, DenseMap, map_name, points_of_annotation
from wildpose.data.source_rules import SourceRules, Surface, translated
from wildpose.errors import DataError, UsageError
from wildpose.formats.densepose import CHART_NUMBERS, body_mask
from wildpose.types import Array, ClassId, Rle

OUR_RULES = SourceRules()


@dataclass(frozen=True)
class LabelledImage:
    """One picture and what a person (or, in a draft, a detector) said of it.

    Attributes
    ----------
    path : Path
    image_id : int
    size : (int, int)
        Height and width in pixels.
    box_xyxy : float32 [N, 4]
    class_id : int16 [N]
    ignore : bool [N]
        Neither a hit nor a miss: crowds, uncertain boxes, animals that can't be made out.
    masks : tuple of Rle or None, length N
        None where there is no mask good enough to learn from.
    labelled : frozenset of ClassId
        The classes that were looked for; others may be in the picture without a box.
    draft : bool
        Labels come from a detector.
    annotations : tuple of dict
        The annotations as they stand in the file, but points of dense pose as arrays.
    facts : dict
        ``source``, ``site``, ``sequence``, ``species``, ``set``, ``night`` and whatever else the
        picture's entry holds.
    dense_map : DenseMap or None
        Of a rendered picture.
    surface : {"reference", "other", "smpl"}
        Whose charts (u, v) of the annotations' points lie on; those on ``other`` are not given out.
    trusted : bool
        Labels of a draft count as much as those by people, their edges too.
    """

    path: Path
    image_id: int
    size: tuple[int, int]
    box_xyxy: Array
    class_id: Array
    ignore: Array
    masks: tuple[Rle | None, ...]
    labelled: frozenset[ClassId]
    draft: bool
    annotations: tuple[dict[str, Any], ...]
    facts: dict[str, Any]
    dense_map: DenseMap | None = None
    surface: Surface = "reference"
    trusted: bool = False

    def body_points(
        self, row: int, rng: np.random.Generator | None = None
    ) -> BodyPoints | None:
        """What is known at points of the body in one row; see :meth:`body_points_of`."""
        return self.body_points_of([row], rng)[0]

    def body_points_of(
        self, rows: Iterable[int], rng: np.random.Generator | None = None
    ) -> list[BodyPoints | None]:
        """What is known at points of the bodies in some rows, in pixels of the picture.

        Parameters
        ----------
        rows : iterable of int
        rng : numpy.random.Generator, optional
            Where the picture has a dense map, points are drawn from it; without a generator, and
            for pictures without a map, they are those of the annotation.

        Returns
        -------
        list of BodyPoints or None
            None where nothing is known, and for ignored rows.

        Raises
        ------
        DataError
            The dense map can't be read or has another size than the picture.
        """
        wanted = [None if self.ignore[row] else row for row in rows]
        if self.dense_map is not None and rng is not None:
            if not any(row is not None for row in wanted):
                return [None] * len(wanted)
            return self.dense_map.draw([None if row is None else self.masks[row]
                                        for row in wanted], rng)
        found = [None if row is None else points_of_annotation(self.annotations[row])
                 for row in wanted]
        return [None if p is None else self._on_its_surface(p) for p in found]

    def _on_its_surface(self, points: BodyPoints) -> BodyPoints:
        if self.surface == "other":
            return points.without_uv()
        return replace(points, on_reference=False) if self.surface == "smpl" else points

    def read(self) -> Array:
        """The picture, uint8 RGB [H, W, 3].

        Raises
        ------
        DataError
            The file can't be read or has another size than the annotations say.
        """
        try:
            with Image.open(self.path) as picture:
                pixels = np.asarray(picture.convert("RGB"))
        except OSError as error:
            raise DataError(f"{self.path}: can't be read as a picture ({error}).",
                            "Replace the file or take it out of annotations.json.") from error
        if pixels.shape[:2] != self.size:
            raise DataError(f"{self.path}: {pixels.shape[1]}x{pixels.shape[0]} pixels, but "
                            f"annotations.json says {self.size[1]}x{self.size[0]}.")
        return pixels


def read_coco(folder: Path) -> dict[str, Any]:
    """The parsed ``annotations.json`` of a folder.

    Raises
    ------
    DataError
        There is none, or it is not COCO.
    """
    return _parsed(folder / "annotations.json")


def _parsed(
    path: Path, change: Callable[[dict[str, Any]], dict[str, Any]] | None = None
) -> dict[str, Any]:
    """A COCO file; ``change`` is applied to each object of it while it is read."""
    try:
        coco = json.loads(path.read_text("utf-8"), object_hook=change)
    except FileNotFoundError:
        raise DataError(f"{path.parent}: there is no {path.name}.",
                        "Give a folder with annotations.json (COCO) and images/.") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: can't be read as JSON ({error}).") from error
    if not isinstance(coco, dict) or not all(
        isinstance(coco.get(k), list) for k in ("images", "annotations")
    ):
        raise DataError(f"{path}: not a COCO file: there is no list `images` or `annotations`.")
    for key, rows in (("file_name", coco["images"]), ("image_id", coco["annotations"])):
        lacking = [r for r in rows if not (isinstance(r, dict) and "id" in r and key in r)]
        if lacking:
            raise DataError(f"{path}: an entry has no `id` or no `{key}`: {str(lacking[0])[:80]}.")
    return coco


def read_labelled(
    folder: Path, pictures: Path | None = None, rules: SourceRules = OUR_RULES
) -> list[LabelledImage]:
    """All pictures of a folder, in the order of its file.

    Parameters
    ----------
    folder : Path
        Holds ``annotations.json``; or a COCO file of another name.
    pictures : Path, optional
        Where the picture files are, if not in ``images`` beside it.
    rules : SourceRules
        What its categories, masks and points mean, where it is not of our own kind.

    Raises
    ------
    DataError
        As :func:`read_coco`; an annotation of a picture that is not listed; a box that is no box;
        points of the body that are not of their format; a folder of dense maps without any.
    UsageError
        Rules that don't fit the file (:func:`wildpose.data.source_rules.translated`).
    """
    file = folder if folder.suffix == ".json" else folder / "annotations.json"
    coco = _parsed(file, _packed)
    known = {i["id"] for i in coco["images"]}
    unknown = [a["image_id"] for a in coco["annotations"] if a["image_id"] not in known]
    if unknown:
        raise DataError(f"{file}: annotations of unknown pictures: {unknown[:5]}.")
    if rules != OUR_RULES:
        try:
            coco = translated(coco, rules)
        except UsageError as error:
            raise UsageError(f"{file}: {error.message}", error.remedy) from None
    of_image: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for annotation in coco["annotations"]:
        of_image[annotation["image_id"]].append(annotation)
    pictures = pictures or file.parent / "images"
    found = []
    for image in coco["images"]:
        try:
            found.append(_labelled_image(pictures, image, of_image[image["id"]]))
        except (ValueError, DataError) as error:
            said, remedy = (error.message, error.remedy) if isinstance(error, DataError) else (
                f"{error}.", "")
            raise DataError(f"{file}: picture {image['file_name']}: {said}",
                            remedy or "Correct the entry, or take the picture out.") from error
    return _with_dense_truth(found, rules)


def _with_dense_truth(images: list[LabelledImage], rules: SourceRules) -> list[LabelledImage]:
    if rules.surface != "reference":
        images = [replace(i, surface=rules.surface) for i in images]
    if rules.dense_maps is None:
        return images
    paths = [rules.dense_maps / map_name(i.facts["file_name"]) for i in images]
    if not any(path.is_file() for path in paths):
        raise DataError(f"{rules.dense_maps}: there is no dense map of any of the pictures.",
                        "Give the folder iuv/ that `wildpose synth --iuv` wrote beside them.")
    return [replace(i, dense_map=DenseMap(path, rules.points_per_body)) if path.is_file() else i
            for i, path in zip(images, paths, strict=True)]


def _labelled_image(
    pictures: Path, image: dict[str, Any], annotations: list[dict[str, Any]]
) -> LabelledImage:
    height, width = _side(image, "height"), _side(image, "width")
    labelled = image.get("labelled", ["animal", "person"])
    names = {c.name.lower(): c for c in ClassId}
    if not isinstance(labelled, list) or not set(labelled) <= set(names):
        raise ValueError(f"`labelled` is {labelled!r}, not a list of {', '.join(names)}")
    boxes = np.array([_box(a) for a in annotations], np.float32).reshape(-1, 4)
    for annotation in annotations:
        points_of_annotation(annotation)  # that a wrong one is said now, not in the middle of a run
    return LabelledImage(
        path=pictures / image["file_name"],
        image_id=int(image["id"]),
        size=(height, width),
        box_xyxy=boxes,
        class_id=np.array([_class_id(a) for a in annotations], np.int16),
        ignore=np.array([is_left_out(a) for a in annotations], bool),
        masks=tuple(_mask_to_learn(a, height, width) for a in annotations),
        labelled=frozenset(names[name] for name in labelled),
        draft=bool(image.get("draft", False)),
        annotations=tuple(annotations),
        facts={k: v for k, v in image.items() if k not in ("id", "width", "height")},
    )


def _side(image: dict[str, Any], key: str) -> int:
    side = image.get(key)
    if not isinstance(side, int | float) or side < 1:
        raise ValueError(f"`{key}` is {side!r}")
    return int(side)


def _box(annotation: dict[str, Any]) -> list[float]:
    box: Any = annotation.get("bbox")
    numbers = isinstance(box, list) and all(isinstance(v, int | float) for v in box)
    if not numbers or len(box) != 4 or not np.isfinite(box).all() or min(box[2:]) <= 0:
        raise ValueError(f"annotation {annotation['id']}: {box!r} is no box [x, y, width, height]")
    x, y, width, height = box
    return [x, y, x + width, y + height]


def _class_id(annotation: dict[str, Any]) -> int:
    category = annotation.get("category_id")
    if category not in tuple(ClassId):
        known = ", ".join(f"{c.value} {c.name.lower()}" for c in ClassId)
        raise ValueError(f"annotation {annotation['id']}: `category_id` is {category!r}, not one "
                         f"of {known}")
    return int(category)


def as_coco(images: Sequence[LabelledImage]) -> dict[str, Any]:
    """One COCO object of pictures from several folders, numbered anew.

    File names are absolute, so that the object can be written anywhere on this machine.
    """
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for new_id, image in enumerate(images, start=1):
        height, width = image.size
        entries.append({**image.facts, "id": new_id, "file_name": str(image.path.resolve()),
                        "width": width, "height": height})
        for annotation in image.annotations:
            plain = {key: _unpacked(value) for key, value in annotation.items()}
            annotations.append({**plain, "id": len(annotations) + 1, "image_id": new_id})
    categories = [{"id": int(c), "name": c.name.lower()} for c in ClassId]
    return {"images": entries, "annotations": annotations, "categories": categories}


def _packed(entry: dict[str, Any]) -> dict[str, Any]:
    """Turn points of dense pose into arrays: lists of numbers take ten times the memory.

    What is no list of numbers stays, to be refused with the picture's name.
    """
    for key in ("dp_x", "dp_y", "dp_I", "dp_U", "dp_V"):
        values = entry.get(key)
        if isinstance(values, list) and all(isinstance(v, int | float) for v in values):
            numbers = np.array(values, np.float32)
            charts = key == "dp_I" and np.isin(numbers, CHART_NUMBERS).all()
            entry[key] = numbers.astype(np.uint8) if charts else numbers
    return entry


def _unpacked(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return [round(v, 5) for v in value.tolist()]


def is_left_out(annotation: dict[str, Any]) -> bool:
    """Whether an annotation is neither to be found nor to be missed."""
    return any(annotation.get(k) for k in ("iscrowd", "uncertain", "hardly_visible"))


def _mask_to_learn(annotation: dict[str, Any], height: int, width: int) -> Rle | None:
    known = annotation.get("mask_source") in ("human", "drawn", "rendered", "predicted")
    if not known or annotation.get("mask_quality") == "poor":
        return None
    segmentation: Any = annotation.get("segmentation")
    if not segmentation and annotation.get("dp_masks"):
        return body_mask(annotation, (height, width))
    if not _is_segmentation(segmentation, height, width):
        raise ValueError(f"annotation {annotation['id']}: `segmentation` is neither polygons nor "
                         f"a run-length code of {width}x{height} pixels")
    return masks.from_coco(segmentation, height, width)


def _is_segmentation(segmentation: Any, height: int, width: int) -> bool:
    if isinstance(segmentation, dict):
        same_size = segmentation.get("size") == [height, width]
        return same_size and isinstance(segmentation.get("counts"), str | list)
    return isinstance(segmentation, list) and bool(segmentation) and all(
        isinstance(polygon, list) and len(polygon) >= 6 and len(polygon) % 2 == 0
        for polygon in segmentation
    )
