from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from wildpose.data.mixing import Mixture, Source, draw_batch
from wildpose.data.paste import CutOut
from wildpose.types import ClassId

CANVASES = ((32, 64), (64, 32))


def drawn_sources(mixture: Mixture, batches: int, size: int) -> Counter:
    """How often each source was drawn; sources are told apart by what was looked for."""
    drawn: Counter = Counter()
    for number in range(batches):
        drawn.update(e.labelled for e in draw_batch(mixture, number, size))
    return drawn


@pytest.fixture
def marked(labelled_square):
    """Three sources of 1, 50 and 3 pictures, each marked by its classes."""
    one = labelled_square((24, 32), (4, 4, 12, 12))
    marks = (frozenset({ClassId.ANIMAL}), frozenset({ClassId.PERSON}), frozenset(ClassId))
    counts_and_shares = ((1, 2), (50, 1), (3, 1))
    return [Source(f"of {count}", (replace(one, labelled=mark),) * count, share)
            for mark, (count, share) in zip(marks, counts_and_shares, strict=True)]


def test_declared_shares_hold_whatever_the_sizes(marked):
    drawn = drawn_sources(Mixture(tuple(marked), (), CANVASES, seed=0), 24, 16)
    total = drawn.total()
    for source, share in zip(marked, (0.5, 0.25, 0.25), strict=True):
        three_sigma = 3 * (share * (1 - share) / total) ** 0.5
        assert drawn[source.images[0].labelled] / total == pytest.approx(share, abs=three_sigma)


def test_a_batch_is_a_function_of_seed_and_number(blobs):
    mixture = Mixture((Source("blobs", tuple(blobs), 1.0),), (), CANVASES, seed=4)
    one, same = draw_batch(mixture, 7, 4), draw_batch(mixture, 7, 4)
    for a, b in zip(one, same, strict=True):
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.box_xyxy, b.box_xyxy)
    for other in (draw_batch(mixture, 8, 4), draw_batch(replace(mixture, seed=5), 7, 4)):
        assert any(a.image.shape != b.image.shape or not np.array_equal(a.image, b.image)
                   for a, b in zip(one, other, strict=True))


def test_a_batch_has_one_canvas_and_all_canvases_come(blobs):
    mixture = Mixture((Source("blobs", tuple(blobs), 1.0),), (), CANVASES, seed=0)
    seen = set()
    for number in range(12):
        sizes = {e.image.shape[:2] for e in draw_batch(mixture, number, 3)}
        assert len(sizes) == 1
        seen |= sizes
    assert seen == set(CANVASES)


def test_all_pictures_of_a_source_come(labelled_square):
    one = labelled_square((24, 32), (4, 4, 12, 12))
    images = tuple(replace(one, draft=i == 2) for i in range(3))
    mixture = Mixture((Source("s", images, 1.0),), (), ((32, 64),), seed=0)
    weights = Counter(e.weight for n in range(20) for e in draw_batch(mixture, n, 6))
    assert weights[0.5] / weights.total() == pytest.approx(1 / 3, abs=0.13)


@pytest.mark.parametrize(("chance", "animals"), [(0.0, 0.0), (1.0, 2.0), (0.5, 1.0)])
def test_animals_are_pasted_as_often_as_declared(blobs, labelled_square, chance, animals):
    empty = tuple(i for i in blobs if not len(i.box_xyxy))
    cut_out = CutOut(labelled_square(), 0)
    mixture = Mixture((Source("empty", empty, 1.0, chance),), (cut_out,), ((64, 96),), seed=1)
    pasted = [len(e.box_xyxy) for n in range(20) for e in draw_batch(mixture, n, 5)]
    assert np.mean(pasted) == pytest.approx(animals, abs=0.22)


def test_plain_pictures_are_fitted_and_mirrored_half_of_the_time_and_nothing_else(labelled_square):
    one = labelled_square((24, 32), (2, 4, 12, 14))
    mixture = Mixture((Source("one", (one,), 1.0),), (), ((48, 64),), seed=0, augmentation="mirror")
    boxes = [tuple(e.box_xyxy[0]) for n in range(6) for e in draw_batch(mixture, n, 8)]
    assert set(boxes) == {(4, 8, 24, 28), (40, 8, 60, 28)}
    assert 0.25 < boxes.count((4, 8, 24, 28)) / len(boxes) < 0.75
    first, *others = [e.image for n in range(6) for e in draw_batch(mixture, n, 8)]
    assert all(np.array_equal(i, first) or np.array_equal(i, first[:, ::-1]) for i in others)
