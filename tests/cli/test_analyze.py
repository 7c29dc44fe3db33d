"""`wildpose analyze` on the sample clips with the shipped model, as `make demo` calls it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wildpose import masks
from wildpose.cli import main
from wildpose.results.run_folder import RunFolder

pytestmark = pytest.mark.long
KEYS = ["run", "clips", "clips_with_animals", "clips_failed", "clips_partial", "detections",
        "tracks", "people", "frames", "seconds"]
QUICK = ("--every", "0.5s", "--workers", "1")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("runs") / "demo"


@pytest.fixture(scope="module")
def first(wildpose, sample_clips, run_folder):
    """The first call, for programs."""
    return wildpose("analyze", sample_clips, "--out", run_folder, *QUICK, "--json")


def test_json_is_one_object_with_the_keys_of_the_contract(first, run_folder):
    found = json.loads(first.stdout)
    assert list(found) == KEYS
    assert found["run"] == str(run_folder)
    assert list(found["people"]) == ["detections", "tracks"]


def test_the_damaged_clip_makes_exit_code_3_and_the_others_are_done(first):
    found = json.loads(first.stdout)
    assert first.returncode == 3
    assert (found["clips"], found["clips_partial"], found["clips_failed"]) == (5, 1, 0)
    assert found["clips_with_animals"] >= 3


def test_plain_lines_of_progress_go_to_standard_error(first):
    lines = [line for line in first.stderr.splitlines() if " clips" in line]
    assert lines[-1].startswith("5/5 clips")
    assert "\x1b" not in first.stderr


def test_the_same_command_again_is_quick_and_says_where_all_is(first, wildpose, sample_clips,
                                                               run_folder):
    done = wildpose("analyze", sample_clips, "--out", run_folder, *QUICK)
    assert done.returncode == 3
    assert done.stdout.startswith("5 clips in")
    for place in ("summary.html", "sheets", "clips.csv", "failures.csv"):
        assert str(run_folder / place) in done.stdout
        assert (run_folder / place).exists()


def test_other_settings_are_refused_in_one_line(first, wildpose, sample_clips, run_folder):
    done = wildpose("analyze", sample_clips, "--out", run_folder, "--every", "1s")
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_quiet_prints_nothing(first, wildpose, sample_clips, run_folder):
    done = wildpose("analyze", sample_clips, "--out", run_folder, *QUICK, "--quiet")
    assert (done.stdout, done.stderr) == ("", "")


def test_ctrl_c_ends_in_one_line_that_says_how_to_go_on(sample_clips, tmp_path):
    call = [sys.executable, "-c", "import sys; from wildpose.cli import main; sys.exit(main())",
            "analyze", str(sample_clips), "--out", str(tmp_path / "run"), "--every", "all"]
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True, start_new_session=True) as work:
        lines = [work.stderr.readline()]  # the first line of progress: it has begun
        work.send_signal(signal.SIGINT)
        lines += work.stderr.read().splitlines()
    assert work.returncode == 130
    assert "same command" in lines[-1]  # said by analyze, or by the command if it has not begun
    assert not any("Traceback" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no/such/folder"], "no/such/folder"),
        (["{empty}"], "no clip found"),
        (["{clips}", "--every", "fast"], "--every fast"),
        (["{clips}", "--threshold", "7"], "threshold"),
        (["{clips}", "--workers", "-2"], "workers"),
        (["{clips}", "--model", "no-such-model"], "no-such-model"),
        (["{clips}", "--device", "tpu"], "tpu"),
        (["{clips}", "--detections", "no/such.json"], "no/such.json"),
        (["{clips}", "--detections", "md.json", "--every", "1s"], "--every 1s: with --detections"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(sample_clips, tmp_path, capfd, words, said):
    (tmp_path / "empty").mkdir()
    filled = [word.format(empty=tmp_path / "empty", clips=sample_clips) for word in words]
    assert main(["analyze", *filled, "--out", str(tmp_path / "run")]) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert said in printed.err
    assert len(printed.err.splitlines()) == 1


def test_an_export_for_megadetector_comes_in_again_with_the_same_boxes_and_tracks(
    first, wildpose, sample_clips, run_folder, tmp_path
):
    clip = "ridge_trail/05180016.MP4"
    assert wildpose("export", run_folder, "--format", "megadetector", "--out",
                    tmp_path / "md.json").returncode == 0
    content = json.loads((tmp_path / "md.json").read_text())
    content["images"] = [entry for entry in content["images"] if entry["file"] == clip]
    (tmp_path / "md.json").write_text(json.dumps(content))
    (tmp_path / "clips" / clip).parent.mkdir(parents=True)
    shutil.copy(sample_clips / clip, tmp_path / "clips" / clip)
    done = wildpose("analyze", tmp_path / "clips", "--out", tmp_path / "again", "--detections",
                    tmp_path / "md.json", "--workers", "1", "--blur-people")
    assert done.returncode == 0, done.stderr
    once, again = (table[table["clip"] == clip].reset_index(drop=True)
                   for table in (RunFolder(run_folder).detections(),
                                 RunFolder(tmp_path / "again").detections()))
    assert len(once) > 5
    for name in ("frame_index", "time_s", "track_id", "class"):
        assert once[name].tolist() == again[name].tolist()
    sides = ["x1", "y1", "x2", "y2"]
    assert again[sides].to_numpy() == pytest.approx(once[sides].to_numpy(), abs=0.01)
    assert again["score"].to_numpy() == pytest.approx(once["score"].to_numpy(), abs=1e-5)
    assert again["mask_rle"].notna().all()
    size = [int(v) for v in RunFolder(tmp_path / "again").clips()[["height", "width"]].iloc[0]]
    pairs = [[{"size": size, "counts": counts} for counts in both]
             for both in zip(once["mask_rle"], again["mask_rle"], strict=True) if all(both)]
    assert min(masks.mask_iou([a], [b])[0, 0] for a, b in pairs) > 0.98
    info = RunFolder(tmp_path / "again").info()
    assert info["settings"]["blur_people"]
    assert info["model"]["score_threshold"] == pytest.approx(
        RunFolder(run_folder).info()["model"]["score_threshold"])


def test_the_run_can_be_reviewed(first, wildpose, run_folder):
    done = wildpose("review", run_folder, "--no-app", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clips"] == 5
