"""What a sub-command prints: text for people, or one JSON object for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

import typer

Answer = Callable[[Mapping[str, Any], str], None]
"""Takes the answer twice, as an object and as text, and prints the one that was asked for."""


@contextmanager
def answering(*, as_json: bool, quiet: bool) -> Iterator[Answer]:
    """Give a function that prints the answer of a sub-command.

    With ``as_json`` everything else that is written to standard output meanwhile, by libraries and
    by worker processes too, goes to standard error: the object stands alone.

    Parameters
    ----------
    as_json : bool
        Print the object, as one line.
    quiet : bool
        Without ``as_json``: print nothing.

    Yields
    ------
    Answer
    """
    if not as_json:
        yield lambda _, text: None if quiet else typer.echo(text)
        return
    sys.stdout.flush()
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        yield lambda content, _: _write_line(own, json_line(content))
    finally:
        sys.stdout.flush()
        os.dup2(own, 1)
        os.close(own)


def json_line(content: Mapping[str, Any]) -> str:
    """Write an object as one line of JSON.

    A number that can't be had (NaN, infinite) becomes null; numpy's numbers, paths and tuples
    become what JSON has for them.

    Examples
    --------
    >>> json_line({"ap": float("nan"), "clips": (1, 2)})
    '{"ap": null, "clips": [1, 2]}'
    """
    return json.dumps(_plain(content), allow_nan=False)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):  # numpy's arrays and numbers
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, PurePath) else value


def _write_line(descriptor: int, line: str) -> None:
    data = f"{line}\n".encode()
    while data:
        data = data[os.write(descriptor, data) :]
