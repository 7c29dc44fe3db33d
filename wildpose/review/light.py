"""Day or night, as far as a clip tells without coordinates and a time zone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from wildpose.errors import WildposeError
from wildpose.types import Array
from wildpose.video import is_grey, open_clip

DAY_HOURS = range(6, 18)
"""Hours of the camera's clock that count as day where no picture tells, as in wildpose.ecology."""


def light_of(video: Path | None, capture_time: datetime | None) -> tuple[str | None, str | None]:
    """Tell whether a clip was taken by day or by night.

    A camera trap takes grey pictures by infra-red light when it is dark. So the first frame
    decides; the clock does only where there is no frame, for it knows neither season nor latitude.

    Parameters
    ----------
    video : Path or None
        What is played of the clip; None where that is a card.
    capture_time : datetime or None
        By the camera's clock.

    Returns
    -------
    light : str or None
        ``"day"`` or ``"night"``.
    light_by : str or None
        ``"colour of the picture"`` or ``"clock"``.
    """
    picture = None if video is None else _first_picture(video)
    if picture is not None:
        return "night" if is_grey(picture) else "day", "colour of the picture"
    if capture_time is not None:
        return "day" if capture_time.hour in DAY_HOURS else "night", "clock"
    return None, None


def _first_picture(video: Path) -> Array | None:
    try:
        with open_clip(video, None) as clip:
            return next((frame.image for frame in clip), None)
    except (WildposeError, OSError):
        return None
