"""The fields of a clip in the App, and the words that people use there.

Machine fields are written by every build, human fields never after the first: a reviewer's word is
not overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    ClipField("uncertainty", "FloatField", "found",
              "1 - score of the least sure track (its mean) or lone box; none where nothing was "
              "found"),
    ClipField("grade", "FloatField", "found",
              "Trust in the surest animal as a label: mean score of its boxes, as if one more had "
              "scored 0"),
    ClipField("grade_reason", "StringField", "found", "Where the grade comes from"),
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
    ClipField("hour", "IntField", "recording", "Hour of the capture time, 0 to 23"),
    ClipField("light", "StringField", "recording", "day or night"),
    ClipField("light_by", "StringField", "recording",
              "What light was told from: the colour of the first picture, or the clock"),
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
