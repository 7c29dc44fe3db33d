"""Imports point downward only, and the command line imports nothing heavy until it works.

The order is the one of CONTRIBUTING.md. Two neighbours that need the same thing put it one layer
down; a cycle would show only as an import error in some unlucky order.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

LAYERS = (
    ("types",),
    ("errors", "masks", "species_models"),
    ("video", "surface"),
    ("formats", "drawing"),
    ("synth",),
    ("models", "data", "tracking", "evaluation"),
    ("training", "results"),
    ("analysis", "ecology"),
    ("adaptation", "review", "export"),
    ("cli",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted([*(ROOT / "wildpose").rglob("*.py"), *(ROOT / "cli").rglob("*.py")])
LIGHT = {"typer", "wildpose.errors"}


def part_of(path: Path) -> str:
    """Name of the package or single module of wildpose that a file belongs to."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    return inside[0] if inside[0] == "cli" else inside[1]


def imported(tree: ast.AST) -> Iterator[str]:
    """Full names of all that is imported absolutely, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def loaded_at_once(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements at the top of a module, without what only type checkers read."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_package_has_its_layer():
    found = {part_of(path) for path in MODULES} - {"__init__"}
    assert found <= LEVEL.keys()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downward(path):
    own = part_of(path)
    if own == "__init__":
        assert not [name for name in imported(parse(path)) if name.startswith("wildpose.")]
        return
    for name in imported(parse(path)):
        if not name.startswith("wildpose."):
            continue
        other = name.split(".")[1]
        assert other == own or LEVEL[other] < LEVEL[own], f"{own} imports {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "cli").glob("*.py")), ids=name_of)
def test_the_command_line_loads_only_light_things(path):
    for statement in loaded_at_once(parse(path)):
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        for name in imported(statement):
            light = name.split(".")[0] in sys.stdlib_module_names
            light = light or any(f"{name}.".startswith(f"{known}.") for known in LIGHT)
            assert light, f"import {name} inside the function that needs it"


def test_the_check_itself_sees_an_import_inside_a_function():
    tree = ast.parse("def f():\n    from wildpose.review import sync\n")
    assert list(imported(tree)) == ["wildpose.review.sync"]
