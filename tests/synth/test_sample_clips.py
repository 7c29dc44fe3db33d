"""The committed sample clips show what their truth and their README say."""

import json
from collections import defaultdict
from functools import cache

import av
import numpy as np
import pytest

from wildpose import masks

CLIPS = {
    "north_plain/IMAG0041.AVI": ("mjpeg", 65, 2),
    "north_plain/IMAG0042.AVI": ("mjpeg", 37, 1),
    "ridge_trail/05180016.MP4": ("h264", 105, 1),
    "ridge_trail/05180017.MP4": ("h264", 75, 0),
}


@cache
def decoded(path):
    """Codec, declared number of frames, pictures."""
    images = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            try:
                images += [f.to_ndarray(format="rgb24") for f in packet.decode()]
            except av.FFmpegError:
                continue
        video = container.streams.video[0]
        return video.codec_context.name, video.frames, images


@pytest.fixture(scope="module")
def truth(sample_clips):
    whole = json.loads((sample_clips.parent / "truth.json").read_text(encoding="utf-8"))
    frames, labels = defaultdict(list), defaultdict(list)
    for image in whole["images"]:
        frames[image["clip"]].append(image)
    for label in whole["annotations"]:
        labels[label["image_id"]].append(label)
    return frames, labels


def test_the_sample_is_small_and_complete(sample_clips):
    files = [p for p in sample_clips.rglob("*") if p.is_file()]
    names = {p.relative_to(sample_clips).as_posix() for p in files}
    assert names == {*CLIPS, "river_bend/TC02_20250422_012836.mp4"}
    assert sum(p.stat().st_size for p in files) < 5_000_000


@pytest.mark.parametrize("name", CLIPS)
def test_the_truth_fits_the_decoded_pictures(name, sample_clips, truth):
    codec, count, animals = CLIPS[name]
    found, _, images = decoded(sample_clips / name)
    frames, labels = truth
    assert found == codec
    assert len(images) == len(frames[name]) == count
    assert [f["frame_index"] for f in frames[name]] == list(range(count))
    assert {label["track_id"] for f in frames[name] for label in labels[f["id"]]} \
        == set(range(1, animals + 1))


@pytest.mark.parametrize("name", [n for n, (_, _, animals) in CLIPS.items() if animals])
def test_what_moves_lies_inside_the_true_masks(name, sample_clips, truth):
    _, _, images = decoded(sample_clips / name)
    frames, labels = truth
    still = np.median(images[::9], axis=0)
    inside, outside = [], []
    for frame, image in list(zip(frames[name], images, strict=True))[::8]:
        if frame["damaged"] or not labels[frame["id"]]:
            continue
        change = np.abs(image.astype(np.float32) - still).mean(axis=2)
        animal = np.any([masks.decode(a["segmentation"]) for a in labels[frame["id"]]], axis=0)
        inside.append(change[animal].mean())
        outside.append(change[~animal].mean())
    assert np.mean(inside) > 4 * np.mean(outside)


def test_the_two_animals_cross_and_one_is_mostly_hidden_for_a_moment(truth):
    frames, labels = truth
    ways = defaultdict(list)
    hidden = []
    for frame in frames["north_plain/IMAG0041.AVI"]:
        for label in labels[frame["id"]]:
            ways[label["track_id"]].append(label["bbox"][0])
            if label["track_id"] == 2:
                hidden.append(label["visibility"])
    assert ways[1][-1] > ways[1][0] + 400
    assert ways[2][-1] < ways[2][0] - 400
    assert 0.1 < min(hidden) < 0.3


def test_the_damaged_clip_declares_more_than_it_holds(sample_clips, truth):
    _, declared, images = decoded(sample_clips / "north_plain/IMAG0042.AVI")
    assert declared == 60
    assert len(images) == 37
    spoiled = [f["frame_index"] for f in truth[0]["north_plain/IMAG0042.AVI"] if f["damaged"]]
    assert spoiled == [18, 36]


def test_the_night_clip_is_the_cameras_own(sample_clips):
    path = sample_clips / "river_bend/TC02_20250422_012836.mp4"
    _, _, images = decoded(path)
    with av.open(str(path)) as container:
        assert container.metadata["creation_time"].startswith("2025-04-22T01:28:37")
    assert len(images) == 76
    assert images[0].std(axis=2).mean() < 3
