"""The recipe of a student: what is learnt, by what shares."""

from __future__ import annotations

from wildpose.adaptation.source import SourceData
from wildpose.adaptation.student import StudentSettings, student_recipe
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


def test_dense_pose_is_learnt_by_shares_of_its_own():
    recipe = recipe_of(StudentSettings(dense_steps=50, regions=8, target_share=0.4))
    assert recipe.dense_schedule.steps == 50
    assert {s.name: (s.share, s.dense_share) for s in recipe.sources} == {
        "source": (0.6, 0.3), "rendered": (0.0, 0.3), "teacher": (0.4, 0.4)}
    assert all(s.regions == 8 for s in recipe.sources)


def test_a_student_of_the_source_alone_sees_nothing_of_the_target():
    recipe = recipe_of(StudentSettings(dense_steps=50, target_share=0.0))
    assert [s.name for s in recipe.sources] == ["source", "rendered"]
