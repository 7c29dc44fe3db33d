"""Truth in the shapes that others want."""

import numpy as np

from wildpose import masks
from wildpose.formats.densepose import read_points
from wildpose.synth.truth import (
    Instance,
    TruthFrame,
    dense_annotations,
    mot_rows,
    truth_coco,
    truth_detections,
)
from wildpose.types import ClassId, Frame


def instance(track_id, rows, columns, class_id=ClassId.ANIMAL, visibility=0.5):
    mask = np.zeros((40, 60), bool)
    mask[rows, columns] = True
    rle = masks.encode(mask)
    return Instance(track_id, int(class_id), masks.box_of_mask(rle), rle, visibility, "red fox")


def frame():
    found = (instance(1, slice(5, 25), slice(10, 30)),
             instance(2, slice(30, 32), slice(40, 43)),
             instance(3, slice(0, 20), slice(40, 60), ClassId.PERSON))
    chart = np.zeros((40, 60), np.uint8)
    chart[5:15, 10:30] = 2
    picture = Frame(np.zeros((40, 60, 3), np.uint8), 4, 0.25)
    return TruthFrame(picture, found, chart, np.full((40, 60, 2), 0.5, np.float32))


def test_detections_carry_the_true_tracks():
    found = truth_detections(frame())
    assert found.track_id.tolist() == [1, 2, 3]
    assert found.box_xyxy[0].tolist() == [10, 5, 30, 25]


def test_only_bodies_with_charts_have_points_and_only_on_themselves():
    fox, speck, person = dense_annotations(frame(), np.random.default_rng(0))
    assert len(read_points(fox).chart) == 14
    assert set(fox["dp_I"]) == {2}
    assert "dp_x" not in speck
    assert "dp_x" not in person
    assert fox["species"] == "red fox"
    assert fox["mask_source"] == "rendered"


def test_specks_are_marked():
    fox, speck, _ = dense_annotations(frame(), np.random.default_rng(0))
    assert "hardly_visible" not in fox
    assert speck["hardly_visible"] is True


def test_mot_counts_animals_that_can_be_seen():
    assert [(r.track_id, r.counts) for r in mot_rows(frame())] == [(1, True), (2, False),
                                                                   (3, False)]
    assert mot_rows(frame())[0].frame_index == 4


def test_coco_numbers_pictures_and_annotations_from_one():
    coco = truth_coco("clip", [frame(), frame()])
    assert [i["id"] for i in coco["images"]] == [1, 2]
    assert [a["id"] for a in coco["annotations"]] == [1, 2, 3, 4, 5, 6]
    assert coco["annotations"][3]["image_id"] == 2
