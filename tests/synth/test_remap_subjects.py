"""Animals by name, and parts from a table."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.errors import DataError, UsageError
from wildpose.surface.parts import PARTS
from wildpose.synth.cc0_animals import load_committed
from wildpose.synth.remap_subjects import of_rig, read_parts, subject, subject_names


def test_our_animals_are_known_by_name():
    names = subject_names()
    assert {"wolf", "horse", "quadruped"} <= set(names)


def test_a_rig_keeps_its_parts_when_it_is_welded():
    rig = load_committed("deer")
    found = of_rig(rig, "deer")
    assert set(np.unique(found.part)) == set(np.unique(rig.part))
    assert len(found.part) == len(found.mesh.vertices)
    assert found.species == rig.species


def test_the_animals_of_the_game(shared_data):
    source = shared_data.parent / "assets" / "0ad_fauna.zip"
    if not source.is_file():
        pytest.skip(f"needs {source.name}, the art of 0 A.D.")
    names = subject_names(source)
    assert len(names) >= 25
    found = subject(names[0], source)
    assert "Wildfire Games" in found.credit


def test_an_unknown_animal_names_the_known_ones():
    with pytest.raises(UsageError, match="wolf"):
        subject("unicorn")


def test_a_table_of_parts(tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text("vertex,part\n0,muzzle\n2,tail\n3,\n")
    np.testing.assert_array_equal(read_parts(path, 4),
                                  [PARTS.index("muzzle"), -1, PARTS.index("tail"), -1])


@pytest.mark.parametrize("content", [
    "vertex,part\n9,muzzle\n", "vertex,part\n0,wing\n", "a,b\n1,2\n", "vertex,part\nx,tail\n",
])
def test_a_broken_table_of_parts_names_its_file(content, tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=r"parts\.csv"):
        read_parts(path, 4)
