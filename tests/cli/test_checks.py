"""The doctor finds what is broken, goes on, and names the remedy."""

from __future__ import annotations

import json

import pytest

from wildpose.cli import checks
from wildpose.cli.checks import Check, run_all, torch_pair_check
from wildpose.cli.doctor import describe
from wildpose.errors import UsageError
from wildpose.models.folder import ModelDescription, ModelSummary, write_description


@pytest.mark.parametrize(
    ("torch", "torchvision"),
    [("2.9.1", "0.24.1"), ("2.13.0+cpu", "0.28.0"), ("2.14.1", "0.29.1+cu130"),
     ("2.15.0", "0.29.2"), ("3.0.0", "0.31.0")],
)
def test_pairs_that_belong_together_and_unknown_ones_pass(torch, torchvision):
    assert torch_pair_check(torch, torchvision).well


@pytest.mark.parametrize(
    ("torch", "torchvision", "fitting"),
    [("2.13.0", "0.29.1", "0.28"), ("2.14.1", "0.29.2", "0.29.1"), ("2.9.1", "0.28.0", "0.24.1")],
)
def test_a_mismatched_pair_is_told_its_partner(torch, torchvision, fitting):
    check = torch_pair_check(torch, torchvision)
    assert not check.well
    assert f"for your torch {torch}: torchvision {fitting}" in check.remedy


def test_a_pair_that_fits_by_number_but_not_by_build_is_found_by_trying(monkeypatch):
    def fail(*_):
        raise RuntimeError("operator torchvision::nms does not exist\nlong story")

    monkeypatch.setattr("torchvision.ops.nms", fail)
    (check,) = checks.torch_pair()
    assert not check.well
    assert "operator torchvision::nms does not exist" in check.found
    assert "both for the CPU or both for CUDA" in check.remedy


def test_one_broken_thing_does_not_hide_the_others(monkeypatch):
    def broken():
        raise UsageError("it is gone.", "Get it back.")
        yield

    def worse():
        yield 1 / 0

    monkeypatch.setattr(checks, "_LOOKS", (("a", broken), ("b", worse), ("c", checks.python)))
    first, second, third = run_all()
    assert first == Check("a", False, "it is gone.", "Get it back.")
    assert second.found.startswith("ZeroDivisionError")
    assert third.well


def test_a_damaged_model_is_named_with_its_remedy(monkeypatch, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(b"whole")
    write_description(tmp_path, ModelDescription("animal-small", "finds animals", "CC0", {}))
    (tmp_path / "weights.safetensors").write_bytes(b"whol")
    shipped = ModelSummary("animal-small", tmp_path, "finds animals", "CC0", "0" * 64)
    monkeypatch.setattr("wildpose.models.folder.available_models", lambda: [shipped])
    (check,) = checks.shipped_models()
    assert not check.well
    assert check.name == "model animal-small"
    assert "checksum" in check.found
    assert "copy the model folder anew" in check.remedy


def test_what_is_printed_for_people():
    text = describe([Check("video", True, "PyAV 18"), Check("disk", False, "1 GB", "Free some.")])
    assert text.splitlines() == [
        "ok       video  PyAV 18",
        "PROBLEM  disk   1 GB",
        "                -> Free some.",
    ]


def test_on_this_machine_all_is_well_and_json_says_the_same(wildpose):
    done = wildpose("doctor", "--json")
    found = json.loads(done.stdout)
    assert found["well"], [check for check in found["checks"] if not check["well"]]
    assert done.returncode == 0
    names = {check["name"] for check in found["checks"]}
    assert {"Python", "torch and torchvision", "video", "review database", "disk"} <= names
