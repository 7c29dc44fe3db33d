"""Compare with the full answers of the reference implementation, and keep a small extract of them.

    python tests/models/make_chart_rcnn_parity.py FOLDER

FOLDER holds the parity files (10 MB, not part of this repository): what detectron2 at 02b5c4e2 and
its DensePose project (Apache-2.0) compute from weights and pictures by formula. Prints the largest
difference of each array and writes tests/models/data/chart_rcnn/*.npz: of every array its shape
and evenly chosen values; and of the losses tests/training/data/chart_losses.npz. They are numbers
computed from formulas, no weights and no pictures.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from chart_rcnn_stages import CASES, TOP, network_of, pass_of

DATA = Path(__file__).parent / "data" / "chart_rcnn"
LOSSES = Path(__file__).parents[1] / "training" / "data" / "chart_losses.npz"
KEPT = 96
"""Values of an array that are kept."""
WHOLE = ("det.boxes", "det.scores", "labels", "part_area", "bits_top4", "area")
SUMMARIES = ("stats", "samp", "shape")
PER_DETECTION = ("dp_pooled", "dp_head", "mask.logits")
"""Stages that the tests compute for the best detections only."""


def say(line: str) -> None:
    """Write one line of the report."""
    sys.stdout.write(f"{line}\n")


def positions(name: str, count: int, held: int) -> np.ndarray:
    """Flat positions of the values that a file holds of a stage."""
    if held == count:
        return np.arange(count)
    return (np.arange(held) * 102947 + 17) % count


def compare(name: str, said: np.ndarray, truth: np.ndarray) -> str:
    """Largest difference, or the share that is equal, in words."""
    if said.shape != truth.shape:
        return f"shape {said.shape} and not {truth.shape}"
    if name.endswith("labels") or "bits" in name:
        return f"equal {100 * (said == truth).mean():.3f} %"
    return f"{np.abs(said.astype(np.float64) - truth).max():.2e} of {np.abs(truth).max():.4g}"


def stages_in(file: dict[str, np.ndarray]) -> list[str]:
    """Names of what the file holds samples of."""
    return [key[: -len(".samp")] for key in file if key.endswith(".samp")]


def report(said: dict[str, np.ndarray], file: dict[str, np.ndarray]) -> None:
    """Print the differences of all arrays."""
    for name in stages_in(file):
        own, truth = said[name].ravel(), file[f"{name}.samp"]
        at = positions(name, own.size, truth.size)
        total = np.abs(own.astype(np.float64)).sum() - file[f"{name}.stats"][-1]
        say(f"  {name:32} {compare(name, own[at], truth)}  sum {total:.1e}")
    for name, truth in file.items():
        if name in said:
            say(f"  {name:32} {compare(name, said[name], truth)}")


def extract(file: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Shape, positions and values of every array."""
    kept: dict[str, np.ndarray] = {}
    for name in stages_in(file):
        shape, values = file[f"{name}.shape"], file[f"{name}.samp"]
        at = positions(name, int(np.prod(shape)), values.size)
        if name in PER_DETECTION:
            inside = at < TOP * np.prod(shape[1:])
            at, values = at[inside], values[inside]
        else:
            kept[f"{name}/sum"] = file[f"{name}.stats"][-1]
        kept |= {f"{name}/shape": shape, f"{name}/at": at[:KEPT].astype(np.int32),
                 f"{name}/values": values[:KEPT]}
    for name, values in file.items():
        if name.startswith(("proposals", "box.", "det.boxes", "det.scores", "dp.", "result",
                            "dpmask", "mask.area", "mask.bits", "mask.logits_top4")):
            if name.rsplit(".", 1)[-1] in (*SUMMARIES, "full_top1_f16"):
                continue
            kept |= thinned(name, values)
    rows = slice(None, None, 40)
    return kept | {f"second_stage.{name}": file[source][rows] for name, source in (
        ("boxes", "proposals.boxes"), ("logits", "box.cls_logits"), ("deltas", "box.deltas"))}


def thinned(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    """Shape, positions and values of one array that the file holds whole."""
    shape = values.shape
    if name.endswith(("chan_mean", "chan_std", "area")) and "part" not in name:
        values = values[:TOP]
    count = values.size
    every = 1 if name.endswith(WHOLE) else max(1, count // KEPT)
    at = np.arange(0, count, every, dtype=np.int32)
    flat = values.ravel()[at]
    place = {} if every == 1 else {f"{name}/at": at}
    return {f"{name}/shape": np.array(shape), f"{name}/values": flat, **place}


def write_losses(folder: Path) -> None:
    """Keep what the losses' tests compare with; annotations come from formulas."""
    with np.load(folder / "losses.npz") as file:
        kept = {name: file[name] for name in file if ".dp_" not in name}
    LOSSES.parent.mkdir(exist_ok=True)
    np.savez_compressed(LOSSES, **kept)


def main(folder: Path) -> None:
    """Compare and write all cases."""
    write_losses(folder)
    torch.set_num_threads(1)
    DATA.mkdir(parents=True, exist_ok=True)
    known: dict[str, torch.Tensor] = {}
    for case, (config, seed) in CASES.items():
        with np.load(folder / f"{case}.npz") as file:
            truth = dict(file)
        say(case)
        done = pass_of(network_of(config, known), seed, rows=None)
        report(done.said, truth)
        logits, deltas = done.second_stage(truth["proposals.boxes"])
        say(f"  logits of the reference's proposals {compare('', logits, truth['box.cls_logits'])}")
        say(f"  deltas of the reference's proposals {compare('', deltas, truth['box.deltas'])}")
        np.savez_compressed(DATA / f"{case}.npz", **extract(truth))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
