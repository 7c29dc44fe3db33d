"""What a camera does to light."""

import numpy as np
import pytest

from wildpose.synth.artefacts import (
    Caption,
    Recording,
    caption_mask,
    captioned,
    draw_caption,
    draw_recording,
    exposure,
    record,
    smeared,
    vignette,
)

GREY = np.full((60, 80, 3), 0.2, np.float32)


def recorded(radiance=GREY, **faults):
    return record(radiance, Recording(**faults), 0.0, (1,)).astype(float)


def test_a_faultless_camera_shows_flat_light_flat():
    image = recorded()
    assert image.std() == 0
    assert 100 < image.mean() < 150


def test_twice_the_gain_is_brighter_and_never_wraps():
    light = np.linspace(0, 5, 60 * 80 * 3, dtype=np.float32).reshape(GREY.shape)
    image = recorded(light, gain=2.0)
    assert (np.diff(image.ravel()) >= 0).all()
    assert image.max() == 255
    assert recorded(gain=2.0).mean() > recorded().mean() + 20


def test_grey_pictures_have_three_equal_channels():
    colours = GREY * np.array([1.0, 0.5, 2.0], np.float32)
    image = recorded(colours, grey=True, shot_noise=0.05, read_noise=0.01)
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 1] == image[..., 2]).all()


def test_noise_grows_with_light_and_follows_its_seed():
    dark, bright = (recorded(GREY * s, shot_noise=0.03) for s in (0.2, 3.0))
    linear = [(i / 255) ** 2.2 for i in (dark, bright)]
    assert linear[1].std() > 2 * linear[0].std()
    other = record(GREY, Recording(shot_noise=0.03), 0.0, (2,))
    assert (other != record(GREY, Recording(shot_noise=0.03), 0.0, (1,))).any()


def test_fewer_pixels_and_a_soft_lens_take_detail_away():
    detail = GREY + 0.15 * (np.indices((60, 80)).sum(0) % 2)[..., None].astype(np.float32)
    for fault in ({"fewer_pixels": 0.5}, {"blur_px": 1.5}):
        assert recorded(detail, **fault).std() < 0.3 * recorded(detail).std()
    assert recorded(detail, sharpening=1.0).std() > recorded(detail).std()


def test_blown_out_light_bleeds_over_its_border_only_when_it_blooms():
    light = GREY * 0.1
    light[20:40, 30:50] = 6.0
    plain, blooming = recorded(light), recorded(light, bloom=0.5)
    assert (blooming - plain)[30, 27] .min() > 10
    assert np.abs(blooming - plain)[:, :5].max() < 10


def test_smear_keeps_the_light_and_widens_along_the_way():
    layer = np.zeros((20, 40, 1), np.float32)
    layer[8:12, 18:22] = 1
    moved = smeared(layer, (9.0, 0.0))
    assert moved.sum() == pytest.approx(layer.sum(), rel=1e-5)
    rows, columns = np.nonzero(moved[..., 0])
    assert (rows.min(), rows.max()) == (8, 11)
    assert columns.max() - columns.min() >= 11
    assert smeared(layer, (0.5, 0.5)) is layer


def test_a_scene_is_exposed_whatever_its_brightness():
    for factor in (0.3, 1.0, 3.0):
        light = GREY * factor
        assert exposure(light, 0.2) * light.mean() == pytest.approx(0.2, rel=1e-3)


def test_the_caption_covers_what_its_mask_says():
    for caption in (Caption("A {clock}", 0.1), Caption("B", 0.07, top=True)):
        image = np.full((60, 80, 3), 77, np.uint8)
        hidden = caption_mask(caption, 60, 80)
        shown = captioned(image, caption, 3.0)
        assert (shown[~hidden] == 77).all()
        assert (shown[hidden] != 77).all()
        assert hidden.sum() == caption.rows(60) * 80
    assert not caption_mask(None, 60, 80).any()


def test_captions_of_the_night_show_hours_of_the_night():
    for seed in range(30):
        for night, hours in ((True, {20, 21, 22, 23, 0, 1, 2, 3, 4}), (False, set(range(7, 18)))):
            text = draw_caption(np.random.default_rng(seed), night=night).text
            hour = int(text.split(":")[0][-2:])
            assert hour in hours


def test_cameras_differ_and_follow_the_seed():
    draws = [draw_recording(np.random.default_rng(s), night=s % 2 == 1, height=480)
             for s in range(20)]
    again = draw_recording(np.random.default_rng(3), night=True, height=480)
    assert again == draws[3]
    assert len({d.crf for d in draws}) > 5
    assert all(d.grey == (s % 2 == 1) for s, d in enumerate(draws))


def test_corners_lose_what_the_vignette_says():
    light = vignette(41, 61, 0.4, 1.5)
    assert light[20, 30] == 1
    assert light[0, 0] == pytest.approx(0.6)
