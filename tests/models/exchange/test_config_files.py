"""Settings with bases: merged, and never read from another folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.errors import ModelError
from wildpose.models.exchange import config_files
from wildpose.models.exchange.config_files import merged_settings


@pytest.fixture
def folder(tmp_path) -> Path:
    """A model's settings over two bases."""
    (tmp_path / "configs").mkdir()
    files = {
        "base.yaml": "VERSION: 2\nMODEL:\n  DEPTH: 50\n  HEAD: {NAME: plain, DIM: 512}\n",
        "middle.yaml": "_BASE_: base.yaml\nMODEL: {HEAD: {NAME: deeplab}}\nSIZES: [1, 2]\n",
        "model.yaml": "_BASE_: ./middle.yaml\nMODEL: {DEPTH: 101}\nSIZES: [3]\n",
    }
    for name, text in files.items():
        (tmp_path / "configs" / name).write_text(text)
    return tmp_path / "configs"


def test_a_file_stands_over_its_bases(folder):
    assert merged_settings(folder / "model.yaml") == {
        "VERSION": 2, "MODEL": {"DEPTH": 101, "HEAD": {"NAME": "deeplab", "DIM": 512}},
        "SIZES": [3]}


def test_bases_in_a_folder_below_are_within(folder):
    (folder / "own").mkdir()
    (folder / "base.yaml").rename(folder / "own" / "base.yaml")
    (folder / "middle.yaml").write_text("_BASE_: own/base.yaml\n")
    assert merged_settings(folder / "model.yaml")["VERSION"] == 2


def test_a_missing_base_is_named(folder):
    (folder / "base.yaml").unlink()
    with pytest.raises(ModelError, match=r"middle\.yaml: its base base\.yaml is missing\. "
                                         r"Put base\.yaml beside it"):
        merged_settings(folder / "model.yaml")


def test_a_missing_base_that_is_known_stays_by_name(folder):
    (folder / "base.yaml").unlink()
    assert merged_settings(folder / "model.yaml", frozenset({"base.yaml"})) == {
        "_BASE_": "base.yaml", "MODEL": {"DEPTH": 101, "HEAD": {"NAME": "deeplab"}}, "SIZES": [3]}


@pytest.mark.parametrize("base", ["../secret.yaml", "/etc/hostname", "~/x/../../../secret.yaml",
                                  "own/../../secret.yaml"])
def test_bases_of_other_folders_are_not_read(folder, base):
    (folder.parent / "secret.yaml").write_text("PASSWORD: hidden\n")
    (folder / "base.yaml").write_text(f"_BASE_: {base}\n")
    with pytest.raises(ModelError, match="lies in another folder") as caught:
        merged_settings(folder / "model.yaml")
    assert "hidden" not in str(caught.value)


def test_a_link_to_another_folder_is_not_followed(folder):
    (folder.parent / "secret.yaml").write_text("PASSWORD: hidden\n")
    (folder / "base.yaml").unlink()
    (folder / "base.yaml").symlink_to(folder.parent / "secret.yaml")
    with pytest.raises(ModelError, match="lies in another folder"):
        merged_settings(folder / "model.yaml")


@pytest.mark.parametrize("base", ["model.yaml", "middle.yaml"])
def test_bases_in_a_circle_are_noticed(folder, base):
    (folder / "base.yaml").write_text(f"_BASE_: {base}\n")
    with pytest.raises(ModelError, match="in a circle"):
        merged_settings(folder / "model.yaml")


@pytest.mark.parametrize("base", ["[base.yaml]", "3", '""', "{a: b}"])
def test_a_base_is_one_file_name(folder, base):
    (folder / "middle.yaml").write_text(f"_BASE_: {base}\n")
    with pytest.raises(ModelError, match="is not one file name"):
        merged_settings(folder / "model.yaml")


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!python/object/new:os.system",
                                 "!!python/object/apply:eval"])
def test_code_in_settings_is_refused_and_not_run(folder, tag):
    marker = folder / "it_ran"
    (folder / "base.yaml").write_text(f"A: {tag} [\"open('{marker}', 'w')\"]\n")
    with pytest.raises(ModelError, match=r"base\.yaml: not plain YAML \(could not determine"):
        merged_settings(folder / "model.yaml")
    assert not marker.exists()


@pytest.mark.parametrize(("content", "said"), [
    (b"", "holds no settings"), (b"- a\n", "holds no settings"), (b"a: [", "not plain YAML"),
    (b"\xff\xfe", "not plain YAML"), (b"a: " + b"[" * 5000, "too many brackets"),
    (b"- " * 3000, "not plain YAML"),
    (b"? [a]\n: b", "not plain YAML"),
])
def test_what_is_no_settings_is_one_line_that_names_the_file(folder, content, said):
    (folder / "base.yaml").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        merged_settings(folder / "model.yaml")
    assert str(caught.value).startswith(f"{folder / 'base.yaml'}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_and_an_oversized_file_are_refused(folder, monkeypatch):
    with pytest.raises(ModelError, match=r"none\.yaml: can't be read"):
        merged_settings(folder / "none.yaml")
    monkeypatch.setattr(config_files, "LARGEST_BYTES", 10)
    with pytest.raises(ModelError, match="too large for settings"):
        merged_settings(folder / "model.yaml")
