"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wildpose.errors import UsageError


@contextlib.contextmanager
def written_beside(target: Path) -> Iterator[Path]:
    """Write a file beside its place, bring it to the disk, then rename it into place.

    Parameters
    ----------
    target : Path
        The file to make or replace. Its folder must exist.

    Yields
    ------
    Path
        Where to write. When the block ends well it becomes ``target``; when it fails it is
        removed and an earlier ``target`` stays as it was.
    """
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def write_bytes(target: Path, content: bytes) -> None:
    """Replace ``target`` by ``content``, whole or not at all."""
    with written_beside(target) as beside:
        beside.write_bytes(content)


def write_text(target: Path, content: str) -> None:
    """Replace ``target`` by ``content`` in UTF-8, whole or not at all."""
    write_bytes(target, content.encode("utf-8"))


def write_json(target: Path, content: Mapping[str, Any]) -> None:
    """Replace ``target`` by indented JSON, whole or not at all."""
    write_text(target, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_failure(path: Path, error: Exception) -> UsageError:
    """Make the error for a user whose results can't be written.

    Parameters
    ----------
    path : Path
        The file or folder that was written to.
    error : Exception
        An OSError or a database error.

    Returns
    -------
    UsageError
        To be raised from ``error``.
    """
    code = error.errno if isinstance(error, OSError) else None
    reason = os.strerror(code) if code else str(error)
    message = f"{path}: can't be written: {reason}."
    if code in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or "full" in reason:
        return UsageError(message, "Make room on that disk and run the same command again: "
                                   "finished clips are kept.")
    return UsageError(message, "Choose a folder that you may write to with --out, or see to that "
                               "disk and run the same command again: finished clips are kept.")


def _sync_folder(folder: Path) -> None:
    # The rename itself is safe on the disk only once the folder is; Windows can't open folders.
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
