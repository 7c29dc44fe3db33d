"""DensePose-COCO fields: written, read back, read by others, mirrored."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from wildpose.errors import DataError
from wildpose.formats.coco import coco_annotation, coco_object, write_json
from wildpose.formats.densepose import (
    dense_pose_fields,
    mirrored_fields,
    read_part_map,
    read_points,
)
from wildpose.masks import box_of_mask, decode, encode
from wildpose.surface.reference import load_reference

PUBLISHED_PARTS = {1: (1, 2), 2: (3,), 3: (4,), 4: (5,), 5: (6,), 6: (7, 9), 7: (8, 10),
                   8: (11, 13), 9: (12, 14), 10: (15, 17), 11: (16, 18), 12: (19, 21),
                   13: (20, 22), 14: (23, 24)}
"""Coarse parts and their charts, as the format's documents list them."""


def body(height=60, width=80):
    """A made-up body: bands of charts 2, 23, 19 and 5 in an ellipse."""
    y, x = np.mgrid[0:height, 0:width]
    inside = ((x - 42) / 30) ** 2 + ((y - 31) / 22) ** 2 < 1
    bands = np.array([2, 23, 19, 5])[np.clip(x // 20, 0, 3)]
    chart = np.where(inside, bands, 0).astype(np.uint8)
    uv = np.stack([x / width, y / height], axis=2).astype(np.float32)
    return chart, uv


def annotation_of(chart, uv, seed=0):
    mask = encode(chart > 0)
    box = box_of_mask(mask)
    fields = dense_pose_fields(chart, uv, box, np.random.default_rng(seed))
    return {"id": 1, **coco_annotation(1, 1, box, mask, fields)}


def published_counts(text):
    """Run lengths of a compressed COCO code, read as its documents say (no library)."""
    counts, position = [], 0
    while position < len(text):
        value, shift, more = 0, 0, True
        while more:
            six = ord(text[position]) - 48
            value |= (six & 0x1F) << (5 * shift)
            more = bool(six & 0x20)
            position, shift = position + 1, shift + 1
            if not more and six & 0x10:
                value |= -1 << (5 * shift)
        if len(counts) > 2:
            value += counts[-2]
        counts.append(value)
    return counts


def published_mask(rle):
    """Column by column, background first."""
    runs = published_counts(rle["counts"])
    flat = np.repeat(np.arange(len(runs)) % 2, runs)
    return flat.reshape(rle["size"][::-1]).T.astype(bool)


def test_points_lie_on_their_pixels_with_their_chart_and_uv():
    chart, uv = body()
    label = annotation_of(chart, uv)
    x, y, w, h = label["bbox"]
    assert len(label["dp_x"]) == 4 * 14
    for k in range(len(label["dp_x"])):
        column = int(x + label["dp_x"][k] * w / 256)
        row = int(y + label["dp_y"][k] * h / 256)
        assert chart[row, column] == label["dp_I"][k]
        assert np.allclose(uv[row, column], (label["dp_U"][k], label["dp_V"][k]), atol=1e-5)


def test_the_masks_are_a_list_of_fourteen_in_the_box():
    chart, uv = body()
    label = annotation_of(chart, uv)
    assert len(label["dp_masks"]) == 14
    x, y, w, h = label["bbox"]
    for part, charts in PUBLISHED_PARTS.items():
        rle = label["dp_masks"][part - 1]
        wanted = np.isin(chart, charts)
        if not wanted.any():
            assert rle == []
            continue
        assert rle["size"] == [256, 256]
        mask = published_mask(rle)
        assert (mask == coco_mask.decode(rle).astype(bool)).all()
        rows, columns = np.nonzero(mask)
        assert wanted[(y + (rows + 0.5) * h / 256).astype(int),
                      (x + (columns + 0.5) * w / 256).astype(int)].all()
        assert mask.mean() * w * h == pytest.approx(wanted.sum(), rel=0.05)


def test_pycocotools_reads_the_file(tmp_path):
    chart, uv = body()
    label = annotation_of(chart, uv)
    image = {"id": 1, "file_name": "a.jpg", "width": 80, "height": 60}
    write_json(tmp_path / "a.json", coco_object([image], [label], {"description": "test"}))
    coco = COCO(str(tmp_path / "a.json"))
    (read,) = coco.loadAnns(coco.getAnnIds(imgIds=1))
    assert (coco.annToMask(read).astype(bool) == (chart > 0)).all()
    assert json.loads((tmp_path / "a.json").read_text())["categories"][0]["name"] == "animal"
    points = read_points(read)
    assert (chart[tuple(np.floor(points.xy[:, ::-1]).astype(int).T)] == points.chart).all()


def test_points_are_spread_and_not_heaped():
    chart, uv = body()
    points = read_points(annotation_of(chart, uv))
    for one in (2, 23, 19):
        own = points.xy[points.chart == one]
        apart = np.linalg.norm(own[:, None] - own[None], axis=2) + np.eye(len(own)) * 99
        # n points thrown at random on an area A are 0.5 sqrt(A / n) from the next, on average
        assert apart.min(axis=1).mean() > 0.6 * np.sqrt((chart == one).sum() / len(own))


def test_a_small_part_gives_each_pixel_once():
    chart = np.zeros((20, 20), np.uint8)
    chart[5:7, 5:9] = 7
    label = annotation_of(chart, np.full((20, 20, 2), 0.5))
    assert len(set(zip(label["dp_x"], label["dp_y"], strict=True))) == 8


def test_a_body_without_any_chart_has_no_fields():
    empty = np.zeros((10, 10), np.uint8)
    box = np.array([2, 2, 6, 6])
    assert dense_pose_fields(empty, np.zeros((10, 10, 2)), box, np.random.default_rng(0)) == {}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_mirrored_fields_swap_sides_and_give_the_first_back(seed):
    surface = load_reference()
    chart, uv = body()
    label = annotation_of(chart, np.clip(uv, 0.3, 0.7), seed)
    other = {"id": 2, "bbox": label["bbox"], **mirrored_fields(label, surface)}
    assert np.allclose(np.add(other["dp_x"], label["dp_x"]), 256)
    swap = {2: 2, 23: 24, 19: 20, 5: 6}
    assert other["dp_I"] == [swap[c] for c in label["dp_I"]]
    assert [bool(m) for m in other["dp_masks"][11:13]] == [False, True]
    back = mirrored_fields(other, surface)
    assert (read_part_map({"id": 3, **back}) == read_part_map(label)).all()
    assert back["dp_I"] == label["dp_I"]


@pytest.mark.parametrize(("change", "said"), [
    ({"dp_x": [1.0]}, "one length"),
    ({"dp_I": [25] * 56}, "dp_I must be 1 to 24"),
    ({"dp_U": [1.5] * 56}, "between 0 and 1"),
])
def test_broken_points_are_named(change, said):
    label = {**annotation_of(*body()), **change}
    with pytest.raises(DataError, match=said):
        read_points(label)


def test_broken_masks_are_named():
    label = annotation_of(*body())
    with pytest.raises(DataError, match="no list of 14"):
        read_part_map({**label, "dp_masks": label["dp_masks"][:13]})
    small = [encode(np.ones((4, 4), bool)), *label["dp_masks"][1:]]
    with pytest.raises(DataError, match="not 256 x 256"):
        read_part_map({**label, "dp_masks": small})
    assert decode(small[0]).all()
