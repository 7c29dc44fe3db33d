from __future__ import annotations

import io
import os
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wildpose.video import capture_time
from wildpose.video.capture_time import parse_time

QUICKTIME_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
MOVIE = datetime(2021, 3, 4, 5, 6, 7)
TRACK = datetime(2021, 3, 5, 5, 6, 7)
MEDIA = datetime(2021, 3, 6, 5, 6, 7)


@pytest.fixture
def mp4(make_clip, overwrite):
    """An MP4 whose three headers hold the times given, or zero."""

    def make(movie=None, track=None, media=None):
        path = make_clip("a.mp4", 3)
        for box, time in ((b"mvhd", movie), (b"tkhd", track), (b"mdhd", media)):
            if time is not None:
                seconds = int((time.replace(tzinfo=UTC) - QUICKTIME_EPOCH).total_seconds())
                overwrite(path, path.read_bytes().index(box) + 8, struct.pack(">I", seconds))
        return path

    return make


def jpeg(exif: dict[int, str] | None = None) -> bytes:
    image, buffer = Image.new("RGB", (64, 48), "grey"), io.BytesIO()
    tags = Image.Exif()
    tags.get_ifd(0x8769).update(exif or {})
    image.save(buffer, "JPEG", exif=tags)
    return buffer.getvalue()


def chunk(name: bytes, text: str) -> bytes:
    data = text.encode() + b"\n\0"
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


@pytest.fixture
def avi(tmp_path, riff_avi):
    """An MJPEG AVI written byte by byte, with an IDIT chunk, an ICRD tag or EXIF pictures."""

    def make(idit="", icrd="", exif=None):
        hdrl = chunk(b"IDIT", idit) if idit else b""
        info = b"INFO" + chunk(b"ICRD", icrd) if icrd else b""
        group = b"LIST" + len(info).to_bytes(4, "little") + info if info else b""
        path = tmp_path / "a.avi"
        path.write_bytes(riff_avi([jpeg(exif)] * 3, hdrl=hdrl, info=group, size=(64, 48)))
        return path

    return make


def test_the_otter_clip_says_what_its_camera_wrote(shared_data):
    found = capture_time(shared_data / "clips/uk_river_otter_4k/TC02_20250422_012836.mp4")
    assert found.time == datetime(2025, 4, 22, 1, 28, 37)
    assert (found.source, found.has_offset) == ("QuickTime:CreateDate", False)


def test_quicktime_headers_are_taken_in_their_order(mp4):
    expected = [
        ((MOVIE, TRACK, MEDIA), MOVIE, "QuickTime:CreateDate"),
        ((None, TRACK, MEDIA), MEDIA, "QuickTime:MediaCreateDate"),
        ((None, TRACK, None), TRACK, "QuickTime:TrackCreateDate"),
    ]
    for headers, time, source in expected:
        found = capture_time(mp4(*headers))
        assert (found.time, found.source, found.has_offset) == (time, source, False)


def test_unset_stamps_are_missing(mp4):
    found = capture_time(mp4())
    assert (found.time, found.source, found.has_offset) == (None, "none", False)
    for unset in (datetime(1904, 1, 1, 0, 0, 1), datetime(1970, 1, 1), datetime(2040, 2, 6)):
        assert capture_time(mp4(unset, TRACK)).time == TRACK


def test_a_tag_with_an_offset_comes_first(make_clip):
    path = make_clip(
        "a.mov", 3, container_options={"movflags": "use_metadata_tags"},
        metadata={"com.apple.quicktime.creationdate": "2022-07-14T19:25:00+0200",
                  "creation_time": "2022-11-27T05:53:09Z"},
    )
    found = capture_time(path)
    assert found.time == datetime(2022, 7, 14, 19, 25, tzinfo=timezone(timedelta(hours=2)))
    assert found.source == "com.apple.quicktime.creationdate"
    assert found.has_offset


@pytest.mark.parametrize(
    "text", ["Wed Jan 02 02:03:55 2013", "WED JAN  2 02:03:55 2013", "2013:01:02 02:03:55",
             "2013/01/02 02:03:55", "2013-01-02 02:03:55"],
)
def test_idit_of_an_avi_in_the_ways_that_cameras_write_it(avi, text):
    found = capture_time(avi(idit=text, icrd="2019-09-09 09:09:09"))
    assert (found.time, found.source) == (datetime(2013, 1, 2, 2, 3, 55), "RIFF:DateTimeOriginal")


