"""`wildpose adapt`: what it says before it begins, and to wrong calls."""

from __future__ import annotations

import json
import signal

import pytest

from wildpose.cli import main
from wildpose.data.annotations import read_labelled


@pytest.fixture(autouse=True)
def no_training_pictures(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("WILDPOSE_DATA", str(tmp_path / "nothing"))


@pytest.fixture
def words(sample_clips, tmp_path) -> list[str]:
    return ["adapt", str(sample_clips), "--species", "deer", "--out", str(tmp_path / "deer")]


def test_a_dry_run_reckons_and_writes_nothing(words, tmp_path, capfd):
    assert main([*words, "--dry-run", "--steps", "10", "--rounds", "2", "--json"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["clips"] >= 4
    assert 0 < said["pictures"] <= said["candidates"]
    assert (said["steps"], said["rounds"]) == (10, 2)
    assert said["seconds"] > 0
    assert "rendered" in said["source"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("more", "said"), [
    (["--ranking", "best"], "--ranking best: there is no such ranking. Take one of uniform, mask"),
    (["--every", "all"], "--every all: neighbouring frames teach nothing new"),
    (["--source", "no/such"], "no/such: there is no such file or folder"),
    (["--val", "no/such"], "no/such: there is no such file or folder"),
    (["--labels", "no/such.json"], "no/such.json: there is no such file or folder"),
    (["--from", "no-such-model"], "no-such-model: there is no such model"),
    (["--labels-only"], "--species: nothing is trained with --labels-only"),
])
def test_a_wrong_call_gets_one_line(words, tmp_path, capfd, more, said):
    assert main([*words, *more]) == 2
    shown = capfd.readouterr().err.strip()
    assert said in shown
    assert len(shown.splitlines()) == 1
    assert not (tmp_path / "deer").exists()


def test_a_folder_without_clips_is_named(tmp_path, capfd):
    (tmp_path / "empty").mkdir()
    words = ["adapt", str(tmp_path / "empty"), "--species", "deer", "--out", str(tmp_path / "m")]
    assert main(words) == 2
    assert "empty: no clip and no picture" in capfd.readouterr().err
    assert main([*words, "--dry-run"]) == 2
    assert not (tmp_path / "m").exists()


def test_nothing_to_learn_from_is_one_object_too(sample_clips, tmp_path, capfd):
    words = ["adapt", str(sample_clips / "ridge_trail/05180017.MP4"), "--species", "deer",
             "--out", str(tmp_path / "m"), "--pictures", "2", "--every", "3s", "--json", "--quiet"]
    assert main(words) == 4
    shown = capfd.readouterr()
    said = json.loads(shown.out)
    assert set(said) == {"model", "accepted", "reason", "teacher", "student", "rounds"}
    assert (said["model"], said["accepted"]) == (None, False)
    assert shown.err == f"error: {said['reason']}\n"
    assert not (tmp_path / "m" / "rounds" / "source").exists()  # nothing was rendered for it


def test_ctrl_c_says_that_the_same_command_goes_on(words, tmp_path, capfd, monkeypatch):
    from wildpose.adaptation import labelling

    monkeypatch.setattr(labelling, "draw_frames",
                        lambda *_, **__: signal.raise_signal(signal.SIGINT))
    assert main(words) == 130
    assert "What is finished is kept: the same command goes on from there." in (
        capfd.readouterr().err)
    assert (tmp_path / "deer" / "rounds" / "settings.json").exists()


class TestLabelsOnly:
    @pytest.fixture
    def labels(self, sample_clips, tmp_path) -> list[str]:
        return ["adapt", str(sample_clips / "ridge_trail/05180016.MP4"), "--every", "0.5s",
                "--pictures", "14", "--keep-from", "0.2", "--points", "3", "--labels-only",
                "--out", str(tmp_path / "labels")]

    def test_what_only_a_training_needs_is_refused(self, labels, tmp_path, capfd):
        assert main([*labels, "--steps", "3", "--val", str(tmp_path)]) == 2
        shown = capfd.readouterr().err
        assert shown.startswith("error: --val, --steps: nothing is trained with --labels-only.")
        assert not (tmp_path / "labels").exists()

    def test_without_it_a_species_has_to_be_said(self, labels, tmp_path, capfd):
        words = [word for word in labels if word != "--labels-only"]
        assert main(words) == 2
        assert capfd.readouterr().err.startswith("error: --species is missing.")

    def test_a_dry_run_writes_nothing(self, labels, tmp_path, capfd):
        assert main([*labels, "--dry-run"]) == 0
        assert "Nothing is trained." in capfd.readouterr().out
        assert list(tmp_path.iterdir()) == []

    def test_a_labelled_folder_comes_out_and_the_same_call_goes_on(self, labels, tmp_path, capfd):
        assert main([*labels, "--quiet", "--json"]) == 0
        said = json.loads(capfd.readouterr().out)
        assert said["surface"] == "reference"
        assert said["census"]["kept"] >= 5
        images = read_labelled(tmp_path / "labels")
        assert all(i.draft and i.path.is_file() for i in images)
        assert sum(len(p) for i in images for p in i.body_points_of(range(len(i.ignore))) if p) > 0
        before = (tmp_path / "labels" / "annotations.json").stat().st_mtime_ns
        assert main([*labels, "--quiet"]) == 0
        assert (tmp_path / "labels" / "annotations.json").stat().st_mtime_ns == before
        assert not (tmp_path / "labels" / "rounds").exists()
        assert main([*labels, "--seed", "9"]) == 2
        assert "holds labels of other settings" in capfd.readouterr().err
