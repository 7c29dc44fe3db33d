"""A run that is killed, at any place: the same call again ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils._pytree import tree_leaves

from wildpose.adaptation.frames import DrawSettings
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.run import AdaptSettings
from wildpose.adaptation.student import StudentSettings
from wildpose.models.folder import find_model

pytestmark = pytest.mark.long
PLACES = (("drawing", 1), ("labelling", 2), ("training network", 1),
          ("training dense pose", 1), ("judging", 1))
APART = ("curves.csv", "curves.png", "checkpoint.pt", "dense_curves.csv", "dense_curves.png",
         "dense_checkpoint.pt")
"""The curves hold how long each step took; a checkpoint that went on is packed otherwise."""

ADAPT_AND_KILL = """
import json, os, shutil, signal, sys
from pathlib import Path
import av, matplotlib.backends.backend_agg, numba, pandas, sklearn.neighbors  # once, not per child
import torch
from wildpose.adaptation import run, source, student
from wildpose.training import run as training
from test_killed import settings_in

def kill_at(place):
    return lambda *at: os.kill(os.getpid(), signal.SIGKILL) if at[:2] == place else None

def with_checkpoints(*given, **named):
    recipe = made(*given, **named)
    recipe["schedule"]["checkpoint_every"] = 1
    recipe["dense_schedule"]["checkpoint_every"] = 1
    return recipe

source.RENDERED_STILLS = 1
student.CANVASES = [[96, 160]]
training.plot_curves = lambda *_: None  # of each checkpoint; they are not compared
made, run.student_recipe = run.student_recipe, with_checkpoints
torch.set_num_threads(1)
settings = settings_in(*map(Path, sys.argv[1:4]))
for place in json.loads(sys.argv[4]):
    child = os.fork()  # torch has not reckoned yet, so it outlives a fork
    if child == 0:
        run.adapt(settings, kill_at(tuple(place or ())))
        os._exit(0)
    print(-os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    kept = settings.out.with_name("after-kills")
    if place is None and not kept.exists():
        settings.out.rename(kept)
        # nobody was killed while it was rendered: it need not be done twice
        shutil.copytree(kept / "rounds" / "source", settings.out / "rounds" / "source")
"""


def settings_in(folder: Path, clips: Path, source: Path) -> AdaptSettings:
    """Four frames and two steps on small pictures; with corrections so few are enough."""
    return AdaptSettings(
        clips=(clips / "ridge_trail/05180016.MP4",), teacher=str(folder / "small"), species="deer",
        out=folder / "deer", source=source, corrections=folder / "labels", margin=1.0,
        draw=DrawSettings(every_s=0.5, per_clip=4, most=4),
        label=LabelSettings(keep_from=0.3, points=5),
        student=StudentSettings(steps=2, batch=1, dense_steps=2, regions=4),
    )


def small_teacher(folder: Path) -> None:
    """The shipped model, looking at pictures a sixteenth of the size."""
    shipped = find_model("animal-small")
    folder.mkdir()
    (folder / "weights.safetensors").symlink_to((shipped / "weights.safetensors").resolve())
    content = json.loads((shipped / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps(content | {"canvases": [[96, 160]]}), "utf-8")


def labels_of_other_places(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder)
    content = json.loads((source / "annotations.json").read_text("utf-8"))
    content["images"] = [i | {"site": f"other {i['site']}"} for i in content["images"]]
    (folder / "annotations.json").write_text(json.dumps(content), "utf-8")


def calls(folder: Path, clips: Path, source: Path, places: tuple) -> list[int]:
    """Call the adaptation once for each place, in a process of its own; what signal ended it."""
    words = [sys.executable, "-c", ADAPT_AND_KILL, folder, clips, source, json.dumps(places)]
    ended = subprocess.run(
        [str(w) for w in words], cwd=Path(__file__).parents[2], capture_output=True, text=True,
        check=False, env={**os.environ, "OMP_NUM_THREADS": "1",
                          "PYTHONPATH": str(Path(__file__).parent)})
    sys.stderr.write(ended.stderr)  # pytest shows it with a failure
    assert ended.returncode == 0
    return [int(line) for line in ended.stdout.split()]


def written(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*"))
            if p.is_file() and p.name not in APART}


def checkpoint_of(out: Path) -> list[torch.Tensor | str]:
    """All numbers of the last checkpoint: the network's, its average's, the optimiser's."""
    path = out / "rounds" / "round-1" / "student" / "checkpoint.pt"
    return tree_leaves(torch.load(path, weights_only=True))


def test_a_killed_run_ends_with_the_same_files_to_the_last_bit(
    tmp_path, sample_clips, deer_source
):
    small_teacher(tmp_path / "small")
    labels_of_other_places(deer_source, tmp_path / "labels")
    ended = calls(tmp_path, sample_clips, deer_source, (*PLACES, None, None))
    assert ended == [signal.SIGKILL] * len(PLACES) + [0, 0]
    after_kills, undisturbed = written(tmp_path / "after-kills"), written(tmp_path / "deer")
    assert {"weights.safetensors", "model.json", "README.md"} <= set(undisturbed)
    assert set(after_kills) == set(undisturbed)
    assert [n for n, content in undisturbed.items() if after_kills[n] != content] == []
    pairs = zip(checkpoint_of(tmp_path / "after-kills"), checkpoint_of(tmp_path / "deer"),
                strict=True)
    assert all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)
