"""Makes the helpers beside the tests importable, in this process and in the workers it starts."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from wildpose.analysis import AnalyzeSettings, Progress, RunSummary, analyze

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def made_clips(tmp_path_factory) -> Path:
    """A small folder of clips: two animals, none, a truncated file, one that is no video."""
    from blob_clips import write_blob_clip

    root = tmp_path_factory.mktemp("made") / "clips"
    write_blob_clip(root / "east" / "two.avi", blobs=2)
    write_blob_clip(root / "east" / "one.mp4", blobs=1)
    write_blob_clip(root / "west" / "empty.avi", blobs=0)
    whole = write_blob_clip(root / "west" / "cut.avi", blobs=1, frames=40).read_bytes()
    (root / "west" / "cut.avi").write_bytes(whole[: len(whole) * 6 // 10])
    (root / "west" / "rubbish.mp4").write_bytes(b"no video" * 100)
    return root


@pytest.fixture
def clips(made_clips, tmp_path) -> Path:
    """The same clips to be played with."""
    shutil.copytree(made_clips, tmp_path / "clips")
    return tmp_path / "clips"


@dataclass(frozen=True)
class Made:
    """A finished run of ``made_clips``, its summary, and what was seen while it went on."""

    run: Path
    summary: RunSummary
    news: list[Progress]
    finished: list[str | None]


@pytest.fixture(scope="session")
def made(made_clips, tmp_path_factory) -> Made:
    """A run to be read, not to be changed."""
    from blob_predictor import BlobFactory

    run, news, finished = tmp_path_factory.mktemp("made") / "run", [], []

    def look(progress: Progress) -> None:
        news.append(progress)
        finished.append(json.loads((run / "run.json").read_text())["finished"])

    summary = analyze(AnalyzeSettings(made_clips, run, workers=2), look, BlobFactory())
    return Made(run, summary, news, finished)
