"""Pictures of the report show what the tables say."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from PIL import Image

from wildpose.drawing.palette import HUES
from wildpose.ecology import activity_by_hour
from wildpose.ecology.plots import activity_picture, light_picture


def painted(picture: bytes, colour) -> np.ndarray:
    """Where a JPEG has about this colour."""
    image = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return np.abs(image - colour).max(axis=2) < 25


def test_bars_stand_at_their_hours():
    hours = [3, 3, 20]
    events = pd.DataFrame({"species": "deer", "start": pd.to_datetime(
        [f"2024-03-0{day}T{hour:02}:10" for day, hour in enumerate(hours, 1)])})
    columns = painted(activity_picture(activity_by_hour(events), "deer"), HUES[6]).sum(axis=0)
    middle = len(columns) // 2
    early, late = columns[:middle], columns[middle:]
    assert np.median(early[early > 9]) > 1.8 * np.median(late[late > 9])
    places = np.flatnonzero(columns > 9)
    assert 0.1 < places.min() / len(columns) < 0.25
    assert 0.8 < places.max() / len(columns) < 0.95


def test_the_nights_of_one_species_are_not_mixed_with_those_of_another():
    events = pd.DataFrame({"species": ["deer", "boar", "boar"],
                           "light": ["day", "night", "night"]})
    deer = light_picture(events, "deer")
    assert painted(deer, HUES[1]).sum() > 5000
    assert painted(deer, HUES[4]).sum() < 100
