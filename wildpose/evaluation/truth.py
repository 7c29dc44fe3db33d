"""What counts as truth: which boxes, masks and pictures are asked, and which are left out.

Every metric of this package takes its rules from here, so that "left out" means one thing:
neither a hit nor a miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wildpose.masks import from_coco, from_polygons

Annotation = Mapping[str, Any]
"""One object of a COCO file, with the keys of our data sets beside COCO's own."""

Image = Mapping[str, Any]
"""One picture of a COCO file: ``id``, ``width``, ``height`` and what is known of it."""


def is_scored(image: Image) -> bool:
    """Whether a picture is scored at all: it is neither ``ignore`` nor ``low_resolution``."""
    return not image.get("ignore") and not image.get("low_resolution")


def is_labelled(image: Image, name: str) -> bool:
    """Whether the class ``name`` ("animal" or "person") was labelled in the picture.

    Where ``labelled`` does not name a class, objects of it may stand in the picture without a
    box, so that a detection of it can't be called false.
    """
    return name in image.get("labelled", ("animal", "person"))


def is_left_out(annotation: Annotation) -> bool:
    """Whether a box is neither a hit nor a miss: a crowd, uncertain, or hardly visible."""
    return any(annotation.get(key) for key in ("iscrowd", "uncertain", "hardly_visible"))


def has_mask(annotation: Annotation) -> bool:
    """Whether the annotation has a mask that is good enough to be held against."""
    source, quality = annotation.get("mask_source"), annotation.get("mask_quality")
    return source in ("human", "drawn") and quality != "poor"


def is_small(annotation: Annotation, image: Image) -> bool:
    """Whether the longer side of the box is below a tenth of the longer side of the picture."""
    longer_side = max(image["width"], image["height"])
    return bool(max(annotation["bbox"][2:]) < 0.1 * longer_side)


def box_truth(annotation: Annotation, *, left_out: bool) -> dict[str, Any]:
    """Write the annotation as pycocotools scores boxes; one that is left out becomes a crowd.

    Parameters
    ----------
    annotation : Annotation
    left_out : bool
        Whether it is neither a hit nor a miss here.

    Returns
    -------
    dict
        A COCO annotation; its ``area`` is that of the box.
    """
    box = annotation["bbox"]
    return {
        "id": annotation["id"],
        "image_id": annotation["image_id"],
        "category_id": annotation["category_id"],
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": int(left_out),
    }


def mask_truth(annotation: Annotation, image: Image, source: str | None) -> dict[str, Any]:
    """Write the annotation as pycocotools scores masks.

    An animal without a usable mask is left out by its whole box: a detected mask that lies in it
    is neither a hit nor false.

    Parameters
    ----------
    annotation : Annotation
    image : Image
        The picture that the annotation belongs to.
    source : {"human", "drawn"} or None
        Take only masks of this ``mask_source``; None for both.

    Returns
    -------
    dict
        A COCO annotation with a compressed RLE.
    """
    usable = has_mask(annotation) and source in (None, annotation.get("mask_source"))
    height, width = image["height"], image["width"]
    if usable:
        rle = from_coco(annotation["segmentation"], height, width)
    else:
        x, y, w, h = annotation["bbox"]
        rle = from_polygons([[x, y, x + w, y, x + w, y + h, x, y + h]], height, width)
    plain = box_truth(annotation, left_out=is_left_out(annotation) or not usable)
    return {**plain, "segmentation": rle}
