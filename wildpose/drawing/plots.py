"""Lines over a range as a small picture, for pages that show more than a figure."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from wildpose.drawing.palette import INK, UNTRACKED, Rgb
from wildpose.types import Array


@dataclass(frozen=True)
class Line:
    """One line of a plot.

    Attributes
    ----------
    label : str
        For the legend; empty for none.
    x, y : float [N]
        NaN leaves a gap.
    colour : (int, int, int)
    dashed, dots : bool
        Dashed for what is only a comparison; dots on the points where they are few.
    """

    label: str
    x: Array
    y: Array
    colour: Rgb = INK
    dashed: bool = False
    dots: bool = False


@dataclass(frozen=True)
class Axes:
    """Title and axes of a plot.

    Attributes
    ----------
    title, x_label, y_label : str
    x_range, y_range : (float, float)
    marks : tuple of (float, str)
        Places on x that get a line down and a word.
    """

    title: str
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float] = (0.0, 1.0)
    marks: tuple[tuple[float, str], ...] = ()


def line_plot(axes: Axes, lines: Sequence[Line]) -> bytes:
    """Draw lines.

    Parameters
    ----------
    axes : Axes
    lines : sequence of Line

    Returns
    -------
    bytes
        A PNG, 720 pixels wide.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    FigureCanvasAgg(figure)
    drawn = figure.add_subplot()
    for place, word in axes.marks:
        drawn.axvline(place, color=_share(UNTRACKED), linewidth=1)
        drawn.annotate(word, (place, axes.y_range[1]), xytext=(2, -10),
                       textcoords="offset points", fontsize=8, color="0.4")
    for line in lines:
        drawn.plot(line.x, line.y, label=line.label or None, color=_share(line.colour),
                   linestyle="--" if line.dashed else "-", linewidth=1.6,
                   marker="o" if line.dots else None, markersize=4)
    drawn.set(title=axes.title, xlabel=axes.x_label, ylabel=axes.y_label, xlim=axes.x_range,
              ylim=axes.y_range)
    drawn.grid(visible=True, alpha=0.3)
    if any(line.label for line in lines):
        drawn.legend(fontsize=8)
    store = io.BytesIO()
    figure.savefig(store, format="png", dpi=120)
    return store.getvalue()


def _share(colour: Rgb) -> tuple[float, float, float]:
    red, green, blue = colour
    return red / 255, green / 255, blue / 255
