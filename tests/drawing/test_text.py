"""Letters on pictures: shortening, odd names, labels that stay inside."""

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.text import clean, draw_label, fit, font, label_box


def test_the_font_is_scalable_and_cached():
    assert font(20) is font(20)
    assert font(40).getlength("otter") > 1.8 * font(20).getlength("otter")


def test_a_long_name_keeps_both_ends_and_fits():
    name = "camera_07/2024-03-01/" + "x" * 200 + "_IMG_0042.MP4"
    short = fit(name, 200, font(14))
    assert font(14).getlength(short) <= 200
    assert short.startswith("camera")
    assert short.endswith("MP4")


def test_no_room_at_all_leaves_an_ellipsis():
    assert fit("name", 1, font(14)) == "\u2026"


def test_bytes_that_are_no_text_become_a_replacement_character():
    name = b"clip_\xff.mp4".decode("utf-8", "surrogateescape")
    assert clean(name) == "clip_\ufffd.mp4"
    assert clean("two\nlines") == "two lines"


def test_labels_are_moved_into_the_picture():
    picture = Image.new("RGB", (120, 60))
    draw = ImageDraw.Draw(picture)
    for corner in ((-30, -5), (115, 2), (50, 400)):
        box = label_box(picture.size, corner, "deer", font(12))
        draw_label(draw, box, "deer", used=font(12), ground=(255, 0, 0), ink=(0, 0, 0))
        x1, y1, x2, y2 = box
        assert 0 <= x1 < x2 <= 120
        assert 0 <= y1 < y2 <= 60
    red = (np.asarray(picture) == (255, 0, 0)).all(axis=2)
    assert red.any()
