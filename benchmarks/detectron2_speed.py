"""Seconds per picture of detectron2's DensePose R-CNN and of ours, in turns, on the processor.

``python -m benchmarks.detectron2_speed`` needs detectron2 (docs/detectron2.md, "detectron2
itself"). Both networks have the same weights by formula (the animal teacher) and see the same
picture of 800x1333 pixels; the best ``--boxes`` boxes are kept by either. Ours runs as the
predictor runs it. Printed: the median and the least of the turns, on the wall clock and of
processor time (which other work on the machine disturbs less), ours as a part of theirs within each
turn, how far the answers are apart, and the machine's load before and after.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "integration"))

from side_by_side import CASES, apart, look, pair, picture

from wildpose.models import detectron2
from wildpose.models.chart_rcnn.layers import fold_all, quicken_all
from wildpose.models.chart_rcnn.network import ChartRcnn
from wildpose.types import Array

SIZE = 800, 1333


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall clock, and of processor time."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def seconds_of_stages(network: ChartRcnn, image: Array) -> dict[str, float]:
    """Seconds of processor time that the parts of ours take, once."""
    parts: dict[str, nn.Module] = {
        "trunk": network.backbone.bottom_up, "trunk and pyramid": network.backbone,
        "proposals": network.proposal_generator, "box head": network.roi_heads.box_head,
        "dense head": network.roi_heads.densepose_head,
        "last layers": network.roi_heads.densepose_predictor,
    }
    if network.roi_heads.decoder is not None:
        parts["decoder"] = network.roi_heads.decoder
    seconds = dict.fromkeys(parts, 0.0)
    hooks = []
    for name, part in parts.items():
        def start(*_: object, name: str = name) -> None:
            seconds[name] -= time.process_time()

        def stop(*_: object, name: str = name) -> None:
            seconds[name] += time.process_time()

        hooks += [part.register_forward_pre_hook(start), part.register_forward_hook(stop)]
    look(network, image)
    for hook in hooks:
        hook.remove()
    return seconds


def main(words: Sequence[str] | None = None) -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=5)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(words)
    torch.set_num_threads(arguments.threads)
    config = replace(CASES["animal teacher"], short_edge=SIZE[0], long_edge=SIZE[1],
                     detections=arguments.boxes)
    theirs, ours = pair(config, {})
    fold_all(ours)
    quicken_all(ours)
    image = picture(*SIZE, 1)[:, :, ::-1]
    print(f"threads {arguments.threads}, load before {os.getloadavg()[0]:.2f}")
    its, own = detectron2.look(theirs, image, config), look(ours, image)
    print(f"boxes {len(its.score)} and {len(own.score)}; apart at most:",
          ", ".join(f"{name} {far:.1e}" for name, far in apart(own, its).items()), flush=True)
    turns = [(_cost(lambda: detectron2.look(theirs, image, config)),
              _cost(lambda: look(ours, image))) for _ in range(arguments.turns)]
    for kind, unit in enumerate(("wall clock", "processor time")):
        pairs = [(one[kind], other[kind]) for one, other in turns]
        for name, seconds in zip(("detectron2", "ours"), zip(*pairs, strict=True), strict=True):
            print(f"{unit:15} {name:11} median {median(seconds):.2f} s, least {min(seconds):.2f} s")
        print(f"{unit:15} ours / detectron2: median {median(own / its for its, own in pairs):.2f}")
    print("ours by part:", ", ".join(
        f"{name} {seconds:.2f}" for name, seconds in seconds_of_stages(ours, image).items()))
    print(f"load after {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
