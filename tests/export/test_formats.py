"""One call for all formats: what it says, where it writes, what it refuses."""

from __future__ import annotations

import pytest
from run_writer import write_run

from wildpose.errors import DataError, UsageError
from wildpose.export import FORMATS, ExportOptions, export_run


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_counts_the_same_and_leaves_nothing_else(run, tmp_path, name, options_of):
    before = sorted(path.name for path in run.iterdir())
    summary = export_run(run, name, tmp_path / "out", options_of(name))
    assert (summary.clips, summary.clips_failed, summary.clips_partial) == (5, 1, 1)
    assert (summary.animals, summary.people) == (6, 2)
    assert summary.out.exists()
    assert summary.out.relative_to(tmp_path).parts[0] == "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert sorted(path.name for path in run.iterdir()) == before
    assert summary.as_json()["format"] == name


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_run_gives_the_same_bytes(run, tmp_path, name, options_of):
    first, second = (export_run(run, name, tmp_path / part, options_of(name)).out
                     for part in ("a", "b"))
    files = [first] if first.is_file() else [p for p in first.rglob("*") if p.is_file()]
    for path in files:
        other = second if path == first else second / path.relative_to(first)
        assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_in_which_nothing_could_be_read_can_be_exported(tmp_path, name, options_of):
    write_run(tmp_path / "run", {}, failed={"a.mp4": "no video"})
    summary = export_run(tmp_path / "run", name, tmp_path / "out", options_of(name))
    assert (summary.clips, summary.clips_failed, summary.animals) == (1, 1, 0)


def test_one_file_goes_where_it_is_named_or_into_a_folder(run, tmp_path):
    assert export_run(run, "coco", tmp_path / "my.json").out == tmp_path / "my.json"
    assert export_run(run, "coco", tmp_path / "my.json").out == tmp_path / "my.json"
    assert export_run(run, "coco", tmp_path).out == tmp_path / "coco.json"
    assert export_run(run, "megadetector", tmp_path / "x").out == (
        tmp_path / "x" / "megadetector.json")
    (tmp_path / "y.json").mkdir()
    assert export_run(run, "coco", tmp_path / "y.json").out.name == "coco.json"


@pytest.mark.parametrize(("name", "out", "said"), [
    ("xml", "out", "no such format"),
    ("csv", "full", "something already"),
    ("mot", "full/file.txt", "something already"),
    ("coco", "full/file.txt", r"written as a \.json file"),
])
def test_wrong_use_is_refused(run, tmp_path, name, out, said):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file.txt").write_text("mine")
    with pytest.raises(UsageError, match=said):
        export_run(run, name, tmp_path / out)
    assert (tmp_path / "full" / "file.txt").read_text() == "mine"


def test_an_option_that_a_format_does_not_know_is_refused(run, tmp_path):
    for option, said, owner in ((ExportOptions(dense_pose=True), "--dense-pose", "coco"),
                                (ExportOptions(species_table=tmp_path), "--species-table",
                                 "camtrap-dp"),
                                (ExportOptions(gap=0.0), "--gap", "camtrap-dp")):
        with pytest.raises(UsageError, match=f"{said}: mot has no place for it") as caught:
            export_run(run, "mot", tmp_path / "out", option)
        assert owner in caught.value.remedy
    assert not (tmp_path / "out").exists()


def test_a_damaged_run_is_named_and_leaves_nothing(run, tmp_path):
    write_run(tmp_path / "run", {"a.mp4": []})
    (tmp_path / "run" / "detections.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(DataError, match=r"detections\.parquet: can't be read"):
        export_run(tmp_path / "run", "csv", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
