from __future__ import annotations

import errno
import io
import random
import resource
import struct
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from wildpose.errors import ClipError
from wildpose.video import container, decode, open_clip, write_clip
from wildpose.video.reading import PatientFile


def read(path, every_s=None, **options):
    with open_clip(path, every_s, **options) as clip:
        frames = list(clip)
    return frames, clip.report


def spoil_packets(path, overwrite, which):
    """Overwrite all of the packets ``which`` of an AVI."""
    content = path.read_bytes()
    first = content.index(b"movi")
    starts = [i for i in range(first, content.index(b"idx1")) if content.startswith(b"00dc", i)]
    for start in starts[which]:
        length = int.from_bytes(content[start + 4 : start + 8], "little")
        overwrite(path, start + 8, b"\x55" * length)


def test_frames_come_upright_rgb_with_index_and_time(make_clip):
    frames, report = read(make_clip(count=30))
    assert [frame.frame_index for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(30)])
    assert all(frame.image.shape == (48, 64, 3) for frame in frames)
    assert all(frame.image.dtype == np.uint8 for frame in frames)
    assert frames[7].image[40, 40].tolist() == pytest.approx([69, 69, 69], abs=4)
    assert (report.frames_decoded, report.frames_sampled, report.frames_declared) == (30, 30, 30)
    assert (report.complete, report.shortfall, report.notes) == (True, None, ())
    assert report.duration_s == pytest.approx(3.0)


def test_sampling_keeps_true_indices_and_times(make_clip):
    frames, report = read(make_clip(count=30), 0.5)
    assert [frame.frame_index for frame in frames] == [0, 5, 10, 15, 20, 25]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.5, 1, 1.5, 2, 2.5])
    assert (report.frames_decoded, report.frames_sampled) == (30, 6)


def test_frames_of_given_numbers_and_no_other(make_clip):
    frames, report = read(make_clip(count=30), frames=[7, 3, 29, 64])
    assert [frame.frame_index for frame in frames] == [3, 7, 29], "the clip has no frame 64"
    assert frames[1].image[40, 40].tolist() == pytest.approx([69, 69, 69], abs=4)
    assert (report.frames_decoded, report.frames_sampled, report.complete) == (30, 3, True)
    assert read(make_clip(count=5), frames=[])[0] == []


def test_times_come_from_the_frames_and_not_from_index_by_rate(make_clip):
    times_ms = [500, 530, 600, 1700, 1710, 2900]
    frames, _ = read(make_clip("vfr.mkv", times_ms=times_ms))
    assert [frame.time_s for frame in frames] == pytest.approx(
        [0, 0.03, 0.1, 1.2, 1.21, 2.4], abs=0.002
    )
    sampled, _ = read(make_clip("vfr.mkv", times_ms=times_ms), 1.0)
    assert [frame.frame_index for frame in sampled] == [0, 3, 5]


def test_frames_that_are_not_sampled_are_not_converted(make_clip, monkeypatch):
    converted = []

    class Counting:
        def __init__(self) -> None:
            self.real = VideoReformatter()

        def reformat(self, frame, **options):
            converted.append(frame.pts)
            return self.real.reformat(frame, **options)

    monkeypatch.setattr(decode, "VideoReformatter", Counting)
    _, report = read(make_clip(count=30), 1.0)
    assert (len(converted), report.frames_decoded) == (3, 30)


def test_a_damaged_packet_costs_that_packet_alone(make_clip, overwrite):
    path = make_clip("a.avi", 30, codec="mjpeg", pix_fmt="yuvj420p")
    spoil_packets(path, overwrite, slice(12, 13))
    frames, report = read(path)
    assert len(frames) == 29
    assert report.packet_errors == 1
    assert report.shortfall == "29 of 30 declared frames decoded; damaged packets: 1"
    assert not report.complete
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))


