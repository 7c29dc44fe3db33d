"""The synthetic set of tests/evaluation/data, see make_data.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"


def load(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


@pytest.fixture
def coco() -> dict:
    return load("annotations")


@pytest.fixture
def predictions() -> dict:
    return load("predictions")


@pytest.fixture
def expected() -> dict:
    """What the contract prints for them."""
    return load("expected")["subsets"]
