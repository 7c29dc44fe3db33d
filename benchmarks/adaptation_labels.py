"""What each idea beyond the paper does to a teacher's labels, before any student is trained.

    python -m benchmarks.adaptation_labels CLIPS_WITH_TRUTH OUT [--model animal-small] [--clips N]

CLIPS_WITH_TRUTH is what ``wildpose synth --clips N --points 196`` wrote. OUT keeps the model's
answers in every view, so that a second call is quick and a stopped one goes on. Two tables go to
standard output as Markdown: of detections and of points. Ideas are compared with the plain labels
at equal numbers: the threshold of the plain score is moved until it keeps as many, in all, as the
idea does. Intervals are of 95 % over places (paired bootstrap).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.label_clips import VIEWS, Answers, Clip, answers_of, read_clips
from benchmarks.label_ideas import (
    MOVING_SHARE,
    NEVER,
    Rows,
    flows,
    gaps,
    mean_of_track,
    moving_share,
    score_in_view,
    scores_of_neighbours,
    seen_before,
    track_numbers,
)
from benchmarks.label_points import (
    Cells,
    Chooser,
    Chosen,
    anywhere,
    apart,
    best,
    better_half,
    cells_of,
    chosen_by,
    spread,
)
from wildpose.adaptation.labels import DOUBTFUL, PRECISION, keep_from
from wildpose.evaluation.matching import match_image, overlap
from wildpose.evaluation.surface_distance import reference_distance
from wildpose.evaluation.truth import Annotation, is_left_out
from wildpose.models.folder import find_model, read_description
from wildpose.types import Array

DRAWS = 1000
RAISE = 0.2
"""Of the score of a detection that moves."""


@dataclass(frozen=True)
class Rule:
    """An order of the rows, and from where on they are labels.

    Attributes
    ----------
    name : str
    worth : float64 [N]
    threshold : float
    box_xyxy : float64 [N, 4] or None
        Other boxes than the rows' own.
    """

    name: str
    worth: Array
    threshold: float
    box_xyxy: Array | None = None


@dataclass(frozen=True)
class Judged:
    """The L candidates of a rule that count, by falling worth.

    Attributes
    ----------
    row, clip : int64 [L]
    worth : float64 [L]
    overlap : float64 [L]
        IoU with the animal that it hit; 0 where it hit none.
    animal : tuple of dict or None, length L
    """

    row: Array
    clip: Array
    worth: Array
    overlap: Array
    animal: tuple[Annotation | None, ...]

    def kept(self, threshold: float) -> Array:
        """Whether each candidate is a label, bool [L]."""
        return np.asarray(self.worth >= threshold)


def main() -> None:
    """Ask, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips_with_truth", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="animal-small")
    parser.add_argument("--clips", type=int)
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    named = read_clips(given.clips_with_truth, given.clips)
    views, clips = answers_of(given.model, named, given.out), list(named.values())
    rows = Rows.of(views["plain"])
    base = Rule("base", rows.score, keep_from(rows.score))
    near, bodies = with_flow(clips, views, rows, base)
    shown_from = read_description(find_model(given.model)).threshold
    print(detection_table(clips, *detection_rules(clips, views, base, near, shown_from)))
    print("\n" + point_table(bodies, draws(clips)))


def with_flow(
    clips: list[Clip], views: dict[str, Answers], rows: Rows, base: Rule
) -> tuple[Array, list[Cells]]:
    """What needs the flow: scores at the neighbours, float [N, 2], and cells of right labels."""
    judged = judge(clips, rows, base)
    right = defaultdict(list)
    for r, animal, keep in zip(judged.row, judged.animal, judged.kept(base.threshold), strict=True):
        if keep and animal:
            right[int(rows.clip[r])].append(
                (int(rows.clip[r]), int(rows.frame[r]), int(rows.row[r]), animal))
    near, bodies = [], list[Cells]()
    for c, clip in enumerate(clips):
        between = flows(clip)
        near.append(scores_of_neighbours(views["plain"][c], between))
        bodies += cells_of(clip, {v: a[c] for v, a in views.items()}, right[c], between)
    return np.concatenate(near), bodies


