"""People in contact sheets (``analyze --blur-people``), found surely, doubtfully or just before."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wildpose.analysis.clip import ClipSettings, analyse_clip
from wildpose.analysis.jobs import ClipJob
from wildpose.results.record import FileStamp
from wildpose.tracking import TrackSettings
from wildpose.types import ClassId, Detections
from wildpose.video import write_clip

SIZE = (320, 240)
PERSON = (200, 60, 260, 200)
ANIMAL = (20, 100, 80, 160)


@dataclass
class Watcher:
    """Sees the animal in each frame, and the person in some, with the scores given."""

    person_scores: list[float]
    seen: int = 0

    def predict(self, images: list[np.ndarray]) -> list[Detections]:
        found = []
        for _ in images:
            score = self.person_scores[self.seen]
            self.seen += 1
            rows = [(ANIMAL, 0.9, ClassId.ANIMAL)]
            rows += [(PERSON, score, ClassId.PERSON)] if score else []
            found.append(Detections.of(*zip(*rows, strict=True)))
        return found


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    """Five frames, with checks where the person stands, and with nothing there."""
    folder = tmp_path_factory.mktemp("people")
    image = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
    write_clip(folder / "bare.mp4", [image] * 5, 5)
    x1, y1, x2, y2 = PERSON
    image[y1:y2, x1:x2] = (np.indices((y2 - y1, x2 - x1)).sum(0) // 10 % 2 * 255)[..., None]
    write_clip(folder / "person.mp4", [image] * 5, 5)
    return {name: folder / f"{name}.mp4" for name in ("bare", "person")}


def edges(clip: Path, scores: list[float], *, blur: bool) -> int:
    """Steps from nearly black to nearly white in the sheet: checks that can be recognised."""
    settings = ClipSettings(0.2, 0.5, 1, TrackSettings(), blur_people=blur)
    job = ClipJob(clip, "a.mp4", ".", FileStamp(0, 0))
    record = analyse_clip(job, Watcher(scores), settings)
    assert record.row["frames_sampled"] == 5
    sheet = np.asarray(Image.open(io.BytesIO(record.sheet_jpeg)).convert("L")).astype(int)
    cells = sheet[70:]  # below the title
    return int((np.abs(cells[:, 3:] - cells[:, :-3]) > 180).sum())


@pytest.mark.parametrize(("scores", "what"), [
    ([0.9] * 5, "a person that is followed"),
    ([0.2] * 5, "one too doubtful for the tables"),
    ([0.9, 0.9, 0.0, 0.9, 0.9], "missed in a frame between"),
    ([0.0, 0.9, 0.9, 0.9, 0.0], "missed in the first and last"),
    ([0.0, 0.2, 0.0, 0.2, 0.0], "seen now and then"),
])
def test_no_frame_of_a_sheet_shows_a_person(clips, scores, what):
    lines = edges(clips["bare"], scores, blur=False)
    plain, hidden = (edges(clips["person"], scores, blur=blur) for blur in (False, True))
    assert plain > lines + 5000
    assert hidden < lines + 500, what


def test_what_is_no_person_stays(clips):
    plain, hidden = (edges(clips["person"], [0.0] * 5, blur=blur) for blur in (False, True))
    assert plain == hidden
