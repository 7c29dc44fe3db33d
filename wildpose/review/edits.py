"""What people changed in the App, box by box: the data set beside what the run's tables say.

The App changes labels in place and keeps neither the old value nor an author. What a label was is
known all the same: ids of the machine's labels follow from clip, track and frame
(:func:`wildpose.review.documents.object_id`), so each label is laid beside the prediction that it
was written from. A label with another id was drawn by a person; a prediction without its label was
deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

from wildpose.errors import UsageError
from wildpose.results.run_folder import RunFolder
from wildpose.review.belonging import RUN_ID, read_mark
from wildpose.review.clips import Report, ReviewClip, read_clips
from wildpose.review.documents import (
    MASKS,
    TRACKED,
    UNTRACKED,
    ClipRows,
    frame_fields,
    object_id,
)
from wildpose.review.environment import proxies_of, review_home, start_fiftyone
from wildpose.review.fields import ADAPT, CLIP_KEY, REVIEW_STATE, REVIEW_STATES, SPECIES
from wildpose.review.media import MediaFolder
from wildpose.review.reviewed import Box, ClipEdits, Label, Prediction, ReviewedBox
from wildpose.review.sync import dataset_name


@dataclass(frozen=True)
class _State:
    """A clip of the data set that somebody touched."""

    sample_id: str
    digest: str | None
    edited_frames: frozenset[int]
    done: bool
    adapt: bool
    species: str

    def facts(self) -> dict[str, Any]:
        return {"done": self.done, "adapt": self.adapt, "species": self.species}


def load_reviewed(run: Path, home: Path | None = None) -> Any:
    """Load the data set that ``review`` made of a run.

    Parameters
    ----------
    run : Path
    home : Path, optional
        As in :func:`wildpose.review.build_dataset`.

    Returns
    -------
    fiftyone.Dataset

    Raises
    ------
    UsageError
        The run was never reviewed.
    ReviewError
        The database can't start.
    """
    fo = start_fiftyone(home or review_home())
    name = dataset_name(run)
    if fo.dataset_exists(name):
        dataset = fo.load_dataset(name)
        dataset.reload()
        if is_of(dataset, run):
            return dataset
    raise UsageError(f"{run}: nobody has reviewed it yet.",
                     f"Run `wildpose review {run}` and correct in the App what is wrong.")


def is_of(dataset: Any, run: Path) -> bool:
    """Whether a data set was made of the run that lies in a folder, not of one before it."""
    mark = read_mark(run)
    return mark is not None and dataset.info.get(RUN_ID) == mark.run_id


def read_edits(
    dataset: Any, folder: RunFolder, report: Report | None = None
) -> Iterator[ClipEdits]:
    """Compare a data set with the run that it was made of.

    Parameters
    ----------
    dataset : fiftyone.Dataset
    folder : RunFolder
    report : callable, optional
        Progress, see :data:`wildpose.review.clips.Report`.

    Yields
    ------
    ClipEdits
        One for each clip that somebody touched: changed a box, named a species, tagged it for
        ``adapt`` or called it done.
    """
    touched = _touched(dataset)
    for clip in read_clips(folder, MediaFolder(proxies_of(folder.path)), report):
        state = touched.pop(clip.key, None)
        if state is not None:
            yield _compared(dataset, clip, state)
    for key, state in sorted(touched.items()):
        yield ClipEdits(key, "", None, 0, 0, **state.facts(),
                        note="the run does not hold this clip any more")


def _touched(dataset: Any) -> dict[str, _State]:
    names = [CLIP_KEY, "id", "machine_digest", "synced_at", "tags", REVIEW_STATE]
    keys, ids, digests, synced, tags, states = dataset.values(names)
    named = dataset.values(SPECIES) if dataset.has_field(SPECIES) else repeat(None)
    numbers, changes = dataset.values(["frames.frame_number", "frames.last_modified_at"])
    found = {}
    for i, (key, species) in enumerate(zip(keys, named, strict=False)):
        changed = zip(numbers[i] or (), changes[i] or (), strict=True)
        edited = frozenset(number - 1 for number, time in changed
                           if time and synced[i] and time > synced[i])
        state = _State(ids[i], digests[i], edited, states[i] == REVIEW_STATES[-1],
                       ADAPT in (tags[i] or ()), (species or "").strip())
        if edited or any(state.facts().values()):
            found[key] = state
    return found


def _compared(dataset: Any, clip: ReviewClip, state: _State) -> ClipEdits:
    rows, source = clip.rows, clip.fields["source_path"]
    head = {"clip": clip.key, "deployment": clip.fields["deployment"],
            "source": Path(source) if source else None, "width": rows.width,
            "height": rows.height, **state.facts()}
    predictions, labels = _predictions(rows), _labels(dataset, state.sample_id, rows)
    if state.digest != clip.digest and _others(predictions, labels, state.edited_frames):
        return ClipEdits(**head, note="it was analyzed again after it was corrected: what the "
                         "machine had found then is not known any more")
    boxes: dict[int, list[ReviewedBox]] = defaultdict(list)
    for key in sorted(predictions.keys() | labels.keys()):
        frame_index = key[0]
        boxes[frame_index].append(ReviewedBox(predictions.get(key), labels.get(key)))
    named = rows.detections.dropna(subset=["picture"])
    return ClipEdits(**head, boxes={frame: tuple(found) for frame, found in boxes.items()},
                     pictures=dict(zip(named["frame_index"], named["picture"], strict=True)))


_Key = tuple[int, str]
"""Frame index and id of a label."""


def _others(
    predictions: Mapping[_Key, Prediction], labels: Mapping[_Key, Label],
    edited_frames: frozenset[int],
) -> bool:
    """Whether the frames that nobody touched hold other boxes than the run has now."""
    def untouched(keys: Mapping[_Key, Any]) -> set[_Key]:
        return {key for key in keys if key[0] not in edited_frames}

    same = untouched(labels)
    return same != untouched(predictions) or any(
        ReviewedBox(predictions[key], labels[key]).moved for key in same)


def _predictions(rows: ClipRows) -> dict[_Key, Prediction]:
    """All boxes that a build writes of a clip, by frame index and id."""
    masks = _masks(rows)
    found = {}
    # To draw masks and dense pose takes longer than all the rest.
    boxes_alone = replace(rows, dense_pose=None, detections=rows.detections.assign(mask_rle=None))
    for frame_index, fields in frame_fields(boxes_alone).items():
        for document in (d for name in (TRACKED, UNTRACKED) if name in fields
                         for d in fields[name]["detections"]):
            key = frame_index, str(document["_id"])
            found[key] = Prediction(
                _pixels(document["bounding_box"], rows), document["confidence"],
                document["label"], document.get("index", 0), document["interpolated"],
                masks.get(key))
    return found


def _masks(rows: ClipRows) -> dict[_Key, str]:
    table = rows.detections.sort_values(["frame_index", "track_id"], kind="stable")
    columns = zip(table["frame_index"], table["track_id"], table["mask_rle"], strict=True)
    found, untracked = {}, 0
    for frame_index, track_id, code in columns:
        if track_id == 0:
            label_id = object_id(rows.clip, UNTRACKED, untracked, frame_index)
            untracked += 1
        else:
            label_id = object_id(rows.clip, TRACKED, track_id, frame_index)
        if isinstance(code, str):
            found[int(frame_index), str(label_id)] = code
    return found


def _labels(dataset: Any, sample_id: str, rows: ClipRows) -> dict[_Key, Label]:
    """All boxes of a clip in the App, by frame index and id."""
    mask_tags = {label_id: tags for _, label_id, tags in
                 _values(dataset, sample_id, MASKS, ("id", "tags")) if tags}
    found = {}
    for name in (TRACKED, UNTRACKED):
        columns = ("id", "tags", "label", "bounding_box", "index", "keyframe", SPECIES)
        for frame, label_id, tags, word, box, index, keyframe, species in _values(
            dataset, sample_id, name, columns
        ):
            # Whoever selects what is shown of an animal may have selected its mask.
            mask_id = str(object_id(label_id, MASKS))
            all_tags = frozenset([*(tags or ()), *mask_tags.get(mask_id, ())])
            found[frame, label_id] = Label(
                _pixels(box, rows), word, index or 0, (species or "").strip(), all_tags,
                keyframe is not False)
    return found


def _values(
    dataset: Any, sample_id: str, name: str, columns: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """Rows of a frame field: frame index, then these attributes (None where there is none)."""
    view, declared = dataset.select(sample_id), dataset.get_frame_field_schema(flat=True)
    paths = [f"{name}.detections.{column}" for column in columns]
    there = [path for path in paths if path in declared]
    (numbers,), *read = view.values(["frames.frame_number", *(f"frames.{p}" for p in there)])
    by_path = {path: values[0] for path, values in zip(there, read, strict=True)}
    for i, number in enumerate(numbers or ()):
        lists = [by_path[path][i] if path in by_path else repeat(None) for path in paths]
        if lists[0] is not None:
            yield from ((number - 1, *row) for row in zip(*lists, strict=False))


def _pixels(box: list[float], rows: ClipRows) -> Box:
    left, top, width, height = (float(v) for v in box)
    return (left * rows.width, top * rows.height, (left + width) * rows.width,
            (top + height) * rows.height)
