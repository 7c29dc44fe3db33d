"""Write clips and stills of rendered animals, with all that is known about every pixel.

An item (one clip or one still) follows from the settings, the seed, its kind and its number alone:
any number of workers writes the same bytes. Workers take whole items; what they report is written
in the order of the items.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose.errors import UsageError
from wildpose.formats.coco import coco_object, write_json
from wildpose.formats.iuv_png import write_iuv_png
from wildpose.formats.mot import MotRow, MotSequence, write_truth
from wildpose.synth.randomised import plan_picture
from wildpose.synth.scene import (
    SceneSettings,
    Take,
    moment_of_interest,
    plan_take,
    take_frames,
    take_still,
)
from wildpose.synth.truth import TruthFrame, dense_annotations, image_facts, mot_rows
from wildpose.types import Array
from wildpose.video.write import Encoding, write_clip

BENCHMARK, SPLIT = "synth", "train"
"""Names of the MOT truth in TrackEval's folders."""
_KINDS = ("clip", "still", "randomised")
_FOLDERS = {"clip": "clips", "still": "stills", "randomised": "randomised"}
TRAINING_POINTS = 400
"""Points of dense pose on each body of a randomised picture, where no number is asked for."""


@dataclass(frozen=True)
class ProduceSettings:
    """What to write, and where.

    Attributes
    ----------
    out : Path
        A folder; made if missing, else it must be empty.
    clips, stills : int
        How many of each.
    scene : SceneSettings
    iuv : bool
        Write dense maps of chart, u and v as PNG, too.
    seed : int
    workers : int
        Processes.
    randomised : int
        How many pictures in which all but the bodies is random, to train from.
    plain : bool
        Bodies of these keep their own look, before real backgrounds.
    points : int or None
        About so many points of dense pose on each body. None: 14 in each part, and 400 in all on
        those of randomised pictures.
    """

    out: Path
    clips: int
    stills: int
    scene: SceneSettings
    iuv: bool = False
    seed: int = 0
    workers: int = 1
    randomised: int = 0
    plain: bool = False
    points: int | None = None


