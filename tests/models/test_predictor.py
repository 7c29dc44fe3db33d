from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose import masks
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import DEFAULT_CANVASES
from wildpose.models.letterbox import choose_letterbox
from wildpose.models.mask_pasting import paste_mask
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.types import ClassId, Detections


@pytest.fixture
def predictor(fresh_detector, description) -> Predictor:
    return Predictor(fresh_detector, description)


def assert_alike(one: Detections, other: Detections) -> None:
    assert len(one) == len(other)
    assert np.allclose(one.box_xyxy, other.box_xyxy, atol=0.05)
    assert np.abs(one.score - other.score).max(initial=0) < 1e-4
    assert one.class_id.tolist() == other.class_id.tolist()
    assert [m is None for m in one.masks] == [m is None for m in other.masks]
    for a, b in zip(one.masks, other.masks, strict=True):
        if a is not None and b is not None:
            differ = masks.decode(a) ^ masks.decode(b)
            assert differ.mean() < 1e-3


class TestLetterbox:
    @settings(max_examples=80, deadline=None)
    @given(height=st.integers(1, 5000), width=st.integers(1, 5000))
    def test_corners_come_back_and_the_picture_fits(self, height, width):
        box = choose_letterbox((height, width), DEFAULT_CANVASES)
        inner_height, inner_width = box.inner
        assert 1 <= inner_height <= box.canvas[0]
        assert 1 <= inner_width <= box.canvas[1]
        assert width * box.scale_xy[0] == pytest.approx(inner_width)
        assert height * box.scale_xy[1] == pytest.approx(inner_height)

    @settings(max_examples=40, deadline=None)
    @given(height=st.integers(100, 4000), width=st.integers(100, 4000))
    def test_no_other_canvas_would_show_it_larger(self, height, width):
        box = choose_letterbox((height, width), DEFAULT_CANVASES)
        fits = [min(h / height, w / width) for h, w in DEFAULT_CANVASES]
        assert max(box.inner) == pytest.approx(max(fits) * max(height, width), abs=0.6)

    @pytest.mark.parametrize(("size", "canvas"), [
        ((1080, 1920), (384, 640)), ((480, 640), (448, 576)), ((1920, 1080), (640, 384)),
    ])
    def test_wide_square_and_upright_pictures_get_their_canvas(self, size, canvas):
        assert choose_letterbox(size, DEFAULT_CANVASES).canvas == canvas


class TestPasteMask:
    FULL = np.ones((28, 28), np.float32)

    def pasted(self, probability, box, size=(40, 60)):
        rle, confidence = paste_mask(probability, np.array(box, np.float32), size)
        assert rle["size"] == list(size)
        return masks.decode(rle), confidence

    @pytest.mark.parametrize("box", [
        (10, 5, 30, 25), (0, 0, 60, 40), (10.2, 5.7, 29.4, 24.1), (59, 39, 60, 40),
        (7.3, 8.1, 7.6, 8.2), (0, 3, 0.2, 40),
    ])
    def test_a_full_mask_is_the_pixels_that_its_box_touches(self, box):
        mask, confidence = self.pasted(self.FULL, box)
        x1, y1 = np.floor(box[:2]).astype(int)
        x2, y2 = np.ceil(box[2:]).astype(int)
        wanted = np.zeros((40, 60), bool)
        wanted[y1:y2, x1:x2] = True
        assert np.array_equal(mask, wanted)
        assert confidence == pytest.approx(1)

    @pytest.mark.parametrize("box", [(-8, -6, 20, 14), (50, 30, 75, 55), (-10, 10, 70, 20)])
    def test_a_box_over_the_border_is_cut_there(self, box):
        mask, _ = self.pasted(self.FULL, box)
        wanted = np.zeros((40, 60), bool)
        wanted[max(0, box[1]):box[3], max(0, box[0]):box[2]] = True
        assert np.array_equal(mask, wanted)

    @pytest.mark.parametrize("box", [
        (-20, 5, -10, 15), (65, 5, 75, 15), (5, -20, 15, -10), (5, 45, 15, 55), (60, 40, 61, 41),
    ])
    def test_a_box_outside_has_no_mask(self, box):
        mask, confidence = self.pasted(self.FULL, box)
        assert not mask.any()
        assert np.isnan(confidence)

    def test_half_a_mask_is_half_of_the_box(self):
        left = np.zeros((28, 28), np.float32)
        left[:, :14] = 1
        mask, _ = self.pasted(left, (4, 6, 32, 34))
        wanted = np.zeros((40, 60), bool)
        wanted[6:34, 4:18] = True
        assert np.array_equal(mask, wanted)

    def test_rows_are_rows_and_columns_are_columns(self):
        corner = np.zeros((28, 28), np.float32)
        corner[:7, 14:] = 0.9  # at the top, on the right
        mask, confidence = self.pasted(corner, (10, 0, 50, 40))
        ys, xs = np.nonzero(mask)
        assert (xs.min(), xs.max()) == (30, 49)
        assert (ys.min(), ys.max()) == (0, 9)
        assert 0.5 < confidence <= 0.9

    def test_an_empty_mask_has_no_confidence(self):
        mask, confidence = self.pasted(0 * self.FULL + 0.49, (10, 5, 30, 25))
        assert not mask.any()
        assert np.isnan(confidence)

    def test_a_disc_keeps_its_shape_when_its_box_is_stretched(self):
        y, x = np.mgrid[:28, :28] - 13.5
        disc = (x**2 + y**2 < 11**2).astype(np.float32)
        mask, _ = self.pasted(disc, (2, 1, 58, 39))
        yy, xx = np.mgrid[:40, :60] + 0.5
        wanted = ((xx - 30) / 56) ** 2 + ((yy - 20) / 38) ** 2 < (11 / 28) ** 2
        assert masks.mask_iou([masks.encode(mask)], [masks.encode(wanted)])[0, 0] > 0.95


