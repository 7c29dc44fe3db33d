"""Our operators, called as the App calls them, and the plugin's folder."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parent))

from reviewer import Reviewer

from wildpose.results.run_folder import RunFolder
from wildpose.review import build_dataset
from wildpose.review.buttons import COMMANDS
from wildpose.review.edits import load_reviewed, read_edits
from wildpose.review.plugin import PLUGIN, SOURCE, install_plugin
from wildpose.review.track_tables import track_parts

CLIP = "wald/a.mp4"


def test_an_older_copy_is_replaced_as_a_whole(tmp_path):
    place = install_plugin(tmp_path / "plugins")
    (place / "left_over.py").write_text("raise RuntimeError")
    (place / "__init__.py").write_text("old")
    assert install_plugin(tmp_path / "plugins") == place
    assert sorted(path.name for path in place.iterdir()) == ["__init__.py", "fiftyone.yml"]
    assert (place / "__init__.py").read_bytes() == (SOURCE / "__init__.py").read_bytes()
    assert [path.name for path in (tmp_path / "plugins").iterdir()] == [place.name]


def test_fiftyone_serves_all_that_we_have(home):
    import fiftyone as fo
    import fiftyone.operators as foo

    content = yaml.safe_load((SOURCE / "fiftyone.yml").read_text("utf-8"))
    assert content["name"] == PLUGIN
    assert content["operators"] == [command.name for command in COMMANDS]
    install_plugin(Path(fo.config.plugins_dir))
    served = {operator.uri: operator.config.label for operator in foo.list_operators()}
    for command in COMMANDS:
        assert served[f"{PLUGIN}/{command.name}"] == command.label


@pytest.fixture
def at_app(writer, home):
    """A person at a clip with track 1 on frames 3 to 12, 2 on 15 to 18 and 3 on 12 to 13."""
    import fiftyone as fo

    one = replace(writer.boxes[CLIP][0], mask=False)
    writer.boxes[CLIP] += [
        replace(one, track=track, frame=frame, xyxy=(20, 20, 30, 30))
        for track, frame in ((2, 15), (2, 18), (3, 12), (3, 13))]
    build_dataset(writer.write(), home=home)
    install_plugin(Path(fo.config.plugins_dir))
    time.sleep(0.01)
    return Reviewer(load_reviewed(writer.run, home))


@pytest.fixture
def call(at_app):
    """Call an operator at the open clip, with boxes of tracks on a frame selected or without."""
    import fiftyone.operators as foo

    def execute(name, frame=None, track=1, **params):
        sample = at_app.sample(CLIP)
        labels = [] if frame is None else [
            {"label_id": label.id, "sample_id": sample.id, "field": "frames.detections",
             "frame_number": frame + 1}
            for label in at_app.boxes(CLIP, frame) if label.index == track]
        return foo.execute_operator(f"{PLUGIN}/{name}", ctx={
            "dataset": at_app.dataset, "params": params, "selected_labels": labels,
            "current_sample": sample.id}).result

    return execute


@pytest.fixture
def edits(writer, home):
    def read():
        (found,) = read_edits(load_reviewed(writer.run, home), RunFolder(writer.run))
        return found

    return read


def tags_of(edits):
    """Tags by track and frame, as far as there are any."""
    return {(box.prediction.track_id, frame): set(box.label.tags)
            for frame, boxes in edits.boxes.items() for box in boxes if box.label.tags}


def test_a_box_is_accepted_then_rejected_and_a_whole_track_with_it(call, edits):
    assert call("accept", 6) == {"said": "1 box accepted.", "refused": False}
    assert tags_of(edits()) == {(1, 6): {"accepted"}}
    assert call("reject", 6, whole_tracks=True)["said"] == "10 boxes rejected."
    assert tags_of(edits()) == {(1, frame): {"rejected"} for frame in range(3, 13)}


def test_a_clip_is_accepted_without_what_is_doubtful_and_rejected_with_it(call, edits):
    assert call("accept")["said"] == "16 boxes accepted."
    assert {track for track, _ in tags_of(edits())} == {1, 2, 3}
    assert call("reject")["said"] == "17 boxes rejected."
    found = tags_of(edits())
    assert found[0, 6] == {"rejected"}
    assert {frozenset(tags) for tags in found.values()} == {frozenset({"rejected"})}


def test_two_tracks_become_one_and_part_again(call, edits, at_app):
    instance = at_app.boxes(CLIP, 3)[0].instance.id
    assert call("merge_tracks", keep=1, other=2)["said"] == (
        "Track 2 is part of track 1 now (4 boxes).")
    (merged,) = at_app.boxes(CLIP, 16)
    assert (merged.index, merged.instance.id, merged.keyframe) == (1, instance, True)
    assert [(p.track_id, p.new_track_id) for p in track_parts(edits())] == [(2, 1)]
    assert call("split_track", track_id=1, frame_number=7)["said"] == (
        "From frame 7 on it is track 4.")
    later = [at_app.boxes(CLIP, frame)[0] for frame in (6, 16)]
    assert {label.index for label in later} == {4}
    assert len({label.instance.id for label in later} - {instance}) == 1
    (mask,) = at_app.boxes(CLIP, 6, "masks")
    assert (mask.index, mask.instance.id) == (4, later[0].instance.id)
    assert [(p.track_id, p.new_track_id, p.first_frame, p.last_frame)
            for p in track_parts(edits())] == [(1, 1, 3, 5), (1, 4, 6, 12), (2, 4, 15, 18)]


def test_what_can_not_be_merged_or_split_is_refused_in_words(call, at_app):
    answers = [call("merge_tracks", keep=1, other=3), call("merge_tracks", keep=1, other=9),
               call("merge_tracks", keep=1, other=1),
               call("split_track", track_id=2, frame_number=16)]
    assert all(answer["refused"] for answer in answers)
    for answer, words in zip(answers, ("both on frame 13", "no track 9", "one track already",
                                       "on frames 16 to 19"), strict=True):
        assert words in answer["said"]
    assert {label.index for label in at_app.boxes(CLIP, 12)} == {1, 3}


def test_species_of_a_track_and_of_the_clip(call, edits):
    assert call("set_species", 16, track=2, species=" fox ")["said"] == "1 track: fox."
    assert call("set_species", species="badger", track_id=1)["said"] == "1 track: badger."
    assert call("set_species", species="deer")["said"] == "1 clip: deer."
    found = edits()
    assert found.species == "deer"
    assert {(box.prediction.track_id, box.label.species) for boxes in found.boxes.values()
            for box in boxes} == {(0, ""), (1, "badger"), (2, "fox"), (3, "")}


def test_done_adapt_and_export(call, edits, writer):
    assert "nobody has changed anything" in call("export_corrections")["said"]
    assert call("mark_done")["said"] == "1 clip marked as done."
    assert call("send_to_adapt")["said"].startswith("1 clip tagged adapt")
    found = edits()
    assert (found.done, found.adapt) == (True, True)
    said = call("export_corrections")["said"]
    out = writer.run.resolve() / "review" / "corrections"
    assert str(out) in said
    assert len(json.loads((out / "annotations.json").read_text("utf-8"))["images"]) == 5


def test_data_sets_of_others_are_left_alone(home, call, at_app, writer):
    import fiftyone as fo
    import fiftyone.operators as foo

    dataset = fo.Dataset()
    dataset.add_sample(fo.Sample("a.mp4"))
    other = foo.execute_operator(f"{PLUGIN}/mark_done", ctx={
        "dataset": dataset, "selected": dataset.values("id"), "params": {}}).result
    dataset.delete()
    assert other["refused"]
    assert other["said"].startswith("This data set was not made by wildpose.")
    mark = writer.run / "review" / "dataset.json"
    mark.write_text(mark.read_text("utf-8").replace('"run_id": "', '"run_id": "0'), "utf-8")
    assert "is another run" in call("mark_done")["said"]
    assert at_app.sample(CLIP).review_state == "to do"


def test_a_box_that_is_still_selected_in_a_closed_clip_is_not_meant(at_app):
    import fiftyone.operators as foo

    sample = at_app.sample(CLIP)
    (label,) = at_app.boxes(CLIP, 6)
    left_over = {"label_id": label.id, "sample_id": sample.id, "field": "frames.detections",
                 "frame_number": 7}
    context = {"dataset": at_app.dataset, "selected_labels": [left_over], "params": {}}
    said = foo.execute_operator(f"{PLUGIN}/accept", ctx=context | {"selected": []}).result["said"]
    assert said.startswith("Nothing is selected.")
    said = foo.execute_operator(f"{PLUGIN}/accept",
                                ctx=context | {"selected": [sample.id]}).result["said"]
    assert said == "16 boxes accepted."


def test_the_forms_begin_with_what_is_selected(at_app):
    from fiftyone.operators.executor import ExecutionContext

    from wildpose.review.buttons import operator_class

    sample = at_app.sample(CLIP)
    labels = [{"label_id": label.id, "sample_id": sample.id, "field": "frames.detections",
               "frame_number": 13} for label in at_app.boxes(CLIP, 12)]
    context = ExecutionContext({"dataset_name": at_app.dataset.name, "selected_labels": labels,
                                "current_sample": sample.id, "params": {}})
    by_name = {command.name: operator_class(command)() for command in COMMANDS}
    merge = by_name["merge_tracks"].resolve_input(context).to_json()["type"]["properties"]
    assert (merge["keep"]["default"], merge["other"]["default"]) == (1, 3)
    split = by_name["split_track"].resolve_input(context).to_json()["type"]["properties"]
    assert (split["track_id"]["default"], split["frame_number"]["default"]) == (1, 13)
    assert merge["chosen"]["view"]["label"] == "Selected: 2 boxes, 1 clip"
    said = by_name["merge_tracks"].resolve_output(context).to_json()["type"]["properties"]
    assert "open it again" in said["hint"]["view"]["label"]
