"""What a reviewer meets in the App: fields and their meaning, views, colours, what can be edited.

Machine fields are written by every build, human fields never after the first: a reviewer's word is
not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wildpose.review.documents import FRAME_FIELDS, MASKS, TRACKED, UNTRACKED

LAYOUT_VERSION = 2
"""Raised when views, colours or the sidebar change; they are then made anew in old data sets."""

CLIP_KEY = "clip_key"
REVIEW_STATE = "review_state"
REVIEW_STATES = ("to do", "in work", "done")
SPECIES = "species"
"""A field of a clip (of all its animals), and an attribute of the boxes of a track: a person's."""
ACCEPTED, REJECTED = "accepted", "rejected"
"""Tags of boxes: a person says that they are right, or wrong."""
ADAPT = "adapt"
"""Tag of clips that are to be sent to ``wildpose adapt``."""
LABEL_NAMES = ("animal", "person")
WORKSPACE = "review"

# Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), one per track.
_TRACK_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"]


@dataclass(frozen=True)
class ClipField:
    """One field of a clip in the App.

    Attributes
    ----------
    name : str
    kind : str
        Name of the FiftyOne field class.
    group : str
        Group of the sidebar that it stands in.
    description : str
        Shown in the App.
    """

    name: str
    kind: str
    group: str
    description: str


CLIP_FIELDS = (
    ClipField(REVIEW_STATE, "StringField", "review",
              "Yours: to do, in work or done. Never changed by a later build."),
    ClipField(SPECIES, "StringField", "review",
              "Yours: the species of all animals in the clip. One animal of several has its own "
              "in the boxes of its track."),
    ClipField("found", "StringField", "found", "In words: how many animals and people"),
    ClipField("status", "StringField", "found",
              "whole, partial (cut short or damaged) or failed (not read at all)"),
    ClipField("reason", "StringField", "found", "Why a clip was not read, or only in part"),
    ClipField("animal_tracks", "IntField", "found", "Animals followed through the clip"),
    ClipField("person_tracks", "IntField", "found", "People followed through the clip"),
    ClipField("animal_detections", "IntField", "found", "Boxes of animals on analysed frames"),
    ClipField("person_detections", "IntField", "found", "Boxes of people on analysed frames"),
    ClipField("max_animals", "IntField", "found", "Largest number of animals in one frame"),
    ClipField("best_score", "FloatField", "found", "Highest score of an animal"),
    ClipField("first_animal_s", "FloatField", "found", "Seconds to the first frame with an animal"),
    ClipField("last_animal_s", "FloatField", "found", "Seconds to the last frame with an animal"),
    ClipField(CLIP_KEY, "StringField", "recording", "Path of the clip within the analysed folder"),
    ClipField("deployment", "StringField", "recording", "Camera at one place for one period"),
    ClipField("capture_time", "DateTimeField", "recording",
              "When the recording began, as the camera's own clock showed it"),
    ClipField("capture_time_source", "StringField", "recording",
              "Tag or rule that the time comes from"),
    ClipField("source_path", "StringField", "recording",
              "The original file; filepath may be a copy that a browser can play"),
    ClipField("model", "StringField", "recording", "Model that found the boxes"),
    ClipField("machine_digest", "StringField", "other",
              "Internal: tells whether the run's rows of this clip changed"),
    ClipField("synced_at", "DateTimeField", "other",
              "Internal: when the machine's boxes were written (UTC)"),
)


def open_dataset(name: str, info: Mapping[str, str]) -> Any:
    """Load the data set of a run, or make it.

    Parameters
    ----------
    name : str
        Name in the database.
    info : mapping
        To be kept in the data set's ``info``: where the run lies, and its mark.

    Returns
    -------
    fiftyone.Dataset
        Persistent, a video data set, with all fields, views and colours in place.
    """
    import fiftyone as fo

    if fo.dataset_exists(name):
        dataset = fo.load_dataset(name)
    else:
        dataset = fo.Dataset(name, persistent=True)
        dataset.media_type = "video"
    if dataset.info.get("layout") != LAYOUT_VERSION:
        _declare_fields(dataset)
        _save_views(dataset)
        _set_appearance(dataset)
        _allow_editing(dataset)
        dataset.info["layout"] = LAYOUT_VERSION
    dataset.info.update(info)
    dataset.save()
    return dataset


