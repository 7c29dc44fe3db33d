"""Files and folders of an export: whole or not there at all."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wildpose.errors import UsageError
from wildpose.results.files import write_failure, written_beside

_PLAIN = re.compile(r"[^A-Za-z0-9.-]+")


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Give a place to write a file to, and put it into its own place when it is whole.

    Parameters
    ----------
    target : Path
        Replaced if there; its folder is made if missing.

    Yields
    ------
    Path

    Raises
    ------
    UsageError
        When the disk or the file system refuses.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_beside(target) as beside:
            yield beside
    except OSError as error:
        raise write_failure(target, error) from error


@contextlib.contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write to, and put it into its own place when all is in it.

    Parameters
    ----------
    target : Path
        Must be absent or empty: what an earlier export left would be read along with this one.

    Yields
    ------
    Path

    Raises
    ------
    UsageError
        When something is there, or when the disk or the file system refuses.
    """
    target = target.absolute()
    try:
        there = target.exists()
        if there and (not target.is_dir() or any(target.iterdir())):
            raise UsageError(f"{target}: there is something already.",
                             "Choose another folder with --out, or delete it first.")
        beside = (target if there else target.parent) / f".{target.name}.{os.getpid()}.part"
        beside.mkdir(parents=True)
    except OSError as error:
        raise write_failure(target, error) from error
    try:
        yield beside
        if not there:
            beside.replace(target)
            return
        # The folder itself stays: somebody may stand in it, or a disk be mounted there.
        for part in sorted(beside.iterdir()):
            part.replace(target / part.name)
    except OSError as error:
        raise write_failure(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write_json_lists(
    path: Path, head: Mapping[str, Any], lists: Mapping[str, Iterable[Mapping[str, Any]]]
) -> None:
    """Write one JSON object, entry by entry, so that memory does not grow with its lists.

    Parameters
    ----------
    path : Path
    head : mapping
        What is short.
    lists : mapping of str to iterable of mapping
        What is long, after ``head``; read one after the other.
    """
    with path.open("w", encoding="utf-8") as file:
        start = json.dumps(dict(head), ensure_ascii=False, allow_nan=False)
        file.write(start.removesuffix("}"))
        comma = "," if head else ""
        for name, entries in lists.items():
            file.write(f"{comma}\n{json.dumps(name)}: [")
            comma = ","
            for number, entry in enumerate(entries):
                text = json.dumps(entry, ensure_ascii=False, allow_nan=False,
                                  separators=(",", ":"))
                file.write(f",\n{text}" if number else f"\n{text}")
            file.write("]")
        file.write("}\n")


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write a table as CSV in UTF-8: empty cells for what is missing, ``true`` and ``false``.

    Returns
    -------
    int
        How many rows there were.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    # No more digits than times and rates in the tables have, and no zeros behind them.
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def file_names(clips: Iterable[str]) -> dict[str, str]:
    """Name a file for each clip: readable, safe on every system, different for each.

    Parameters
    ----------
    clips : iterable of str
        Keys of clips, with ``/`` between folders.

    Returns
    -------
    dict of str to str
        Without suffix.

    Examples
    --------
    >>> file_names(["a/1.mp4", "b c/1.mp4", "b/c/1.mp4"])
    {'a/1.mp4': 'a_1.mp4', 'b c/1.mp4': 'b_c_1.mp4', 'b/c/1.mp4': 'b_c_1.mp4-2'}
    """
    taken: set[str] = set()
    names = {}
    for clip in clips:
        plain = _PLAIN.sub("_", clip)[-150:].strip("._-") or "clip"
        name, number = plain, 2
        # Names that differ only in case are one name on Windows and macOS.
        while name.lower() in taken:
            name, number = f"{plain}-{number}", number + 1
        taken.add(name.lower())
        names[clip] = name
    return names
