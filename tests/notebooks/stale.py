"""Tell a notebook whose committed outputs are no longer what its code prints."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from notebooks.execute import VARIES

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
TOLERANCE = 0.02
"""Other processors compute the last digits of a score otherwise, and find a box more or less."""


def differences(committed: NotebookNode, executed: NotebookNode) -> list[str]:
    """One line for each cell whose output differs; of cells that vary only the kind is asked."""
    return list(_differences(committed, executed))


def _differences(committed: NotebookNode, executed: NotebookNode) -> Iterator[str]:
    for before, after in zip(committed.cells, executed.cells, strict=True):
        if before.cell_type != "code":
            continue
        name = before.source.splitlines()[0]
        if kinds(before) != kinds(after):
            yield f"{name}: gives {kinds(after)}, committed are {kinds(before)}"
        elif VARIES not in before.metadata.get("tags", []):
            was, now = text_of(before), text_of(after)
            if not alike(was, now):
                yield f"{name}: gives\n{now}\ncommitted is\n{was}"


def kinds(cell: NotebookNode) -> list[str]:
    """What a cell shows: stream, or the formats of each result, such as image/jpeg."""
    return ["+".join(sorted(output.data)) if "data" in output else output.output_type
            for output in cell.outputs]


def text_of(cell: NotebookNode) -> str:
    """All that a cell shows as plain text."""
    return "\n".join(output.text if output.output_type == "stream"
                     else output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def alike(one: str, other: str) -> bool:
    """The same words, and numbers that are nearly the same."""
    if NUMBER.sub("#", one).split() != NUMBER.sub("#", other).split():
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
               for a, b in pairs)
