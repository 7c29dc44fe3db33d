"""Whose folder it is: what an adaptation hangs on, kept beside what it writes.

The same call again goes on where it was stopped. A call with other settings, clips or labels would
mix two adaptations: once a student has begun to learn it is refused. Until then minutes of work are
lost at most, and what no longer fits is made anew, so that whoever is told to give more clips or to
lower a threshold can do just that.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wildpose.adaptation.corrections import annotations_of
from wildpose.adaptation.drawn import origin_of
from wildpose.adaptation.footage import Footage
from wildpose.adaptation.inputs import Inputs
from wildpose.adaptation.settings import AdaptSettings
from wildpose.errors import UsageError
from wildpose.models.folder import file_sha256
from wildpose.results.files import write_json
from wildpose.training.recipe import data_root

PUBLISHED = ("model.json", "weights.safetensors", "README.md", "side_by_side.jpg", "census.jpg",
             "census.json", "verdict.json", "failures.jpg", "refused")
"""What an adaptation may leave in OUT, beside its rounds."""
LABELLED = ("annotations.json", "frames.json", "images")
"""What labels alone leave there."""
CLIPS = "the clips"
_DRAWN_BY = ("clips", "teacher", "draw.", "student.seed", CLIPS)
"""What pictures were drawn or rendered by; beside the teacher's own file."""

WEIGHTS_WRITTEN = 12
"""A checkpoint and the next beside it hold them four times each, and there are some models."""
PICTURE_BYTES = 500_000


def identity_of(settings: AdaptSettings, inputs: Inputs) -> dict[str, Any]:
    """All that a result hangs on: the settings, and checksums of what their paths lead to.

    Parameters
    ----------
    settings : AdaptSettings
    inputs : Inputs

    Returns
    -------
    dict
        ``settings`` by name, and ``contents`` by what they are of.
    """
    own = {**settings.as_json(), "clips": [str(clip.resolve()) for clip in settings.clips],
           "source_kind": inputs.source.kind}
    del own["out"]  # a folder may be moved
    for key in ("source", "validation", "corrections"):
        own[key] = own[key] and str(Path(own[key]).resolve())
    clips = origin_of(inputs.footage, "", settings.draw)["sources"]
    files = {str(path): file_sha256(path) for path in _files(settings, inputs)}
    return {"settings": dict(_flat(own)), "contents": {CLIPS: clips, **files}}


def _files(settings: AdaptSettings, inputs: Inputs) -> Iterator[Path]:
    yield inputs.teacher.resolve() / "model.json"  # holds the checksum of the weights
    folders = {data_root() / part["folder"] for part in inputs.source.parts}
    yield from (folder / "annotations.json" for folder in sorted(folders)
                if not folder.is_relative_to(settings.out.resolve()))  # rendered ones come to be
    for given in (settings.validation, settings.corrections):
        if given is not None:
            yield annotations_of(given.resolve())


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def check(settings: AdaptSettings, inputs: Inputs) -> list[str]:
    """Say what differs from an earlier call, where that can be mended; nothing is written.

    Parameters
    ----------
    settings : AdaptSettings
    inputs : Inputs

    Returns
    -------
    list of str
        Names of settings and of contents, as in :func:`identity_of`.

    Raises
    ------
    UsageError
        OUT is of another adaptation, or of something else; there is no room for it.
    """
    out, work = settings.out, settings.out / "rounds"
    before = _kept(work / "settings.json")
    if before is None:
        taken = next((name for name in PUBLISHED if (out / name).exists()), None)
        if taken is not None:
            raise UsageError(f"{out} holds {taken}, which would be written over.",
                             "Choose another --out.")
    changed = [] if before is None else list(_changed(before, identity_of(settings, inputs)))
    if not any(work.glob("round-*/recipe.yaml")):
        _check_room(settings, inputs)
    elif changed:
        raise UsageError(f"{out} holds an adaptation with other settings or labels: "
                         f"{'; '.join(said for _, said in changed)}.",
                         "Choose another --out, or remove that folder.")
    return [what for what, _ in changed]


def claim(settings: AdaptSettings, inputs: Inputs) -> None:
    """Make OUT ours, and drop from it what was made for other settings.

    Raises
    ------
    UsageError
        As :func:`check`; OUT can't be written to.
    """
    work = settings.out / "rounds"
    changed = check(settings, inputs)
    try:
        if any(what.startswith(_DRAWN_BY) or what.endswith("model.json") for what in changed):
            shutil.rmtree(work)
        elif changed:
            (work / "round-1" / "census.json").unlink(missing_ok=True)
        work.mkdir(parents=True, exist_ok=True)
        write_json(work / "settings.json", identity_of(settings, inputs))
    except OSError as error:
        raise UsageError(f"{settings.out}: can't be written to ({error.strerror}).",
                         "Choose another --out.") from error


def claim_labels(settings: AdaptSettings, teacher: Path, footage: Footage) -> None:
    """Make OUT a folder of labels of these clips by this teacher; nothing is trained there.

    Raises
    ------
    UsageError
        OUT holds labels of other clips, settings or another teacher, or something else; it can't be
        written to.
    """
    out, own = settings.out, settings.as_json()
    kept = {key: own[key] for key in ("teacher", "draw", "label")}
    now = {"settings": dict(_flat(kept)),
           "contents": {CLIPS: origin_of(footage, "", settings.draw)["sources"],
                        "the teacher": file_sha256(teacher / "model.json")}}
    before = _kept(out / "labels.json")
    if before is None:
        taken = next((n for n in (*LABELLED, *PUBLISHED, "rounds") if (out / n).exists()), None)
        if taken is not None:
            raise UsageError(f"{out} holds {taken}, which would be written over.",
                             "Choose another --out.")
    changed = [] if before is None else [said for _, said in _changed(before, now)]
    if changed:
        raise UsageError(f"{out} holds labels of other settings: {'; '.join(changed)}.",
                         "Choose another --out, or remove that folder.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / "labels.json", now)
    except OSError as error:
        raise UsageError(f"{out}: can't be written to ({error.strerror}).",
                         "Choose another --out.") from error


def _check_room(settings: AdaptSettings, inputs: Inputs) -> None:
    """Before hours of work, not after them."""
    whole = settings.out.resolve()
    there = next(p for p in (whole, *whole.parents) if p.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):
        raise UsageError(f"{settings.out}: can't be written to.", "Choose another --out.")
    weights = (inputs.teacher / "weights.safetensors").stat().st_size
    pictures = settings.draw.most * PICTURE_BYTES
    needed = settings.rounds * (WEIGHTS_WRITTEN * weights + pictures)
    free = shutil.disk_usage(there).free
    if free < needed:
        raise UsageError(f"{settings.out}: about {needed / 1e6:,.0f} MB are needed there and "
                         f"{free / 1e6:,.0f} MB are free.", "Make room, or choose another --out.")


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: can't be read ({error}).", "Choose another --out.") from error
    if not isinstance(content, dict) or "settings" not in content:
        raise UsageError(f"{path}: of another version of wildpose.", "Choose another --out.")
    return content


def _changed(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """What differs, and the same in words."""
    old, new = before["settings"], now["settings"]
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield key, f"{key} was {old.get(key)} and is {new.get(key)}"
    seen = before.get("contents", {})
    for what, checksum in now["contents"].items():
        if seen.get(what, checksum) != checksum:
            yield what, f"{what} {'have' if what == CLIPS else 'has'} changed"
