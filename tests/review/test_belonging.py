"""Runs that are moved, copied or replaced keep, share or inherit nothing by accident."""

import shutil

import pytest

from wildpose.review import build_dataset
from wildpose.review.belonging import RUN_ID, claim_dataset, earlier_database, read_mark
from wildpose.review.sync import dataset_name


@pytest.fixture
def reviewed(home, tmp_path):
    """A folder with its mark and its data set, as a build leaves them; all made here goes again."""
    import fiftyone as fo

    before = set(fo.list_datasets())
    run = tmp_path / "run"
    run.mkdir()
    make_dataset(run)
    yield run
    for name in set(fo.list_datasets()) - before:
        fo.delete_dataset(name)


def make_dataset(run):
    import fiftyone as fo

    run_id, notes = claim_dataset(run, dataset_name(run))
    dataset = fo.Dataset(dataset_name(run), persistent=True)
    dataset.info = {"run": str(run), RUN_ID: run_id}
    dataset.save()
    return notes


def names():
    import fiftyone as fo

    return set(fo.list_datasets())


def test_a_reviewed_run_that_was_moved_keeps_what_people_did(writer, home):
    import fiftyone as fo

    first = build_dataset(writer.write(), home=home)
    fo.load_dataset(first.dataset).tag_samples("fox")
    moved = writer.run.with_name("moved")
    writer.run.rename(moved)
    summary = build_dataset(moved, home=home)
    assert summary.dataset == dataset_name(moved) != first.dataset
    assert summary.notes == [f"this run was moved from {writer.run}: its data set came along"]
    assert (summary.added, summary.unchanged) == (0, 1)
    dataset = fo.load_dataset(summary.dataset)
    assert dataset.count_sample_tags() == {"fox": 1}
    assert dataset.info["run"] == str(moved)
    assert not fo.dataset_exists(first.dataset)
    dataset.name = first.dataset  # for the tests that share it


def test_the_same_run_again_is_nothing_new(reviewed):
    mark = read_mark(reviewed)
    assert claim_dataset(reviewed, dataset_name(reviewed)) == (mark.run_id, [])
    assert read_mark(reviewed) == mark


def test_a_copy_begins_anew_and_says_where_the_work_lies(reviewed):
    copy = reviewed.with_name("copy")
    shutil.copytree(reviewed, copy)
    assert make_dataset(copy) == [
        f"this run is a copy of {reviewed}: what people did there stays there, in the data set "
        f"{dataset_name(reviewed)}"]
    assert read_mark(copy).run_id != read_mark(reviewed).run_id
    assert claim_dataset(copy, dataset_name(copy))[1] == []
    assert claim_dataset(reviewed, dataset_name(reviewed))[1] == []


def test_another_run_in_the_same_place_inherits_nothing_and_nothing_is_lost(reviewed):
    import fiftyone as fo

    old = read_mark(reviewed).run_id
    shutil.rmtree(reviewed)
    reviewed.mkdir()
    (note,) = make_dataset(reviewed)
    kept = note.rsplit(" ", 1)[-1]
    assert kept.startswith(f"{dataset_name(reviewed)}-until-")
    assert fo.load_dataset(kept).info[RUN_ID] == old
    assert read_mark(reviewed).run_id != old


def test_two_runs_that_changed_places_keep_their_own(reviewed):
    import fiftyone as fo

    other = reviewed.with_name("other")
    other.mkdir()
    make_dataset(other)
    ids = [read_mark(run).run_id for run in (reviewed, other)]
    reviewed.rename(reviewed.with_name("aside"))
    other.rename(reviewed)
    reviewed.with_name("aside").rename(other)
    for run, run_id in zip((other, reviewed), ids, strict=True):
        claim_dataset(run, dataset_name(run))
        assert read_mark(run).run_id == run_id
    kept = {fo.load_dataset(name).info[RUN_ID] for name in names()
            if fo.load_dataset(name).info.get(RUN_ID) in ids}
    assert kept == set(ids)


def test_a_data_set_that_a_kill_left_without_a_mark_is_taken_up_again(reviewed):
    import fiftyone as fo

    dataset = fo.load_dataset(dataset_name(reviewed))
    del dataset.info[RUN_ID]
    dataset.save()
    assert claim_dataset(reviewed, dataset.name) == (read_mark(reviewed).run_id, [])


@pytest.mark.parametrize("content", ["", "[]", '{"run_id": "x"}', "{"])
def test_a_damaged_mark_is_none(tmp_path, content):
    (tmp_path / "review").mkdir()
    (tmp_path / "review" / "dataset.json").write_text(content)
    assert read_mark(tmp_path) is None


def test_the_database_of_an_earlier_version_is_named_until_it_is_gone(tmp_path):
    assert earlier_database(tmp_path, tmp_path / "home") is None
    old = tmp_path / "review" / "db"
    old.mkdir(parents=True)
    assert f"FIFTYONE_DATABASE_DIR='{old}'" in earlier_database(tmp_path, tmp_path / "home")
    assert earlier_database(tmp_path, tmp_path / "review") is None
