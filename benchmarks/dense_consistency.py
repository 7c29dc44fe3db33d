"""How far dense pose agrees with itself: under mirroring, and from frame to frame.

usage: dense_consistency.py pictures MODEL FOLDER [--held-out SHARE] [--most N] [--json FILE]
       dense_consistency.py clips RUN [--json FILE]

No truth is needed. ``pictures`` compares the dense pose of every animal with that of the mirrored
picture, mirrored back. ``clips`` follows the tracks of a run of ``wildpose analyze``: the same cell
of the grid in successive frames; beside it the frames half a track apart, which is what agreement
costs nothing (a body that fills its box alike all the time). A model that says one thing always
agrees with itself, so read these figures beside those against truth only.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.dense_subjects import Poser, Subject, add_arguments, by_picture, chosen
from wildpose.results.run_folder import RunFolder
from wildpose.surface.charts import COARSE_PART, MIRROR_CHART
from wildpose.surface.points import points_of, positions
from wildpose.surface.reference import load_reference, mirrored_uv
from wildpose.types import Array, ClassId, DensePose

Scores = dict[str, float]
_MIRROR = np.array(MIRROR_CHART, np.uint8)
_UNSIDED = np.minimum(np.arange(25), _MIRROR)
"""A chart or its mirror image, whichever has the lower number."""
_PART = np.array(COARSE_PART)


def mirrored_back(pose: DensePose) -> tuple[Array, Array]:
    """Chart [h, w] and uv [2, h, w] of the picture whose mirror image this is the dense pose of."""
    places = pose.uv.astype(np.float32)[:, :, ::-1].transpose(1, 2, 0)
    chart, uv = mirrored_uv(pose.chart[:, ::-1], places)
    return chart, uv.transpose(2, 0, 1)


def agreement(one: tuple[Array, Array], other: tuple[Array, Array]) -> Scores | None:
    """How far two dense poses on one grid agree; None where neither shows a body.

    ``same_chart``, ``same_part`` (of the 14) and ``same_but_side`` are shares of the cells that
    show a body in either; ``chart_iou`` is the mean over the charts that either shows;
    ``distance_m`` is the median straight way, on the reference, between what the cells say that
    show a body in both.
    """
    (chart, uv), (chart_2, uv_2) = one, other
    either, both = (chart > 0) | (chart_2 > 0), (chart > 0) & (chart_2 > 0)
    if not either.any():
        return None
    a, b = chart[either], chart_2[either]
    shown = np.union1d(a, b)
    shown = shown[shown > 0]
    return {
        "same_chart": float((a == b).mean()),
        "same_part": float((_PART[a] == _PART[b]).mean()),
        "same_but_side": float((_UNSIDED[a] == _UNSIDED[b]).mean()),
        "body_iou": float(both.sum() / either.sum()),
        "chart_iou": float(np.mean([((a == c) & (b == c)).sum() / ((a == c) | (b == c)).sum()
                                    for c in shown])),
        "distance_m": _distance_m(chart[both], uv[:, both], chart_2[both], uv_2[:, both]),
    }


def _distance_m(chart: Array, uv: Array, chart_2: Array, uv_2: Array) -> float:
    if len(chart) == 0:
        return float("nan")
    surface = load_reference()
    here = positions(surface, points_of(surface, chart, uv.T))
    there = positions(surface, points_of(surface, chart_2, uv_2.T))
    return float(np.median(np.linalg.norm(here - there, axis=1)))


def flip_scores(model: Poser, animals: Sequence[Subject]) -> Iterator[tuple[Subject, Scores]]:
    """Agreement of each animal's dense pose with that of the mirrored picture."""
    for group in by_picture(animals):
        image = group[0].picture.read()
        boxes = np.array([animal.box_xyxy for animal in group])
        turned = boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1) + np.array([1, 0, 1, 0]) * image.shape[1]
        here = model.dense_pose(image, boxes)
        there = model.dense_pose(np.ascontiguousarray(image[:, ::-1]), turned)
        for animal, pose, other in zip(group, here, there, strict=True):
            found = agreement((pose.chart, pose.uv), mirrored_back(other))
            if found is not None:
                yield animal, found


