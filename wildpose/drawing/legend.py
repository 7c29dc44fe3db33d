"""What the colours of dense pose mean, as a part of a page."""

from __future__ import annotations

from pathlib import Path

from wildpose.drawing.html import data_url, figure, text
from wildpose.drawing.palette import CHART_COLOURS
from wildpose.surface.charts import CHARTS, MIRROR_CHART

PICTURE = Path(__file__).with_name("charts.jpg")
"""Drawn by ``wildpose.synth.chart_legend``."""


def chart_legend() -> str:
    """Explain the colours in HTML: a picture of a wolf and the reference body, and their names."""
    picture = figure(data_url(PICTURE.read_bytes()),
                     "A wolf and the human reference body from four sides, each part in its colour",
                     "A wolf above, the human body that all animals are laid onto below: the same "
                     "colour is the same part.")
    return (
        "<h2>What the colours on the bodies mean</h2>\n<p>Each colour is a part of the body's "
        "surface, the same on every animal: dark for the animal's own left, light for its right. "
        "The chequers are the place within the part. The parts are named as on a human body: arms "
        "and hands are front legs and front feet. The outline has the colour of the track.</p>\n"
        f"{picture}\n<ul class='parts'>{''.join(map(_entry, _parts()))}</ul>")


def _parts() -> list[tuple[str, tuple[int, ...]]]:
    """Name of each part and its charts, left before right."""
    parts: list[tuple[str, tuple[int, ...]]] = []
    for chart, name in enumerate(CHARTS[1:], start=1):
        if MIRROR_CHART[chart] == chart:
            parts.append((name, (chart,)))
        elif name.startswith("left "):
            parts.append((name.removeprefix("left "), (chart, MIRROR_CHART[chart])))
    return parts


def _entry(part: tuple[str, tuple[int, ...]]) -> str:
    name, charts = part
    swatches = "".join(
        f"<i style='background:rgb({','.join(map(str, CHART_COLOURS[chart]))})'></i>"
        for chart in charts)
    return f"<li>{swatches} {text(name)}</li>"
