"""A web server for downloads, with no proxy in between."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from web_server import Site, served

from wildpose.models.exchange import download


@pytest.fixture
def site(monkeypatch):
    """A site to fetch from; waiting between tries costs no time."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(download, "WAIT_S", 0.0)
    with served() as running:
        yield running


__all__ = ["Site", "site"]
