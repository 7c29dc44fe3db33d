"""Single frames of originals: clips and folders of pictures, and originals that were changed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from wildpose.errors import ClipError
from wildpose.review.pictures import frames_at
from wildpose.review.reviewed import ClipEdits
from wildpose.video import open_clip

DEER = "ridge_trail/05180016.MP4"


def grey(folder, name, level, size=(32, 24)):
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(folder / name)


@pytest.fixture
def stills(tmp_path):
    """Three pictures of one size and one of another."""
    folder = tmp_path / "burst"
    for level, name in ((10, "a.png"), (60, "b.png"), (120, "c.png")):
        grey(folder, name, level)
    grey(folder, "wide.png", 200, (48, 24))
    return folder


def test_frames_of_a_clip_are_those_of_the_tables(sample_clips):
    source = sample_clips / DEER
    edits = ClipEdits(DEER, "ridge_trail", source, 640, 360)
    found = list(frames_at(edits, {40, 7}))
    with open_clip(source) as clip:
        wanted = {frame.frame_index: frame for frame in clip if frame.frame_index in (7, 40)}
    assert [frame.frame_index for frame in found] == [7, 40]
    for frame in found:
        assert frame.time_s == wanted[frame.frame_index].time_s
        assert np.array_equal(frame.image, wanted[frame.frame_index].image)


def test_pictures_of_a_folder_are_counted_by_size(stills):
    edits = ClipEdits("burst@32x24", ".", stills, 32, 24, pictures={1: "b.png"})
    assert [(f.frame_index, int(f.image[0, 0, 0])) for f in frames_at(edits, [1, 2])] == [
        (1, 60), (2, 120)]
    other = ClipEdits("burst@48x24", ".", stills, 48, 24)
    assert [f.image.shape for f in frames_at(other, [0])] == [(24, 48, 3)]


def test_a_picture_that_was_put_between_is_noticed(stills):
    grey(stills, "aa.png", 30)
    edits = ClipEdits("burst@32x24", ".", stills, 32, 24, pictures={1: "b.png"})
    with pytest.raises(ClipError, match="is not what was analyzed"):
        list(frames_at(edits, [1]))


@pytest.mark.parametrize(("facts", "wanted", "said"), [
    ({"width": 320}, 7, "is not what was analyzed"),
    ({}, 5000, "is not what was analyzed"),
    ({"source": None}, 7, "not known"),
])
def test_another_file_in_the_originals_place_is_noticed(sample_clips, facts, wanted, said):
    known = {"source": sample_clips / DEER, "width": 640, "height": 360} | facts
    with pytest.raises(ClipError, match=said):
        list(frames_at(ClipEdits(DEER, "ridge_trail", **known), [wanted]))


def test_an_original_that_is_away_is_named(tmp_path):
    edits = ClipEdits("a.mp4", ".", tmp_path / "a.mp4", 64, 48)
    with pytest.raises(ClipError, match=r"a\.mp4"):
        list(frames_at(edits, [0]))
