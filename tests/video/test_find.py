from __future__ import annotations

import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wildpose.errors import ClipError, UsageError
from wildpose.video import FindOptions, find_clips, open_clip, printable


@pytest.fixture
def card(tmp_path: Path, make_clip) -> Path:
    """A folder with one good clip, ``site A/cam 1/IMG_0001.AVI``."""
    clip = make_clip("seed.avi", 3, codec="mjpeg", pix_fmt="yuvj420p")
    folder = tmp_path / "card" / "site A" / "cam 1"
    folder.mkdir(parents=True)
    clip.rename(folder / "IMG_0001.AVI")
    return tmp_path / "card"


def good(card: Path) -> Path:
    return card / "site A" / "cam 1" / "IMG_0001.AVI"


def put(card: Path, name: str) -> Path:
    path = card / name
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(good(card), path)
    return path


def names(card: Path, options: FindOptions | None = None) -> list[str]:
    return [clip.clip for clip in find_clips(card, options).clips]


def reasons(card: Path) -> dict[str, str]:
    found = find_clips(card)
    assert all(problem.stage == "find" for problem in found.problems)
    return {problem.clip: problem.reason for problem in found.problems}


def test_a_clip_knows_its_name_deployment_and_size(card):
    (clip,) = find_clips(card).clips
    assert clip.clip == "site A/cam 1/IMG_0001.AVI"
    assert clip.deployment == "site A/cam 1"
    assert (clip.path, clip.size_bytes) == (good(card), good(card).stat().st_size)


def test_clips_in_the_root_belong_to_the_deployment_dot(card):
    put(card, "a.mp4")
    assert {clip.deployment for clip in find_clips(card).clips} == {".", "site A/cam 1"}


def test_content_decides_where_the_name_says_nothing_or_lies(card):
    for name in ("no_extension", "backup.bak", "IMG_2.jpg", "film.Mp4", "x.MTS"):
        put(card, name)
    (card / "notes").write_text("text")
    (card / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 a picture")
    (card / "sound.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    assert names(card)[:5] == ["IMG_2.jpg", "backup.bak", "film.Mp4", "no_extension",
                               "site A/cam 1/IMG_0001.AVI"]
    assert len(names(card)) == 6


def test_what_only_has_the_name_of_a_clip_is_listed_and_fails_at_opening(card):
    (card / "text.mp4").write_text("no video")
    (card / "empty.AVI").touch()
    found = [clip for clip in find_clips(card).clips if clip.deployment == "."]
    assert [clip.clip for clip in found] == ["empty.AVI", "text.mp4"]
    for clip in found:
        with pytest.raises(ClipError):
            open_clip(clip.path)


def test_a_folder_named_like_a_clip_is_a_folder(card):
    put(card, "folder.mp4/inside.mp4")
    assert "folder.mp4/inside.mp4" in names(card)
    assert "folder.mp4" not in names(card)


def test_hidden_files_and_those_of_systems_are_left_out_by_rule(card):
    for name in (".hidden.mp4", "._fork.mp4", ".Trashes/a.mp4", "$RECYCLE.BIN/a.mp4",
                 "System Volume Information/a.mp4", "preview.LRV"):
        put(card, name)
    assert names(card) == ["site A/cam 1/IMG_0001.AVI"]
    assert reasons(card) == {}
    assert names(card, FindOptions(hidden=True)) == [
        ".Trashes/a.mp4", ".hidden.mp4", "site A/cam 1/IMG_0001.AVI"
    ]


def test_folders_can_be_excluded(card):
    put(card, "run/proxies/a.mp4")
    assert names(card, FindOptions(exclude=(card / "run",))) == ["site A/cam 1/IMG_0001.AVI"]


def test_names_come_out_in_nfc(card):
    put(card, unicodedata.normalize("NFD", "été/räv.mp4"))
    assert names(card)[1] == unicodedata.normalize("NFC", "été/räv.mp4")
    with open_clip(find_clips(card).clips[1].path) as clip:
        assert sum(1 for _ in clip) == 3


def test_two_spellings_of_one_name_stay_two_clips(card):
    for form in ("NFC", "NFD"):
        put(card, unicodedata.normalize(form, "été.mp4"))
    if len(list(card.glob("*.mp4"))) < 2:
        pytest.skip("this file system holds one spelling only")
    assert len(names(card)) == len(set(names(card))) == 3


def test_bytes_that_are_no_text_come_out_readable(card):
    raw = os.fsencode(card) + b"/caf\xe9.mp4"
    try:
        shutil.copyfile(good(card), raw)
    except OSError:
        pytest.skip("this file system holds only names in UTF-8")
    assert r"caf\xe9.mp4" in names(card)
    assert printable("a\udce9b").encode() == rb"a\xe9b"


def test_loops_of_links_are_reported_and_end(card):
    (card / "site A" / "back").symlink_to(card)
    (card / "itself").symlink_to("itself")
    found = reasons(card)
    assert found["site A/back"] == "link loops back to a folder that it lies in"
    assert found["itself"].startswith("link leads nowhere")
    assert names(card) == ["site A/cam 1/IMG_0001.AVI"]


def test_links_are_followed_once(card, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    put(card, "../elsewhere/b.avi")
    for name in ("link 1", "link 2"):
        (card / name).symlink_to(elsewhere)
    (card / "a link.avi").symlink_to(good(card))
    (card / "gone.mp4").symlink_to(card / "nothing")
    assert names(card) == ["link 1/b.avi", "site A/cam 1/IMG_0001.AVI"]
    found = reasons(card)
    assert found["link 2"] == "link leads to a folder already read: link 1"
    assert found["a link.avi"] == "link leads to a clip already listed: site A/cam 1/IMG_0001.AVI"
    assert found["gone.mp4"] == "link leads nowhere (No such file or directory)"


def test_pipes_are_reported_and_never_opened(card):
    os.mkfifo(card / "pipe.mp4")
    os.mkfifo(card / "pipe")
    assert reasons(card) == {"pipe.mp4": "not a regular file"}


@contextmanager
def _without_rights() -> Iterator[None]:
    """Permissions do not hold for root: be somebody else meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_what_can_not_be_read_is_reported(card):
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        root.chmod(0o755)
        shutil.copytree(card, root, dirs_exist_ok=True)
        for name in ("closed", "open"):
            (root / name).mkdir()
            shutil.copyfile(good(card), root / name / "a.avi")
        (root / "open" / "a.avi").chmod(0)
        (root / "closed").chmod(0)
        try:
            with _without_rights():
                found = find_clips(root)
        finally:
            (root / "closed").chmod(0o755)
    assert {problem.clip: problem.reason for problem in found.problems} == {
        "closed": "folder can't be read (Permission denied)",
        "open/a.avi": "file can't be read (Permission denied)",
    }
    assert [clip.clip for clip in found.clips] == ["site A/cam 1/IMG_0001.AVI"]


def test_a_single_file_is_one_clip_and_nothing_is_an_error(card):
    (clip,) = find_clips(good(card)).clips
    assert (clip.clip, clip.deployment) == ("IMG_0001.AVI", ".")
    with pytest.raises(UsageError, match="no such file or folder"):
        find_clips(card / "missing")


def test_the_order_is_the_same_on_every_run(card):
    for name in ("b/2.avi", "a/1.avi", "a/10.avi", "B/1.avi"):
        put(card, name)
    assert names(card) == sorted(names(card))
    assert find_clips(card) == find_clips(card)
