"""Detections over a frame: what is drawn where, and what is left alone."""

import numpy as np
import pytest

from wildpose import masks
from wildpose.drawing import default_labels, draw_detections
from wildpose.drawing.palette import style_of
from wildpose.types import Detections

GREY = np.full((100, 160, 3), 90, np.uint8)


def one(box=(40, 50, 100, 90), *, kind=1, track=1, mask=None):
    found = Detections.of([box], [0.87], [kind], None if mask is None else [mask])
    return found.with_track_id([track])


def is_colour(image, colour):
    return (image == np.array(colour, np.uint8)).all(axis=2)


def test_the_frame_itself_is_not_touched():
    image = GREY.copy()
    drawn = draw_detections(image, one())
    assert (image == GREY).all()
    assert (drawn != GREY).any()


def test_an_empty_frame_comes_back_as_it_was():
    assert (draw_detections(GREY, Detections.empty()) == GREY).all()


def test_box_has_its_tracks_colour_along_its_edges():
    colour = style_of(1, 1).colour
    hit = is_colour(draw_detections(GREY, one(), labels=[""]), colour)
    assert hit[50:90, 40].all()
    assert hit[50, 40:100].all()
    assert not hit[60:80, 50:90].any()


def test_mask_is_tinted_inside_and_outlined():
    mask = np.zeros((100, 160), bool)
    mask[60:80, 50:90] = True
    drawn = draw_detections(GREY, one(mask=masks.encode(mask)), labels=[""])
    colour = np.array(style_of(1, 1).colour)
    assert is_colour(drawn, colour)[60, 50:90].all()
    inner = drawn[70, 70].astype(int)
    assert (np.abs(inner - (0.75 * 90 + 0.25 * colour)) <= 1).all()
    assert (drawn[95, 150] == 90).all()


def test_a_persons_mask_is_outlined_but_not_tinted():
    mask = np.zeros((100, 160), bool)
    mask[60:80, 50:90] = True
    drawn = draw_detections(GREY, one(kind=2, mask=masks.encode(mask)), labels=[""])
    assert (drawn[70, 70] == 90).all()
    assert (drawn[60, 70] == 255).all()


def test_a_persons_box_is_dashed():
    drawn = draw_detections(GREY, one(kind=2), labels=[""])
    edge = is_colour(drawn, (255, 255, 255))[90, 40:100]
    assert edge.any()
    assert not edge.all()


def test_boxes_and_masks_follow_the_picture_when_it_is_scaled():
    mask = np.zeros((200, 320), bool)
    mask[120:160, 100:180] = True
    found = one(box=(80, 100, 200, 180), mask=masks.encode(mask))
    drawn = draw_detections(GREY, found, labels=[""], size=(640, 400), source_size=(320, 200))
    colour = np.array(style_of(1, 1).colour)
    assert drawn.shape == (400, 640, 3)
    assert is_colour(drawn, colour)[200:360, 160].all()
    assert not (drawn[280, 280] == 90).all()


def test_boxes_outside_or_turned_inside_out_do_no_harm():
    found = Detections.of([[-50, -50, 20, 20], [150, 90, 400, 300], [90, 80, 40, 30]],
                          [0.5, 0.6, 0.7], [1, 2, 1])
    assert draw_detections(GREY, found).shape == GREY.shape


def test_the_strongest_detection_is_drawn_on_top():
    both = Detections.of([[40, 50, 100, 90]] * 2, [0.9, 0.4], [1, 1]).with_track_id([1, 2])
    drawn = draw_detections(GREY, both, labels=["", ""])
    assert is_colour(drawn, style_of(1, 1).colour)[60, 40]


def test_labels_of_neighbours_do_not_hide_each_other():
    colours = [style_of(track, 1).colour for track in (1, 2, 3)]
    found = Detections.of([[300, 200, 380, 280], [310, 204, 390, 284], [305, 198, 385, 278]],
                          [0.9, 0.8, 0.7], [1, 1, 1]).with_track_id([1, 2, 3])
    drawn = draw_detections(np.full((480, 640, 3), 90, np.uint8), found)
    alone = [draw_detections(np.full((480, 640, 3), 90, np.uint8), found.take([i]))
             for i in range(3)]
    for colour, single in zip(colours, alone, strict=True):
        assert is_colour(drawn, colour).sum() > 0.7 * is_colour(single, colour).sum()


def test_labels_name_track_class_and_score():
    found = Detections.of([[0, 0, 1, 1]] * 2, [0.874, 0.5], [1, 2]).with_track_id([2, 0])
    assert default_labels(found) == ["2 animal 0.87", "person 0.50"]


def test_in_a_herd_only_the_numbers_are_written():
    found = Detections.of([[0, 0, 1, 1]] * 13, [0.9] * 13, [1] * 13)
    assert default_labels(found.with_track_id(range(13))) == ["", *map(str, range(1, 13))]


def test_a_wrong_number_of_labels_is_refused():
    with pytest.raises(ValueError, match="2 labels for 1 detections"):
        draw_detections(GREY, one(), labels=["a", "b"])
