"""Help reads well in a narrow terminal and costs no heavy import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wildpose.cli.app import COMMANDS

HEAVY = ("torch", "torchvision", "pandas", "numpy", "pyarrow", "scipy", "sklearn", "matplotlib",
         "av", "fiftyone", "cv2", "PIL", "rich")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys\n"
        "from wildpose.cli import main\n"
        f"code = main({words!r})\n"
        f"heavy = sorted(set(sys.modules) & set({HEAVY!r}))\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: wildpose")


def test_no_word_at_all_shows_the_help(wildpose):
    done = wildpose()
    assert done.returncode == 0
    assert "Commands:" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_fits_a_terminal_of_80_columns(wildpose, name):
    lines = wildpose(name, "--help").stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for option in ("--json", "--debug", "--quiet", "--help"):
        assert any(option in line for line in lines)


def test_list_of_commands_is_not_cut_short(wildpose):
    assert "..." not in wildpose("--help").stdout.split("Commands:")[1]


def test_version(wildpose):
    assert wildpose("--version").stdout.startswith("wildpose 0.")