def track_scores(poses: Sequence[DensePose]) -> tuple[list[Scores], list[Scores]]:
    """Agreement of successive frames of one track, and of frames half the track apart."""
    parts = [(pose.chart, pose.uv) for pose in poses]
    half = max(len(parts) // 2, 1)
    near = [agreement(a, b) for a, b in pairwise(parts)]
    far = [agreement(a, b) for a, b in zip(parts, parts[half:], strict=False)]
    return [s for s in near if s], [s for s in far if s]


def poses_of_tracks(run: RunFolder) -> Iterator[list[DensePose]]:
    """Dense poses of every animal's track of a run, in the order of its frames."""
    for clip, of_clip in run.detections().groupby("clip", sort=False):
        poses = run.dense_pose(str(clip))
        rows = of_clip.reset_index(drop=True)
        animals = rows[(rows["class"] == ClassId.ANIMAL.name.lower()) & (rows["track_id"] > 0)]
        for _, track in animals.groupby("track_id"):
            order = track.sort_values("frame_index").index
            found = [pose for pose in (poses[i] for i in order) if pose is not None]
            if len(found) > 1:
                yield found


def summary(scores: Sequence[Scores]) -> dict[str, float | int]:
    """Means over animals or pairs, and how many."""
    names = scores[0] if scores else {}
    return {"n": len(scores), **{k: float(np.nanmean([s[k] for s in scores])) for k in names}}


def print_table(groups: dict[str, dict[str, float | int]]) -> None:
    """One line for each group."""
    columns = list(next((g for g in groups.values() if g["n"]), {"n": 0}))
    print(f"{'':24}" + "".join(f"{c:>15}" for c in columns))
    for name, group in groups.items():
        cells = [group.get(c) for c in columns]
        print(f"{name:24}" + "".join(f"{c:15d}" if isinstance(c, int) else
                                     f"{c:15.3f}" if c is not None else f"{'-':>15}"
                                     for c in cells))


def _of_pictures(arguments: argparse.Namespace) -> dict[str, dict[str, float | int]]:
    from wildpose.models.predictor import load_predictor

    model = load_predictor(arguments.model, threads=1)
    rows = list(flip_scores(model, chosen(arguments)))
    night = [bool(animal.picture.facts.get("night")) for animal, _ in rows]
    return {
        "mirrored": summary([s for _, s in rows]),
        "mirrored, day": summary([s for (_, s), dark in zip(rows, night, strict=True) if not dark]),
        "mirrored, night": summary([s for (_, s), dark in zip(rows, night, strict=True) if dark]),
    }


def _of_clips(arguments: argparse.Namespace) -> dict[str, dict[str, float | int]]:
    near: list[Scores] = []
    far: list[Scores] = []
    for poses in poses_of_tracks(RunFolder(arguments.run)):
        pair = track_scores(poses)
        near += pair[0]
        far += pair[1]
    return {"next frame": summary(near), "half a track apart": summary(far)}


def main() -> None:
    """Read the options, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    kinds = parser.add_subparsers(required=True)
    pictures = kinds.add_parser("pictures", help="mirror consistency on labelled pictures")
    add_arguments(pictures)
    pictures.set_defaults(measure=_of_pictures)
    clips = kinds.add_parser("clips", help="consistency along the tracks of a run")
    clips.add_argument("run", type=Path, help="folder that wildpose analyze wrote")
    clips.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    clips.set_defaults(measure=_of_clips)
    arguments = parser.parse_args()
    groups = arguments.measure(arguments)
    print_table(groups)
    if arguments.json:
        arguments.json.write_text(json.dumps(groups, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
