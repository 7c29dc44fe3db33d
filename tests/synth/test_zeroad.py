"""0 A.D. animals: a made-up one in full, and the real ones where a copy of the game is at hand."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wildpose.errors import DataError
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.synth.rig import posed
from wildpose.synth.zeroad import CREDIT, known_species, list_species, load_species
from wildpose.synth.zeroad_actor import parse_xml, read_actor
from wildpose.synth.zeroad_files import GameFiles

ACTOR = b"""<actor version="1">
<group><variant file="quadraped/base.xml" frequency="1">
  <mesh>skeletal/goat.dae</mesh></variant></group>
<group>
  <variant frequency="1" name="grey"><textures>
    <texture file="a.png" name="baseTex"/></textures></variant>
  <variant frequency="9" name="red"><textures>
    <texture file="b.png" name="baseTex"/></textures></variant>
</group>
<group><variant frequency="0" name="feeding"><animations>
  <animation name="Idle" file="quadraped/goat_feed.dae"/></animations></variant>
  <variant name="death"><mesh>skeletal/bones.dae</mesh></variant></group>
</actor>"""
BASE = b"""<variant><animations>
  <animation name="Idle" file="quadraped/goat_idle.dae"/>
  <animation name="Walk" file="quadraped/goat_walk.dae"/>
  <animation name="idle" file="quadraped/goat_idle_02.dae"/>
  <animation name="Death" file="quadraped/goat_death.dae"/></animations></variant>"""
BONES = ("Base", "spine", "neck", "head", "thigh_front_l", "thigh_front_r", "tail")
SKELETON = "<skeletons><standard_skeleton id='Goat'>{}</standard_skeleton></skeletons>".format(
    "".join(f"<bone name='{name}'/>" for name in BONES)
).encode()


def corners(number: int) -> list[tuple[float, float, float]]:
    """A small triangle for each bone: the head at -z, the left leg at +x, as in the game."""
    x, y, z = {"Base": (0, 1, 1), "spine": (0, 1.0, 0), "neck": (0, 1.2, -1), "head": (0, 1.4, -2),
               "thigh_front_l": (0.3, 0.3, -0.5), "thigh_front_r": (-0.3, 0.3, -0.5),
               "tail": (0, 1, 1.5)}[BONES[number]]
    return [(x, y, z), (x + 0.01, y + 0.3, z), (x - 0.01, y + 0.3, z + 0.3)]


def mesh() -> bytes:
    body = struct.pack("<II", 3 * len(BONES), 1)
    for number in range(len(BONES)):
        for x, y, z in corners(number):
            body += struct.pack("<3f3f2f4B4f", x, y, z, 0, 1, 0, 0.5, 0.25,
                                number, 255, 255, 255, 1, 0, 0, 0)
    faces = [(3 * k, 3 * k + 1, 3 * k + 2) for k in range(len(BONES))]
    faces += [(0, 3 * k, 3 * k + 1) for k in range(1, len(BONES))]  # joined to one piece
    body += struct.pack("<I", len(faces)) + b"".join(struct.pack("<3H", *f) for f in faces)
    body += struct.pack("<I", len(BONES)) + struct.pack("<7f", 0, 0, 0, 0, 0, 0, 1) * len(BONES)
    body += struct.pack("<I", 0)
    return b"PSMD" + struct.pack("<II", 4, len(body)) + body


def clip(forward: float) -> bytes:
    """All bones move toward the head by ``forward``, in the game's units."""
    body = struct.pack("<IfII", 0, 100.0, len(BONES), 1)
    body += struct.pack("<7f", 0, 0, -forward, 0, 0, 0, 1) * len(BONES)
    return b"PSSA" + struct.pack("<II", 1, len(body)) + body


@pytest.fixture
def game(tmp_path) -> Path:
    """A copy of the game that holds one goat."""
    picture = io.BytesIO()
    Image.fromarray(np.array([[[200, 0, 0]] * 4] * 2 + [[[0, 0, 200]] * 4] * 2, np.uint8)).save(
        picture, "PNG"
    )
    path = tmp_path / "public.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {
            "actors/fauna/goat.xml": ACTOR, "variants/quadraped/base.xml": BASE,
            "skeletons/goat.xml": SKELETON, "meshes/skeletal/goat.dae.cached.pmd": mesh(),
            "animation/quadraped/goat_idle.dae.cached.psa": clip(0),
            "animation/quadraped/goat_walk.dae.cached.psa": clip(1),
            "textures/skins/a.png.cached.dds": picture.getvalue(),
            "textures/skins/b.png.cached.dds": picture.getvalue(),
        }.items():
            archive.writestr(f"art/{name}", content)
    return path


