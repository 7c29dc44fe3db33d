"""The first half of an adaptation: draw frames of clips and let a teacher label them.

It can also be all that is wanted (``wildpose adapt --labels-only``), for a training from a recipe
such as ``recipes/student_r50_uv.yaml``. The folder that is written then::

    OUT/images/  annotations.json   a labelled folder like any other, of drafts
    OUT/census.json  census.jpg     what was seen, kept and dropped
    OUT/frames.json  labels.json    how the frames were drawn, and what the labels hang on
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.adaptation.census import Census, advice, census_picture
from wildpose.adaptation.claim import claim_labels
from wildpose.adaptation.frames import DrawnFrames, draw_frames
from wildpose.adaptation.inputs import footage_of
from wildpose.adaptation.labels import DOUBTFUL, Labelled, label_frames
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.teachers import adaptable, is_chart_rcnn, looked_for
from wildpose.errors import GuardError
from wildpose.models.folder import read_description
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.results.files import write_bytes, write_json

HISTOGRAM_BINS = 20

Progress = Callable[[str, int, int], None]
"""Takes the name of the step, what is done of it, and how much there is."""


@dataclass(frozen=True)
class LabelledClips:
    """What a teacher labelled.

    Attributes
    ----------
    folder : Path
    drawn : DrawnFrames
    census : Census
    surface : {"reference", "smpl"}
        Whose charts its points lie on, for the recipe's ``labels``.
    """

    folder: Path
    drawn: DrawnFrames
    census: Census
    surface: str

    def as_json(self) -> dict[str, Any]:
        """As `wildpose adapt --labels-only --json` prints it."""
        return {"labels": str(self.folder), "surface": self.surface,
                "census": self.census.as_json()}


def label_only(
    settings: AdaptSettings, progress: Progress = lambda step, done, total: None
) -> LabelledClips:
    """Label frames of clips and train nothing; the same call again goes on where it stopped.

    Of the settings only clips, teacher, out, device and how to draw and label count.

    Raises
    ------
    UsageError, DataError, ModelError
        Clips or a model that can't be used; an OUT of other settings.
    GuardError
        There is nothing to learn from: the message says what was seen and what to do.
    """
    teacher = adaptable(settings.teacher)
    claim_labels(settings, teacher, footage_of(settings))
    predictor = teacher_of(settings, settings.teacher)
    drawn, census = label_clips(settings, predictor, settings.out, settings.out, progress)
    too_little = advice(census)
    if too_little:
        raise GuardError(too_little)
    surface = "smpl" if is_chart_rcnn(read_description(teacher)) else "reference"
    return LabelledClips(settings.out, drawn, census, surface)


def teacher_of(settings: AdaptSettings, name: str) -> Predictor:
    """The teacher, loaded so that it says what is doubtful, too."""
    return load_predictor(name, device=settings.student.device, minimum_score=DOUBTFUL / 2)


def label_clips(
    settings: AdaptSettings, predictor: Predictor, frames: Path, report: Path, progress: Progress
) -> tuple[DrawnFrames, Census]:
    """Draw and label frames, as far as that has not been done.

    Parameters
    ----------
    settings : AdaptSettings
    predictor : Predictor
        The teacher (:func:`teacher_of`).
    frames, report : Path
        Folders for the pictures with their labels, and for the census.
    progress : callable
    """
    drawn = draw_frames(settings.clips, predictor, frames, settings.draw,
                        lambda done, total: progress("drawing", done, total),
                        avoid=settings.out)
    kept = report / "census.json"
    if kept.exists() and (frames / "annotations.json").exists():
        return drawn, Census.from_json(json.loads(kept.read_text("utf-8")))
    said = label_frames(predictor, drawn.frames, frames, settings.label,
                        lambda done, total: progress("labelling", done, total),
                        looked_for(predictor.description))
    census = census_of(drawn, said)
    write_bytes(report / "census.jpg", census_picture(census))
    write_json(kept, census.as_json())
    return drawn, census


def census_of(drawn: DrawnFrames, said: Labelled) -> Census:
    """What a round saw, kept and dropped."""
    histogram = [0] * HISTOGRAM_BINS
    for score in said.scores:
        histogram[min(int(score * HISTOGRAM_BINS), HISTOGRAM_BINS - 1)] += 1
    night = sum(f.night for f in drawn.frames)
    return Census(
        frames=len(drawn.frames), frames_day=len(drawn.frames) - night, frames_night=night,
        clips=drawn.clips, clips_failed=len(drawn.clips_failed),
        near_duplicates=drawn.near_duplicates, thinned=drawn.thinned,
        detections=len(said.scores), kept=said.kept, people=said.people, doubtful=said.doubtful,
        empty_frames=said.empty_frames, unused_frames=said.unused_frames,
        points_per_chart=said.points_per_chart,
        score_histogram=tuple(histogram), kept_day=said.kept_day, kept_night=said.kept_night,
        threshold=said.threshold,
    )
