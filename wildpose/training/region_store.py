"""Regions of a frozen network, cut once and kept on disk, so that a head can learn from them often.

With trunk and pyramid frozen, what a region looks like to a head does not change while the head is
trained. Cutting it costs far more than a step of the head, so it is done once per source::

    FOLDER/about.json  near.npy middle.npy far.npy fine.npy  mask.npy xy.npy charts.npy uv.npy

Every array has one row per region and is written in order; ``about.json`` says how many rows are
whole and what they were made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from wildpose.errors import DataError
from wildpose.models.dense_head import CHARTS, GRID, ROI, PooledRegions
from wildpose.models.pyramid import PYRAMID_CHANNELS
from wildpose.training.regions import POINTS, RegionTruth
from wildpose.types import Array

_C = PYRAMID_CHANNELS
_SHAPES: dict[str, tuple[tuple[int, ...], str]] = {
    "near": ((_C, ROI, ROI), "float16"),
    "middle": ((_C, ROI // 2, ROI // 2), "float16"),
    "far": ((_C, ROI // 4, ROI // 4), "float16"),
    "fine": ((0, GRID, GRID), "float16"),
    "mask": ((GRID, GRID), "uint8"),
    "xy": ((POINTS, 2), "float16"),
    "charts": ((POINTS,), "uint32"),
    "uv": ((POINTS, 2), "float16"),
}
_BITS = 1 << np.arange(CHARTS + 1, dtype=np.uint32)


@dataclass(frozen=True)
class RegionStore:
    """A folder of kept regions.

    Attributes
    ----------
    folder : Path
    capacity : int
        Rows that the arrays have room for.
    arrays : dict of memory-mapped arrays
    identity : dict
        What the regions were made of: weights, source, seed. Others can't go on with them.
    """

    folder: Path
    capacity: int
    arrays: Mapping[str, Array]
    identity: Mapping[str, Any]

    @property
    def progress(self) -> tuple[int, int]:
        """Rows that are whole, and batches of pictures that they came from."""
        about = json.loads((self.folder / "about.json").read_text("utf-8"))
        return int(about["rows"]), int(about["batches"])

    def append(self, pooled: PooledRegions, truth: RegionTruth, batches: int) -> int:
        """Add regions (as many as there is room for); the number of rows afterwards."""
        start, _ = self.progress
        count = min(len(truth.mask), self.capacity - start)
        rows = slice(start, start + count)
        for name, value in _as_arrays(pooled, truth).items():
            self.arrays[name][rows] = value[:count]
        _write_about(self.folder, self.capacity, self.identity, start + count, batches)
        return start + count

    def read(self, index: Array) -> tuple[PooledRegions, RegionTruth]:
        """The regions at these rows, as float32."""
        row = {n: torch.from_numpy(np.asarray(a[index])) for n, a in self.arrays.items()
               if n != "charts"}
        bits = np.asarray(self.arrays["charts"][index])
        charts = torch.from_numpy((bits[..., None] & _BITS) > 0)
        pooled = PooledRegions(*(row[n].float() for n in PooledRegions._fields))
        return pooled, RegionTruth(row["mask"], row["xy"].float(), charts, row["uv"].float())


def open_store(
    folder: Path, capacity: int, fine_channels: int, identity: Mapping[str, Any]
) -> RegionStore:
    """Open a store, or make it.

    Raises
    ------
    DataError
        The folder holds regions of something else, or can't be written.
    """
    about = folder / "about.json"
    fresh = not about.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if fresh:
            _write_about(folder, capacity, identity, 0, 0)
        known = json.loads(about.read_text("utf-8"))
        if (known["identity"], known["capacity"]) != (dict(identity), capacity):
            raise DataError(f"{folder} holds regions of another training.",
                            "Remove the folder, or choose another --out.")
        arrays = {
            name: np.lib.format.open_memmap(
                folder / f"{name}.npy", "w+" if fresh else "r+", np.dtype(dtype),
                (capacity, *((fine_channels, *shape[1:]) if name == "fine" else shape)))
            for name, (shape, dtype) in _SHAPES.items()
        }
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{about}: regions can't be kept beside it ({error}).",
                        "Remove the folder, choose another --out, or make room.") from error
    return RegionStore(folder, capacity, arrays, dict(identity))


def _as_arrays(pooled: PooledRegions, truth: RegionTruth) -> dict[str, Array]:
    values: dict[str, Tensor] = {**pooled._asdict(), "mask": truth.mask, "xy": truth.xy,
                                 "uv": truth.uv}
    found: dict[str, Array] = {name: v.cpu().numpy() for name, v in values.items()}
    found["charts"] = (truth.charts.cpu().numpy() * _BITS).sum(-1).astype(np.uint32)
    return found


def _write_about(
    folder: Path, capacity: int, identity: Mapping[str, Any], rows: int, batches: int
) -> None:
    beside = folder / "about.part"
    content = {"capacity": capacity, "identity": dict(identity), "rows": rows, "batches": batches}
    beside.write_text(json.dumps(content), "utf-8")
    beside.replace(folder / "about.json")
