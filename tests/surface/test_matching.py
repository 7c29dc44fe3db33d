"""Matches before they are smoothed: exact on the same body, within the part on another."""

from __future__ import annotations

from functools import cache

import numpy as np

from wildpose.surface.matching import (
    Described,
    described,
    described_reference,
    improved_match,
    printed_match,
    unfolded_reference,
)
from wildpose.surface.parted_body import parted_body
from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference_body
from wildpose.synth.remap_subjects import subject


@cache
def fox() -> Described:
    animal = subject("fox")
    return described(parted_body(animal.mesh, animal.part))


def test_the_same_body_is_found_exactly_by_both_ways():
    body = load_reference_body()
    there, space = described_reference(body), unfolded_reference(body)
    for way in (improved_match, printed_match):
        match = way(there, there, space)
        off_m = np.linalg.norm(match.place[:, :3] - body.surface.vertices, axis=1)
        assert (off_m < 0.001).mean() > 0.98
        assert match.residual.max() < 1e-6


def test_every_part_of_an_animal_is_matched_within_the_same_part():
    body = load_reference_body()
    match = improved_match(fox(), described_reference(body), unfolded_reference(body))
    assert np.isfinite(match.residual).all()
    # A place is the mean of four vertices of the part: the nearest vertex is of that part, too,
    # but for limbs, which are searched as a whole, and places beside a border.
    gap = ((match.place[:, None, :3] - body.surface.vertices[None, ::3]) ** 2).sum(2)
    landed = body.part[::3][gap.argmin(1)]
    assert (landed == fox().body.part).mean() > 0.75


def test_a_part_that_the_reference_lacks_is_not_matched():
    body = load_reference_body()
    there = described_reference(body)
    tailless = np.where(there.body.part == PARTS.index("tail"), PARTS.index("loin"),
                        there.body.part)
    changed = Described(type(there.body)(there.body.mesh, tailless, there.body.origin),
                        there.distance, there.limbs)
    match = improved_match(fox(), changed, unfolded_reference(body))
    tail = fox().body.part == PARTS.index("tail")
    assert np.isinf(match.residual[tail]).all()
    assert np.isfinite(match.residual[~tail]).all()
