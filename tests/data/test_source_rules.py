"""Published files, read as they are published; classes chosen and fused as table 5 wants."""

from __future__ import annotations

import json

import numpy as np
import pytest
from published import HEIGHT, WIDTH, write, write_coco_2017, write_densepose_coco
from pycocotools.coco import COCO

from wildpose import masks
from wildpose.data.annotations import as_coco, read_labelled
from wildpose.data.mixing import Mixture, Source, draw_batch
from wildpose.data.source_rules import COCO_ANIMALS, SourceRules, translated
from wildpose.errors import DataError, UsageError
from wildpose.types import ClassId

PUBLISHED = {"masks": "annotated", "surface": "other"}
A, P = ClassId.ANIMAL, ClassId.PERSON


@pytest.fixture(scope="module")
def coco_2017(tmp_path_factory):
    return write_coco_2017(tmp_path_factory.mktemp("coco"))


@pytest.fixture(scope="module")
def densepose_coco(tmp_path_factory):
    return write_densepose_coco(tmp_path_factory.mktemp("densepose"))


def read(path, **rules):
    (pictures,) = path.parent.glob("train20*")
    return read_labelled(path, pictures, SourceRules(**rules))


def found(images):
    """Classes of each picture's counted boxes, by picture."""
    return {i.image_id: [ClassId(c) for c in i.class_id[~i.ignore]] for i in images}


TABLE_5 = {
    "person": ({"person": ("person",)}, {101: [P], 104: [P]}, {P}),
    "bear": ({"animal": ("bear",)}, {101: [A]}, {A}),
    "animals": ({"animal": ("animals",)}, {101: [A], 102: [A], 105: [A]}, {A}),
    "person + animals": ({"animal": ("animals",), "person": ("person",)},
                         {101: [A, P], 102: [A], 104: [P], 105: [A]}, {A, P}),
    "person + animals, fused": ({"animal": ("animals", "person")},
                                {101: [A, A], 102: [A], 104: [A], 105: [A]}, {A}),
    "by number": ({"animal": (18, 22), "person": (1,)},
                  {101: [P], 102: [A], 104: [P], 105: [A]}, {A, P}),
}


@pytest.mark.parametrize(("rules", "boxes", "labelled"), TABLE_5.values(), ids=TABLE_5)
def test_classes_are_chosen_and_fused(coco_2017, rules, boxes, labelled):
    images = read(coco_2017, **rules)
    assert len(images) == 6
    assert {i: c for i, c in found(images).items() if c} == boxes
    assert {i.labelled for i in images} == {frozenset(labelled)}
    kept = read(coco_2017, empty="drop", **rules)
    assert found(kept) == boxes


def test_what_is_dropped_is_background_and_what_is_ignored_is_not(coco_2017):
    dropped = {i.image_id: i for i in read(coco_2017, animal=("bear",))}
    assert len(dropped[102].box_xyxy) == 0
    rules = {"animal": ("bear",), "ignored": ("animals",)}
    ignored = {i.image_id: i for i in read(coco_2017, **rules)}
    assert ignored[102].ignore.tolist() == [True]
    assert ignored[101].ignore.tolist() == [False]
    assert set(found(read(coco_2017, **rules, empty="drop"))) == {101}


def test_a_crowd_stays_ignored_and_a_box_without_area_is_left_out(coco_2017):
    images = {i.image_id: i for i in read(coco_2017, animal=("animals",), person=("person",))}
    assert images[104].ignore.tolist() == [False, True]
    assert len(images[105].box_xyxy) == 1


def test_masks_without_a_source_are_learnt_from_where_the_rules_say_so(coco_2017):
    chosen = {"animal": ("animals",), "person": ("person",)}
    for image in read(coco_2017, **chosen, masks="annotated"):
        for rle, box, crowd in zip(image.masks, image.box_xyxy, image.ignore, strict=True):
            assert masks.box_of_mask(rle) == pytest.approx(box), crowd
    assert all(m is None for i in read(coco_2017, **chosen) for m in i.masks)


