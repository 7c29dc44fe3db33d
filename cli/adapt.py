"""`wildpose adapt`: a model that is better on the species of a user's own clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wildpose.errors import ClipError, GuardError, UsageError

from .answer import answering
from .options import Debug, Device, Json, Quiet, existing, parse_every
from .progress import Pace, progress, time_span

if TYPE_CHECKING:
    from wildpose.adaptation.census import Census
    from wildpose.adaptation.labelling import LabelledClips
    from wildpose.adaptation.plan import Plan
    from wildpose.adaptation.rankings import Ranking
    from wildpose.adaptation.run import Adapted
    from wildpose.adaptation.settings import AdaptSettings


TRAINING_ONLY = {
    "species": "--species", "source": "--source", "validation": "--val",
    "corrections": "--labels", "steps": "--steps", "target_share": "--target-share",
    "rounds": "--rounds", "margin": "--margin",
}
LISTED = 5
"""Clips that are named where they can't be read."""

Clips = Annotated[
    list[Path],
    typer.Argument(metavar="CLIPS...", help="Clips or photos of the species, or folders."),
]
Species = Annotated[
    str, typer.Option("--species", metavar="NAME", help="What is in them, for the card; needed.")
]
Out = Annotated[
    Path, typer.Option("--out", metavar="MODEL", help="Folder for the model; made if missing.")
]
Teacher = Annotated[
    str,
    typer.Option("--from", metavar="MODEL", help="The model to start from: name or folder."),
]
SourceFolder = Annotated[
    Path | None,
    typer.Option("--source", metavar="DIR", help="Labelled pictures (COCO) of other animals, "
                 "so that nothing is forgotten.",
                 show_default="our training data, else rendered animals"),
]
Validation = Annotated[
    Path | None,
    typer.Option("--val", metavar="DIR",
                 help="Labelled pictures of the species, to judge by; never learnt from."),
]
Corrections = Annotated[
    Path | None,
    typer.Option("--labels", metavar="DIR",
                 help="Pictures of the species that people labelled, to learn from: what "
                 "`wildpose corrections` wrote, or a COCO folder."),
]
Every = Annotated[
    str, typer.Option("--every", metavar="TIME", help="Look at one frame each TIME.")
]
Pictures = Annotated[
    int, typer.Option("--pictures", metavar="N", min=2, help="Most frames to learn from.")
]
KeepFrom = Annotated[
    float | None,
    typer.Option("--keep-from", metavar="P", min=0, max=1,
                 help="Probability from which the teacher's finds are labels.",
                 show_default="so that 9 of 10 should be right"),
]
RankingWord = Annotated[
    str,
    typer.Option("--ranking", metavar="WORD",
                 help="What points of dense pose are ranked by: uniform, mask, chart or uv."),
]
Points = Annotated[
    int, typer.Option("--points", metavar="K", min=0,
                      help="Points of each animal that teach dense pose; with 0 it stays.")
]
Steps = Annotated[
    int, typer.Option("--steps", metavar="N", min=1, help="Training steps of each round.")
]
TargetShare = Annotated[
    float,
    typer.Option("--target-share", metavar="SHARE", min=0.05, max=0.95,
                 help="Share of the pictures in a step that are of the species."),
]
Rounds = Annotated[
    int, typer.Option("--rounds", metavar="N", min=1,
                      help="An accepted student teaches the next round.")
]
Margin = Annotated[
    float, typer.Option("--margin", metavar="AP", min=0, max=1,
                        help="Box AP, and presence AUC, that may be lost on the source.")
]
Seed = Annotated[
    int, typer.Option("--seed", metavar="N", help="The same number, the same frames.")
]
LabelsOnly = Annotated[
    bool, typer.Option("--labels-only",
                       help="Label frames into the folder --out and stop, for a training of your "
                       "own: see recipes/student_r50_uv.yaml.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done and what it costs; stop.")
]


