"""Read a file on a dying card: go on behind the part that can't be read."""

from __future__ import annotations

import io
from typing import BinaryIO

FAILURES_BEFORE_GIVING_UP = 32
"""Each failing read can take seconds; a card that is gone altogether fails at every one."""

SECTOR_BYTES = 4096
"""Where a read fails, this much is tried alone, and given up if that fails too."""


class PatientFile:
    """A binary file that gives zeros where the operating system gives an error.

    The decoder then loses the packets that lie there and finds the next ones by itself. FFmpeg
    alone would end the clip at the first bad sector.

    Parameters
    ----------
    file : binary file
        Open for reading.

    Attributes
    ----------
    error : str
        What the operating system said first; empty where all went well.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failures = 0
        self.error = ""

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes from here; zeros where they can't be read."""
        at = self._file.tell()
        for length in (size, SECTOR_BYTES):
            try:
                return self._file.read(length)
            except OSError as error:
                self.error = self.error or error.strerror or type(error).__name__
                self._file.seek(at)
        self._failures += 1
        if self._failures >= FAILURES_BEFORE_GIVING_UP:
            return b""
        hole = max(0, min(SECTOR_BYTES, self._file.seek(0, io.SEEK_END) - at))
        self._file.seek(at + hole)
        return b"\0" * hole

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the file, as files do."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Say where in the file the next read starts."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._file.close()
