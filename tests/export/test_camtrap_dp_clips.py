"""Types and paths of clips."""

from __future__ import annotations

import json
import re

import pytest
from camtrap_dp_checks import SCHEMAS

from wildpose.export.camtrap_dp_clips import file_path, media_type
from wildpose.export.camtrap_dp_tables import DEPLOYMENTS, MEDIA, OBSERVATIONS, write_table
from wildpose.video.find import VIDEO_EXTENSIONS


@pytest.mark.parametrize("suffix", [*sorted(VIDEO_EXTENSIONS), ".MP4", ""])
def test_every_clip_has_a_type_of_the_form_that_is_asked_for(suffix):
    assert re.fullmatch(r"(image|video)/[-a-z0-9]+", media_type(f"a/b{suffix}"))


@pytest.mark.parametrize("key", [
    "a.mp4", "a/b c/d.MP4", ".a/b.mp4", "~a.mp4", "a/...mp4", "a..b....mp4", r"a\b.mp4"])
def test_paths_follow_the_pattern_of_the_standard(key):
    fields = json.loads((SCHEMAS / "media-table-schema.json").read_text())["fields"]
    pattern = next(f for f in fields if f["name"] == "filePath")["constraints"]["pattern"]
    assert re.search(pattern, file_path(key))
    assert len(file_path(key)) == len(key)


@pytest.mark.parametrize(("name", "columns"), [
    ("deployments", DEPLOYMENTS), ("media", MEDIA), ("observations", OBSERVATIONS)])
def test_columns_are_those_of_the_release_in_their_order(name, columns):
    fields = json.loads((SCHEMAS / f"{name}-table-schema.json").read_text())["fields"]
    assert list(columns) == [field["name"] for field in fields]


def test_a_cell_without_a_column_is_no_silent_loss(tmp_path):
    with pytest.raises(KeyError, match="colour"):
        write_table(tmp_path, "media", [{"mediaID": "a", "colour": "red"}])
