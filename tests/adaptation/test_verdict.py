"""Whether a student takes its teacher's place: every way it can end, and two real models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.numpy import load_file, save_file

from wildpose.adaptation.comparison import (
    LEAST_GROUPS,
    Compared,
    Figures,
    compare,
    compare_predictions,
)
from wildpose.adaptation.verdict import Verdict, decide
from wildpose.errors import DataError, UsageError
from wildpose.evaluation.bootstrap import Interval
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.video import open_clip


def figures(box_ap: float | None, images: int = 60, presence: float = 0.9) -> Figures:
    light = {"day": {"box_ap": box_ap, "images": images}}
    return Figures(box_ap, None, presence, None, images, light)


def compared(before, after, difference=None, groups=12, unit="places") -> Compared:
    drawn = None if difference is None else Interval(after - before, *difference)
    return Compared("meadow", figures(before), figures(after), drawn, groups, unit)


BETTER = compared(0.5, 0.56, (0.02, 0.1))
WORSE = compared(0.56, 0.5, (-0.1, -0.02))
UNCLEAR = compared(0.5, 0.53, (-0.03, 0.09))
SAME = compared(0.7, 0.69)
FALLEN = compared(0.7, 0.67)
NO_ANIMAL = compared(None, None)
CRIES_WOLF = replace(SAME, student=figures(0.69, presence=0.85))


@pytest.mark.parametrize(("source", "target", "accepted", "words"), [
    (SAME, None, True, "on 60 pictures kept out of the source (box AP 0.700 -> 0.690) the student "
                       "does not fall by more than the margin of 0.020; without labelled pictures"),
    (compared(0.7, 0.75), None, True, "0.700 -> 0.750"),
    (FALLEN, None, False, "the student's box AP falls (0.700 -> 0.670) by more than the margin"),
    (CRIES_WOLF, None, False, "student's presence AUC falls (0.900 -> 0.850) by more than the"),
    (CRIES_WOLF, BETTER, True, "on the source its presence AUC falls (0.900 -> 0.850) by more"),
    (SAME, BETTER, True, "(box AP 0.500 -> 0.560, difference +0.060, 95 % interval +0.020 to "
                         "+0.100 over 12 places) the student is better than its teacher."),
    (FALLEN, BETTER, True, "on the source its box AP falls (0.700 -> 0.670)"),
    (None, BETTER, True, "is better than its teacher"),
    (SAME, WORSE, False, "is worse than its teacher."),
    (SAME, UNCLEAR, False, "no evidence that the student is better than its teacher: about 240 "
                           "pictures of as many more places would show"),
    (FALLEN, UNCLEAR, False, "on the source its box AP falls (0.700 -> 0.670)"),
    (SAME, compared(0.5, 0.49, (-0.03, 0.01)), False, "more pictures alone will hardly show"),
    (SAME, compared(0.5, 0.5, (0.0, 0.0)), False, "no evidence"),
    (SAME, compared(0.4, 0.9, groups=3), False, "only 3 places with animals are there and at least "
                                                "6 are needed"),
    (SAME, NO_ANIMAL, True, "none of the labelled pictures of the target holds an animal"),
    (FALLEN, NO_ANIMAL, False, "box AP falls"),
    (None, None, False, "nothing to judge the student by"),
    (NO_ANIMAL, NO_ANIMAL, False, "nothing to judge the student by"),
])
def test_every_ending(source, target, accepted, words):
    verdict = decide(source, target)
    assert verdict.accepted is accepted
    assert verdict.reason.startswith("Accepted: " if accepted else "Refused: ")
    assert words in verdict.reason
    assert verdict.reason.endswith(".")
    assert "None" not in verdict.reason
    assert Verdict.from_json(json.loads(json.dumps(verdict.as_json()))) == verdict


def test_the_margin_is_the_users_and_a_fall_of_just_the_margin_passes():
    assert decide(FALLEN, None, margin=0.03).accepted
    assert decide(compared(0.72, 0.70), None).accepted  # their difference is 0.020000000000000018
    assert not decide(SAME, None, margin=0).accepted
    with pytest.raises(UsageError, match="margin"):
        decide(SAME, None, margin=float("nan"))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 0.3), st.floats(0.001, 0.6), st.integers(8, 5000))
def test_the_pictures_that_would_help_are_more_than_there_are(gain, beside, images):
    unclear = replace(compared(0.2, 0.2 + gain, (-beside, 2 * gain + beside), unit="pictures"),
                      student=figures(0.2 + gain, images))
    said = decide(None, unclear).reason.split("about ")[1].split(" pictures would")[0]
    wanted = int(said.replace(",", ""))
    assert wanted > images
    narrowed = (gain + beside) * (images / wanted) ** 0.5
    assert narrowed <= gain * 1.001  # an interval of so many pictures lies above 0


def test_what_is_no_verdict_is_refused():
    with pytest.raises(DataError, match="no verdict"):
        Verdict.from_json({"accepted": True})


class TestIntervals:
    """Made-up pictures of one animal each; both models find it, one of them in a better box."""

    BOX = (10, 10, 100, 80)

    def folder(self, path: Path, facts: list[dict]) -> Path:
        images = [{"id": i, "file_name": f"{i}.jpg", "width": 320, "height": 240,
                   "night": i % 2 == 0, **f} for i, f in enumerate(facts, 1)]
        truth = [{"id": i["id"], "image_id": i["id"], "category_id": 1, "bbox": list(self.BOX),
                  "area": 8000, "iscrowd": 0} for i in images]
        path.mkdir(exist_ok=True)
        (path / "annotations.json").write_text(json.dumps({"images": images, "annotations": truth}))
        return path

    def said(self, moved: list[float]) -> dict:
        x, y, w, h = self.BOX
        rows = [{"image_id": i, "category_id": 1, "bbox": [x + m, y, w, h], "score": 0.9}
                for i, m in enumerate(moved, 1)]
        rows += [{**row, "bbox": [200, 150, 40, 40], "score": 0.01} for row in rows]  # junk
        return {"threshold": 0.5, "detections": rows}

    def compared(self, path: Path, facts: list[dict], before, after) -> Compared:
        said = [self.said(list(np.broadcast_to(m, len(facts)))) for m in (before, after)]
        return compare_predictions(self.folder(path / "meadow", facts), *said)

    def test_figures_of_both_by_day_and_night_and_the_estimate_is_their_difference(self, tmp_path):
        found = self.compared(tmp_path, [{"site": str(i)} for i in range(8)], 20, 3)
        assert found.data == "meadow"
        assert found.student.images == 8
        assert found.student.by_light["night"]["images"] == 4
        assert found.student.box_ap > found.teacher.box_ap
        assert found.difference.estimate == pytest.approx(found.change)
        assert (found.groups, found.drawn_over) == (8, "places")
        assert decide(None, found).accepted
        assert found.student.part is None
        assert found.student.presence_auc is None

    def test_a_few_lucky_places_are_no_evidence(self, tmp_path):
        facts = [{"site": str(i % 8)} for i in range(40)]
        lucky = [3.0 if i % 8 < 2 else 22.0 if i % 8 < 4 else 20.0 for i in range(40)]
        found = self.compared(tmp_path, facts, 20, lucky)
        assert found.change > 0
        assert found.difference.lower <= 0
        assert not decide(None, found).accepted

    def test_one_place_gives_an_interval_of_its_pictures_and_not_one_without_width(self, tmp_path):
        moved = [3.0 if i % 3 else 40.0 for i in range(12)]
        found = self.compared(tmp_path, [{"site": "A"}] * 12, 20, moved)
        assert (found.groups, found.drawn_over) == (12, "pictures")
        assert found.difference.upper - found.difference.lower > 0.1

    def test_pictures_of_a_burst_count_as_one(self, tmp_path):
        facts = [{"site": "A", "sequence": i // 4} for i in range(40)]
        found = self.compared(tmp_path, facts, 20, 3)
        assert (found.groups, found.drawn_over) == (10, "sequences")

    def test_too_few_give_no_interval(self, tmp_path):
        found = self.compared(tmp_path, [{}] * (LEAST_GROUPS - 1), 20, 3)
        assert found.difference is None
        assert found.change > 0
        assert not decide(None, found).accepted

    def test_drafts_are_no_truth(self, tmp_path):
        found = self.compared(tmp_path, [{}] * 6 + [{"draft": True}] * 6, 20, [3] * 6 + [60] * 6)
        assert found.student.images == 6
        assert decide(None, found).accepted
        with pytest.raises(DataError, match="drafts of a detector"):
            self.compared(tmp_path, [{"draft": True}] * 8, 20, 3)


@pytest.fixture(scope="module")
def labelled(sample_clips, tmp_path_factory) -> Path:
    """One frame with the deer of the sample clip in its true box, one of the empty place."""
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "images").mkdir()
    truth = json.loads((sample_clips.parent / "truth.json").read_text(encoding="utf-8"))
    clip, empty = "ridge_trail/05180016.MP4", "ridge_trail/05180017.MP4"
    wanted = next(i for i in truth["images"] if i["clip"] == clip and i["frame_index"] == 45)
    images = []
    for number, name in enumerate((clip, empty), 1):
        with open_clip(sample_clips / name, None) as frames:
            frame = next(f for f in frames if f.frame_index == 45)
        Image.fromarray(frame.image).save(folder / "images" / f"{number}.png")
        images.append({"id": number, "file_name": f"{number}.png", "width": frame.image.shape[1],
                       "height": frame.image.shape[0], "night": False})
    annotations = [{"id": a["id"], "image_id": 1, "category_id": a["category_id"], "iscrowd": 0,
                    "bbox": a["bbox"], "area": a["area"], "segmentation": a["segmentation"],
                    "mask_source": "drawn"}
                   for a in truth["annotations"] if a["image_id"] == wanted["id"]]
    content = {"images": images, "annotations": annotations}
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory) -> Path:
    """The shipped model with noise in its weights."""
    shipped, folder = find_model("animal-small"), tmp_path_factory.mktemp("spoiled")
    rng = np.random.default_rng(0)
    weights = {k: w + rng.normal(0, 0.6 * w.std(), w.shape).astype(w.dtype) if w.ndim > 1 else w
               for k, w in load_file(shipped / "weights.safetensors").items()}
    save_file(weights, folder / "weights.safetensors")
    write_description(folder, replace(read_description(shipped), name="spoiled"))
    return folder


class KilledError(Exception):
    """In place of Ctrl-C."""


def kill(done: int, total: int) -> None:
    raise KilledError


def with_other_labels(labelled: Path, folder: Path) -> Path:
    content = json.loads((labelled / "annotations.json").read_text(encoding="utf-8"))
    for image in content["images"]:
        image |= {"file_name": str(labelled / "images" / image["file_name"]), "night": True}
    folder.mkdir()
    (folder / "annotations.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_a_model_made_worse_is_refused_and_each_model_is_run_once(labelled, spoiled, tmp_path):
    kept, steps = tmp_path / "kept", []

    def compare_to(student: str) -> Compared:
        return compare("animal-small", student, labelled, keep=kept,
                       progress=lambda *step: steps.append(step))

    worse = compare_to(str(spoiled))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert worse.teacher.box_ap > 0.5
    assert worse.teacher.mask_ap > 0.3
    assert worse.teacher.presence_auc == 1
    assert worse.teacher.by_light["day"]["box_ap"] == worse.teacher.box_ap
    assert worse.teacher.by_light["night"]["box_ap"] is None
    verdict = decide(worse, None)
    assert not verdict.accepted
    assert "by more than the margin" in verdict.reason
    assert compare_to(str(spoiled)) == worse
    assert compare_to("animal-small").change == 0
    assert len(steps) == 4  # both models' predictions were there
    others = with_other_labels(labelled, tmp_path / "others")
    with pytest.raises(KilledError):  # they do not stand in for those of other labels
        compare("animal-small", str(spoiled), others, keep=kept, progress=kill)
    assert len(list(kept.iterdir())) == 2  # and half a run leaves nothing


def test_a_place_that_can_not_be_written_to_is_one_clear_line(labelled, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't be made"):
        compare("animal-small", "animal-small", labelled, keep=tmp_path / "file" / "kept")
