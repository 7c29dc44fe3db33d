"""The twelve animals that ship: whole, sided, sized, and walking where they look."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.surface.parts import MIRROR, PARTS
from wildpose.synth.cc0_animals import FOLDER, committed_animals, load_committed
from wildpose.synth.rig import body_vertices, posed

TALL_M = {"fox": (0.3, 0.5), "wolf": (0.7, 1.0), "horse": (1.8, 2.2), "stag": (1.8, 2.3),
          "alpaca": (1.4, 1.8), "cow": (1.3, 1.7)}

animals = pytest.mark.parametrize("name", committed_animals())


def test_there_are_twelve_and_they_are_small():
    assert len(committed_animals()) == 12
    assert sum((FOLDER / f"{name}.npz").stat().st_size for name in committed_animals()) < 1.4e6
    notice = (FOLDER / "NOTICE.md").read_text(encoding="utf-8")
    assert "Quaternius" in notice
    assert "CC0" in notice


@animals
def test_every_part_is_there_and_the_left_is_left(name):
    rig = load_committed(name)
    assert set(range(len(PARTS))) <= set(rig.part.tolist())
    for number, part in enumerate(PARTS):
        if part.endswith("_left"):
            left, right = rig.part == number, rig.part == MIRROR[number]
            assert rig.vertices[left, 0].min() > -0.01
            assert rig.vertices[right, 0].max() < 0.01
            aside = np.abs(rig.vertices[:, 0]) > 0.005  # the middle line must go to one of them
            counts = (left & aside).sum(), (right & aside).sum()
            assert abs(counts[0] - counts[1]) <= 2, part


@animals
def test_parts_stand_where_they_should(name):
    rig = load_committed(name)
    middle = {part: rig.vertices[rig.part == n].mean(axis=0) for n, part in enumerate(PARTS)}
    ahead = ["rump_left", "loin", "withers", "nape", "crown", "muzzle"]
    places = [middle[part][2] for part in ahead]
    assert places == sorted(places)
    assert middle["withers"][1] > middle["chest"][1]
    assert middle["loin"][1] > middle["belly"][1]
    for limb in (("upper_arm", "forearm", "palm", "fingers"), ("thigh", "shank", "instep", "toes")):
        heights = [middle[f"{part}_left"][1] for part in limb]
        assert heights == sorted(heights, reverse=True)


@animals
def test_skins_and_meshes_are_sound(name):
    rig = load_committed(name)
    assert np.allclose(rig.bone_weight.sum(axis=1), 1, atol=1e-5)
    body = body_vertices(rig)
    inside = np.isin(rig.faces, body).all(axis=1)
    edges = np.sort(rig.faces[inside][:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    shared = np.unique(edges, axis=0, return_counts=True)[1]
    assert (shared != 2).sum() <= (9 if name == "stag" else 0)  # closed, but for the stag's tail
    a, b, c = (rig.vertices[rig.faces[:, k]].astype(float) for k in range(3))
    assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0  # faces look outward


@pytest.mark.parametrize(("name", "tall_m"), TALL_M.items())
def test_sizes_are_those_of_the_species(name, tall_m):
    height = np.ptp(load_committed(name).vertices[:, 1])
    assert tall_m[0] < height < tall_m[1]


@animals
def test_motions_lead_forward_at_a_plausible_speed_and_stay_on_the_ground(name):
    rig = load_committed(name)
    assert set(rig.motions) == {"walk", "run", "idle", "feed"}
    speed = {key: motion.stride_m / motion.duration_s for key, motion in rig.motions.items()}
    assert speed["idle"] == speed["feed"] == 0
    assert 0.3 < speed["walk"] < 1.6
    assert speed["walk"] < speed["run"] < 8
    lowest = min(posed(rig, key, 0.2)[:, 1].min() for key in ("walk", "idle", "feed"))
    assert -0.06 < lowest < 0.06


def test_a_grazing_cow_lowers_its_muzzle():
    cow = load_committed("cow")
    muzzle = cow.part == PARTS.index("muzzle")
    feeding = posed(cow, "feed", cow.motions["feed"].duration_s / 2)[muzzle, 1].min()
    assert feeding < 0.5 * cow.vertices[muzzle, 1].min()


def test_an_unknown_animal_is_named_with_what_there_is():
    with pytest.raises(DataError, match=r"unicorn.*alpaca"):
        load_committed("unicorn")
