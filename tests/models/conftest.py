"""A network with fresh weights, its folder on disk, and the published weights where they are."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from wildpose.models.calibration import Calibration
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import ModelDescription, write_description

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

SMALL_CANVASES = ((64, 128), (128, 128), (128, 64))


@pytest.fixture(scope="session")
def published_weights(shared_data) -> Path:
    """The folder of published weights, or a skip."""
    folder = shared_data / ".." / "weights"
    if not folder.is_dir():
        pytest.skip(f"needs the published weights beside the real material ({folder})")
    return folder


@pytest.fixture(scope="session")
def reference() -> dict:
    """What the published detector said of `noise_picture`, see make_reference.py."""
    return json.loads((HERE / "data" / "published_detector.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def fresh_detector() -> Detector:
    """Untrained, so it finds something nearly everywhere; always the same."""
    torch.manual_seed(3)
    detector = Detector(Architecture(box_width=32)).eval()
    torch.nn.init.normal_(detector.box_head.classes.weight, std=0.3)
    with torch.no_grad():
        fine, coarse, *_ = detector.first_stage.levels
        fine.out.bias[10] += 0.3  # people among the small boxes, animals among the larger ones
        coarse.out.bias[:10] += 0.3
    return detector


@pytest.fixture(scope="session")
def description(fresh_detector) -> ModelDescription:
    return ModelDescription(
        name="fresh",
        description="untrained weights",
        licence="CC0-1.0",
        architecture=fresh_detector.architecture.as_json(),
        canvases=SMALL_CANVASES,
        calibration={"animal": Calibration(1.2, 0.1), "person": Calibration(0.9, -0.1)},
        threshold=0.45,
        lineage={"data": ["none"]},
    )


@pytest.fixture
def model_folder(fresh_detector, description, tmp_path) -> Path:
    """A model folder to be played with."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    save_file(fresh_detector.state_dict(), folder / "weights.safetensors")
    write_description(folder, description)
    return folder


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Seeded noise, uint8 RGB."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.fixture(scope="session")
def make_picture():
    return picture
