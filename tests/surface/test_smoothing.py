"""Smoothing pulls in what sticks out, leaves exact places alone and makes both sides alike."""

from __future__ import annotations

import numpy as np

from wildpose.surface.matching import Match, unfolded_reference
from wildpose.surface.mesh import Mesh
from wildpose.surface.parted_body import PartedBody, parted_body
from wildpose.surface.points import positions
from wildpose.surface.reference import load_reference_body
from wildpose.surface.smoothing import smoothed


def itself() -> tuple[PartedBody, np.ndarray]:
    whole = load_reference_body()
    mesh = Mesh.of(whole.surface.vertices, whole.surface.faces)
    body = parted_body(mesh, whole.part, least_vertices=1)
    return body, unfolded_reference(whole).coordinates.copy()


def places(match: Match, body: PartedBody) -> np.ndarray:
    reference = load_reference_body()
    return positions(reference.surface, smoothed(match, body, reference))


def test_a_doubtful_place_is_pulled_to_its_neighbours_and_sure_ones_stay():
    body, place = itself()
    residual = np.zeros(len(place))
    astray = np.arange(0, len(place), 50)
    place[astray, :3] += (0.0, 0.2, 0.0)
    residual[astray] = 0.2
    error_m = np.linalg.norm(places(Match(place, residual), body) - body.mesh.vertices, axis=1)
    assert np.median(error_m[astray]) < 0.03
    assert np.median(np.delete(error_m, astray)) < 0.002


def test_what_was_not_found_has_no_point():
    body, place = itself()
    residual = np.zeros(len(place))
    place[:7], residual[:7] = np.nan, np.inf
    found = places(Match(place, residual), body)
    assert np.isnan(found[:7]).all()
    assert np.isfinite(found[7:]).all()


def test_an_uneven_match_becomes_even():
    body, place = itself()
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, place.shape)
    found = places(Match(place + noise, np.full(len(place), 0.02)), body)
    mirror = load_reference_body().surface.mirror
    uneven = np.linalg.norm(found - found[mirror] * (-1, 1, 1), axis=1)
    assert np.median(uneven) < 0.002
