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

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wildpose.adaptation.census import Census, advice, census_picture
from wildpose.adaptation.comparison import compare
from wildpose.adaptation.corrections import correction_source
from wildpose.adaptation.frames import DrawnFrames, DrawSettings, draw_frames
from wildpose.adaptation.labels import DOUBTFUL, Labelled, LabelSettings, label_frames
from wildpose.adaptation.publish import Round, publish, refuse
from wildpose.adaptation.source import SourceData, find_source, render_source
from wildpose.adaptation.student import StudentSettings, student_recipe, train_student
from wildpose.adaptation.verdict import Verdict, decide
from wildpose.errors import GuardError, UsageError
from wildpose.models.folder import find_model
from wildpose.models.predictor import load_predictor
from wildpose.results.files import write_json

HISTOGRAM_BINS = 20


@dataclass(frozen=True)
class AdaptSettings:
    """What to adapt, to what, and how.

    Attributes
    ----------
    clips : tuple of Path
        Clips, stills, or folders of them: the target.
    teacher : str
        A shipped name or a model folder.
    species : str
        For the card.
    out : Path
    source : Path or None
        The user's own labelled folder; see :mod:`wildpose.adaptation.source`.
    validation : Path or None
        A labelled folder of the target, to judge by; never learnt from.
    corrections : Path or None
        A labelled folder of the target, to learn from.
    rounds : int
    draw : DrawSettings
    label : LabelSettings
    student : StudentSettings
    margin : float
        Box AP on the source that a student may lose.
    """

    clips: tuple[Path, ...]
    teacher: str
    species: str
    out: Path
    source: Path | None = None
    validation: Path | None = None
    corrections: Path | None = None
    rounds: int = 1
    draw: DrawSettings = field(default_factory=DrawSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    student: StudentSettings = field(default_factory=StudentSettings)
    margin: float = 0.02

    def as_json(self) -> dict[str, Any]:
        """All that a result hangs on, as it is kept."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return content


@dataclass(frozen=True)
class Adapted:
    """What came out."""

    model: Path | None
    rounds: tuple[Round, ...]

    @property
    def verdict(self) -> Verdict:
        """Of the last round."""
        return self.rounds[-1].verdict

    def as_json(self) -> dict[str, Any]:
        """As `wildpose adapt --json` prints it (design section 7)."""
        judged = self.verdict.as_json()
        decisive = judged.get("target") or judged.get("source") or {}
        return {
            "model": None if self.model is None else str(self.model),
            "accepted": self.model is not None,
            "reason": self.verdict.reason,
            "teacher": decisive.get("teacher"), "student": decisive.get("student"),
            "rounds": [{"census": r.census.as_json(), **r.verdict.as_json()} for r in self.rounds],
        }


Progress = Callable[[str, int, int], None]
"""Takes the name of the step, what is done of it, and how much there is."""


def adapt(settings: AdaptSettings, progress: Progress = lambda step, done, total: None) -> Adapted:
    """Adapt a model; the same call again goes on where an earlier one stopped.

    Raises
    ------
    UsageError, DataError, ModelError
        Clips, folders or a model that can't be used; an OUT of other settings.
    GuardError
        There is nothing to learn from: the message says what was seen and what to do.
    """
    find_model(settings.teacher)
    work = settings.out / "rounds"
    _claim(work, settings)
    source = find_source(settings.source, work,
                         judged_elsewhere=settings.validation is not None)
    if source.kind == "rendered":
        progress("rendering", 0, 1)
        render_source(work, settings.student.seed)
    teacher, rounds = settings.teacher, []
    accepted: list[Round] = []
    for number in range(1, settings.rounds + 1):
        done = _round(settings, source, teacher, work / f"round-{number}", progress)
        rounds.append(done)
        if not done.verdict.accepted:
            break
        accepted.append(done)
        teacher = str(done.model)
    if not accepted:
        refuse(rounds[-1], settings.out)
        return Adapted(None, tuple(rounds))
    publish(accepted[-1], settings.out, settings.species, settings.teacher, source.said)
    return Adapted(settings.out, tuple(rounds))


def _claim(work: Path, settings: AdaptSettings) -> None:
    """Make the folder ours, or refuse one of other settings."""
    kept, content = work / "settings.json", settings.as_json()
    try:
        if kept.exists():
            if json.loads(kept.read_text("utf-8")) != content:
                raise UsageError(f"{settings.out} holds an adaptation with other settings.",
                                 "Choose another --out, or remove that folder.")
            return
        if (settings.out / "model.json").exists():
            raise UsageError(f"{settings.out} holds a model already.", "Choose another --out.")
        work.mkdir(parents=True, exist_ok=True)
        write_json(kept, content)
    except (OSError, ValueError) as error:
        raise UsageError(f"{work}: can't be used ({error}).", "Choose another --out.") from error


def _round(
    settings: AdaptSettings, source: SourceData, teacher: str, folder: Path, progress: Progress
) -> Round:
    frames_folder = folder / "frames"
    frames_folder.mkdir(parents=True, exist_ok=True)
    predictor = load_predictor(teacher, device=settings.student.device, minimum_score=DOUBTFUL / 2)
    drawn = draw_frames(settings.clips, predictor, frames_folder, settings.draw,
                        lambda done, total: progress("drawing", done, total),
                        avoid=settings.out)
    census = _labelled(settings, drawn, predictor, folder, progress)
    too_little = advice(census)
    corrections = correction_source(settings.corrections)
    if too_little and corrections is None:
        raise GuardError(too_little)
    targets = [{"name": "teacher", "folder": str(frames_folder.resolve()), "share": 1.0},
               *([corrections] if corrections else [])]
    recipe = student_recipe(settings.out.name, teacher, source, targets, settings.student)
    model = train_student(
        recipe, teacher, folder, device=settings.student.device,
        on_step=lambda report, steps: progress("training", report.step, steps))
    verdict = _judged(settings, source, teacher, model, folder, progress)
    return Round(folder, model, teacher, census, verdict)


def _labelled(
    settings: AdaptSettings, drawn: DrawnFrames, predictor: Any, folder: Path, progress: Progress
) -> Census:
    kept = folder / "census.json"
    if kept.exists() and (folder / "frames" / "annotations.json").exists():
        return Census.from_json(json.loads(kept.read_text("utf-8")))
    said = label_frames(predictor, drawn.frames, folder / "frames", settings.label,
                        lambda done, total: progress("labelling", done, total))
    census = census_of(drawn, said)
    (folder / "census.jpg").write_bytes(census_picture(census))
    write_json(kept, census.as_json())
    return census


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
        empty_frames=said.empty_frames, points_per_chart=said.points_per_chart,
        score_histogram=tuple(histogram), kept_day=said.kept_day, kept_night=said.kept_night,
        threshold=said.threshold,
    )


def _judged(
    settings: AdaptSettings, source: SourceData, teacher: str, model: Path, folder: Path,
    progress: Progress,
) -> Verdict:
    def judging(done: int, total: int) -> None:
        progress("judging", done, total)

    kept_out = source.validation or model / "held_out"
    on_source = on_target = None
    if (kept_out / "annotations.json").is_file():
        on_source = compare(teacher, str(model), kept_out, device=settings.student.device,
                            keep=folder / "said", progress=judging)
    if settings.validation is not None:
        on_target = compare(teacher, str(model), settings.validation,
                            device=settings.student.device, keep=folder / "said",
                            progress=judging)
    verdict = decide(on_source, on_target, margin=settings.margin)
    write_json(folder / "verdict.json", verdict.as_json())
    return verdict
