"""Decode a clip frame by frame: packet by packet, upright RGB, sampled by presentation time.

FFmpeg's convenient ``container.decode()`` gives up at the first damaged packet (10 of 119 frames
of a damaged file); here an error costs the packet that it is in. Frames that are not sampled are
decoded, because later ones need them, but never converted to RGB.

One thread decodes: workers take whole clips, one per core, and measured on two cores the
decoder's own threads cost a 4K HEVC clip 25 % more processor time and three times the memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import av
from av.video.reformatter import VideoReformatter

from ..errors import ClipError
from ..types import Array, Frame
from .container import MAX_PIXELS, open_source
from .orientation import Orientation
from .report import Counts, DecodeReport, make_report
from .sampling import FrameSampler, PresentationClock, TimeSampler
from .structure import cut_short

READ_ERRORS_IN_A_ROW = 16
"""After so many failing reads without a packet between them the rest of a file is given up."""


def open_clip(
    path: Path | str, every_s: float | None = None, *, max_side: int | None = None,
    frames: Collection[int] | None = None,
) -> ClipReader:
    """Open a clip for reading.

    Parameters
    ----------
    path : path-like
        A video file of any name; its content decides what it is.
    every_s : float or None
        Seconds between the frames handed out, by presentation time; None hands out every frame.
    max_side : int or None
        Hand out smaller pictures, this long on their longer side, where the clip's are larger;
        their coordinates are not those of the clip. None keeps the size.
    frames : collection of int or None
        Hand out these frames, by number from 0 as decoded, whatever ``every_s`` says.

    Returns
    -------
    ClipReader
        A context manager and an iterable of :class:`wildpose.types.Frame`, once.

    Raises
    ------
    ClipError
        Where the file can't be read at all.
    UsageError
        Where ``every_s`` is not above 0.
    """
    return ClipReader(Path(path), every_s, max_side, frames)


class ClipReader:
    """One pass through a clip; made by :func:`open_clip`.

    Memory does not grow with the clip: one frame is held at a time.

    Parameters
    ----------
    path : Path
    every_s : float or None
    max_side : int or None
    frames : collection of int or None
        As in :func:`open_clip`.
    """

    def __init__(
        self, path: Path, every_s: float | None, max_side: int | None = None,
        frames: Collection[int] | None = None,
    ) -> None:
        self._sampler = TimeSampler(every_s) if frames is None else FrameSampler(frames)
        self._source = open_source(path)
        stream = self._source.stream
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        self._clock = PresentationClock(stream.guessed_rate or self._source.frame_rate)
        self._counts = Counts(frames_declared=self._source.believable_frames())
        self._painter = _Painter(path.name, max_side)
        # An AVI is a row of frame slots without presentation times: its frames are shown in the
        # order of decoding, and FFmpeg's guess at other times runs backwards at B-frames.
        self._in_slots = self._source.container.format.name == "avi"

    def __enter__(self) -> ClipReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back; the report stays."""
        self._source.close()

    def __iter__(self) -> Iterator[Frame]:
        """Frames in the order they are shown.

        Raises
        ------
        ClipError
            At the end, where not a single frame could be decoded.
        """
        for picture in self._pictures():
            index = self._counts.frames_decoded
            self._counts.frames_decoded += 1
            time_s = self._clock.time_s(self._stamp_s(picture))
            if self._sampler.take(time_s, index):
                self._counts.frames_sampled += 1
                yield Frame(self._painter.rgb(picture, index), index, time_s)
        if self._counts.frames_decoded == 0:
            raise ClipError(
                f"{self._source.path.name}: no frame could be decoded"
                f" ({self._counts.packet_errors} damaged packets).",
                "Copy it again from the card.",
            )

    @property
    def report(self) -> DecodeReport:
        """The account so far; final after the last frame."""
        self._counts.read_error = self._source.file.error
        notes = [*self._source.notes, *self._painter.notes]
        if self._clock.made_up and not self._in_slots:
            notes.append(f"{self._clock.made_up} frames have no time of their own: "
                         "times made up from the frame rate")
        if self._clock.moved:
            notes.append(f"the time runs backwards at {self._clock.moved} frames: "
                         "placed behind the frame before")
        try:
            cut = cut_short(self._source.path)
        except OSError:  # the file went away meanwhile; its frames were counted all the same
            cut = None
        return make_report(self._counts, self._clock.duration_s, cut, tuple(notes))

    def _pictures(self) -> Iterator[Any]:
        last_slot = -1
        for packet in self._packets():
            if packet.is_discard:
                self._counts.hidden_frames += 1
            if self._in_slots and packet.dts is not None:
                self._counts.empty_slots += max(0, packet.dts - last_slot - 1)
                last_slot = packet.dts
            try:
                pictures = packet.decode()
            except (av.FFmpegError, ValueError):
                self._counts.packet_errors += 1
                continue
            yield from pictures
        if not self._counts.finished:
            yield from self._flushed()

    def _flushed(self) -> list[Any]:
        """Take the frames that the decoder still holds where no packet asks for them."""
        try:
            return list(self._source.stream.decode(None))
        except (av.FFmpegError, ValueError):
            return []

    def _packets(self) -> Iterator[Any]:
        """Packets of the picture stream up to the empty one that flushes the decoder."""
        failures = 0
        while failures < READ_ERRORS_IN_A_ROW:
            try:
                for packet in self._source.container.demux(self._source.stream):
                    failures = 0
                    yield packet
            except (av.FFmpegError, OSError):
                self._counts.packet_errors += failures == 0
                failures += 1
            else:
                self._counts.finished = True
                return

    def _stamp_s(self, picture: Any) -> float | None:
        stamp = picture.dts if self._in_slots or picture.pts is None else picture.pts
        base = picture.time_base or self._source.stream.time_base
        return None if stamp is None or not base else float(stamp * base)


