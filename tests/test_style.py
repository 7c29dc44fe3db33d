"""The numbers of CONTRIBUTING.md: short functions, documented names, nothing of one machine."""

from __future__ import annotations

import ast
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted([*(ROOT / "wildpose").rglob("*.py"), *(ROOT / "cli").rglob("*.py")])
MOST_LINES_OF_A_FUNCTION = 60
MOST_LINES_OF_A_MODULE = 500
MOST_PARAMETERS = 7

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end."""
    return node.end_lineno - node.lineno + 1


def public(body: list[ast.stmt], above: str = "") -> Iterator[tuple[str, Definition]]:
    """Public functions, classes and methods, with their dotted names."""
    for node in body:
        if not isinstance(node, Definition) or node.name.startswith("_"):
            continue
        yield f"{above}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{above}{node.name}.")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_and_functions_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES_OF_A_MODULE
    for node in functions(tree_of(path)):
        assert length(node) <= MOST_LINES_OF_A_FUNCTION, f"{node.name}: {length(node)} lines"


def test_most_modules_and_functions_are_very_short():
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES]
    assert statistics.median(lines) <= 200
    assert statistics.median(length(f) for p in MODULES for f in functions(tree_of(p))) <= 12


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_take_few_parameters(path):
    for node in functions(tree_of(path)):
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if given and given[0].arg in {"self", "cls"}:
            given = given[1:]
        # A sub-command has a parameter for each option: typer reads them there.
        sub_command = path.parent == ROOT / "cli" and node.name == path.stem
        assert len(given) <= MOST_PARAMETERS or sub_command, node.name


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_public_name_is_documented(path):
    tree = tree_of(path)
    assert ast.get_docstring(tree), "the module says nothing about itself"
    missing = [name for name, node in public(tree.body) if not ast.get_docstring(node)]
    assert not missing


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_is_printed_but_by_the_command_line(path):
    calls = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_silenced_check_says_why(path):
    codes = r"(?:noqa(?::\s*[A-Z0-9, ]*[0-9])?|type:\s*ignore(?:\[[a-z-, ]+\])?)"
    silenced = re.compile(rf"#\s*{codes}(?P<reason>.*)")
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = silenced.search(line)
        reason = found["reason"] if found else "not silenced"
        assert re.search(r"\w{3,}.*\w{2,}", reason), f"line {number}: no reason given"


def texts() -> list[Path]:
    """All text files of the repository (as far as git knows them, else all in its folders)."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    kinds = {".py", ".md", ".toml", ".yaml", ".yml", ".json", ".csv", ".txt", ".lock", ".html", ""}
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.suffix in kinds and path.is_file()]


def test_nothing_of_somebodys_machine_is_in_the_repository():
    # Put together here, so that this file does not hold them.
    homes = "|".join(("/ro" + "ot/", "/ho" + "me/[a-z]", "/Use" + "rs/[a-z]", "/wo" + "rk/",
                      "/t" + "mp/[a-z0-9]+/", "[A-Z]:\\\\Use" + "rs"))
    registry = "|".join(("--index" + "-url", "--find" + "-links", "registry" + "="))
    leak = re.compile(f"{homes}|{registry}")
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if leak.search(line)
    ]
    assert not found


def test_the_lock_holds_versions_and_markers_only():
    pinned = re.compile(r"[a-z0-9-]+==[0-9][\w.]*( ; [^@#]+)?")
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not pinned.fullmatch(line)] == []


@pytest.mark.parametrize("call", [("ruff", "check", "."), ("mypy",)], ids=lambda call: call[0])
def test_checkers_are_content(call):
    program = shutil.which(call[0], path=str(Path(sys.executable).parent))
    assert program, f"{call[0]} is not installed beside this Python"
    done = subprocess.run(
        [program, *call[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:]