def detection_rules(
    clips: list[Clip], views: dict[str, Answers], base: Rule, near: Array, shown_from: float
) -> tuple[Rows, list[Rule]]:
    """All rows, with those that were drawn into gaps at the end, and the rules; the plain first."""
    plain = views["plain"]
    rows = Rows.of(plain)
    s, known = base.worth, base.threshold
    (mirror, mirror_box), (small, _), (large, large_box) = (
        score_in_view(plain, views[v]) for v in VIEWS[1:])
    new = ~seen_before(clips, rows)
    moves = moving_share(clips, plain) >= MOVING_SHARE
    track = track_numbers(clips, plain, shown_from)
    unlost: Array = ~(near < DOUBTFUL)  # not a number: nobody knows
    around = np.nanmean(np.column_stack([s, near]), 1)
    in_views = (s + mirror + small + large) / 4
    everywhere = np.nanmean(np.column_stack([s, mirror, small, large, near]), 1)
    in_gaps = gaps(rows, track, s >= known)
    both_boxes = _weighted(rows.box_xyxy, s, mirror_box, mirror)
    three_boxes = _weighted(both_boxes, s + mirror, large_box, large)

    def only(condition: Array) -> Array:
        return np.where(condition, s, NEVER)

    def raised(worth: Array, threshold: float, which: Array) -> Array:
        return np.where(which, np.maximum(worth, threshold), worth)

    long_tracks = np.bincount(track, minlength=1)[track] >= 2
    gaps_of_all = gaps(rows, track, everywhere >= keep_from(everywhere))
    found = [
        base,
        Rule("2a found mirrored, too", only(mirror >= DOUBTFUL), known),
        Rule("2b mean of score and mirrored score", (s + mirror) / 2, keep_from((s + mirror) / 2)),
        Rule("2d boxes: mean of both", s, known, both_boxes),
        Rule("3a found at 0.75 and 1.33, too", only(np.minimum(small, large) >= DOUBTFUL), known),
        Rule("3b mean of the scores at three scales", (s + small + large) / 3,
             keep_from((s + small + large) / 3)),
        Rule("3c mean of score and score at 1.33", (s + large) / 2, keep_from((s + large) / 2)),
        Rule("2+3 mean over all four views", in_views, keep_from(in_views)),
        Rule("2+3 boxes: mean of plain, mirrored, 1.33", s, known, three_boxes),
        Rule("4a found by flow in a neighbouring frame", only(np.asarray(unlost.any(1))), known),
        Rule("4a found by flow in both", only(np.asarray(unlost.all(1))), known),
        Rule("4a mean of score and scores by flow", around, keep_from(around)),
        Rule("4a in a track of two frames or more", only((track > 0) & long_tracks), known),
        Rule("4a mean of the score along the track", mean_of_track(track, s),
             keep_from(mean_of_track(track, s))),
        Rule("5a moves before the background", only(moves), known),
        Rule(f"5b raised by {RAISE} where it moves", s + RAISE * moves, known),
        Rule("6a and the weak ones in gaps of tracks", raised(s, known, in_gaps.found), known),
        Rule("8 nothing just there in other clips of the place", only(new), known),
        Rule("8 and weak ones in gaps of tracks",
             np.where(new, raised(s, known, in_gaps.found), NEVER), known),
        Rule("8 and raised where it moves, and gaps",
             np.where(new, raised(s + RAISE * moves, known, in_gaps.found), NEVER), known),
        Rule("7 mean over views and neighbours", everywhere, keep_from(everywhere)),
        Rule("7 the same, along the track", mean_of_track(track, everywhere),
             keep_from(mean_of_track(track, everywhere))),
        Rule("7 mean over views and neighbours, gaps filled",
             raised(everywhere, keep_from(everywhere), gaps_of_all.found), keep_from(everywhere)),
    ]
    drawn = len(in_gaps.drawn.clip)
    all_rows = rows.joined(in_gaps.drawn)
    rules = [Rule(r.name, np.append(r.worth, np.full(drawn, NEVER)), r.threshold,
                  None if r.box_xyxy is None else np.append(r.box_xyxy, in_gaps.drawn.box_xyxy, 0))
             for r in found]
    place = next(i for i, r in enumerate(rules) if r.name.startswith("6a")) + 1
    rules.insert(place, Rule("6b and boxes between, where there is none",
                             np.append(found[place - 1].worth, np.full(drawn, known)), known))
    return all_rows, rules


def _weighted(one: Array, weight: Array, other: Array, other_weight: Array) -> Array:
    share = (other_weight / np.maximum(weight + other_weight, 1e-9))[:, None]
    mixed: Array = one * (1 - share) + other * share
    return mixed


