"""Coats: painted at rest, seamless, averaged for the far view, and drawn with great variety."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from solid_bodies import ball, rig_of

from wildpose.errors import DataError
from wildpose.synth.eye_shine import eye_vertices
from wildpose.synth.fur import own_colours, painted, sampled, skin_at
from wildpose.synth.fur_patterns import (
    MARKS,
    _shifted,
    from_photograph,
    procedural_fur,
    random_fur,
    read_photographs,
    share_of_parts,
)
from wildpose.synth.lattice import lattice_over, nearest_row, sample_places, three_rows
from wildpose.synth.quadruped import quadruped
from wildpose.synth.solid_noise import cell_distances, solid_noise

weights = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(
    lambda b: (min(b), max(b) - min(b), 1 - max(b)))


@pytest.fixture(scope="module")
def animal():
    return quadruped(3)


@given(weights, st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_interpolation_on_the_lattice_gives_linear_functions_back(b, steps):
    corners = np.array([[[0, 0, 0], [steps, 0, 0], [0, steps * 0.5, 0]]], float)
    lattice = lattice_over(corners, np.sqrt(1.25) - 1e-9, 64)
    _, places = sample_places(lattice)
    *rows, w0, w1, w2 = three_rows(lattice, 0, b[0], b[1])
    assert min(w0, w1, w2) > -1e-9
    mixed = np.array([w0, w1, w2]) @ places[rows].astype(np.float64)
    assert mixed == pytest.approx(b, abs=1e-5)
    near = places[nearest_row(lattice, 0, b[0], b[1])]
    assert np.abs(near - b).max() <= 1 / lattice.steps[0] + 1e-5


def test_samples_are_as_close_as_asked_and_bound_to_their_triangle():
    vertices, faces = ball()
    lattice = lattice_over(vertices[faces], 0.01)
    face, places = sample_places(lattice)
    assert (np.bincount(face) == (lattice.steps + 1) * (lattice.steps + 2) // 2).all()
    assert (lattice.first == np.searchsorted(face, np.arange(len(faces)))).all()
    edges = np.linalg.norm(vertices[faces] - np.roll(vertices[faces], 1, axis=1), axis=2)
    assert (edges.max(1) / lattice.steps <= 0.01 + 1e-12).all()
    assert places.sum(1) == pytest.approx(np.ones(len(places)), abs=1e-6)


def test_flat_colours_and_textures_are_kept():
    vertices, faces = ball()
    colours = np.random.default_rng(0).integers(0, 255, (len(faces), 3)).astype(np.uint8)
    coat = painted(rig_of(vertices, faces, face_colour=colours),
                   own_colours(rig_of(vertices, faces, face_colour=colours)), 4000)
    face, _ = sample_places(coat.lattice)
    assert (coat.colour == colours[face]).all()
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, 2:] = 240
    uv = np.zeros((len(faces), 3, 2), np.float32)
    uv[..., 0] = 0.75
    textured = rig_of(vertices, faces, texture=picture, texture_uv=uv)
    assert (painted(textured, own_colours(textured), 4000).colour == 240).all()


def test_sampling_repeats_and_interpolates():
    picture = np.array([[[0, 0, 0], [100, 100, 100]]], np.uint8)
    at = np.array([[0.25, 0.5], [0.75, 0.5], [0.5, 0.5], [1.25, 3.5], [0.0, 0.5]])
    assert sampled(picture, at)[:, 0].tolist() == [0, 100, 50, 0, 50]


def test_the_far_colour_is_the_average_in_light():
    vertices, faces = ball()
    flat = np.tile(np.uint8([255, 0, 128]), (len(faces), 1))
    rig = rig_of(vertices, faces, face_colour=flat)
    far = painted(rig, own_colours(rig), 3000).far_albedo
    assert far == pytest.approx(np.tile([1, 0, (128 / 255) ** 2.2], (len(vertices), 1)), abs=1e-5)


def test_a_fur_is_the_same_on_both_sides_of_an_edge(animal):
    """What a triangle shows along an edge is what its neighbour shows there."""
    painter = procedural_fur(animal, 7)
    a, b = animal.faces[100, :2]
    shared = np.flatnonzero((animal.faces == a).any(1) & (animal.faces == b).any(1))
    assert len(shared) == 2
    along = []
    for face in shared:
        t = np.linspace(0.05, 0.95, 9)
        weight = np.zeros((9, 3), np.float32)
        weight[:, np.flatnonzero(animal.faces[face] == a)[0]] = t
        weight[:, np.flatnonzero(animal.faces[face] == b)[0]] = 1 - t
        along.append(painter(skin_at(animal, np.full(9, face, np.int32), weight)).astype(int))
    assert np.abs(along[0] - along[1]).max() <= 2


def test_a_seed_decides_a_fur_and_seeds_differ(animal):
    face = np.arange(len(animal.faces), dtype=np.int32)
    skin = skin_at(animal, face, np.full((len(face), 3), 1 / 3, np.float32))
    furs = [random_fur(animal, np.random.default_rng(seed))(skin) for seed in range(12)]
    again = random_fur(animal, np.random.default_rng(5))
    assert again(skin).tobytes() == again(skin).tobytes() == furs[5].tobytes()
    means = np.array([fur.mean(0) for fur in furs])
    assert np.ptp(means.mean(1)) > 50
    assert len(np.unique(means.round(1), axis=0)) == 12


@pytest.mark.parametrize("name", [m for m in MARKS if m != "plain"])
def test_every_mark_covers_some_of_the_body_and_never_all(name):
    places = np.random.default_rng(1).uniform(-1, 1, (4000, 3))
    shares = [MARKS[name](places, np.zeros(4000), np.random.default_rng(seed)).mean()
              for seed in range(6)]
    assert min(shares) >= 0
    assert max(shares) <= 1
    assert 0.02 < np.mean(shares) < 0.9


def test_stripes_are_alike_left_and_right():
    places = np.random.default_rng(2).uniform(-1, 1, (500, 3))
    left, right = (MARKS["stripes"](places * [side, 1, 1], np.zeros(500),
                                    np.random.default_rng(3)) for side in (1, -1))
    assert left == pytest.approx(right)


def test_a_photograph_lends_its_colours(animal, tmp_path):
    picture = np.random.default_rng(0).integers(0, 80, (400, 500, 3)).astype(np.uint8)
    picture[..., 1] += 120
    (tmp_path / "sub").mkdir()
    Image.fromarray(picture).save(tmp_path / "sub" / "moss.png")
    photographs = read_photographs(tmp_path)
    assert len(photographs) == 1
    coat = painted(animal, from_photograph(photographs[0], animal, 4), 5000)
    assert coat.colour[:, 1].mean() > coat.colour[:, 0].mean() + 80
    assert coat.colour[:, 0].std() > 5


def test_folders_without_pictures_and_broken_pictures_are_named(tmp_path):
    with pytest.raises(DataError, match="no pictures"):
        read_photographs(tmp_path)
    (tmp_path / "bad.jpg").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"bad\.jpg"):
        read_photographs(tmp_path)


def test_parts_are_told_smoothly(animal):
    face = np.arange(len(animal.faces), dtype=np.int32)
    skin = skin_at(animal, face, np.full((len(face), 3), 1 / 3, np.float32))
    share = share_of_parts(skin, animal, ("tail",))
    assert share.max() == pytest.approx(1)
    assert skin.place[share > 0.9, 2].max() < skin.place[share == 0, 2].mean()


def test_eyes_are_on_both_sides_of_the_head(animal):
    left, right = animal.vertices[eye_vertices(animal)]
    assert left[0] > 0 > right[0]
    assert left[1:] == pytest.approx(right[1:], abs=0.1)
    assert left[2] > np.quantile(animal.vertices[:, 2], 0.8)
    vertices, faces = ball()
    assert len(eye_vertices(rig_of(vertices, faces))) == 0


def test_noise_is_smooth_centred_and_the_same_everywhere():
    places = np.random.default_rng(4).uniform(-50, 50, (20000, 3))
    values = solid_noise(places, 1.0, 9, 3)
    assert abs(values.mean()) < 0.02
    assert np.abs(values).max() <= 1
    assert values.std() > 0.2
    assert np.abs(solid_noise(places + 1e-4, 1.0, 9, 3) - values).max() < 5e-3
    assert not np.allclose(solid_noise(places, 1.0, 10, 3), values)
    assert solid_noise(np.array([[0.3, 0.7, -2.2]]), 1.0, 9)[0] == pytest.approx(
        -0.216413, abs=1e-5)  # of this formula, on any machine


def test_cell_distances_are_those_of_the_nearest_point():
    places = np.random.default_rng(6).uniform(0, 6, (3000, 3))
    away, which = cell_distances(places, 1.0, 2)
    assert 0.3 < away.mean() < 0.7
    assert away.max() < 1.74
    near = np.linalg.norm(places[:, None] - places[None], axis=2)[:200]
    assert (np.abs(away[:200, None] - away[None]) <= near + 1e-9).all()  # a distance: slope <= 1
    assert len(np.unique(which)) > 100


def test_a_pure_colour_in_another_tone_is_still_a_colour():
    def red(skin):
        return np.tile(np.array([255, 0, 0], np.uint8), (len(skin.place), 1))

    skin = SimpleNamespace(place=np.zeros((4, 3)))
    with np.errstate(all="raise"):
        for seed in range(20):
            shade = _shifted(red, seed)(skin)
            assert shade.dtype == np.uint8
            assert (shade[:, 0] > shade[:, 1]).all()
