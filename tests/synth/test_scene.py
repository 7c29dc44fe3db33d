"""Takes: drawn from a seed, and truth that agrees with the pixels."""

from dataclasses import replace

import numpy as np
import pytest

from wildpose import masks
from wildpose.synth.artefacts import Recording
from wildpose.synth.camera import looking_at
from wildpose.synth.canvas import Stage
from wildpose.synth.cast import Sources, dressed, load_character
from wildpose.synth.light import daylight
from wildpose.synth.paths import Bout, Path
from wildpose.synth.scene import Role, SceneSettings, Take, plan_take, take_frames, take_still
from wildpose.synth.stage_light import light_stage

SIZE = (160, 120)
SETTINGS = SceneSettings(("fox",), size=SIZE, seconds=0.2, rate=10)


def flat_stage(camera, post=None):
    """An empty plain; ``post`` is (columns, depth) of something that stands in front."""
    shape = (camera.height, camera.width)
    albedo = np.full((*shape, 3), 0.2, np.float32)
    depth = np.full(shape, 50.0, np.float32)
    ground = np.ones(shape, bool)
    if post is not None:
        columns, distance = post
        albedo[:, columns], depth[:, columns], ground[:, columns] = 0.9, distance, False
    return Stage(albedo, depth, np.ones(shape, np.float32), ground)


def standing(x, z, heading=np.pi / 2):
    """A body that stands still."""
    times = np.array([-1.0, 9.0])
    return Path((Bout(-1.0, "idle", 1.0, 0.0, 0.0),), times, np.array([[x, z], [x, z]]),
                np.full(2, heading))


@pytest.fixture(scope="module")
def fox():
    rng = np.random.default_rng(0)
    character = load_character("fox", rng, Sources())
    return character, dressed(character, rng, Sources())


def take_of(fox, paths, post=None):
    rng = np.random.default_rng(3)
    camera = looking_at(np.array([0, 0.6, 0.0]), np.array([0, 0.3, 3.0]), SIZE, 150.0)
    light = daylight(rng, 1.0)
    lit = light_stage(flat_stage(camera, post), camera, light, rng, 0.0)
    roles = tuple(Role(*fox, 1.0, path) for path in paths)
    return Take(SETTINGS, (1,), "plain", camera, light, lit, roles, Recording(), 1.0)


def test_the_same_seed_gives_the_same_frames_and_another_seed_others():
    first, again, other = (plan_take(SETTINGS, (5, n)) for n in (1, 1, 2))
    frames = [list(take_frames(take)) for take in (first, again)]
    assert len(frames[0]) == 2
    for one, two in zip(*frames, strict=True):
        assert (one.frame.image == two.frame.image).all()
        assert [i.mask for i in one.instances] == [i.mask for i in two.instances]
    assert (take_still(other, 0.0).frame.image != frames[0][0].frame.image).any()


def test_boxes_are_tight_and_the_animal_differs_from_the_empty_place(fox):
    truth = take_still(take_of(fox, [standing(0, 3)]), 0.0)
    empty = take_still(take_of(fox, []), 0.0)
    (one,) = truth.instances
    mask = masks.decode(one.mask)
    rows, columns = np.nonzero(mask)
    assert one.box_xyxy.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    change = np.abs(truth.frame.image.astype(float) - empty.frame.image).mean(2)
    assert (change[mask] > 3).mean() > 0.9
    assert one.visibility == pytest.approx(1.0, abs=0.02)
    assert empty.instances == ()
    assert one.species == "red fox"


def test_charts_fill_the_mask_and_nothing_else(fox):
    truth = take_still(take_of(fox, [standing(0, 3)]), 0.0)
    mask = masks.decode(truth.instances[0].mask)
    assert (truth.chart[~mask] == 0).all()
    assert (truth.chart[mask] > 0).mean() > 0.85
    assert len(np.unique(truth.chart[mask])) > 5
    assert (truth.uv >= 0).all()
    assert (truth.uv <= 1).all()


def test_what_stands_in_front_is_taken_off_the_mask_and_what_stands_behind_is_not(fox):
    columns = slice(70, 90)
    clear = take_still(take_of(fox, [standing(0, 3)]), 0.0).instances[0]
    before = take_still(take_of(fox, [standing(0, 3)], (columns, 1.0)), 0.0)
    behind = take_still(take_of(fox, [standing(0, 3)], (columns, 9.0)), 0.0)
    assert not masks.decode(before.instances[0].mask)[:, columns].any()
    assert behind.instances[0].mask == clear.mask
    lost = masks.area(clear.mask) - masks.area(before.instances[0].mask)
    assert before.instances[0].visibility == pytest.approx(
        clear.visibility - lost / masks.area(clear.mask), abs=0.02)
    assert (before.chart[:, columns] == 0).all()


def test_the_nearer_animal_covers_the_other(fox):
    truth = take_still(take_of(fox, [standing(0.0, 4), standing(0.1, 2.5)]), 0.0)
    far, near = truth.instances
    assert (far.depth_order, near.depth_order) == (1, 0)
    assert far.visibility < 0.9
    assert near.visibility > 0.95
    assert not (masks.decode(far.mask) & masks.decode(near.mask)).any()


def test_what_the_border_cuts_off_counts_as_hidden(fox):
    whole = take_still(take_of(fox, [standing(0, 3)]), 0.0).instances[0]
    cut = take_still(take_of(fox, [standing(1.55, 3)]), 0.0).instances[0]
    assert cut.box_xyxy[0] == 0 or cut.box_xyxy[2] == SIZE[0]
    assert cut.visibility == pytest.approx(masks.area(cut.mask) / masks.area(whole.mask), abs=0.25)
    assert cut.visibility < 0.9


def test_a_body_shades_the_ground_below_it(fox):
    shaded = take_still(take_of(fox, [standing(0, 3)]), 0.0).frame.image.astype(float)
    empty = take_still(take_of(fox, []), 0.0).frame.image.astype(float)
    box = take_still(take_of(fox, [standing(0, 3)]), 0.0).instances[0].box_xyxy.astype(int)
    below = slice(box[3] - 1, box[3] + 2), slice(box[0], box[2])
    darker = (empty[below] - shaded[below]).mean(2)
    assert darker.mean() > 2
    assert darker.max() > 15
    assert np.abs(empty - shaded)[:20].max() == 0


def test_a_moving_body_smears_when_the_shutter_is_slow(fox):
    times = np.array([-1.0, 9.0])
    path = Path((Bout(-1.0, "walk", 1.0, 0.0, 0.0),), times, np.array([[-2.0, 3], [18.0, 3]]),
                np.full(2, np.pi / 2))
    sharp = take_of(fox, [path])
    slow = replace(sharp, recording=Recording(shutter_s=0.1))
    edges = [np.abs(np.diff(take_still(t, 0.0).frame.image.astype(float), axis=1)).max(axis=(1, 2))
             for t in (sharp, slow)]
    assert edges[1].max() < 0.8 * edges[0].max()
