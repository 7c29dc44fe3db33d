"""`wildpose analyze`: a folder of clips in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wildpose.errors import UsageError

from .answer import answering
from .options import (
    EVERY,
    BlurPeople,
    Debug,
    Device,
    EveryUnlessGiven,
    Fast,
    Json,
    Model,
    Quiet,
    Workers,
    parse_every,
)
from .progress import Step, progress, time_span

if TYPE_CHECKING:
    from wildpose.analysis import AnalyzeSettings, Progress, RunSummary

Clips = Annotated[
    Path, typer.Argument(metavar="CLIPS", help="Folder of clips (with its sub-folders).")
]
Out = Annotated[
    Path, typer.Option("--out", metavar="RUN", help="Folder for the results; made if missing.")
]
Threshold = Annotated[
    float | None,
    typer.Option(
        "--threshold",
        metavar="P",
        help="Keep what is at least this probable, from 0 to 1; lower finds more, with more "
        "false alarms.",
        show_default="the model's own; with --detections that of the file, or 0.2",
    ),
]
Boxes = Annotated[
    Path | None,
    typer.Option(
        "--detections",
        metavar="JSON",
        help="Take boxes and frames from this file of MegaDetector, in place of looking for "
        "animals: adds masks, dense pose and tracks.",
    ),
]
Stills = Annotated[bool, typer.Option("--stills", help="Take folders of photos as clips, too.")]
TimeFromName = Annotated[
    bool,
    typer.Option(
        "--time-from-name",
        help="Where a clip holds no time of recording, read it from the file's name.",
    ),
]
TimeFromMtime = Annotated[
    bool,
    typer.Option(
        "--time-from-mtime",
        help="Where nothing else is known, take the time the file was last changed.",
    ),
]


def analyze(
    clips: Clips,
    out: Out,
    model: Model = "animal-small",
    every: EveryUnlessGiven = None,
    threshold: Threshold = None,
    detections: Boxes = None,
    stills: Stills = False,
    blur_people: BlurPeople = False,
    fast: Fast = False,
    time_from_name: TimeFromName = False,
    time_from_mtime: TimeFromMtime = False,
    workers: Workers = None,
    device: Device = "cpu",
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Find the animals in a folder of clips.

    Writes tables (clips, tracks, detections), a page to read (summary.html) and pictures of what
    was found into RUN. If it is interrupted, the same command goes on where it stopped.

    --blur-people is kept: `wildpose review RUN` then shows people blurred, too.
    """
    from wildpose.analysis import AnalyzeSettings

    if detections is not None and every is not None:
        raise UsageError(f"--every {every}: with --detections the frames are those of the file.",
                         "Leave --every out.")
    settings = AnalyzeSettings(
        clips=clips,
        out=out,
        model=model,
        every_s=parse_every(every or EVERY),
        score_threshold=threshold,
        detections=detections,
        stills=stills,
        blur_people=blur_people,
        fast=fast,
        capture_time_from_name=time_from_name,
        capture_time_from_mtime=time_from_mtime,
        workers=workers or 0,
        device=device,
    )
    with answering(as_json=as_json, quiet=quiet) as answer:
        summary = _run(settings, quiet=quiet)
        answer(summary.as_json(), describe(summary))
    return summary.exit_code


def _run(settings: AnalyzeSettings, *, quiet: bool) -> RunSummary:
    from wildpose.analysis import analyze as analyze_clips

    with progress("clips", quiet=quiet) as show:

        def report(at: Progress) -> None:
            show(Step(at.clips_done, at.clips_total, at.frames_per_s, at.eta_s, at.clip or ""))

        return analyze_clips(settings, report)


def describe(summary: RunSummary) -> str:
    """Say in some lines what a run found and where its results are."""
    run = summary.run
    lines = [
        f"{_count(summary.clips, 'clip')} in {time_span(summary.seconds)}: "
        f"{summary.clips_with_animals} with animals, {_count(summary.tracks, 'animal track')}, "
        f"{_count(summary.person_tracks, 'track')} of people."
    ]
    lost = [
        f"{_count(number, 'clip')} {how}"
        for number, how in (
            (summary.clips_failed, "could not be read"),
            (summary.clips_partial, "could be read only in part"),
        )
        if number
    ]
    if lost:
        lines.append(f"{', '.join(lost)}: see {run / 'failures.csv'}")
    lines += [
        f"Summary page  {run / 'summary.html'}",
        f"Pictures      {run / 'sheets'}",
        f"Tables        {run / 'clips.csv'}, {run / 'tracks.csv'}, {run / 'detections.parquet'}",
    ]
    if summary.clips_with_dense_pose:
        lines.append(f"Dense pose    {run / 'dense_pose'} (painted on the pictures)")
    lines.append(f"To look at the clips: wildpose review {run}")
    return "\n".join(lines)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
