"""`wildpose synth`: render clips and stills of animals, with exact truth."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wildpose.errors import UsageError

from .answer import answering
from .options import Debug, Json, Quiet, Workers, existing
from .progress import Pace, progress, time_span

if TYPE_CHECKING:
    from wildpose.synth.produce import Produced

LEAST_SIDE, MOST_SIDE = 64, 4096
_SIZE = re.compile(r"(\d+)x(\d+)")

OutFolder = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", help="Folder to write; new or empty."),
]
Clips = Annotated[int, typer.Option("--clips", metavar="N", min=0, help="How many clips (MP4).")]
Stills = Annotated[
    int,
    typer.Option("--stills", metavar="M", min=0, help="How many stills (JPEG)."),
]
Randomised = Annotated[
    int,
    typer.Option(
        "--randomised",
        metavar="N",
        min=0,
        help="How many pictures (JPEG) to train dense pose from: bodies in any coat, light and "
        "place, quickly made.",
    ),
]
Species = Annotated[
    list[str] | None,
    typer.Option(
        "--species",
        metavar="NAME",
        help="Bodies that may appear: names with commas between, all, person; a name that is none "
        "gets the list.",
        show_default="all animals",
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="FAMILY",
        help="Families (bear, feline, ...) or bodies to keep out, with commas between.",
    ),
]
Night = Annotated[
    float,
    typer.Option("--night", metavar="SHARE", min=0, max=1, help="Share by infra-red flash."),
]
Assets = Annotated[
    Path | None,
    typer.Option(
        "--assets",
        metavar="ZIP",
        help="Zip or folder of the game 0 A.D.: adds its animals (CC BY-SA 3.0).",
    ),
]
Backgrounds = Annotated[
    list[Path] | None,
    typer.Option(
        "--backgrounds",
        metavar="DIR",
        help="Pictures without animals to render into, instead of drawn places; can be given "
        "again. With --randomised also labelled ones (annotations.json): windows without a box.",
    ),
]
Fur = Annotated[
    Path | None,
    typer.Option(
        "--fur",
        metavar="DIR",
        help="Pictures to take coats from: of fur, or with --randomised of anything.",
    ),
]
OwnCoats = Annotated[
    bool,
    typer.Option(
        "--own-coats",
        help="Randomised pictures with the bodies' own look and real backgrounds, to test with.",
    ),
]
Points = Annotated[
    int | None,
    typer.Option(
        "--points",
        metavar="N",
        min=1,
        help="About how many points of dense pose on each body.",
        show_default="14 in each part; 400 with --randomised",
    ),
]
DenseMaps = Annotated[
    bool,
    typer.Option("--iuv", help="Write dense maps of chart, u and v (PNG), too."),
]
Size = Annotated[
    str,
    typer.Option(
        "--size",
        metavar="WxH",
        help="Width and height in pixels; the most that randomised pictures have.",
    ),
]
Seconds = Annotated[
    float,
    typer.Option("--seconds", metavar="S", min=0.1, max=600, help="Length of a clip."),
]
Rate = Annotated[
    float,
    typer.Option("--rate", metavar="FPS", min=1, max=120, help="Frames per second."),
]
Seed = Annotated[
    int,
    typer.Option("--seed", metavar="N", min=0, help="The same number gives the same bytes."),
]


def synth(
    out: OutFolder,
    clips: Clips = 0,
    stills: Stills = 0,
    randomised: Randomised = 0,
    species: Species = None,
    without: Without = None,
    night: Night = 0.5,
    assets: Assets = None,
    backgrounds: Backgrounds = None,
    fur: Fur = None,
    own_coats: OwnCoats = False,
    points: Points = None,
    iuv: DenseMaps = False,
    size: Size = "640x480",
    seconds: Seconds = 6.0,
    rate: Rate = 15.0,
    seed: Seed = 0,
    workers: Workers = None,
    as_json: Json = False,
    debug: Debug = False,
    quiet: Quiet = False,
) -> int:
    """Render clips and stills of animals, with exact truth.

    Writes MP4 clips, JPEG stills, COCO annotations with masks, tracks and dense pose, and tracks
    in MOT form. A camera on a tree, by day or infra-red flash; or randomised pictures to train
    from.
    """
    from wildpose.synth.cast import Sources, chosen_species
    from wildpose.synth.families import kept_species
    from wildpose.synth.produce import ProduceSettings, produce
    from wildpose.synth.scene import SceneSettings

    folders = [(folder, "folder") for folder in backgrounds or []]
    for path, what in (*folders, (assets, "assets"), (fur, "folder")):
        if path is not None:
            existing(path, what)
    sources = Sources(assets, fur)
    names = kept_species(chosen_species(_words(species), sources), _words(without))
    scene = SceneSettings(
        species=names,
        size=parse_size(size),
        seconds=seconds,
        rate=rate,
        night=night,
        sources=sources,
        backgrounds=tuple(backgrounds or ()),
    )
    settings = ProduceSettings(
        out, clips, stills, scene, iuv, seed, workers or _cores(), randomised, own_coats, points
    )
    pace = Pace()
    with answering(as_json=as_json, quiet=quiet) as answer:
        with progress("items", quiet=quiet) as show:
            made = produce(settings, lambda done, total: show(pace.step(done, total)))
        answer(made.as_json(), describe(made))
    return 0


def _words(given: list[str] | None) -> list[str]:
    return [word for words in given or [] for word in words.split(",")]


def parse_size(text: str) -> tuple[int, int]:
    """Width and height that a word like ``640x480`` stands for.

    Raises
    ------
    UsageError
        Where it is no size, or a side is odd, too small or too large.

    Examples
    --------
    >>> parse_size("640x480")
    (640, 480)
    """
    match = _SIZE.fullmatch(text.strip().lower())
    sides = [int(side) for side in match.groups()] if match else [0, 0]
    if any(side % 2 or not LEAST_SIDE <= side <= MOST_SIDE for side in sides):
        raise UsageError(
            f"--size {text}: this is no size.",
            f"Write it like 640x480: even numbers from {LEAST_SIDE} to {MOST_SIDE}.",
        )
    return sides[0], sides[1]


def describe(made: Produced) -> str:
    """Say in some lines what was written."""
    lines = [
        f"{made.clips} clips, {made.stills} stills, {made.randomised} randomised pictures "
        f"({made.frames} frames) in "
        f"{time_span(made.seconds)}: {made.animals} boxes of animals, {made.people} of people, "
        f"{made.dense} with dense pose."
    ]
    if made.clips:
        lines.append(f"Clips   {made.out / 'clips'}")
        lines.append(f"Tracks  {made.out / 'mot'}")
    if made.stills:
        lines.append(f"Stills  {made.out / 'stills'}")
    if made.randomised:
        lines.append(f"Randomised  {made.out / 'randomised'}")
    if made.credits:
        lines.append(f"Name beside pictures of them: {'; '.join(made.credits)}")
    return "\n".join(lines)


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
