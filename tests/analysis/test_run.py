"""``analyze`` end to end on real files, and everything that can go wrong around it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from blob_clips import blob_image, write_blob_clip
from blob_predictor import BlobFactory, FaultyFactory
from PIL import Image

from wildpose.analysis import AnalyzeSettings, StoppedError, analyze
from wildpose.analysis.pool import WorkerStartError
from wildpose.errors import ModelError, UsageError
from wildpose.results.check import check_run
from wildpose.results.run_folder import RunFolder

pytestmark = pytest.mark.long
HERE = Path(__file__).parent
TABLES = ("clips", "tracks", "detections", "failures")


def go(clips: Path, out: Path, factory: BlobFactory | None = None, report=lambda p: None, **more):
    settings = AnalyzeSettings(clips, out, **{"workers": 1, **more})
    return analyze(settings, report, factory or BlobFactory())


def tables_of(run: Path) -> dict[str, pd.DataFrame]:
    folder = RunFolder(run)
    tables = {name: getattr(folder, name)() for name in TABLES}
    tables["clips"] = tables["clips"].drop(columns="seconds")
    return tables


def assert_same_tables(first: Path, second: Path) -> None:
    ours, theirs = tables_of(first), tables_of(second)
    for name in TABLES:
        pd.testing.assert_frame_equal(ours[name], theirs[name])


def test_a_folder_of_clips_becomes_a_run(made):
    run, summary, news = RunFolder(made.run), made.summary, made.news
    assert check_run(run.path) == []
    table = run.clips().set_index("clip")
    assert list(table.index) == ["east/one.mp4", "east/two.avi", "west/cut.avi", "west/empty.avi"]
    two = table.loc["east/two.avi"]
    assert (two.animal_tracks, two.max_animals, two.deployment) == (2, 2, "east")
    assert (two.width, two.height, two.frames_decoded, two.complete) == (160, 120, 25, True)
    assert two.frames_sampled == 13, "10 frames per second, every 0.2 s"
    assert two.best_score == pytest.approx(0.9)
    empty = table.loc["west/empty.avi"]
    assert not empty[["animal_tracks", "animal_detections", "max_animals"]].any()
    assert pd.isna(empty.best_score)
    assert pd.isna(empty.sheet)
    assert not table.complete["west/cut.avi"]

    boxes = run.detections().query("clip == 'east/two.avi' and frame_index == 10")
    assert boxes[["x1", "y1"]].round(-1).to_numpy().tolist() == [[30, 10], [30, 60]]
    assert boxes.mask_rle.notna().all()
    failures = run.failures().set_index("clip")
    assert failures.severity.to_dict() == {"west/cut.avi": "partial", "west/rubbish.mp4": "failed"}

    assert summary.as_json() | {"seconds": 0} == {
        "run": str(run.path), "clips": 5, "clips_with_animals": 3, "clips_failed": 1,
        "clips_partial": 1, "detections": len(run.detections()), "tracks": 4,
        "people": {"detections": 0, "tracks": 0}, "frames": int(table.frames_sampled.sum()),
        "seconds": 0}
    assert summary.exit_code == 3
    assert (news[0].clips_done, news[-1].clips_done, news[-1].clips_total) == (0, 5, 5)
    assert news[-1].frames == summary.frames
    assert news[-1].clips_failed == 1


def test_what_lies_in_the_run_folder(made):
    run = RunFolder(made.run)
    assert set(made.finished) == {None}, "run.json says while the run goes on that it does"
    info = run.info()
    assert info["finished"]
    assert info["model"] == {"name": "blobs", "sha256": "blobs-1", "score_threshold": 0.5}
    assert info["counts"]["clips"] == 5
    assert {"decode", "infer", "track", "draw", "write"} <= set(info["seconds_per_stage"])
    sheets = run.clips().sheet.dropna()
    assert len(sheets) == 3
    with Image.open(run.sheet(sheets.iloc[0])) as sheet:
        assert sheet.format == "JPEG"
        assert sheet.width > 600
    page = (run.path / "summary.html").read_text(encoding="utf-8")
    assert "east/two.avi" in page
    assert "west/rubbish.mp4" in page
    assert not list(run.path.rglob(".*.part"))


def test_the_same_command_again_changes_nothing(made_clips, made, tmp_path):
    shutil.copytree(made.run, tmp_path / "run")
    news = []
    go(made_clips, tmp_path / "run", report=news.append)
    assert news[0].clips_done == 4, "only the clip that could not be read is tried again"
    assert_same_tables(tmp_path / "run", made.run)


def test_new_and_changed_clips_are_analysed_and_the_rest_is_not(clips, tmp_path):
    shutil.rmtree(clips / "east")
    go(clips, tmp_path / "run")
    write_blob_clip(clips / "west" / "empty.avi", blobs=1)
    write_blob_clip(clips / "west" / "new.avi", blobs=1)
    (clips / "west" / "rubbish.mp4").unlink()
    done = []
    summary = go(clips, tmp_path / "run", report=lambda p: done.append(p.clip))
    assert {clip for clip in done if clip} == {"west/empty.avi", "west/new.avi"}
    assert (summary.clips, summary.clips_failed, summary.clips_with_animals) == (3, 0, 3)
    assert check_run(tmp_path / "run") == []


def test_kill_in_the_middle_and_again_gives_the_same_tables(made_clips, made, tmp_path):
    out = tmp_path / "killed"
    command = [sys.executable, HERE / "blob_run.py", made_clips, out]
    with subprocess.Popen([*command, "0.02"], stdout=subprocess.PIPE, text=True) as process:
        for _ in range(2):
            assert process.stdout.readline().startswith("done")
        process.send_signal(signal.SIGKILL)
    assert not (out / "clips.parquet").exists()
    with pytest.raises(UsageError, match="has not come to an end"):
        RunFolder(out)

    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 3, again.stderr
    assert again.stdout.count("done") < 5
    assert_same_tables(out, made.run)
    assert check_run(out) == []


def test_a_stop_by_hand_keeps_what_is_done_and_says_how_to_go_on(made_clips, made, tmp_path):
    def stop(progress):
        if progress.clip:
            raise KeyboardInterrupt

    with pytest.raises(StoppedError, match=r"1 of 5 clips .* Run the same command again"):
        go(made_clips, tmp_path / "run", report=stop)
    go(made_clips, tmp_path / "run")
    assert_same_tables(tmp_path / "run", made.run)


@pytest.fixture
def marked(tmp_path) -> Path:
    """One ordinary clip and one that predictors react to."""
    write_blob_clip(tmp_path / "marked" / "fine.avi", blobs=1)
    write_blob_clip(tmp_path / "marked" / "marked.avi", blobs=1, marked=True)
    return tmp_path / "marked"


def test_a_clip_that_kills_its_worker_is_tried_again_then_given_up(marked, tmp_path):
    summary = go(marked, tmp_path / "run", BlobFactory(on_mark="die"))
    failures = RunFolder(tmp_path / "run").failures().set_index("clip")
    assert failures.stage.to_dict() == {"marked.avi": "analyse"}
    assert failures.reason["marked.avi"] == ("the process that analysed it ended with code 9, "
                                             "2 times")
    assert (summary.clips, summary.clips_failed, summary.exit_code) == (2, 1, 3)
    assert check_run(tmp_path / "run") == []


def test_a_worker_that_dies_once_costs_nothing_but_time(marked, tmp_path):
    summary = go(marked, tmp_path / "run", BlobFactory("die once", tmp_path / "memory"))
    assert (tmp_path / "memory").exists()
    assert (summary.clips_failed, summary.clips_with_animals, summary.exit_code) == (0, 2, 0)


def test_a_fault_in_one_clip_does_not_end_the_run(marked, tmp_path):
    summary = go(marked, tmp_path / "run", BlobFactory(on_mark="raise"))
    reason = RunFolder(tmp_path / "run").failures().set_index("clip").reason["marked.avi"]
    assert reason.startswith("ValueError: a fault in the model (blob_predictor.py:")
    assert summary.clips_failed == 1


def test_workers_that_can_not_begin_end_the_run_clearly(marked, tmp_path):
    with pytest.raises(ModelError, match="the weights are broken"):
        go(marked, tmp_path / "run", FaultyFactory())
    with pytest.raises(WorkerStartError, match="ended with code 7"):
        go(marked, tmp_path / "run", FaultyFactory(dies=True))


def test_other_settings_and_another_model_are_refused(made_clips, made):
    with pytest.raises(UsageError, match=r"every_s = 0\.2, this command says 1\.0"):
        go(made_clips, made.run, every_s=1.0)
    with pytest.raises(UsageError, match="fast"):
        go(made_clips, made.run, fast=True)
    with pytest.raises(UsageError, match=r'model digest = "blobs-1"'):
        go(made_clips, made.run, BlobFactory(digest="blobs-2"))


def test_foreign_folders_are_refused(clips, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="no run of wildpose"):
        go(clips, tmp_path / "photos")
    with pytest.raises(UsageError, match="is a file"):
        go(clips, tmp_path / "photos" / "mine.txt")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("wrong", [{"every_s": 0.0}, {"score_threshold": 1.5}, {"batch": 0}])
def test_settings_that_can_not_be_used(clips, tmp_path, wrong):
    with pytest.raises(UsageError):
        go(clips, tmp_path / "run", **wrong)
    assert not (tmp_path / "run").exists()


def test_no_clip_at_all(tmp_path):
    (tmp_path / "clips").mkdir()
    with pytest.raises(UsageError, match=r"no clip found\. .*--stills") as caught:
        go(tmp_path / "clips", tmp_path / "run")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()
    with pytest.raises(UsageError, match="no such file or folder"):
        go(tmp_path / "nowhere", tmp_path / "run")


def test_a_target_that_can_not_be_made(clips, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"can't be written: Not a directory\. Choose a folder"):
        go(clips, tmp_path / "file" / "run")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_target_without_write_permission(clips, tmp_path):
    (tmp_path / "run").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="can't be written: Permission denied"):
        go(clips, tmp_path / "run")


def test_a_full_disk_ends_clearly_and_the_run_goes_on_later(clips, tmp_path):
    limited = ("import resource, sys, runpy\n"
               "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
               "resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))\n"
               "sys.argv = sys.argv[1:]\n"
               "runpy.run_path(sys.argv[0], run_name='__main__')\n")
    (tmp_path / "limited.py").write_text(limited)
    out = tmp_path / "run"
    result = subprocess.run(
        [sys.executable, tmp_path / "limited.py", HERE / "blob_run.py", clips, out],
        capture_output=True, text=True, check=False)
    assert result.returncode == 2, result.stderr
    assert "can't be written" in result.stderr
    assert "Traceback" not in result.stderr
    go(clips, out)
    assert check_run(out) == []


def test_links_are_read_once(clips, tmp_path):
    shutil.rmtree(clips / "west")
    (clips / "west").mkdir()
    (clips / "west" / "link.avi").symlink_to(clips / "east" / "two.avi")
    (clips / "west" / "loop").symlink_to(clips)
    os.link(clips / "east" / "one.mp4", clips / "west" / "same.mp4")
    summary = go(clips, tmp_path / "run")
    skipped = RunFolder(tmp_path / "run").failures().query("severity == 'skipped'")
    assert skipped["clip"].tolist() == ["west/link.avi", "west/loop", "west/same.mp4"]
    assert (summary.clips, summary.clips_failed) == (2, 0), "links are no clips"
    assert summary.exit_code == 0


def test_names_that_are_no_text(tmp_path):
    root = tmp_path / "clips"
    whole = write_blob_clip(root / "a.avi", blobs=1)
    shutil.copy(whole, os.fsencode(root) + b"/b\xff.avi")
    shutil.copy(whole, root / "e\u0301.avi")
    shutil.copy(whole, root / "\u00e9.avi")
    shutil.copy(whole, root / "line\nbreak, \"quoted\".avi")
    assert go(root, tmp_path / "run").clips == 5
    assert len(set(RunFolder(tmp_path / "run").clips()["clip"])) == 5
    assert check_run(tmp_path / "run") == []


def test_one_clip_instead_of_a_folder(clips, tmp_path):
    summary = go(clips / "east" / "two.avi", tmp_path / "run", every_s=None)
    assert (summary.clips, summary.frames) == (1, 25)
    assert RunFolder(tmp_path / "run").clips().every_s.isna().all()


def test_folders_of_pictures(tmp_path):
    folder = tmp_path / "clips" / "site"
    folder.mkdir(parents=True)
    for index in range(3):
        Image.fromarray(blob_image(index, blobs=1)).save(folder / f"{index}.jpg")
    Image.fromarray(blob_image(0, blobs=2)[:100]).save(folder / "other_size.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    summary = go(tmp_path / "clips", tmp_path / "run", stills=True)
    run = RunFolder(tmp_path / "run")
    assert run.clips().set_index("clip").frames_sampled.to_dict() == {
        "site@160x100": 1, "site@160x120": 3}
    assert run.detections().picture.tolist() == ["other_size.png"] * 2 + ["0.jpg", "1.jpg", "2.jpg"]
    assert run.failures()["clip"].tolist() == ["site/broken.jpg"]
    assert (summary.clips, summary.clips_failed) == (3, 1)
    assert check_run(run.path) == []
