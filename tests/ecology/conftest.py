"""Makes the helper beside the tests importable, and one run for all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from wildpose.results.run_folder import RunFolder


@pytest.fixture(scope="session")
def survey_run(tmp_path_factory) -> RunFolder:
    """The run of `survey`, to be read only."""
    from ecology_run import survey

    return RunFolder(survey().write(tmp_path_factory.mktemp("ecology") / "run"))


@pytest.fixture
def table(tmp_path):
    """Write a CSV; give back its path."""

    def write(content: str, name: str = "deployments.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_text(content, encoding=encoding)
        return path

    return write
