"""`wildpose analyze` on the sample clips with the shipped model, as `make demo` calls it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(wildpose, sample_clips, tmp_path, words, said):
    (tmp_path / "empty").mkdir()
    filled = [word.format(empty=tmp_path / "empty", clips=sample_clips) for word in words]
    done = wildpose("analyze", *filled, "--out", tmp_path / "run")
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_run_can_be_reviewed(first, wildpose, run_folder):
    done = wildpose("review", run_folder, "--no-app", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["clips"] == 5
