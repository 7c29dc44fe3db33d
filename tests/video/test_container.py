from __future__ import annotations

import socket

import pytest

from wildpose.errors import ClipError
from wildpose.video import open_clip
from wildpose.video.container import open_source


def reason(path) -> str:
    with pytest.raises(ClipError) as caught:
        open_source(path)
    assert path.name in caught.value.message
    assert "\n" not in str(caught.value)
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.mp4", b"", "empty file"),
        ("a.avi", b"x", "not a video"),
        ("a.mp4", b"<html>404</html>", "not a video"),
        ("a.MP4", b"\0" * 65536, "not a video"),
        ("a.mp4", b"\0\0\0\x20ftypisom" + b"\0" * 20, "index (moov) is missing"),
        ("a.avi", b"RIFF\xff\0\0\0AVI " + b"\xaa" * 400, "no video stream"),
        ("a.mkv", b"\x1a\x45\xdf\xa3" + b"\0" * 400, "invalid data: starts like matroska"),
    ],
)
def test_what_is_no_video_fails_with_its_reason(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    assert why in reason(tmp_path / name)


def test_a_missing_file_and_a_folder_fail_with_their_reason(tmp_path):
    assert "No such file" in reason(tmp_path / "gone.mp4")
    (tmp_path / "folder.mp4").mkdir()
    assert "directory" in reason(tmp_path / "folder.mp4")


def test_a_recording_without_its_index_says_so(make_clip):
    path = make_clip("a.mp4", 30)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "never finished or is cut short" in reason(path)


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\n{target}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
           "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlists_named_like_clips_open_no_other_file(make_clip, kind):
    good = make_clip("good.mp4", 5)
    for name in ("list.mp4", "list.m3u8", "list.avi"):
        path = good.with_name(name)
        path.write_text(PLAYLISTS[kind].format(target=good))
        assert "a playlist that names other files" in reason(path)


def test_playlists_reach_no_host(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        for kind in ("hls", "concat"):
            path = tmp_path / f"{kind}.mp4"
            path.write_text(PLAYLISTS[kind].format(target=url))
            reason(path)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", ["file:a.mp4", "%03d.mp4", "concat:a|b.mp4", "-i.mp4", "a?b*.mp4"])
def test_names_are_never_taken_for_anything_but_names(make_clip, name):
    good = make_clip("good.mp4", 5)
    path = good.rename(good.with_name(name))
    with open_clip(path) as clip:
        assert sum(1 for _ in clip) == 5


def test_sound_alone_is_no_clip(tmp_path):
    import av
    import numpy as np

    path = tmp_path / "sound.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), "s16", "mono")
        silence.rate = 8000
        container.mux(stream.encode(silence))
    assert "no video stream" in reason(path)


def test_a_count_that_the_file_can_not_hold_is_not_believed(tmp_path, riff_avi, make_clip):
    import av

    jpeg = make_clip("a.avi", 3, codec="mjpeg", pix_fmt="yuvj420p")
    with av.open(str(jpeg)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content = riff_avi(packets, size=(64, 48))
    for declared, believed in ((3, 3), (0, None), (999_999, None)):
        lie = bytearray(content)
        count_at = lie.index(b"strh") + 8 + 32
        lie[count_at : count_at + 4] = declared.to_bytes(4, "little")
        path = tmp_path / "lie.avi"
        path.write_bytes(bytes(lie))
        source = open_source(path)
        assert source.believable_frames() == believed
        assert any("not believed" in note for note in source.notes) == (declared > 3)
        source.close()
        with open_clip(path) as clip:
            assert sum(1 for _ in clip) == 3
        assert (clip.report.complete, clip.report.shortfall) == (True, None)
