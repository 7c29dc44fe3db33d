"""`wildpose surface`: pictures, map and figures of committed animals, and clear refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from wildpose.cli import main
from wildpose.surface.parts import PARTS
from wildpose.synth.remap_subjects import subject


def test_show_draws_the_reference(tmp_path, capfd):
    assert main(["surface", "show", "reference", "--out", str(tmp_path), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    with Image.open(found["picture"]) as picture:
        colours = picture.convert("RGB").getcolors(10**6)
    assert len(colours) > 100


def test_remap_writes_map_picture_and_figures(tmp_path, capfd):
    assert main(["surface", "remap", "fox", "--to", "reference", "--out", str(tmp_path),
                 "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["figures"]["charts"] == 24
    assert json.loads((tmp_path / "figures.json").read_text())["figures"] == found["figures"]
    assert (tmp_path / "map.png").is_file()
    with np.load(tmp_path / "map.npz") as kept:
        assert len(kept["face"]) == len(kept["vertices"]) == len(kept["chart"])
        assert ((kept["chart"] > 0) == (kept["face"] >= 0)).all()
        assert kept["uv"].min() >= 0
        assert kept["uv"].max() <= 1


def test_a_mesh_file_with_a_table_of_parts(tmp_path, capfd):
    fox = subject("fox")
    lines = [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in fox.mesh.vertices]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in fox.mesh.faces]
    (tmp_path / "mine.obj").write_text("\n".join(lines))
    table = [f"{i},{PARTS[p] if p >= 0 else ''}" for i, p in enumerate(fox.part)]
    (tmp_path / "parts.csv").write_text("\n".join(["vertex,part", *table]))
    assert main(["surface", "remap", str(tmp_path / "mine.obj"), "--parts",
                 str(tmp_path / "parts.csv"), "--out", str(tmp_path / "out")]) == 0
    said = capfd.readouterr().out
    assert said.startswith("mine on reference")
    assert "limb spearman" in said


@pytest.mark.parametrize(("words", "said"), [
    (["show", "moon"], "no such surface"),
    (["remap", "unicorn"], "no such animal"),
    (["remap", "fox", "--to", "moon"], "no such surface"),
    (["remap", "missing.obj", "--parts", "parts.csv"], "no such file"),
    (["remap", "all", "--assets", "missing.zip"], "missing.zip"),
    (["turn", "fox"], "turn"),
])
def test_wrong_use_is_one_clear_line(words, said, tmp_path, capfd):
    assert main(["surface", *words, "--out", str(tmp_path)]) == 2
    shown = capfd.readouterr()
    assert not shown.out
    assert said in shown.err
    assert len(shown.err.strip().splitlines()) == 1


def test_a_mesh_without_parts_is_refused(tmp_path, capfd):
    (tmp_path / "mine.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    assert main(["surface", "remap", str(tmp_path / "mine.obj"), "--out", str(tmp_path)]) == 2
    assert "--parts" in capfd.readouterr().err
