"""``analyze``: a folder of clips in, a run folder out."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wildpose.analysis.clip import ClipSettings
from wildpose.analysis.given_plan import Given, plan_on, read_given
from wildpose.analysis.info import run_info
from wildpose.analysis.jobs import ClipJob
from wildpose.analysis.page import write_page
from wildpose.analysis.plan import Plan, make_plan
from wildpose.analysis.pool import WorkerPool
from wildpose.analysis.predictors import ModelFolderFactory, ModelIdentity, PredictorFactory
from wildpose.analysis.progress import Meter, Report, ignore
from wildpose.analysis.settings import AnalyzeSettings, workers_and_threads
from wildpose.analysis.stages import StageClock
from wildpose.analysis.summary import RunSummary, summarise
from wildpose.analysis.worker import Finished, WorkerSpec
from wildpose.errors import UsageError, WildposeError
from wildpose.results.dense_pose import DENSE_POSE_FOLDER, write_dense_pose
from wildpose.results.files import write_bytes, write_failure, write_json
from wildpose.results.journal import JOURNAL_NAME, Journal
from wildpose.results.record import ClipRecord
from wildpose.results.run_folder import INFO_NAME, is_run
from wildpose.results.schema import CLIPS
from wildpose.results.tables import write_tables
from wildpose.tracking import TrackSettings


class StoppedError(WildposeError):
    """The user stopped the run; what is finished is kept."""

    exit_code = 130


@dataclass(frozen=True)
class _Run:
    settings: AnalyzeSettings
    model: ModelIdentity
    factory: PredictorFactory
    journal: Journal
    clock: StageClock
    started: float
    given: Given | None = None

    @property
    def folder(self) -> Path:
        return self.settings.out


def analyze(
    settings: AnalyzeSettings,
    report: Report = ignore,
    predictor: PredictorFactory | None = None,
) -> RunSummary:
    """Analyse a folder of clips, or go on with an earlier start of the same run.

    Parameters
    ----------
    settings : AnalyzeSettings
    report : callable, optional
        Is told of the progress.
    predictor : PredictorFactory, optional
        Default: the model of the settings. Anything given must be picklable, since workers are
        separate processes.

    Returns
    -------
    RunSummary

    Raises
    ------
    UsageError
        When there is no clip, when the run folder belongs to other settings or to something
        else, or when it can't be written.
    DataError
        When the file of given boxes can't be read.
    ModelError
        When the model can't be used.
    StoppedError
        On Ctrl-C.
    """
    started = time.monotonic()
    settings.check()
    _check_folder(settings.out)
    given = read_given(settings.detections) if settings.detections else None
    settings = given.settings(settings) if given else settings
    plan = make_plan(settings)
    if not plan.jobs and not plan.failures:
        raise UsageError(f"{settings.clips}: no clip found.", _no_clip_remedy(settings))
    plan = plan_on(given, plan, settings) if given else plan
    factory = predictor or ModelFolderFactory(settings.model, settings.device, fast=settings.fast)
    model = factory.describe()
    _make_folder(settings.out)
    fingerprint = settings.fingerprint(model) | ({"detections": given.digest} if given else {})
    with Journal.open(settings.out / JOURNAL_NAME, fingerprint) as journal:
        _tidy(settings.out)
        run = _Run(settings, model, factory, journal, StageClock(), started, given)
        return _go(run, plan, report)


def _go(run: _Run, plan: Plan, report: Report) -> RunSummary:
    finished = run.journal.finished()
    todo = plan.unfinished(finished)
    # A clip that went away since it was analysed stays in the tables: it did not fail.
    failures = [row for row in plan.failures
                if row["severity"] != "failed" or row["clip"] not in finished]
    run.journal.begin([job.clip for job in plan.jobs], failures)
    _write_info(run, None)
    meter = Meter({job.clip: job.stamp.size_bytes for job in todo}, len(plan.jobs) - len(todo),
                  report)
    try:
        _work(run, todo, meter)
    except KeyboardInterrupt as stop:
        done = len(run.journal.finished())
        raise StoppedError(f"Stopped: {done} of {len(plan.jobs)} clips are finished and kept.",
                           "Run the same command again to go on.") from stop
    with run.clock.stage("write"):
        write_tables(run.journal, run.folder)
        _drop_left_over(run)
        summary = summarise(run.folder, run.journal, time.monotonic() - run.started)
        _write_page(run, summary)
    _write_info(run, summary)
    return summary


def _work(run: _Run, todo: Sequence[ClipJob], meter: Meter) -> None:
    if not todo:
        return
    settings = run.settings
    workers, threads = workers_and_threads(settings.workers, len(todo), settings.device)
    threshold = settings.threshold(run.model)
    track = TrackSettings(start_score=threshold,
                          keep_score=min(TrackSettings.keep_score, threshold))
    clip_settings = ClipSettings(
        every_s=settings.every_s, threshold=threshold, batch=settings.batch, track=track,
        time_from_name=settings.capture_time_from_name,
        time_from_mtime=settings.capture_time_from_mtime, blur_people=settings.blur_people)
    pool = WorkerPool(WorkerSpec(run.factory, threads, clip_settings), workers)
    with contextlib.closing(pool.run(todo)) as events:
        for event in events:
            if isinstance(event, Finished):
                with run.clock.stage("write"):
                    _keep(run, event.record)
            meter.hear(event)


def _keep(run: _Run, record: ClipRecord) -> None:
    """Bring a clip to the disk: first its files, then the transaction that vouches for them."""
    if record.sheet_jpeg is not None and record.row is not None:
        target = run.folder / record.row["sheet"]
        try:
            write_bytes(target, record.sheet_jpeg)
        except OSError as error:
            raise write_failure(target, error) from error
    if record.dense_pose and record.row is not None:
        write_dense_pose(run.folder / record.row["dense_pose"], record.dense_pose)
    run.journal.record(record)


def _drop_left_over(run: _Run) -> None:
    """Remove dense pose that no clip names: of clips that changed, of starts that were killed."""
    column = CLIPS.column_names.index("dense_pose")
    named = {row[column] for row in run.journal.rows(CLIPS)}
    for path in (run.folder / DENSE_POSE_FOLDER).glob("*.parquet"):
        if f"{DENSE_POSE_FOLDER}/{path.name}" not in named:
            try:
                path.unlink()
            except OSError as error:
                raise write_failure(path, error) from error


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file.", "Give a folder with --out.")
    try:
        used = out.is_dir() and any(out.iterdir())
    except OSError as error:
        raise write_failure(out, error) from error
    if used and not is_run(out):
        raise UsageError(f"{out}: holds files that are no run of wildpose.",
                         "Give a new folder with --out: nothing is written over other things.")


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not os.access(out, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise write_failure(out, error) from error


def _tidy(out: Path) -> None:
    """Make room for sheets and remove what a killed start left half-written.

    Only for the one that holds the journal: another start may be writing otherwise.
    """
    sheets = out / "sheets"
    try:
        sheets.mkdir(exist_ok=True)
        folders = (out, sheets, out / DENSE_POSE_FOLDER)
        for left in (path for folder in folders for path in folder.glob(".*.part")):
            left.unlink()
    except OSError as error:
        raise write_failure(sheets, error) from error


def _write_info(run: _Run, summary: RunSummary | None) -> None:
    seconds = run.journal.stage_seconds() | dict(run.clock.seconds)
    info = run_info(run.settings, run.model, seconds, summary, run.given)
    try:
        write_json(run.folder / INFO_NAME, info)
    except OSError as error:
        raise write_failure(run.folder / INFO_NAME, error) from error


def _write_page(run: _Run, summary: RunSummary) -> None:
    facts: dict[str, Any] = {
        "model": f"{run.model.name} ({run.model.digest[:12]})",
        "score threshold": f"{run.settings.threshold(run.model):.3g}",
        **_frames_fact(run),
        **({"looks at each frame": "one (--fast)"} if run.settings.fast else {}),
        "people": "blurred in all pictures" if run.settings.blur_people else "not blurred",
    }
    try:
        write_page(run.folder, run.journal, str(run.settings.clips),
                   {name: str(value) for name, value in facts.items()}, summary.seconds,
                   people_blurred=run.settings.blur_people)
    except OSError as error:
        raise write_failure(run.folder, error) from error


def _frames_fact(run: _Run) -> dict[str, Any]:
    if run.given is None:
        return {"seconds between frames": run.settings.every_s or "every frame"}
    said = run.given.as_json()
    left_out = ", ".join(f"{count} of {name}" for name, count in said["boxes_left_out"].items())
    return {"boxes and frames": f"of {said['file']} ({said['detector']}); scores are that "
                                "detector's own, not calibrated by wildpose",
            **({"boxes left out": left_out} if left_out else {})}


def _no_clip_remedy(settings: AnalyzeSettings) -> str:
    if settings.stills:
        return "Give a folder that holds videos or pictures."
    return "Give a folder that holds videos; for folders of pictures add --stills."
