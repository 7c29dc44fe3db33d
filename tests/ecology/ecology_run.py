"""A finished run with known animals, written by the real journal and tables."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from wildpose.results.dense_pose import encode_dense_pose, write_dense_pose
from wildpose.results.journal import JOURNAL_NAME, Journal
from wildpose.results.record import ClipRecord, FileStamp, failure_row
from wildpose.results.run_folder import INFO_NAME
from wildpose.results.schema import CLIPS, DETECTIONS, TRACKS
from wildpose.results.tables import write_tables
from wildpose.types import DensePose

STEP_S, RATE = 0.5, 10.0
BODY_PX = 40.0


@dataclass(frozen=True)
class Walk:
    """One animal or person in a clip: analysed frames in which it is seen, and how fast it goes."""

    first: int
    last: int
    speed: float = 0.0  # body lengths per second
    name: str = "animal"
    track: int | None = None  # by its place in the clip; 0: belongs to no track
    pose: DensePose | None = None

    def rows(self, clip: str, number: int) -> list[dict]:
        track = number if self.track is None else self.track
        rows = []
        for k in range(self.first, self.last + 1):
            x1 = 10 + self.speed * BODY_PX * k * STEP_S
            values = dict.fromkeys(DETECTIONS.column_names)
            rows.append(values | {
                "clip": clip, "deployment": folder_of(clip),
                "frame_index": round(k * STEP_S * RATE),
                "time_s": k * STEP_S, "track_id": track, "class": self.name, "score": 0.9,
                "x1": x1, "y1": 20.0, "x2": x1 + BODY_PX, "y2": 50.0})
        return rows


@dataclass(frozen=True)
class Clip:
    """One clip of a run: when it was recorded and what is in it."""

    clip: str
    time: str | None = None
    walks: tuple[Walk, ...] = ()
    duration_s: float = 10.0
    complete: bool = True


@dataclass
class MadeRun:
    """What goes into a run folder."""

    clips: list[Clip] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def write(self, run: Path) -> Path:
        run.mkdir(parents=True, exist_ok=True)
        with Journal.open(run / JOURNAL_NAME, {}) as journal:
            for number, clip in enumerate(self.clips):
                journal.record(_record(run, clip, number))
            for clip, reason in self.failed.items():
                row = failure_row(clip, folder_of(clip), "open", reason)
                journal.record(ClipRecord(clip, FileStamp(1, 1), None, failures=(row,)))
            write_tables(journal, run)
        (run / INFO_NAME).write_text(json.dumps({}))
        return run


def folder_of(clip: str) -> str:
    return Path(clip).parent.as_posix()


def _record(run: Path, clip: Clip, number: int) -> ClipRecord:
    found = [(row, walk.pose) for i, walk in enumerate(clip.walks, 1)
             for row in walk.rows(clip.clip, i)]
    found.sort(key=lambda item: item[0]["frame_index"])
    rows = [row for row, _ in found]
    poses = [{"clip": clip.clip, "detection": i, "frame_index": row["frame_index"],
              **encode_dense_pose(pose)} for i, (row, pose) in enumerate(found) if pose is not None]
    name = f"dense_pose/{number}.parquet" if poses else None
    if name is not None:
        write_dense_pose(run / name, poses)
    tracks = tuple(_track(clip.clip, track, rows)
                   for track in sorted({row["track_id"] for row in rows} - {0}))
    of = {kind: [t for t in tracks if t["class"] == kind] for kind in ("animal", "person")}
    row = dict.fromkeys(CLIPS.column_names) | {
        "clip": clip.clip, "deployment": folder_of(clip.clip), "path": f"clips/{clip.clip}",
        "width": 640, "height": 480, "frame_rate": RATE, "duration_s": clip.duration_s,
        "frames_decoded": round(clip.duration_s * RATE),
        "frames_sampled": round(clip.duration_s / STEP_S), "packet_errors": 0, "every_s": STEP_S,
        "capture_time": clip.time, "capture_time_source": "none" if clip.time is None else "RIFF",
        "animal_tracks": len(of["animal"]), "person_tracks": len(of["person"]),
        "animal_detections": sum(r["class"] == "animal" for r in rows),
        "person_detections": sum(r["class"] == "person" for r in rows),
        "max_animals": 0, "complete": clip.complete, "dense_pose": name, "seconds": 1.0}
    return ClipRecord(clip.clip, FileStamp(1, 1), row, tracks, tuple(rows), ())


def _track(clip: str, track: int, rows: list[dict]) -> dict:
    own = [row for row in rows if row["track_id"] == track]
    first, last = own[0], own[-1]
    values = dict.fromkeys(TRACKS.column_names)
    return values | {
        "clip": clip, "deployment": folder_of(clip), "track_id": track, "class": first["class"],
        "first_frame": first["frame_index"], "last_frame": last["frame_index"],
        "first_time_s": first["time_s"], "last_time_s": last["time_s"],
        "duration_s": last["time_s"] - first["time_s"], "detections": len(own),
        "mean_score": 0.9, "max_score": 0.9}


def seen_pose(facing: str) -> DensePose:
    """Dense pose of a rendered animal that clearly points left, right, toward or away."""
    kept = np.load(Path(__file__).parents[1] / "surface" / "data" / "directions.npz")
    vector = kept["vector"]
    along = {"left": -vector[:, 0], "right": vector[:, 0], "toward": -vector[:, 2],
             "away": vector[:, 2]}[facing]
    best = int(np.argmax(along))
    iuv, box = kept["iuv"][best], kept["box"][best]
    ones = np.ones(iuv.shape[1:], np.float16)
    return DensePose(box.astype(np.float32), iuv[0], (iuv[1:] / 255).astype(np.float16), ones,
                     0.05 * ones, "dense_head")


def survey() -> MadeRun:
    """Three cameras: deer and nothing, a person and a failed clip, and one that saw nothing."""
    return MadeRun(
        [Clip("ridge/DCIM/a.mp4", "2024-03-02T06:00:00", (Walk(0, 19, 0.5), Walk(4, 9, 0.5))),
         Clip("ridge/DCIM/b.mp4", "2024-03-02T06:20:00", (Walk(2, 9),)),
         Clip("ridge/DCIM/c.mp4", "2024-03-02T07:00:00", (Walk(0, 3), Walk(5, 8))),
         Clip("ridge/DCIM/d.mp4", None, (Walk(0, 19),)),
         Clip("river/a.mp4", "2024-03-05T23:30:00", (Walk(0, 19, pose=seen_pose("left")),)),
         Clip("river/b.mp4", "2024-03-06T12:00:00", (Walk(0, 5, name="person"),)),
         Clip("plain/a.mp4", "2024-03-07T12:00:00", complete=False)],
        failed={"river/broken.mp4": "not a video"})


DEPLOYMENTS = """deployment,start,end,latitude,longitude,timezone,species
ridge,2024-03-01T08:00,2024-03-31T08:00,51.48,0,UTC,Capreolus capreolus
river,2024-03-01T08:00,2024-03-11T08:00,,,,
plain,2024-03-01T08:00,2024-03-31T08:00,,,,
swamp,2024-03-01T08:00,2024-03-01T08:00,,,,
"""