@dataclass(frozen=True)
class Item:
    """What one clip or still has to say.

    Attributes
    ----------
    kind : str
        ``clip``, ``still`` or ``randomised``.
    number : int
        From 1.
    images : list of dict
        COCO entries of its frames, still without numbers.
    annotations : list of list of dict
        Those of each frame.
    rows : tuple of MotRow
    credits : tuple of tuple
        Species, licence and credit of the bodies in it.
    """

    kind: str
    number: int
    images: list[dict[str, Any]]
    annotations: list[list[dict[str, Any]]]
    rows: tuple[MotRow, ...] = ()
    credits: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Produced:
    """What was written.

    Attributes
    ----------
    out : Path
    clips, stills, randomised, frames, animals, people, dense : int
        ``animals`` and ``people`` are boxes; ``dense`` those with points of dense pose.
    seconds : float
    credits : tuple of str
        Whom to name beside the pictures.
    """

    out: Path
    clips: int
    stills: int
    randomised: int
    frames: int
    animals: int
    people: int
    dense: int
    seconds: float
    credits: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Give everything as an object for programs."""
        return {**asdict(self), "out": str(self.out), "seconds": round(self.seconds, 2),
                "credits": list(self.credits)}


@dataclass
class _Collected:
    """COCO entries of all items of one kind, numbered as they come."""

    images: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, item: Item) -> None:
        for image, labels in zip(item.images, item.annotations, strict=True):
            number = len(self.images) + 1
            self.images.append({"id": number, **image})
            self.annotations += [{**label, "image_id": number} for label in labels]


def produce(
    settings: ProduceSettings, on_item: Callable[[int, int], None] | None = None
) -> Produced:
    """Write a folder of rendered clips and stills with their truth.

    ``clips/``, ``stills/`` and ``randomised/`` hold ``annotations.json`` (COCO with the fields of
    DensePose) beside the clips and ``images/``; ``mot/`` the true tracks as TrackEval reads them;
    ``iuv/`` the dense maps; ``synth.json`` settings and credits.

    Parameters
    ----------
    settings : ProduceSettings
    on_item : callable, optional
        Told after each item how many are done, and of how many.

    Returns
    -------
    Produced

    Raises
    ------
    UsageError
        Nothing to write, a folder that is not empty, a picture or asset that can't be read.
    """
    start = time.monotonic()
    jobs = [("clip", n) for n in range(1, settings.clips + 1)]
    jobs += [("still", n) for n in range(1, settings.stills + 1)]
    jobs += [("randomised", n) for n in range(1, settings.randomised + 1)]
    _prepare(settings, len(jobs))
    collected = {kind: _Collected() for kind in _KINDS}
    sequences: list[MotSequence] = []
    credited: set[tuple[str, str, str]] = set()
    with _mapper(min(settings.workers, len(jobs))) as run:
        for done, item in enumerate(run(partial(make_item, settings), jobs), start=1):
            collected[item.kind].add(item)
            credited |= set(item.credits)
            if item.kind == "clip":
                sequences.append(_sequence(settings, item))
            if on_item is not None:
                on_item(done, len(jobs))
    _write_truth(settings, collected, sequences, sorted(credited))
    return _summary(settings, collected, sorted(credited), time.monotonic() - start)


def make_item(settings: ProduceSettings, job: tuple[str, int]) -> Item:
    """Render and write one clip, one still or one randomised picture.

    Parameters
    ----------
    settings : ProduceSettings
    job : (str, int)
        Kind and number.

    Returns
    -------
    Item
    """
    kind, number = job
    seed = (settings.seed, _KINDS.index(kind), number)
    if kind == "randomised":
        take = plan_picture(settings.scene, seed, plain=settings.plain)
        return _make_still(settings, take, 0.0, Item(kind, number, [], []))
    take = plan_take(settings.scene, seed)
    if kind == "clip":
        return _make_clip(settings, take, number)
    time_s = moment_of_interest(take, np.random.default_rng((*take.seed, 1)))
    return _make_still(settings, take, time_s, Item(kind, number, [], []))


def clip_name(number: int) -> str:
    """File name of a clip, without its extension."""
    return f"clip_{number:04d}"


def still_name(number: int) -> str:
    """File name of a still, without its extension."""
    return f"still_{number:05d}"


def _make_clip(settings: ProduceSettings, take: Take, number: int) -> Item:
    name = clip_name(number)
    images: list[dict[str, Any]] = []
    annotations: list[list[dict[str, Any]]] = []
    rows: list[MotRow] = []

    def pictures() -> Iterator[Array]:
        for truth in take_frames(take):
            index = truth.frame.frame_index
            images.append({"file_name": f"{name}.mp4/frame{index:06d}.jpg",
                           **_facts(take, name, truth)})
            annotations.append(_annotations(take, truth, settings.points))
            rows.extend(mot_rows(truth))
            if settings.iuv:
                _write_iuv(settings.out / "iuv" / name / f"frame{index:06d}.png", truth)
            yield truth.frame.image

    crf = str(take.recording.crf)
    encoding = Encoding(options=(("crf", crf), ("preset", "veryfast"), ("threads", "1")))
    write_clip(settings.out / "clips" / f"{name}.mp4", pictures(), settings.scene.rate,
               encoding=encoding)
    return Item("clip", number, images, annotations, tuple(rows), _credits(take))


def _make_still(settings: ProduceSettings, take: Take, time_s: float, item: Item) -> Item:
    """Fill in an item of one picture."""
    name = still_name(item.number) if item.kind == "still" else f"randomised_{item.number:05d}"
    truth = take_still(take, time_s)
    path = settings.out / _FOLDERS[item.kind] / "images" / f"{name}.jpg"
    Image.fromarray(truth.frame.image).save(path, quality=take.recording.jpeg_quality)
    if settings.iuv:
        _write_iuv(settings.out / "iuv" / f"{name}.png", truth)
    points = settings.points
    if points is None and item.kind == "randomised":
        points = TRAINING_POINTS
    facts = {"file_name": path.name, **_facts(take, name, truth)}
    labels = [_annotations(take, truth, points)]
    return replace(item, images=[facts], annotations=labels, credits=_credits(take))


def _facts(take: Take, name: str, truth: TruthFrame) -> dict[str, Any]:
    return {**image_facts(name, truth), "source": "wildpose synth", "set": "rendered",
            "site": take.place, "sequence": name, "night": take.night,
            "labelled": ["animal", "person"]}


def _annotations(take: Take, truth: TruthFrame, points: int | None) -> list[dict[str, Any]]:
    rng = np.random.default_rng((*take.seed, 2, truth.frame.frame_index))
    return dense_annotations(truth, rng, points)


def _credits(take: Take) -> tuple[tuple[str, str, str], ...]:
    rigs = [role.character.rig for role in take.roles]
    return tuple(sorted({(r.species, r.licence, r.credit) for r in rigs}))


def _write_iuv(path: Path, truth: TruthFrame) -> None:
    if truth.chart is not None and truth.uv is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_iuv_png(path, truth.chart, truth.uv)


def _prepare(settings: ProduceSettings, jobs: int) -> None:
    """Make the folders, or say why not."""
    if jobs == 0:
        raise UsageError("nothing to make: no clips, no stills, no randomised pictures.",
                         "Give --clips, --stills or --randomised.")
    out = settings.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is not an empty folder.", "Give a new folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    if settings.clips:
        (out / "clips").mkdir()
    for count, folder in ((settings.stills, "stills"), (settings.randomised, "randomised")):
        if count:
            (out / folder / "images").mkdir(parents=True)


@contextmanager
def _mapper(workers: int) -> Iterator[Callable[..., Iterable[Item]]]:
    """Give a map: in this process for one worker, else in fresh processes; results in order."""
    if workers <= 1:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            yield pool.map
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _sequence(settings: ProduceSettings, item: Item) -> MotSequence:
    scene = settings.scene
    return MotSequence(clip_name(item.number), scene.rate, len(item.images), scene.size, item.rows)


def _write_truth(
    settings: ProduceSettings, collected: dict[str, _Collected], sequences: list[MotSequence],
    credited: list[tuple[str, str, str]],
) -> None:
    info = {
        "description": "rendered by wildpose synth", "wildpose": version("wildpose"),
        "seed": settings.seed, "clips": settings.clips, "stills": settings.stills,
        "randomised": settings.randomised, "plain": settings.plain, "points": settings.points,
        "species": list(settings.scene.species), "size": list(settings.scene.size),
        "seconds": settings.scene.seconds, "rate": settings.scene.rate,
        "night": settings.scene.night,
        "credits": [{"species": s, "licence": li, "credit": c} for s, li, c in credited],
    }
    for kind, folder in _FOLDERS.items():
        if collected[kind].images:
            whole = coco_object(collected[kind].images, collected[kind].annotations, info)
            write_json(settings.out / folder / "annotations.json", whole)
    if sequences:
        write_truth(settings.out / "mot", sequences, benchmark=BENCHMARK, split=SPLIT)
    write_json(settings.out / "synth.json", info)


def _summary(
    settings: ProduceSettings, collected: dict[str, _Collected],
    credited: list[tuple[str, str, str]], seconds: float,
) -> Produced:
    labels = [a for kind in _KINDS for a in collected[kind].annotations]
    animals = sum(a["category_id"] == 1 for a in labels)
    return Produced(
        settings.out, settings.clips, settings.stills, settings.randomised,
        sum(len(collected[kind].images) for kind in _KINDS), animals, len(labels) - animals,
        sum("dp_x" in a for a in labels), seconds,
        tuple(sorted({f"{c} ({li})" for _, li, c in credited if c})))
