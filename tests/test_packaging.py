"""What `pip install .` puts where: everything below `wildpose`, the shipped model among it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "cli", "species_models", "wildpose")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> list[str]:
    """Names of the files in a wheel built from a copy of the sources, without a network."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("out")
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    call = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--no-index", "--wheel-dir", str(out), str(copy)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    with zipfile.ZipFile(next(out.glob("*.whl"))) as archive:
        return archive.namelist()


def test_nothing_lands_beside_wildpose(wheel):
    top = {name.split("/")[0] for name in wheel}
    assert {name for name in top if not name.endswith(".dist-info")} == {"wildpose"}


def test_every_module_is_in_the_wheel(wheel):
    modules = {f"wildpose/{path.relative_to(ROOT / 'wildpose').as_posix()}"
               for path in (ROOT / "wildpose").rglob("*.py")}
    modules |= {f"wildpose/cli/{path.name}" for path in (ROOT / "cli").glob("*.py")}
    assert modules <= set(wheel)
    assert "wildpose/py.typed" in wheel


def test_the_shipped_model_is_in_the_wheel(wheel):
    folder = "wildpose/species_models/animal-small"
    for name in ("model.json", "weights.safetensors", "README.md"):
        assert f"{folder}/{name}" in wheel


def test_the_licence_is_in_the_wheel(wheel):
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_packages_of_pyproject_are_those_on_the_disk():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = {"wildpose", "wildpose.cli", "wildpose.species_models"} | {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "wildpose").rglob("__init__.py")
    }
    assert set(settings["tool"]["setuptools"]["packages"]) == found


def test_the_command_is_installed():
    scripts = distribution("wildpose").entry_points.select(group="console_scripts")
    assert {script.value for script in scripts} == {"wildpose.cli:main"}


def test_ci_asks_make_test_and_then_make_validate_and_nothing_else():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, "not executable"
    lines = [line.strip() for line in script.read_text(encoding="utf-8").splitlines()]
    asked = [line for line in lines if line.startswith("make ")]
    assert asked == ['make test 2>&1 | tee "$log"', "make validate || status=$?"]