def test_an_actor_names_mesh_clips_and_coats_and_no_death(game):
    actor = read_actor(GameFiles(game), "goat")
    assert actor.mesh == "art/meshes/skeletal/goat.dae.cached.pmd"
    assert dict(actor.clips) == {
        name: f"art/animation/quadraped/goat_{file}.dae.cached.psa"
        for name, file in (("idle", "idle"), ("walk", "walk"), ("idle_2", "idle_02"),
                           ("feed", "feed"))
    }
    assert actor.coats == tuple(f"art/textures/skins/{c}.png.cached.dds" for c in "ab")


def test_the_made_up_goat_looks_forward_and_keeps_left_and_right(game):
    assert list_species(game) == ("goat",)
    goat = load_species(game, "goat")
    middle = {part: goat.vertices[goat.part == n].mean(axis=0) for n, part in enumerate(PARTS)
              if (goat.part == n).any()}
    assert middle["muzzle"][2] > middle["withers"][2] > middle["tail"][2]
    assert middle["forearm_left"][0] > 0 > middle["forearm_right"][0]
    assert set(goat.motions) == {"idle", "walk"}
    assert goat.motions["walk"].rate == pytest.approx(10)
    step = posed(goat, "walk") - posed(goat, "idle")
    assert np.allclose(step[:, :2], 0, atol=1e-5)
    assert step[:, 2].min() > 0.1  # toward the head
    assert np.allclose(posed(goat, "idle"), goat.vertices, atol=1e-5)
    assert goat.vertices[goat.part == PARTS.index("withers"), 1].max() - goat.vertices[
        :, 1
    ].min() == pytest.approx(known_species()["goat"].height_m, rel=1e-3)


def test_texture_rows_count_from_the_top(game):
    goat = load_species(game, "goat")
    assert np.allclose(goat.texture_uv[..., 1], 0.75)  # v = 0.25 from below
    rows = (goat.texture_uv[..., 1] * len(goat.texture)).astype(int)
    assert goat.texture[rows.ravel()[0], 0].tolist() == [0, 0, 200]


def test_bad_copies_are_named(game, tmp_path):
    with pytest.raises(DataError, match="no animal called dodo"):
        load_species(game, "dodo")
    with pytest.raises(DataError, match=r"wolf\.xml is missing"):
        load_species(game, "wolf")
    with pytest.raises(DataError, match="document types"):
        parse_xml(b"<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", "x.xml")
    with pytest.raises(DataError, match="broken XML"):
        parse_xml(b"<actor>", "x.xml")


@pytest.fixture(scope="module")
def fauna(shared_data) -> Path:
    source = shared_data.parent / "assets" / "0ad_fauna.zip"
    if not source.is_file():
        pytest.skip("needs the fauna of 0 A.D.")
    return source


def test_there_are_more_than_25_species_in_the_real_game(fauna):
    names = list_species(fauna)
    assert len(names) >= 40
    assert len({known_species()[name].species for name in names}) >= 25


WITHOUT = {"crocodile": {"ear"}, "lion": {"ear"}, "sheep1": {"ear"}, "wildebeest": {"ear"},
           "rabbit1": {"ear"}}
"""Parts that the real models lack, or have as loose pieces."""
WALKERS = ("wolf", "fox_red", "bear_brown", "deer", "horse", "tiger", "elephant_asian", "cow",
           "sheep1", "camel", "boar", "rhino", "zebra", "crocodile", "giraffe_adult", "rabbit1",
           "goat", "pig1", "wildebeest", "zebu")


@pytest.mark.parametrize("name", WALKERS)
def test_real_animals_are_whole_sided_sized_and_walk_forward(fauna, name):
    rig = load_species(fauna, name)
    missing = {PARTS[n].rsplit("_", 1)[0] for n in range(len(PARTS)) if not (rig.part == n).any()}
    assert missing == WITHOUT.get(name, set())
    for number, part in enumerate(PARTS):
        if part.endswith("_left") and (rig.part == number).any():
            assert np.median(rig.vertices[rig.part == number, 0]) > 0
            assert np.median(rig.vertices[rig.part == MIRROR[number], 0]) < 0
    muzzle, tail = (rig.vertices[rig.part == PARTS.index(n), 2].mean() for n in ("muzzle", "tail"))
    assert muzzle > tail
    assert 0.5 < np.ptp(rig.vertices[:, 1]) / known_species()[name].height_m < 1.8
    walk = rig.motions["walk"]
    assert 0.1 < walk.stride_m / walk.duration_s < 2.5
    assert np.isfinite(posed(rig, "walk", 0.4)).all()
    assert rig.credit == CREDIT
    assert rig.texture is not None
