"""Folders of a project that a teacher has never seen: to adapt to, to score on, to learn beside.

    OUT/source/            real/train and real/empty without any left-out project
    OUT/TARGET/target/     pictures of the project without a label (links)
    OUT/TARGET/scored/     others of the project, with labels
    OUT/rest/              the rest of val, with labels

``missouri`` is scored on the cameras that val keeps of it;
``savanna`` has no such cameras, so its pictures are halved, and what shows one scene stays in one
half.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from wildpose.adaptation.glimpse import grey, same_view, thumbnail
from wildpose.adaptation.source import find_source
from wildpose.data.annotations import read_coco, read_labelled
from wildpose.results.files import write_json
from wildpose.training.recipe import HoldOutPart, Recipe, SourcePart, data_root, read_recipe
from wildpose.training.sources import gather

Target = Literal["missouri", "savanna"]
PROJECTS: dict[Target, tuple[str, ...]] = {
    "missouri": ("missouri_ct",), "savanna": ("snapshot_serengeti", "gorongosa")}
HALVES_SEED = 20
_Row = dict[str, Any]


@dataclass(frozen=True)
class Folders:
    """Where everything is.

    Attributes
    ----------
    source : Path
        For ``WILDPOSE_DATA`` (:func:`data_in`) while a student is trained.
    target : Path
        Pictures alone.
    scored, rest : Path
        COCO folders.
    """

    source: Path
    target: Path
    scored: Path
    rest: Path


def make_folders(target: Target, recipe: Path, out: Path) -> Folders:
    """Write what is missing.

    Parameters
    ----------
    target : {"missouri", "savanna"}
    recipe : Path
        Of the teacher.
    out : Path

    Returns
    -------
    Folders
    """
    made = Folders(out / "source", out / target / "target" / "images", out / target / "scored",
                   out / "rest")
    train, val = (data_root() / "real" / part for part in ("train", "val"))
    if not (made.source / "parts.json").is_file():
        _write_source(recipe, made.source)
    learnt, scored = (_missouri if target == "missouri" else _savanna)(train, val)
    _link(train, (i["file_name"] for i in learnt), made.target)
    write_folder(train if target == "savanna" else val, scored, made.scored)
    write_folder(val, [i for i in read_coco(val)["images"]
                       if i.get("source") not in PROJECTS["missouri"]], made.rest)
    return made


def write_folder(data: Path, images: Sequence[_Row], folder: Path) -> None:
    """Write a COCO folder with some pictures of another, as links, and their annotations.

    Parameters
    ----------
    data : Path
        The other folder.
    images : sequence of dict
        Entries of its pictures, as they shall stand in the new one.
    folder : Path
    """
    coco, chosen = read_coco(data), {i["id"] for i in images}
    _link(data, (i["file_name"] for i in images), folder / "images")
    write_json(folder / "annotations.json", {
        **coco, "images": list(images),
        "annotations": [a for a in coco["annotations"] if a["image_id"] in chosen]})


def _link(data: Path, names: Iterable[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to((data / "images" / name).resolve())


def _missouri(train: Path, val: Path) -> tuple[list[_Row], list[_Row]]:
    learnt, scored = ([i for i in read_coco(data)["images"]
                       if i.get("source") in PROJECTS["missouri"]] for data in (train, val))
    return learnt, scored


def _savanna(train: Path, val: Path) -> tuple[list[_Row], list[_Row]]:
    pictures = [i for i in read_labelled(train) if i.facts.get("source") in PROJECTS["savanna"]]
    scenes = scenes_of([i.facts for i in pictures],
                       [grey(thumbnail(i.read())) for i in pictures])
    # halved alike by project and light, lest one half is the darker
    kinds = [(i.facts["source"], bool(i.facts.get("night"))) for i in pictures]
    first = halves(scenes, kinds, HALVES_SEED)
    # what is alike is drawn together when intervals are made: `clip` is what those look at first
    of_id = {p.image_id: f"scene {s}" for p, s, f in zip(pictures, scenes, first, strict=True)
             if not f}
    learnt_ids = {p.image_id for p in pictures} - set(of_id)
    images = read_coco(train)["images"]
    return ([i for i in images if i["id"] in learnt_ids],
            [{**i, "clip": of_id[i["id"]]} for i in images if i["id"] in of_id])


def scenes_of(facts: Sequence[_Row], greys: Sequence[Any]) -> list[int]:
    """Number the scenes that pictures are of.

    Two pictures are of one scene where they are of one sequence or site, or of one species and
    look the same way. A view alone says little: by flash all of a savanna is bright grass below
    a black sky.

    Parameters
    ----------
    facts : sequence of dict
        ``source``, ``species``, ``sequence`` and ``site`` of each picture, as far as known.
    greys : sequence of float [36, 64]
        From :func:`wildpose.adaptation.glimpse.grey`.

    Returns
    -------
    list of int
    """
    scene = list(range(len(facts)))
    for i in range(len(facts)):
        for j in range(i):
            if scene[i] != scene[j] and (
                _shares(facts[i], facts[j], "sequence") or _shares(facts[i], facts[j], "site")
                or (_shares(facts[i], facts[j], "species") and same_view(greys[i], greys[j]))
            ):
                low, high = sorted((scene[i], scene[j]))
                scene = [low if s == high else s for s in scene]
    return scene


def _shares(one: _Row, other: _Row, key: str) -> bool:
    known = one.get(key)
    return known is not None and (one.get("source"), known) == (other.get("source"), other.get(key))


def halves(scenes: Sequence[int], kinds: Sequence[Any], seed: int) -> list[bool]:
    """Whether each picture is of the first half; a scene lies in one half.

    Scenes come in a drawn order, and each goes where pictures of its kind (that of its first
    picture) are fewer.

    Parameters
    ----------
    scenes : sequence of int
        Of each picture.
    kinds : sequence
        Of each picture; what shall be in both halves alike.
    seed : int

    Returns
    -------
    list of bool
    """
    members: dict[int, list[int]] = defaultdict(list)
    for position, scene in enumerate(scenes):
        members[scene].append(position)
    rng = np.random.default_rng(seed)
    ahead: dict[Any, int] = defaultdict(int)
    first = [False] * len(scenes)
    for scene in rng.permutation(sorted(members)).tolist():
        own = members[scene]
        kind = kinds[own[0]]
        to_first = ahead[kind] < 0 or (ahead[kind] == 0 and bool(rng.integers(2)))
        ahead[kind] += len(own) if to_first else -len(own)
        for position in own:
            first[position] = to_first
    return first


def _write_source(recipe_path: Path, root: Path) -> None:
    """The teacher's own pictures, but none that one of the two learns and the other keeps out.

    A picture that the student alone learns would pass for a gain by adaptation, one that the
    teacher alone learnt would make a student look worse on the source.
    """
    recipe = read_recipe(recipe_path)
    left_out = [name for names in PROJECTS.values() for name in names]
    for part in ("train", "empty"):
        data = data_root() / "real" / part
        write_folder(data, [i for i in read_coco(data)["images"] if i.get("source") not in left_out
                            and i.get("species") not in recipe.hold_out.species],
                     root / "real" / part)
    teacher = _parted([p for p in recipe.sources if p.folder.startswith("real/")], recipe)
    with data_in(root):
        student = _parted(*_as_adapting_does(recipe))
    if not (student[0] <= teacher[0] and student[1] <= teacher[1] and student[1]):
        raise SystemExit(f"{recipe_path}: what it keeps out is not what adapting keeps out.")
    write_json(root / "parts.json", {"learnt": len(student[0]), "kept_out": len(student[1])})


def _as_adapting_does(recipe: Recipe) -> tuple[list[SourcePart], Recipe]:
    source = find_source(None, Path())
    return ([SourcePart(**part) for part in source.parts if part["share"]],
            recipe.model_copy(update={"hold_out": HoldOutPart(**source.hold_out)}))


def _parted(parts: list[SourcePart], recipe: Recipe) -> tuple[set[str], set[str]]:
    """Names of the pictures to learn and of those that are kept out."""
    gathered = gather(recipe.model_copy(update={"sources": parts}), Path())
    return ({i.path.name for s in gathered.sources for i in s.images},
            {i.path.name for i in gathered.held_out})


@contextmanager
def data_in(root: Path) -> Iterator[None]:
    """Let ``WILDPOSE_DATA`` be a folder for a while."""
    before = os.environ.get("WILDPOSE_DATA")
    os.environ["WILDPOSE_DATA"] = str(root.resolve())
    try:
        yield
    finally:
        del os.environ["WILDPOSE_DATA"]
        if before is not None:
            os.environ["WILDPOSE_DATA"] = before


def said_of(folders: Folders) -> list[str]:
    """How many pictures each folder has, by light, as lines of Markdown."""
    parts = json.loads((folders.source / "parts.json").read_text("utf-8"))
    lines = [f"- source: {parts['learnt']} pictures to learn, {parts['kept_out']} to judge by",
             f"- target: {len(list(folders.target.iterdir()))} pictures without a label"]
    for name, folder in (("scored", folders.scored), ("rest of val", folders.rest)):
        images = read_coco(folder)["images"]
        night = sum(i.get("night") is True for i in images)
        lines.append(f"- {name}: {len(images)} pictures, {night} of them at night")
    return lines