def adapt(
    context: typer.Context,
    clips: Clips,
    out: Out,
    species: Species = "",
    teacher: Teacher = "animal-small",
    source: SourceFolder = None,
    validation: Validation = None,
    corrections: Corrections = None,
    every: Every = "1s",
    pictures: Pictures = 300,
    keep_from: KeepFrom = None,
    ranking: RankingWord = "chart",
    points: Points = 0,
    steps: Steps = 200,
    target_share: TargetShare = 0.5,
    rounds: Rounds = 1,
    margin: Margin = 0.02,
    seed: Seed = 0,
    labels_only: LabelsOnly = False,
    dry_run: DryRun = False,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Adapt a model to a species, from clips that nobody has labelled.

    The model labels frames of the clips; a student that begins with its weights learns from the
    labels that are sure, and becomes MODEL only if it is no worse on labelled pictures. If it is
    interrupted, the same command goes on where it stopped.
    """
    _check_options(context, labels_only=labels_only)
    _check_paths([*clips, source, validation, corrections])
    from wildpose.adaptation.frames import DrawSettings
    from wildpose.adaptation.labels import LabelSettings
    from wildpose.adaptation.settings import AdaptSettings
    from wildpose.adaptation.student import default_settings

    settings = AdaptSettings(
        clips=tuple(clips), teacher=teacher, species=species, out=out, source=source,
        validation=validation, corrections=corrections, rounds=rounds, margin=margin,
        draw=DrawSettings(every_s=_seconds(every), most=pictures, seed=seed),
        label=LabelSettings(keep_from=keep_from, ranking=_known(ranking), points=points, seed=seed),
        student=replace(default_settings(teacher, steps, points), target_share=target_share,
                        seed=seed, device=device),
    )
    if labels_only:
        act = _labels_planned if dry_run else _labelled
    else:
        act = _planned if dry_run else _adapted
    return act(settings, as_json=as_json, quiet=quiet)


def _check_options(context: typer.Context, *, labels_only: bool) -> None:
    """Refuse what only a training needs where none is wanted, and ask for what it needs."""
    given = [option for name, option in TRAINING_ONLY.items()
             if (source := context.get_parameter_source(name)) is not None
             and source.name == "COMMANDLINE"]
    if labels_only and given:
        raise UsageError(f"{', '.join(given)}: nothing is trained with --labels-only.",
                         "Leave that out, or leave out --labels-only.")
    if not labels_only and not context.params.get("species"):
        raise UsageError("--species is missing.", "Say what is in the clips, for the card.")


def _check_paths(paths: Sequence[Path | None]) -> None:
    for path in paths:
        if path is not None:
            existing(path, "file or folder")


def _seconds(every: str) -> float:
    every_s = parse_every(every)
    if every_s is None:
        raise UsageError("--every all: neighbouring frames teach nothing new.",
                         "Write a time, such as 1s.")
    return every_s


def _known(word: str) -> Ranking:
    from wildpose.adaptation.rankings import RANKINGS

    for ranking in RANKINGS:
        if word == ranking:
            return ranking
    raise UsageError(f"--ranking {word}: there is no such ranking.",
                     f"Take one of {', '.join(RANKINGS)}.")


def _labels_planned(settings: AdaptSettings, *, as_json: bool, quiet: bool) -> int:
    from wildpose.adaptation.plan import plan_labels

    with answering(as_json=as_json, quiet=quiet) as answer:
        found = plan_labels(settings)
        answer(found.as_json(), describe_plan(found))
    return 0


def _labelled(settings: AdaptSettings, *, as_json: bool, quiet: bool) -> int:
    from wildpose.adaptation.labelling import label_only

    with answering(as_json=as_json, quiet=quiet) as answer:
        with _showing(quiet=quiet) as on_step:
            found = label_only(settings, on_step)
        answer(found.as_json(), describe_labels(found))
    return ClipError.exit_code if found.drawn.clips_failed else 0


@contextmanager
def _showing(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Show how far the steps of an adaptation are."""
    paces: dict[str, tuple[Pace, int]] = {}
    with progress("done", quiet=quiet) as show:

        def on_step(step: str, done: int, total: int) -> None:
            pace, before = paces.get(step, (Pace(), done))
            if done < before:  # the same step of another round, or on other pictures
                pace = Pace()
            paces[step] = pace, done
            show(pace.step(done, total, step))

        yield on_step


def _planned(settings: AdaptSettings, *, as_json: bool, quiet: bool) -> int:
    from wildpose.adaptation.plan import plan

    with answering(as_json=as_json, quiet=quiet) as answer:
        found = plan(settings)
        answer(found.as_json(), describe_plan(found))
    return 0


def _adapted(settings: AdaptSettings, *, as_json: bool, quiet: bool) -> int:
    from wildpose.adaptation.run import adapt as adapt_model

    with answering(as_json=as_json, quiet=quiet) as answer:
        with _showing(quiet=quiet) as on_step:
            try:
                found = adapt_model(settings, on_step)
            except GuardError as error:
                if as_json:
                    answer(without_model(error), "")
                raise
        answer(found.as_json(), describe(found))
    return exit_code(found)


def exit_code(found: Adapted) -> int:
    """What the process ends with: 4 without a model, 3 where some clips could not be read."""
    if found.model is None:
        return GuardError.exit_code
    return ClipError.exit_code if found.clips_failed else 0


def without_model(error: GuardError) -> dict[str, Any]:
    """Say in the form of every ending that there was nothing to learn from."""
    return {"model": None, "accepted": False, "reason": str(error), "teacher": None,
            "student": None, "rounds": []}


def describe_plan(found: Plan) -> str:
    """Say what an adaptation would do."""
    footage = f", {time_span(found.footage_s)} of footage" if found.footage_s else (
        " that do not say how long they are" if found.clips != 1 else
        " that does not say how long it is")
    training = [f"{found.rounds} x {_count(found.steps, 'step')} of {found.batch} pictures, beside "
                f"{found.source}."] if found.steps else ["Nothing is trained."]
    return "\n".join([
        f"{_count(found.clips, 'clip')}{footage}: {_count(found.candidates, 'frame')} to look at, "
        f"at most {found.pictures} to label.",
        *training,
        f"About {time_span(found.seconds)} on this machine. Nothing was written.",
    ])


def describe(found: Adapted) -> str:
    """Say how an adaptation ended."""
    last = found.decisive
    lines = [_became_labels(last.census), found.reason,
             *_not_read(found.clips_failed, last.folder / "frames" / "frames.json")]
    if not found.rounds[-1].verdict.accepted:
        lines.append(f"The refused student lies beside its report in "
                     f"{last.folder.parents[1] / 'refused'}.")
    if found.model is None:
        lines.append("Nothing was published.")
    else:
        lines += [f"Model  {found.model} (README.md is its card; look at side_by_side.jpg)",
                  f"To use it: wildpose analyze CLIPS --model {found.model} --out RUN"]
    return "\n".join(lines)


def describe_labels(found: LabelledClips) -> str:
    """Say what was labelled, and how to train on it."""
    points = sum(found.census.points_per_chart)
    surface = ", labels: {surface: smpl}" if found.surface == "smpl" else ""
    return "\n".join([
        _became_labels(found.census),
        f"Points on their bodies: {points:,}. Nothing was trained.",
        *_not_read(found.drawn.clips_failed, found.folder / "frames.json"),
        f"Labels  {found.folder} (annotations.json, images; census.jpg says what was dropped)",
        "To train on them, name them among the sources of a recipe:",
        f"  - {{name: clips, folder: {found.folder.resolve()}, share: 1, trusted: true{surface}}}",
        "as in recipes/student_r50_uv.yaml, and call: wildpose train RECIPE --out MODEL",
    ])


def _became_labels(census: Census) -> str:
    return f"{_count(census.kept, 'animal')} in {_count(census.frames, 'frame')} became labels."


def _not_read(failed: Sequence[tuple[str, str]], listed: Path) -> Iterator[str]:
    """Some clips that could not be read, and where all are listed."""
    if not failed:
        return
    yield f"{_count(len(failed), 'clip')} could not be read:"
    yield from (f"  {name}: {reason}" for name, reason in failed[:LISTED])
    if len(failed) > LISTED:
        yield f"  and {len(failed) - LISTED} more: see {listed}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
