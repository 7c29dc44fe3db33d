"""The notebook on adaptation runs, by the Python of this environment, and prints what is committed.

Its training is real but short. What differs between processors is only asked to be there.
"""

from __future__ import annotations

import json
import sys

import nbformat

from notebooks.execute import execute


def test_it_runs_and_prints_what_is_committed(stale_in):
    assert stale_in("3_adapt_to_a_species.ipynb") == []


def test_the_student_and_its_verdict_are_where_the_notebook_says(place):
    """Of the run above."""
    model = place / "runs" / "otter"
    folder = model / "refused" if (model / "refused").exists() else model
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert verdict["accepted"] == (folder == model)
    assert (folder / "weights.safetensors").is_file()


def test_code_and_commands_run_by_the_python_that_executes(place, monkeypatch):
    """A kernel that somebody registered, and another wildpose on the path, are passed over."""
    monkeypatch.setenv("PATH", "/nowhere")
    cells = [nbformat.v4.new_code_cell("import sys; print(sys.executable)"),
             nbformat.v4.new_code_cell("!wildpose --version")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place / "9_which.ipynb")
    which, version = execute(place / "9_which.ipynb").cells
    assert which.outputs[0].text.strip() == sys.executable
    assert version.outputs[0].text.startswith("wildpose ")
