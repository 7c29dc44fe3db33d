"""The page of a model's figures and of its worst mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wildpose.drawing.html import data_url, figure, page, table, text, url
from wildpose.drawing.legend import chart_legend

Cell = str | float | int | None

BODIES_MEANING = (
    "Animals with the most marked points on a wrong part, by the dense pose on their true box. "
    "Black dots are marked points whose part is right; numbers are wrong ones, with what was "
    "marked and what was said below.")


@dataclass(frozen=True)
class FigureTable:
    """A table of figures.

    Attributes
    ----------
    title : str
    columns : tuple of str
        The first names the rows.
    rows : tuple of tuples
        A float is shown with three digits, None (no such picture) as a dash.
    note : str
        What a reader must know to understand the figures.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A picture with what is to be said about it.

    Attributes
    ----------
    image : str or bytes
        A path relative to the page, or a JPEG or PNG that is put inside the page.
    caption : str
    """

    image: str | bytes
    caption: str


@dataclass(frozen=True)
class EvaluationPage:
    """Everything that the evaluation page says.

    Attributes
    ----------
    model, data : str
        Names, as a reader knows them.
    command : str
        What was typed to get these figures.
    tables : tuple of FigureTable
    misses, false_alarms : tuple of Picture
        Worst first.
    plots : tuple of Picture
    bodies : tuple of Picture
        Animals whose dense pose is most wrong, worst first; None where the model gives none.
    notes : tuple of str
        Limits of the measurement.
    """

    model: str
    data: str
    command: str
    tables: tuple[FigureTable, ...]
    misses: tuple[Picture, ...] = ()
    false_alarms: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()
    plots: tuple[Picture, ...] = ()
    bodies: tuple[Picture, ...] | None = None


def evaluation_page(evaluation: EvaluationPage) -> str:
    """Write the page as HTML, self-contained but for pictures given as paths.

    Parameters
    ----------
    evaluation : EvaluationPage

    Returns
    -------
    str
        To be written as UTF-8.
    """
    notes = "".join(f"<li>{text(note)}</li>" for note in evaluation.notes)
    return page(f"{evaluation.model} on {evaluation.data}", [
        f"<h1>{text(evaluation.model)} on {text(evaluation.data)}</h1>",
        f"<p class='quiet'>Printed by <code>{text(evaluation.command)}</code></p>",
        f"<ul>{notes}</ul>" if notes else "",
        *(_figures(one) for one in evaluation.tables),
        _pictures("Curves", "", evaluation.plots) if evaluation.plots else "",
        "" if evaluation.bodies is None else _pictures(
            "Worst bodies", BODIES_MEANING, evaluation.bodies),
        chart_legend() if evaluation.bodies else "",
        _pictures("Worst misses", "Animals that are in the picture and were not found, "
                  "the largest first.", evaluation.misses),
        _pictures("Worst false alarms", "Boxes with a high score where there is no animal.",
                  evaluation.false_alarms),
    ])


def _figures(one: FigureTable) -> str:
    rows = [tuple(_cell(value) for value in row) for row in one.rows]
    note = f"<p>{text(one.note)}</p>" if one.note else ""
    return (f"<h2>{text(one.title)}</h2>\n{note}"
            + table(one.columns, rows, numeric=range(1, len(one.columns))))


def _cell(value: Cell) -> str:
    if value is None:
        return "\u2013"
    return f"{value:.3f}" if isinstance(value, float) else text(value)


def _pictures(heading: str, meaning: str, pictures: Sequence[Picture]) -> str:
    if not pictures:
        return f"<h2>{text(heading)}</h2>\n<p>None.</p>"
    cards = []
    for picture in pictures:
        inside = isinstance(picture.image, bytes)
        source = data_url(picture.image) if isinstance(picture.image, bytes) else url(picture.image)
        cards.append(figure(source, picture.caption, text(picture.caption),
                            None if inside else source))
    return (f"<h2>{text(heading)}</h2>\n<p>{text(meaning)}</p>\n"
            f"<div class='cards'>{''.join(cards)}</div>")
