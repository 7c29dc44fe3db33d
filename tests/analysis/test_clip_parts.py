"""The small parts of a clip's analysis: stages, thumbnails, rows, progress, pictures in folders."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.progress import Meter
from wildpose.analysis.rows import clip_counts, detection_rows, kept, sheet_name, track_rows
from wildpose.analysis.stages import StageClock
from wildpose.analysis.stills import StillsReader, find_stills
from wildpose.analysis.thumbnails import LONGEST_SIDE, Thumbnails
from wildpose.analysis.worker import Finished, Tick
from wildpose.results.record import ClipRecord, FileStamp
from wildpose.results.schema import CLIPS, DETECTIONS, TRACKS
from wildpose.tracking import tracks_of
from wildpose.types import ClassId, Detections, Frame, FrameDetections

JOB = ClipJob("x.mp4", "east/x.mp4", "east", FileStamp(0, 0))
ANIMAL, PERSON = ClassId.ANIMAL, ClassId.PERSON


def frame_of(index: int, scores, classes, tracks) -> FrameDetections:
    boxes = [(i, i, i + 10, i + 20) for i in range(len(scores))]
    found = Detections.of(boxes, scores, classes).with_track_id(tracks)
    return FrameDetections(index, index / 10, found)


FRAMES = [
    frame_of(0, [0.9, 0.3, 0.1], [ANIMAL, ANIMAL, ANIMAL], [1, 2, 0]),
    frame_of(2, [0.7, 0.8, 0.6], [ANIMAL, ANIMAL, PERSON], [1, 2, 3]),
    frame_of(4, [0.55, 0.7], [ANIMAL, PERSON], [0, 3]),
]


def test_what_is_kept_is_above_the_threshold_or_tracked():
    assert [frame.detections.score.tolist() for frame in kept(FRAMES, 0.5)] == [
        pytest.approx([0.9, 0.3]), pytest.approx([0.7, 0.8, 0.6]), pytest.approx([0.55, 0.7])]


def test_counts_of_a_clip():
    frames = kept(FRAMES, 0.5)
    tracks = track_rows(JOB, frames, tracks_of(frames))
    assert clip_counts(frames, tracks) == {
        "animal_tracks": 2, "person_tracks": 1, "animal_detections": 5, "person_detections": 2,
        "max_animals": 2, "best_score": pytest.approx(0.9), "first_animal_s": 0.0,
        "last_animal_s": 0.2, "best_frame_index": 0}, "the doubtful one at 0.4 s is no animal"
    assert [(t["track_id"], t["class"], t["detections"], t["duration_s"]) for t in tracks] == [
        (1, "animal", 2, 0.2), (2, "animal", 2, 0.2), (3, "person", 2, 0.2)]
    assert tracks[1]["mean_score"] == pytest.approx(0.55)


def test_an_empty_clip_is_a_row_of_zeros():
    counts = clip_counts([frame_of(0, [], [], [])], [])
    assert {value for value in counts.values() if value is not None} == {0}


def test_rows_have_the_columns_of_the_schema():
    frames = kept(FRAMES, 0.5)
    assert set(detection_rows(JOB, frames)[0]) == set(DETECTIONS.column_names)
    assert set(track_rows(JOB, frames, tracks_of(frames))[0]) == set(TRACKS.column_names)
    assert set(clip_counts(frames, [])) < set(CLIPS.column_names)


def test_sheet_names_are_safe_and_different():
    names = [sheet_name(clip) for clip in ("a/b.avi", "a_b.avi", "a b.avi", "../x", "é" * 300)]
    assert len(set(names)) == 5
    assert all(len(name) < 100 and name.isascii() and ".." not in name for name in names)


def test_stages_inside_stages_are_counted_once():
    now = iter([0, 1, 3, 6, 10])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wildpose.analysis.stages.time.perf_counter", lambda: next(now))
        clock = StageClock()
        with clock.stage("track"), clock.stage("decode"):
            pass
    assert clock.seconds == {"track": 2 + 4, "decode": 3}


@pytest.mark.parametrize("frames", [5, 40, 1000])
def test_thumbnails_stay_few_small_and_spread(frames):
    thumbnails = Thumbnails(threshold=0.5, most=8)
    image = np.zeros((720, 1280, 3), np.uint8)
    for index in range(frames):
        score = 0.99 if index == frames // 2 else 0.6
        thumbnails.offer(Frame(image, index, index / 10),
                         Detections.of([[0, 0, 9, 9]], [score], [ANIMAL]))
        thumbnails.offer(Frame(image, -1, 0.0), Detections.empty())
    chosen = thumbnails.frames()
    assert min(5, frames) <= len(chosen) <= 8
    assert frames // 2 in chosen, "the best one stays"
    assert list(chosen) == sorted(chosen)
    assert max(chosen) - min(chosen) >= frames * 0.6
    assert max(chosen[frames // 2].image.shape) == LONGEST_SIDE


def test_progress_counts_and_judges_by_bytes():
    news, now = [], [0.0]
    meter = Meter({"big": 8_900_000, "small": 0}, 3, news.append, clock=lambda: now[0])
    now[0] = 10.0
    meter.hear(Tick("big", 20))
    assert (news[-1].frames_per_s, news[-1].eta_s, news[-1].clips_total) == (2.0, None, 5)
    now[0] = 90.0
    meter.hear(Finished(ClipRecord("big", FileStamp(0, 0), None)))
    last = news[-1]
    assert (last.clips_done, last.clips_failed, last.clip) == (4, 1, "big")
    assert last.eta_s == pytest.approx(1.0), "a ninetieth of the bytes is left"


def _write_pictures(folder, times) -> None:
    folder.mkdir(exist_ok=True)
    for number, text in enumerate(times):
        picture = Image.new("RGB", (40, 30), (number, 0, 0))
        exif = picture.getexif()
        if text:
            exif.get_ifd(0x8769)[0x9003] = text
        picture.save(folder / f"{number}.jpg", exif=exif)


@pytest.mark.parametrize(("times", "expected"), [
    (["2025:04:22 01:00:00", "2025:04:22 01:00:00", "2025:04:22 01:00:05"], [0.0, 0.5, 5.0]),
    (["2025:04:22 01:00:00", None, "2025:04:22 01:00:05"], [0.0, 1.0, 2.0]),
    (["2025:04:22 01:00:09", "2025:04:22 01:00:05", "0000:00:00 00:00:00"], [0.0, 1.0, 2.0])])
def test_times_of_pictures(tmp_path, times, expected):
    _write_pictures(tmp_path / "site", times)
    (job,), _ = find_stills(tmp_path, avoid=tmp_path / "run")
    assert [frame.time_s for frame in StillsReader(job)] == expected


def test_pictures_turned_by_exif_are_upright(tmp_path):
    picture = Image.new("RGB", (40, 30))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    (job,), _ = find_stills(tmp_path, avoid=tmp_path / "run")
    assert (job.clip, job.deployment) == (".", ".")
    assert next(iter(StillsReader(job))).image.shape == (40, 30, 3)


def test_a_picture_that_goes_bad_after_it_was_found_is_a_fault_of_the_clip(tmp_path):
    _write_pictures(tmp_path / "site", [None, None])
    (job,), _ = find_stills(tmp_path, avoid=tmp_path / "run")
    whole = (tmp_path / "site" / "0.jpg").read_bytes()
    (tmp_path / "site" / "0.jpg").write_bytes(whole[: len(whole) // 2])
    reader = StillsReader(job)
    assert [frame.frame_index for frame in reader] == [1]
    assert reader.faults[0].startswith("0.jpg: ")
