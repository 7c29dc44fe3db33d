"""Runs the command as a user does: as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def wildpose() -> Run:
    """Call `wildpose` with these words; give back what it printed and its exit code."""

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        call = [sys.executable, "-c", "import sys; from wildpose.cli import main; sys.exit(main())"]
        return subprocess.run(
            [*call, *map(str, words)], capture_output=True, text=True, timeout=600, check=False
        )

    return run
