"""Labelled data that keeps a student from forgetting what its teacher knew."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from wildpose.data.annotations import LabelledImage, read_coco, read_labelled
from wildpose.data.split import split_by_place
from wildpose.errors import DataError
from wildpose.synth.cast import Sources, species_names
from wildpose.synth.produce import ProduceSettings, produce
from wildpose.synth.scene import SceneSettings
from wildpose.training.dense_run import teaches_dense_pose
from wildpose.training.recipe import data_root
from wildpose.types import ClassId

RENDERED_STILLS = 240
RENDERED_HELD_OUT = 60
HELD_OUT_SHARES = (0.15, 0.2, 0.3, 0.4, 0.5)
"""Of the places of a user's folder; the first that keeps an animal out is taken."""


@dataclass(frozen=True)
class SourceData:
    """What a student learns beside the teacher's labels.

    Attributes
    ----------
    kind : {"folder", "train", "rendered"}
        The user's own labelled folder, our training pictures, or rendered animals.
    said : str
        In words, for the card.
    parts : tuple of dict
        Sources of a recipe; their shares are of the source alone.
    hold_out : dict
        Of the recipe.
    judged_on : int
        About how many pictures there are to judge by.
    validation : Path or None
        A labelled folder to judge by; None: what the training itself keeps out.
    rendered : tuple of str
        What :func:`render_source` has to make, where the dense-pose head learns (else only where
        there is nothing else).
    """

    kind: Literal["folder", "train", "rendered"]
    said: str
    parts: tuple[dict[str, Any], ...]
    hold_out: dict[str, Any]
    judged_on: int
    validation: Path | None = None
    rendered: tuple[str, ...] = ()


def find_source(given: Path | None, work: Path, *, judged_elsewhere: bool = False) -> SourceData:
    """The labelled folder that a user gave, else our training pictures, else rendered ones.

    Rendered pictures come with all of them: no others say where on the body each pixel lies.

    Parameters
    ----------
    given : Path or None
        A folder with ``annotations.json`` (COCO) and ``images/``.
    work : Path
        Where :func:`render_source` writes rendered pictures.
    judged_elsewhere : bool
        There are labelled pictures of the target to judge by.

    Raises
    ------
    DataError
        ``given`` can't be read, or is of one place and there is nothing else to judge by.
    """
    if given is not None:
        return _own_folder(given, work, judged_elsewhere)
    if (data_root() / "real" / "train" / "annotations.json").is_file():
        return _train_pictures(work)
    # a training never keeps rendered pictures out to choose on: others are rendered to judge by
    return SourceData(
        "rendered", f"{RENDERED_STILLS} rendered pictures",
        ({**_rendered_part(work), "share": 1.0, "paste_chance": 0.2},), {"share": 0.0},
        RENDERED_HELD_OUT, work / "source_held_out" / "stills", ("source", "source_held_out"))


def _rendered_part(work: Path) -> dict[str, Any]:
    """Of boxes and masks it teaches nothing where a ``share`` is not added."""
    return {"name": "rendered", "folder": str((work / "source" / "stills").resolve()),
            "share": 0.0, "dense_share": 0.5}


def _own_folder(given: Path, work: Path, judged_elsewhere: bool) -> SourceData:
    images = read_labelled(given)
    share = next((s for s in HELD_OUT_SHARES if _parts_animals(images, s)), 0.0)
    if not share and not judged_elsewhere:
        raise DataError(
            f"{given}: no part of these {len(images)} pictures can be kept out to judge by, since "
            "they are of one place or show no animal.",
            "Add pictures of other places (or their `site`), or labelled ones of the species "
            "with --val.")
    part = {"name": "source", "folder": str(given.resolve()), "share": 1.0, "paste_chance": 0.1}
    if any(teaches_dense_pose(i) for i in split_by_place(images, share).train):
        part["dense_share"] = 0.5
    said = f"your labelled pictures in {given.resolve().name}"
    return SourceData("folder", said, (part, _rendered_part(work)), {"share": share},
                      round(share * len(images)), rendered=("source",))


def _parts_animals(images: Sequence[LabelledImage], share: float) -> bool:
    split = split_by_place(images, share)
    return all(any(ClassId.ANIMAL in i.class_id for i in part)
               for part in (split.train, split.held_out))


def _train_pictures(work: Path) -> SourceData:
    rendered = _rendered_part(work)
    there = (data_root() / "rendered" / "train" / "annotations.json").is_file()
    if there:
        rendered["folder"] = "rendered/train"
    parts: tuple[dict[str, Any], ...] = (
        {"name": "camera traps", "folder": "real/train", "share": 0.5, "paste_chance": 0.1,
         "where": {"set": ["camera_trap"]}, "dense_share": 0.3},
        {"name": "photos", "folder": "real/train", "share": 0.3, "where": {"set": ["photo"]},
         "leave_out": {"source": ["davis"]}, "dense_share": 0.2},
        {"name": "empty", "folder": "real/empty", "share": 0.2, "paste_chance": 0.4},
        rendered,
    )
    hold_out = {"share": 0.1, "empty_share": 0.3}
    pictures, empty = (len(read_coco(data_root() / "real" / name)["images"])
                       for name in ("train", "empty"))
    return SourceData("train", "the pictures that animal-small was trained on", parts, hold_out,
                      round(hold_out["share"] * pictures + hold_out["empty_share"] * empty),
                      rendered=() if there else ("source",))


def render_source(
    work: Path, wanted: Sequence[str], seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """Render what a source wants of rendered pictures, as far as it is not there.

    ``wanted`` is :attr:`SourceData.rendered`; ``progress`` is called with pictures done and
    pictures in all.
    """
    scene = SceneSettings(species_names(Sources()))
    before, total = 0, sum(_count(name) for name in wanted)
    for name in wanted:
        count = _count(name)
        out = work / name
        if not (out / "stills" / "annotations.json").is_file():
            shutil.rmtree(out, ignore_errors=True)  # of an earlier call that was stopped
            produce(ProduceSettings(out, 0, count, scene, seed=seed + (before > 0)),
                    partial(_report, progress, before, total))
        before += count


def _count(name: str) -> int:
    return RENDERED_STILLS if name == "source" else RENDERED_HELD_OUT


def _report(
    progress: Callable[[int, int], None], before: int, total: int, done: int, _: int
) -> None:
    """Counts of one folder as counts of all."""
    progress(before + done, total)
