"""Every file of the shared material, against what its tables say."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from wildpose.errors import ClipError
from wildpose.video import capture_time, find_clips, make_proxy, open_clip, printable, probe

LOSSES = {
    "corrupt_middle_bytes.avi": "38 of 45 declared frames decoded; damaged packets: 5",
    "corrupt_middle_bytes.mp4": "119 of 122 declared frames decoded; damaged packets: 3",
    "truncated_60pct.asf": "the file is cut short (48449 of 80749 bytes), 37 frames decoded",
    "truncated_60pct.avi":
        "27 of 45 declared frames decoded; the file is cut short (69547 of 115912 bytes)",
    "truncated_60pct.gif": "the file is cut short (no trailer), 12 frames decoded",
    "truncated_60pct.mkv": "the file is cut short (7214 of 12024 bytes), 26 frames decoded",
    "truncated_60pct.ts": "the file is cut short (inside a packet), 32 frames decoded",
    "truncated_60pct.webm": "the file is cut short (22737 of 37896 bytes), 38 frames decoded",
    "truncated_60pct_moov_front.mp4":
        "21 of 122 declared frames decoded; damaged packets: 1;"
        " the file is cut short (40011 of 66686 bytes)",
    "zeroed_block_middle.avi":
        "44 of 45 declared frames decoded; the others are missing or unreadable",
    "zeroed_block_middle.mp4": "110 of 122 declared frames decoded; damaged packets: 12",
}
REASONS = {
    "all_zero_64k.MP4": "not a video",
    "audio_only.mp4": "no video stream",
    "audio_only_pcm.avi": "no video stream",
    "html_error_page.mp4": "not a video",
    "leading_garbage_512.mp4": "not a video (invalid data",
    "moov_missing.mp4": "moov",
    "names/._resource_fork.mp4": "not a video",
    "names/folder_named_like_a_clip.mp4/notes.txt": "not a video",
    "one_byte.mp4": "not a video (invalid data",
    "only_ftyp.mp4": "moov",
    "random_64k.avi": "not a video (invalid data",
    "text_named.mp4": "not a video",
    "truncated_60pct_moov_end.mp4": "moov",
    "zero_bytes.avi": "empty file",
    "zero_bytes.mp4": "empty file",
}
DROPPED_BY_THE_CAMERA = {
    "EK000018.AVI": (1559, 1627), "07120049.AVI": (1814, 1815), "01110103.AVI": (1801, 1802),
    "FID_20_Duboscia_2013-6-14_0083.AVI": (854, 1820), "11060025.AVI": (461, 462),
    "FID_31_Abel_2013-5-6_0027.AVI": (1819, 1820), "f4636736.avi": (1038, 1068),
    "PICT0026.AVI": (860, 1093),
}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def odd(shared_data: Path) -> Path:
    return shared_data / "odd_containers"


def test_odd_files_decode_as_their_table_says_or_fail_with_their_reason(odd):
    decoded, failed, lost = {}, {}, {}
    rows = {row["file"]: row for row in table(odd / "odd.csv")}
    for name in rows:
        try:
            with open_clip(odd / name) as clip:
                times = [frame.time_s for frame in clip]
        except ClipError as error:
            failed[name] = error.message
            continue
        assert times[0] == 0, name
        assert all(later > earlier for earlier, later in pairwise(times)), name
        decoded[name] = (str(clip.report.frames_decoded), str(clip.report.packet_errors))
        if clip.report.shortfall or not clip.report.complete:
            lost[name] = clip.report.shortfall
    assert decoded == {
        name: (row["frames_pyav_packets"], row["pyav_packet_errors"])
        for name, row in rows.items() if row["frames_pyav_packets"].isdigit()
    }
    assert failed.keys() == REASONS.keys()
    assert {name: why for name, why in REASONS.items() if why not in failed[name]} == {}
    assert lost == LOSSES


@pytest.mark.parametrize(
    ("name", "size", "rotation_deg"),
    [("rotate_90_sidedata.mp4", (120, 160), 270), ("rotate_270_sidedata.mp4", (120, 160), 90),
     ("rotate_180_sidedata.mov", (160, 120), 180), ("sar_2to1_nonsquare.mp4", (160, 120), 0),
     ("two_video_streams.mp4", (160, 120), 0), ("cover_image_attached.mp4", (160, 120), 0),
     ("narrow_16x1200.mp4", (16, 1200), 0), ("tiny_1x1.mkv", (1, 1), 0)],
)
def test_odd_pictures_are_probed_as_they_are_shown(odd, name, size, rotation_deg):
    facts = probe(odd / name)
    assert ((facts.width, facts.height), facts.rotation_deg) == (size, rotation_deg)
    with open_clip(odd / name) as clip:
        assert next(iter(clip)).image.shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("wrong_duration_one_hour.mp4", 4.0), ("wrong_duration_zero.mp4", 4.0), ("fps_1.mp4", 6.0),
     ("fps_2997.mp4", 3.003), ("start_time_3500ms.mkv", 4.0), ("ts_h264.ts", 4.0),
     ("two_avis_concatenated.avi", 6.0), ("audio_longer_than_video.avi", 4.0),
     ("avi_999999_frames_declared.avi", 3.0), ("ogv_theora.ogv", 4.0)],
)
def test_durations_come_from_the_frames(odd, name, seconds):
    with open_clip(odd / name, 0.2) as clip:
        assert sum(1 for _ in clip) > 0
    assert clip.report.duration_s == pytest.approx(seconds, abs=0.002)


def test_odd_names_are_found_as_their_table_writes_them(odd):
    found = find_clips(odd)
    assert found.problems == ()
    left_out = {printable(row["file"]) for row in table(odd / "odd.csv")} - {
        clip.clip for clip in found.clips
    }
    assert left_out == {"names/._resource_fork.mp4", "names/.hidden.mp4",
                        "names/folder_named_like_a_clip.mp4/notes.txt"}


def test_odd_files_have_no_capture_time_and_raise_nothing(odd):
    files = [path for path in odd.rglob("*") if path.is_file()]
    assert {path.name for path in files if capture_time(path).time} == set()


def test_odd_files_become_proxies_with_the_same_frames(odd, tmp_path):
    for name in ("corrupt_middle_bytes.avi", "gif_animated.gif", "vfr_jittery.mp4", "tiny_1x1.mkv",
                 "odd_dims_161x121.mp4", "rotate_90_sidedata.mp4", "truncated_60pct.webm"):
        info = make_proxy(odd / name, tmp_path / "proxy.mp4")
        with open_clip(info.path) as clip:
            assert sum(1 for _ in clip) == info.frames
        with open_clip(odd / name, 3600) as original:
            list(original)
        assert original.report.frames_decoded == info.frames


def pixels(row: dict[str, str]) -> int:
    width, height = row["size"].split("x")
    return int(width) * int(height) * int(row["frames_decoded"])


def test_real_clips_decode_to_the_frames_that_their_table_counts(shared_data):
    folder = shared_data / "clips"
    rows = table(folder / "clips.csv")
    assert len(find_clips(folder).clips) == len(rows) == 39
    # The largest ordinary clips would take most of the time and show nothing new.
    rows = [row for row in rows if pixels(row) < 60e6 or row["codec"] == "hevc"]
    assert len(rows) == 28
    counted, dropped = {}, {}
    for row in rows:
        with open_clip(folder / row["file"], 10.0) as clip:
            frames = list(clip)
        report = clip.report
        counted[row["file"]] = report.frames_decoded
        assert report.complete, row["file"]
        assert len(frames) == report.frames_sampled >= report.duration_s // 10
        assert report.duration_s == pytest.approx(float(row["seconds"]), abs=0.06)
        if report.shortfall:
            dropped[Path(row["file"]).name] = (report.frames_decoded, report.frames_declared)
    assert counted == {row["file"]: int(row["frames_decoded"]) for row in rows}
    assert dropped == DROPPED_BY_THE_CAMERA
