"""What to tell a user about an error: one line and an exit code."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass

import typer

from wildpose.errors import WildposeError

WRONG_USE = 2
BUG = 1

_DISK_ERRORS = {
    errno.ENOSPC: "The disk is full: free some space and run the same command again.",
    errno.EDQUOT: "Your quota is used up: free some space and run the same command again.",
    errno.EACCES: "You may not write or read there: choose another folder.",
    errno.EPERM: "You may not write or read there: choose another folder.",
    errno.EROFS: "That disk can't be written to: choose another folder.",
}


@dataclass(frozen=True)
class Failure:
    """How an error is shown.

    Attributes
    ----------
    line : str
        What is wrong and what to do about it, without a line break.
    exit_code : int
        What the process ends with.
    """

    line: str
    exit_code: int


def explain(error: Exception, words: Sequence[str] = ()) -> Failure:
    """Say what went wrong, and what to do, on one line.

    Parameters
    ----------
    error : Exception
        What was raised.
    words : sequence of str, optional
        The words of the command line, to name the sub-command whose help is of use.

    Returns
    -------
    Failure

    Examples
    --------
    >>> explain(WildposeError("clip.avi holds no picture.", "Copy it again."))
    Failure(line='clip.avi holds no picture. Copy it again.', exit_code=2)
    """
    text, exit_code = _text_and_code(error, words)
    return Failure(" ".join(text.split()), exit_code)


def _text_and_code(error: Exception, words: Sequence[str]) -> tuple[str, int]:
    if isinstance(error, WildposeError):
        return str(error), error.exit_code
    if isinstance(error, typer.TyperException):
        said = _lower_first(error.format_message())
        end = "" if said.endswith((".", "?")) else "."
        return f"{said}{end} See `{_help_command(words)}`.", WRONG_USE
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. {_DISK_ERRORS[error.errno]}", WRONG_USE
    if isinstance(error, MemoryError):
        return "not enough memory. Close other programs, or use --workers 1.", WRONG_USE
    if "torchvision::" in str(error):
        return (
            "torch and torchvision do not belong together. "
            "`wildpose doctor` says which two versions do.",
            WRONG_USE,
        )
    return (
        f"{type(error).__name__}: {error} - this is a bug of ours. Please report it with what the "
        "same command prints with --debug, and with what `wildpose doctor` prints.",
        BUG,
    )


def _help_command(words: Sequence[str]) -> str:
    from .app import COMMANDS

    command = next((word for word in words if word in COMMANDS), None)
    return f"wildpose {command} --help" if command else "wildpose --help"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
