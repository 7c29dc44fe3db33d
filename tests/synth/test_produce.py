"""Folders of rendered clips: the same bytes from any number of workers, read back by others."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from wildpose.errors import UsageError
from wildpose.formats.densepose import read_part_map, read_points
from wildpose.formats.iuv_png import read_iuv_png
from wildpose.formats.mot import read_truth
from wildpose.synth.produce import ProduceSettings, produce
from wildpose.synth.scene import SceneSettings
from wildpose.video import probe

SCENE = SceneSettings(("fox",), size=(96, 64), seconds=0.4, rate=10)


def digests(folder):
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    out = tmp_path_factory.mktemp("synth") / "out"
    summary = produce(ProduceSettings(out, 2, 3, SCENE, iuv=True, seed=4))
    return out, summary


def test_two_workers_write_the_bytes_of_one(made, tmp_path):
    produce(ProduceSettings(tmp_path / "two", 2, 3, SCENE, iuv=True, seed=4, workers=2))
    assert digests(tmp_path / "two") == digests(made[0])


def test_another_seed_gives_other_pictures(made, tmp_path):
    produce(ProduceSettings(tmp_path / "other", 0, 1, SCENE, seed=5))
    other, first = digests(tmp_path / "other"), digests(made[0])
    name = "stills/images/still_00001.jpg"
    assert other[name] != first[name]


def test_every_file_is_there_and_counted(made):
    out, summary = made
    names = set(digests(out))
    assert {"synth.json", "clips/annotations.json", "clips/clip_0001.mp4", "clips/clip_0002.mp4",
            "stills/annotations.json", "stills/images/still_00003.jpg", "iuv/still_00001.png",
            "iuv/clip_0001/frame000003.png", "mot/seqmaps/synth-train.txt"} <= names
    facts = probe(out / "clips" / "clip_0001.mp4")
    assert (facts.width, facts.height) == (96, 64)
    assert facts.frame_rate == 10
    assert summary.frames == 2 * 4 + 3
    assert json.loads((out / "synth.json").read_text())["species"] == ["fox"]
    assert not any("Quaternius" not in c for c in summary.credits)


@pytest.mark.parametrize("folder", ["clips", "stills"])
def test_the_labels_fit_the_dense_maps(made, folder):
    coco = COCO(str(made[0] / folder / "annotations.json"))
    seen = 0
    for label in coco.loadAnns(coco.getAnnIds()):
        image = coco.loadImgs(label["image_id"])[0]
        name = image["file_name"].replace(".mp4", "").replace(".jpg", ".png")
        chart, uv = read_iuv_png(made[0] / "iuv" / name)
        mask = coco.annToMask(label).astype(bool)
        assert chart.shape == mask.shape == (64, 96)
        if "dp_x" not in label:
            assert not chart[mask].any()
            continue
        points = read_points(label)
        columns, rows = np.floor(points.xy).astype(int).T
        assert mask[rows, columns].all()
        assert (chart[rows, columns] == points.chart).all()
        assert np.abs(uv[rows, columns] - points.uv).max() < 0.003
        assert (read_part_map(label) > 0).any()
        seen += 1
    assert seen > 0


def test_the_tracks_are_those_of_the_annotations(made):
    coco = COCO(str(made[0] / "clips" / "annotations.json"))
    for name in ("clip_0001", "clip_0002"):
        truth = read_truth(made[0] / "mot" / "synth-train" / name)
        assert (truth.frames, truth.rate, truth.size) == (4, 10.0, (96, 64))
        images = [i for i in coco.dataset["images"] if i["clip"] == name]
        labels = [(i["frame_index"], a["track_id"], a["bbox"]) for i in images
                  for a in coco.loadAnns(coco.getAnnIds(imgIds=i["id"]))]
        rows = [(r.frame_index, r.track_id, r.box_xyxy) for r in truth.rows]
        assert [r[:2] for r in rows] == [x[:2] for x in labels]
        for (*_, box), (*_, bbox) in zip(rows, labels, strict=True):
            assert np.allclose(box, [*bbox[:2], bbox[0] + bbox[2], bbox[1] + bbox[3]])


def test_stills_can_be_read_as_a_training_folder(made):
    whole = json.loads((made[0] / "stills" / "annotations.json").read_text())
    for image in whole["images"]:
        with Image.open(made[0] / "stills" / "images" / image["file_name"]) as picture:
            assert picture.size == (image["width"], image["height"])


def test_nothing_to_make_and_a_full_folder_are_refused(tmp_path):
    with pytest.raises(UsageError, match="nothing to make"):
        produce(ProduceSettings(tmp_path / "a", 0, 0, SCENE))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "kept.txt").write_text("mine")
    with pytest.raises(UsageError, match="not an empty folder"):
        produce(ProduceSettings(tmp_path / "b", 1, 0, SCENE))
