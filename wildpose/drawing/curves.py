"""Training curves: the numbers of a CSV as a picture."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wildpose.drawing.palette import HUES
from wildpose.errors import DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_AXES = ("step", "iteration", "epoch")
_DASHES = ("-", "--", ":", "-.")
Columns = dict[str, list[float]]


def plot_curves(csv_path: Path, png_path: Path) -> None:
    """Draw every column of a training log over its steps.

    The column ``step`` (or ``iteration``, ``epoch``, else the first one) is the x axis. The others
    are put into panels by the part of their name before ``_`` or ``/``: ``loss_box`` and
    ``loss_mask`` share one. Empty cells are gaps that the line bridges (a validation figure stands
    in few rows); cells that are no number are left out.

    Parameters
    ----------
    csv_path : Path
        With a header line.
    png_path : Path
        Written anew.

    Raises
    ------
    DataError
        If the file holds no header, no row or no column to draw.
    """
    axis, columns = read_curves(csv_path)
    panels = _panels([name for name in columns if name != axis])

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(3, len(panels))
    down = math.ceil(len(panels) / across)
    figure = Figure(figsize=(5.2 * across, 3.3 * down), layout="constrained")
    FigureCanvasAgg(figure)
    for i, (title, names) in enumerate(panels.items()):
        _draw(figure.add_subplot(down, across, i + 1), title, columns, axis, names)
    figure.savefig(png_path, dpi=110)


def read_curves(csv_path: Path) -> tuple[str, Columns]:
    """Read the columns of a training log as numbers.

    Parameters
    ----------
    csv_path : Path

    Returns
    -------
    axis : str
        Name of the column to draw over.
    columns : dict of str to list of float
        All of the same length, NaN where a cell is empty or no number; columns without any number
        are left out.

    Raises
    ------
    DataError
        As in :func:`plot_curves`.
    """
    with csv_path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    if not rows:
        raise DataError(f"{csv_path} holds no rows to draw.", "Train for at least one step.")
    names = [name for name in rows[0] if name]
    columns = {name: [_number(row.get(name)) for row in rows] for name in names}
    columns = {n: v for n, v in columns.items() if any(math.isfinite(x) for x in v)}
    axis = next((name for name in _AXES if name in columns), names[0])
    if axis not in columns or len(columns) < 2:
        raise DataError(f"{csv_path} holds no column of numbers to draw over {axis!r}.",
                        "Expected a header such as step,loss,lr.")
    return axis, columns


def _number(cell: str | None) -> float:
    try:
        return float(cell) if cell else math.nan
    except ValueError:
        return math.nan


def _panels(names: Sequence[str]) -> dict[str, list[str]]:
    panels: dict[str, list[str]] = {}
    for name in names:
        panels.setdefault(name.replace("/", "_").split("_")[0], []).append(name)
    return panels


def _draw(
    axes: Axes, title: str, columns: Mapping[str, Sequence[float]], axis: str,
    names: Sequence[str],
) -> None:
    for i, name in enumerate(names):
        pairs = [(x, y) for x, y in zip(columns[axis], columns[name], strict=True)
                 if math.isfinite(x) and math.isfinite(y)]
        red, green, blue = HUES[i % len(HUES)]
        axes.plot([x for x, _ in pairs], [y for _, y in pairs], label=name, linewidth=1.4,
                  color=(red / 255, green / 255, blue / 255), linestyle=_DASHES[i // len(HUES) % 4],
                  marker="o" if len(pairs) < 15 else None, markersize=3)
    axes.set_title(title)
    axes.set_xlabel(axis)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize=8)
