"""Options that several sub-commands share: the same name and the same meaning everywhere."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated

import typer

from wildpose.errors import UsageError

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>ms|s|min)?")
_SECONDS = {None: 1.0, "s": 1.0, "ms": 0.001, "min": 60.0}


def parse_every(text: str) -> float | None:
    """Seconds that a word like ``0.2s``, ``200ms``, ``0.2`` or ``1min`` stands for.

    Parameters
    ----------
    text : str
        A number, with ``ms``, ``s`` or ``min`` or without a unit (then seconds); or ``all``.

    Returns
    -------
    float or None
        Seconds, above 0; None for ``all``: every frame.

    Raises
    ------
    UsageError
        Where it is no time span, or not above 0.

    Examples
    --------
    >>> parse_every("200ms")
    0.2
    """
    word = text.strip().lower()
    if word == "all":
        return None
    match = _DURATION.fullmatch(word)
    seconds = float(match["number"]) * _SECONDS[match["unit"]] if match else 0.0
    if not 0 < seconds < math.inf:
        raise UsageError(f"--every {text}: this is no time span.",
                         "Write it like 0.2s, 200ms or 1s, or all for every frame.")
    return round(seconds, 9)


EVERY = "0.2s"
"""What holds where nothing is said."""
_EVERY_HELP = "Look at one frame each TIME, such as 0.2s or 1s; all: at every frame."
Every = Annotated[str, typer.Option("--every", metavar="TIME", help=_EVERY_HELP)]
EveryUnlessGiven = Annotated[
    str | None,
    typer.Option("--every", metavar="TIME", help=_EVERY_HELP, show_default=EVERY),
]
"""For a command that can also be told the frames: None where nothing was said."""
BlurPeople = Annotated[
    bool,
    typer.Option(
        "--blur-people",
        help="Make people unrecognisable in all pictures and copies of clips that are made.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option(
        "--fast",
        help="Look at each picture once, not also at its mirror image: less time, a little less "
        "is found.",
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Name of a shipped model (see `wildpose models`) or a model folder.",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        help="How many clips to work on at the same time.",
        show_default="one for each core, as memory allows",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device", metavar="DEVICE", help="Where the model runs: cpu, or cuda with an NVIDIA card."
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON object and nothing else on standard output (for programs)."
    ),
]
Debug = Annotated[
    bool, typer.Option("--debug", help="Show where in the program an error happened.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print errors only.")]


def existing(path: Path, what: str) -> Path:
    """Give the path back, or raise a clear error if nothing is there.

    Raises
    ------
    UsageError
        Where the path does not exist.
    """
    if not path.exists():
        raise UsageError(f"{path}: there is no such {what}.", "Check the spelling of the path.")
    return path
