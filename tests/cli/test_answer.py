"""`--json` prints one object to standard output and nothing else there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from wildpose.cli.answer import answering, json_line

NOISY = """
import os, subprocess, sys
from wildpose.cli.answer import answering
print("before")
with answering(as_json=True, quiet=False) as answer:
    print("a library that prints")
    os.write(1, b"a C library that prints\\n")
    subprocess.run([sys.executable, "-c", "print('a worker that prints')"], check=True)
    answer({"clips": 3}, "three clips")
    print("late print")
print("after")
"""


def test_only_the_object_is_on_standard_output():
    done = subprocess.run([sys.executable, "-c", NOISY], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["before", '{"clips": 3}', "after"]
    for noise in ("a library", "a C library", "a worker", "late"):
        assert f"{noise} " in done.stderr


def test_letters_that_the_terminal_lacks_do_not_end_the_work():
    code = "from wildpose.cli import main; main(['--version']); print('k\\xe4uzchen.avi')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.stdout.splitlines()[-1] == "k\\xe4uzchen.avi"


def test_without_json_the_text_is_printed(capsys):
    with answering(as_json=False, quiet=False) as answer:
        answer({"clips": 3}, "three clips")
    assert capsys.readouterr().out == "three clips\n"


def test_quiet_prints_nothing(capsys):
    with answering(as_json=False, quiet=True) as answer:
        answer({"clips": 3}, "three clips")
    assert capsys.readouterr().out == ""


def test_a_figure_that_cannot_be_had_is_null():
    content = {"ap": np.float32("nan"), "ece": float("inf"), "n": np.int64(3), "run": Path("a/b"),
               "list": (1, None, np.array([0.5, np.nan])), "yes": np.True_}
    assert json.loads(json_line(content)) == {
        "ap": None, "ece": None, "n": 3, "run": "a/b", "list": [1, None, [0.5, None]], "yes": True,
    }
