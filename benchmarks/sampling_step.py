"""Which time between analysed frames is worth its cost: the default of ``--every``.

``python benchmarks/sampling_step.py`` assembles clips in which an animal crosses the picture in
0.4 to 3 s, lets the model look at ten frames a second once, and then tracks every n-th of them,
from every possible first frame. Printed for each step: frames per second of clip (the cost), the
share of animals that are followed by a track that lies on them, by their time in view, the tracks
per animal, tracks on nothing, and IDF1. The animals are those of ``sample_data/make_clips.py``,
which the model may have been trained on: read how a column falls, not how high it begins. Needs
the real material (WILDPOSE_DATA).
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from wildpose.analysis.predictors import ModelFolderFactory
from wildpose.evaluation import idf1
from wildpose.masks import box_iou
from wildpose.synth import Actor, Look, Scene, Waypoint, render, truth_detections
from wildpose.tracking import TrackSettings, track_clip
from wildpose.types import Detections, Frame, FrameDetections

RATE = 10
STEPS = (1, 2, 3, 5, 10, 20)
IN_VIEW_S = (0.4, 0.8, 1.5, 3.0)
GAINS = (1.15, 1.25, 1.5)
SAME_IOU = 0.5


@dataclass(frozen=True)
class SeenClip:
    """A clip at ten frames per second: pictures, truth, and what the model says."""

    in_view_s: float
    frames: list[Frame]
    truth: list[Detections]
    found: list[Detections]


def sample_maker() -> ModuleType:
    """Load ``sample_data/make_clips.py``, which knows the animals and the places."""
    path = Path(__file__).resolve().parents[1] / "sample_data" / "make_clips.py"
    spec = importlib.util.spec_from_file_location("make_clips", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def scenes() -> Iterator[tuple[float, Scene]]:
    """One animal that crosses the picture, for every animal and every time in view."""
    maker = sample_maker()
    places = (maker.plain_background(), maker.scrub_background())
    animals = (maker.ZEBRA, maker.WILDEBEEST, maker.WARTHOG, maker.DEER)
    for number, animal in enumerate(animals):
        cutout = maker.cutout(animal, GAINS)
        for in_view_s in IN_VIEW_S:
            width = 120.0 + 20 * number
            start, end = -width / 2, maker.SIZE[0] + width / 2
            path = (Waypoint(0.3, start, 310, width), Waypoint(0.3 + in_view_s, end, 318, width))
            actor = Actor(cutout, path, sink=0.1, steps_hz=1.2)
            look = Look(noise=3, shadow=0.25, sway_px=1.0)
            yield in_view_s, Scene(places[number % 2], (actor,), duration_s=in_view_s + 0.6,
                                   rate=RATE, look=look, seed=number)


def looked_at(model: str) -> list[SeenClip]:
    """Render all clips and let the model look at every frame once."""
    predictor = ModelFolderFactory(model)(1)
    clips = []
    for in_view_s, scene in scenes():
        truths = list(render(scene))
        found = [predictor.predict([truth.frame.image])[0] for truth in truths]
        clips.append(SeenClip(in_view_s, [truth.frame for truth in truths],
                            [truth_detections(truth) for truth in truths], found))
    return clips


@dataclass(frozen=True)
class Outcome:
    """What tracking one clip at one step gives."""

    in_view_s: float
    tracks_on_it: int
    tracks_on_nothing: int
    idf1: float


def outcome(clip: SeenClip, settings: TrackSettings, step: int, first: int) -> Outcome:
    """Track every ``step``-th frame of a clip and compare with its truth."""
    chosen = range(first, len(clip.frames), step)
    tracked = track_clip(((clip.frames[i], clip.found[i]) for i in chosen), settings)
    truth = [FrameDetections(i, clip.frames[i].time_s, clip.truth[i]) for i in chosen]
    on_it, all_tracks = set(), set()
    for frame, true in zip(tracked, truth, strict=True):
        said = frame.detections.take(frame.detections.track_id > 0)
        near = box_iou(said.box_xyxy, true.detections.box_xyxy).max(axis=1, initial=0) >= SAME_IOU
        all_tracks |= set(said.track_id.tolist())
        on_it |= set(said.track_id[near].tolist())
    identity = idf1(truth, tracked)
    return Outcome(clip.in_view_s, len(on_it), len(all_tracks - on_it),
                   identity.idf1 if identity else float("nan"))


def print_table(clips: Sequence[SeenClip], threshold: float) -> None:
    """Print a line for every step."""
    settings = TrackSettings(start_score=threshold,
                             keep_score=min(TrackSettings.keep_score, threshold))
    heads = [f"{value:g} s" for value in IN_VIEW_S]
    print(f"{'step':>6}{'frames/s':>10}  animals followed, by time in view"
          f"\n{'':16}" + "".join(f"{head:>8}" for head in heads)
          + f"{'tracks/animal':>15}{'on nothing':>12}{'IDF1':>7}")
    for step in STEPS:
        results = [outcome(clip, settings, step, first) for clip in clips for first in range(step)]
        followed = [np.mean([r.tracks_on_it > 0 for r in results if r.in_view_s == value])
                    for value in IN_VIEW_S]
        pieces = np.mean([r.tracks_on_it for r in results if r.tracks_on_it])
        nothing = np.mean([r.tracks_on_nothing for r in results])
        print(f"{step / RATE:5.1f}s{RATE / step:10.1f}"
              + "".join(f"{value:8.2f}" for value in followed)
              + f"{pieces:15.2f}{nothing:12.2f}{np.nanmean([r.idf1 for r in results]):7.2f}")


def main() -> None:
    """Parse, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="animal-small")
    model = parser.parse_args().model
    print_table(looked_at(model), ModelFolderFactory(model).describe().threshold)


if __name__ == "__main__":
    main()
