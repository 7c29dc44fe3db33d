"""The project file: what it may say, and that what is wrong in it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from package_writer import PROJECT

from wildpose.errors import UsageError
from wildpose.export.camtrap_dp_project import plain, read_project


def project(tmp_path, text):
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    return read_project(tmp_path / "project.yaml")


def test_the_least_is_a_title_and_a_name(tmp_path):
    found = project(tmp_path, "project: {title: Ämter & Füchse}\ncontributors: [{title: Me}]")
    assert found.package_name == "mter-f-chse"
    assert plain(found)["contributors"] == [{"title": "Me", "role": "contributor"}]
    assert not found.media_are_free


def test_the_head_of_another_package_can_be_used(tmp_path):
    head = {"project": {"title": "T", "samplingDesign": "experimental"}, "id": "10.5281/zenodo.1",
            "contributors": [{"title": "Me", "role": "publisher", "path": "https://example.org"}],
            "taxonomic": [{"scientificName": "Vulpes vulpes", "taxonID": "5BSG3",
                           "class": "Mammalia", "taxonRank": "species"}],
            "keywords": ["fox"], "name": "mine"}
    found = project(tmp_path, json.dumps(head))
    assert found.package_name == "mine"
    assert found.taxon("Vulpes vulpes") == head["taxonomic"][0]
    assert plain(found)["id"] == "10.5281/zenodo.1"


def test_species_are_known_by_all_their_names(tmp_path):
    found = project(tmp_path, PROJECT + "taxonomic: [{scientificName: Vulpes vulpes, "
                                        "vernacularNames: {eng: red fox, deu: Rotfuchs}}]")
    assert [found.scientific_name(name) for name in ("Red fox", "ROTFUCHS", "vulpes vulpes")] == (
        ["Vulpes vulpes"] * 3)
    assert found.scientific_name("Lynx lynx") == "Lynx lynx"


@pytest.mark.parametrize(("name", "rank"), [
    ("Lynx lynx", "species"), ("Canis lupus familiaris", "subspecies"), ("Aves", None),
    ("roe deer", None)])
def test_a_rank_is_given_where_the_form_of_the_name_tells_it(tmp_path, name, rank):
    assert project(tmp_path, PROJECT).taxon(name).get("taxonRank") == rank


@pytest.mark.parametrize(("text", "said"), [
    ("", "says nothing of a project"),
    ("- a\n- b", "says nothing of a project"),
    ("project: {title: [", "is no YAML"),
    ("project: {title: T}", "contributors: Field required"),
    ("contributors: [{title: Me}]", "project: Field required"),
    ("project: {title: T}\ncontributors: []", "contributors: List should have at least 1"),
    (PROJECT + "colour: red", "colour: Extra inputs"),
    (PROJECT.replace("targeted", "random"), r"project\.samplingDesign: Input should be"),
    (PROJECT.replace("contact", "author"), r"contributors\.0\.role: Input should be"),
    (PROJECT + "name: Ridge", "name: String should match"),
    (PROJECT + "keywords: []", "keywords: List should have at least 1"),
    (PROJECT + "licenses: [{scope: data, name: CC0-1.0}]", "one of scope data and one of scope m"),
    (PROJECT + "licenses: [{scope: data, name: a}, {scope: data, name: b}]", "one of scope data"),
    (PROJECT + "licenses: [{scope: data}, {scope: media, name: b}]", "needs a name"),
    (PROJECT + "taxonomic: [{scientificName: L, vernacularNames: {en: l}}]", "vernacularNames"),
    (PROJECT + "coordinatePrecision: 0", "coordinatePrecision"),
])
def test_what_is_wrong_is_named_in_one_line(tmp_path, text, said):
    with pytest.raises(UsageError, match=said) as caught:
        project(tmp_path, text)
    assert str(tmp_path / "project.yaml") in caught.value.message
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.yaml: there is no such file"):
        read_project(tmp_path / "none.yaml")


def test_the_example_of_the_page_can_be_used(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text("utf-8")
    found = project(tmp_path, page.partition("```yaml\n")[2].partition("```")[0])
    assert found.media_are_free
    assert found.scientific_name("Reh") == "Capreolus capreolus"
    assert found.coordinate_precision == 0.01