def test_a_stated_source_of_a_mask_is_believed_in_any_case(write_coco):
    square = [[1, 1, 5, 1, 5, 4, 1, 4]]
    rows = [{"segmentation": square, "mask_source": s} for s in ("human", "detector", None)]
    folder = write_coco([*rows, {"segmentation": square}, {}])
    for rules, there in ((SourceRules(), [1, 0, 0, 0, 0]),
                         (SourceRules(masks="annotated"), [1, 0, 0, 1, 0])):
        (image,) = read_labelled(folder, rules=rules)
        assert [m is not None for m in image.masks] == there


def test_published_files_that_are_read_are_what_pycocotools_reads(coco_2017):
    theirs = COCO(str(coco_2017))
    ours = read(coco_2017, animal=("animals",), person=("person",), masks="annotated")
    for image in ours:
        wanted = [a for a in theirs.loadAnns(theirs.getAnnIds([image.image_id]))
                  if a["category_id"] in (1, 16, 18, 22, 23) and a["bbox"][2] > 0]
        assert [a["id"] for a in wanted] == [a["id"] for a in image.annotations]
        for annotation, rle in zip(wanted, image.masks, strict=True):
            assert np.array_equal(masks.decode(rle), theirs.annToMask(annotation))


def test_what_is_kept_out_is_written_as_our_own_data(coco_2017, tmp_path):
    chosen = {"animal": ("animals", "person"), "ignored": ("car",), "masks": "annotated"}
    images = read(coco_2017, **chosen)
    (tmp_path / "annotations.json").write_text(json.dumps(as_coco(images)))
    for one, other in zip(images, read_labelled(tmp_path), strict=True):
        assert np.array_equal(one.class_id, other.class_id)
        assert np.array_equal(one.ignore, other.ignore)
        assert (one.masks, one.labelled) == (other.masks, other.labelled)


def test_our_own_labelled_is_respected_when_classes_are_fused(write_coco):
    folder = write_coco([{}], labelled=["animal"])
    file = json.loads((folder / "annotations.json").read_text())
    file["categories"] = [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}]
    (folder / "annotations.json").write_text(json.dumps(file))
    for rules, labelled in (({"animal": ("animal",)}, {A}),
                            ({"animal": ("animal", "person")}, set()),
                            ({"animal": ("animal",), "person": ("person",)}, {A})):
        (image,) = read_labelled(folder, rules=SourceRules(**rules))
        assert image.labelled == labelled


