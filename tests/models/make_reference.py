"""Writes tests/models/data/published_detector.json: what the published detector says.

    python tests/models/make_reference.py GRAPH_XML

GRAPH_XML is NanoDet-Plus-m 1.5x 416 (COCO) as an OpenVINO graph, beside the weights outside this
repository. Needs `pip install openvino`, which the tests do not: they hold our network, filled
with the same weights, to the numbers that this script kept.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import openvino as ov

sys.path.insert(0, str(Path(__file__).parent))
from noise_picture import noise_picture

TARGET = Path(__file__).parent / "data" / "published_detector.json"
BLOCK = "/fpn/{}/blocks/blocks.0/Add"
MAPS = {
    "p3": BLOCK.format("top_down_blocks.1"),
    "p4": BLOCK.format("bottom_up_blocks.0"),
    "p5": BLOCK.format("bottom_up_blocks.1"),
    "p6": "/fpn/Add",
}
SAMPLES = 32
ANIMAL_COLUMNS = slice(14, 24)


def answers(graph_xml: Path, picture: np.ndarray) -> dict[str, np.ndarray]:
    """Pyramid maps [C, H, W] and head outputs by grid point [P, ...], as our network names them."""
    core = ov.Core()
    graph = core.read_model(graph_xml)
    nodes = {op.get_friendly_name(): op for op in graph.get_ordered_ops()}
    for name in MAPS.values():
        graph.add_outputs(nodes[name].output(0))
    model = core.compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    out, *maps = (value[0] for value in model(picture[None]).values())
    return {
        **dict(zip(MAPS, maps, strict=True)),
        "animal": out[:, ANIMAL_COLUMNS].max(1),
        "person": out[:, 0],
        "distance": out[:, 80:].reshape(-1, 4, 8),
    }


def summary(value: np.ndarray) -> dict[str, object]:
    """Shape, statistics, and the values at places spread over the array (flat indices)."""
    flat = value.ravel().astype(np.float64)
    index = np.linspace(0, flat.size - 1, SAMPLES).astype(int)
    strongest = np.argsort(-np.abs(flat))[:4]
    index = np.unique(np.concatenate([index, strongest]))
    return {
        "shape": list(value.shape),
        "mean": float(flat.mean()),
        "std": float(flat.std()),
        "largest": float(np.abs(flat).max()),
        "index": index.tolist(),
        "value": [float(f"{v:.8g}") for v in flat[index]],
    }


def main(graph_xml: Path) -> None:
    """Run the graph once and keep a few numbers of it."""
    picture = noise_picture()
    files = [graph_xml, graph_xml.with_suffix(".bin")]
    content = {
        "made_by": "tests/models/make_reference.py",
        "openvino": ov.__version__,
        "graph": {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
        "picture_sha256": hashlib.sha256(picture.tobytes()).hexdigest(),
        "answers": {name: summary(v) for name, v in answers(graph_xml, picture).items()},
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
