"""Settings files of detectron2: plain YAML, with a chain of bases that each file names.

Read as data (no tags of Python), and from one folder only: a settings file that came from elsewhere
must not open other files of the computer.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from wildpose.errors import ModelError

BASE = "_BASE_"
LARGEST_BYTES = 2**16
MOST_BRACKETS = 500
"""More of them can keep the YAML reader busy for hours; a whole configuration has about 100."""
LONGEST_CHAIN = 8
GIVE_IT = "Give the .yaml that belongs to the checkpoint."


def merged_settings(path: Path, known_bases: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The settings of a file, over those of its bases.

    Parameters
    ----------
    path : Path
    known_bases : frozenset of str
        File names of bases that may be missing: their name stays in the result as ``_BASE_``.

    Returns
    -------
    dict
        Nested as in the file.

    Raises
    ------
    ModelError
        A file of the chain is missing, lies in another folder, names itself, or is not plain YAML.
    """
    chain, settings = _chain(path, known_bases)
    for content in reversed(chain):
        settings = _over(settings, content)
    return settings


def _chain(path: Path, known_bases: frozenset[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Contents from the file down to its last base, and what is known of a missing one."""
    folder, contents = path.parent.resolve(), list[dict[str, Any]]()
    seen: set[Path] = set()
    current = path
    while True:
        if current.resolve() in seen or len(seen) >= LONGEST_CHAIN:
            raise ModelError(f"{path}: its bases name each other in a circle.", GIVE_IT)
        seen.add(current.resolve())
        content = _read(current)
        base = content.pop(BASE, None)
        contents.append(content)
        if base is None:
            return contents, {}
        beside = _place(path, folder, base)
        if not beside.is_file():
            if beside.name in known_bases:
                return contents, {BASE: beside.name}
            raise ModelError(f"{current}: its base {beside.name} is missing.",
                             f"Put {beside.name} beside it.")
        current = path.parent / beside.relative_to(folder)


def _place(path: Path, folder: Path, base: Any) -> Path:
    if not isinstance(base, str) or not base:
        raise ModelError(f"{path}: {BASE} is not one file name.", GIVE_IT)
    beside = (folder / base).resolve()
    if not beside.is_relative_to(folder):
        raise ModelError(f"{path}: its base {base!r} lies in another folder; bases are read from "
                         "beside the file only.", f"Copy {Path(base).name} beside it.")
    return beside


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise ModelError(f"{path}: too large for settings.", GIVE_IT)
        text = path.read_text("utf-8")
        if text.count("[") + text.count("{") > MOST_BRACKETS:
            raise ModelError(f"{path}: too many brackets for settings.", GIVE_IT)
        content = yaml.safe_load(text)
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}).",
                         "Check the spelling of the path.") from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        said = " ".join(str(error).split())[:200]
        raise ModelError(f"{path}: not plain YAML ({said}).", GIVE_IT) from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no settings.", GIVE_IT)
    return content


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = _over(old, value)
        else:
            result[key] = value
    return result
