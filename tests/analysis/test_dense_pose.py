"""Dense pose from the predictor to the run folder and back."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from blob_clips import write_blob_clip
from blob_predictor import BlobFactory, PosedBlobFactory, blob_pose
from PIL import Image

from wildpose.analysis import AnalyzeSettings, analyze
from wildpose.analysis.packed_poses import PackedPoses
from wildpose.analysis.rows import kept
from wildpose.analysis.stages import StageClock
from wildpose.drawing.palette import CHART_COLOURS
from wildpose.results.check import check_run
from wildpose.results.dense_pose import decode_dense_pose
from wildpose.results.run_folder import RunFolder
from wildpose.types import Detections, Frame, FrameDetections

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def posed(made_clips, tmp_path_factory) -> RunFolder:
    """A run of clips whose upper animals come with dense pose."""
    out = tmp_path_factory.mktemp("posed") / "run"
    summary = analyze(AnalyzeSettings(made_clips, out, workers=2),
                      predictor=PosedBlobFactory(slow_s=0.002))
    assert summary.clips_with_dense_pose == 3
    assert "dense_pose" not in summary.as_json()
    return RunFolder(out)


def test_each_detection_gets_its_own_back(posed):
    rows = posed.detections().query("clip == 'east/two.avi'")
    poses = posed.dense_pose("east/two.avi")
    assert len(poses) == len(rows) == 26
    for row, pose in zip(rows.itertuples(), poses, strict=True):
        assert (pose is None) == (row.y1 > 40)
        if pose is not None:
            given = blob_pose(np.array([row.x1, row.y1, row.x2, row.y2]))
            assert np.array_equal(pose.box_xyxy, given.box_xyxy)
            assert np.array_equal(pose.chart, given.chart)
            assert np.abs(pose.uv - given.uv).max() < 0.003
            assert pose.cut_by == "mask_head"


def test_a_clip_without_animals_has_none_and_no_file(posed):
    assert posed.dense_pose("west/empty.avi") == []
    clips = posed.clips().set_index("clip")
    assert pd.isna(clips.dense_pose["west/empty.avi"])
    assert sorted(f"dense_pose/{p.name}" for p in (posed.path / "dense_pose").iterdir()) == sorted(
        clips.dense_pose.dropna())
    assert check_run(posed.path) == []


def test_its_time_is_a_stage_of_its_own(posed, made):
    seconds = posed.info()["seconds_per_stage"]
    assert seconds["dense_pose"] > 0.002 * 13 * 2
    assert "dense_pose" not in RunFolder(made.run).info()["seconds_per_stage"]


def test_sheets_paint_the_charts(posed, made):
    def chart_pixels(run):
        with Image.open(run.sheet(run.clips().set_index("clip").sheet["east/two.avi"])) as sheet:
            pixels = np.asarray(sheet.convert("RGB")).astype(float)
        return [(np.abs(pixels - (0.5 * 230 + 0.5 * CHART_COLOURS[c])).max(axis=2) < 25).sum()
                for c in (1, 2)]

    assert min(chart_pixels(posed)) > 1000
    assert max(chart_pixels(RunFolder(made.run))) < 1000


def test_a_model_without_the_head_leaves_everything_as_it_was(made):
    run = RunFolder(made.run)
    assert not (made.run / "dense_pose").exists()
    assert run.clips().dense_pose.isna().all()
    assert run.dense_pose("east/one.mp4") == [None] * 13
    assert made.summary.clips_with_dense_pose == 0


def test_kill_in_the_middle_and_again_gives_the_same_files(made_clips, posed, tmp_path):
    out = tmp_path / "killed"
    command = [sys.executable, HERE / "blob_run.py", made_clips, out]
    with subprocess.Popen([*command, "0.03", "posed"], stdout=subprocess.PIPE,
                          text=True) as process:
        assert process.stdout.readline().startswith("done")
        process.send_signal(signal.SIGKILL)
    folder = out / "dense_pose"
    folder.mkdir(exist_ok=True)
    (folder / ".half.parquet.123.part").write_bytes(b"what a kill leaves")
    (folder / "gone.parquet").write_bytes(b"written, but its clip never came into the journal")
    again = subprocess.run([*command, "0", "posed"], capture_output=True, text=True, check=False)
    assert again.returncode == 3, again.stderr
    assert check_run(out) == []
    whole = {path.name: path.read_bytes() for path in (posed.path / "dense_pose").iterdir()}
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == whole


def test_a_changed_clip_loses_the_dense_pose_of_its_old_content(clips, tmp_path):
    shutil.rmtree(clips / "east")
    (clips / "west" / "rubbish.mp4").unlink()
    (clips / "west" / "cut.avi").unlink()
    write_blob_clip(clips / "west" / "empty.avi", blobs=1)
    run = RunFolder(_analyzed(clips, tmp_path / "run"))
    assert run.clips().dense_pose.notna().all()
    write_blob_clip(clips / "west" / "empty.avi", blobs=0)
    _analyzed(clips, tmp_path / "run")
    assert list((run.path / "dense_pose").iterdir()) == []
    assert check_run(run.path) == []


def _analyzed(clips: Path, out: Path) -> Path:
    analyze(AnalyzeSettings(clips, out, workers=1), predictor=PosedBlobFactory())
    return out


def test_predictors_that_count_no_time_are_timed_as_before(made):
    assert not hasattr(BlobFactory()(1), "dense_pose_seconds")
    assert RunFolder(made.run).info()["seconds_per_stage"]["infer"] > 0


def test_poses_follow_their_detections_when_doubtful_ones_go():
    boxes = [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]]
    found = [Detections.of(boxes, scores, [1, 1, 1], dense_pose=[blob_pose(b) for b in boxes[:2]] +
                           [None]) for scores in ([0.9, 0.1, 0.8], [0.1, 0.7, 0.2])]
    image = np.zeros((12, 60, 3), np.uint8)
    packed = PackedPoses()
    passed = [FrameDetections(frame.frame_index, frame.time_s, detections)
              for frame, detections in packed.taken_from(
                  [(Frame(image, 3 * i, 0.1 * i), f) for i, f in enumerate(found)], StageClock())]
    assert not any(any(frame.detections.dense_pose) for frame in passed)
    packed.keep(passed, 0.5)
    frames = kept(passed, 0.5)
    rows = packed.rows("a.mp4", frames)
    assert [(row["detection"], row["frame_index"]) for row in rows] == [(0, 0), (2, 3)]
    assert [decode_dense_pose(row).box_xyxy[0] for row in rows] == [0, 20]
    first, second = (packed.with_poses(frame) for frame in frames)
    assert [pose is None for pose in first.dense_pose] == [False, True]
    assert second.dense_pose[0].box_xyxy.tolist() == boxes[1]