class _Painter:
    """Decoded pictures to upright RGB, all of the size of the clip's first one or smaller."""

    def __init__(self, name: str, max_side: int | None) -> None:
        self.notes: list[str] = []
        self._name = name
        self._max_side = max_side
        self._reformatter = VideoReformatter()
        self._orientation: Orientation | None = None
        self._stored: tuple[int, int] | None = None

    def rgb(self, picture: Any, index: int) -> Array:
        """Convert a decoded picture to uint8 [H, W, 3]."""
        size = picture.width, picture.height
        if self._stored is None or self._orientation is None:
            self._start(picture, size)
        elif size != self._stored and len(self.notes) == 0:
            self.notes.append(
                f"the picture size changes from {self._stored[0]}x{self._stored[1]} to"
                f" {size[0]}x{size[1]} at frame {index}: shown at the first size"
            )
        width, height = self._painted_size(self._stored or size)
        try:
            converted = self._reformatter.reformat(
                picture, width=width, height=height, format="rgb24", threads=1
            ).to_ndarray()
        except (av.FFmpegError, ValueError) as error:
            raise ClipError(
                f"{self._name}: pixels of format {picture.format.name} can't be shown.",
                "Convert the clip to H.264 first.",
            ) from error
        return (self._orientation or Orientation()).apply(converted)

    def _painted_size(self, stored: tuple[int, int]) -> tuple[int, int]:
        longest = max(stored)
        if self._max_side is None or longest <= self._max_side:
            return stored
        scale = self._max_side / longest
        return max(1, round(stored[0] * scale)), max(1, round(stored[1] * scale))

    def _start(self, picture: Any, size: tuple[int, int]) -> None:
        if size[0] * size[1] > MAX_PIXELS:
            raise ClipError(f"{self._name}: a picture of {size[0]}x{size[1]} is too large.")
        self._stored = size
        self._orientation = Orientation.of_frame(picture)
