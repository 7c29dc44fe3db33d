"""Whatever goes wrong is one clear line on standard error, and an exit code."""

from __future__ import annotations

import errno

import pytest
import typer

from wildpose.cli.failure import explain
from wildpose.cli.main import main
from wildpose.errors import ClipError, DataError, GuardError, ModelError, UsageError, WildposeError


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (DataError, 2), (ModelError, 2), (ClipError, 3), (GuardError, 4)],
)
def test_errors_of_ours_are_message_and_remedy(kind, code):
    failure = explain(kind("x.avi holds\nno picture.", "Copy it again."))
    assert failure.line == "x.avi holds no picture. Copy it again."
    assert failure.exit_code == code


def test_a_full_disk_is_no_bug():
    failure = explain(OSError(errno.ENOSPC, "No space left on device", "runs/a/clips.csv"))
    assert failure.line.startswith("runs/a/clips.csv: No space left on device. The disk is full")
    assert failure.exit_code == 2


def test_a_pair_of_torch_that_does_not_fit_leads_to_the_doctor():
    failure = explain(RuntimeError("operator torchvision::nms does not exist"))
    assert "wildpose doctor" in failure.line
    assert failure.exit_code == 2


def test_too_little_memory_names_a_way_out():
    assert "--workers 1" in explain(MemoryError()).line


def test_anything_else_is_a_bug_of_ours_and_says_how_to_report_it():
    failure = explain(KeyError("box"))
    assert "KeyError" in failure.line
    assert "--debug" in failure.line
    assert failure.exit_code == 1


@pytest.fixture
def broken(monkeypatch):
    """Make `wildpose models` raise what a test gives."""

    def arrange(error: BaseException) -> None:
        def fail() -> None:
            raise error

        monkeypatch.setattr("wildpose.models.folder.available_models", fail)

    return arrange


def test_no_traceback_unless_asked_for(broken, capsys):
    broken(ValueError("odd"))
    assert main(["models"]) == 1
    shown = capsys.readouterr()
    assert shown.err.splitlines() == [shown.err.strip()]
    assert shown.err.startswith("error: ValueError: odd")
    assert main(["models", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(broken, capsys):
    broken(KeyboardInterrupt())
    assert main(["models"]) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_a_stop_by_the_user_is_not_called_an_error(broken, capsys):
    class StoppedError(WildposeError):
        exit_code = 130

    broken(StoppedError("Stopped: 3 of 9 clips are kept."))
    assert main(["models"]) == 130
    assert capsys.readouterr().err == "Stopped: 3 of 9 clips are kept.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["analyse"], "no such command 'analyse'. Did you mean 'analyze'? See `wildpose --help`."),
        (["analyze"], "missing argument 'CLIPS'. See `wildpose analyze --help`."),
        (["analyze", "clips"], "missing option '--out'. See `wildpose analyze --help`."),
        (["review", "r", "--prot", "1"], "no such option: --prot"),
        (["review", "r", "--port", "x"], "--port"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_help(words, said, capsys):
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert shown.err.startswith("error: ")
    assert said in shown.err


def test_typer_still_raises_its_own_kind():
    assert issubclass(typer.BadParameter, typer.TyperException)
