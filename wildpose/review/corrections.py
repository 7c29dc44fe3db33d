"""What people corrected, as files that ``adapt``, ``train`` and ``report`` read."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from wildpose.errors import ClipError, GuardError, UsageError
from wildpose.formats.coco import coco_object, write_json
from wildpose.results.run_folder import RunFolder
from wildpose.review.clips import Report
from wildpose.review.corrected import image_entry, labels_of, rejected_of
from wildpose.review.decided import Choice, by_hand, choose_frames
from wildpose.review.edits import load_reviewed, read_edits
from wildpose.review.environment import review_folder
from wildpose.review.fields import LABEL_NAMES
from wildpose.review.media import proxy_name
from wildpose.review.pictures import frames_at
from wildpose.review.reviewed import ClipEdits
from wildpose.review.track_tables import (
    SPECIES_COLUMNS,
    TRACK_COLUMNS,
    TrackPart,
    species_rows,
    track_parts,
)

SUMMARY_NAME = "corrections.json"
"""What happened, in figures; a folder that holds it may be replaced by the next export."""
QUALITY = 95
"""Of the pictures (JPEG)."""

_README = """# Corrections of {run}

Made by `wildpose corrections` from what people changed in the App. Made anew by the next export:
don't keep anything else in this folder.

- `annotations.json`, `images/`: labelled pictures (COCO) for `wildpose adapt --labels` and
  `wildpose train`. Each annotation says who it is from (`origin`), what was changed (`changes`) and
  what the machine had said (`prediction`). `rejected`: what the machine had found and a person
  took away. Masks are the machine's.
- `species.csv`: for `wildpose report --species-table`.
- `tracks.csv`: tracks that were put together or parted, with the numbers before and after.
- `adapt_clips.txt`: clips tagged `adapt`, one a line.
- `corrections.json`: counts.
"""


@dataclass
class CorrectionsSummary:
    """What was corrected and what was written.

    Attributes
    ----------
    out : Path
    clips : int
        Clips that somebody corrected, called done, named or tagged.
    done : int
        Clips called done.
    boxes : dict of str to int
        Boxes ``moved``, ``drawn``, ``deleted``, with ``another class``, ``accepted``, ``rejected``.
    tracks_changed : int
        Tracks of which a part has another number now.
    species : int
        Names of species: of clips and of tracks.
    to_adapt : int
        Clips tagged for ``adapt``.
    pictures, animals, people : int
        In the data set; boxes that are neither learnt nor punished are not counted.
    left_open : int
        Frames that a person worked on but that hold a box that nobody decided on.
    notes : list of str
        One line for whatever could not be used.
    clips_failed : list of str
        Clips whose original could not be read.
    """

    out: Path
    clips: int = 0
    done: int = 0
    boxes: dict[str, int] = field(default_factory=dict)
    tracks_changed: int = 0
    species: int = 0
    to_adapt: int = 0
    pictures: int = 0
    animals: int = 0
    people: int = 0
    left_open: int = 0
    notes: list[str] = field(default_factory=list)
    clips_failed: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Give the summary as plain JSON values."""
        return {**asdict(self), "out": str(self.out)}


@dataclass
class _Collected:
    """What is written at the end."""

    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    species: list[tuple[str, str, str]] = field(default_factory=list)
    tracks: list[TrackPart] = field(default_factory=list)
    adapt: list[str] = field(default_factory=list)


def write_corrections(
    run: Path, out: Path, *, home: Path | None = None, report: Report | None = None
) -> CorrectionsSummary:
    """Write what people corrected in the App.

    Parameters
    ----------
    run : Path
        Folder that ``analyze`` wrote and ``review`` opened.
    out : Path
        Folder to write; one of an earlier export is replaced.
    home : Path, optional
        As in :func:`wildpose.review.build_dataset`.
    report : callable, optional
        Progress, see :data:`wildpose.review.clips.Report`.

    Returns
    -------
    CorrectionsSummary

    Raises
    ------
    UsageError
        No run; nobody reviewed it; ``out`` holds something else.
    GuardError
        Nobody changed anything.
    """
    folder = RunFolder(run)
    _check_out(out)
    return export_corrections(load_reviewed(run, home), folder, out, report)


