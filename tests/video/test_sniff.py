from __future__ import annotations

from pathlib import Path

import pytest

from wildpose.video.sniff import HEAD_BYTES, transport_packet_bytes, video_kind


@pytest.mark.parametrize(
    ("name", "codec", "kind"),
    [
        ("a.avi", "mjpeg", "avi"),
        ("a.mp4", "libx264", "mp4"),
        ("a.mov", "libx264", "mp4"),
        ("a.mkv", "libx264", "matroska"),
        ("a.wmv", "wmv2", "asf"),
        ("a.gif", "gif", "gif"),
        ("a.flv", "flv", "flv"),
        ("a.mpg", "mpeg2video", "mpeg"),
        ("a.ts", "libx264", "mpegts"),
        ("a.h264", "libx264", "h264"),
        ("a.hevc", "libx265", "hevc"),
    ],
)
def test_containers_are_known_by_their_first_bytes(make_clip, name, codec, kind):
    pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    path = make_clip(name, 3, codec=codec, pix_fmt=pix_fmt, codec_options=options)
    assert video_kind(path.read_bytes()[:HEAD_BYTES]) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\0",
        b"\0" * HEAD_BYTES,
        b"plain text of some length",
        b"\xff\xd8\xff\xe0 a JPEG",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"\0\0\0\x20ftypM4A ",
        b"\0\0\0\x20ftypheic",
        b"OggS with vorbis inside",
        b"G" + b"x" * 600,
    ],
)
def test_other_files_are_no_videos(head):
    assert video_kind(head) is None


def test_packets_of_camcorders_are_four_bytes_longer():
    packet = b"\0\0\0\0" + b"G" + b"\xff" * 187
    assert transport_packet_bytes((packet * 3)[:HEAD_BYTES]) == 192
    assert video_kind((packet * 3)[:HEAD_BYTES]) == "mpegts"


def test_all_real_clips_are_known_by_content(shared_data: Path):
    clips = [p for p in (shared_data / "clips").rglob("*") if p.is_file() and p.suffix != ".csv"]
    unknown = [p.name for p in clips if video_kind(p.read_bytes()[:HEAD_BYTES]) is None]
    assert (len(clips), unknown) == (39, [])
