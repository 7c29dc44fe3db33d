from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose import masks
from wildpose.data.augment import (
    PADDING,
    Placement,
    blurred,
    bodies_alone,
    camera_look,
    captioned,
    compressed,
    infra_red,
    letterbox,
    low_light,
    place,
    random_placement,
    vignette,
)

CANVAS = (128, 192)


def bright_box(image: np.ndarray) -> np.ndarray:
    """Tight box of what is bright: the painted square, found again in the pixels."""
    return masks.box_of_mask(masks.encode(image.min(-1) > 130))


@pytest.mark.parametrize("placement", [
    Placement((120, 160), (0, 0), False),
    Placement((120, 160), (0, 0), True),
    Placement((60, 80), (30, 40), False),
    Placement((60, 80), (30, 40), True),
    Placement((240, 320), (-70, -50), False),
    Placement((240, 320), (-110, -50), True),
    Placement((90, 200), (-8, 20), True),
])
def test_boxes_and_masks_follow_the_pixels(labelled_square, placement):
    example = place(labelled_square(), placement, CANVAS)
    assert example.image.shape == (*CANVAS, 3)
    assert example.box_xyxy[0] == pytest.approx(bright_box(example.image), abs=1.6)
    mask_box = masks.box_of_mask(masks.encode(example.masks[0]))
    assert example.box_xyxy[0] == pytest.approx(mask_box, abs=1.6)
    assert (example.image[example.masks[0]] > 120).all()


def test_a_random_placement_keeps_what_it_shows_in_its_box(labelled_square):
    image, rng = labelled_square(), np.random.default_rng(0)
    seen = 0
    for _ in range(40):
        example = place(image, random_placement(image, CANVAS, rng), CANVAS)
        if len(example.box_xyxy):
            assert example.box_xyxy[0] == pytest.approx(bright_box(example.image), abs=2.1)
            seen += 1
    assert seen >= 34  # the crop is laid round an animal nearly always


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), height=st.integers(8, 3000), width=st.integers(8, 3000))
def test_a_random_placement_covers_the_canvas_as_far_as_the_picture_goes(
    seed, height, width, labelled_square_once
):
    image = replace(labelled_square_once, size=(height, width))
    placement = random_placement(image, CANVAS, np.random.default_rng(seed))
    for side, start, full in zip(placement.size, placement.offset[::-1], CANVAS, strict=True):
        if side >= full:
            assert full - side <= start <= 0
        else:
            assert 0 <= start <= full - side


@pytest.fixture(scope="module")
def labelled_square_once(blobs):
    return blobs[1]


def test_a_box_that_is_mostly_cut_off_is_ignored_and_one_outside_is_dropped(labelled_square):
    image = labelled_square()  # the square spans x = 40 .. 80
    for cut, (kept, ignored) in {45: (1, False), 72: (1, True), 85: (0, None)}.items():
        example = place(image, Placement((120, 160), (-cut, 0), False), CANVAS)
        assert len(example.box_xyxy) == len(example.masks) == kept
        if kept:
            assert example.ignore[0] == ignored
            assert example.box_xyxy[0, 0] == 0


def test_ignored_stays_ignored_and_a_box_without_mask_stays_without(labelled_square):
    image = replace(labelled_square(), ignore=np.array([True]), masks=(None,))
    example = place(image, letterbox(image.size, CANVAS), CANVAS)
    assert example.ignore.tolist() == [True]
    assert example.masks == (None,)


def test_drafts_weigh_half(labelled_square):
    image = labelled_square()
    placement = letterbox(image.size, CANVAS)
    assert place(image, placement, CANVAS).weight == 1
    assert place(replace(image, draft=True), placement, CANVAS).weight == 0.5


def test_what_the_picture_does_not_cover_is_grey(labelled_square):
    example = place(labelled_square(), Placement((60, 80), (30, 40), False), CANVAS)
    assert example.picture_xyxy == (30, 40, 110, 100)
    outside = np.ones(CANVAS, bool)
    outside[40:100, 30:110] = False
    assert (example.image[outside] == PADDING).all()
    assert not (example.image[~outside] == PADDING).all(-1).any()


