"""Day and night without coordinates."""

from datetime import datetime

import numpy as np
import pytest

from wildpose.review.light import light_of
from wildpose.video import write_clip

NOON, MIDNIGHT = datetime(2026, 6, 1, 12), datetime(2026, 6, 1, 0)


@pytest.mark.parametrize(("colour", "light"), [((90, 90, 92), "night"), ((60, 120, 40), "day")])
def test_the_picture_decides_whatever_the_clock_says(tmp_path, colour, light):
    video = tmp_path / "a.mp4"
    write_clip(video, [np.full((48, 64, 3), colour, np.uint8)] * 3, 10)
    for moment in (NOON, MIDNIGHT, None):
        assert light_of(video, moment) == (light, "colour of the picture")


def test_without_a_picture_the_clock_decides_and_without_both_nobody(tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    for video in (None, tmp_path / "broken.mp4", tmp_path / "away.mp4"):
        assert light_of(video, NOON) == ("day", "clock")
        assert light_of(video, MIDNIGHT) == ("night", "clock")
        assert light_of(video, None) == (None, None)
