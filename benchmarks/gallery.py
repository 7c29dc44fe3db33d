"""A sheet of rendered animals, by day and by infra-red flash: to be looked at.

usage: gallery.py OUT.jpg [--assets ZIP] [--seed N] [SPECIES ...]

Without names: every animal that ships with wildpose, and a procedural one. A sheet with animals of
0 A.D. must carry their credit (it is printed) and stays out of the repository.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.text import font
from wildpose.synth.cast import Sources, chosen_species, dressed, load_character
from wildpose.synth.cc0_animals import committed_animals
from wildpose.synth.paths import Anchor, draw_path
from wildpose.synth.scene import Role, SceneSettings, Take, plan_take, take_still
from wildpose.types import Array

SIZE = (360, 240)
COLUMNS = 6
QUALITY = 82


def print_gallery(out: Path, names: list[str], sources: Sources, seed: int) -> None:
    """Render each species twice, write the sheet and print whom to name."""
    chosen = chosen_species(names or [*committed_animals(), "quadruped"], sources)
    tiles, credits = [], set()
    for number, name in enumerate(chosen):
        for night in (0, 1):
            take = portrait_take(name, sources, (seed, number, night))
            tiles.append(labelled(take_still(take, 0.0).frame.image, name))
            credits |= set(take.credits)
    while len(tiles) % COLUMNS:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.concatenate(tiles[k : k + COLUMNS], 1) for k in range(0, len(tiles), COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(out, quality=QUALITY, optimize=True)
    print(f"{out}: {len(chosen)} species. Name: {'; '.join(sorted(credits))}")


def portrait_take(name: str, sources: Sources, seed: tuple[int, int, int]) -> Take:
    """Put one animal of a species into the middle of a drawn take, at half of its height."""
    settings = SceneSettings((name,), SIZE, night=float(seed[2]), sources=sources)
    take = plan_take(settings, seed)
    rng = np.random.default_rng((*seed, 1))
    character = load_character(name, rng, sources)
    extent = max(character.height_m, 0.6 * character.length_m)
    distance = take.camera.focal_px * extent / (0.5 * SIZE[1])
    bearing = rng.uniform(-0.25, 0.25)
    heading = bearing + rng.choice([-1, 1]) * math.pi / 2 + rng.normal(0, 0.5)
    anchor = Anchor(0.0, distance * math.sin(bearing), distance * math.cos(bearing), heading)
    path = draw_path(rng, character.rig.motions, 1.0, anchor, 1.0)
    role = Role(character, dressed(character, rng, sources), 1.0, path)
    return replace(take, roles=(role,))


def labelled(image: Array, name: str) -> Array:
    """Write the name into the upper left corner."""
    picture = Image.fromarray(image)
    pen = ImageDraw.Draw(picture)
    pen.text((6, 4), name, font=font(13), fill=(255, 255, 255), stroke_width=2,
             stroke_fill=(0, 0, 0))
    return np.asarray(picture)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("species", nargs="*")
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    print_gallery(given.out, given.species, Sources(given.assets), given.seed)
