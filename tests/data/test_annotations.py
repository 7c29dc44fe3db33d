from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from wildpose import masks
from wildpose.data.annotations import as_coco, read_coco, read_labelled
from wildpose.errors import DataError
from wildpose.types import ClassId

SQUARE = [[1, 1, 5, 1, 5, 4, 1, 4]]


def test_a_box_becomes_corners_and_facts_stay(write_coco):
    folder = write_coco([{"category_id": 2}], site="east", night=True, source="cam")
    (image,) = read_labelled(folder)
    assert image.box_xyxy.tolist() == [[1, 1, 5, 4]]
    assert image.class_id.tolist() == [ClassId.PERSON]
    assert image.size == (6, 8)
    assert image.path == folder / "images" / "a.png"
    assert (image.facts["site"], image.facts["night"]) == ("east", True)
    assert not image.draft


def test_an_empty_frame_is_a_picture_without_boxes(write_coco):
    (image,) = read_labelled(write_coco([]))
    assert image.box_xyxy.shape == (0, 4)
    assert image.masks == ()


@pytest.mark.parametrize(("annotation", "has_mask"), [
    ({"segmentation": SQUARE, "mask_source": "human"}, True),
    ({"segmentation": SQUARE, "mask_source": "drawn", "mask_quality": "good"}, True),
    ({"segmentation": SQUARE, "mask_source": "human", "mask_quality": "poor"}, False),
    ({"segmentation": SQUARE, "mask_source": "rendered"}, True),
    ({"segmentation": SQUARE, "mask_source": "detector"}, False),
    ({"segmentation": SQUARE}, False),
    ({"mask_source": None}, False),
])
def test_only_good_masks_of_a_person_are_learnt_from(write_coco, annotation, has_mask):
    (image,) = read_labelled(write_coco([annotation]))
    assert (image.masks[0] is not None) == has_mask
    assert not image.ignore[0]  # the box counts in any case


@pytest.mark.parametrize("key", ["iscrowd", "uncertain", "hardly_visible"])
def test_crowds_and_what_is_not_to_be_made_out_are_ignored(write_coco, key):
    (image,) = read_labelled(write_coco([{key: 1}, {key: 0}]))
    assert image.ignore.tolist() == [True, False]


@pytest.mark.parametrize("form", ["polygon", "counts as a list", "counts as text"])
def test_masks_are_read_in_every_form_of_coco(write_coco, form):
    ring = np.zeros((6, 8), bool)
    ring[1:5, 1:6] = True
    if form == "polygon":
        segmentation = [[1, 1, 6, 1, 6, 5, 1, 5]]
    else:
        ring[2:4, 3:5] = False  # a hole, which polygons can't have
        segmentation = masks.encode(ring)
        if form == "counts as a list":
            flat = np.concatenate([[False], ring.ravel("F"), [True]])
            runs = np.diff(np.flatnonzero(np.diff(flat.astype(int)) != 0), prepend=0)
            runs[-1] = ring.size - runs[:-1].sum()
            segmentation = {"size": [6, 8], "counts": runs.tolist()}
    (image,) = read_labelled(write_coco([{"segmentation": segmentation, "mask_source": "human"}]))
    assert np.array_equal(masks.decode(image.masks[0]), ring)


def test_what_was_looked_for_is_kept(write_coco):
    (image,) = read_labelled(write_coco([], labelled=["animal"]))
    assert image.labelled == {ClassId.ANIMAL}
    (image,) = read_labelled(write_coco([]))
    assert image.labelled == {ClassId.ANIMAL, ClassId.PERSON}


def test_drafts_are_marked(write_coco):
    (image,) = read_labelled(write_coco([{}], draft=True))
    assert image.draft


def test_pictures_may_lie_elsewhere(write_coco, tmp_path):
    (image,) = read_labelled(write_coco([]), tmp_path / "other")
    assert image.path == tmp_path / "other" / "a.png"


def test_pixels_are_rgb(write_coco):
    (image,) = read_labelled(write_coco([]))
    assert image.read().shape == (6, 8, 3)


