"""A run folder written as `analyze` writes it, and one database for all tests of the review."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from wildpose import masks
from wildpose.results.files import write_json
from wildpose.results.journal import Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.schema import CLIPS, DETECTIONS
from wildpose.results.tables import write_tables
from wildpose.review.belonging import RUN_ID
from wildpose.review.environment import start_fiftyone
from wildpose.review.sync import dataset_name
from wildpose.video import write_clip

WIDTH, HEIGHT, FRAMES, RATE = 64, 48, 20, 10.0


@dataclass(frozen=True)
class Box:
    """One row of the table detections."""

    frame: int
    track: int
    xyxy: tuple[float, float, float, float]
    score: float = 0.75
    name: str = "animal"
    mask: bool = False

    def row(self, clip: str) -> dict:
        x1, y1, x2, y2 = self.xyxy
        values = dict.fromkeys(DETECTIONS.column_names)
        values |= {
            "clip": clip, "deployment": Path(clip).parent.as_posix(), "frame_index": self.frame,
            "time_s": self.frame / RATE, "track_id": self.track, "class": self.name,
            "score": self.score, "x1": x1, "y1": y1, "x2": x2, "y2": y2}
        if self.mask:
            picture = np.zeros((HEIGHT, WIDTH), bool)
            picture[int(y1) : int(y2), int(x1) : int(x2)] = True
            values |= {"mask_rle": masks.encode(picture)["counts"], "mask_confidence": 0.9}
        return values


@dataclass
class RunWriter:
    """Writes clips and a run over them; call `write` again for another analysis of them."""

    folder: Path
    boxes: dict[str, list[Box]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    partial: dict[str, str] = field(default_factory=dict)
    capture_time: str | None = "2026-05-04T06:07:08+02:00"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    def source(self, clip: str) -> Path:
        path = self.folder / "clips" / clip
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            ramp = np.linspace(0, 255, WIDTH, dtype=np.uint8)[None, :, None]
            images = [np.broadcast_to((ramp + 8 * i) % 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)
                      for i in range(FRAMES)]
            write_clip(path, images, RATE, codec="libx264" if path.suffix == ".mp4" else "mjpeg")
        return path

    def write(self) -> Path:
        self.run.mkdir(parents=True, exist_ok=True)
        journal_path = self.run / "journal.sqlite"
        journal_path.unlink(missing_ok=True)
        with Journal.open(journal_path, {}) as journal:
            for clip, boxes in self.boxes.items():
                journal.record(self._record(clip, boxes))
            for clip, reason in self.failed.items():
                row = failure_row(clip, Path(clip).parent.as_posix(), "open", reason)
                journal.record(ClipRecord(clip, FileStamp(1, 1), None, failures=(row,)))
            write_tables(journal, self.run)
        write_json(self.run / "run.json", {"model": {"name": "animal-small"}})
        return self.run

    def _record(self, clip: str, boxes: list[Box]) -> ClipRecord:
        animals = [b for b in boxes if b.name == "animal"]
        people = [b for b in boxes if b.name == "person"]
        row = dict.fromkeys(CLIPS.column_names) | {
            "clip": clip, "deployment": Path(clip).parent.as_posix(),
            "path": str(self.source(clip)), "width": WIDTH, "height": HEIGHT, "frame_rate": RATE,
            "duration_s": FRAMES / RATE, "frames_declared": FRAMES, "frames_decoded": FRAMES,
            "frames_sampled": FRAMES // 3, "packet_errors": 0, "every_s": 0.3,
            "capture_time": self.capture_time, "capture_time_source": "RIFF:DateTimeOriginal",
            "animal_tracks": len({b.track for b in animals} - {0}),
            "person_tracks": len({b.track for b in people} - {0}),
            "animal_detections": len(animals), "person_detections": len(people),
            "max_animals": max((sum(b.frame == a.frame for b in animals) for a in animals),
                               default=0),
            "best_score": max((b.score for b in animals), default=None),
            "first_animal_s": min((b.frame / RATE for b in animals), default=None),
            "last_animal_s": max((b.frame / RATE for b in animals), default=None),
            "complete": clip not in self.partial, "seconds": 0.5}
        failures = ()
        if clip in self.partial:
            failures = (failure_row(clip, row["deployment"], "decode", self.partial[clip],
                                    severity="partial"),)
        return ClipRecord(clip, FileStamp(1, 1), row, (), tuple(b.row(clip) for b in boxes),
                          failures)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the one database that all tests share, with a name that needs quoting."""
    folder = tmp_path_factory.mktemp("review")
    (folder / "user").mkdir()
    os.environ["HOME"] = str(folder / "user")
    place = folder / "one home #1 🦌"
    start_fiftyone(place)
    return place


def one_animal() -> list[Box]:
    """One animal on frames 3, 6 and 12, and one box without a track."""
    return [Box(3, 1, (4, 4, 14, 24), mask=True), Box(6, 1, (10, 4, 20, 24), 0.9, mask=True),
            Box(12, 1, (40, 10, 50, 30), 0.6), Box(6, 0, (1, 1, 5, 5), 0.2)]


@pytest.fixture
def two_runs(tmp_path: Path) -> list[Path]:
    """Two runs of one clip each, with the boxes of `writer`, which nobody reviewed yet."""
    return [RunWriter(tmp_path / name, {"wald/a.mp4": one_animal()}).write() for name in "ab"]


@pytest.fixture
def writer(home: Path) -> RunWriter:
    """A run of one clip with one animal and one box without a track.

    All tests use one folder, and so one data set, which is emptied: declaring its fields takes
    longer than all the rest of a test.
    """
    import fiftyone as fo

    folder = home.parent / "space"
    shutil.rmtree(folder, ignore_errors=True)
    name = dataset_name(folder / "run")
    if fo.dataset_exists(name):
        dataset = fo.load_dataset(name)
        dataset.clear()
        dataset.info.pop(RUN_ID, None)
        dataset.save()
    return RunWriter(folder, {"wald/a.mp4": one_animal()})


@pytest.fixture
def json_round_trip():
    """Whether a value survives JSON."""
    return lambda value: json.loads(json.dumps(value)) == value