def test_a_clip_cut_short_gives_what_is_left_and_says_so(make_clip):
    path = make_clip("a.mp4", 60, container_options={"movflags": "faststart"})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 600])
    frames, report = read(path)
    assert 0 < len(frames) < 60
    assert f"{len(frames)} of 60 declared frames decoded" in report.shortfall
    assert f"cut short ({len(whole) - 600} of {len(whole)} bytes)" in report.shortfall
    assert not report.complete


def test_no_frame_at_all_is_an_error_and_not_an_empty_clip(make_clip, overwrite):
    path = make_clip("a.avi", 2, codec="mjpeg", pix_fmt="yuvj420p")
    spoil_packets(path, overwrite, slice(2))
    with open_clip(path) as clip, pytest.raises(ClipError, match="no frame could be decoded"):
        list(clip)


def test_slots_that_the_camera_left_empty_show_as_gaps(tmp_path, make_clip, riff_avi):
    with av.open(str(make_clip("a.avi", 4, codec="mjpeg", pix_fmt="yuvj420p"))) as container:
        jpegs = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    path = tmp_path / "drops.avi"
    slots = [jpegs[0], b"", b"", jpegs[1], jpegs[2], b"", jpegs[3]]
    path.write_bytes(riff_avi(slots, size=(64, 48)))
    frames, report = read(path)
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.3, 0.4, 0.6])
    assert report.shortfall == "4 of 7 declared frames decoded; the camera left 3 frame slots empty"
    assert report.complete


def test_b_frames_in_avi_come_in_the_order_they_are_shown(make_clip):
    path = make_clip("b.avi", 40, codec_options={"bf": "3", "b-adapt": "0"})
    frames, report = read(path)
    brightness = [int(frame.image[40, 40, 0]) for frame in frames[:24]]
    assert brightness == sorted(brightness)
    assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(40)])
    assert report.notes == ()


@pytest.mark.parametrize(
    ("abcd", "size", "corner"),
    [((0, 1, -1, 0), (64, 48), (0, -1)), ((-1, 0, 0, -1), (48, 64), (-1, -1)),
     ((0, -1, 1, 0), (64, 48), (-1, 0)), ((-1, 0, 0, 1), (48, 64), (0, -1))],
)
def test_turned_and_mirrored_clips_are_shown_upright(make_clip, overwrite, abcd, size, corner):
    path = make_clip()
    at = path.read_bytes().index(b"tkhd") + 4 + 40  # the matrix of version 0 of the box
    a, b, c, d = (value << 16 for value in abcd)
    overwrite(path, at, struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30))
    frames, _ = read(path)
    assert frames[0].image.shape[:2] == size
    assert frames[0].image[corner].min() > 220  # the white corner, stored at the top left


def test_full_range_white_is_white_and_limited_range_is_stretched(make_clip):
    for codec, pix_fmt in (("mjpeg", "yuvj420p"), ("libx264", "yuv420p"), ("libx264", "yuvj420p")):
        frames, _ = read(make_clip("a.mkv", 2, codec=codec, pix_fmt=pix_fmt))
        assert frames[0].image[4, 4].min() >= 250, (codec, pix_fmt)


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("ffv1", "gray"), ("ffv1", "bgr0"), ("libx264", "yuv444p"), ("libx264", "yuv420p10le"),
     ("rawvideo", "gray"), ("libvpx-vp9", "gbrp"), ("libvpx-vp9", "yuva420p"),
     ("ffv1", "gray16le")],
)
def test_every_pixel_format_becomes_rgb(make_clip, codec, pix_fmt):
    frames, _ = read(make_clip("a.mkv", 3, codec=codec, pix_fmt=pix_fmt))
    assert frames[2].image.shape == (48, 64, 3)
    assert frames[2].image[40, 40].tolist() == pytest.approx([34, 34, 34], abs=5)


def test_a_picture_size_that_changes_is_brought_back_to_the_first(make_clip):
    small, large = make_clip("s.ts", 10), make_clip("l.ts", 10, size=(128, 96))
    joined = small.with_name("joined.ts")
    joined.write_bytes(small.read_bytes() + large.read_bytes())
    frames, report = read(joined)
    assert len(frames) == 20
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert any("size changes from 64x48 to 128x96 at frame 10" in note for note in report.notes)
    assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    assert any("runs backwards" in note for note in report.notes)


