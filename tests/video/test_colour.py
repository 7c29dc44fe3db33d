"""Grey pictures are told from those in colour."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.video import is_grey, open_clip


@pytest.fixture
def meadow() -> np.ndarray:
    """A picture of coarse structure and fine noise."""
    rng = np.random.default_rng(0)
    coarse = np.kron(rng.integers(60, 180, (9, 16, 3)), np.ones((40, 40, 1)))
    return np.clip(coarse + rng.normal(0, 6, coarse.shape), 0, 255).astype(np.uint8)


def test_night_and_day_of_the_sample_clips(sample_clips):
    for path in sample_clips.rglob("*.*"):
        with open_clip(path) as clip:
            first = next(iter(clip)).image
        assert is_grey(first) == (path.parent.name == "river_bend")


def test_a_logo_in_colour_does_not_make_a_night_day(meadow):
    night = np.repeat(meadow[..., :1], 3, axis=2)
    night[330:, 500:] = (220, 30, 30)
    assert is_grey(night)
    assert not is_grey(meadow)
