"""The summary page of a run: what was found, where to look first, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from wildpose.drawing.html import counts, figure, link, page, table, text, url
from wildpose.drawing.legend import chart_legend

_OPEN_UP_TO = 40
_STAGES = {
    "find": "finding the file",
    "open": "opening the file",
    "decode": "reading the pictures",
    "analyse": "looking for animals",
}


@dataclass(frozen=True)
class ClipRow:
    """One clip that was analysed, whole or in part.

    Attributes
    ----------
    clip, deployment : str
        As in the tables.
    max_animals : int
        Largest number of animals in one frame.
    animal_tracks, person_tracks : int
    best_score : float or None
        Of an animal.
    first_s, last_s : float or None
        When an animal was first and last seen, seconds from the clip's start.
    duration_s : float or None
    capture_time : str or None
        As it should be read.
    complete : bool
        False where fewer frames could be read than the file declares.
    sheet : str or None
        Contact sheet, as a path relative to the page.
    dense_pose : bool
        Whether the sheet paints the parts of bodies.
    person_detections : int
        Boxes of people, also those of no track.
    """

    clip: str
    deployment: str
    max_animals: int = 0
    animal_tracks: int = 0
    person_tracks: int = 0
    best_score: float | None = None
    first_s: float | None = None
    last_s: float | None = None
    duration_s: float | None = None
    capture_time: str | None = None
    complete: bool = True
    sheet: str | None = None
    dense_pose: bool = False
    person_detections: int = 0

    @property
    def may_show_people(self) -> bool:
        """Whether a person was followed, or seen for a moment."""
        return bool(self.person_tracks or self.person_detections)


@dataclass(frozen=True)
class FailureRow:
    """One line of failures: a clip not read (``failed``), read in part, or skipped.

    Attributes
    ----------
    clip, deployment : str
    stage : str
        ``find``, ``open``, ``decode`` or ``analyse``.
    severity : str
        ``failed``, ``partial`` or ``skipped``.
    reason, remedy : str
        Plain sentences.
    """

    clip: str
    deployment: str
    stage: str
    severity: str
    reason: str
    remedy: str = ""


@dataclass(frozen=True)
class RunPage:
    """Everything that the summary page says.

    Attributes
    ----------
    source : str
        The folder of clips, as the user gave it.
    rows : tuple of ClipRow
        Every clip that was analysed.
    failures : tuple of FailureRow
    settings : dict of str to str
        What a reader needs to repeat the run, in the order to show (model, threshold, ...).
    seconds : float
        Wall-clock time of the run.
    finished : str
        Date and time, as it should be read.
    sure_score : float
        Clips whose best score lies below it are marked "check by eye".
    gallery : int
        At most so many clips are shown with their sheet; all stand in the table.
    people_blurred : bool
        Whether the sheets hide people.
    """

    source: str
    rows: tuple[ClipRow, ...]
    failures: tuple[FailureRow, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    finished: str = ""
    sure_score: float = 0.6
    gallery: int = 60
    people_blurred: bool = False


def rank(rows: Sequence[ClipRow]) -> list[ClipRow]:
    """Clips with animals, the one to look at first in front.

    By best score (in steps of a tenth), then the number of animals at once, then how long they
    are seen.
    """
    found = [row for row in rows if row.animal_tracks or row.max_animals]
    return sorted(found, key=lambda row: (
        -round(row.best_score or 0.0, 1), -row.max_animals, -_seen_s(row), row.clip))


def summary_page(run: RunPage) -> str:
    """Write the page as HTML, self-contained, for ``summary.html`` in the run folder.

    Parameters
    ----------
    run : RunPage

    Returns
    -------
    str
        To be written as UTF-8.
    """
    ranked = rank(run.rows)
    return page(f"wildpose: {run.source}", [
        _head(run, len(ranked)),
        _gallery(run, ranked),
        chart_legend() if any(row.dense_pose for row in run.rows) else "",
        _animal_table(run, ranked),
        _people(run),
        _failures(run, "failed", "Clips that could not be read",
                  "Nothing is known about these clips: they may hold animals."),
        _failures(run, "partial", "Clips read in part",
                  "What could be read was analysed and counts above; the rest was not seen."),
        _failures(run, "skipped", "Skipped", "Left out on purpose or not a clip."),
        _empty(run),
        _deployments(run),
        _settings(run),
    ])


def _head(run: RunPage, with_animals: int) -> str:
    failed = _failed(run)
    total = len(run.rows) + failed
    people = sum(row.person_tracks > 0 for row in run.rows)
    partial = sum(not row.complete for row in run.rows)
    empty = sum(_is_empty(row) for row in run.rows)
    numbers = [(total, "clips found"), (with_animals, "with animals"), (empty, "nothing found in"),
               (people, "with people"), (failed, "could not be read"), (partial, "read in part")]
    shown = [item for i, item in enumerate(numbers) if i < 3 or item[0]]
    line = (f"{total} {_plural(total, 'clip')} in <code>{text(run.source)}</code>, "
            f"analysed in {_duration(run.seconds)}")
    if run.finished:
        line += f", finished {text(run.finished)}"
    return (f"<h1>What the cameras saw</h1>\n<p class='quiet'>{line}.</p>\n{counts(shown)}"
            + _privacy(run))


def _privacy(run: RunPage) -> str:
    """Say before any picture whether people can be recognised in them."""
    count = sum(row.may_show_people for row in run.rows)
    if not count:
        return ""
    clips = f"{count} {_plural(count, 'clip')} (listed below)"
    if run.people_blurred:
        return (f"<p><span class='mark'>people</span> People, or what may be one, are in {clips}. "
                "They are blurred in the pictures of this run; the clips themselves show them.</p>")
    return (f"<p><span class='mark'>people</span> People, or what may be one, are in {clips} and "
            "can be recognised in the pictures: look at them before you share this page. To hide "
            "them, analyze with <code>--blur-people</code> into another folder.</p>")


def _gallery(run: RunPage, ranked: Sequence[ClipRow]) -> str:
    if not ranked:
        return ("<h2>Where to look first</h2><p>No animal was found. If you know of one, try a "
                "lower score threshold, and look at the clips that could not be read.</p>")
    cards = []
    for row in [r for r in ranked if r.sheet][: run.gallery]:
        target = url(row.sheet or "")
        cards.append(figure(target, f"Contact sheet of {row.clip}", _caption(run, row), target))
    rest = len(ranked) - len(cards)
    more = f" {rest} more {'stands' if rest == 1 else 'stand'} in the table below." if rest else ""
    return ("<h2>Where to look first</h2>\n<p>Clips with animals, the surest finds in front. Each "
            "picture is a contact sheet: click it to see it large. Numbers on the boxes are the "
            f"animals of that clip.{more}</p>\n<div class='cards'>{''.join(cards)}</div>")


def _caption(run: RunPage, row: ClipRow) -> str:
    facts = [_animals(row), _seen(row), text(row.capture_time or "")]
    return (f"<b class='name'>{text(row.clip)}</b><br>"
            f"{' · '.join(fact for fact in facts if fact)} {_marks(run, row)}")


def _marks(run: RunPage, row: ClipRow) -> str:
    marks = []
    if row.best_score is not None and row.best_score < run.sure_score:
        marks.append("check by eye")
    if not row.complete:
        marks.append("read in part")
    if row.may_show_people:
        marks.append("people, blurred" if run.people_blurred else "people")
    return " ".join(f'<span class="mark">{mark}</span>' for mark in marks)


def _animal_table(run: RunPage, ranked: Sequence[ClipRow]) -> str:
    if not ranked:
        return ""
    rows = [
        (f"<span class='name'>{link(row.sheet, row.clip)}</span> {_marks(run, row)}",
         text(row.capture_time or "unknown"), str(row.max_animals), str(row.animal_tracks),
         _number(row.best_score, 2), _number(row.first_s, 1), _number(row.last_s, 1),
         _number(row.duration_s, 1))
        for row in ranked
    ]
    columns = ("Clip", "Captured", "Animals at once", "Tracks", "Best score", "First seen (s)",
               "Last seen (s)", "Clip length (s)")
    doubt = (f"A score is the program's own estimate that the box holds an animal. Below "
             f"{run.sure_score:.2f} the clip is marked: check it by eye. An animal that leaves and "
             "comes back may be counted as two tracks.")
    return (f"<h2>All clips with animals</h2>\n<p>{doubt}</p>"
            + table(columns, rows, numeric=range(2, 8)))


def _people(run: RunPage) -> str:
    rows = [row for row in run.rows if row.may_show_people]
    if not rows:
        return ""
    kept_apart = "People are kept apart from animals in every table. "
    shared = ("They are blurred in the pictures here, but not in the clips: look at these before "
              "you share them." if run.people_blurred else
              "Look at these clips before you share them or pictures of them.")
    moment = " 0 tracks: a box in single frames, which may be no person."
    return (f"<h2>Clips with people</h2>\n<p>{kept_apart}{shared}{moment}</p>"
            + table(("Clip", "Captured", "Tracks of people", "Boxes of people", "Animals at once"),
                    [(f"<span class='name'>{link(row.sheet, row.clip)}</span>",
                      text(row.capture_time or "unknown"), str(row.person_tracks),
                      str(row.person_detections), str(row.max_animals)) for row in rows],
                    numeric=(2, 3, 4)))


def _failures(run: RunPage, severity: str, heading: str, meaning: str) -> str:
    lines = [row for row in run.failures if row.severity == severity]
    if not lines:
        return ""
    rows = [(f"<span class='name'>{text(row.clip)}</span>",
             text(_STAGES.get(row.stage, row.stage)), text(row.reason), text(row.remedy))
            for row in lines]
    return (f"<h2>{text(heading)}</h2>\n<p>{text(meaning)}</p>"
            + table(("Clip", "Went wrong while", "What happened", "What to do"), rows))


def _empty(run: RunPage) -> str:
    rows = [row for row in run.rows if _is_empty(row)]
    if not rows:
        return ""
    items = "".join(f"<li class='name'>{text(row.clip)}</li>" for row in rows)
    is_open = " open" if len(rows) <= _OPEN_UP_TO else ""
    return ("<h2>Clips in which nothing was found</h2>\n<p>No animal and no person above the "
            "score threshold. Small, hidden or very brief animals can be missed: look at a sample "
            f"of them.</p>\n<details{is_open}><summary>{len(rows)} "
            f"{_plural(len(rows), 'clip')}</summary><ul>{items}</ul></details>")


def _deployments(run: RunPage) -> str:
    failed = Counter(row.deployment for row in run.failures if row.severity == "failed")
    names = sorted({row.deployment for row in run.rows} | set(failed))
    if len(names) < 2:
        return ""
    rows = []
    for name in names:
        own = [row for row in run.rows if row.deployment == name]
        animals = sum(row.animal_tracks > 0 or row.max_animals > 0 for row in own)
        shown = "(top folder)" if name == "." else name
        rows.append((f"<span class='name'>{text(shown)}</span>", str(len(own) + failed[name]),
                     str(animals), str(sum(_is_empty(row) for row in own)),
                     str(sum(row.person_tracks > 0 for row in own)), str(failed[name])))
    return ("<h2>By deployment</h2>\n<p>A deployment is one camera at one place; here, the folder "
            "that holds the clips.</p>"
            + table(("Deployment", "Clips", "With animals", "Nothing found", "With people",
                     "Not read"), rows, numeric=range(1, 6)))


def _settings(run: RunPage) -> str:
    if not run.settings:
        return ""
    rows = [(text(name), f"<code>{text(value)}</code>") for name, value in run.settings.items()]
    return "<h2>How this was made</h2>" + table(("Setting", "Value"), rows)


def _failed(run: RunPage) -> int:
    return len({row.clip for row in run.failures if row.severity == "failed"})


def _is_empty(row: ClipRow) -> bool:
    return not (row.animal_tracks or row.max_animals or row.person_tracks)


def _seen_s(row: ClipRow) -> float:
    if row.first_s is None or row.last_s is None:
        return 0.0
    return row.last_s - row.first_s


def _animals(row: ClipRow) -> str:
    if row.max_animals > 1:
        return f"{row.max_animals} animals at once"
    return "1 animal" if row.animal_tracks < 2 else f"1 animal at once, {row.animal_tracks} tracks"


def _seen(row: ClipRow) -> str:
    if row.first_s is None or row.last_s is None:
        return ""
    score = f", best score {row.best_score:.2f}" if row.best_score is not None else ""
    return f"seen {row.first_s:.1f} to {row.last_s:.1f} s{score}"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