def judge(clips: list[Clip], rows: Rows, rule: Rule) -> Judged:
    """Hold all candidates of a rule against the animals of their frames."""
    boxes = rows.box_xyxy if rule.box_xyxy is None else rule.box_xyxy
    of_frame = defaultdict(list)
    for i in np.flatnonzero(rule.worth > NEVER):
        x1, y1, x2, y2 = boxes[i]
        of_frame[rows.clip[i], rows.frame[i]].append(
            {"bbox": [x1, y1, x2 - x1, y2 - y1], "score": rule.worth[i], "row": i})
    found = []
    for (c, f), candidates in of_frame.items():
        truth = clips[c][f].truth
        animals = {a["id"]: a for a in truth}
        match = match_image(truth, candidates)
        for one, number, counted in zip(match.detections, match.annotation_ids, match.counted,
                                        strict=True):
            if counted:
                animal = animals.get(number)
                close = 0.0 if animal is None else float(
                    overlap(one["bbox"], [animal["bbox"]], np.zeros(1, bool))[0])
                found.append((one["row"], c, one["score"], close, animal))
    found.sort(key=lambda one: -one[2])
    row, clip, worth, iou = (np.array([one[i] for one in found]) for i in range(4))
    return Judged(row, clip, worth, iou, tuple(one[4] for one in found))


def draws(clips: list[Clip]) -> Array:
    """How often each clip counts: as it is, and then with its place, int64 [1 + DRAWS, clips].

    Clips of one place share its stumps and plants, so places are drawn and not clips.
    """
    rng = np.random.default_rng(0)
    places, of_clip = np.unique([clip[0].site for clip in clips], return_inverse=True)
    drawn = rng.multinomial(len(places), np.full(len(places), 1 / len(places)), DRAWS)
    return np.concatenate([np.ones((1, len(clips)), np.int64), drawn[:, of_clip]])


def precision_of(judged: Judged, weight: Array, count: Array) -> Array:
    """Precision of the first candidates that make ``count``, in each draw."""
    each = weight[:, judged.clip]
    number, right = np.cumsum(each, 1), np.cumsum(each * (judged.overlap > 0), 1)
    last = np.minimum((number < count[:, None]).sum(1), number.shape[1] - 1)
    draw = np.arange(len(weight))
    share: Array = right[draw, last] / np.maximum(number[draw, last], 1)
    return share


def recall_at(judged: Judged, weight: Array, visible: Array) -> Array:
    """The most animals that are labelled while ``PRECISION`` of the labels are right."""
    each = weight[:, judged.clip]
    number, right = np.cumsum(each, 1), np.cumsum(each * (judged.overlap > 0), 1)
    enough = right >= PRECISION * number
    share: Array = np.where(enough, right, 0).max(1) / np.maximum(weight @ visible, 1)
    return share


def detection_table(clips: list[Clip], rows: Rows, rules: list[Rule]) -> str:
    """One line a rule."""
    visible = np.array([sum(not is_left_out(a) for s in clip for a in s.truth) for clip in clips])
    weight = draws(clips)
    base = judge(clips, rows, rules[0])
    sure = base.kept(rules[0].threshold)
    lines = [f"{sum(map(len, clips))} frames of {len(clips)} clips, {visible.sum()} animals to be "
             f"seen; kept from {rules[0].threshold:.3f}.", "",
             "| idea | from | labels | precision | mean IoU | recall | precision, equal number | "
             f"recall, precision {PRECISION:g} | mean IoU, as kept | verdict |", "|---" * 10 + "|"]
    for rule in rules:
        own = judge(clips, rows, rule)
        kept = own.kept(rule.threshold)
        right = kept & (own.overlap > 0)
        count = weight[:, own.clip[kept]].sum(1)
        change = (precision_of(own, weight, count) - precision_of(base, weight, count),
                  recall_at(own, weight, visible) - recall_at(base, weight, visible),
                  closeness(own, weight, kept) - closeness(base, weight, sure))
        lines.append(
            f"| {rule.name} | {rule.threshold:.3f} | {kept.sum()} | {right.sum() / kept.sum():.3f}"
            f" | {own.overlap[right].mean():.3f} | {right.sum() / visible.sum():.3f} | "
            + (" | ".join(map(_interval, change)) if rule is not rules[0] else
               f"- | ({recall_at(base, weight[:1], visible)[0]:.3f}) | -")
            + f" | {_verdict_on(rule, change) if rule is not rules[0] else '-'} |")
    return "\n".join(lines)


def closeness(judged: Judged, weight: Array, kept: Array) -> Array:
    """Mean IoU of the labels that are right, in each draw."""
    right = kept & (judged.overlap > 0)
    each = weight[:, judged.clip[right]]
    mean: Array = each @ judged.overlap[right] / np.maximum(each.sum(1), 1)
    return mean


