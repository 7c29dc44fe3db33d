"""Single frames of the original clips, at exactly the frame index that the tables count by."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wildpose.analysis.stills import StillsReader, find_stills
from wildpose.errors import ClipError
from wildpose.review.reviewed import ClipEdits
from wildpose.types import Frame
from wildpose.video import open_clip


def frames_at(edits: ClipEdits, wanted: Collection[int]) -> Iterator[Frame]:
    """Read some frames of a clip of a run from its original.

    Parameters
    ----------
    edits : ClipEdits
        Says where the original is and what is known of its frames.
    wanted : collection of int
        Frame indices.

    Yields
    ------
    Frame
        In the order of the clip.

    Raises
    ------
    ClipError
        The original is away, damaged, or another one than was analysed.
    """
    if edits.source is None:
        raise ClipError(f"{edits.clip}: its original is not known.", "")
    missing = set(wanted)
    try:
        with _opened(edits, edits.source) as frames:
            for frame in frames:
                if frame.frame_index in missing:
                    if frame.image.shape[1::-1] != (edits.width, edits.height):
                        raise _changed(edits.source)
                    missing.remove(frame.frame_index)
                    yield frame
                if not missing:
                    break
    except OSError as problem:
        raise ClipError(f"{edits.source}: {problem.strerror}.",
                        "Put the original where it was when it was analyzed.") from problem
    if missing:
        raise _changed(edits.source)


@contextmanager
def _opened(edits: ClipEdits, source: Path) -> Iterator[Iterable[Frame]]:
    if not source.is_dir():
        with open_clip(source) as reader:
            yield reader
        return
    jobs = [job for job in find_stills(source, source / "run")[0] if job.path == source]
    mine = [job.pictures for job in jobs
            if len(jobs) == 1 or edits.clip.endswith(f"@{job.clip.split('@')[-1]}")]
    if len(mine) != 1 or any(mine[0][index : index + 1] != (name,)
                             for index, name in edits.pictures.items()):
        raise _changed(source)
    yield StillsReader(next(job for job in jobs if job.pictures == mine[0]))


def _changed(source: Path) -> ClipError:
    return ClipError(f"{source}: is not what was analyzed.",
                     "Put the original back, or analyze it again and correct that.")
