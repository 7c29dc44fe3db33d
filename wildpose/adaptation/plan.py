"""What an adaptation will do and about how long it takes, before it is begun."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from wildpose.adaptation.claim import check
from wildpose.adaptation.frames import estimate
from wildpose.adaptation.inputs import footage_of, look_at
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.student import StudentSettings
from wildpose.adaptation.teachers import adaptable, is_chart_rcnn
from wildpose.models.predictor import Predictor, load_predictor

STEP_COST = 5.0
"""A picture of a training step costs so many times what the teacher's answer to one costs: there
and back again through every layer. Like the next, measured on two cores."""
DRAWING_COST = 2.0
"""So much does a candidate cost: reading it, often twice, and the first half of the network."""
CHART_RCNN_STEP_COST = 3.0
CHART_RCNN_DRAWING_COST = 0.25
"""The same of a DensePose R-CNN, which learns from smaller pictures than it looks at, and takes a
candidate in smaller still."""
DENSE_STEP_COST = 8.0
"""A step of the dense-pose head alone; and each region is cut from a picture that is looked at."""
JUDGING_COST = 4.0
"""Calibrating the student and comparing it with its teacher looks so often at each picture."""


@dataclass(frozen=True)
class Plan:
    """What will be done.

    Attributes
    ----------
    clips : int
    footage_s : float
        Seconds in all of them.
    candidates, pictures : int
        Frames that are looked at; at most so many of them are labelled.
    rounds, steps, batch : int
        0 where labels alone are wanted.
    source : str
    seconds : float
        About how long it takes on this machine.
    """

    clips: int
    footage_s: float
    candidates: int
    pictures: int
    rounds: int
    steps: int
    batch: int
    source: str
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As `wildpose adapt --dry-run --json` prints it."""
        return dict(vars(self))


def plan(settings: AdaptSettings) -> Plan:
    """Look at the clips, time the teacher, and reckon.

    Raises
    ------
    UsageError, DataError, ModelError
        Clips, folders or a model that can't be used: the same as the work itself would say.
    """
    inputs = look_at(settings)
    check(settings, inputs)
    source = inputs.source
    predictor = load_predictor(settings.teacher, device=settings.student.device)
    clips, footage_s = estimate(settings.clips, settings.out)
    candidates, pictures = _numbers(settings, clips, footage_s)
    answer_s = _seconds_per_picture(predictor)
    student = settings.student
    drawing, step = _costs(predictor)
    each_round = answer_s * (drawing * candidates + pictures
                             + step * student.steps * student.batch
                             + _dense_cost(student, len(source.parts) + 1)
                             + JUDGING_COST * source.judged_on)
    return Plan(clips, footage_s, candidates, pictures, settings.rounds, student.steps,
                student.batch, source.said, settings.rounds * each_round)


def plan_labels(settings: AdaptSettings) -> Plan:
    """The same for labels alone (:func:`wildpose.adaptation.labelling.label_only`).

    Raises
    ------
    UsageError, ModelError
        Clips or a model that can't be used.
    """
    adaptable(settings.teacher)
    footage_of(settings)
    predictor = load_predictor(settings.teacher, device=settings.student.device)
    clips, footage_s = estimate(settings.clips, settings.out)
    candidates, pictures = _numbers(settings, clips, footage_s)
    drawing, _ = _costs(predictor)
    return Plan(clips, footage_s, candidates, pictures, 0, 0, 0, "",
                _seconds_per_picture(predictor) * (drawing * candidates + pictures))


def _numbers(settings: AdaptSettings, clips: int, footage_s: float) -> tuple[int, int]:
    """Candidates, and how many of them are labelled at most."""
    candidates = max(clips, round(footage_s / settings.draw.every_s))
    return candidates, min(settings.draw.most, candidates, clips * settings.draw.per_clip)


def _costs(predictor: Predictor) -> tuple[float, float]:
    """Of a candidate, and of a picture of a training step."""
    if is_chart_rcnn(predictor.description):
        return CHART_RCNN_DRAWING_COST, CHART_RCNN_STEP_COST
    return DRAWING_COST, STEP_COST


def _dense_cost(student: StudentSettings, sources: int) -> float:
    if not student.dense_steps:
        return 0.0
    return student.regions * sources + DENSE_STEP_COST * student.dense_steps


def _seconds_per_picture(predictor: Predictor) -> float:
    blank = np.full((360, 640, 3), 114, np.uint8)
    predictor.predict([blank])
    started = time.perf_counter()
    predictor.predict([blank])
    return time.perf_counter() - started
