"""The operators of our plugin as a person meets them in the App: what they ask, do and say.

What they do to the data set is in :mod:`wildpose.review.operators`. An operator that refuses says
so in words in its window; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wildpose.errors import WildposeError
from wildpose.review import operators, track_edits
from wildpose.review.fields import ADAPT

Values = Mapping[str, Any]
"""What was entered into a form, by name of the field."""


@dataclass(frozen=True)
class Chosen:
    """What is selected in the App when an operator is called.

    Attributes
    ----------
    dataset : fiftyone.Dataset
    clips : tuple of str
        Ids of samples: the one that is open, else those that are ticked in the grid.
    labels : tuple of mapping
        Selected boxes of the open clip, see :data:`wildpose.review.operators.Selected`.
    """

    dataset: Any
    clips: tuple[str, ...]
    labels: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class FormField:
    """One thing that an operator asks.

    Attributes
    ----------
    name, label, help : str
    kind : str
        ``int``, ``str`` or ``bool``.
    required : bool
    """

    name: str
    label: str
    kind: str
    help: str = ""
    required: bool = False


@dataclass(frozen=True)
class Command:
    """One operator.

    Attributes
    ----------
    name : str
        Within the plugin.
    label : str
        In the App's list of operators.
    act : callable
        Takes what is chosen and what was entered; returns what is to be said.
    asks : tuple of FormField
    about : str
        Above the form: what will be done.
    known : callable, optional
        Values to begin with, from what is chosen.
    redraws : bool
        Whether it changes what is drawn, which the App does not do by itself in an open clip.
    """

    name: str
    label: str
    act: Callable[[Chosen, Values], str]
    about: str
    asks: tuple[FormField, ...] = ()
    known: Callable[[Chosen], Values] = lambda _: {}
    redraws: bool = False


def _judge(accepted: bool) -> Callable[[Chosen, Values], str]:
    def act(chosen: Chosen, values: Values) -> str:
        number = operators.judge(chosen.dataset, chosen.labels, chosen.clips, accepted=accepted,
                                 whole_tracks=bool(values.get("whole_tracks")))
        return f"{_count(number, 'box', 'boxes')} {'accepted' if accepted else 'rejected'}."

    return act


def _merge(chosen: Chosen, values: Values) -> str:
    keep, other = values["keep"], values["other"]
    sample = operators.one_clip(chosen.dataset, chosen.clips)
    number = track_edits.merge_tracks(sample, keep, other)
    return f"Track {other} is part of track {keep} now ({_count(number, 'box', 'boxes')})."


def _split(chosen: Chosen, values: Values) -> str:
    sample = operators.one_clip(chosen.dataset, chosen.clips)
    new = track_edits.split_track(sample, values["track_id"], values["frame_number"])
    return f"From frame {values['frame_number']} on it is track {new}."


def _species(chosen: Chosen, values: Values) -> str:
    species = values.get("species") or ""
    named = operators.set_species(chosen.dataset, chosen.clips, chosen.labels, species,
                                  values.get("track_id"))
    return f"{named}: {species.strip() or 'no species any more'}."


def _done(chosen: Chosen, _: Values) -> str:
    number = operators.mark_done(chosen.dataset, chosen.clips)
    return f"{_count(number, 'clip', 'clips')} marked as done."


def _adapt(chosen: Chosen, _: Values) -> str:
    number = operators.send_to_adapt(chosen.dataset, chosen.clips)
    return (f"{_count(number, 'clip', 'clips')} tagged {ADAPT}: the next export lists "
            f"{'it' if number == 1 else 'them'}.")


def _export(chosen: Chosen, _: Values) -> str:
    summary = operators.export(chosen.dataset)
    said = (f"{_count(summary.pictures, 'picture', 'pictures')} with "
            f"{_count(summary.animals, 'animal', 'animals')}, "
            f"{_count(summary.species, 'name', 'names')} of species and "
            f"{_count(summary.to_adapt, 'clip', 'clips')} for adapt are in {summary.out}.")
    return "\n".join([said, *summary.notes])


def _tracks_chosen(chosen: Chosen) -> list[int]:
    if not chosen.labels:
        return []
    return sorted(set().union(*operators.track_numbers(chosen.dataset, chosen.labels).values()))


def _two_tracks(chosen: Chosen) -> Values:
    return dict(zip(("keep", "other"), _tracks_chosen(chosen), strict=False))


def _where_to_split(chosen: Chosen) -> Values:
    frames = [label["frame_number"] for label in chosen.labels if label.get("frame_number")]
    found = dict(zip(("track_id",), _tracks_chosen(chosen), strict=False))
    return found | ({"frame_number": min(frames)} if frames else {})


_WHOLE = FormField("whole_tracks", "The whole track, not this frame only", "bool")

COMMANDS = (
    Command("accept", "wildpose: accept boxes or clips", _judge(accepted=True),
            "Says that the selected boxes, or all boxes of the selected clips, are right.",
            (_WHOLE,)),
    Command("reject", "wildpose: reject boxes or clips", _judge(accepted=False),
            "Says that the selected boxes, or all boxes of the selected clips, hold no animal and "
            "no person.", (_WHOLE,)),
    Command("merge_tracks", "wildpose: merge two tracks", _merge,
            "For one animal that has two numbers in the open clip.",
            (FormField("keep", "Number to keep", "int", required=True),
             FormField("other", "Number that becomes this one", "int", required=True)),
            _two_tracks, redraws=True),
    Command("split_track", "wildpose: split a track", _split,
            "For two animals that have one number in the open clip. Select the box on the first "
            "frame of the second animal, or enter its frame.",
            (FormField("track_id", "Number of the track", "int", required=True),
             FormField("frame_number", "First frame of the second animal", "int",
                       "Counted from 1, as the App does", required=True)),
            _where_to_split, redraws=True),
    Command("set_species", "wildpose: set species", _species,
            "Names the tracks of the selected boxes; with nothing selected but clips, all animals "
            "in them.",
            (FormField("species", "Species", "str", "Empty: takes the name away"),
             FormField("track_id", "Only this track of the open clip", "int"))),
    Command("mark_done", "wildpose: mark clips as done", _done,
            "Says that all that is left in the clips is right."),
    Command("send_to_adapt", "wildpose: send clips to adapt", _adapt,
            "Tags the clips; the next export lists them for `wildpose adapt`."),
    Command("export_corrections", "wildpose: export corrections", _export,
            "Writes all corrections of this run into review/corrections in its folder."),
)


def operator_class(command: Command) -> type:
    """Make the class that FiftyOne wants of an operator.

    Parameters
    ----------
    command : Command

    Returns
    -------
    type
        A subclass of ``fiftyone.operators.Operator``. Its result is ``{"said": str, "refused":
        bool}``.
    """
    import fiftyone.operators as foo

    class CommandOperator(foo.Operator):  # type: ignore[misc]  # FiftyOne has no types
        """Asks, does and says what its command does."""

        @property
        def config(self) -> Any:
            return foo.OperatorConfig(name=command.name, label=command.label, dynamic=True,
                                      description=command.about)

        def resolve_input(self, ctx: Any) -> Any:
            return _form(command, ctx)

        def execute(self, ctx: Any) -> dict[str, Any]:
            return carry_out(command, ctx)

        def resolve_output(self, ctx: Any) -> Any:
            return _answer(command, ctx)

    return CommandOperator


def carry_out(command: Command, ctx: Any) -> dict[str, Any]:
    """Do what a command does, on what is chosen in the App.

    Parameters
    ----------
    command : Command
    ctx : fiftyone.operators.ExecutionContext

    Returns
    -------
    dict
        ``said``: what happened, in words; ``refused``: whether nothing was done.
    """
    try:
        operators.run_of(ctx.dataset)
        said = command.act(_chosen(ctx), ctx.params)
    except WildposeError as error:
        return {"said": str(error), "refused": True}
    ctx.ops.reload_samples()
    return {"said": said, "refused": False}


def _chosen(ctx: Any) -> Chosen:
    # Boxes stay selected when their clip is closed, and are out of sight then.
    opened = ctx.current_sample
    labels = tuple(one for one in ctx.selected_labels or () if one["sample_id"] == opened)
    return Chosen(ctx.dataset, (opened,) if opened else tuple(ctx.selected), labels)


def _form(command: Command, ctx: Any) -> Any:
    from fiftyone.operators import types

    form = types.Object()
    form.view("about", types.Notice(label=command.about))
    try:
        operators.run_of(ctx.dataset)
        chosen = _chosen(ctx)
        known = command.known(chosen)
        form.view("chosen", types.Header(label=_in_words(chosen)))
    except WildposeError as error:
        known = {}
        form.view("chosen", types.Warning(label=str(error)))
    for asked in command.asks:
        getattr(form, asked.kind)(
            asked.name, label=asked.label, description=asked.help or None,
            required=asked.required, default=known.get(asked.name))
    return types.Property(form, view=types.View(label=command.label))


def _in_words(chosen: Chosen) -> str:
    return (f"Selected: {_count(len(chosen.labels), 'box', 'boxes')}, "
            f"{_count(len(chosen.clips), 'clip', 'clips')}")


def _answer(command: Command, ctx: Any) -> Any:
    from fiftyone.operators import types

    results = ctx.results or {}
    refused = results.get("refused")
    answer = types.Object()
    kind = types.Warning if refused else types.Notice
    answer.view("answer", kind(label=results.get("said", "")))
    if command.redraws and ctx.current_sample and not refused:
        answer.view("hint", types.Header(label="Close the clip and open it again to see it."))
    return types.Property(answer)


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
