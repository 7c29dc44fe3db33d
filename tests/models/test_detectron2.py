"""detectron2's own network: what it is built from, and what is said where it is absent."""

from __future__ import annotations

import sys

import pytest

from wildpose.errors import ModelError
from wildpose.models import detectron2
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.yaml_config import config_from, values_of
from wildpose.models.exchange.zoo import ZOO


@pytest.mark.parametrize("model", ZOO, ids=lambda model: model.name)
def test_settings_of_a_published_model_say_what_was_read_from_them(model):
    config = Config(**model.settings)
    assert config_from(values_of(config), "here") == config


def test_switches_that_no_published_model_uses_are_said_too():
    config = Config(head="deeplab", non_local=True, mask_head=True, dense_aligned=True,
                    decoder=False, coarse_channels=15, short_edge=400)
    assert config_from(values_of(config), "here") == config


def test_where_detectron2_is_absent_it_says_so_and_where_to_read_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "detectron2", None)
    monkeypatch.setitem(sys.modules, "detectron2.modeling", None)
    assert "detectron2 is not installed" in detectron2.reason_absent()
    with pytest.raises(ModelError, match="detectron2 is not installed") as caught:
        detectron2.build(Config())
    assert "docs/detectron2.md" in caught.value.remedy
