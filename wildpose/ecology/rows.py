"""CSV files that people made, read with the row numbers that a spreadsheet shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wildpose.errors import DataError, UsageError

_NAMED_AT_MOST = 4


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Attributes
    ----------
    number : int
        As a spreadsheet counts: the header is row 1.
    cells : dict of str to str
        By our name of the column; stripped, empty where nothing is written.
    """

    number: int
    cells: dict[str, str]


def read_rows(path: Path, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> list[Row]:
    """Read the columns that we know; others are left alone.

    Parameters
    ----------
    path : Path
        CSV in UTF-8, with commas, semicolons or tabs.
    names : mapping
        Our name of each column to the headers that stand for it; capitals, spaces and underscores
        in a header do not matter. The first header that is there counts.
    needed : sequence of str
        Our names of columns that must be there.

    Returns
    -------
    list of Row
        Without rows that are empty.

    Raises
    ------
    UsageError
        When there is no such file.
    DataError
        When it is no table in UTF-8, or lacks a column.
    """
    content = _text_of(path)
    header = content.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        lines = list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))
    except csv.Error as error:  # a cell without end, as of a quote that is never closed
        raise DataError(f"{path}: is no CSV: {error}.", "Save it anew from the spreadsheet.") \
            from error
    places = _places(lines[0] if lines else [], names)
    missing = [name for name in needed if name not in places]
    if missing:
        raise DataError(f"{path}: has no column {missing[0]}.",
                        f"Call one {' or '.join(dict.fromkeys(names[missing[0]]))}.")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if any(cell.strip() for cell in line):
            cells = {name: line[at].strip() if at < len(line) else ""
                     for name, at in places.items()}
            rows.append(Row(number, cells))
    return rows


def problems(path: Path, found: Sequence[str], remedy: str) -> DataError:
    """Make one error of all that is wrong with a table, the first few named.

    Parameters
    ----------
    path : Path
    found : sequence of str
        Each names its row; not empty.
    remedy : str
    """
    shown = "; ".join(found[:_NAMED_AT_MOST])
    rest = len(found) - _NAMED_AT_MOST
    more = f"; and {rest} more" if rest > 0 else ""
    return DataError(f"{path}: {shown}{more}.", remedy)


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.", "Check the spelling of the path.")
    try:
        return path.read_text(encoding="utf-8-sig")
    except ValueError as error:
        raise DataError(f"{path}: is not written in UTF-8.",
                        "Save it as \"CSV UTF-8\" from the spreadsheet.") from error


def _places(header: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, int]:
    plain = [_plain(word) for word in header]
    places = {}
    for name, headers in names.items():
        known = [plain.index(_plain(word)) for word in headers if _plain(word) in plain]
        if known:
            places[name] = known[0]
    return places


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "").replace(" ", "")