class TestBadFiles:
    def test_no_annotations(self, tmp_path):
        with pytest.raises(DataError, match=r"there is no annotations\.json") as caught:
            read_coco(tmp_path)
        assert "images/" in caught.value.remedy

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b'{"images": [}'])
    def test_no_json(self, tmp_path, content):
        (tmp_path / "annotations.json").write_bytes(content)
        with pytest.raises(DataError, match=r"annotations\.json: can't be read as JSON"):
            read_coco(tmp_path)

    @pytest.mark.parametrize("content", [
        [], {}, {"images": []}, {"annotations": []}, {"images": {}, "annotations": []},
        {"images": [], "annotations": None},
    ])
    def test_no_coco(self, tmp_path, content):
        (tmp_path / "annotations.json").write_text(json.dumps(content))
        with pytest.raises(DataError, match=r"annotations\.json: not a COCO file"):
            read_coco(tmp_path)

    @pytest.mark.parametrize("box", [[1, 1, 0, 3], [1, 1, 4, -2], [1, 1, None, 2], [1, 1, 4],
                                     [1, 1, float("nan"), 3], "wide", ...])
    def test_a_box_that_is_no_box(self, write_coco, box):
        with pytest.raises(DataError, match=r"annotations\.json: picture a\.png: .*box"):
            read_labelled(write_coco([{"bbox": box}]))

    @pytest.mark.parametrize("category", [0, 3, None, ...])
    def test_an_unknown_category(self, write_coco, category):
        with pytest.raises(DataError, match=r"picture a\.png: .*category_id"):
            read_labelled(write_coco([{"category_id": category}]))

    def test_an_annotation_of_no_picture(self, write_coco):
        with pytest.raises(DataError, match=r"annotations of unknown pictures: \[77\]"):
            read_labelled(write_coco([{"image_id": 77}]))

    @pytest.mark.parametrize("segmentation", [[], [[1, 1]], {"size": [6, 8]}, None, "mask", ...])
    def test_a_mask_that_is_no_mask(self, write_coco, segmentation):
        folder = write_coco([{"segmentation": segmentation, "mask_source": "human"}])
        with pytest.raises(DataError, match=r"picture a\.png: .*segmentation"):
            read_labelled(folder)

    def test_a_mask_of_another_size(self, write_coco):
        other = masks.encode(np.ones((9, 9), bool))
        folder = write_coco([{"segmentation": other, "mask_source": "human"}])
        with pytest.raises(DataError, match=r"picture a\.png: .*segmentation"):
            read_labelled(folder)

    @pytest.mark.parametrize("entry", [{"width": ...}, {"file_name": ...}, {"height": "tall"},
                                       {"labelled": ["unicorn"]}])
    def test_a_picture_entry_that_lacks_something(self, write_coco, entry):
        with pytest.raises(DataError, match=rf"annotations\.json: .*`{next(iter(entry))}`"):
            read_labelled(write_coco([], **entry))

    def test_a_file_that_is_no_picture(self, write_coco):
        (image,) = read_labelled(write_coco([]))
        image.path.write_bytes(b"no picture")
        with pytest.raises(DataError, match=r"a\.png: can't be read as a picture"):
            image.read()

    def test_a_file_that_is_not_there(self, write_coco):
        (image,) = read_labelled(write_coco([], file_name="b.png"))
        with pytest.raises(DataError, match=r"b\.png: can't be read as a picture"):
            image.read()

    def test_a_picture_of_another_size_than_its_entry(self, write_coco):
        (image,) = read_labelled(write_coco([], width=80))
        with pytest.raises(DataError, match=r"a\.png: 8x6 pixels, but annotations\.json says 80x6"):
            image.read()


def test_several_folders_become_one_coco_object(blobs, write_coco):
    (other,) = read_labelled(write_coco([{"iscrowd": 1}], site="west"))
    coco = as_coco([*blobs, other])
    assert [i["id"] for i in coco["images"]] == list(range(1, 14))
    assert len({a["id"] for a in coco["annotations"]}) == len(coco["annotations"]) == 13
    assert coco["annotations"][-1]["image_id"] == 13
    assert coco["images"][-1]["site"] == "west"
    for entry in coco["images"]:
        with Image.open(entry["file_name"]) as picture:
            assert picture.size == (entry["width"], entry["height"])


def test_a_joined_object_reads_back_alike(blobs, tmp_path):
    (tmp_path / "annotations.json").write_text(json.dumps(as_coco(blobs)))
    for one, other in zip(blobs, read_labelled(tmp_path), strict=True):
        assert one.path.resolve() == other.path
        assert np.array_equal(one.box_xyxy, other.box_xyxy)
        assert one.masks == other.masks
