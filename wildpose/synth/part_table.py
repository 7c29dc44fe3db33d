"""Which semantic part each vertex of a skinned body is: a table per skeleton, then geometry.

A table (``part_tables/*.yaml``) names, for each bone, the part that its vertices belong to. Bones
that carry several parts name a region (``head``, ``neck``, ``trunk``) that is split by geometry in
the bind pose, or several parts with the shares of the height at which one ends and the next begins.
Which side a vertex is on, its x tells: some skeletons have left and right the wrong way round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from wildpose.errors import DataError
from wildpose.surface.parts import PARTS
from wildpose.synth.part_splits import complete, split_by_height, split_regions
from wildpose.synth.rig import Rig, body_vertices
from wildpose.types import Array

FOLDER = Path(__file__).parent / "part_tables"
REGIONS = ("head", "neck", "trunk", "none")
"""What a bone may stand for besides a part: split by geometry, or no home on the reference."""


MIDDLE_SHARE = 0.02
"""Vertices within this share of the body's half width lie on its middle line."""


@dataclass(frozen=True)
class Rule:
    """What the bones of one pattern carry.

    Attributes
    ----------
    pattern : re.Pattern
        Matches whole bone names.
    targets : tuple of str
        Parts without their side, or one region; from the top down.
    cuts : tuple of float
        Shares of the height, from the top, between one target and the next; one fewer.
    paired : bool
        The bones come in left and right.
    """

    pattern: re.Pattern[str]
    targets: tuple[str, ...]
    cuts: tuple[float, ...]
    paired: bool = False


@dataclass(frozen=True)
class PartTable:
    """The rules of one skeleton, first match wins.

    Attributes
    ----------
    name : str
    rules : tuple of Rule
    """

    name: str
    rules: tuple[Rule, ...]

    def rule_of(self, bone: str) -> int | None:
        """Row of the rule that matches a bone."""
        matching = (n for n, rule in enumerate(self.rules) if rule.pattern.fullmatch(bone))
        return next(matching, None)


def read_part_table(path: Path) -> PartTable:
    """Read one table.

    Raises
    ------
    DataError
        When it is no such table or names a part that doesn't exist.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        side = f"({'|'.join(str(name) for name in content['sides'])})"
        rules = tuple(
            _rule(path, pattern, side, str(target))
            for pattern, target in content["bones"].items()
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError,
            ValueError, re.error) as error:
        raise DataError(
            f"{path}: not a table of parts ({error}).", "Compare it with the tables of wildpose."
        ) from error
    return PartTable(path.stem, rules)


@lru_cache
def part_table(name: str) -> PartTable:
    """A table that ships with wildpose, by its file's name without the ending."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise DataError(
            f"no part table called {name}.",
            f"There are: {', '.join(sorted(p.stem for p in FOLDER.glob('*.yaml')))}.",
        )
    return read_part_table(path)


def part_tables() -> list[PartTable]:
    """All tables that ship with wildpose, in the order of their names."""
    return [part_table(path.stem) for path in sorted(FOLDER.glob("*.yaml"))]


def _rule(path: Path, pattern: str, side: str, target: str) -> Rule:
    pieces = [piece.strip() for piece in target.split("|")]
    targets, cuts = tuple(pieces[::2]), tuple(float(cut) for cut in pieces[1::2])
    known = {*REGIONS, *PARTS, *(part.rsplit("_", 1)[0] for part in PARTS)}
    unknown = [name for name in targets if name not in known]
    if unknown or list(cuts) != sorted(cuts):
        raise DataError(
            f"{path}: '{target}' is no part, or its cuts go backwards.",
            f"Parts are {', '.join(sorted(known))}.",
        )
    whole = re.compile(pattern.replace("{side}", side), re.IGNORECASE)
    return Rule(whole, targets, cuts, "{side}" in pattern)


