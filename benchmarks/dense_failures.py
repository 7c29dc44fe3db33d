"""A sheet of the animals whose dense pose is worst, to be looked at.

usage: dense_failures.py MODEL FOLDER OUT.jpg [--worst N] [--held-out SHARE] [--json FILE]

Each tile: the picture, the painted charts, the points with what is right (dot) and wrong (cross).
Animals are ranked by the share of their part points whose part is right, or, where there are points
with chart and (u, v), by their geodesic point similarity.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from benchmarks.dense_subjects import Poser, Subject, add_arguments, by_picture, chosen
from wildpose.drawing.dense_pose import paint_dense_pose
from wildpose.drawing.palette import INK, PAPER
from wildpose.drawing.text import fit, font
from wildpose.evaluation.geodesic_similarity import point_similarity
from wildpose.evaluation.part_points import NOT_ASKED, PART_OF_CHART, score_point
from wildpose.evaluation.point_answers import answers_at
from wildpose.evaluation.surface_distance import reference_distance
from wildpose.formats.densepose import read_points
from wildpose.surface.orientation import facing
from wildpose.types import Array, DensePose

SIDE_PX = 260
COLUMNS = 2
MARGIN = 0.12
QUALITY = 85
NEEDS = ("part_points", "dp_x")
RIGHT, WRONG_SIDE, WRONG = (70, 220, 90), (255, 200, 40), (255, 70, 60)
_CAPTION_PX, _GAP, _SEAM = 40, 10, 3


@dataclass(frozen=True)
class Judged:
    """An animal, what was said of it, and which of its points are right.

    Attributes
    ----------
    animal : Subject
    pose : DensePose
    xy : float [P, 2]
        Its points in pixels of the picture.
    colours : list of RGB, length P
    score : float
        Share of points with the right part, or geodesic point similarity.
    kind : str
        Which of the two.
    said : str
        Wrong parts in words.
    """

    animal: Subject
    pose: DensePose
    xy: Array
    colours: list[tuple[int, int, int]]
    score: float
    kind: str
    said: str

    def caption(self) -> tuple[str, str]:
        """Two lines: what it is and how well it does; what was taken for what."""
        facts, annotation = self.animal.picture.facts, self.animal.annotation
        what = facts.get("species") or annotation.get("species") or "?"
        dark = ", night" if facts.get("night") else ""
        true = annotation.get("facing", "-")
        name = f"{self.animal.picture.path.stem} #{annotation.get('id', self.animal.row)}"
        return (f"{what}{dark} · {self.kind} {self.score:.2f} · "
                f"facing {facing(self.pose)}, true {true} · {name}", self.said)


def judged(model: Poser, animals: Sequence[Subject]) -> Iterator[Judged]:
    """Ask a model for every animal and hold the answers against its points."""
    for group in by_picture(animals):
        boxes = np.array([animal.box_xyxy for animal in group])
        poses = model.dense_pose(group[0].picture.read(), boxes)
        for animal, pose in zip(group, poses, strict=True):
            parted = [p for p in animal.annotation.get("part_points") or () if p[2] != NOT_ASKED]
            if parted:
                yield _by_parts(animal, pose, parted)
            elif len(animal.annotation.get("dp_x", ())):
                yield _by_points(animal, pose)


def _by_parts(animal: Subject, pose: DensePose, marked: Sequence[Sequence[object]]) -> Judged:
    xy = np.array([p[:2] for p in marked], np.float64)
    charts = answers_at(pose, xy).chart
    scores = [score_point(str(p[2]), str(p[3]), int(c))
              for p, c in zip(marked, charts, strict=True)]
    wrong = [f"{p[2]}: {PART_OF_CHART.get(int(c), 'nothing')}"
             for p, c, s in zip(marked, charts, scores, strict=True) if not s.part]
    return Judged(
        animal, pose, xy,
        [WRONG if not s.part else WRONG_SIDE if s.side is False else RIGHT for s in scores],
        float(np.mean([s.part for s in scores])), "part",
        ", ".join(f"{w} ({wrong.count(w)})" for w in dict.fromkeys(wrong)) or "all parts right")


def _by_points(animal: Subject, pose: DensePose) -> Judged:
    truth = read_points(animal.annotation)
    answers = answers_at(pose, truth.xy)
    distance = reference_distance()(answers.chart, answers.uv, truth.chart, truth.uv)
    similar = point_similarity(distance, truth.chart)
    lost = float((answers.chart == 0).mean())
    return Judged(
        animal, pose, truth.xy,
        [RIGHT if s > 0.75 else WRONG_SIDE if s > 0.25 else WRONG for s in similar],
        float(similar.mean()), "GPS", f"{lost:.0%} of the points on background")


def worst_of(answers: Sequence[Judged], count: int) -> list[Judged]:
    """The lowest scores first."""
    return sorted(answers, key=lambda a: a.score)[:count]


def sheet(answers: Sequence[Judged]) -> Image.Image:
    """Tiles in rows of two."""
    tiles = [tile(answer) for answer in answers]
    width, height = tiles[0].size
    rows = math.ceil(len(tiles) / COLUMNS)
    page = Image.new("RGB", (COLUMNS * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), PAPER)
    for i, picture in enumerate(tiles):
        row, column = divmod(i, COLUMNS)
        page.paste(picture, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)))
    return page


def tile(answer: Judged) -> Image.Image:
    """Crop, painted charts and points side by side over their caption."""
    crop, start, scale = _enlarged(answer.animal.picture.read(), answer.pose.box_xyxy)
    moved = answer.pose.box_xyxy - np.tile(start, 2)
    pose = DensePose(moved.astype(np.float32), answer.pose.chart, answer.pose.uv,
                     answer.pose.chart_confidence, answer.pose.uv_sigma, answer.pose.cut_by)
    painted = paint_dense_pose(crop, pose, (scale, scale))
    marked = Image.fromarray(crop)
    _mark(ImageDraw.Draw(marked), (answer.xy - start) * scale, answer.colours)
    width = 3 * SIDE_PX + 2 * _SEAM
    picture = Image.new("RGB", (width, SIDE_PX + _CAPTION_PX), PAPER)
    for k, part in enumerate((Image.fromarray(crop), Image.fromarray(painted), marked)):
        picture.paste(part, (k * (SIDE_PX + _SEAM), 0))
    draw, used = ImageDraw.Draw(picture), font(14)
    for k, line in enumerate(answer.caption()):
        draw.text((2, SIDE_PX + 2 + 18 * k), fit(line, width - 4, used), font=used, fill=INK)
    return picture


def _enlarged(image: Array, box: Array) -> tuple[Array, Array, float]:
    """The square round a box, uint8 [SIDE_PX, SIDE_PX, 3]; its corner in the picture; its scale."""
    x1, y1, x2, y2 = (float(v) for v in box)
    side = (1 + 2 * MARGIN) * max(x2 - x1, y2 - y1, 8.0)
    left, top = (x1 + x2 - side) / 2, (y1 + y2 - side) / 2
    square = (left, top, left + side, top + side)
    crop = Image.fromarray(image).transform(
        (SIDE_PX, SIDE_PX), Image.Transform.EXTENT, square, Image.Resampling.BICUBIC)
    return np.asarray(crop).copy(), np.array([left, top]), SIDE_PX / side


def _mark(draw: ImageDraw.ImageDraw, xy: Array, colours: Sequence[tuple[int, int, int]]) -> None:
    for (x, y), colour in zip(xy.tolist(), colours, strict=True):
        if colour == WRONG:
            for sign in (-1, 1):
                line = (x - 5, y - 5 * sign, x + 5, y + 5 * sign)
                draw.line(line, fill=INK, width=4)
                draw.line(line, fill=colour, width=2)
        else:
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour, outline=INK)


def main() -> None:
    """Read the options, write the sheet, print how the animals do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    add_arguments(parser)
    parser.add_argument("out", type=Path, help="picture to write")
    parser.add_argument("--worst", type=int, default=20, metavar="N")
    arguments = parser.parse_args()
    from wildpose.models.predictor import load_predictor

    model = load_predictor(arguments.model, threads=1)
    answers = list(judged(model, chosen(arguments, NEEDS)))
    if not answers:
        parser.exit(2, f"{arguments.folder}: no animal with points of its body.\n")
    worst = worst_of(answers, arguments.worst)
    sheet(worst).save(arguments.out, quality=QUALITY, optimize=True)
    scores = np.array([a.score for a in answers])
    faced = [facing(a.pose) == a.animal.annotation["facing"] for a in answers
             if a.animal.annotation.get("facing")]
    print(f"{len(answers)} animals, mean {scores.mean():.3f}, median {np.median(scores):.3f}; "
          f"facing right: {np.mean(faced) if faced else math.nan:.3f} of {len(faced)}; "
          f"the worst {len(worst)} are in {arguments.out}")
    if arguments.json:
        rows = [{"picture": a.animal.picture.path.name, "row": a.animal.row, "kind": a.kind,
                 "score": a.score, "facing": facing(a.pose),
                 "true_facing": a.animal.annotation.get("facing"), "wrong": a.said}
                for a in worst_of(answers, len(answers))]
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
