"""Help reads well in a narrow terminal and costs no heavy import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wildpose.cli import main
from wildpose.cli.app import COMMANDS

HEAVY = ("torch", "torchvision", "pandas", "numpy", "pyarrow", "scipy", "sklearn", "matplotlib",
         "av", "fiftyone", "cv2", "PIL", "rich")
ALL_HELP = [["--help"], *([name, "--help"] for name in COMMANDS)]


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from wildpose.cli import main\n"
        f"codes = [main(words) for words in {ALL_HELP!r}]\n"
        f"heavy = sorted(set(sys.modules) & set({HEAVY!r}))\n"
        "sys.exit(f'imported {heavy}' if heavy else any(codes))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage: wildpose") == len(ALL_HELP)


def test_no_word_at_all_shows_the_help(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["wildpose"])
    assert main() == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_terminal_of_80_columns(capsys, name):
    assert main([name, "--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    for option in ("--json", "--debug", "--quiet", "--help"):
        assert any(option in line for line in lines)


def test_list_of_commands_is_not_cut_short(capsys):
    main(["--help"])
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("wildpose 0.")
