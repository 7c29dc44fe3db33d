"""Tables of parts: anchored patterns, clear errors, complete bodies."""

from __future__ import annotations

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.surface.parts import PARTS
from wildpose.synth.part_splits import complete, split_by_height, split_head
from wildpose.synth.part_table import part_table, part_tables, parts_of, read_part_table
from wildpose.synth.rig import Rig

LINES = "sides: [L, R]\nbones:\n  '{side}_ear': ear\n  'Forearm_{side}': forearm | 0.5 | palm\n"


def targets(table, bone):
    row = table.rule_of(bone)
    return None if row is None else table.rules[row].targets


def test_patterns_match_whole_names_only(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(LINES, encoding="utf-8")
    table = read_part_table(path)
    assert targets(table, "L_ear") == ("ear",)
    assert targets(table, "Forearm_R") == ("forearm", "palm")  # holds "ear", and is none
    assert targets(table, "L_ear_2") is None


@pytest.mark.parametrize("text", [
    "sides: [L, R]\nbones:\n  'Head': hat\n",
    "sides: [L, R]\nbones:\n  'Leg': thigh | 0.8 | shank | 0.2 | toes\n",
    "sides: [L, R]\nbones:\n  '(Head': head\n",
    "bones: 3\n",
    "{",
])
def test_a_bad_table_is_named(tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"bad\.yaml"):
        read_part_table(path)


def test_every_table_that_ships_knows_a_head_a_trunk_and_four_limbs():
    assert len(part_tables()) >= 15
    for table in part_tables():
        named = {target for rule in table.rules for target in rule.targets}
        assert {"trunk", "neck", "thigh", "upper_arm", "forearm", "fingers", "toes"} <= named
        assert named & {"head", "crown"}


def test_an_unknown_table_and_an_unknown_bone_are_named():
    with pytest.raises(DataError, match="no part table called dodo"):
        part_table("dodo")
    with pytest.raises(DataError, match="says nothing of the bone wing"):
        parts_of(stick("wing"), part_table("quaternius"))


def test_one_bone_is_cut_by_height_and_by_side():
    part = parts_of(stick("FrontUpperLeg.L"), part_table("quaternius"))
    assert [PARTS[p] for p in part] == ["upper_arm_left", "upper_arm_right", "forearm_left"]


def stick(bone: str) -> Rig:
    """One triangle that one bone moves: two corners on top, left and right, one at the bottom."""
    return Rig(
        name="stick", species="stick", bone_names=(bone,),
        vertices=np.array([[0.1, 1, 0], [-0.1, 1, 0], [0.1, 0, 0]], np.float32),
        faces=np.array([[0, 1, 2]], np.int32), bind_inverse=np.eye(4, dtype=np.float32)[None],
        bone_index=np.zeros((3, 1), np.int32), bone_weight=np.ones((3, 1), np.float32),
        part=np.full(3, -1, np.int8),
    )


def test_heights_count_from_the_top():
    vertices = np.stack([np.zeros(5), [0.0, 0.3, 0.5, 0.7, 1.0], np.zeros(5)], axis=1)
    assert split_by_height(vertices, (0.4, 0.8)).tolist() == [2, 1, 1, 0, 0]


def test_the_snout_is_muzzle_and_the_skull_crown():
    along = np.linspace(0, 1, 30)
    vertices = np.stack([np.zeros(30), -0.4 * along, along], axis=1)
    part = split_head(vertices)
    assert PARTS[part[0]] == "crown"
    assert PARTS[part[-1]] == "muzzle"


def test_a_leg_without_toes_gets_them_at_its_lower_end():
    vertices = np.stack([np.full(40, 0.1), np.linspace(1, 0, 40), np.zeros(40)], axis=1)
    part = np.full(40, PARTS.index("shank_left"), np.int8)
    complete(vertices, part)
    found = [PARTS[p] for p in part]
    assert {"thigh_left", "shank_left", "instep_left", "toes_left"} <= set(found)
    assert np.argmax(np.array(found) == "toes_left") > np.argmax(np.array(found) == "shank_left")
