"""The list of published models: whole, and its settings are those of the network."""

from __future__ import annotations

import math
import re
from functools import cache

import pytest

from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.network import expected_keys
from wildpose.models.exchange.zoo import BASE_URL, FIGURES, ZOO, zoo_model


@cache
def shapes_of(config: Config) -> list[tuple[int, ...]]:
    return list(expected_keys(config).values())


def weights_of(settings) -> int:
    return sum(math.prod(shape) for shape in shapes_of(Config(**settings)))


def test_five_models_of_animals_and_fourteen_of_people():
    assert [m.subject for m in ZOO] == ["animal"] * 5 + ["person"] * 14
    for names in zip(*((m.name, m.url, m.file_name) for m in ZOO), strict=True):
        assert len(set(names)) == len(ZOO)


@pytest.mark.parametrize("model", ZOO, ids=lambda m: m.name)
def test_address_name_and_licence_have_their_form(model):
    folder = "evolution/" if model.subject == "animal" else ""
    assert re.fullmatch(rf"{BASE_URL}/{folder}{model.name}/\d{{9}}/model_final_[0-9a-f]{{6}}\.pkl",
                        model.url)
    assert model.licence == "CC BY-SA 3.0"
    assert list(model.figures) == (list(FIGURES) if model.subject == "animal" else [FIGURES[-1]])
    assert re.fullmatch(r"([0-9a-f]{64})?", model.sha256)


@pytest.mark.parametrize(("name", "tensors", "millions"), [
    ("densepose_rcnn_R_50_FPN_s1x", 335, 63.93),
    ("densepose_rcnn_R_50_FPN_WC2_s1x", 341, 64.54),
    ("densepose_rcnn_R_50_FPN_DL_WC1M_s1x", 365, 66.38),
    ("densepose_R_50_FPN_DL_WC1M_3x_Atop10P_CA_B_uv", 365, 66.38),
    ("densepose_rcnn_R_101_FPN_DL_WC2M_s1x", 624, 85.84),
])
def test_the_settings_by_name_make_the_network_that_was_counted(name, tensors, millions):
    """Counts that were taken from the reference implementation."""
    settings = zoo_model(name).settings
    assert len(shapes_of(Config(**settings))) == tensors
    assert round(weights_of(settings) / 1e6, 2) == millions


@pytest.mark.parametrize("model", ZOO[4:9:2] + ZOO[15:16], ids=lambda m: m.name)
def test_sizes_are_those_of_the_weights(model):
    assert model.megabytes == pytest.approx(4 * weights_of(model.settings) / 1e6, abs=0.55)


def test_the_one_size_that_others_state_is_met():
    """255,757,821 bytes: the weights, and 48 kB of names and shapes around them."""
    weights = 4 * weights_of(zoo_model("densepose_rcnn_R_50_FPN_s1x").settings)
    assert 0 < 255_757_821 - weights < 60_000


def test_the_teacher_and_its_students_differ_in_one_weight_of_a_loss_alone():
    teacher, *students = (dict(m.settings) for m in ZOO if m.subject == "animal")
    assert teacher.pop("index_weight") == 1.0
    assert all(s.pop("index_weight") == 5.0 and s == teacher for s in students)


def test_models_are_found_by_name_by_name_of_the_settings_and_by_address():
    model = ZOO[0]
    assert all(zoo_model(t) is model for t in (model.name, f"{model.name}.yaml", model.url))
    assert zoo_model("densepose") is None