def test_bodies_alone_are_all_that_is_left(labelled_square):
    image = labelled_square()
    example = place(image, letterbox(image.size, CANVAS), CANVAS)
    alone = bodies_alone(example)
    body = example.masks[0]
    assert (alone.image[~body] == PADDING).all()
    assert (alone.image[body] == example.image[body]).all()
    assert alone.ignore.tolist() == [False]
    lost = bodies_alone(replace(example, masks=(None,)))
    assert (lost.image == PADDING).all()
    assert lost.ignore.tolist() == [True]
    assert lost.body_points == (None,)


@settings(max_examples=60, deadline=None)
@given(height=st.integers(1, 4000), width=st.integers(1, 4000))
def test_letterbox_fits_and_touches_the_canvas(height, width):
    placement = letterbox((height, width), CANVAS)
    inner = placement.size
    assert 1 <= inner[0] <= CANVAS[0]
    assert 1 <= inner[1] <= CANVAS[1]
    assert inner[0] == CANVAS[0] or inner[1] == CANVAS[1]


def test_the_look_changes_pixels_and_nothing_else(labelled_square):
    example = place(labelled_square(), Placement((120, 160), (0, 0), False), CANVAS)
    looks = [camera_look(example, np.random.default_rng(seed)) for seed in range(60)]
    for look in looks:
        assert look.image.shape == example.image.shape
        assert look.image.dtype == np.uint8
        assert replace(look, image=example.image) == replace(example)
    assert sum(not np.array_equal(look.image, example.image) for look in looks) > 50


def test_the_same_generator_gives_the_same_look(labelled_square):
    example = place(labelled_square(), Placement((120, 160), (0, 0), False), CANVAS)
    one, other = (camera_look(example, np.random.default_rng(5)).image for _ in range(2))
    assert np.array_equal(one, other)


def test_infra_red_has_one_colour():
    colours = np.random.default_rng(0).uniform(0, 255, (16, 24, 3)).astype(np.float32)
    for seed in range(8):
        toned = infra_red(colours, np.random.default_rng(seed))
        share = toned / toned.sum(-1, keepdims=True)
        assert np.ptp(share, axis=(0, 1)).max() < 1e-4


@pytest.mark.parametrize("change", [low_light, vignette])
def test_night_and_vignette_darken(change):
    grey = np.full((32, 48, 3), 150, np.float32)
    changed = change(grey, np.random.default_rng(0))
    assert changed.mean() < grey.mean() - 5
    assert changed.shape == grey.shape


def test_a_vignette_darkens_the_corners_most():
    shaded = vignette(np.full((32, 48, 3), 150, np.float32), np.random.default_rng(1))
    corners = shaded[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.mean() < shaded[12:20, 20:28].mean() - 20


@pytest.mark.parametrize("change", [blurred, compressed, captioned])
@pytest.mark.parametrize("size", [(128, 192), (33, 47)])
def test_quality_changes_keep_shape_and_type(change, size):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for seed in range(6):
        changed = change(pixels, np.random.default_rng(seed))
        assert changed.shape == pixels.shape
        assert changed.dtype == np.uint8
        # the text of a caption may miss a picture that is no higher than a thumbnail
        assert size[0] < 64 or not np.array_equal(changed, pixels)


def test_a_caption_leaves_the_middle_of_the_picture_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (128, 192, 3), np.uint8)
    for seed in range(6):
        changed = captioned(pixels, np.random.default_rng(seed))
        assert np.array_equal(changed[30:98], pixels[30:98])


def test_trusted_drafts_count_as_much_as_labels_by_people(labelled_square):
    draft = replace(labelled_square((24, 32), (4, 4, 12, 12)), draft=True)
    placement = letterbox(draft.size, (64, 64))
    example = place(replace(draft, trusted=True), placement, (64, 64))
    assert (example.weight, example.exact_boxes) == (1.0, True)
    assert (place(draft, placement, (64, 64)).weight, draft.trusted) == (0.5, False)
