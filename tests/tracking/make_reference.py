"""Writes what kept libraries say of our scenes, so that tests can hold us to it without them.

    python tests/tracking/make_reference.py

Run in an environment of its own with `trackers`, `trackeval` and `supervision` (they need OpenCV,
which the main environment does without), and this repository on PYTHONPATH. Two files are written:

- tests/tracking/reference.json: HOTA and IDF1 of the trackers on the scenes of scenes.py, frame
  rate by frame rate, all scenes and seeds as one. Each tracker runs twice, with its own defaults
  and with settings that say what ours say (see SETTINGS), and the better HOTA is kept.
- tests/evaluation/data/tracks.json: tracks with errors, and what trackeval says of them.

The detections are the same for all; a checksum of them tells a test whether they still are.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scenes  # beside this file
import supervision
import trackers
import trackeval

from wildpose.evaluation.track_overlap import chain_clips, track_overlap
from wildpose.types import Detections, FrameDetections

HERE = Path(__file__).parent
TRACKERS = ("SORTTracker", "ByteTrackTracker", "OCSORTTracker")
# 60 of 30 frames/s are our two seconds; a track starts at our start score and at once
SETTINGS = {
    "SORTTracker": {"lost_track_buffer": 60, "track_activation_threshold": 0.5,
                    "minimum_consecutive_frames": 1},
    "ByteTrackTracker": {"lost_track_buffer": 60, "track_activation_threshold": 0.5,
                         "high_conf_det_threshold": 0.5, "minimum_consecutive_frames": 1},
    "OCSORTTracker": {"lost_track_buffer": 60, "high_conf_det_threshold": 0.5,
                      "minimum_consecutive_frames": 1},
}


def follow(name: str, rate: float, shots: list, settings: dict) -> list[FrameDetections]:
    """Run one of their trackers over a clip; its numbers on our rows."""
    tracker = getattr(trackers, name)(frame_rate=rate, **settings)
    result = []
    for frame, found, _ in shots:
        given = supervision.Detections(
            xyxy=found.box_xyxy.astype(np.float64), confidence=found.score.astype(np.float64),
            class_id=found.class_id.astype(int), data={"row": np.arange(len(found))})
        said = tracker.update(given)
        numbers = np.zeros(len(found), np.int32)
        if len(said):
            numbers[np.asarray(said.data["row"], int)] = np.asarray(said.tracker_id, int) + 1
        result.append(FrameDetections(frame.frame_index, frame.time_s,
                                      found.with_track_id(np.maximum(numbers, 0))))
    return result


def by_trackeval(truth: list[FrameDetections], said: list[FrameDetections]) -> dict[str, float]:
    """HOTA and identity figures of trackeval, on overlaps that both sides share."""
    clip = track_overlap(truth, said)
    data = {
        "num_timesteps": len(clip.frames),
        "num_gt_ids": len(clip.true_length), "num_tracker_ids": len(clip.said_length),
        "num_gt_dets": int(clip.true_length.sum()),
        "num_tracker_dets": int(clip.said_length.sum()),
        "gt_ids": [f.true for f in clip.frames], "tracker_ids": [f.said for f in clip.frames],
        "similarity_scores": [f.iou for f in clip.frames],
    }
    hota = trackeval.metrics.HOTA().eval_sequence(data)
    identity = trackeval.metrics.Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    return {
        "hota": float(np.mean(hota["HOTA"])), "det_a": float(np.mean(hota["DetA"])),
        "ass_a": float(np.mean(hota["AssA"])), "loc_a": float(np.mean(hota["LocA"])),
        "idf1": float(identity["IDF1"]), "idtp": int(identity["IDTP"]),
        "idfn": int(identity["IDFN"]), "idfp": int(identity["IDFP"]),
    }


def compare(rate: float) -> dict:
    """All trackers on all scenes at one frame rate."""
    clips = [scenes.shoot(make(seed), rate, seed)
             for make in scenes.SCENES.values() for seed in scenes.SEEDS]
    truth = chain_clips([row for *_, row in clip] for clip in clips)
    figures = {}
    for name in TRACKERS:
        runs = []
        for label, settings in (("own defaults", {}), ("like ours", SETTINGS[name])):
            said = chain_clips(follow(name, rate, clip, settings) for clip in clips)
            runs.append({"settings": label, **by_trackeval(truth, said)})
        figures[name] = max(runs, key=lambda run: run["hota"])
    return {"checksum": scenes.checksum(clips), "trackers": figures}


def as_lists(clip: list[FrameDetections]) -> list:
    """Tracked rows as [[id, x1, y1, x2, y2], ...] for every frame."""
    def rows(found: Detections) -> list:
        pairs = zip(found.track_id.tolist(), found.box_xyxy.tolist(), strict=True)
        return [[i, *(round(v, 2) for v in box)] for i, box in pairs if i > 0]

    return [rows(frame.detections) for frame in clip]


def from_lists(frames: list) -> list[FrameDetections]:
    """The reverse of as_lists."""
    return [
        FrameDetections(n, float(n), Detections.of([row[1:] for row in rows], np.ones(len(rows)),
                                                   np.ones(len(rows)))
                        .with_track_id([row[0] for row in rows]))
        for n, rows in enumerate(frames)
    ]


def metric_cases() -> list[dict]:
    """Tracks with switches, breaks, misses and false alarms, and what trackeval says."""
    cases = []
    for name, rate, tracker in (("herd", 2.0, "SORTTracker"), ("crossing", 5.0, "OCSORTTracker"),
                                ("running", 5.0, "ByteTrackTracker")):
        shots = scenes.shoot(scenes.SCENES[name](4), rate, 4)
        truth = as_lists([row for *_, row in shots])
        said = as_lists(follow(tracker, rate, shots, SETTINGS[tracker]))
        cases.append({"truth": truth, "said": said,
                      "trackeval": by_trackeval(from_lists(truth), from_lists(said))})
    return cases


def main() -> None:
    """Write both files."""
    versions = {name: version(name) for name in ("trackers", "trackeval", "supervision", "numpy")}
    reference = {
        "versions": versions, "seeds": scenes.SEEDS, "scenes": list(scenes.SCENES),
        "settings": SETTINGS, "rates": {str(rate): compare(rate) for rate in scenes.RATES},
    }
    (HERE / "reference.json").write_text(json.dumps(reference, indent=1) + "\n")
    tracks = {"versions": versions, "cases": metric_cases()}
    path = HERE.parent / "evaluation" / "data" / "tracks.json"
    path.write_text(json.dumps(tracks) + "\n")


if __name__ == "__main__":
    main()