def test_icrd_of_an_avi_comes_after(avi):
    found = capture_time(avi(idit="0000:00:00 00:00:00", icrd="2019-09-09 09:09:09"))
    assert (found.time, found.source) == (datetime(2019, 9, 9, 9, 9, 9), "RIFF:DateCreated")


def test_exif_in_the_first_picture_comes_before_the_chunks(avi):
    exif = {0x9003: "2018:05:16 11:26:34"}
    found = capture_time(avi(idit="2013:01:02 02:03:55", exif=exif))
    assert found.time == datetime(2018, 5, 16, 11, 26, 34)
    assert found.source == "EXIF:DateTimeOriginal"
    with_offset = capture_time(avi(exif={**exif, 0x9011: "-05:00"}))
    zone = timezone(-timedelta(hours=5))
    assert with_offset.time == datetime(2018, 5, 16, 11, 26, 34, tzinfo=zone)
    assert with_offset.has_offset


def test_asf_and_matroska(make_clip, shared_data):
    when = {"creation_time": "2022-07-14T17:25:00Z"}
    wmv = capture_time(make_clip("a.wmv", 3, codec="wmv2", metadata=when))
    mkv = capture_time(make_clip("a.mkv", 3, metadata=when))
    assert (wmv.time, wmv.source) == (datetime(2022, 7, 14, 17, 25), "ASF:CreationDate")
    assert (mkv.time, mkv.source) == (datetime(2022, 7, 14, 17, 25), "Matroska:DateUTC")
    zero = shared_data / "clips/chimpandsee/Trip_5/card 1.2_location/PICT0074.ASF"
    assert capture_time(zero).source == "none"


@pytest.mark.parametrize(
    "name", ["TC02_20250422_012836.mp4", "2025-04-22 01.28.36 a.mp4", "cam20250422012836.avi",
             "2025_04_22_01_28_36.mp4"],
)
def test_the_file_name_only_on_request(tmp_path, name):
    path = tmp_path / name
    path.write_text("not even a video")
    assert capture_time(path).time is None
    found = capture_time(path, from_name=True)
    assert (found.time, found.source) == (datetime(2025, 4, 22, 1, 28, 36), "file name")


@pytest.mark.parametrize(
    "name", ["PICT0146.AVI", "07120049.AVI", "FID_31_Abel_2013-5-6_0027.AVI", "20251399_256199.mp4",
             "1234202504220128361.mp4"],
)
def test_names_without_a_time_of_day_give_none(tmp_path, name):
    assert capture_time(tmp_path / name, from_name=True).time is None


def test_the_modification_time_only_on_request_and_last(mp4):
    path = mp4(MOVIE)
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert capture_time(path, from_mtime=True).source == "QuickTime:CreateDate"
    path = mp4()
    os.utime(path, (1_600_000_000, 1_600_000_000))
    assert capture_time(path).time is None
    found = capture_time(path, from_mtime=True)
    assert found.time == datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC)
    assert (found.source, found.has_offset) == ("file modification time", True)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2039, 12, 31)))
def test_every_way_of_writing_gives_the_same_time(time):
    time = time.replace(microsecond=0)
    english = time.strftime("%d %H:%M:%S %Y")
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * time.month - 3 : 3 * time.month]
    for text in (time.isoformat(), f"{time:%Y:%m:%d %H:%M:%S}", f"{time:%Y/%m/%d %H:%M:%S}Z",
                 f"{time.isoformat()}.000000Z", f"Mon {month} {english}"):
        assert parse_time(text) == time


@given(st.text("0123456789-:/T Z+.Januy", max_size=40))
def test_rubbish_in_a_tag_is_no_time_and_no_error(text):
    found = parse_time(text)
    assert found is None or found.year > 1989


@pytest.mark.parametrize("text", ["", "0000:00:00 00:00:00Z", "2013-05-06", "2013-02-30 10:00:00",
                                  "1601-01-01 00:00:00", "Mon Foo 01 10:00:00 2013"])
def test_half_a_time_is_no_time(text):
    assert parse_time(text) is None


def test_rubbish_in_the_text_fields_of_a_clip_costs_nothing(make_clip, overwrite):
    path = make_clip("a.avi", 3, codec="mjpeg", pix_fmt="yuvj420p",
                     metadata={"comment": "x" * 40, "date": "2013-05-06 07:08:09"})
    overwrite(path, path.read_bytes().index(b"x" * 40), bytes(range(1, 32)) + b"\xff\xfe\xe9")
    found = capture_time(path)
    assert (found.time, found.source) == (datetime(2013, 5, 6, 7, 8, 9), "RIFF:DateCreated")
