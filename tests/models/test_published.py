"""Trunk, pyramid and first stage, filled with the published weights, are the published detector."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch
from noise_picture import noise_picture

from wildpose.models.backbones import normalise
from wildpose.models.detector import Architecture, Detector
from wildpose.models.pretrained import load_first_stage, load_trunk

BAR = 1e-3
"""Of the largest value; the published note measures 4e-6."""


@pytest.fixture(scope="module")
def said(published_weights) -> dict[str, np.ndarray]:
    """The same answers of our own network."""
    detector = Detector(Architecture("shufflenet_v2_x1_5")).eval()
    load_trunk(detector, published_weights / "shufflenet_v2_x1_5_coco.safetensors")
    load_first_stage(detector, published_weights / "nanodet_plus_neck_head_coco.safetensors")
    picture = torch.from_numpy(noise_picture()).permute(2, 0, 1)[None]
    with torch.no_grad():
        pyramid = detector.pyramid(detector.trunk(normalise(picture)))
        dense = detector.features(picture).dense
    found = {f"p{3 + i}": level[0].numpy() for i, level in enumerate(pyramid)}
    found["animal"], found["person"] = dense.logits[0].sigmoid().T.numpy()
    found["distance"] = dense.distance_logits[0].numpy()
    return found


def test_the_picture_is_the_one_that_was_shown_to_the_graph(reference):
    assert hashlib.sha256(noise_picture().tobytes()).hexdigest() == reference["picture_sha256"]


@pytest.mark.parametrize("name", ["p3", "p4", "p5", "p6", "animal", "person", "distance"])
def test_answers_equal_those_of_the_graph(name, said, reference):
    wanted, own = reference["answers"][name], said[name]
    assert list(own.shape) == wanted["shape"]
    bar = BAR * wanted["largest"]
    assert own.mean() == pytest.approx(wanted["mean"], abs=bar)
    assert own.std() == pytest.approx(wanted["std"], abs=bar)
    assert np.abs(own).max() == pytest.approx(wanted["largest"], abs=bar)
    assert own.ravel()[wanted["index"]] == pytest.approx(np.array(wanted["value"]), abs=bar)
