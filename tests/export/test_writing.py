"""Files and folders: whole or not there at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.errors import UsageError
from wildpose.export.writing import (
    file_names,
    whole_file,
    whole_folder,
    write_csv,
    write_json_lists,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_that_breaks_off_leaves_the_old_one(tmp_path):
    target = tmp_path / "deep" / "a.json"
    with whole_file(target) as beside:
        beside.write_text("old")
    with pytest.raises(UnicodeEncodeError), whole_file(target) as beside:
        beside.write_text("new \udcff", "utf-8")
    assert target.read_text() == "old"
    assert names_in(target.parent) == ["a.json"]


def test_a_folder_that_breaks_off_is_not_there(tmp_path):
    target = tmp_path / "deep" / "out"
    with pytest.raises(UnicodeEncodeError), whole_folder(target) as beside:
        (beside / "a.csv").write_text("half \udcff", "utf-8")
    assert names_in(target.parent) == []
    with whole_folder(target) as beside:
        (beside / "a.csv").write_text("whole")
    assert (target / "a.csv").read_text() == "whole"
    assert names_in(target.parent) == ["out"]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "old.txt").write_text("mine")
    with pytest.raises(UsageError, match="something already"), whole_folder(tmp_path):
        pass
    assert names_in(tmp_path) == ["old.txt"]


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with whole_folder(Path()) as beside:
        (beside / "deep").mkdir()
        (beside / "deep" / "a").touch()
        (beside / "b").touch()
    assert names_in(Path()) == ["b", "deep"]
    assert names_in(tmp_path / "deep") == ["a"]


def test_a_place_that_can_not_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    for place in (whole_file, whole_folder):
        with pytest.raises(UsageError, match="can't be written"), place(tmp_path / "file" / "a"):
            pass


@pytest.mark.parametrize("head", [{}, {"info": {"a": "ä}"}, "b": []}])
@pytest.mark.parametrize("lists", [{}, {"x": []}, {"x": [{"i": 1}, {"i": [2]}], "y": [{}]}])
def test_json_is_the_same_as_written_at_once(tmp_path, head, lists):
    write_json_lists(tmp_path / "a.json", head, {k: iter(v) for k, v in lists.items()})
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == {**head, **lists}


def test_json_holds_no_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json_lists(tmp_path / "a.json", {}, {"x": [{"i": float("nan")}]})


def test_cells_of_csv(tmp_path):
    count = write_csv(tmp_path / "a.csv", ["a", "b"], [[None, True], [0.5, "x,\ny"], [7, 1e-5]])
    assert count == 3
    assert (tmp_path / "a.csv").read_bytes() == b'a,b\n,true\n0.5,"x,\ny"\n7,1e-05\n'


@settings(max_examples=30)
@given(st.lists(st.text("aA/ .é_", max_size=4), unique=True, max_size=8))
def test_each_clip_gets_a_name_of_its_own_that_every_system_takes(clips):
    names = file_names(clips)
    assert list(names) == clips
    assert len({name.lower() for name in names.values()}) == len(clips)
    for name in names.values():
        assert name.strip("._-") == name
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
        assert 0 < len(name) < 200