def export_corrections(
    dataset: Any, folder: RunFolder, out: Path, report: Report | None = None
) -> CorrectionsSummary:
    """Do as :func:`write_corrections` with a data set that is open.

    Parameters
    ----------
    dataset : fiftyone.Dataset
    folder : RunFolder
        The run that the data set was made of.
    out : Path
    report : callable, optional

    Returns
    -------
    CorrectionsSummary
    """
    _check_out(out)
    place = out.resolve()
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    (part / "images").mkdir(parents=True)
    try:
        summary, found = _collect(dataset, folder, part, report)
        summary.out = out
        if summary.clips == 0:
            raise GuardError(f"{folder.path}: nobody has changed anything in the App.",
                             f"Run `wildpose review {folder.path}` and correct what is wrong.")
        _write_files(part, found, summary, folder)
        _replace(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return summary


def default_out(run: Path) -> Path:
    """Name the folder inside a run that the App's own button writes to."""
    return review_folder(run) / "corrections"


def _collect(
    dataset: Any, folder: RunFolder, part: Path, report: Report | None
) -> tuple[CorrectionsSummary, _Collected]:
    summary, found, counts = CorrectionsSummary(part), _Collected(), Counter[str]()
    known = set(folder.clips()["clip"])
    tracks = folder.tracks()
    animals = tracks[tracks["class"] == "animal"].groupby("clip")["track_id"].agg(set).to_dict()
    for edits in read_edits(dataset, folder, report):
        summary.clips += 1
        summary.done += edits.done
        if edits.note:
            summary.notes.append(f"{edits.clip}: {edits.note}; its boxes are left out")
        if edits.adapt and edits.source is not None:
            found.adapt.append(str(edits.source))
        rows, notes = species_rows(edits, edits.clip in known, animals.get(edits.clip, ()))
        found.species += rows
        summary.notes += notes
        found.tracks += track_parts(edits)
        _count_boxes(edits, counts)
        summary.notes += _unknown_classes(edits)
        choice = choose_frames(edits)
        summary.left_open += choice.left_open
        _add_pictures(edits, choice, part / "images", found, summary)
    found.adapt = sorted(set(found.adapt))
    summary.boxes = dict(counts)
    summary.tracks_changed = len({(p.clip, p.track_id) for p in found.tracks})
    summary.species, summary.to_adapt = len(found.species), len(found.adapt)
    return summary, found


def _count_boxes(edits: ClipEdits, counts: Counter[str]) -> None:
    for box in (box for boxes in edits.boxes.values() for box in boxes):
        if box.label is None:
            counts["deleted"] += 1
            continue
        counts["drawn"] += by_hand(box) and box.added
        counts["moved"] += by_hand(box) and box.moved
        counts["another class"] += box.renamed
        for tag in ("accepted", "rejected"):
            counts[tag] += tag in box.label.tags


def _unknown_classes(edits: ClipEdits) -> list[str]:
    names = {box.label.name for boxes in edits.boxes.values() for box in boxes if box.label}
    return [f"{edits.clip}: {name} is no class that can be learnt, so its boxes are undecided. "
            "Call them animal or person; write species into the field species"
            for name in sorted(names - set(LABEL_NAMES))]


def _add_pictures(
    edits: ClipEdits, choice: Choice, images: Path, found: _Collected, summary: CorrectionsSummary
) -> None:
    """Read a clip's chosen frames and put them, with their labels, to what was collected."""
    by_index = {frame.frame_index: frame for frame in choice.chosen}
    numbers: dict[int, int] = {}
    try:
        for picture in frames_at(edits, by_index) if by_index else ():
            name = f"{proxy_name(edits.clip)}_{picture.frame_index:06d}.jpg"
            Image.fromarray(picture.image).save(images / name, quality=QUALITY)
            numbers[picture.frame_index] = number = len(found.images) + 1
            found.images.append(image_entry(edits, picture, name) | {"id": number})
            labels = labels_of(edits, by_index[picture.frame_index], number)
            found.annotations += labels
            sure = [label for label in labels if not label.get("uncertain")]
            summary.animals += sum(label["category_id"] == 1 for label in sure)
            summary.people += sum(label["category_id"] == 2 for label in sure)
    except ClipError as problem:
        summary.clips_failed.append(edits.clip)
        summary.notes.append(f"{problem.message} Its pictures are missing.")
    summary.pictures += len(numbers)
    found.rejected += rejected_of(edits, numbers)


def _write_files(
    part: Path, found: _Collected, summary: CorrectionsSummary, folder: RunFolder
) -> None:
    info = {"description": "Corrections that people made in the App",
            "model": folder.info().get("model")}
    content = coco_object(found.images, found.annotations, info) | {"rejected": found.rejected}
    write_json(part / "annotations.json", content)
    _write_csv(part / "species.csv", SPECIES_COLUMNS, found.species)
    _write_csv(part / "tracks.csv", TRACK_COLUMNS,
               (tuple(asdict(one).values()) for one in found.tracks))
    (part / "adapt_clips.txt").write_text("".join(f"{path}\n" for path in found.adapt), "utf-8",
                                          "surrogateescape")
    (part / "README.md").write_text(_README.format(run=folder.path.name), "utf-8")
    counts = {key: value for key, value in summary.as_json().items() if key != "out"}
    (part / SUMMARY_NAME).write_text(json.dumps(counts, indent=1) + "\n", "utf-8")


def _write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="", errors="surrogateescape") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _check_out(out: Path) -> None:
    """What is replaced as a whole must hold nothing else."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: is a file.", "Name a folder.")
    if out.is_dir() and any(out.iterdir()) and not (out / SUMMARY_NAME).is_file():
        raise UsageError(f"{out}: holds other things.", "Name a new or an empty folder.")


def _replace(part: Path, out: Path) -> None:
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    part.rename(out)
    shutil.rmtree(old, ignore_errors=True)
