"""Seconds per stage of the work on a clip."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class StageClock:
    """Sums the seconds spent in each stage; a stage inside another is not counted twice.

    Examples
    --------
    >>> clock = StageClock()
    >>> with clock.stage("track"):
    ...     with clock.stage("decode"):
    ...         pass
    >>> sorted(clock.seconds)
    ['decode', 'track']
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []
        self._since = time.perf_counter()

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time of the block for ``name`` and for no stage around it."""
        self._settle()
        self._running.append(name)
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def each(self, name: str, items: Iterable[T]) -> Iterator[T]:
        """Pass items on, counting only the time it takes to get each one for ``name``."""
        iterator = iter(items)
        while True:
            with self.stage(name):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def move(self, source: str, target: str, seconds: float) -> None:
        """Count seconds for ``target`` that were counted for ``source``, as the work itself says.

        Nothing where there are none, so that stages that never happened are not listed.
        """
        if seconds > 0:
            self.seconds[source] -= seconds
            self.seconds[target] += seconds

    def _settle(self) -> None:
        now = time.perf_counter()
        if self._running:
            self.seconds[self._running[-1]] += now - self._since
        self._since = now
