"""``analyze --detections``: boxes of a MegaDetector file over real clips, and what can be wrong."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from blob_clips import blob_image, write_blob_clip
from given_blobs import GivenBlobFactory, batch, blob_box, video
from PIL import Image

from wildpose import masks
from wildpose.analysis import AnalyzeSettings, RunSummary, analyze
from wildpose.analysis.clip import ClipSettings, analyse_clip
from wildpose.analysis.given_plan import plan_on, read_given
from wildpose.analysis.plan import Plan, make_plan
from wildpose.errors import DataError, UsageError
from wildpose.results.check import check_run
from wildpose.results.record import ClipRecord
from wildpose.results.run_folder import RunFolder
from wildpose.tracking import TrackSettings

HERE = Path(__file__).parent
BOX = ["x1", "y1", "x2", "y2"]


@pytest.fixture(scope="module")
def one_clip(tmp_path_factory) -> Path:
    """A folder with one clip of 25 frames, a blob in it, and one without."""
    root = tmp_path_factory.mktemp("given") / "clips"
    write_blob_clip(root / "east" / "one.mp4", blobs=1)
    write_blob_clip(root / "west" / "empty.avi", blobs=0)
    return root


EMPTY = video([0, 10, 20], [])


def planned(clips: Path, json_file: Path, **more) -> tuple[Plan, AnalyzeSettings]:
    """What is to be done, without the doing."""
    given = read_given(json_file)
    settings = given.settings(AnalyzeSettings(clips, clips.parent / "run", detections=json_file,
                                              **more))
    return plan_on(given, make_plan(settings), settings), settings


def looked_at(clips: Path, json_file: Path, **more) -> dict[str, ClipRecord]:
    """What the clips leave, worked on in this process."""
    plan, settings = planned(clips, json_file, **more)
    threshold = settings.score_threshold
    how = ClipSettings(None, threshold, 4, TrackSettings(
        start_score=threshold, keep_score=min(TrackSettings.keep_score, threshold)),
        blur_people=settings.blur_people)
    return {job.clip: analyse_clip(job, GivenBlobFactory(), how) for job in plan.jobs}


def failures_of(plan: Plan) -> dict[str, tuple[str, str]]:
    return {row["clip"]: (row["severity"], row["reason"]) for row in plan.failures}


def go(clips: Path, run: Path, json_file: Path, **more) -> RunSummary:
    settings = AnalyzeSettings(clips, run, workers=1, detections=json_file, **more)
    return analyze(settings, predictor=GivenBlobFactory())


def test_boxes_and_frames_are_those_of_the_file(one_clip, tmp_path):
    boxes = [blob_box(f, conf=0.3 + f / 100) for f in (2, 4, 10)] + [blob_box(4, 1, conf=0.02)]
    file = batch(tmp_path / "md.json", {
        "east\\one.mp4": video([0, 2, 4, 10], boxes), "west/empty.avi": EMPTY})
    records = looked_at(one_clip, file)
    one, empty = records["east/one.mp4"], records["west/empty.avi"]
    assert [r.row["frames_sampled"] for r in (one, empty)] == [4, 3]
    assert [r.row["animal_tracks"] for r in (one, empty)] == [1, 0]
    assert [r.row["complete"] for r in (one, empty)] == [True, True]
    assert empty.row["every_s"] == pytest.approx(1.0)
    found = one.detections
    assert [d["frame_index"] for d in found] == [2, 4, 10], "0.02 can neither count nor bridge"
    assert [d["score"] for d in found] == pytest.approx([0.32, 0.34, 0.4])
    assert [found[1][side] for side in BOX] == pytest.approx([16, 10, 40, 34], abs=1e-4)
    mask = masks.decode({"size": [120, 160], "counts": found[1]["mask_rle"]})
    assert mask[10:34, 16:40].mean() > 0.9
    assert {d["track_id"] for d in found} == {1}


@pytest.mark.parametrize(("info", "more", "expected"), [
    ({}, {}, 0.2),
    ({"detector_metadata": {"typical_detection_threshold": 0.75}}, {}, 0.75),
    ({"detector_metadata": {"typical_detection_threshold": None}}, {}, 0.2),
    ({"detector_metadata": {"typical_detection_threshold": 0.75}}, {"score_threshold": 0.5}, 0.5),
])
def test_the_threshold_is_the_files_own(one_clip, tmp_path, info, more, expected):
    boxes = [blob_box(f, conf=0.6) for f in (2, 8)]
    file = batch(tmp_path / "md.json", {"east/one.mp4": video([2, 8], boxes)}, **info)
    assert planned(one_clip, file, **more)[1].score_threshold == expected
    tracks = looked_at(one_clip, file, **more)["east/one.mp4"].tracks
    assert len(tracks) == (expected < 0.6)


def test_old_files_list_only_frames_with_boxes(one_clip, tmp_path):
    old = {"frame_rate": 10.0, "detections": [blob_box(2), blob_box(6), blob_box(9, category="3")]}
    file = batch(tmp_path / "md.json", {
        "east/one.mp4": old, "west/empty.avi": {"detections": []}}, format_version="1.4")
    records = looked_at(one_clip, file, blur_people=True)
    one, empty = (records[clip].row for clip in ("east/one.mp4", "west/empty.avi"))
    assert (one["frames_sampled"], empty["frames_sampled"]) == (3, 0)
    for row in (one, empty):
        assert "only frames with boxes" in row["notes"]
        assert row["complete"]
    assert "1 boxes of vehicle" in one["notes"]
    assert (empty["width"], empty["animal_detections"], empty["frames_decoded"]) == (160, 0, 25)


def test_boxes_behind_the_last_frame_make_a_clip_partial(one_clip, tmp_path):
    file = batch(tmp_path / "md.json", {
        "east/one.mp4": video([2, 30, 40], [blob_box(2), blob_box(30), blob_box(40)]),
        "west/empty.avi": video([0, 10, 25], [])})
    one, empty = looked_at(one_clip, file).values()
    assert (one.row["complete"], empty.row["complete"]) == (False, True)
    assert [(row["severity"], row["reason"]) for row in one.failures] == [
        ("partial", "2 of 3 boxes of md.json are on frames behind the clip's last, which is 24")]


def test_a_box_without_area_is_noted(one_clip, tmp_path):
    flat = blob_box(4, bbox=[0.5, 0.5, 0, 0.2])
    file = batch(tmp_path / "md.json", {"east/one.mp4": video([4], [blob_box(4), flat])})
    one = looked_at(one_clip, file)["east/one.mp4"]
    assert "1 boxes without area" in one.row["notes"]
    assert len(one.detections) == 1


def test_every_frame_is_written_as_every_frame(one_clip, tmp_path):
    file = batch(tmp_path / "md.json", {"east/one.mp4": video(range(25), []),
                                        "west/empty.avi": video([7], [])})
    every, one = (record.row["every_s"] for record in looked_at(one_clip, file).values())
    assert every is None
    assert one == pytest.approx(2.5), "one frame in the whole clip"


def test_folders_of_pictures(tmp_path):
    folder = tmp_path / "clips" / "site"
    folder.mkdir(parents=True)
    for index in range(4):
        Image.fromarray(blob_image(index, blobs=1)).save(folder / f"{index}.jpg")
    still = {"detections": [{k: v for k, v in blob_box(1).items() if k != "frame_number"}]}
    named = {"site/0.jpg": {"detections": []}, "site/1.jpg": still}
    file = batch(tmp_path / "md.json", named | {
        "site/2.jpg": {"failure": "broken", "detections": None}})
    site = looked_at(tmp_path / "clips", file, stills=True)["site"]
    (found,) = site.detections
    assert found["picture"] == "1.jpg"
    assert [found[side] for side in BOX] == pytest.approx([7, 10, 31, 34], abs=1e-4)
    assert (site.row["frames_sampled"], site.row["animal_tracks"], site.row["complete"]) == (
        2, 1, False)
    assert [row["reason"] for row in site.failures] == [
        "md.json says nothing of 2 of 4 pictures, the first: 2.jpg: broken"]

    Image.fromarray(blob_image(0, blobs=0)).save(folder / "whole.jpg")
    half = (folder / "whole.jpg").read_bytes()[:700]
    for name in ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "whole.jpg"):
        (folder / name).write_bytes(half)
    lost = looked_at(tmp_path / "clips", file, stills=True)["site"]
    assert (lost.row, lost.failures[0]["severity"]) == (None, "failed")

    with pytest.raises(UsageError, match=r"no clip found\. .*--stills"):
        go(tmp_path / "clips", tmp_path / "none", file)
    write_blob_clip(tmp_path / "clips" / "a.mp4", blobs=0)
    plan, _ = planned(tmp_path / "clips", batch(file, named | {"a.mp4": video([0], [])}))
    assert failures_of(plan) == {
        "site/0.jpg": ("skipped", "2 entries of md.json are pictures, this is the first")}


def test_paths_however_they_are_written(one_clip, tmp_path):
    shutil.copytree(one_clip, tmp_path / "clips")
    clips = tmp_path / "clips"
    (clips / "east" / "one.mp4").rename(clips / "east" / "e\u0301 #1.mp4")
    (clips / "west" / "empty.avi").rename(clips / "west" / "\u00fc.avi")
    file = batch(tmp_path / "md.json", {
        ".\\east\\\u00e9 #1.mp4": EMPTY, f"{clips.resolve()}/west/u\u0308.avi": EMPTY})
    plan, _ = planned(clips, file)
    assert (len(plan.jobs), plan.failures) == (2, ())
    shutil.copy(clips / "west" / "\u00fc.avi", clips / "west" / "u\u0308.avi")
    plan, _ = planned(clips, batch(file, {"west/u\u0308.avi": EMPTY, "west/\u00fc.avi": video(
        [3], []), "east/\u00e9 #1.mp4": EMPTY}))
    assert sorted(len(job.given.frames) for job in plan.jobs) == [1, 3, 3]
    plan, _ = planned(clips / "west" / "\u00fc.avi", batch(
        file, {"\u00fc.avi": EMPTY, "east/other.mp4": EMPTY}))
    assert (len(plan.jobs), plan.failures) == (1, ())


def test_run_json_and_page_say_whose_boxes_and_scores_they_are(one_clip, tmp_path):
    cars = [blob_box(2), blob_box(2, category="3"), blob_box(4, category="3")]
    file = batch(tmp_path / "md.json", {"east/one.mp4": video([2, 4], cars),
                                        "west/empty.avi": EMPTY})
    assert go(one_clip, tmp_path / "run", file).exit_code == 0
    assert check_run(tmp_path / "run") == []
    info = RunFolder(tmp_path / "run").info()
    assert info["detections"]["file"] == "md.json"
    assert info["detections"]["detector"] == "md_v5a.0.0.pt"
    assert "not calibrated" in info["detections"]["scores"]
    assert info["detections"]["boxes_left_out"] == {"vehicle": 2}
    assert (info["settings"]["every_s"], info["model"]["score_threshold"]) == (None, 0.2)
    page = (tmp_path / "run" / "summary.html").read_text("utf-8")
    assert "md_v5a.0.0.pt" in page
    assert "2 of vehicle" in page


def test_what_the_file_does_not_speak_of_is_a_failure(clips, tmp_path):
    file = batch(tmp_path / "md.json", {
        "east/two.avi": video([0, 2], [blob_box(0), blob_box(2)]),
        "east/one.mp4": {"frame_rate": 0, "frames_processed": [], "detections": None,
                         "failure": "Failure video open"},
        "west/cut.avi": {"detections": [{"category": "1", "conf": 0.9, "bbox": [0, 0, 0.5, 0.5],
                                         "frame_number": 0}], "frame_rate": 10},
        "west/rubbish.mp4": video([0], []),
        "north/gone.mp4": video([0], []),
    })
    summary = go(clips, tmp_path / "run", file)
    failures = RunFolder(tmp_path / "run").failures().set_index("clip")
    reasons = failures.reason[failures.severity == "failed"].to_dict()
    assert reasons.keys() == {"east/one.mp4", "west/empty.avi", "west/rubbish.mp4",
                              "north/gone.mp4"}
    assert reasons["east/one.mp4"] == "its detector could not read it: Failure video open"
    assert reasons["west/empty.avi"] == "md.json does not name this clip"
    assert reasons["north/gone.mp4"] == "md.json names it, but there is no such clip"
    assert failures.severity["west/cut.avi"] == "partial"
    assert (summary.clips, summary.clips_failed, summary.exit_code) == (6, 4, 3)
    assert set(RunFolder(tmp_path / "run").clips()["clip"]) == {"east/two.avi", "west/cut.avi"}
    assert check_run(tmp_path / "run") == []


@pytest.mark.parametrize(("content", "said"), [
    ("no json", "can't be read as JSON"),
    ('{"images": []}', "no batch file"),
    (json.dumps({"info": {"format_version": "1.6"}, "detection_categories": {"1": "animal"},
                 "images": [{"file": "east/one.mp4", **video([0], [blob_box(0, category="9")])}]}),
     r"east/one\.mp4: category 9"),
    (json.dumps({"info": {"format_version": "1.6"}, "detection_categories": {"1": "animal"},
                 "images": [{"file": "east/one.mp4", **video([0], [
                     blob_box(0, bbox=[40, 30, 50, 60])])}]}), r"east/one\.mp4: bbox must be"),
])
def test_a_file_that_can_not_be_right_ends_in_one_line_before_any_work(
    one_clip, tmp_path, content, said
):
    (tmp_path / "md.json").write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        go(one_clip, tmp_path / "run", tmp_path / "md.json")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()
    with pytest.raises(DataError, match="No such file"):
        go(one_clip, tmp_path / "run", tmp_path / "other.json")


def test_a_file_of_another_folder_is_refused(one_clip, tmp_path):
    file = batch(tmp_path / "md.json", {"clips/east/one.mp4": EMPTY})
    with pytest.raises(UsageError, match=r"names none of the clips .* its first is clips/east/one"):
        go(one_clip, tmp_path / "run", file)
    with pytest.raises(UsageError, match="it is empty"):
        go(one_clip, tmp_path / "run", batch(file, {}))


def test_a_run_keeps_to_one_file_and_to_clips_that_went_away(one_clip, tmp_path):
    clips = shutil.copytree(one_clip, tmp_path / "clips")
    entries = {"east/one.mp4": EMPTY, "west/empty.avi": EMPTY}
    file = batch(tmp_path / "md.json", entries)
    go(clips, tmp_path / "run", file)
    (clips / "west" / "empty.avi").unlink()
    assert go(clips, tmp_path / "run", file.rename(tmp_path / "moved.json")).clips_failed == 0
    assert len(RunFolder(tmp_path / "run").clips()) == 2
    assert check_run(tmp_path / "run") == []
    other = batch(tmp_path / "md.json", entries | {"west/empty.avi": video([1], [])})
    with pytest.raises(UsageError, match="begun with detections"):
        go(clips, tmp_path / "run", other)
    with pytest.raises(UsageError, match="begun with detections"):
        analyze(AnalyzeSettings(clips, tmp_path / "run", every_s=None, score_threshold=0.2),
                predictor=GivenBlobFactory())


def test_kill_in_the_middle_and_again_gives_the_same_tables(tmp_path):
    clips = tmp_path / "clips"
    entries = {}
    for name in ("a.avi", "b.avi", "c.avi"):
        write_blob_clip(clips / name, blobs=1)
        entries[name] = video(range(0, 25, 2), [blob_box(f) for f in range(0, 25, 2)])
    file = batch(tmp_path / "md.json", entries)
    go(clips, tmp_path / "whole", file)
    command = [sys.executable, HERE / "blob_run.py", clips, tmp_path / "killed", "0.02", "given",
               file]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("done")
        process.send_signal(signal.SIGKILL)
    go(clips, tmp_path / "killed", file)
    for table in ("clips", "tracks", "detections", "failures"):
        ours, theirs = (getattr(RunFolder(tmp_path / run), table)() for run in ("killed", "whole"))
        pd.testing.assert_frame_equal(ours.drop(columns="seconds", errors="ignore"),
                                      theirs.drop(columns="seconds", errors="ignore"))