def parts_of(rig: Rig, table: PartTable) -> Array:
    """The semantic part of every vertex of a body's largest piece.

    A vertex belongs to the rule whose bones together move it most; regions are then split.

    Parameters
    ----------
    rig : Rig
        Welded; its bind pose in the body's frame (x left, y up, z forward).
    table : PartTable

    Returns
    -------
    int8 [V]
        Row of ``PARTS``; -1 for loose pieces and for vertices of bones that the table calls
        ``none``.

    Raises
    ------
    DataError
        When a bone that moves a vertex is not in the table.
    """
    labels = np.full(len(rig.vertices), -1, np.int8)
    body = body_vertices(rig)
    row = _rows(rig, body, table)
    vertices = rig.vertices[body].astype(np.float64)
    part = np.full(len(body), -1, np.int8)
    region = np.array([rule.targets[0] for rule in table.rules])[row]
    for number, rule in enumerate(table.rules):
        chosen = np.flatnonzero(row == number)
        if len(chosen) and rule.targets[0] not in REGIONS:
            levels = split_by_height(vertices[chosen], rule.cuts)
            part[chosen] = _numbers(rule.targets, vertices[chosen], levels)
    split_regions(vertices, region, part, _neck_axis(rig, table))
    complete(vertices, part)
    labels[body] = part
    return labels


def _neck_axis(rig: Rig, table: PartTable) -> Array:
    """From the root of the neck to the head, by the places of their bones in the bind pose."""
    places = np.linalg.inv(rig.bind_inverse.astype(np.float64))[:, :3, 3]
    moved = np.bincount(
        rig.bone_index.ravel(), rig.bone_weight.ravel(), minlength=len(rig.bone_names)
    )
    bones: dict[str, list[int]] = {"head": [], "neck": []}
    for number, name in enumerate(rig.bone_names):
        found = table.rule_of(name)
        target = table.rules[found].targets[0] if found is not None else ""
        if target in bones and moved[number] > 0:
            bones[target].append(number)
    if not bones["head"] or not bones["neck"]:
        return np.array([0.0, 1.0, 1.0])
    top = places[max(bones["head"], key=lambda number: float(moved[number]))]
    ways = top - places[bones["neck"]]
    return np.asarray(ways[np.argmax(np.linalg.norm(ways, axis=1))])


def _rows(rig: Rig, body: Array, table: PartTable) -> Array:
    """For each vertex of the body, the rule whose bones together move it most; int64 [N]."""
    index, weight = rig.bone_index[body], rig.bone_weight[body]
    of_bone = np.full(len(rig.bone_names), -1)
    for bone in np.unique(index[weight > 0]):
        found = table.rule_of(rig.bone_names[bone])
        if found is None:
            raise DataError(
                f"part table {table.name} says nothing of the bone {rig.bone_names[bone]}.",
                "Add a line for it.",
            )
        of_bone[bone] = found
    from scipy.spatial import cKDTree

    total = np.zeros((len(body), len(table.rules)))
    for column in range(index.shape[1]):
        rows = np.flatnonzero(weight[:, column] > 0)
        np.add.at(total, (rows, of_bone[index[rows, column]]), weight[rows, column])
    # Both sides alike: skins are painted by hand, and rules don't know sides.
    vertices = rig.vertices[body]
    total += total[cKDTree(vertices).query(vertices * np.array([-1, 1, 1], np.float32))[1]]
    # The middle line has no side: whatever bone of the trunk, neck or head moves it has it.
    middle = np.abs(vertices[:, 0]) < MIDDLE_SHARE * np.abs(vertices[:, 0]).max()
    total[np.ix_(middle, [rule.paired for rule in table.rules])] /= 100
    return np.asarray(total.argmax(axis=1))


def _numbers(targets: tuple[str, ...], vertices: Array, levels: Array) -> Array:
    """Part numbers of vertices whose bones carry ``targets``; which side, their x tells."""
    numbers = np.empty(len(vertices), np.int8)
    for place, (level, x) in enumerate(zip(levels, vertices[:, 0], strict=True)):
        name = targets[level]
        numbers[place] = PARTS.index(
            name if name in PARTS else f"{name}_{'left' if x > 0 else 'right'}"
        )
    return numbers
