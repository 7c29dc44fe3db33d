from __future__ import annotations

import pytest

from wildpose.video.structure import cut_short, has_mp4_index

SELF_MEASURING = [
    ("a.avi", "mjpeg", {}),
    ("a.mp4", "libx264", {}),
    ("a.mp4", "libx264", {"movflags": "faststart"}),
    ("a.mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}),
    ("a.mkv", "libx264", {}),
    ("a.wmv", "wmv2", {}),
    ("a.gif", "gif", {}),
    ("a.ts", "libx264", {}),
]


@pytest.mark.parametrize(("name", "codec", "options"), SELF_MEASURING)
def test_a_cut_shows_in_the_file_alone(make_clip, name, codec, options):
    pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
    path = make_clip(name, 20, codec=codec, pix_fmt=pix_fmt, container_options=options)
    assert cut_short(path) is None
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10 | 1])
    assert "cut short" in (cut_short(path) or "")


def test_the_sizes_are_named(make_clip):
    path = make_clip("a.avi", 20, codec="mjpeg", pix_fmt="yuvj420p")
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-1000])
    assert cut_short(path) == f"the file is cut short ({size - 1000} of {size} bytes)"


def test_zeros_at_the_end_are_no_cut(make_clip):
    for name, codec in (("a.gif", "gif"), ("a.mp4", "libx264")):
        path = make_clip(name, 5, codec=codec, pix_fmt="rgb8" if codec == "gif" else "yuv420p")
        path.write_bytes(path.read_bytes() + b"\0" * 4096)
        assert cut_short(path) is None


def test_files_that_are_no_video_say_nothing(tmp_path):
    for content in (b"", b"\0", b"text", b"RIFF", b"RIFF\0\0\0\0AVI ", b"\x1a\x45\xdf\xa3"):
        path = tmp_path / "file"
        path.write_bytes(content)
        assert cut_short(path) is None


def test_the_index_of_an_mp4_is_seen(make_clip):
    path = make_clip("a.mp4", 20)
    assert has_mp4_index(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert not has_mp4_index(path)


def test_real_clips_are_whole(shared_data):
    clips = [p for p in (shared_data / "clips").rglob("*") if p.is_file()]
    assert {p.name: why for p in clips if (why := cut_short(p))} == {}
