"""Drawing from the sample clips with the shipped model's trunk."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wildpose.adaptation.frames import DrawnFrames, DrawSettings, draw_frames
from wildpose.errors import DataError, GuardError, UsageError
from wildpose.models import load_predictor
from wildpose.video import open_clip

SETTINGS = DrawSettings(every_s=1.0, per_clip=3, most=9)


@pytest.fixture(scope="module")
def predictor():
    """The shipped model, with a small canvas: alike pictures look alike there, too."""
    predictor = load_predictor("animal-small", dense_pose=False, threads=1)
    predictor.description = replace(predictor.description, canvases=((192, 320),))
    return predictor


@pytest.fixture(scope="module")
def drawn(predictor, sample_clips, tmp_path_factory) -> tuple[Path, DrawnFrames, list]:
    """Pictures drawn from the sample clips and one that is none; to be read, not changed."""
    root = tmp_path_factory.mktemp("drawn")
    broken = root / "card" / "broken.mp4"
    broken.parent.mkdir()
    broken.write_bytes(b"no clip" * 50)
    news: list[tuple[int, int]] = []
    frames = draw_frames([sample_clips, broken], predictor, root / "out", SETTINGS,
                         lambda done, total: news.append((done, total)))
    return root, frames, news


@pytest.fixture(scope="module")
def made_stills(sample_clips, tmp_path_factory) -> Path:
    """Bursts of two views in one folder."""
    folder = tmp_path_factory.mktemp("made") / "stills"
    folder.mkdir()
    for burst, name in enumerate(["ridge_trail/05180016.MP4", "north_plain/IMAG0041.AVI"]):
        with open_clip(sample_clips / name, 1.0) as clip:
            for i, frame in zip(range(2, 5), clip, strict=False):
                Image.fromarray(frame.image).save(folder / f"{burst}_{i}.jpg", quality=95)
    return folder


@pytest.fixture
def stills(made_stills, tmp_path) -> Path:
    """The same to be played with."""
    return Path(shutil.copytree(made_stills, tmp_path / "stills"))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted((folder / "images").iterdir())}


class TestSampleClips:
    def test_the_budget_is_kept_and_every_clip_is_represented(self, drawn):
        _, frames, _ = drawn
        of_clip = {f.clip for f in frames.frames}
        assert len(frames.frames) == SETTINGS.most
        assert len(of_clip) >= 4
        assert all(sum(f.clip == c for f in frames.frames) <= SETTINGS.per_clip for c in of_clip)

    def test_the_account_adds_up_and_names_what_failed(self, drawn):
        _, frames, _ = drawn
        assert frames.clips == 6
        assert [name for name, _ in frames.clips_failed] == ["card/broken.mp4"]
        assert frames.candidates == 29
        assert frames.thinned == 0

    def test_pictures_are_the_frames_that_they_say(self, drawn, sample_clips):
        root, frames, _ = drawn
        chosen = next(f for f in frames.frames if f.clip.endswith("05180016.MP4"))
        picture = np.asarray(Image.open(root / "out" / "images" / chosen.file_name), float)
        assert picture.shape[:2] == chosen.size
        with open_clip(sample_clips / "ridge_trail" / "05180016.MP4") as clip:
            error = {f.frame_index: np.abs(f.image - picture).mean() for f in clip
                     if abs(f.frame_index - chosen.frame_index) % 15 == 0}
        assert min(error, key=error.get) == chosen.frame_index
        assert error[chosen.frame_index] < 4

    def test_night_is_known_by_its_missing_colour(self, drawn):
        _, frames, _ = drawn
        assert {f.night for f in frames.frames if "river_bend" in f.place} == {True}
        assert {f.night for f in frames.frames if "river_bend" not in f.place} == {False}

    def test_an_empty_clip_of_a_view_seen_empty_before_adds_nothing(self, drawn):
        _, frames, _ = drawn  # the deer's clip starts before the deer comes
        assert frames.near_duplicates == 5
        assert not [f for f in frames.frames if f.clip.endswith("05180017.MP4")]

    def test_progress_runs_to_its_end(self, drawn):
        _, _, news = drawn
        assert news == sorted(news)
        assert news[0] == (1, 12)
        assert news[-1] == (12, 12)


class TestAgain:
    def test_it_is_read_and_nothing_is_decoded(self, drawn, predictor, sample_clips, monkeypatch):
        root, frames, _ = drawn
        monkeypatch.setattr("wildpose.adaptation.frames.look_through", None)
        again = draw_frames([sample_clips, root / "card" / "broken.mp4"], predictor,
                            root / "out", SETTINGS)
        assert again == frames

    @pytest.mark.parametrize(("settings", "clips", "word"), [
        (replace(SETTINGS, seed=1), "", "settings"), (SETTINGS, "north_plain", "sources")])
    def test_other_settings_or_clips_are_refused(
            self, drawn, predictor, sample_clips, settings, clips, word):
        root, _, _ = drawn
        with pytest.raises(UsageError, match=f"out: drawn before with other.*{word}"):
            draw_frames([sample_clips / clips, root / "card" / "broken.mp4"], predictor,
                        root / "out", settings)

    def test_a_lost_picture_is_drawn_again_and_all_are_the_same(self, predictor, stills, tmp_path):
        first = draw_frames([stills], predictor, tmp_path / "out", SETTINGS)
        before = contents(tmp_path / "out")
        (tmp_path / "out" / "images" / first.frames[0].file_name).unlink()
        assert draw_frames([stills], predictor, tmp_path / "out", SETTINGS) == first
        assert contents(tmp_path / "out") == before

    def test_a_broken_list_is_an_error_and_no_reason_to_draw_over_it(
            self, drawn, predictor, stills, tmp_path):
        (tmp_path / "frames.json").write_text('{"frames": 3')
        with pytest.raises(DataError, match=r"frames\.json"):
            draw_frames([stills], predictor, tmp_path, SETTINGS)

    def test_the_list_is_plain_json_with_the_settings(self, drawn):
        root, frames, _ = drawn
        content = json.loads((root / "out" / "frames.json").read_text("utf-8"))
        assert content["settings"] == asdict(SETTINGS)
        assert {f["file_name"] for f in content["frames"]} == set(contents(root / "out"))
        assert len(content["frames"]) == len(frames.frames)


class TestStills:
    def test_bursts_are_told_apart_by_what_they_show(self, predictor, stills, tmp_path):
        shutil.copy(stills / "0_2.jpg", stills / "0_2_copy.jpg")
        frames = draw_frames([stills], predictor, tmp_path / "out", DrawSettings())
        assert {f.clip for f in frames.frames} == {"stills/0_2.jpg", "stills/1_2.jpg"}
        assert {f.place for f in frames.frames} == {"stills"}
        assert (frames.clips, frames.candidates, frames.near_duplicates) == (1, 7, 1)
        assert all(f.motion > 0 for f in frames.frames)
        assert [f.frame_index for f in frames.frames] == [0, 2, 3, 0, 1, 2]


class TestErrors:
    def test_a_folder_without_clips(self, predictor, tmp_path):
        (tmp_path / "notes.txt").write_text("no clip here")
        with pytest.raises(UsageError, match="no clip and no picture"):
            draw_frames([tmp_path], predictor, tmp_path / "out", SETTINGS)

    def test_clips_of_which_none_can_be_read(self, predictor, tmp_path):
        for name in ("a.mp4", "b.avi"):
            (tmp_path / name).write_bytes(b"no clip" * 50)
        with pytest.raises(GuardError, match=r"Not one of 2 clips.*a\.mp4"):
            draw_frames([tmp_path], predictor, tmp_path / "out", SETTINGS)
        assert not (tmp_path / "out" / "frames.json").exists()

    @pytest.mark.parametrize("settings", [
        DrawSettings(every_s=0), DrawSettings(per_clip=0), DrawSettings(most=0)])
    def test_settings_that_draw_nothing(self, predictor, sample_clips, tmp_path, settings):
        with pytest.raises(UsageError):
            draw_frames([sample_clips], predictor, tmp_path, settings)

    def test_a_folder_that_is_a_file(self, predictor, stills, tmp_path):
        (tmp_path / "out").write_text("")
        with pytest.raises(UsageError, match="can't be written"):
            draw_frames([stills], predictor, tmp_path / "out", SETTINGS)