def _verdict_on(rule: Rule, change: tuple[Array, Array, Array]) -> str:
    """Other boxes are judged by how close they lie, other orders by what they keep."""
    return verdict(*change[:2]) if rule.box_xyxy is None else verdict(change[2])


def _interval(change: Array) -> str:
    low, high = np.nanquantile(change[1:], [0.025, 0.975])
    return f"{change[0]:+.3f} ({low:+.3f} to {high:+.3f})"


def verdict(*changes: Array) -> str:
    """In a word, by the intervals of the differences."""
    ends = [np.nanquantile(c[1:], [0.025, 0.975]) for c in changes]
    up, down = any(low > 0 for low, _ in ends), any(high < 0 for _, high in ends)
    return {(True, False): "helps", (False, True): "hurts", (True, True): "both",
            (False, False): "within noise"}[up, down]


WAYS: tuple[tuple[str, Chooser], ...] = (
    ("base: best 5 by chart", best("chart")),
    ("best 5 by mask", best("mask")),
    ("best 5 by uv", best("uv")),
    ("uniform", anywhere),
    ("1 best of each chart first, by chart", spread("chart")),
    ("1 best of each chart first, by mask", spread("mask")),
    ("1 best 5 that lie apart, by chart", apart("chart")),
    ("1 any of the better half, by chart", better_half("chart")),
    ("1 any of the better half of each chart", better_half("chart", per_chart=True)),
    ("2c only where mirrored agrees, by mean", best("chart", "mirrored", agreed=True)),
    ("3c only where 0.75 and 1.33 agree", best("chart", "small", "large", agreed=True)),
    ("4b only where flow to neighbours agrees", best("chart", "before", "after", agreed=True)),
    ("2c by mean with mirrored, no condition", best("chart", "mirrored")),
    ("2c+3c by mean over views", best("chart", "mirrored", "small", "large")),
    ("7 by mean over views and flow",
     best("chart", "mirrored", "small", "large", "before", "after")),
    ("7 spread, by mean with mirrored", spread("chart", "mirrored")),
    ("7 spread, by mean over views", spread("chart", "mirrored", "small", "large")),
    ("7 spread, where mirrored agrees", spread("chart", "mirrored", agreed=True)),
    ("7 spread, by mean over views and flow",
     spread("chart", "mirrored", "small", "large", "before", "after")),
    ("7 apart, by mean over views", apart("chart", "mirrored", "small", "large")),
)


def point_table(bodies: list[Cells], weight: Array) -> str:
    """One line a way to choose; each is held against as many points of each body by chart."""
    distance = reference_distance()
    plain = chosen_by(bodies, best("chart"), distance)
    lines = [f"{len(bodies)} right labels with dense pose, {5} points of each.", "",
             "| points | number | right chart | on the animal | error, cm | charts of a body | "
             "right charts | right, equal number | right charts, equal number | verdict |",
             "|---" * 10 + "|"]
    for name, way in WAYS:
        own = chosen_by(bodies, way, distance)
        base = plain
        if (own.points != plain.points).any():
            base = chosen_by(bodies, best("chart"), distance, own.points.astype(int))
        change: tuple[Array, ...] = ()
        if not name.startswith("base"):
            change = tuple(_of(own, weight, f) - _of(base, weight, f) for f in (_right, _charts))
        n = own.points.sum()
        lines.append(
            f"| {name} | {n:.0f} | {own.right.sum() / n:.3f} | {own.on_body.sum() / n:.3f} | "
            f"{100 * own.error_m.sum() / own.on_body.sum():.1f} | {own.charts.mean():.2f} | "
            f"{own.right_charts.mean():.2f} | "
            + " | ".join([*map(_interval, change), verdict(*change)] if change else "---") + " |")
    return "\n".join(lines)


Figure = Callable[[Chosen], tuple[Array, Array]]


def _right(chosen: Chosen) -> tuple[Array, Array]:
    return chosen.right, chosen.points


def _charts(chosen: Chosen) -> tuple[Array, Array]:
    return chosen.right_charts, np.ones(len(chosen.clip))


def _of(chosen: Chosen, weight: Array, figure: Figure) -> Array:
    above, below = (weight[:, chosen.clip] @ part for part in figure(chosen))
    share: Array = above / np.maximum(below, 1)
    return share


if __name__ == "__main__":
    main()
