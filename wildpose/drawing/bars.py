"""Counts as bars, several plots on one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wildpose.drawing.palette import INK, Rgb
from wildpose.drawing.plots import Axes
from wildpose.types import Array

PANEL_INCHES = (5.0, 3.6)
DOTS_PER_INCH = 110
QUALITY = 88


@dataclass(frozen=True)
class Bars:
    """One plot of counts.

    Attributes
    ----------
    axes : Axes
        Its ``marks`` are lines down through the bars, each with a word.
    place : float [N]
        Middle of each bar on x.
    count : int [N]
    colours : tuple of (int, int, int), length N
    width : float
        Of a bar, in units of x.
    names : tuple of str
        Under the bars, in place of numbers on x.
    log : bool
        Whether y is logarithmic; the range of y then starts above 0.
    """

    axes: Axes
    place: Array
    count: Array
    colours: tuple[Rgb, ...]
    width: float
    names: tuple[str, ...] = ()
    log: bool = False


def bar_page(plots: Sequence[Bars]) -> bytes:
    """Draw plots of bars side by side.

    Parameters
    ----------
    plots : sequence of Bars

    Returns
    -------
    bytes
        A JPEG, 550 pixels wide for each plot and 396 high.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = PANEL_INCHES
    figure = Figure(figsize=(width * len(plots), height), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, plot in zip(figure.subplots(1, len(plots), squeeze=False)[0], plots, strict=True):
        _draw(axis, plot)
    store = io.BytesIO()
    figure.savefig(store, format="jpeg", dpi=DOTS_PER_INCH, pil_kwargs={"quality": QUALITY})
    return store.getvalue()


def _draw(axis: Any, plot: Bars) -> None:
    axes = plot.axes
    axis.set_axisbelow(True)
    axis.grid(visible=True, axis="y", alpha=0.3)
    axis.set(title=axes.title, xlabel=axes.x_label, ylabel=axes.y_label, xlim=axes.x_range,
             yscale="log" if plot.log else "linear")
    if not plot.log:
        axis.yaxis.get_major_locator().set_params(integer=True)
    axis.set_ylim(axes.y_range)  # after the scale; before the bars, which then scale nothing
    colours = [tuple(value / 255 for value in colour) for colour in plot.colours]
    axis.bar(plot.place, plot.count, plot.width, color=colours, edgecolor="white", linewidth=0.6)
    for place, word in axes.marks:
        axis.axvline(place, color=tuple(v / 255 for v in INK), linewidth=1.4)
        left = place > sum(axes.x_range) / 2  # the word stays inside the plot
        axis.annotate(word, (place, axes.y_range[1]), xytext=(-4 if left else 4, -11), fontsize=9,
                      textcoords="offset points", ha="right" if left else "left")
    if plot.names:
        axis.set_xticks(plot.place, plot.names)
        for place, count in zip(plot.place, plot.count, strict=True):
            axis.annotate(f"{count:,}", (place, count), xytext=(0, 2), fontsize=9,
                          textcoords="offset points", ha="center")
