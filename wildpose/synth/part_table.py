"""Which semantic part each vertex of a skinned body is: a table per skeleton, then geometry.

A table (``part_tables/*.yaml``) names, for each bone, the part that its vertices belong to. Bones
that carry several parts name a region (``head``, ``neck``, ``trunk``) that is split by geometry in
the bind pose, or several parts with the shares of the height at which one ends and the next begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from wildpose.errors import DataError
from wildpose.surface.parts import PARTS
from wildpose.synth.part_splits import split_by_height, split_head, split_neck, split_trunk
from wildpose.types import Array

FOLDER = Path(__file__).parent / "part_tables"
REGIONS = ("head", "neck", "trunk", "none")
"""What a bone may stand for besides a part: split by geometry, or no home on the reference."""


@dataclass(frozen=True)
class Rule:
    """What the bones of one pattern carry.

    Attributes
    ----------
    pattern : re.Pattern
        Matches whole bone names; its group ``side`` tells left from right.
    targets : tuple of str
        Parts without their side, or one region; from the top down.
    cuts : tuple of float
        Shares of the height, from the top, between one target and the next; one fewer.
    """

    pattern: re.Pattern[str]
    targets: tuple[str, ...]
    cuts: tuple[float, ...]


@dataclass(frozen=True)
class PartTable:
    """The rules of one skeleton, first match wins.

    Attributes
    ----------
    name : str
    rules : tuple of Rule
    left : frozenset of str
        What the group ``side`` reads on the left, in lower case.
    """

    name: str
    rules: tuple[Rule, ...]
    left: frozenset[str]

    def rule_of(self, bone: str) -> tuple[int, str] | None:
        """Row of the rule that matches a bone, and ``left``, ``right`` or an empty string."""
        for row, rule in enumerate(self.rules):
            found = rule.pattern.fullmatch(bone)
            if found:
                side = found.groupdict().get("side")
                return row, "" if side is None else (
                    "left" if side.lower() in self.left else "right"
                )
        return None


def read_part_table(path: Path) -> PartTable:
    """Read one table.

    Raises
    ------
    DataError
        When it is no such table or names a part that doesn't exist.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        left, right = (str(content["sides"][side]) for side in ("left", "right"))
        side = f"(?P<side>{re.escape(left)}|{re.escape(right)})"
        rules = tuple(
            _rule(path, re.compile(pattern.replace("{side}", side), re.IGNORECASE), str(target))
            for pattern, target in content["bones"].items()
        )
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError,
            ValueError, re.error) as error:
        raise DataError(
            f"{path}: not a table of parts ({error}).", "Compare it with the tables of wildpose."
        ) from error
    return PartTable(path.stem, rules, frozenset({left.lower()}))


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


def _rule(path: Path, pattern: re.Pattern[str], target: str) -> Rule:
    pieces = [piece.strip() for piece in target.split("|")]
    targets, cuts = tuple(pieces[::2]), tuple(float(cut) for cut in pieces[1::2])
    known = {*REGIONS, *PARTS, *(part.rsplit("_", 1)[0] for part in PARTS)}
    unknown = [name for name in targets if name not in known]
    if unknown or list(cuts) != sorted(cuts):
        raise DataError(
            f"{path}: '{target}' is no part, or its cuts go backwards.",
            f"Parts are {', '.join(sorted(known))}.",
        )
    return Rule(pattern, targets, cuts)


def parts_of(
    vertices: Array, bone_names: Sequence[str], dominant: Array, table: PartTable
) -> Array:
    """The semantic part of every vertex.

    Parameters
    ----------
    vertices : float [V, 3]
        Bind pose in the body's frame (x left, y up, z forward).
    bone_names : sequence of str, length B
    dominant : int [V]
        The bone that moves each vertex most.
    table : PartTable

    Returns
    -------
    int8 [V]
        Row of ``PARTS``; -1 for vertices of bones that the table calls ``none``.

    Raises
    ------
    DataError
        When a bone that moves a vertex is not in the table.
    """
    labels = np.full(len(vertices), -1, np.int8)
    region, side, rule = _regions(bone_names, dominant, table)
    for row in np.unique(rule):
        for one_side in ("", "left", "right"):
            chosen = np.flatnonzero((rule == row) & (side == one_side) & (region == ""))
            if len(chosen):
                levels = split_by_height(vertices[chosen], table.rules[row].cuts)
                labels[chosen] = _numbers(
                    table.rules[row].targets, one_side, vertices[chosen], levels
                )
    for name, split in (("head", split_head), ("neck", split_neck), ("trunk", split_trunk)):
        chosen = np.flatnonzero(region == name)
        if len(chosen):
            labels[chosen] = split(vertices[chosen])
    return labels


def dominant_bones(bone_index: Array, bone_weight: Array, count: int) -> Array:
    """The bone that moves each vertex most, int32 [V], from [V, K] bones and weights."""
    total = np.zeros((len(bone_index), count), np.float32)
    rows = np.arange(len(bone_index))
    for column in range(bone_index.shape[1]):
        np.add.at(total, (rows, bone_index[:, column]), bone_weight[:, column])
    return total.argmax(axis=1).astype(np.int32)


def _regions(
    bone_names: Sequence[str], dominant: Array, table: PartTable
) -> tuple[Array, Array, Array]:
    """Per vertex: the region ("" where its bone names parts), the side, the row of the rule."""
    region, side, rule = (np.full(len(bone_names), "", dtype="U8") for _ in range(3))
    for bone in np.unique(dominant):
        found = table.rule_of(bone_names[bone])
        if found is None:
            raise DataError(
                f"part table {table.name} says nothing of the bone {bone_names[bone]}.",
                "Add a line for it.",
            )
        row, side[bone] = found
        rule[bone] = str(row)
        if table.rules[row].targets[0] in REGIONS:
            region[bone] = table.rules[row].targets[0]
    return region[dominant], side[dominant], rule[dominant].astype(np.int64)


def _numbers(targets: tuple[str, ...], side: str, vertices: Array, levels: Array) -> Array:
    """Part numbers of vertices whose bone carries ``targets``; no side means: by the sign of x."""
    lateral = np.where(vertices[:, 0] > 0, "left", "right") if not side else np.full(
        len(vertices), side
    )
    names = [
        target if target in PARTS else f"{target}_{one}"
        for target, one in zip(np.array(targets)[levels], lateral, strict=True)
    ]
    return np.array([PARTS.index(str(name)) for name in names], np.int8)
