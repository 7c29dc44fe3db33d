"""MOT files in TrackEval's layout: written, read back, read as others read them."""

import configparser

import numpy as np
import pytest

from wildpose.errors import DataError
from wildpose.formats.mot import (
    MotRow,
    MotSequence,
    read_truth,
    tracker_text,
    truth_text,
    write_truth,
)
from wildpose.types import Detections

ROWS = (
    MotRow(0, 1, (100.0, 100.0, 150.0, 180.0)),
    MotRow(0, 2, (10.5, 20.25, 40.0, 60.0), False, 2, 0.125),
    MotRow(3, 1, (104.0, 100.0, 154.0, 180.0), True, 1, 0.8),
)
CLIP = MotSequence("clip_0001", 15.0, 5, (640, 480), ROWS)
EMPTY = MotSequence("clip_0002", 12.5, 3, (64, 48), ())


def test_sequences_come_back(tmp_path):
    write_truth(tmp_path, [CLIP, EMPTY], benchmark="synth", split="train")
    assert read_truth(tmp_path / "synth-train" / "clip_0001") == CLIP
    assert read_truth(tmp_path / "synth-train" / "clip_0002") == EMPTY


def test_the_layout_is_the_one_of_trackeval(tmp_path):
    write_truth(tmp_path, [CLIP, EMPTY], benchmark="synth", split="train")
    listed = (tmp_path / "seqmaps" / "synth-train.txt").read_text().splitlines()
    assert listed == ["name", "clip_0001", "clip_0002"]
    info = configparser.ConfigParser()
    info.read(tmp_path / "synth-train" / "clip_0001" / "seqinfo.ini")
    assert info["Sequence"]["seqLength"] == "5"
    table = np.loadtxt(tmp_path / "synth-train" / "clip_0001" / "gt" / "gt.txt", delimiter=",")
    assert table.shape == (3, 9)
    assert table[0].tolist() == [1, 1, 100, 100, 50, 80, 1, 1, 1]
    assert table[1].tolist() == [1, 2, 10.5, 20.25, 29.5, 39.75, 0, 2, 0.125]
    assert table[:, 0].max() <= 5


def test_rows_are_ordered_by_frame_and_track():
    assert truth_text(ROWS[::-1]) == truth_text(ROWS)


def test_a_tracker_writes_ten_columns_and_only_what_is_tracked():
    boxes = [[0, 0, 10, 20], [5, 5, 6, 6]]
    found = Detections.of(boxes, [0.9, 0.4], [1, 1]).with_track_id([3, 0])
    text = tracker_text([Detections.empty(), found])
    assert text == "2,3,0.00,0.00,10.00,20.00,0.9000,-1,-1,-1\n"


def test_what_is_no_sequence_is_named(tmp_path):
    with pytest.raises(DataError, match="no MOT sequence"):
        read_truth(tmp_path)
    write_truth(tmp_path, [CLIP], benchmark="b", split="s")
    place = tmp_path / "b-s" / "clip_0001"
    (place / "gt" / "gt.txt").write_text("1,1,2,3,4,5\n")
    with pytest.raises(DataError, match="9 columns"):
        read_truth(place)
