from __future__ import annotations

import struct
from fractions import Fraction

import pytest

from wildpose.errors import ClipError
from wildpose.video import probe


def test_the_facts_of_a_plain_clip(make_clip):
    facts = probe(make_clip(count=30))
    assert (facts.container, facts.codec, facts.pix_fmt) == ("mov", "h264", "yuv420p")
    assert (facts.width, facts.height, facts.rotation_deg) == (64, 48, 0)
    assert (facts.frame_rate, facts.frames_declared) == (10.0, 30)
    assert facts.duration_declared_s == pytest.approx(3.0)
    assert (facts.pixel_aspect, facts.notes) == (Fraction(1), ())


def test_sides_are_those_of_the_picture_as_shown(make_clip, overwrite):
    path = make_clip()
    at = path.read_bytes().index(b"tkhd") + 4 + 40
    overwrite(path, at, struct.pack(">5i", 0, 1 << 16, 0, -1 << 16, 0))
    facts = probe(path)
    assert (facts.width, facts.height, facts.rotation_deg) == (48, 64, 90)


def test_what_a_container_does_not_say_is_none(make_clip):
    assert probe(make_clip("a.mkv")).frames_declared is None
    raw = probe(make_clip("a.h264"))
    assert (raw.frames_declared, raw.duration_declared_s) == (None, None)


def test_a_file_that_is_no_clip_is_an_error(tmp_path):
    (tmp_path / "a.mp4").write_text("no clip")
    with pytest.raises(ClipError, match="not a video"):
        probe(tmp_path / "a.mp4")
