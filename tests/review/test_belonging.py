"""Runs that are moved, copied or replaced keep, share or inherit nothing by accident."""

import shutil

import pytest

from wildpose.review import build_dataset
from wildpose.review.belonging import RUN_ID, claim_dataset, earlier_database, read_mark
from wildpose.review.sync import dataset_name


@pytest.fixture
def tagged(writer, home):
    """A reviewed run whose one clip carries a tag; whatever data set comes of it goes again."""
    import fiftyone as fo

    before = set(fo.list_datasets())
    summary = build_dataset(writer.write(), home=home)
    tag(summary.dataset)
    yield writer.run
    for name in set(fo.list_datasets()) - before - {summary.dataset}:
        fo.delete_dataset(name)


def tag(name):
    import fiftyone as fo

    fo.load_dataset(name).tag_samples("fox")


def tags_of(name):
    import fiftyone as fo

    dataset = fo.load_dataset(name)
    dataset.reload()
    return dataset.count_sample_tags()


def test_a_run_that_was_moved_takes_its_data_set_along(tagged, home):
    import fiftyone as fo

    moved = tagged.with_name("moved")
    tagged.rename(moved)
    summary = build_dataset(moved, home=home)
    assert summary.dataset == dataset_name(moved) != dataset_name(tagged)
    assert summary.notes == [f"this run was moved from {tagged}: its data set came along"]
    assert (summary.added, summary.unchanged) == (0, 1)
    assert tags_of(summary.dataset) == {"fox": 1}
    assert not fo.dataset_exists(dataset_name(tagged))
    assert fo.load_dataset(summary.dataset).info["run"] == str(moved)
    assert build_dataset(moved, home=home).notes == []


def test_a_copy_begins_anew_and_says_where_the_work_lies(tagged, home):
    copy = tagged.with_name("copy")
    shutil.copytree(tagged, copy)
    summary = build_dataset(copy, home=home)
    assert summary.notes == [f"this run is a copy of {tagged}: what people did there stays there, "
                             f"in the data set {dataset_name(tagged)}"]
    assert tags_of(summary.dataset) == {}
    assert tags_of(dataset_name(tagged)) == {"fox": 1}
    assert read_mark(copy).run_id != read_mark(tagged).run_id
    assert build_dataset(tagged, home=home).notes == []


def test_another_run_in_the_same_place_inherits_nothing(tagged, writer, home):
    import fiftyone as fo

    shutil.rmtree(tagged)
    summary = build_dataset(writer.write(), home=home)
    (note,) = summary.notes
    kept = note.rsplit(" ", 1)[-1]
    assert kept.startswith(f"{dataset_name(tagged)}-until-")
    assert tags_of(kept) == {"fox": 1}
    assert tags_of(summary.dataset) == {}
    assert summary.added == 1
    fo.delete_dataset(summary.dataset)


def test_a_data_set_that_a_kill_left_without_a_mark_is_taken_up_again(tagged):
    import fiftyone as fo

    dataset = fo.load_dataset(dataset_name(tagged))
    del dataset.info[RUN_ID]
    dataset.save()
    run_id, notes = claim_dataset(tagged, dataset.name)
    assert (run_id, notes) == (read_mark(tagged).run_id, [])


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
