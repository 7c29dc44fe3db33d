from __future__ import annotations

import shutil

import pytest
from PIL import Image

from wildpose.adaptation.footage import BURST_PICTURES, estimate, find_footage
from wildpose.errors import UsageError


def still(path, shade: int = 90, size: tuple[int, int] = (64, 36)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, shade, shade)).save(path)


def names(*sources, avoid=None) -> list[str]:
    return [job.clip for job in find_footage(sources, avoid).jobs]


def places(*sources) -> list[str]:
    return sorted({job.deployment for job in find_footage(sources).jobs})


def test_clips_are_named_from_the_folder_that_was_given(sample_clips):
    assert "clips/ridge_trail/05180016.MP4" in names(sample_clips)
    assert names(sample_clips / "river_bend") == ["river_bend/TC02_20250422_012836.mp4"]
    assert places(sample_clips) == ["clips/north_plain", "clips/ridge_trail", "clips/river_bend"]


def test_a_clip_that_is_reached_twice_is_taken_once(sample_clips):
    clip = sample_clips / "ridge_trail" / "05180016.MP4"
    assert names(clip) == ["ridge_trail/05180016.MP4"]
    assert len(names(sample_clips, clip, sample_clips / "north_plain")) == 5


def test_folders_of_one_name_are_told_apart_by_their_parents(tmp_path):
    for year in ("2023", "2024"):
        still(tmp_path / year / "card" / "a.jpg")
    assert names(tmp_path / "2023" / "card", tmp_path / "2024" / "card") == [
        "2023/card", "2024/card"]


def test_a_burst_stands_in_its_cameras_folder_and_many_stills_are_a_camera(tmp_path):
    root = tmp_path / "site"
    for i in range(3):
        still(root / "cam1" / "burst7" / f"{i}.jpg")
    for i in range(BURST_PICTURES + 1):
        still(root / "cam2" / "all" / f"{i:02d}.jpg")
    assert {j.clip: j.deployment for j in find_footage([root]).jobs} == {
        "site/cam1/burst7": "site/cam1", "site/cam2/all": "site/cam2/all"}


def test_stills_of_two_sizes_are_of_one_camera(tmp_path):
    still(tmp_path / "mixed" / "a.jpg")
    still(tmp_path / "mixed" / "b.jpg", size=(36, 64))
    assert places(tmp_path / "mixed") == ["mixed"]
    assert len(names(tmp_path / "mixed")) == 2


def test_stills_named_one_by_one_are_taken_together(tmp_path):
    for name in ("a.jpg", "b.JPG", "c.jpg"):
        still(tmp_path / "card" / name)
    one, other = tmp_path / "card" / "a.jpg", tmp_path / "card" / "b.JPG"
    [job] = find_footage([one, other, one]).jobs
    assert (job.clip, job.pictures) == ("card", ("a.jpg", "b.JPG"))
    [job] = find_footage([tmp_path / "card", one]).jobs
    assert job.pictures == ("a.jpg", "b.JPG", "c.jpg")


def test_hidden_things_and_the_own_folder_are_passed_over(tmp_path):
    for name in ("a.jpg", ".trash/b.jpg", "out/images/c.jpg"):
        still(tmp_path / "card" / name)
    (tmp_path / "card" / "._a.jpg").write_bytes(b"finder")
    footage = find_footage([tmp_path / "card"], tmp_path / "card" / "out")
    assert [job.clip for job in footage.jobs] == ["card"]
    assert footage.failures == ()


def test_a_picture_that_is_none_is_a_failure_with_its_name(tmp_path):
    still(tmp_path / "card" / "a.jpg")
    (tmp_path / "card" / "b.jpg").write_bytes(b"no picture")
    [(name, reason)] = find_footage([tmp_path / "card"]).failures
    assert name == "card/b.jpg"
    assert "no picture" in reason


@pytest.mark.parametrize("name", ["nowhere", "nowhere.mp4", "nowhere.jpg"])
def test_a_source_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(UsageError, match=name):
        find_footage([tmp_path / name])


def test_the_estimate_counts_seconds_of_clips_and_stills(sample_clips, tmp_path):
    clips, seconds = estimate([sample_clips])
    assert clips == 5
    assert 20 < seconds < 32  # 24 s by truth; the damaged clip declares more than it holds
    for i in range(4):
        still(tmp_path / "card" / f"{i}.jpg")
    shutil.copy(sample_clips / "river_bend" / "TC02_20250422_012836.mp4", tmp_path / "card")
    (tmp_path / "card" / "broken.mp4").write_bytes(b"nothing" * 9)
    clips, seconds = estimate([tmp_path / "card"])
    assert clips == 3
    assert seconds == pytest.approx(4 + 5, abs=0.3)
