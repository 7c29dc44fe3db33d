"""The notebook on adaptation runs, by the Python of this environment, and prints what is committed.

Its training is real but short. What differs between processors is only asked to be there.
"""

from __future__ import annotations

import json
import os
import sys

import nbformat
import pytest

from notebooks.execute import execute

pytestmark = pytest.mark.long


def test_it_runs_and_prints_what_is_committed(stale_in):
    assert stale_in("3_adapt_to_a_species.ipynb") == []


def test_the_student_and_its_verdict_are_where_the_notebook_says(place):
    """Of the run above."""
    model = place / "runs" / "otter"
    folder = model / "refused" if (model / "refused").exists() else model
    verdict = json.loads((folder / "verdict.json").read_text("utf-8"))
    assert verdict["accepted"] == (folder == model)
    assert (folder / "weights.safetensors").is_file()


def test_code_and_commands_run_by_the_python_that_executes_and_nothing_stays(place, monkeypatch):
    """A kernel that somebody registered, and another wildpose on the path, are passed over."""
    other = place.parent / "bin" / "wildpose"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\necho another one\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(other.parent), os.defpath]))
    code = ("import os, sys; print(sys.executable, os.getpid())", "!wildpose --version")
    cells = [nbformat.v4.new_code_cell(text) for text in code]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), place / "9_short.ipynb")
    which, version = (cell.outputs[0].text for cell in execute(place / "9_short.ipynb").cells)
    program, process = which.split()
    assert program == sys.executable
    assert version.startswith("wildpose ")
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)
