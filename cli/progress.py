"""How far the work is: a bar in a terminal, plain lines where the output goes to a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import typer

SECONDS_BETWEEN_LINES = 10.0


@dataclass(frozen=True)
class Step:
    """How far the work is.

    Attributes
    ----------
    done, total : int
        Units of work: clips, pictures or training steps.
    frames_per_s : float or None
        Pictures that go through the model in a second; None where it makes no sense.
    left_s : float or None
        Seconds that are left; None while nobody knows.
    note : str
        What was finished last, such as the clip's name.
    """

    done: int
    total: int
    frames_per_s: float | None = None
    left_s: float | None = None
    note: str = ""

    def pace(self) -> str:
        """Describe rate and remaining time, like ``12.4 frames/s, about 3 min left``."""
        rate = round(self.frames_per_s or 0.0, 2)
        parts = [f"{rate:.3g} frames/s"] if rate else []
        if self.left_s is not None and self.done < self.total:
            parts.append(f"about {time_span(self.left_s)} left")
        return ", ".join(parts)


Show = Callable[[Step], None]


@dataclass
class Pace:
    """Tells the remaining time from counts alone.

    What an earlier, interrupted call had done does not count as fast work of this one: the first
    count seen sets the start.

    Attributes
    ----------
    clock : callable
        Seconds that only grow.
    pictures : bool
        Whether the units are pictures, so that their rate is frames per second.
    """

    clock: Callable[[], float] = time.monotonic
    pictures: bool = False
    _first: int | None = field(default=None, init=False)
    _started_s: float = field(default=0.0, init=False)

    def step(self, done: int, total: int, note: str = "") -> Step:
        """Make the step for these counts.

        Parameters
        ----------
        done, total : int
            Units of work.
        note : str
            What was finished last.

        Returns
        -------
        Step
        """
        if self._first is None:
            self._first, self._started_s = done, self.clock()
        since, passed_s = done - self._first, self.clock() - self._started_s
        if since <= 0 or passed_s <= 0:
            return Step(done, total, note=note)
        rate = since / passed_s
        return Step(done, total, rate if self.pictures else None, (total - done) / rate, note)


def time_span(seconds: float) -> str:
    """Write a time span as people say it.

    Examples
    --------
    >>> time_span(45), time_span(600), time_span(9000)
    ('45 s', '10 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def progress(unit: str, *, quiet: bool) -> Iterator[Show]:
    """Give a function that shows each step on standard error.

    Parameters
    ----------
    unit : str
        What is counted, in the plural: ``clips``, ``pictures``, ``steps``.
    quiet : bool
        Show nothing.

    Yields
    ------
    callable
        Takes a :class:`Step`.
    """
    if quiet:
        yield lambda step: None
    elif sys.stderr.isatty():
        with _bar(unit) as show:
            yield show
    else:
        yield _lines(unit)


@contextmanager
def _bar(unit: str) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    # One line however long the clip's name is: a wrapped bar can't be drawn over.
    fixed, cut = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = (
        BarColumn(bar_width=16),
        MofNCompleteColumn(table_column=fixed),
        TextColumn(unit + " {task.fields[pace]}", markup=False, table_column=fixed),
        TextColumn("{task.fields[note]}", markup=False, table_column=cut),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        task = bar.add_task(unit, total=None, pace="", note="")

        def show(step: Step) -> None:
            bar.update(task, total=step.total, completed=step.done, pace=step.pace())
            if step.note:
                bar.update(task, note=step.note)

        yield show


def _lines(unit: str, clock: Callable[[], float] = time.monotonic) -> Show:
    last_s: float | None = None

    def show(step: Step) -> None:
        nonlocal last_s
        now_s = clock()
        if last_s is not None and now_s - last_s < SECONDS_BETWEEN_LINES and step.done < step.total:
            return
        last_s = now_s
        parts = [f"{step.done}/{step.total} {unit}", step.pace(), step.note]
        typer.echo("  ".join(part for part in parts if part), err=True)

    return show
