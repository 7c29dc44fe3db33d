"""GPS and GPSm are those of the published evaluator, oddities included.

data/densepose_cases.json holds random bodies and detections on a toy surface and what the evaluator
of detectron2's projects/DensePose printed for them; the evaluator itself is not part of this
repository.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.dense_images import dense_images
from wildpose.evaluation.dense_scores import dense_matches, precision_table

STORED = json.loads(Path(__file__).with_name("data").joinpath("densepose_cases.json").read_text())
CASES = STORED["cases"]


class VertexDistance:
    """The evaluator's distance: between the vertices of the charts nearest in (u, v)."""

    def __init__(self, mesh: dict) -> None:
        self.chart, self.uv = np.array(mesh["chart"]), np.array(mesh["uv"])
        self.table = np.array(mesh["distance"])

    def _vertex(self, chart: int, uv: np.ndarray) -> int:
        """Answers come in 255ths; half floats are off by enough to choose another vertex."""
        rows = np.flatnonzero(self.chart == chart)
        return int(rows[((self.uv[rows] - uv) ** 2).sum(1).argmin()])

    def __call__(self, chart_a, uv_a, chart_b, uv_b) -> np.ndarray:
        said = np.round(np.float64(uv_b) * 255) / 255
        return np.array([
            self.table[self._vertex(a, u), self._vertex(b, v)] if b else np.inf
            for a, u, b, v in zip(chart_a, uv_a, chart_b, said, strict=True)])


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
@pytest.mark.parametrize("kind", ["gps", "gpsm"])
def test_figures_are_those_of_the_published_evaluator(case, kind):
    data = EvaluationSet.of(case, {"detections": case["detections"], "dense_points": []})
    matches = dense_matches(data, VertexDistance(STORED["mesh"]))
    table = precision_table(matches, kind, np.ones(len(data.images), int))
    ours = [-1 if v is None else v for v in table.values()]
    assert ours == pytest.approx(case["evaluator"][kind], abs=1e-6)


def test_the_cases_hold_what_could_go_wrong():
    """Or the test above would not notice a rule that is missing."""
    bodies = [a for c in CASES for a in c["annotations"]]
    printed = np.array([v for c in CASES for v in c["evaluator"].values()])
    assert {("dp_x" in a, "dp_masks" in a, "segmentation" in a) for a in bodies} >= {
        (True, True, False), (True, False, True), (True, False, False), (False, True, False)}
    assert ((printed > 0.05) & (printed < 0.95)).any(0).all()  # every figure is put to the test
    assert (printed == -1).any()


def test_no_similarity_is_worked_out_in_vain():
    asked = []
    case = CASES[0]
    plain = VertexDistance(STORED["mesh"])

    def counting(*points):
        asked.append(len(points[0]))
        return plain(*points)

    data = EvaluationSet.of(case, {"detections": case["detections"], "dense_points": []})
    images = [i for i in dense_images(data, counting) if i is not None]
    assert len(asked) == 1
    pairs = sum(i.gps.size for i in images)
    assert sum((i.gps > 0).sum() for i in images) < pairs
