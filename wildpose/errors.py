"""The few kinds of error that a user can meet, each with a remedy and an exit code.

Whatever goes wrong because of an input is raised as one of these: the command line prints
``message`` and ``remedy`` as one line and leaves with ``exit_code``. Anything else that is raised
is a bug of ours (exit code 1).
"""

from __future__ import annotations

from typing import ClassVar


class WildposeError(Exception):
    """An error that a user can do something about.

    Parameters
    ----------
    message : str
        What is wrong, naming the file or the setting.
    remedy : str
        What to do about it, as a short sentence.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[type[WildposeError], tuple[str, str]]:
        return type(self), (self.message, self.remedy)


class UsageError(WildposeError):
    """A wrong call: an option, a path or a recipe that can't be used as it is."""


class ClipError(WildposeError):
    """A video file that can't be read at all."""

    exit_code: ClassVar[int] = 3


class ModelError(WildposeError):
    """A model folder that is missing, broken or made for another version."""


class DataError(WildposeError):
    """Annotations or tables that do not follow their format."""


class GuardError(WildposeError):
    """Work stopped on purpose: going on would do harm, or there is nothing to do."""

    exit_code: ClassVar[int] = 4
