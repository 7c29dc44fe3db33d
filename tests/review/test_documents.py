"""The documents that go past FiftyOne's calls are the documents that those calls write."""

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from wildpose import masks
from wildpose.drawing.palette import CHART_COLOURS
from wildpose.results.dense_pose import encode_dense_pose, write_dense_pose
from wildpose.review.documents import (
    ATTRIBUTES,
    LABEL_FIELDS,
    ClipRows,
    crop_mask,
    frame_documents,
    frame_fields,
    insert_frames,
    object_id,
)
from wildpose.types import DensePose

SIZE = (40, 20)  # width, height


def one_row(**values):
    picture = np.zeros(SIZE[::-1], bool)
    picture[5:15, 10:30] = True
    row = {"frame_index": 0, "time_s": 0.0, "track_id": 3, "class": "animal", "score": 0.5,
           "x1": 10.0, "y1": 5.0, "x2": 30.0, "y2": 15.0,
           "mask_rle": masks.encode(picture)["counts"], "mask_confidence": 0.875, **values}
    return pd.DataFrame([row])


def clip_rows(table, frames=5, dense_pose=None):
    return ClipRows("a.mp4", *SIZE, frames, np.arange(frames) / 10, table, dense_pose)


@pytest.fixture
def dense_pose(tmp_path):
    """A file with the dense pose of the first row: chart 3 left, chart 4 right, on a wider box."""
    half = np.repeat([[3, 4]], 2, axis=0).repeat(2, axis=1).astype(np.uint8)
    pose = DensePose(
        np.array([8, 5, 32, 15], np.float32), half, np.zeros((2, 2, 4), np.float16),
        np.full((2, 4), 0.75, np.float16), np.full((2, 4), 0.125, np.float16), "dense_head")
    path = tmp_path / "dense_pose" / "a.parquet"
    row = {"clip": "a.mp4", "detection": 0, "frame_index": 0, **encode_dense_pose(pose)}
    write_dense_pose(path, [row])
    return path


