"""Which categories of a COCO file are animals, which people, and whose masks are learnt from.

Published files (COCO 2017 instances, DensePose-COCO) have categories of their own and don't say
where a mask is from. :func:`translated` turns them into files of our own kind, so that all that
follows sees one kind. Which classes to learn from together, and whether to fuse them into one, is
the question of Sanakoyeu et al. 2020, section 3.4 and table 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from wildpose.errors import UsageError
from wildpose.formats.coco import coco_categories
from wildpose.types import ClassId

ANIMALS = "animals"
COCO_ANIMALS = ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra",
                "giraffe")
"""The categories of COCO that ``animals`` stands for."""

Surface = Literal["reference", "other", "smpl"]
"""Whose charts u and v are coordinates on."""

Category = str | int
"""A category's name or id in its file, or ``animals``."""

_Row = dict[str, Any]


@dataclass(frozen=True)
class SourceRules:
    """How a folder's labels are to be understood; by default as our own data says.

    Attributes
    ----------
    animal, person : tuple of str or int
        Categories, by name or id, that become this class; ``animals`` stands for the animals of
        COCO that are not named otherwise. Class-agnostic training names all of them under
        ``animal``. A class without categories counts as not looked for, so that nothing is learnt
        of it. Both empty: categories 1 and 2, as in our data.
    ignored : tuple of str or int
        Categories whose boxes are neither hits nor misses. What is in no list is background.
    empty : {"keep", "drop"}
        What to do with pictures in which nothing of ``animal`` and ``person`` is labelled.
    masks : {"stated", "annotated"}
        Learn from masks whose ``mask_source`` is stated, or take each ``segmentation`` (or, without
        one, the parts of DensePose) without such a key as drawn by a person.
    surface : {"reference", "other", "smpl"}
        Whose charts ``dp_U`` and ``dp_V`` are coordinates on. Those of another body mean other
        places: charts are then learnt from, coordinates not. ``smpl`` is the body of the published
        files and networks; a network of that kind learns its coordinates as they are, but in
        mirrored pictures, for which they would have to be looked up in a table.
    dense_maps : Path or None
        Folder of the dense maps of rendered pictures.
    points_per_body : int
        How many points to draw from a dense map for each body.
    """

    animal: tuple[Category, ...] = ()
    person: tuple[Category, ...] = ()
    ignored: tuple[Category, ...] = ()
    empty: Literal["keep", "drop"] = "keep"
    masks: Literal["stated", "annotated"] = "stated"
    surface: Surface = "reference"
    dense_maps: Path | None = None
    points_per_body: int = 400


def translated(coco: Mapping[str, Any], rules: SourceRules) -> dict[str, Any]:
    """A COCO object whose categories, masks and ``labelled`` are as in our data.

    Parameters
    ----------
    coco : mapping
        ``images``, ``annotations`` and ``categories``.
    rules : SourceRules

    Returns
    -------
    dict
        Annotations keep all else that they hold. Those of categories that are not wanted are left
        out, and those whose box has no area: the published files hold a few.

    Raises
    ------
    UsageError
        A category that the file lacks, or that stands in two lists.
    """
    if not (rules.animal or rules.person):
        if rules.ignored:
            raise UsageError("`ignored` is given without `animal` or `person`.",
                             "Say which categories to learn from.")
        images, annotations = coco["images"], coco["annotations"]
    else:
        images, annotations = _with_our_classes(coco, rules)
    if rules.masks == "annotated":
        annotations = [_with_mask_source(a) for a in annotations]
    if rules.empty == "drop":
        found = {a["image_id"] for a in annotations if not a.get("uncertain")}
        images = [i for i in images if i["id"] in found]
        annotations = [a for a in annotations if a["image_id"] in found]
    return {**coco, "images": images, "annotations": annotations, "categories": coco_categories()}


def _with_mask_source(annotation: _Row) -> _Row:
    drawn = annotation.get("segmentation") or annotation.get("dp_masks")
    return {"mask_source": "human", **annotation} if drawn else annotation


def _with_our_classes(
    coco: Mapping[str, Any], rules: SourceRules
) -> tuple[list[_Row], list[_Row]]:
    names, ids = _names_of(coco), _ids_of(coco, rules)
    class_of = {i: ClassId.PERSON if key == "person" else ClassId.ANIMAL
                for key, members in ids.items() for i in members}
    images = [{**i, "labelled": _looked_for(i, names, ids)} for i in coco["images"]]
    annotations = []
    for one in coco["annotations"]:
        category = one.get("category_id")
        if category not in class_of or _without_area(one):
            continue
        changed = {**one, "category_id": int(class_of[category])}
        if category in ids["ignored"]:
            changed["uncertain"] = True
        annotations.append(changed)
    return images, annotations


def _ids_of(coco: Mapping[str, Any], rules: SourceRules) -> dict[str, set[int]]:
    """Category ids of each list of the rules; a category named itself leaves ``animals``."""
    names = _names_of(coco)
    lists = {"animal": rules.animal, "person": rules.person, "ignored": rules.ignored}
    found = {key: {_id_of(c, names) for c in given if c != ANIMALS}
             for key, given in lists.items()}
    named: set[int] = set()
    for members in found.values():
        if named & members:
            twice = ", ".join(names[i] for i in sorted(named & members))
            raise UsageError(f"Category {twice} stands in two lists of one source.",
                             "Name it under one of `animal`, `person` and `ignored`.")
        named |= members
    holders = [key for key, given in lists.items() if ANIMALS in given]
    if len(holders) > 1:
        raise UsageError(f"`{ANIMALS}` stands in two lists of one source.",
                         "Name it under one of `animal`, `person` and `ignored`.")
    for key in holders:
        group = {i for i, name in names.items() if name in COCO_ANIMALS}
        if not group:
            raise UsageError(f"`{ANIMALS}`: the file has none of COCO's animals.",
                             f"Its categories: {_listed(names)}.")
        found[key] |= group - named
    return found


def _names_of(coco: Mapping[str, Any]) -> dict[int, str]:
    listed = coco.get("categories")
    rows: Sequence[Any] = listed if isinstance(listed, list) else []
    return {row["id"]: str(row["name"]) for row in rows
            if isinstance(row, dict) and isinstance(row.get("id"), int) and "name" in row}


def _id_of(category: Category, names: Mapping[int, str]) -> int:
    matching = [i for i, name in names.items() if category in (i, name)]
    if not matching:
        raise UsageError(f"The file has no category {category!r}.",
                         f"Its categories: {_listed(names)}.")
    return matching[0]


def _listed(names: Mapping[int, str]) -> str:
    return ", ".join(f"{i} {name}" for i, name in names.items()) or "none are listed"


def _looked_for(
    image: Mapping[str, Any], names: Mapping[int, str], ids: Mapping[str, set[int]]
) -> list[str]:
    """The classes of which all categories were looked for in a picture."""
    there = set(image.get("labelled", names.values()))
    return [key for key in ("animal", "person")
            if ids[key] and {names[i] for i in ids[key]} <= there]


def _without_area(annotation: Mapping[str, Any]) -> bool:
    box = annotation.get("bbox")
    sides = box[2:] if isinstance(box, list) and len(box) == 4 else []
    return any(isinstance(side, int | float) and side <= 0 for side in sides)
