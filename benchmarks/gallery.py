"""A sheet of rendered animals, by day and by infra-red flash: to be looked at.

usage: gallery.py OUT.jpg [SPECIES ...] [--assets ZIP] [--seed N]

Without names: every body that ships with wildpose and one of its own making. Animals of 0 A.D. must
carry their credit (it is printed); a sheet with them stays out of the repository.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from wildpose.drawing.text import font
from wildpose.synth.cast import Character, Sources, chosen_species, dressed, load_character
from wildpose.synth.cc0_animals import committed_animals
from wildpose.synth.paths import Anchor, draw_path
from wildpose.synth.scene import Role, SceneSettings, Take, plan_take, take_still
from wildpose.synth.shading import Body
from wildpose.types import Array

SIZE = (360, 240)
COLUMNS = 6
QUALITY = 82
WELL_SEEN = 0.75
OTHERS = ("quadruped", "ape", "person")


def print_gallery(out: Path, names: list[str], sources: Sources, seed: int) -> None:
    """Render each species twice, write the sheet and print whom to name."""
    chosen = chosen_species(names or [*committed_animals(), *OTHERS], sources)
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
    """Draw takes with one animal of a species until it is well seen; else the best of some."""
    settings = SceneSettings((name,), SIZE, night=float(seed[2]), sources=sources)
    rng = np.random.default_rng((*seed, 1))
    character = load_character(name, rng, sources)
    body = dressed(character, rng, sources)
    best: tuple[float, Take] | None = None
    for place in range(2):
        take = plan_take(settings, (*seed, place))
        for _ in range(6):
            shown = replace(take, roles=(drawn_role(rng, take, character, body),))
            seen = take_still(shown, 0.0).instances
            share = seen[0].visibility if seen else 0.0
            best = max(best or (-1.0, shown), (share, shown), key=lambda pair: pair[0])
            if share > WELL_SEEN:
                return shown
    return best[1] if best else take


def drawn_role(rng: np.random.Generator, take: Take, character: Character, body: Body) -> Role:
    """Draw a way through the middle of the picture at half of its height."""
    extent = max(character.height_m, 0.6 * character.length_m)
    distance = take.camera.focal_px * extent / (0.5 * SIZE[1])
    bearing = rng.uniform(-0.25, 0.25)
    heading = bearing + rng.choice([-1, 1]) * math.pi / 2 + rng.normal(0, 0.5)
    anchor = Anchor(0.0, distance * math.sin(bearing), distance * math.cos(bearing), heading)
    path = draw_path(rng, character.rig.motions, 1.0, anchor, 1.0)
    return Role(character, body, 1.0, path)


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