class TestDensePoseCoco:
    def test_points_lie_where_the_box_says(self, densepose_coco):
        (image,) = read(densepose_coco, person=("person",), masks="annotated")
        points = image.body_points(0)
        assert points.xy.tolist() == [[24, 14], [32, 19], [40, 34]]
        assert np.argmax(points.charts, 1).tolist() == [1, 2, 9]
        assert points.charts.sum(1).tolist() == [1, 1, 1]
        assert points.uv.tolist() == [[0.25, 0.125], [0.5, 0.5], [0.75, 1]]
        assert image.body_points(1) is None
        assert [m is not None for m in image.masks] == [True, True]

    def test_coordinates_of_another_body_are_not_learnt(self, densepose_coco):
        (image,) = read(densepose_coco, person=("person",), **PUBLISHED)
        points = image.body_points(0)
        assert np.isnan(points.uv).all()
        assert np.argmax(points.charts, 1).tolist() == [1, 2, 9]

    def test_parts_are_the_mask_where_there_is_no_other(self, densepose_coco, tmp_path):
        file = json.loads(densepose_coco.read_text())
        for annotation in file["annotations"]:
            del annotation["segmentation"]
        path = write(tmp_path / "densepose_train2014.json", file["images"], file["annotations"],
                     file["categories"])
        (image,) = read_labelled(path, rules=SourceRules(person=("person",), masks="annotated"))
        # a border of an eighth of the box of 32 x 40 at (16, 4) is not body
        assert masks.box_of_mask(image.masks[0]).tolist() == [20, 9, 44, 39]
        assert masks.area(image.masks[0]) == 24 * 30
        assert image.masks[1] is None

    def test_points_come_with_the_batches(self, densepose_coco):
        images = tuple(read(densepose_coco, person=("person",), **PUBLISHED))
        mixture = Mixture((Source("people", images, 1.0),), (), ((HEIGHT, WIDTH),), seed=0)
        examples = [e for n in range(6) for e in draw_batch(mixture, n, 4)]
        assert all(len(e.body_points) == len(e.box_xyxy) for e in examples)
        assert sum(len(p) for e in examples for p in e.body_points if p) > 24

    def test_points_are_written_as_they_were_read(self, densepose_coco, tmp_path):
        images = read(densepose_coco, person=("person",), masks="annotated")
        (tmp_path / "annotations.json").write_text(json.dumps(as_coco(images)))
        (theirs,) = COCO(str(tmp_path / "annotations.json")).loadAnns([1])
        published = json.loads(densepose_coco.read_text())["annotations"][0]
        for key in ("dp_x", "dp_y", "dp_I", "dp_U", "dp_V", "dp_masks"):
            assert theirs[key] == published[key]

    @pytest.mark.parametrize(("changes", "said"), [
        ({"dp_I": [1, 2]}, "one length"), ({"dp_I": [1, 2, 25]}, "1 to 24"),
        ({"dp_I": [1, 2, 1.5]}, "1 to 24"), ({"dp_U": [0, 0.5, 1.5]}, "between 0 and 1"),
        ({"dp_V": [0, 0.5, float("nan")]}, "between 0 and 1"), ({"dp_x": "left"}, "one length"),
        ({"dp_y": [1, 2, None]}, "numbers"), ({"dp_y": [[1], [2, 3], [4]]}, "one length"),
        ({"dp_I": [1, 2, "three"]}, "one length"),
    ])
    def test_points_of_no_format_are_refused(self, densepose_coco, tmp_path, changes, said):
        file = json.loads(densepose_coco.read_text())
        file["annotations"][0] |= changes
        path = write(tmp_path / "bad.json", file["images"], file["annotations"], [])
        with pytest.raises(DataError, match=f"COCO_train2014_0.*201.jpg: annotation 1: .*{said}"):
            read_labelled(path)


class TestBadRules:
    @pytest.mark.parametrize(("rules", "said"), [
        ({"animal": ("wolf",)}, "no category 'wolf'"),
        ({"animal": (44,)}, "no category 44"),
        ({"animal": ("bear",), "person": ("bear",)}, "bear stands in two lists"),
        ({"animal": ("bear", "dog"), "ignored": (23,)}, "bear stands in two lists"),
        ({"animal": ("animals",), "ignored": ("animals",)}, "`animals` stands in two lists"),
        ({"ignored": ("bear",)}, "without `animal` or `person`"),
    ])
    def test_rules_that_do_not_fit_the_file(self, coco_2017, rules, said):
        with pytest.raises(UsageError, match=rf"instances_train2017\.json: .*{said}"):
            read(coco_2017, **rules)

    def test_animals_of_a_file_without_any(self, densepose_coco):
        with pytest.raises(UsageError, match="none of COCO's animals") as caught:
            read(densepose_coco, animal=("animals",))
        assert "1 person" in caught.value.remedy

    def test_a_published_file_without_rules_says_what_is_wrong(self, coco_2017):
        with pytest.raises(DataError, match="`category_id` is 23, not one of 1 animal, 2 person"):
            read_labelled(coco_2017)

    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(DataError, match=r"there is no instances\.json"):
            read_labelled(tmp_path / "instances.json")


def test_the_animals_of_coco_are_its_ten():
    assert len(COCO_ANIMALS) == len(set(COCO_ANIMALS)) == 10


def test_translating_leaves_the_file_as_it_was(coco_2017):
    file = json.loads(coco_2017.read_text())
    before = json.dumps(file)
    translated(file, SourceRules(animal=("animals",), ignored=("person",), masks="annotated"))
    assert json.dumps(file) == before
