"""Assembled clips: the truth says exactly what the pixels show."""

import numpy as np
import pytest

from wildpose import masks
from wildpose.synth import (
    Actor,
    Cutout,
    Look,
    Occluder,
    Scene,
    Waypoint,
    render,
    truth_coco,
    truth_detections,
)
from wildpose.synth.collage import position

CLEAN = Look(noise=0, vignette=0, drift=0, shadow=0)
GROUND = np.full((120, 200, 3), 90, np.uint8)


def block(colour, size=(30, 50)):
    rgba = np.zeros((*size, 4), np.uint8)
    rgba[...] = (*colour, 255)
    return Cutout(rgba)


def walker(colour, start, end, *, width=50.0, **more):
    """An actor that goes straight from one foot point to another within two seconds."""
    path = (Waypoint(0, *start, width), Waypoint(2, *end, width))
    return Actor(block(colour), path, **{"bob": 0.0, "stride": 0.0, **more})


def scene(*actors, look=CLEAN, occluders=(), seed=0):
    return Scene(GROUND, actors, duration_s=2.0, rate=5, look=look, occluders=occluders, seed=seed)


def test_time_and_index_follow_the_rate():
    frames = list(render(scene()))
    assert [t.frame.frame_index for t in frames] == list(range(10))
    assert frames[7].frame.time_s == pytest.approx(1.4)
    assert frames[7].frame.image.dtype == np.uint8
    assert all(t.instances == () for t in frames)


def test_masks_are_the_pixels_that_changed_and_boxes_fit_them():
    actor = walker((250, 20, 20), (40, 60), (160, 110), bob=0.05, stride=0.1)
    for truth in render(scene(actor)):
        changed = np.abs(truth.frame.image.astype(int) - GROUND).max(axis=2) > 80
        mask = masks.decode(truth.instances[0].mask)
        overlap = (mask & changed).sum() / (mask | changed).sum()
        assert overlap > 0.97
        rows, columns = np.nonzero(mask)
        assert truth.instances[0].box_xyxy.tolist() == [
            columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_who_stands_lower_covers_the_other_and_numbers_stay():
    far = walker((250, 20, 20), (40, 80), (160, 80))
    near = walker((20, 20, 250), (160, 84), (40, 84))
    frames = list(render(scene(far, near)))
    seen = {number: [next((i.visibility for i in t.instances if i.track_id == number), 0.0)
                     for t in frames] for number in (1, 2)}
    assert min(seen[2]) == pytest.approx(1.0, abs=0.02)
    assert min(seen[1]) < 0.35
    assert seen[1][0] == seen[1][-1] == pytest.approx(1.0, abs=0.02)
    for truth in frames:
        both = [masks.decode(i.mask) for i in truth.instances]
        assert not np.logical_and.reduce(both).any() or len(both) == 1


def test_an_actor_wholly_covered_has_no_instance():
    far = walker((250, 20, 20), (100, 80), (100, 80), width=30)
    near = walker((20, 20, 250), (100, 90), (100, 90), width=80)
    for truth in render(scene(far, near)):
        assert [i.track_id for i in truth.instances] == [2]


def test_a_tree_covers_those_behind_it_only():
    tree = np.zeros(GROUND.shape[:2], bool)
    tree[:, 90:110] = True
    behind = walker((250, 20, 20), (100, 70), (100, 70))
    before = walker((20, 20, 250), (100, 115), (100, 115))
    truth = next(render(scene(behind, before, occluders=(Occluder(tree, ground_y=90.0),))))
    visibility = {i.track_id: i.visibility for i in truth.instances}
    assert visibility[1] == pytest.approx(0.6, abs=0.03)
    assert visibility[2] == pytest.approx(1.0, abs=0.01)
    assert (truth.frame.image[50, 100] == 90).all()


def test_leaving_the_picture_cuts_the_box_and_then_ends_the_truth():
    frames = list(render(scene(walker((250, 20, 20), (180, 80), (260, 80)))))
    assert frames[0].instances[0].box_xyxy[2] == 200
    visibility = [t.instances[0].visibility if t.instances else 0.0 for t in frames]
    assert visibility == sorted(visibility, reverse=True)
    assert frames[-1].instances == ()


def test_grass_hides_the_feet_and_stays_where_it_is():
    plain = next(render(scene(walker((250, 20, 20), (100, 80), (100, 80)))))
    sunk = [t.instances[0] for t in
            render(scene(walker((250, 20, 20), (100, 80), (100, 80), sink=0.3)))]
    assert 0.5 < sunk[0].visibility < 0.9 < plain.instances[0].visibility
    assert all(one.mask == sunk[0].mask for one in sunk)


def test_the_information_bar_is_no_animal():
    look = Look(noise=0, vignette=0, drift=0, shadow=0, bar="RT01")
    truth = next(render(scene(walker((250, 20, 20), (100, 119), (100, 119)), look=look)))
    assert truth.instances[0].box_xyxy[3] == 120 - round(120 * 0.06)


def test_the_same_scene_gives_the_same_pixels_and_another_seed_other_noise():
    actor = walker((250, 20, 20), (40, 80), (160, 80), sink=0.1)
    first, again, other = (list(render(scene(actor, look=Look(), seed=s))) for s in (3, 3, 4))
    assert all((a.frame.image == b.frame.image).all() for a, b in zip(first, again, strict=True))
    assert all(a.instances[0].mask == b.instances[0].mask
               for a, b in zip(first, again, strict=True))
    assert (first[0].frame.image != other[0].frame.image).any()


def test_a_standing_animal_does_not_swing():
    still = walker((250, 20, 20), (100, 80), (100, 80), stride=0.2, bob=0.2)
    boxes = {tuple(t.instances[0].box_xyxy) for t in render(scene(still))}
    assert len(boxes) == 1


def test_paths_are_held_at_their_ends():
    path = (Waypoint(1, 10, 20, 30), Waypoint(2, 30, 20, 50))
    assert position(path, 0) == Waypoint(0, 10, 20, 30)
    assert position(path, 1.5) == Waypoint(1.5, 20, 20, 40)
    assert position(path, 9).x == 30


def test_truth_as_detections_keeps_numbers_boxes_and_masks():
    far = walker((250, 20, 20), (40, 80), (160, 80))
    near = walker((20, 20, 250), (160, 84), (40, 84))
    truth = next(render(scene(far, near)))
    found = truth_detections(truth)
    assert found.track_id.tolist() == [1, 2]
    assert found.score.tolist() == [1, 1]
    assert found.masks[0] == truth.instances[0].mask
    assert len(truth_detections(next(render(scene())))) == 0


def test_truth_as_coco_is_read_by_pycocotools():
    from pycocotools.coco import COCO

    frames = list(render(scene(walker((250, 20, 20), (40, 80), (260, 80)))))
    coco = COCO()
    coco.dataset = {**truth_coco("a.avi", frames), "categories": [{"id": 1, "name": "animal"}]}
    coco.createIndex()
    assert len(coco.getImgIds()) == 10
    for label in coco.loadAnns(coco.getAnnIds()):
        x, y, w, h = label["bbox"]
        assert coco.annToMask(label)[int(y) : int(y + h), int(x) : int(x + w)].sum() \
            == label["area"]
