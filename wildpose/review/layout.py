"""What a reviewer meets in the App: declared fields, colours, the sidebar, what can be edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wildpose.review.documents import (
    ATTRIBUTES,
    DOUBT,
    LABEL_FIELDS,
    MASKS,
    PARTS,
    TRACKED,
    UNTRACKED,
)
from wildpose.review.fields import (
    ACCEPTED,
    ADAPT,
    CLIP_FIELDS,
    CLIP_KEY,
    LABEL_NAMES,
    REJECTED,
    REVIEW_STATE,
    REVIEW_STATES,
    SPECIES,
    ClipField,
)
from wildpose.review.maps import part_names
from wildpose.review.views import save_views

LAYOUT_VERSION = 2
"""Raised when views, colours or the sidebar change; they are then made anew in old data sets."""

WORKSPACE = "review"
TRACKS = "tracks"
"""Field of a clip: the spans of its tracks."""

# Colours that stay apart for colour-blind eyes (Okabe and Ito 2008), one per track.
_TRACK_COLOURS = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#cc79a7", "#d55e00", "#0072b2"]


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
        save_views(dataset)
        _set_appearance(dataset)
        _allow_editing(dataset)
        dataset.info["layout"] = LAYOUT_VERSION
    dataset.info.update(info)
    dataset.save()
    return dataset


_FRAME_FIELDS = {
    TRACKED: ("Detections", "Boxes of tracks on every frame; between analysed frames they are "
              "filled in (interpolated). Edit these"),
    MASKS: ("Detections", "The same animals with their masks, carried along between analysed "
            "frames"),
    PARTS: ("Segmentation", "Dense pose: each colour a part of the body, dark for the left side; "
            "the squares are the place within the part"),
    DOUBT: ("Heatmap", "Dense pose: bright where the part may be another one"),
    UNTRACKED: ("Detections", "Boxes that belong to no track, on one frame"),
}
_TRACK_ATTRIBUTES = {"track_id": "IntField", "grade": "FloatField", "grade_reason": "StringField"}


def _declare_fields(dataset: Any) -> None:
    import fiftyone as fo

    def declare(
        add: Callable[..., None], name: str, kind: str, description: str | None = None
    ) -> None:
        add(name, fo.EmbeddedDocumentField, embedded_doc_type=getattr(fo, kind),
            description=description)

    for field in CLIP_FIELDS:
        dataset.add_sample_field(field.name, getattr(fo, field.kind), description=field.description)
    dataset.create_index(CLIP_KEY, unique=True)
    declare(dataset.add_sample_field, TRACKS, "TemporalDetections",
            "From first to last sight of each animal and person, as the run has it")
    for attribute, kind in _TRACK_ATTRIBUTES.items():
        dataset.add_sample_field(f"{TRACKS}.detections.{attribute}", getattr(fo, kind))
    for name, (kind, description) in _FRAME_FIELDS.items():
        declare(dataset.add_frame_field, name, kind, description)
    for name in LABEL_FIELDS:
        for attribute, kind in ATTRIBUTES.items():
            dataset.add_frame_field(f"{name}.detections.{attribute}", getattr(fo, kind))
    dataset.add_frame_field(f"{TRACKED}.detections.{SPECIES}", fo.StringField,
                            description="Yours: the species of this animal")


def _set_appearance(dataset: Any) -> None:
    import fiftyone as fo

    dataset.save_workspace(
        WORKSPACE, fo.Space(children=[fo.Panel(type="Samples", pinned=True)]),
        description="The grid of clips", overwrite=True)
    shown = [f"frames.{TRACKED}", "found", "deployment"]
    dataset.mask_targets = {f"frames.{PARTS}": part_names()}
    config = dataset.app_config
    config.active_fields = fo.ActiveFields(paths=shown)
    config.color_scheme = fo.ColorScheme(
        color_by="instance", color_pool=_TRACK_COLOURS, opacity=0.5,
        colorscales=[{"path": f"frames.{DOUBT}", "name": "hot"}],
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
    by_name = {group.name: group for group in groups}
    labels = [by_name.pop(name) for name in ("labels", "frame labels") if name in by_name]
    tags = [by_name.pop("tags")] if "tags" in by_name else []
    return [*tags, added[0], *labels, *added[1:-1], *by_name.values(), added[-1]]


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
           "REVIEW_STATE", "REVIEW_STATES", "SPECIES", "ClipField", "open_dataset"]