class TestPredictor:
    @pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 1200), (1200, 16), (70, 100)])
    def test_pictures_of_every_shape_are_answered_within_their_bounds(
        self, predictor, make_picture, size
    ):
        (found,) = predictor.predict([make_picture(*size)])
        height, width = size
        assert len(found) > 0
        assert (found.box_xyxy >= 0).all()
        assert (found.box_xyxy[:, [0, 2]] <= width).all()
        assert (found.box_xyxy[:, [1, 3]] <= height).all()
        assert (masks.box_area(found.box_xyxy) > 0).all()
        assert all(m is None or m["size"] == [height, width] for m in found.masks)

    def test_a_4k_picture_is_answered_in_its_own_pixels(
        self, fresh_detector, description, make_picture
    ):
        small = make_picture(54, 96)
        large = small.repeat(40, 0).repeat(40, 1)
        assert large.shape == (2160, 3840, 3)
        everything = Predictor(fresh_detector, description, mask_score=1.0)
        (found,) = everything.predict([large])
        assert found.box_xyxy[:, 2].max() > 1000
        best = float(found.score[1])
        (drawn,) = Predictor(fresh_detector, description, mask_score=best).predict([large])
        assert [m["size"] for m in drawn.masks if m is not None] == [[2160, 3840]] * 2

    def test_a_picture_alone_and_among_others_gets_the_same_answer(self, predictor, make_picture):
        sizes = [(60, 120), (120, 60), (90, 90), (30, 61), (1, 1)]
        pictures = [make_picture(*size, seed=i) for i, size in enumerate(sizes)]
        together = predictor.predict(pictures)
        for picture, among_others in zip(pictures, together, strict=True):
            (alone,) = predictor.predict([picture])
            assert len(alone) == len(among_others)
            alike = (np.abs(alone.box_xyxy - among_others.box_xyxy).max(1, initial=0) < 0.05) & (
                np.abs(alone.score - among_others.score) < 1e-4
            )
            # sums in another order differ in the seventh digit, and a box that lies between two
            # pyramid levels falls to one or the other
            assert alike.sum() >= 0.95 * len(alike)

    def test_no_pictures_no_answers(self, predictor):
        assert predictor.predict([]) == []

    def test_answers_are_calibrated_best_first_and_above_the_minimum(
        self, predictor, make_picture
    ):
        (found,) = predictor.predict([make_picture(60, 120)])
        assert (np.diff(found.score) <= 0).all()
        assert (found.score >= predictor.minimum_score).all()
        assert set(found.class_id) == {ClassId.ANIMAL, ClassId.PERSON}
        assert (found.track_id == 0).all()

    def test_a_higher_minimum_returns_the_head_of_the_same_list(
        self, fresh_detector, description, make_picture
    ):
        picture = make_picture(60, 120)
        (low,) = Predictor(fresh_detector, description, minimum_score=0.05).predict([picture])
        middle = float(np.median(low.score))
        (high,) = Predictor(fresh_detector, description, minimum_score=middle).predict([picture])
        assert 0 < len(high) < len(low)
        assert_alike(high, low.take(low.score >= middle))

    def test_masks_start_at_the_mask_score(self, fresh_detector, description, make_picture):
        picture = make_picture(60, 120)
        (plain,) = Predictor(fresh_detector, description, mask_score=0.0).predict([picture])
        assert None not in plain.masks
        border = float(np.median(plain.score))
        (some,) = Predictor(fresh_detector, description, mask_score=border).predict([picture])
        assert [m is not None for m in some.masks] == (some.score >= border).tolist()
        without = np.array([m is None for m in some.masks])
        assert np.isnan(some.mask_confidence[without]).all()
        assert_alike(plain.take(~without), some.take(~without))

    def test_nothing_found_is_an_empty_answer(self, fresh_detector, description, make_picture):
        strict = Predictor(fresh_detector, description, minimum_score=0.999)
        found = strict.predict([make_picture(60, 120), make_picture(120, 60)])
        assert [len(f) for f in found] == [0, 0]

    def test_a_folder_answers_as_the_network_that_was_saved(
        self, model_folder, predictor, make_picture
    ):
        picture = make_picture(60, 120)
        (wanted,) = predictor.predict([picture])
        (found,) = load_predictor(model_folder).predict([picture])
        assert_alike(wanted, found)

    def test_threads_are_set_on_request(self, model_folder):
        before = torch.get_num_threads()
        try:
            load_predictor(model_folder, threads=before + 1)
            assert torch.get_num_threads() == before + 1
        finally:
            torch.set_num_threads(before)


