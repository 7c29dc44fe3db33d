"""A place in which notebooks run one after the other, as they would in a clone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from stale import differences

from notebooks.execute import copy_workplace, execute, read


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return copy_workplace(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def stale_in(place) -> Callable[[str], list[str]]:
    """Execute the notebook of that name; say where its outputs are no longer the committed ones."""

    def found(name: str) -> list[str]:
        return differences(read(place / name), execute(place / name))

    return found
