"""Meshes and clips of 0 A.D.: hand-written files come back, real ones are read to the last byte."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.synth.zeroad_files import GameFiles, parse_pmd, parse_psa

VERTICES = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.5), (0.0, 2.0, -1.0)]


def pmd(face: tuple[int, int, int] = (0, 1, 2), version: int = 4) -> bytes:
    """A triangle with one bone and one place for props."""
    body = struct.pack("<I", len(VERTICES)) + (struct.pack("<I", 1) if version >= 4 else b"")
    for x, y, z in VERTICES:
        skin = (0, 255, 255, 255, 1, 0, 0, 0)
        body += struct.pack("<3f3f2f4B4f", x, y, z, 0, 1, 0, 0.25, 0.75, *skin)
    body += struct.pack("<I3H", 1, *face)
    body += struct.pack("<I7f", 1, 0.1, 0.2, 0.3, 0, 0, 0, 1)
    body += struct.pack("<II4s7fB", 1, 4, b"root", 0, 0, 0, 0, 0, 0, 1, 0)
    return b"PSMD" + struct.pack("<II", version, len(body)) + body


def psa(frames: int = 2) -> bytes:
    """A clip of one bone that moves along x."""
    body = struct.pack("<IfII", 0, 40.0, 1, frames)
    body += b"".join(struct.pack("<7f", k, 0, 0, 0, 0, 0, 1) for k in range(frames))
    return b"PSSA" + struct.pack("<II", 1, len(body)) + body


@pytest.mark.parametrize("version", [3, 4])
def test_a_hand_written_mesh_comes_back(version):
    mesh = parse_pmd(pmd(version=version), "x.pmd")
    assert np.array_equal(mesh.vertices, np.array(VERTICES, np.float32))
    assert mesh.faces.tolist() == [[0, 1, 2]]
    assert mesh.uv[:, 0].tolist() == [[0.25, 0.75]] * 3
    assert mesh.bone[0].tolist() == [0, 255, 255, 255]
    assert np.allclose(mesh.bones, [[0.1, 0.2, 0.3, 0, 0, 0, 1]])
    assert mesh.props == ("root",)


def test_a_hand_written_clip_comes_back():
    clip = parse_psa(psa(3), "x.psa")
    assert clip.frame_ms == 40
    assert clip.frames[:, 0, 0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(("data", "says"), [
    (b"", "not a PSMD"),
    (b"PNG" + pmd()[3:], "not a PSMD"),
    (pmd()[:-3], "should be"),
    (pmd() + b"xx", "should be"),
    (pmd(face=(0, 1, 3)), "vertex that isn't there"),
    (b"PSMD" + struct.pack("<III", 4, 4, 10**9), "too early"),
])
def test_a_bad_mesh_is_named(data, says):
    with pytest.raises(DataError, match=rf"wolf\.pmd.*{says}"):
        parse_pmd(data, "wolf.pmd")


def test_a_bad_clip_is_named():
    with pytest.raises(DataError, match="without frames"):
        parse_psa(psa(0), "walk.psa")
    content = psa() + b"1234"
    longer = content[:8] + struct.pack("<I", len(content) - 12) + content[12:]
    with pytest.raises(DataError, match="bytes too many"):
        parse_psa(longer, "walk.psa")


@pytest.fixture(params=["zip", "folder", "game folder"])
def copy(request, tmp_path) -> Path:
    """The same two files as a zip, as a folder, and as the game installs them."""
    folder = tmp_path / "0ad"
    (folder / "art" / "actors" / "fauna").mkdir(parents=True)
    (folder / "art" / "actors" / "fauna" / "Wolf.xml").write_bytes(b"<actor/>")
    if request.param == "folder":
        return folder
    place = tmp_path / ("game/mods/public" if request.param == "game folder" else "here")
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / "public.zip", "w") as archive:
        archive.write(folder / "art" / "actors" / "fauna" / "Wolf.xml", "art/actors/fauna/Wolf.xml")
    return tmp_path / "game" if request.param == "game folder" else place / "public.zip"


def test_files_are_found_in_a_zip_a_folder_or_the_game_whatever_their_case(copy):
    files = GameFiles(copy)
    assert files.has("ART/actors/fauna/wolf.xml")
    assert files.read("art/actors/fauna/wolf.xml") == b"<actor/>"
    assert files.names("art/actors", ".xml") == ["art/actors/fauna/wolf.xml"]
    with pytest.raises(DataError, match=r"lion\.xml is missing"):
        files.read("art/actors/fauna/lion.xml")


def test_what_is_no_copy_of_the_game_is_named(tmp_path):
    with pytest.raises(DataError, match="neither art/ nor"):
        GameFiles(tmp_path)
    (tmp_path / "x.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="not a readable zip"):
        GameFiles(tmp_path / "x.zip")


def test_every_real_file_is_read_to_its_last_byte(shared_data):
    source = shared_data.parent / "assets" / "0ad_fauna.zip"
    if not source.is_file():
        pytest.skip("needs the fauna of 0 A.D.")
    files = GameFiles(source)
    meshes, clips = files.names("art/meshes", ".pmd"), files.names("art/animation", ".psa")
    assert (len(meshes), len(clips)) == (67, 250)
    for name in meshes:
        mesh = parse_pmd(files.read(name), name)
        total = np.where(mesh.bone == 255, 0, mesh.weight).sum(axis=1)
        assert len(mesh.bones) == 0 or np.allclose(total, 1, atol=0.01)
    for name in clips:
        clip = parse_psa(files.read(name), name)
        assert np.allclose(np.linalg.norm(clip.frames[..., 3:], axis=-1), 1, atol=1e-3)