class TestGivenBoxes:
    def test_own_boxes_given_back_get_their_own_masks_and_poses(self, predictor, make_picture):
        pictures = [make_picture(60, 120), make_picture(120, 60, seed=2), make_picture(30, 61)]
        found = predictor.predict(pictures)
        bare = [replace(f, masks=(None,) * len(f), dense_pose=(None,) * len(f),
                        mask_confidence=np.full(len(f), np.nan, np.float32)) for f in found]
        again = predictor.predict(pictures, bare)
        for own, back in zip(found, again, strict=True):
            for name in ("box_xyxy", "score", "class_id"):
                assert (getattr(own, name) == getattr(back, name)).all()
            drawn = [i for i, mask in enumerate(own.masks) if mask is not None]
            assert drawn
            overlap = [masks.mask_iou([own.masks[i]], [back.masks[i]])[0, 0] for i in drawn
                       if masks.area(own.masks[i])]
            assert min(overlap) > 0.8, "an untrained head says one half everywhere"
            assert None not in back.masks, "weak ones are drawn, too: nobody asked for a score"
            assert [p is None for p in back.dense_pose] == [not predictor.has_dense_pose] * len(
                back)

    def test_no_box_is_looked_for_and_pictures_without_one_cost_nothing(
        self, predictor, make_picture, monkeypatch
    ):
        monkeypatch.setattr(predictor.detector, "detect", None)
        wide, tall = make_picture(60, 120), make_picture(120, 60)
        one = Detections.of([[10, 10, 50, 40]], [0.3], [ClassId.ANIMAL])
        none, some = predictor.predict([wide, tall], [Detections.empty(), one])
        assert (len(none), len(some)) == (0, 1)
        assert some.masks[0]["size"] == [120, 60]
        monkeypatch.setattr(predictor.detector, "region_maps", None)
        assert [len(f) for f in predictor.predict([wide], [Detections.empty()])] == [0]

    def test_dense_pose_is_that_of_the_box(self, description, make_picture):
        torch.manual_seed(4)
        network = Detector(Architecture(box_width=32, dense_pose=True))
        predictor, picture = Predictor(network, description), make_picture(60, 120)
        boxes = Detections.of([[10, 10, 50, 40], [30, 5, 90, 55]], [0.3, 0.05], [1, 2])
        (found,) = predictor.predict([picture], [boxes])
        for pose, alone in zip(found.dense_pose, predictor.dense_pose(picture, boxes.box_xyxy),
                               strict=True):
            assert (pose.chart == alone.chart).all()
            assert pose.box_xyxy == pytest.approx(alone.box_xyxy)
