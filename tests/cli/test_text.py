"""What people read at the end of a command."""

from __future__ import annotations

from pathlib import Path

from wildpose.analysis import RunSummary
from wildpose.cli import analyze, evaluate, train
from wildpose.training.run import TrainingSummary


def summary(**changed) -> RunSummary:
    values = {"run": Path("runs/may"), "clips": 9, "clips_with_animals": 4, "clips_failed": 0,
              "clips_partial": 0, "detections": 210, "tracks": 5, "person_detections": 0,
              "person_tracks": 1, "frames": 900, "seconds": 61.2}
    return RunSummary(**{**values, **changed})


def test_analyze_names_what_it_wrote_and_what_comes_next():
    text = analyze.describe(summary())
    assert text.startswith("9 clips in 61 s: 4 with animals, 5 animal tracks, 1 track of people.")
    for place in ("summary.html", "sheets", "clips.csv", "tracks.csv", "detections.parquet"):
        assert str(Path("runs/may") / place) in text
    assert "wildpose review runs/may" in text
    assert "failures.csv" not in text
    assert "dense_pose" not in text


def test_analyze_names_the_folder_of_dense_pose_where_there_is_one():
    assert str(Path("runs/may/dense_pose")) in analyze.describe(summary(clips_with_dense_pose=4))


def test_analyze_says_what_failed_and_where_it_is_listed():
    text = analyze.describe(summary(clips_failed=1, clips_partial=2))
    assert "\n1 clip could not be read, 2 clips could be read only in part: see " in text
    assert str(Path("runs/may/failures.csv")) in text


def test_evaluate_lays_the_figures_out_and_leaves_empty_groups_away():
    figures = {"images": 12, "box": {"ap": 0.5, "ap50": 0.75}, "mask": None, "recall": 0.8,
               "precision": None, "presence": {"auc": 0.91}, "ece": 0.04}
    none = {"images": 0, "box": None}
    text = evaluate.describe({"model": "animal-small", "data": "val",
                              "subsets": {"all": figures, "night": none}})
    head, columns, row = text.splitlines()
    assert head == "animal-small on val"
    assert row.split() == ["all", "12", "0.500", "0.750", "-", "0.800", "-", "0.910", "0.040"]
    assert len(columns) == len(row)


def test_train_says_how_good_the_model_is_on_what_it_never_saw():
    figures = {"all": {"box": {"ap": 0.5, "ap50": 0.75}}}
    text = train.describe(TrainingSummary(Path("models/mine"), 100, 800, 90, {}, figures))
    assert text.startswith("100 steps on 800 pictures; 90 were kept out")
    assert "box AP 0.500, AP50 0.750" in text
    assert "wildpose evaluate models/mine DATA" in text


def test_train_without_pictures_kept_out_names_no_figures():
    text = train.describe(TrainingSummary(Path("models/mine"), 100, 800, 0, {}, {}))
    assert "AP" not in text
