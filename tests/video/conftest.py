"""Small clips that the tests of wildpose.video write themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import settings

# A busy machine is slow now and then; that is no fault of the code under test.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

WIDTH, HEIGHT = 64, 48

MakeClip = Callable[..., Path]


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A grey picture whose brightness tells its number, with a white top left corner."""
    image = np.full((height, width, 3), 20 + number * 7 % 180, np.uint8)
    image[: height // 4, : width // 4] = 255
    return image


def pictures(count: int, width: int = WIDTH, height: int = HEIGHT) -> Iterator[np.ndarray]:
    return (picture(number, width, height) for number in range(count))


@pytest.fixture
def make_clip(tmp_path: Path) -> MakeClip:
    """Write ``count`` frames, at ``times_ms`` where given, and return the path."""

    def make(
        name: str = "clip.mp4",
        count: int = 30,
        *,
        times_ms: Sequence[int] | None = None,
        codec: str = "libx264",
        pix_fmt: str = "yuv420p",
        size: tuple[int, int] = (WIDTH, HEIGHT),
        container_options: dict[str, str] | None = None,
        metadata: dict[str, str] | None = None,
        codec_options: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w", options=container_options or {}) as container:
            container.metadata.update(metadata or {})
            stream = container.add_stream(codec, rate=10, options=codec_options or {})
            stream.width, stream.height = size
            stream.pix_fmt = pix_fmt
            if times_ms is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            for number in range(len(times_ms) if times_ms is not None else count):
                frame = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
                if times_ms is not None:
                    frame.pts, frame.time_base = times_ms[number], Fraction(1, 1000)
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode(None):
                container.mux(packet)
        return path

    return make


def overwrite(path: Path, at: int, data: bytes) -> None:
    """Damage a file: put ``data`` over what stands at ``at``."""
    content = bytearray(path.read_bytes())
    content[at : at + len(data)] = data
    path.write_bytes(bytes(content))


@pytest.fixture(name="overwrite")
def _overwrite() -> Callable[[Path, int, bytes], None]:
    return overwrite


def riff_avi(
    packets: list[bytes], *, hdrl: bytes = b"", info: bytes = b"", size: tuple[int, int]
) -> bytes:
    """An MJPEG AVI at 10 frames a second, byte by byte (Microsoft's AVI RIFF file reference)."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)

    def group(name: bytes, data: bytes) -> bytes:
        return chunk(b"LIST", name + data)

    def words(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)

    width, height = size
    avih = words(100_000, 0, 0, 0, len(packets), 0, 1, 0, width, height, 0, 0, 0, 0)
    strh = b"vidsMJPG" + words(0, 0, 0, 1, 10, 0, len(packets), 0, 0, 0)
    strh += words(0, width | height << 16)
    strf = words(40, width, height, 1 | 24 << 16) + b"MJPG" + words(width * height * 3, 0, 0, 0, 0)
    strl = group(b"strl", chunk(b"strh", strh) + chunk(b"strf", strf))
    body = group(b"hdrl", chunk(b"avih", avih) + strl + hdrl) + info
    body += group(b"movi", b"".join(chunk(b"00dc", packet) for packet in packets))
    return chunk(b"RIFF", b"AVI " + body)


@pytest.fixture(name="riff_avi")
def _riff_avi() -> Callable[..., bytes]:
    return riff_avi


@pytest.fixture(name="pictures")
def _pictures() -> Callable[..., Iterator[np.ndarray]]:
    return pictures
