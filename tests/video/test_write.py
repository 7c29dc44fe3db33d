from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from wildpose.errors import ClipError, UsageError
from wildpose.video import (
    Encoding,
    make_proxy,
    open_clip,
    plays_in_browser,
    probe,
    write_clip,
)


def frames_of(path):
    with open_clip(path) as clip:
        return list(clip)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.avi", "mjpeg"), ("a.mkv", "libx264"), ("a.webm", "libvpx-vp9")],
)
def test_what_is_written_comes_back(tmp_path, pictures, name, codec):
    write_clip(tmp_path / name, pictures(12), Fraction(5), codec=codec)
    frames = frames_of(tmp_path / name)
    assert [frame.time_s for frame in frames] == pytest.approx([i / 5 for i in range(12)], abs=1e-3)
    for frame, image in zip(frames, pictures(12), strict=True):
        assert np.abs(frame.image.astype(int) - image).mean() < 4


def test_odd_sides_grow_by_one_and_keep_coordinates(tmp_path, pictures):
    write_clip(tmp_path / "a.mp4", pictures(3, 63, 47), 10)
    image = frames_of(tmp_path / "a.mp4")[2].image
    assert image.shape == (48, 64, 3)
    assert np.abs(image[:47, :63].astype(int) - next(iter(pictures(1, 63, 47)))).mean() < 20
    exact = Encoding("ffv1", "bgr0", ())
    write_clip(tmp_path / "a.mkv", pictures(3, 63, 47), 10, encoding=exact)
    assert np.array_equal(frames_of(tmp_path / "a.mkv")[0].image, next(iter(pictures(1, 63, 47))))


def test_nothing_half_written_stays_behind(tmp_path, pictures):
    target = tmp_path / "a.mp4"
    write_clip(target, pictures(3), 10)
    before = target.read_bytes()

    def broken():
        yield from pictures(2)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        write_clip(target, broken(), 10)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_what_can_not_be_written_says_why(tmp_path, pictures):
    with pytest.raises(UsageError, match="no pictures"):
        write_clip(tmp_path / "a.mp4", [], 10)
    with pytest.raises(UsageError, match="in one clip"):
        write_clip(tmp_path / "a.mp4", [*pictures(1), *pictures(1, 32, 32)], 10)
    with pytest.raises(UsageError, match="can't be written"):
        write_clip(tmp_path / "a.gif", pictures(1), 10)
    with pytest.raises(UsageError, match="can't be written"):
        write_clip(tmp_path / "gone" / "a.mp4", pictures(1), 10)
    with pytest.raises(UsageError, match="frame rate"):
        write_clip(tmp_path / "a.mp4", pictures(1), 0)
    assert list(tmp_path.iterdir()) == []


def test_the_same_pictures_give_the_same_bytes(tmp_path, pictures):
    for name in ("a.mp4", "b.mp4"):
        write_clip(tmp_path / name, pictures(12), 10)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_proxy_has_the_same_frames_at_a_constant_rate(tmp_path, make_clip):
    times_ms = [0, 30, 100, 1200, 1210, 2400, 2500]
    source = make_clip("vfr.mkv", times_ms=times_ms, codec="ffv1", pix_fmt="bgr0", size=(63, 47))
    assert not plays_in_browser(probe(source))
    info = make_proxy(source, tmp_path / "proxy.mp4")
    frames = frames_of(info.path)
    assert (len(frames), info.frames) == (7, 7)
    assert [frame.time_s for frame in frames] == pytest.approx(
        [i / info.frame_rate for i in range(7)], abs=1e-3
    )
    for frame, original in zip(frames, frames_of(source), strict=True):
        assert np.abs(frame.image[:47, :63].astype(int) - original.image).mean() < 8
    facts = probe(info.path)
    assert (facts.codec, facts.pix_fmt, facts.width, facts.height) == ("h264", "yuv420p", 64, 48)
    assert plays_in_browser(facts)
    content = info.path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_large_clips_get_a_small_proxy(tmp_path, make_clip):
    info = make_proxy(make_clip(size=(200, 150)), tmp_path / "proxy.mp4", max_side=100)
    assert (info.width, info.height, info.frames) == (100, 76, 30)


def test_no_proxy_of_what_is_no_clip(tmp_path):
    (tmp_path / "a.mp4").write_text("text")
    with pytest.raises(ClipError):
        make_proxy(tmp_path / "a.mp4", tmp_path / "proxy.mp4")
    assert not (tmp_path / "proxy.mp4").exists()
