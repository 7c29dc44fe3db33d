"""The video that the App shows of each clip."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wildpose.review.media import MediaFolder, proxy_name
from wildpose.video import open_clip, probe, write_clip


def pictures(count, height=48, width=64):
    for i in range(count):
        image = np.zeros((height, width, 3), np.uint8)
        image[:, : 4 + 4 * i] = 200
        yield image


def brightness(path):
    with open_clip(path, None) as clip:
        return [int(frame.image.mean()) for frame in clip]


@pytest.fixture
def media(tmp_path):
    return MediaFolder(tmp_path / "review #1" / "proxies")


def test_an_even_h264_clip_is_shown_as_it_is(media, tmp_path):
    source = tmp_path / "a.mp4"
    write_clip(source, pictures(10), 10)
    shown = media.of_clip("a.mp4", source, 10, 10)
    assert (shown.path, shown.kind, shown.frames) == (source, "original", 10)
    assert shown.frame_rate == pytest.approx(10)
    np.testing.assert_allclose(shown.times_s, np.arange(10) / 10, atol=1e-6)


def test_motion_jpeg_gets_a_proxy_with_the_same_frames(media, tmp_path):
    source = tmp_path / "a.AVI"
    write_clip(source, pictures(10), 10, codec="mjpeg")
    shown = media.of_clip("site/a.AVI", source, 10, 10)
    assert shown.kind == "proxy"
    assert shown.path.parent == media.folder
    facts = probe(shown.path)
    assert (facts.codec, facts.pix_fmt) == ("h264", "yuv420p")
    assert brightness(shown.path) == pytest.approx(brightness(source), abs=4)


def test_h264_under_a_name_that_hides_it_gets_a_proxy(media, tmp_path):
    source = tmp_path / "a.mp4"
    write_clip(source, pictures(6), 10)
    hidden = source.rename(tmp_path / "a.dat")
    assert media.of_clip("a.dat", hidden, 6, 10).kind == "proxy"


def test_a_clip_of_uneven_times_gets_a_proxy_and_keeps_its_own_times(media, tmp_path):
    import av

    source, stamps = tmp_path / "v.mp4", [0, 1, 2, 12, 13, 30]
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"bf": "0"}
        for stamp, image in zip(stamps, pictures(6), strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = stamp
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    shown = media.of_clip("v.mp4", source, 6, 10)
    assert shown.kind == "proxy"
    np.testing.assert_allclose(shown.times_s, np.array(stamps) / 10, atol=1e-3)
    assert len(brightness(shown.path)) == 6


def test_a_proxy_is_made_once_and_again_only_for_a_changed_source(media, tmp_path):
    source = tmp_path / "a.avi"
    write_clip(source, pictures(6), 10, codec="mjpeg")
    made = media.of_clip("a.avi", source, 6, 10).path.stat().st_mtime_ns
    assert media.of_clip("a.avi", source, 6, 10).path.stat().st_mtime_ns == made
    write_clip(source, pictures(8), 10, codec="mjpeg")
    again = media.of_clip("a.avi", source, 8, 10)
    assert again.path.stat().st_mtime_ns != made
    assert again.frames == 8


def test_a_kept_proxy_serves_when_the_original_is_away(media, tmp_path):
    source = tmp_path / "a.avi"
    write_clip(source, pictures(6), 10, codec="mjpeg")
    before = media.of_clip("a.avi", source, 6, 10)
    source.unlink()
    after = media.of_clip("a.avi", source, 6, 10)
    assert (after.path, after.kind) == (before.path, "proxy")


def test_a_card_of_the_same_length_stands_in_where_nothing_is_left(media, tmp_path):
    source = tmp_path / "a.mp4"
    write_clip(source, pictures(9), 10)
    times_s = media.of_clip("a.mp4", source, 9, 10).times_s
    source.unlink()
    shown = media.of_clip("a.mp4", source, 9, 10.0)
    assert (shown.kind, shown.frames) == ("card", 9)
    assert "not there any more" in shown.note
    assert (shown.times_s == times_s).all()
    assert len(brightness(shown.path)) == 9


def test_a_file_that_can_not_be_read_gets_a_card_with_the_reason(media, tmp_path):
    source = tmp_path / "a.mp4"
    source.write_bytes(b"no video" * 100)
    shown = media.of_clip("a.mp4", source, 3, None)
    assert shown.kind == "card"
    assert "a.mp4" in shown.note


def test_a_folder_of_pictures_is_shown_as_a_clip(media, tmp_path):
    folder = tmp_path / "stills"
    folder.mkdir()
    for i, image in enumerate(pictures(4)):
        Image.fromarray(image).save(folder / f"{i}.jpg")
    Image.new("RGB", (30, 20)).save(folder / "other.jpg")
    shown = media.of_clip("stills@64x48", folder, 4, None)
    assert (shown.kind, shown.frames, shown.width, shown.height) == ("proxy", 4, 64, 48)
    assert len(brightness(shown.path)) == 4
    assert media.of_clip("stills@30x20", folder, 1, None).frames == 1


@pytest.mark.parametrize(
    "clip", ["ö #1/🦊.mp4", "a/b.avi", "a_b.avi", "x" * 400, "...", "no_suffix"])
def test_names_of_proxies_are_plain_short_and_different(clip):
    name = proxy_name(clip)
    assert name.isascii()
    assert "/" not in name
    assert len(name) < 80
    assert Path(name).suffix == ""
    assert proxy_name(clip + "x") != name