class BadCard(io.FileIO):
    """A file with a part that can't be read, as on a dying card."""

    bad = range(0)

    def read(self, size: int = -1) -> bytes:
        at = self.tell()
        if self.bad and at < self.bad.stop and at + size > self.bad.start:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


@pytest.fixture
def bad_card(tmp_path, pictures, monkeypatch):
    """A clip of 200 frames on a card whose given share of bytes can't be read."""

    def make(first: float, last: float) -> Path:
        path = tmp_path / "a.avi"
        write_clip(path, pictures(200, 160, 120), 25, codec="mjpeg")
        card, size = BadCard(path), path.stat().st_size
        card.bad = range(int(first * size), int(last * size))
        monkeypatch.setattr(container, "_open_file", lambda _: PatientFile(card))
        return path

    return make


def test_a_bad_sector_costs_the_frames_in_it(bad_card, pictures):
    frames, report = read(bad_card(0.5, 0.505))
    assert 150 < len(frames) < 200
    assert np.abs(frames[-1].image.astype(int) - list(pictures(200, 160, 120))[-1]).mean() < 5
    assert not report.complete
    assert "parts of the file can't be read (Input/output error)" in report.shortfall


def test_a_card_that_is_gone_ends_in_a_reason(bad_card):
    with pytest.raises(ClipError, match="Input/output error"):
        open_clip(bad_card(0.0, 1.0))


def test_raw_streams_say_that_their_times_are_made_up(make_clip):
    frames, report = read(make_clip("raw.h264", 10))
    assert len(frames) == 10
    assert any("made up" in note for note in report.notes)


def test_smaller_pictures_on_request(make_clip):
    frames, _ = read(make_clip(size=(128, 96)), max_side=64)
    assert frames[0].image.shape == (48, 64, 3)
    frames, _ = read(make_clip(size=(32, 24)), max_side=64)
    assert frames[0].image.shape == (24, 32, 3)


def test_stopping_early_is_no_complete_clip(make_clip):
    with open_clip(make_clip()) as clip:
        next(iter(clip))
    assert clip.report.frames_decoded == 1
    assert not clip.report.complete


def test_memory_stays_flat_in_the_length_of_a_clip(tmp_path, pictures):
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("reads the memory of this process as Linux shows it")

    def resident_mib() -> float:
        return int(status.read_text().split()[1]) * resource.getpagesize() / 2**20

    path = tmp_path / "long.avi"
    write_clip(path, pictures(500, 320, 240), 25, codec="mjpeg")
    with open_clip(path) as clip:
        levels = [resident_mib() for frame in clip if frame.frame_index % 50 == 20]
    assert len(levels) == 10
    assert max(levels) - levels[0] < 20  # the frames between as RGB would be 99 MiB


CONTAINERS = [("a.avi", "mjpeg", "yuvj420p"), ("a.mp4", "libx264", "yuv420p"),
              ("a.mkv", "libx264", "yuv420p"), ("a.wmv", "wmv2", "yuv420p"),
              ("a.gif", "gif", "rgb8"), ("a.ts", "mpeg2video", "yuv420p")]


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), CONTAINERS)
def test_random_damage_never_raises_anything_but_a_clip_error(make_clip, name, codec, pix_fmt):
    path = make_clip(name, 12, codec=codec, pix_fmt=pix_fmt)
    whole = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - repeatable damage, not a secret
    opened = 0
    for _ in range(25):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(bytes(damaged[: chance.randint(len(damaged) // 2, len(damaged))]))
        try:
            frames, report = read(path, 0.2)
        except ClipError:
            continue
        opened += 1
        assert len(frames) == report.frames_sampled <= report.frames_decoded
        assert all(later.time_s > earlier.time_s for earlier, later in pairwise(frames))
    assert opened > 0 or name == "a.mp4"
