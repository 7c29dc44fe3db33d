"""Milliseconds of processor time of each trunk with its pyramid on one 384x640 picture, one thread.

usage: trunk_cost.py
"""

from __future__ import annotations

import time

import torch

from wildpose.models.backbones import TRUNKS, build_trunk, fold_normalisation
from wildpose.models.pyramid import GhostPyramid

REPEATS = 9


@torch.inference_mode()
def print_costs() -> None:
    """Print the least and the median of some repeats, the trunks in turn."""
    torch.set_num_threads(1)
    picture = torch.randn(1, 3, 384, 640)
    built = {}
    for name in TRUNKS:
        trunk = build_trunk(name).eval()
        fold_normalisation(trunk)
        built[name] = (trunk, GhostPyramid(trunk.channels).eval())
    seconds: dict[str, list[float]] = {name: [] for name in built}
    for _ in range(REPEATS):
        for name, (trunk, pyramid) in built.items():
            start = time.process_time()
            pyramid(trunk(picture))
            seconds[name].append(time.process_time() - start)
    for name, values in seconds.items():
        ordered = sorted(values)
        weights = sum(p.numel() for m in built[name] for p in m.parameters())
        print(f"{name:20s} {weights / 1e6:.2f} M weights  {1000 * ordered[0]:.0f} ms least  "
              f"{1000 * ordered[REPEATS // 2]:.0f} ms median")


if __name__ == "__main__":
    print_costs()
