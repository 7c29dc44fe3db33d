"""Fixtures that tests share: where the data outside the repository and the sample clips are."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
collect_ignore_glob = ["*/make_*.py"]
"""They make data of tests, by packages that are not installed here."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files marked as long come first: no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_counts() -> None:
    """A suite started in the background inherits that Ctrl-C is ignored, here and below."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def reviews_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Reviews of the tests never touch the data of whoever runs them."""
    os.environ["WILDPOSE_HOME"] = str(tmp_path_factory.mktemp("wildpose"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real material, or a skip that says how to get it."""
    folder = Path(os.environ.get("WILDPOSE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the real material in {folder}: set WILDPOSE_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def sample_clips() -> Path:
    """The committed sample clips."""
    return ROOT / "sample_data" / "clips"
