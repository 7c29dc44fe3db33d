"""Randomised pictures: exact labels, any number of workers, what is kept out stays out."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image

from wildpose.errors import DataError, UsageError
from wildpose.formats.densepose import read_points
from wildpose.formats.iuv_png import read_iuv_png
from wildpose.masks import decode
from wildpose.synth.backdrops import empty_window, photographs_in
from wildpose.synth.cast import Sources, load_character, species_names
from wildpose.synth.families import family_of, kept_species
from wildpose.synth.produce import ProduceSettings, produce
from wildpose.synth.randomised import draw_name
from wildpose.synth.scene import SceneSettings

SCENE = SceneSettings(("fox", "deer"), size=(192, 128), night=0.5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("randomised") / "out"
    summary = produce(ProduceSettings(out, 0, 0, SCENE, iuv=True, seed=3, randomised=4, points=90))
    labels = json.loads((out / "randomised" / "annotations.json").read_text())
    return out, summary, labels


def test_points_lie_on_the_body_and_agree_with_the_dense_map(made):
    out, summary, whole = made
    names = {image["id"]: image["file_name"].replace(".jpg", ".png") for image in whole["images"]}
    assert summary.randomised == summary.frames == 4
    assert summary.dense >= 4
    for label in whole["annotations"]:
        if "dp_x" not in label:
            continue
        points, mask = read_points(label), decode(label["segmentation"])
        chart, uv = read_iuv_png(out / "iuv" / names[label["image_id"]])
        columns, rows = np.floor(points.xy).astype(int).T
        assert mask[rows, columns].all()
        assert (chart[rows, columns] == points.chart).all()
        assert np.abs(uv[rows, columns] - points.uv).max() < 0.003
        known = (chart > 0) & mask
        assert min(known.sum(), 80) <= len(rows) <= 90


def test_pictures_say_what_they_are(made):
    out, _, whole = made
    for image in whole["images"]:
        assert (image["set"], image["labelled"]) == ("rendered", ["animal", "person"])
        with Image.open(out / "randomised" / "images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])
            assert picture.width <= 192
    assert {a["family"] for a in whole["annotations"]} <= {"canid", "deer"}
    assert {a["facing"] for a in whole["annotations"]} <= {"left", "right", "toward", "away"}


def test_two_workers_write_the_pictures_of_one(made, tmp_path):
    settings = ProduceSettings(tmp_path / "o", 0, 0, SCENE, seed=3, workers=2, randomised=2,
                               points=90)
    produce(settings)

    def digest(folder, number):
        path = folder / "randomised" / "images" / f"randomised_{number:05d}.jpg"
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert all(digest(tmp_path / "o", n) == digest(made[0], n) for n in (1, 2))


def test_facing_is_the_side_of_the_picture_that_the_head_is_on(made):
    """The head's points lie to that side of the rump's, where both are seen from the side."""
    judged = 0
    for label in made[2]["annotations"]:
        points = read_points(label)
        head, back = np.isin(points.chart, (23, 24)), np.isin(points.chart, (7, 8, 9, 10))
        if label["facing"] in ("left", "right") and head.sum() > 5 and back.sum() > 5:
            ahead = points.xy[head, 0].mean() - points.xy[back, 0].mean()
            assert (ahead > 0) == (label["facing"] == "right")
            judged += 1
    assert judged > 0


def test_families_are_left_out_whole():
    names = species_names(Sources())
    assert {family_of(n) for n in names} >= {"canid", "deer", "horse", "cattle", "person", "ape"}
    left = kept_species(names, ["canid", "ape"])
    assert not {"fox", "wolf", "husky", "shibainu", "ape"} & set(left)
    assert "deer" in left
    with pytest.raises(UsageError, match="--without unicorn"):
        kept_species(names, ["unicorn"])
    with pytest.raises(UsageError, match="nobody is left"):
        kept_species(["fox"], ["canid"])


def test_people_and_apes_have_their_share():
    rng = np.random.default_rng(0)
    names = [draw_name(rng, ("fox", "deer", "person", "ape")) for _ in range(1000)]
    assert names.count("person") == pytest.approx(120, abs=40)
    assert names.count("ape") == pytest.approx(80, abs=35)
    assert draw_name(rng, ("person",)) == "person"


def test_windows_keep_clear_of_boxes(tmp_path):
    (tmp_path / "images").mkdir()
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[:, 150:] = 255
    for name in ("half.png", "unsure.png"):
        Image.fromarray(pixels).save(tmp_path / "images" / name)
    whole = {"images": [{"id": 1, "file_name": "half.png", "width": 300, "height": 200},
                        {"id": 2, "file_name": "unsure.png", "width": 300, "height": 200,
                         "labelled": ["animal"]}],
             "annotations": [{"image_id": 1, "bbox": [160, 0, 140, 200]}]}
    (tmp_path / "annotations.json").write_text(json.dumps(whole))
    half, unsure = photographs_in(tmp_path)
    rng = np.random.default_rng(1)
    windows = [empty_window(rng, half, (64, 48)) for _ in range(40)]
    found = [w for w in windows if w is not None]
    assert found
    assert all(w.shape == (48, 64, 3) and w.max() == 0 for w in found)
    assert empty_window(rng, unsure, (64, 48)) is None
    (tmp_path / "annotations.json").write_text("{}")
    photographs_in.cache_clear()
    with pytest.raises(DataError, match="not a COCO file"):
        photographs_in(tmp_path)


def test_the_build_of_a_body_keeps_its_feet_on_the_ground_and_turns_its_head():
    from wildpose.surface.parts import PARTS
    from wildpose.synth.builds import Build, built
    from wildpose.synth.rig import posed

    rig = load_character("wolf", np.random.default_rng(0), Sources()).rig
    rest = posed(rig, "idle")
    assert built(rest, rig, Build()) == pytest.approx(rest)
    tall = built(rest, rig, Build(legs=1.3))
    assert tall[:, 1].min() == pytest.approx(1.3 * rest[:, 1].min(), abs=1e-6)
    assert tall[:, 1].max() > rest[:, 1].max()
    looking = built(rest, rig, Build(head_turn_rad=0.8))
    muzzle, tail = (np.isin(rig.part, [PARTS.index(p)]) for p in ("muzzle", "tail"))
    assert looking[muzzle, 0].mean() > 0.1 + rest[muzzle, 0].mean()
    assert looking[tail] == pytest.approx(rest[tail])
