"""The list of sub-commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from .adapt import adapt
from .analyze import analyze
from .corrections import corrections
from .doctor import doctor
from .evaluate import evaluate
from .export import export
from .inpaint import inpaint
from .models import models
from .report import report
from .review import review
from .surface import surface
from .synth import synth
from .train import train

COMMANDS: dict[str, tuple[Callable[..., int] | typer.Typer, str]] = {
    "analyze": (analyze, "Find the animals in a folder of clips."),
    "review": (review, "Look at the clips of a run in your browser."),
    "corrections": (corrections, "Write what you corrected there, for adapt and report."),
    "export": (export, "Write the results in formats that other programs read."),
    "report": (report, "Make tables and plots of ecology: events, MaxN, activity, effort."),
    "adapt": (adapt, "Make a model better on your species, from unlabelled clips."),
    "evaluate": (evaluate, "Measure a model on pictures with known animals."),
    "train": (train, "Train a model from labelled pictures."),
    "inpaint": (inpaint, "Fill in dense pose between annotated points."),
    "synth": (synth, "Render clips of animals with exact truth."),
    "surface": (surface, "Draw the reference surface; carry animals onto it."),
    "models": (models, "List models; take over published ones, hand them on."),
    "doctor": (doctor, "Check this installation."),
}
"""Name, function (or group of commands) and line in the list of commands."""

_GO_ON = {
    "analyze": "Finished clips are kept: the same command goes on with the rest.",
    "adapt": "What is finished is kept: the same command goes on from there.",
    "train": "The last checkpoint is kept: the same command goes on from there.",
    "review": "The dataset is kept: the same command opens it again.",
    "models": "What was fetched of a file is kept: run the same command again.",
}

_EXAMPLES = {
    "analyze": "Example: wildpose analyze clips/2026-05 --out runs/2026-05",
    "review": "Example: wildpose review runs/2026-05",
    "corrections": "Example: wildpose corrections runs/2026-05 --out corrected/2026-05",
    "export": "Example: wildpose export runs/2026-05 --format megadetector --out clips/md.json",
    "report": "Example: wildpose report runs/2026-05 --deployments cameras.csv --out report",
    "adapt": 'Example: wildpose adapt clips/ --species "Pan troglodytes" --out my_models/chimp',
    "evaluate": "Example: wildpose evaluate animal-small labelled/ --report runs/evaluation",
    "synth": "Example: wildpose synth --out runs/synth --clips 40 --stills 200",
    "surface": "Example: wildpose surface remap wolf --out runs/wolf",
    "inpaint": "Example: wildpose inpaint models/teacher recipes/inpainting-teacher.yaml"
               " --out filled",
    "train": "Example: wildpose train recipes/animal-small.yaml --out models/mine",
}

app = typer.Typer(
    name="wildpose",
    help="Find the animals in camera-trap clips: boxes, masks and tracks, on a laptop.",
    epilog="Start with: wildpose analyze CLIPS --out RUN, then wildpose review RUN.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 80},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"wildpose {version('wildpose')}")
        raise typer.Exit


@app.callback()
def wildpose(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Find the animals in camera-trap clips: boxes, masks and tracks, on a laptop."""


for _name, (_command, _line) in COMMANDS.items():
    if isinstance(_command, typer.Typer):
        app.add_typer(_command, name=_name, short_help=_line)
    else:
        app.command(_name, short_help=_line, epilog=_EXAMPLES.get(_name))(_command)


def how_to_go_on(words: Sequence[str]) -> str:
    """Say what to do to a user who interrupted the command that these words call."""
    command = next((word for word in words if word in COMMANDS), "")
    return _GO_ON.get(command, "Nothing was kept: run the same command again.")
