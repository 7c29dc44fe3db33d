"""From a checkpoint of detectron2 to a model folder: weights, settings and a card."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from safetensors.numpy import save_file

from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn.config import Config
from wildpose.models.chart_rcnn.yaml_config import KNOWN_BASES
from wildpose.models.exchange.card import Origin, card_text
from wildpose.models.exchange.checkpoint import opened_checkpoint
from wildpose.models.exchange.config_files import merged_settings
from wildpose.models.exchange.download import Show, download
from wildpose.models.exchange.zoo import ZOO, ZooModel, zoo_model
from wildpose.models.folder import ModelDescription, file_sha256, write_description
from wildpose.types import Array

WEIGHTS, CARD, SETTINGS = "weights.safetensors", "README.md", "config.yaml"
MASK_HEAD = "roi_heads.mask_head."
NOT_STATED = "not stated"
SUBJECTS = {"animal": "animals and people", "person": "people"}


@dataclass(frozen=True)
class ImportRequest:
    """What to import.

    Attributes
    ----------
    source : str
        A file, an address, or the name of a published model.
    out : Path
        The model folder; must not hold anything yet.
    config : str, optional
        A settings file of detectron2 or the name of a published model; may be left out for a
        published one.
    sha256, licence : str, optional
        What the checksum must be; the licence of the weights, in place of
         the one that is stated for published ones.
    """

    source: str
    out: Path
    config: str | None = None
    sha256: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Imported:
    """What was written."""

    out: Path
    tensors: int
    weights: int
    origin: Origin


def import_model(request: ImportRequest, show: Show | None = None) -> Imported:
    """Turn a checkpoint into a model folder.

    Parameters
    ----------
    request : ImportRequest
    show : callable, optional
        Told how far a download is.

    Raises
    ------
    UsageError
        No settings were given where they are needed, or the folder is in use.
    ModelError
        The checkpoint or the settings can't be used, or can't be fetched.
    """
    out = request.out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: there is something already.", "Choose another folder for --out.")
    published = _published(request)
    _check_source(request.source, published)
    config, settings = _settings(request, published)
    waiting = out.with_name(f"{out.name}.download")
    path, checked = _fetched(request, published, waiting, show)
    with opened_checkpoint(path) as checkpoint:
        weights = checkpoint.fitted(_names(config), "" if config.mask_head else MASK_HEAD)
        author = checkpoint.author
    origin = Origin(
        source=_said_source(request, published), sha256=file_sha256(path), checked=checked,
        settings=_settings_name(request, published), author=author, published=published,
        licence=request.licence or (published.licence if published else NOT_STATED))
    with _new_folder(out) as folder:
        _write(folder, out.name, config, settings, weights, origin)
    shutil.rmtree(waiting, ignore_errors=True)
    return Imported(out, len(weights), sum(w.size for w in weights.values()), origin)


def _names(config: Config) -> dict[str, tuple[int, ...]]:
    # torch takes seconds to load: a file that is refused is refused without it
    from wildpose.models.chart_rcnn.network import expected_keys

    return expected_keys(config)


def _published(request: ImportRequest) -> ZooModel | None:
    """The published model that is meant: by name or address, or a file that is called like one."""
    path = Path(request.source)
    if path.is_file():
        return next((m for m in ZOO if m.file_name == path.name), None)
    return zoo_model(request.source)


def _check_source(source: str, published: ZooModel | None) -> None:
    if published is None and "://" not in source and not Path(source).is_file():
        raise UsageError(f"{source}: no such file, and no published model of that name.",
                         "`wildpose models list --zoo` has the published ones.")


def _settings(
    request: ImportRequest, published: ZooModel | None
) -> tuple[Config, dict[str, Any] | None]:
    """The configuration, and the settings file that it came from if there was one."""
    if request.config is None:
        if published is None:
            raise UsageError("--config is missing: which network the weights belong to.",
                             "Give detectron2's .yaml file, or the name of a published model.")
        return Config(**published.settings), None
    path = Path(request.config)
    named = zoo_model(request.config)
    if not path.exists() and named is not None:
        return Config(**named.settings), None
    settings = merged_settings(path, frozenset(KNOWN_BASES))
    return Config.from_yaml(path), settings


def _fetched(
    request: ImportRequest, published: ZooModel | None, waiting: Path, show: Show | None
) -> tuple[Path, bool]:
    """The checkpoint on this computer, and whether its checksum was compared."""
    known = request.sha256 or (published.sha256 if published else "")
    path = Path(request.source)
    if not path.is_file():
        url = published.url if published else request.source
        return download(url, waiting, known, show).path, bool(known)
    if known and (found := file_sha256(path)) != known.lower():
        raise ModelError(f"{path}: the checksum (sha256) is {found} and not {known}.",
                         "Fetch or copy the file again.")
    return path, bool(known)


def _said_source(request: ImportRequest, published: ZooModel | None) -> str:
    path = Path(request.source)
    if path.is_file():
        return path.name
    url = published.url if published else request.source
    return urlsplit(url)._replace(query="", fragment="").geturl()


def _settings_name(request: ImportRequest, published: ZooModel | None) -> str:
    if request.config is not None:
        return Path(request.config).name
    return published.name if published else ""


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder beside the one to be written, which takes its name at the end or disappears."""
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    beside.chmod(0o755)
    try:
        yield beside
        if out.exists():
            out.rmdir()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(
    folder: Path, name: str, config: Config, settings: dict[str, Any] | None,
    weights: dict[str, Array], origin: Origin,
) -> None:
    save_file(weights, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)  # safetensors keeps it from other users of the computer
    if settings is not None:
        (folder / SETTINGS).write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    write_description(folder, ModelDescription(
        name=name,
        description=f"DensePose R-CNN ({SUBJECTS[config.subject]}), imported from "
                    f"{origin.source}.",
        licence=origin.licence,
        architecture=config.as_json(),
        lineage={"imported": _lineage(origin)},
    ))
    (folder / CARD).write_text(card_text(name, config.subject, origin), "utf-8")


def _lineage(origin: Origin) -> dict[str, Any]:
    known = {k: v for k, v in vars(origin).items() if k != "published"}
    return {**known, "published": origin.published.name if origin.published else None}