def shape_of(value):
    """Keys and types of a document, whatever its values."""
    if isinstance(value, dict):
        return {key: shape_of(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape_of(inner) for inner in value]
    return type(value).__name__


@pytest.fixture
def datasets(home):
    """A data set of one clip for each of the two ways, its fields declared for ours."""
    import fiftyone as fo

    made = [fo.Dataset(), fo.Dataset()]
    for dataset in made:
        dataset.media_type = "video"
        dataset.add_sample(fo.Sample(filepath="a.mp4"))
    for field in LABEL_FIELDS:
        made[0].add_frame_field(field, fo.EmbeddedDocumentField, embedded_doc_type=fo.Detections)
        for attribute, kind in ATTRIBUTES.items():
            made[0].add_frame_field(f"{field}.detections.{attribute}", getattr(fo, kind))
    for field, kind in (("parts", fo.Segmentation), ("doubt", fo.Heatmap)):
        made[0].add_frame_field(field, fo.EmbeddedDocumentField, embedded_doc_type=kind)
    yield made
    for dataset in made:
        dataset.delete()


def write_with_the_sdk(dataset):
    import fiftyone as fo

    instance = fo.Instance()
    crop = np.ones((10, 20), bool)
    common = {"label": "animal", "bounding_box": [0.25, 0.25, 0.5, 0.5], "confidence": 0.5,
              "keyframe": True, "interpolated": False}
    linked = {"index": 3, "instance": instance}
    facts = {"mask_confidence": 0.875, "chart_confidence": 0.75, "uv_sigma": 0.125}
    sample = dataset.first()
    sample.frames[1] = fo.Frame(
        detections=fo.Detections(detections=[fo.Detection(**common, **linked, **facts)]),
        masks=fo.Detections(detections=[fo.Detection(**common, **linked, mask=crop)]),
        untracked=fo.Detections(detections=[
            fo.Detection(**common, mask_confidence=0.875)]),
        parts=fo.Segmentation(mask=np.zeros((20, 40, 3), np.uint8)),
        doubt=fo.Heatmap(map=np.zeros((20, 40), np.uint8), range=[0, 255]))
    sample.save()


def test_documents_have_the_keys_types_and_values_of_the_sdk(datasets, dense_pose):
    ours, theirs = datasets
    write_with_the_sdk(theirs)
    table = pd.concat([one_row(), one_row(track_id=0, mask_rle=None)])
    fields = frame_fields(clip_rows(table, dense_pose=dense_pose))
    insert_frames(ours, ours.first().id, frame_documents(fields, ours.first().id, datetime.now()))
    (written,), (expected,) = (list(d._frame_collection.find()) for d in datasets)
    assert shape_of(written) == shape_of(expected)
    for field in ("detections", "masks", "untracked"):
        (label,), (reference,) = (d[field]["detections"] for d in (written, expected))
        for key in set(reference) - {"_id", "instance"}:
            near = key in ("chart_confidence", "uv_sigma")  # kept in 8 bits
            assert label[key] == (pytest.approx(reference[key], rel=0.02) if near
                                  else reference[key]), (field, key)
    assert written["_dataset_id"] == ours._doc.id
    assert written["_sample_id"] == ours._sample_collection.find_one()["_id"]


def test_the_sdk_reads_what_was_written(datasets):
    ours = datasets[0]
    sample_id = ours.first().id
    fields = frame_fields(clip_rows(pd.concat([one_row(), one_row(frame_index=4, time_s=0.4)])))
    for _ in range(2):  # a second insert replaces the first
        insert_frames(ours, sample_id, frame_documents(fields, sample_id, datetime.now()))
    ours.reload()
    assert ours.values("frames.frame_number") == [[1, 2, 3, 4, 5]]
    assert ours.count("frames.detections.detections") == 5
    mask = ours.first().frames[1].masks.detections[0].mask
    assert mask.shape == (10, 20)
    assert mask.all()


def test_masks_and_dense_pose_are_carried_along_with_the_box(datasets, dense_pose):
    ours = datasets[0]
    sample_id = ours.first().id
    later = one_row(frame_index=4, time_s=0.4, x1=18.0, x2=38.0, mask_rle=None)
    fields = frame_fields(clip_rows(pd.concat([one_row(), later]), dense_pose=dense_pose))
    insert_frames(ours, sample_id, frame_documents(fields, sample_id, datetime.now()))
    ours.reload()
    frames = ours.first().frames
    masks = {n: f.masks.detections[0] for n, f in frames.items() if f.masks is not None}
    assert sorted(masks) == [1, 2, 3]  # frames 4 and 5 are nearer to the box without a mask
    assert [mask.interpolated for mask in masks.values()] == [False, True, True]
    assert [mask.bounding_box[0] * 40 for mask in masks.values()] == pytest.approx([10, 12, 14])
    assert len({mask.id for mask in masks.values()}) == 3
    right, left = ([int(v) for v in CHART_COLOURS[chart]] for chart in (3, 4))
    assert frames[1].parts.mask.shape == (20, 40, 3)
    assert frames[1].parts.mask[10, 12].tolist() == right
    assert frames[1].parts.mask[10, 28].tolist() == left
    assert not frames[1].parts.mask[10, 34].any()
    assert frames[3].parts.mask[10, 34].tolist() == left
    assert frames[1].doubt.map[10, 12] == pytest.approx(64, abs=8)  # a quarter of 255
    assert frames[1].doubt.map[10, 5] == 0
    assert frames[4].parts is None


def test_boxes_behind_the_end_of_the_video_are_left_out():
    rows = clip_rows(pd.concat([one_row(), one_row(frame_index=9, time_s=0.9)]), frames=5)
    assert sorted(frame_fields(rows)) == [0, 1, 2, 3, 4]


def test_ids_last_over_builds_and_differ_between_tracks_and_clips():
    ids = {object_id("a.mp4", "track", 1), object_id("a.mp4", "track", 2),
           object_id("b.mp4", "track", 1), object_id("a.mp4", "track", 1)}
    assert len(ids) == 3


def test_masks_are_cut_to_their_box_and_large_ones_thinned():
    picture = np.zeros((1000, 1500), bool)
    picture[100:900, 200:1400] = True
    picture[100:500, 200:800] = False
    box, crop = crop_mask(masks.encode(picture), longest_px=256)
    assert box.tolist() == [200, 100, 1400, 900]
    assert max(crop.shape) <= 256
    assert crop.mean() == pytest.approx(0.75, abs=0.01)
    assert not crop[10, 10]
    assert crop[-10, -10]


def test_an_empty_mask_is_one_empty_pixel():
    box, crop = crop_mask(masks.encode(np.zeros((20, 40), bool)))
    assert crop.shape == (1, 1)
    assert not crop.any()
    assert not box.any()
