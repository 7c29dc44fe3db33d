"""One student of a table: the teacher's labels made and mixed as its row says, then trained.

Rows share the frames and what the first teacher says of them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.site_backgrounds import write_backgrounds, write_scenes
from wildpose.adaptation.drawn import DrawnFrames
from wildpose.adaptation.labels import DOUBTFUL, LabelSettings, keep_from, label_frames
from wildpose.adaptation.rankings import Ranking
from wildpose.adaptation.source import SourceData
from wildpose.adaptation.student import (
    StudentSettings,
    carry_calibration,
    student_recipe,
    train_student,
)
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import find_model, read_description
from wildpose.models.predictor import Predictor, load_predictor
from wildpose.models.pretrained import load_model_weights
from wildpose.results.files import write_json
from wildpose.training.loop import StepReport
from wildpose.training.recipe import read_recipe
from wildpose.training.shipping import write_model
from wildpose.types import Array, ClassId, Detections

LOWEST_SCORE = DOUBTFUL / 2
PRECISION_FIRST, PRECISION_LAST = 0.9, 0.95
"""What a slowly following teacher's labels must reach at first and at last."""
LEAST_GRADE = 0.5
MOST_COPIES = 4


@dataclass(frozen=True)
class Row:
    """How the student of one row is made.

    Attributes
    ----------
    name : str
    ranking : {"uniform", "mask", "chart", "uv"}
    points : int
        k of the paper.
    apart : int
        Cells between the points of an animal, at least; the paper has none.
    dense : bool
        Dense pose is learnt, in steps of its own.
    target_share : float
        Of the pictures of a step, those that the teacher labelled.
    graded : bool
        Finds from a probability of .5 are labels, and a frame is drawn the more often the surer its
        labels are: in the mean the same as weights.
    site_share : float
        Of the pictures of a step, empty backgrounds of the clips with animals pasted onto them.
    scene_share : float
        Of the pictures of a step, rendered animals before empty backgrounds of the clips.
    scene_night : float
        Of these pictures, how many are lit by a flash: as in the clips.
    stages : int
        The steps are shared by so many stages, each with new labels.
    teacher_keeps : float
        Of its own weights, when a teacher moves towards its student after a stage; 0: the student
        is the next teacher.
    """

    name: str
    ranking: Ranking = "chart"
    points: int = 5
    apart: int = 0
    dense: bool = True
    target_share: float = 0.5
    graded: bool = False
    site_share: float = 0.0
    scene_share: float = 0.0
    scene_night: float = 1.0
    stages: int = 1
    teacher_keeps: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """How long students train, the same for all rows; without dense steps that head stays."""

    steps: int
    batch: int
    canvases: list[list[int]]
    device: str
    dense_steps: int


@dataclass(frozen=True)
class Footage:
    """The unlabelled clips, what was drawn of them, and where its pictures are."""

    clips: tuple[Path, ...]
    drawn: DrawnFrames
    images: Path


class Teacher:
    """A model that remembers what it said of a picture, since all rows ask it for the same."""

    def __init__(self, model: str, device: str) -> None:
        self.model = model
        self.predictor: Predictor = load_predictor(model, device=device, minimum_score=LOWEST_SCORE)
        self._said: dict[int, Detections] = {}

    def predict(self, images: Sequence[Array]) -> list[Detections]:
        """As :meth:`wildpose.models.predictor.Predictor.predict`."""
        marks = [hash(picture.tobytes()) for picture in images]
        for mark, picture in zip(marks, images, strict=True):
            if mark not in self._said:
                self._said[mark] = self.predictor.predict([picture])[0]
        return [self._said[mark] for mark in marks]


@dataclass(frozen=True)
class Shared:
    """What all students of a table have in common."""

    teacher: Teacher
    footage: Footage
    source: SourceData
    schedule: Schedule


def make_student(
    row: Row, seed: int, shared: Shared, folder: Path, say: Callable[[str], None]
) -> Path:
    """Train the student of a row below ``folder``, which is of one seed; the model's folder.

    Boxes and masks do not hang on the points of dense pose, so rows that differ in these alone
    share them: only the dense-pose head is trained anew.
    """
    shares = (f"{row.target_share} {row.site_share} {row.scene_share} {row.graded} {row.stages} "
              f"{row.teacher_keeps}")
    place = folder / "boxes" / shares.replace(" ", "-")
    student = _with_boxes(row, seed, shared, place, say)
    if not (row.dense and shared.schedule.dense_steps):
        return student
    return _with_dense_pose(row, seed, shared, student, folder / row.name.replace(" ", "-"), say)


def _with_boxes(
    row: Row, seed: int, shared: Shared, folder: Path, say: Callable[[str], None]
) -> Path:
    now, start, schedule = shared.teacher, shared.teacher.model, shared.schedule
    for stage in range(row.stages):
        place = folder / f"stage-{stage + 1}"
        place.mkdir(parents=True, exist_ok=True)
        threshold = _threshold(row, now, shared.footage, stage / max(row.stages - 1, 1))
        _label(row, now, shared.footage, place / "frames", LabelSettings(threshold, seed=seed))
        student = train_student(_recipe(row, start, shared, place, seed), start, place,
                                device=schedule.device, on_step=_said(row, seed, say))
        if stage + 1 < row.stages:
            follower = _towards(now.model, student, row.teacher_keeps, place)
            now, start = Teacher(str(follower), schedule.device), str(student)
    return student


