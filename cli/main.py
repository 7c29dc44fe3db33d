"""Runs the command and turns whatever goes wrong into one clear line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper

import typer

from .app import app, how_to_go_on
from .failure import explain

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `wildpose` with these arguments.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process by default.

    Returns
    -------
    int
        The exit code: 0 all done, 2 wrong use, 3 done but some clips failed, 4 stopped by a guard,
        1 a bug of ours, 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    if isinstance(sys.stdout, TextIOWrapper):
        # Names of clips may hold letters that a terminal lacks: that must not end the work.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = app(args=words, prog_name="wildpose", standalone_mode=False)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the border: every error becomes one line
        return _report(error, words)
    if code == INTERRUPTED:
        typer.echo(f"\nstopped. {how_to_go_on(words)}", err=True)
    return int(code or 0)


def _report(error: Exception, words: Sequence[str]) -> int:
    if "--debug" in words:
        import traceback

        typer.echo("".join(traceback.format_exception(error)), err=True)
    failure = explain(error, words)
    word = "" if failure.exit_code == INTERRUPTED else "error: "
    typer.echo(f"{word}{failure.line}", err=True)
    return failure.exit_code
