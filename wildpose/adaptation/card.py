"""The card of an adapted model: from what, to what, how much better, and what it still misses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from wildpose.adaptation.census import CHARTS, Census, census_table
from wildpose.adaptation.comparison import LIGHTS, Compared
from wildpose.adaptation.drawn import DrawnFrames
from wildpose.adaptation.failures import Failures
from wildpose.adaptation.settings import AdaptSettings
from wildpose.adaptation.teachers import is_chart_rcnn
from wildpose.adaptation.verdict import Verdict
from wildpose.models.folder import ModelDescription

LISTED = 12
FEW_LABELS = 20
FEW_PICTURES = 100
LEGEND = """\
Box AP and mask AP are average precision (COCO, overlap of .50 to .95); presence AUC says how well
empty pictures are told from those with animals; part is the share of hand-marked points whose body
part is right. A dash: nothing labelled was there to measure it on.
"""


def settings_table(settings: AdaptSettings, teacher: ModelDescription, source: str) -> str:
    """All that was asked for, but for the places of this machine."""
    draw, label, student = settings.draw, settings.label, settings.student
    kept = "so that 9 of 10 should be right" if label.keep_from is None else f"{label.keep_from:g}"
    rows = [
        ("started from", f"{teacher.name}, weights {teacher.weights_sha256[:12]}"),
        ("learnt beside", source),
        ("labelled pictures of the species", _given(settings)),
        ("frames", f"one each {draw.every_s:g} s, at most {draw.per_clip} of a clip and "
                   f"{draw.most} in all"),
        ("labels kept from", kept),
        ("points of dense pose", f"{label.points} of each animal, by {label.ranking}"
         if student.dense_steps or (label.points and is_chart_rcnn(teacher))
         else "none: the dense pose is its teacher's"),
        ("training", f"{student.steps} steps of {student.batch} pictures, "
                     f"{student.target_share:.0%} of them of the species"),
        ("rounds asked for", f"{settings.rounds}"),
        ("margin", f"{settings.margin:g} box AP and presence AUC on the source"),
        ("seeds", f"{draw.seed} (frames), {label.seed} (points), {student.seed} (training)"),
        ("made with", f"wildpose {version('wildpose')} on {student.device}"),
    ]
    return _two_columns(rows)


def _given(settings: AdaptSettings) -> str:
    given = [what for what, path in (("to judge by (--val)", settings.validation),
                                     ("to learn from (--labels)", settings.corrections)) if path]
    return " and ".join(given) or "none"


def clips_text(drawn: DrawnFrames) -> str:
    """Which clips of which cameras, and what could not be read."""
    clips = Counter(place for place, _ in {(f.place, f.clip) for f in drawn.frames})
    frames, nights = Counter(f.place for f in drawn.frames), Counter(
        f.place for f in drawn.frames if f.night)
    lines = ["| folder | clips or bursts | frames | of them at night |", "|---|---|---|---|"]
    lines += [f"| {place} | {clips[place]} | {number} | {nights[place]} |"
              for place, number in frames.most_common(LISTED)]
    if len(frames) > LISTED:
        lines.append(f"| {len(frames) - LISTED} more | | | |")
    if drawn.clips_failed:
        failed = [f"- {name}: {reason}" for name, reason in drawn.clips_failed[:LISTED]]
        more = len(drawn.clips_failed) - len(failed)
        lines += ["", "Not read:", "", *failed, *([f"- and {more} more"] if more else [])]
    return "\n".join(lines)


def census_text(census: Census) -> str:
    """What the teacher labelled, as a table."""
    return _two_columns(census_table(census))


def _two_columns(rows: Sequence[tuple[str, str]]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {said} |" for what, said in rows)])


def figures_text(verdict: Verdict) -> str:
    """Teacher and student on what was labelled, by day and at night."""
    tables = [_table(what, compared) for what, compared in (
        ("the kept-out part of the source", verdict.source), ("labelled target", verdict.target))
        if compared is not None]
    return "\n".join([*tables, LEGEND]) if tables else "There was nothing labelled to measure on.\n"


def _table(what: str, compared: Compared) -> str:
    lines = [f"On {what}:", "",
             "| | pictures | box AP | mask AP | presence AUC | part |", "|---|---|---|---|---|---|"]
    models = (("teacher", compared.teacher), ("student", compared.student))
    lines += [f"| {who} | {figures.images} | {_cells(vars(figures))} |" for who, figures in models]
    lines += [f"| {who}, {'by day' if light == 'day' else 'at night'} | {own['images']} | "
              f"{_cells(own)} |" for light in LIGHTS for who, figures in models
              if (own := figures.by_light[light])["images"]]
    if compared.difference is not None:
        d = compared.difference
        lines += ["", f"Box AP, student less teacher: {d.estimate:+.3f} "
                      f"(95 % interval {d.lower:+.3f} to {d.upper:+.3f})."]
    return "\n".join([*lines, ""])


def _cells(figures: Mapping[str, Any]) -> str:
    values = [figures[k] for k in ("box_ap", "mask_ap", "presence_auc", "part")]
    return " | ".join("-" if v is None else f"{v:.3f}" for v in values)


def failures_text(census: Census, verdict: Verdict, failures: Failures | None) -> str:
    """What it still gets wrong, and what nobody has measured."""
    lines = [f"- {line}" for line in [*_counted(failures, verdict), *_unknown(census, verdict)]]
    return "\n".join([*lines, *_pictures(failures)])


def _counted(failures: Failures | None, verdict: Verdict) -> Iterator[str]:
    if failures is None:
        return
    where = "labelled target" if verdict.target is not None else "kept-out part of the source"
    night = (f" ({failures.missed_at_night} of {failures.animals_at_night} at night)"
             if failures.animals_at_night else "")
    yield (f"On the {where}, at its default threshold, it misses {failures.missed} of "
           f"{failures.animals} animals{night} and reports {failures.false_alarms} that are none.")


def _unknown(census: Census, verdict: Verdict) -> Iterator[str]:
    if verdict.target is None:
        yield ("No labelled picture of the species was there: the figures say what was forgotten, "
               "not what was gained.")
    judged = verdict.target or verdict.source
    if judged and judged.student.images < FEW_PICTURES:
        yield (f"It was judged on {judged.student.images} pictures: a few hundredths more or less "
               "may be chance.")
    for light, frames, kept in (("day", census.frames_day, census.kept_day),
                                ("night", census.frames_night, census.kept_night)):
        when = "by day" if light == "day" else "at night"
        if frames and judged and not judged.student.by_light[light]["images"]:
            yield f"It was not measured {when}, though {frames} of its frames were taken {when}."
        if kept < FEW_LABELS:
            yield (f"Only {kept} of its labels are of animals {when}." if kept else
                   f"None of its labels is of an animal {when}.")
    unseen = [chart for chart in range(1, CHARTS) if not census.points_per_chart[chart]]
    if len(unseen) == CHARTS - 1:
        yield "Dense pose was not taught: of body parts it knows what its teacher knew."
    elif unseen:
        yield (f"No point on {len(unseen)} of {CHARTS - 1} body parts was among its labels: of "
               "these it knows what its teacher knew.")
    yield ("Its labels are its teacher's: what the teacher never finds, or takes for another part, "
           "it was not taught.")


def _pictures(failures: Failures | None) -> Iterator[str]:
    if failures is None:
        return
    for heading, name, pictures in (("Missed", "missed", failures.misses),
                                    ("No animal", "false", failures.alarms)):
        if pictures:
            yield f"\n{heading} (true boxes orange, detections magenta), the worst first:\n"
        for number, picture in enumerate(pictures, 1):
            yield f"![{picture.caption}](failures/{name}-{number}.jpg) {picture.caption}\n"
