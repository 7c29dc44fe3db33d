"""Adapt a model to clips: draw, label, train, judge; again for each round.

The folder that is written::

    OUT/model.json weights.safetensors README.md ...   the model, once a student is accepted
    OUT/rounds/settings.json  source/ source_held_out/  (pictures only where the source is rendered)
    OUT/rounds/round-1/frames/    pictures, frames.json, annotations.json of the teacher
    OUT/rounds/round-1/           census.json census.jpg recipe.yaml student/ said/ verdict.json
    OUT/refused/               a student that was not accepted, with its report

Every step is kept when it is whole, so the same call again goes on where it was stopped.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from wildpose.adaptation.census import advice
from wildpose.adaptation.claim import claim
from wildpose.adaptation.comparison import Compared, compare
from wildpose.adaptation.inputs import Inputs, look_at
from wildpose.adaptation.labelling import Progress, label_clips, teacher_of
from wildpose.adaptation.publish import Round, publish, refuse
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.source import render_source
from wildpose.adaptation.student import carry_calibration, student_recipe, train_student
from wildpose.adaptation.verdict import Verdict, decide
from wildpose.data.annotations import read_labelled
from wildpose.errors import GuardError, UsageError
from wildpose.results.files import write_json
from wildpose.training.dense_run import teaches_dense_pose

__all__ = ["AdaptSettings", "Adapted", "Progress", "adapt"]


@dataclass(frozen=True)
class Adapted:
    """What came out.

    Attributes
    ----------
    model : Path or None
        None where no student was accepted.
    rounds : tuple of Round
    stopped : str
        Why there were fewer rounds than asked for, where an accepted student found too little.
    """

    model: Path | None
    rounds: tuple[Round, ...]
    stopped: str = ""

    @property
    def verdict(self) -> Verdict:
        """Of the last round."""
        return self.rounds[-1].verdict

    @property
    def clips_failed(self) -> tuple[tuple[str, str], ...]:
        """Name and reason of each clip that could not be read."""
        return self.rounds[0].drawn.clips_failed

    @property
    def decisive(self) -> Round:
        """The round whose student is the model; the last one where none is."""
        return next((r for r in reversed(self.rounds) if r.verdict.accepted), self.rounds[-1])

    @property
    def reason(self) -> str:
        """Why there is a model or none, and what ended the rounds after it."""
        said = [self.decisive.verdict.reason]
        if self.decisive is not self.rounds[-1]:
            said.append(f"Round {len(self.rounds)}: {self.verdict.reason}")
        return " ".join([*said, self.stopped]).strip()

    def as_json(self) -> dict[str, Any]:
        """As `wildpose adapt --json` prints it (design section 7)."""
        judged = self.decisive.verdict.as_json()
        decisive = judged.get("target") or judged.get("source") or {}
        return {
            "model": None if self.model is None else str(self.model),
            "accepted": self.model is not None,
            "reason": self.reason,
            "teacher": decisive.get("teacher"), "student": decisive.get("student"),
            "rounds": [{"census": r.census.as_json(), **r.verdict.as_json()} for r in self.rounds],
        }


def adapt(settings: AdaptSettings, progress: Progress = lambda step, done, total: None) -> Adapted:
    """Adapt a model; the same call again goes on where an earlier one stopped.

    Raises
    ------
    UsageError, DataError, ModelError
        Clips, folders or a model that can't be used; an OUT of other settings.
    GuardError
        There is nothing to learn from: the message says what was seen and what to do.
    """
    inputs = look_at(settings)
    claim(settings, inputs)
    with _told_when_full(settings.out):
        return _adapted(settings, inputs, progress)


@contextmanager
def _told_when_full(out: Path) -> Iterator[None]:
    """A full disk is no bug of ours: torch and safetensors have errors of their own for it."""
    try:
        yield
    except (RuntimeError, SafetensorError) as error:
        before = error.__context__
        full = "No space left" in str(error) or (
            isinstance(before, OSError) and before.errno in (errno.ENOSPC, errno.EDQUOT))
        if not full:
            raise
        raise UsageError(f"{out}: the disk is full.",
                         "Free some space and run the same command again: what is finished is "
                         "kept.") from error


def _adapted(settings: AdaptSettings, inputs: Inputs, progress: Progress) -> Adapted:
    teacher, rounds, stopped = settings.teacher, list[Round](), ""
    for number in range(1, settings.rounds + 1):
        try:
            done = _round(settings, inputs, teacher, number, progress)
        except GuardError as error:
            if not rounds:
                raise
            stopped = f"Round {number} stopped: {error}"
            break
        rounds.append(done)
        if not done.verdict.accepted:
            refuse(done, settings)
            break
        teacher = str(done.model)
    accepted = tuple(r for r in rounds if r.verdict.accepted)
    if accepted:
        publish(accepted, settings, inputs)
    return Adapted(settings.out if accepted else None, tuple(rounds), stopped)


def _round(
    settings: AdaptSettings, inputs: Inputs, teacher: str, number: int, progress: Progress
) -> Round:
    work = settings.out / "rounds"
    folder = work / f"round-{number}"
    frames_folder = folder / "frames"
    frames_folder.mkdir(parents=True, exist_ok=True)
    predictor = teacher_of(settings, teacher)
    drawn, census = label_clips(settings, predictor, frames_folder, folder, progress)
    too_little = advice(census)
    if too_little and inputs.corrections is None:
        raise GuardError(too_little)
    if inputs.source.kind == "rendered" or settings.student.dense_steps:
        render_source(work, inputs.source.rendered, settings.student.seed,
                      lambda done, total: progress("rendering", done, total))
    targets = [{"name": "teacher", "folder": str(frames_folder.resolve()), "share": 1.0},
               *([inputs.corrections] if inputs.corrections else [])]
    for target in targets:
        if any(map(teaches_dense_pose, read_labelled(Path(target["folder"])))):
            target["dense_share"] = target["share"]
    recipe = student_recipe(settings.out.resolve().name, teacher, inputs.source, targets,
                            settings.student, points=settings.label.points)
    model = train_student(
        recipe, teacher, folder, device=settings.student.device,
        on_step=lambda report, steps: progress(
            f"training {report.of}", report.step, steps))
    carry_calibration(teacher, model)  # a call that was stopped may not have come to it
    kept_out = inputs.source.validation or model / "held_out"
    verdict = _judged(settings, kept_out, teacher, model, folder, progress)
    judged_on = settings.validation or (kept_out if verdict.source else None)
    return Round(folder, model, teacher, drawn, census, verdict, judged_on)


def _judged(
    settings: AdaptSettings, kept_out: Path, teacher: str, model: Path, folder: Path,
    progress: Progress,
) -> Verdict:
    def on(data: Path) -> Compared:
        return compare(teacher, str(model), data, device=settings.student.device,
                       keep=folder / "said",
                       progress=lambda done, total: progress("judging", done, total))

    on_source = on(kept_out) if (kept_out / "annotations.json").is_file() else None
    on_target = None if settings.validation is None else on(settings.validation)
    verdict = decide(on_source, on_target, margin=settings.margin)
    write_json(folder / "verdict.json", verdict.as_json())
    return verdict
