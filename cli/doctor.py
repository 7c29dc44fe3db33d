"""`wildpose doctor`: whether everything that wildpose needs works on this computer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .answer import answering
from .options import Debug, Json, Quiet

if TYPE_CHECKING:
    from .checks import Check

ALL_WELL, PROBLEM_FOUND = 0, 2


def doctor(as_json: Json = False, debug: Debug = False, quiet: Quiet = False) -> int:
    """Check this installation and say how to repair what does not work."""
    from .checks import run_all

    with answering(as_json=as_json, quiet=quiet) as answer:
        checks = run_all()
        well = all(check.well for check in checks)
        answer({"well": well, "checks": [vars(check) for check in checks]}, describe(checks))
    return ALL_WELL if well else PROBLEM_FOUND


def describe(checks: Sequence[Check]) -> str:
    """Lay the findings out, one line each, and below a problem its remedy."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        state = "ok     " if check.well else "PROBLEM"
        lines.append(f"{state}  {check.name.ljust(width)}  {check.found}")
        if not check.well:
            lines.append(f"         {' ' * width}  -> {check.remedy}")
    return "\n".join(lines)
