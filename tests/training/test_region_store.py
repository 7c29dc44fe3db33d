from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from wildpose.errors import DataError
from wildpose.models.dense_head import GRID, PooledRegions
from wildpose.training.region_store import open_store
from wildpose.training.regions import POINTS, RegionTruth


def regions(count: int, seed: int = 0) -> tuple[PooledRegions, RegionTruth]:
    g = torch.Generator().manual_seed(seed)
    pooled = PooledRegions(*(torch.randn(count, c, s, s, generator=g)
                             for c, s in ((128, 28), (128, 14), (128, 7), (3, GRID))))
    truth = RegionTruth(
        torch.randint(0, 2, (count, GRID, GRID), generator=g, dtype=torch.uint8),
        torch.rand(count, POINTS, 2, generator=g) * 2 - 1,
        torch.rand(count, POINTS, 25, generator=g) > 0.8,
        torch.rand(count, POINTS, 2, generator=g),
    )
    truth.uv[:, 0] = float("nan")
    return pooled, truth


def test_regions_come_back_as_they_were_kept(tmp_path):
    store = open_store(tmp_path, 5, 3, {"seed": 1})
    pooled, truth = regions(3)
    assert store.append(pooled, truth, batches=2) == 3
    again = open_store(tmp_path, 5, 3, {"seed": 1})
    assert again.progress == (3, 2)
    read, known = again.read(np.array([2, 0]))
    for one, other in zip(read, pooled, strict=True):
        assert torch.allclose(one, other[[2, 0]], atol=2e-3)
    assert torch.equal(known.mask, truth.mask[[2, 0]])
    assert torch.equal(known.charts, truth.charts[[2, 0]])
    assert torch.allclose(known.xy, truth.xy[[2, 0]], atol=1e-3)
    assert torch.allclose(known.uv, truth.uv[[2, 0]], atol=1e-3, equal_nan=True)


def test_what_no_longer_fits_is_left_out(tmp_path):
    store = open_store(tmp_path, 4, 3, {})
    store.append(*regions(3), batches=1)
    assert store.append(*regions(3, seed=1), batches=2) == 4
    assert torch.allclose(store.read(np.array([3]))[0].near, regions(3, seed=1)[0].near[:1],
                          atol=2e-3)


def test_a_kill_between_rows_and_note_only_costs_the_last_batch(tmp_path):
    store = open_store(tmp_path, 6, 3, {})
    store.append(*regions(2), batches=1)
    store.arrays["near"][2:4] = 7
    store = open_store(tmp_path, 6, 3, {})
    store.append(*regions(2, seed=1), batches=2)
    assert torch.allclose(store.read(np.array([2, 3]))[0].near, regions(2, seed=1)[0].near,
                          atol=2e-3)


@pytest.mark.parametrize(("capacity", "identity"), [(5, {"seed": 2}), (6, {"seed": 1})])
def test_regions_of_another_training_are_not_gone_on_with(tmp_path, capacity, identity):
    open_store(tmp_path, 5, 3, {"seed": 1})
    with pytest.raises(DataError, match="another training"):
        open_store(tmp_path, capacity, 3, identity)


def test_a_note_that_is_damaged_is_said(tmp_path):
    open_store(tmp_path, 5, 3, {})
    (tmp_path / "about.json").write_text("{")
    with pytest.raises(DataError, match=r"about\.json"):
        open_store(tmp_path, 5, 3, {})


def test_the_note_is_plain(tmp_path):
    open_store(tmp_path, 5, 3, {"weights": "ab"})
    note = json.loads((tmp_path / "about.json").read_text())
    assert note == {"capacity": 5, "identity": {"weights": "ab"}, "rows": 0, "batches": 0}
