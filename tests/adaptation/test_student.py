"""The recipe of a student: what is learnt, by what shares."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from wildpose.adaptation.source import SourceData
from wildpose.adaptation.student import StudentSettings, default_settings, student_recipe
from wildpose.models.chart_rcnn import Config
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.training.recipe import Recipe

SOURCE = SourceData("folder", "pictures", (
    {"name": "source", "folder": "own", "share": 1.0, "dense_share": 0.5},
    {"name": "rendered", "folder": "drawn", "share": 0.0, "dense_share": 0.5}), {"share": 0.1}, 9)
TEACHER = {"name": "teacher", "folder": "frames", "share": 1.0, "dense_share": 1.0}


def recipe_of(settings: StudentSettings) -> Recipe:
    recipe = student_recipe("deer", "animal-small", SOURCE, [TEACHER], settings)
    return Recipe.model_validate(recipe)


def test_without_dense_steps_the_head_stays_and_what_would_teach_it_is_left_out():
    recipe = recipe_of(StudentSettings())
    assert recipe.dense_schedule is None
    assert recipe.schedule.rate.dense_head == 0
    assert {s.name: s.share for s in recipe.sources} == {"source": 0.5, "teacher": 0.5}
    assert not any(s.regions for s in recipe.sources)


def test_a_student_answers_in_the_way_of_its_teacher():
    model = recipe_of(StudentSettings()).model.model_dump()
    teacher = read_description(find_model("animal-small")).architecture
    assert {k: model[k] for k in teacher if k != "box_width"} == {
        k: v for k, v in teacher.items() if k != "box_width"}


def test_dense_pose_is_learnt_by_shares_of_its_own():
    recipe = recipe_of(StudentSettings(dense_steps=50, regions=8, target_share=0.4))
    assert recipe.dense_schedule.steps == 50
    assert {s.name: (s.share, s.dense_share) for s in recipe.sources} == {
        "source": (0.6, 0.3), "rendered": (0.0, 0.3), "teacher": (0.4, 0.4)}
    assert all(s.regions == 8 for s in recipe.sources)


def test_a_student_of_the_source_alone_sees_nothing_of_the_target():
    recipe = recipe_of(StudentSettings(dense_steps=50, target_share=0.0))
    assert [s.name for s in recipe.sources] == ["source", "rendered"]


class TestDensePoseRcnn:
    CONFIG = Config(head="deeplab", subject="animal", uv_confidence="iid_iso", short_edge=256)

    @pytest.fixture
    def teacher(self, tmp_path) -> str:
        """As far as a recipe looks at it: its description."""
        shutil.copytree(find_model("animal-small"), tmp_path / "r50")
        own = read_description(tmp_path / "r50")
        write_description(tmp_path / "r50", replace(own, architecture=self.CONFIG.as_json()))
        return str(tmp_path / "r50")

    def recipe(self, teacher: str, points: int) -> Recipe:
        corrections = {"name": "corrections", "folder": "mine", "share": 0.5}
        return Recipe.model_validate(student_recipe(
            "deer", teacher, SOURCE, [TEACHER, corrections], default_settings(teacher, 40, points),
            points=points))

    def test_a_student_has_its_teachers_settings_and_weights(self, teacher):
        recipe = self.recipe(teacher, 0)
        assert recipe.model.chart_rcnn == self.CONFIG
        assert recipe.model.start_from == teacher
        assert recipe.dense_schedule is None
        assert (recipe.schedule.optimiser, recipe.schedule.batch) == ("sgd", 4)
        assert {s.name: s.share for s in recipe.sources} == pytest.approx(
            {"source": 0.5, "teacher": 0.3333, "corrections": 0.1667})

    def test_its_dense_head_learns_along_where_points_are_asked_for(self, teacher):
        assert self.recipe(teacher, 0).schedule.rate.dense_head == 0
        assert self.recipe(teacher, 5).schedule.rate.dense_head > 0
        assert default_settings("animal-small", 40, 5).dense_steps == 40
        assert default_settings(teacher, 40, 5).dense_steps == 0

    def test_places_are_learnt_from_its_teacher_alone(self, teacher):
        surfaces = {s.name: s.labels.surface for s in self.recipe(teacher, 5).sources}
        assert surfaces == {"source": "other", "teacher": "smpl", "corrections": "other"}