def _with_dense_pose(
    row: Row, seed: int, shared: Shared, start: Path, place: Path, say: Callable[[str], None]
) -> Path:
    """The first teacher's points; what the source gives is cut once for all rows."""
    _label(row, shared.teacher, shared.footage, place / "frames",
           LabelSettings(_threshold(row, shared.teacher, shared.footage, 0.0), row.ranking,
                         row.points, seed, row.apart))
    regions, own = start.parent / "regions", place / "student" / "regions"
    own.parent.mkdir(parents=True, exist_ok=True)
    regions.mkdir(exist_ok=True)
    if not own.is_symlink():
        own.symlink_to(regions.resolve())
    recipe = _recipe(row, str(start), shared, place, seed, dense_steps=shared.schedule.dense_steps)
    recipe["schedule"]["steps"] = 0
    return train_student(recipe, str(start), place, device=shared.schedule.device,
                         on_step=_said(row, seed, say))


def _said(row: Row, seed: int, say: Callable[[str], None]) -> Callable[[StepReport, int], None]:
    return lambda report, steps: None if report.step % 10 else say(
        f"{row.name} seed {seed}: {report.of} {report.step}/{steps}")


def _threshold(row: Row, teacher: Teacher, footage: Footage, done: float) -> float | None:
    if row.graded:
        return LEAST_GRADE
    if row.stages == 1 or not row.teacher_keeps:
        return None
    wanted = PRECISION_FIRST + done * (PRECISION_LAST - PRECISION_FIRST)
    return keep_from(_scores(teacher, footage), wanted)


def _label(
    row: Row, teacher: Teacher, footage: Footage, frames: Path, settings: LabelSettings
) -> None:
    if (frames / "annotations.json").is_file():
        return
    frames.mkdir(parents=True, exist_ok=True)
    if not (frames / "images").exists():
        (frames / "images").symlink_to(footage.images.resolve())
    label_frames(teacher, footage.drawn.frames, frames, settings)
    if row.graded:
        content = json.loads((frames / "annotations.json").read_text("utf-8"))
        write_json(frames / "annotations.json", _by_grade(content))


def _scores(teacher: Teacher, footage: Footage) -> list[float]:
    scores: list[float] = []
    for frame in footage.drawn.frames:
        with Image.open(footage.images / frame.file_name) as picture:
            found = teacher.predict([np.asarray(picture.convert("RGB"))])[0]
        scores += found.score[found.class_id == ClassId.ANIMAL].tolist()
    return scores


def _by_grade(content: dict[str, Any]) -> dict[str, Any]:
    """One to four copies of each picture: four of those whose labels are quite sure or absent."""
    labels = defaultdict(list)
    for label in content["annotations"]:
        labels[label["image_id"]].append(label)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image in content["images"]:
        grades = [a["grade"] for a in labels[image["id"]] if not a.get("uncertain")]
        sure = (float(np.mean(grades)) - LEAST_GRADE) / (1 - LEAST_GRADE) if grades else 1.0
        for _ in range(max(1, round(MOST_COPIES * sure))):
            images.append({**image, "id": len(images) + 1})
            annotations += [{**a, "id": len(annotations) + i, "image_id": len(images)}
                            for i, a in enumerate(labels[image["id"]], 1)]
    return {**content, "images": images, "annotations": annotations}


def _recipe(
    row: Row, start: str, shared: Shared, place: Path, seed: int, dense_steps: int = 0
) -> dict[str, Any]:
    schedule, frames = shared.schedule, place / "frames"
    targets = [{"name": f"teacher {place.name}", "folder": str(frames.resolve()),
                "share": 1 - row.site_share - row.scene_share, "dense_share": 1.0}]
    if row.site_share:
        sites = place / "sites"
        write_backgrounds(shared.footage.clips, sites)
        targets.append({"name": "sites", "folder": str(sites.resolve()), "share": row.site_share,
                        "paste_chance": 0.8})
    if row.scene_share:
        write_backgrounds(shared.footage.clips, place / "sites")
        scenes = write_scenes(place / "sites", place / "scenes", seed, row.scene_night)
        targets.append({"name": "scenes", "folder": str(scenes.resolve()),
                        "share": row.scene_share, "dense_share": 1.0})
    settings = StudentSettings(schedule.steps // row.stages, schedule.batch, row.target_share, seed,
                               schedule.device, dense_steps)
    recipe = student_recipe(row.name, start, shared.source, targets, settings)
    recipe["schedule"]["canvases"] = schedule.canvases
    # a table is read off the scored pictures: nothing has to be kept out to calibrate on
    recipe["hold_out"] = {"share": 0.0, "empty_share": 0.0}
    return recipe


def _towards(teacher: str, student: Path, keeps: float, place: Path) -> Path:
    """The next teacher: ``keeps`` of the old one's weights and the rest of the student's."""
    if not keeps:
        return student
    folder = place / "follower"
    if not (folder / "weights.safetensors").is_file():
        folder.mkdir(exist_ok=True)
        old, new = _detector(teacher), _detector(str(student))
        before = old.state_dict()
        mixed = {k: keeps * before[k] + (1 - keeps) * v if v.is_floating_point() else v
                 for k, v in new.state_dict().items()}
        write_model(new, mixed, read_recipe(place / "recipe.yaml"), [], folder)
        carry_calibration(teacher, folder)
    return folder


def _detector(model: str) -> Detector:
    folder = find_model(model)
    detector = Detector(Architecture(**read_description(folder).architecture))
    load_model_weights(detector, folder)
    return detector