def _declare_fields(dataset: Any) -> None:
    import fiftyone as fo

    for field in CLIP_FIELDS:
        dataset.add_sample_field(field.name, getattr(fo, field.kind), description=field.description)
    dataset.create_index(CLIP_KEY, unique=True)
    for name in FRAME_FIELDS:
        dataset.add_frame_field(name, fo.EmbeddedDocumentField, embedded_doc_type=fo.Detections)
        for attribute in ("keyframe", "interpolated"):
            dataset.add_frame_field(f"{name}.detections.{attribute}", fo.BooleanField)
    dataset.add_frame_field(f"{TRACKED}.detections.{SPECIES}", fo.StringField)


def _save_views(dataset: Any) -> None:
    from fiftyone import ViewField

    status, animals, people = (
        ViewField(name) for name in ("status", "animal_detections", "person_detections"))
    views = {
        "animals": (dataset.match(animals > 0), "Clips with an animal"),
        "people": (dataset.match(people > 0), "Clips with a person: mind their privacy"),
        "nothing found": (
            dataset.match((animals == 0) & (people == 0)), "Read, and neither animal nor person"),
        "read in part or failed": (
            dataset.match(status != "whole"), "The field reason says what was wrong"),
        "still to review": (
            dataset.match(ViewField(REVIEW_STATE) != "done"), "review_state is not yet done"),
    }
    for name, (view, description) in views.items():
        dataset.save_view(name, view, description=description, overwrite=True)


def _set_appearance(dataset: Any) -> None:
    import fiftyone as fo

    dataset.save_workspace(
        WORKSPACE, fo.Space(children=[fo.Panel(type="Samples", pinned=True)]),
        description="The grid of clips", overwrite=True)
    shown = [f"frames.{TRACKED}", "found", "deployment"]
    config = dataset.app_config
    config.active_fields = fo.ActiveFields(paths=shown)
    config.color_scheme = fo.ColorScheme(
        color_by="instance", color_pool=_TRACK_COLOURS, opacity=0.5,
        fields=[{"path": f"frames.{UNTRACKED}", "fieldColor": "#9a9a9a"}])
    config.sidebar_groups = _sidebar(fo.DatasetAppConfig.default_sidebar_groups(dataset))
    dataset.save()


def _sidebar(groups: list[Any]) -> list[Any]:
    from fiftyone.core.odm import SidebarGroupDocument

    ours = {field.name for field in CLIP_FIELDS}
    for group in groups:
        group.paths = [path for path in group.paths if path not in ours]
        if group.name in ("metadata", "primitives", "other"):
            group.expanded = False
    titles = {"review": "review (yours)", "found": "what was found", "recording": "recording",
              "other": "wildpose internal"}
    added = [
        SidebarGroupDocument(
            name=title, expanded=group != "other",
            paths=[field.name for field in CLIP_FIELDS if field.group == group])
        for group, title in titles.items()
    ]
    return [*groups[:1], *added[:-1], *groups[1:], added[-1]]


def _allow_editing(dataset: Any) -> None:
    fields = [f"frames.{TRACKED}", f"frames.{UNTRACKED}", REVIEW_STATE, SPECIES]
    schemas = dataset.generate_label_schemas(fields=fields, scan_samples=False)
    for field in fields[:2]:
        schemas[field] |= {"component": "radio", "classes": list(LABEL_NAMES),
                           "default": LABEL_NAMES[0]}
        for attribute in schemas[field]["attributes"]:
            # keyframe is what keeps an edit on its own frame: not to be switched off by a click.
            attribute["read_only"] = attribute["name"] != SPECIES
    schemas[REVIEW_STATE] |= {"component": "radio", "values": list(REVIEW_STATES)}
    dataset.set_label_schemas(schemas)
    dataset.activate_label_schemas(fields)


__all__ = ["ACCEPTED", "ADAPT", "CLIP_FIELDS", "CLIP_KEY", "LAYOUT_VERSION", "MASKS", "REJECTED",
           "REVIEW_STATE", "SPECIES", "ClipField", "open_dataset"]
