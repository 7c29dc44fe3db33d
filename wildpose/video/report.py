"""What came out of a clip, compared with what its file promised."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Counts:
    """What is counted while a clip is decoded.

    Attributes
    ----------
    frames_decoded, frames_sampled : int
    frames_declared : int or None
        Believable count of the header.
    packet_errors : int
        Packets, and reads of the container, that gave an error.
    hidden_frames : int
        Frames that the container asks not to show (an edit list that starts later).
    empty_slots : int
        Frame slots that the camera left empty, seen as steps in the packet order of an AVI.
    finished : bool
        The end of the file was reached.
    read_error : str
        What the operating system said of a part that can't be read; empty where all could.
    """

    frames_decoded: int = 0
    frames_sampled: int = 0
    frames_declared: int | None = None
    packet_errors: int = 0
    hidden_frames: int = 0
    empty_slots: int = 0
    finished: bool = False
    read_error: str = ""


@dataclass(frozen=True)
class DecodeReport:
    """The account of one clip after decoding.

    Attributes
    ----------
    frames_decoded : int
        Frames that the decoder gave.
    frames_sampled : int
        Frames that were handed out.
    frames_declared : int or None
        What the header promised; None where it says nothing or nothing believable.
    packet_errors : int
        Damaged packets; what they held is lost.
    duration_s : float
        From the first frame to the end of the last, by presentation times.
    complete : bool
        Nothing was lost in reading: no damage, not cut short. True as well where the camera
        itself left frame slots empty.
    notes : tuple of str
        Oddities that do no harm, a line each.
    shortfall : str or None
        In one line why fewer frames came than the file promised, or what is damaged.
    """

    frames_decoded: int
    frames_sampled: int
    frames_declared: int | None
    packet_errors: int
    duration_s: float
    complete: bool
    notes: tuple[str, ...] = field(default=())
    shortfall: str | None = None


def make_report(
    counts: Counts, duration_s: float, cut_short: str | None, notes: tuple[str, ...]
) -> DecodeReport:
    """Judge whether a clip was read whole.

    Fewer frames than declared is a shortfall. In AVI the count is of frame slots, and cameras
    leave slots empty when they can't keep up; where those explain the difference exactly, the
    clip is complete and the shortfall says so. A file that is shorter than its header says
    is cut short unless all declared frames came.

    Parameters
    ----------
    counts : Counts
    duration_s : float
    cut_short : str or None
        From :func:`wildpose.video.structure.cut_short`.
    notes : tuple of str

    Returns
    -------
    DecodeReport
    """
    decoded, declared = counts.frames_decoded, counts.frames_declared
    expected = None if declared is None else declared - counts.hidden_frames
    lost = expected is not None and expected - decoded > counts.empty_slots
    cut = cut_short if expected is None or lost else None
    damaged = lost or cut is not None or counts.packet_errors > 0 or counts.read_error != ""
    extra: tuple[str, ...] = ()
    if expected is not None and decoded > expected:
        extra = (f"{decoded} frames decoded, the header declares {expected}",)
    return DecodeReport(
        frames_decoded=decoded,
        frames_sampled=counts.frames_sampled,
        frames_declared=declared,
        packet_errors=counts.packet_errors,
        duration_s=duration_s,
        complete=counts.finished and not damaged,
        notes=notes + extra,
        shortfall="; ".join(_reasons(counts, expected, cut)) or None,
    )


def _reasons(counts: Counts, expected: int | None, cut: str | None) -> list[str]:
    decoded, reasons, causes = counts.frames_decoded, [], []
    missing = 0 if expected is None else max(0, expected - decoded)
    if missing:
        reasons.append(f"{decoded} of {expected} declared frames decoded")
    if counts.packet_errors:
        causes.append(f"damaged packets: {counts.packet_errors}")
    if cut is not None:
        causes.append(cut if missing else f"{cut}, {decoded} frames decoded")
    if counts.read_error:
        causes.append(f"parts of the file can't be read ({counts.read_error})")
    if not counts.finished:
        causes.append("reading stopped before the end")
    if 0 < missing <= counts.empty_slots:
        causes.insert(0, f"the camera left {missing} frame slots empty")
    elif missing and not causes:
        causes.append("the others are missing or unreadable")
    return reasons + causes
