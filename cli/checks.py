"""What `wildpose doctor` looks at: one function each, which says what it found."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from wildpose.errors import ModelError, WildposeError

GIB = 2**30
LEAST_DISK_GIB = 2
LEAST_MEMORY_GIB = 3

TORCH_OF_TORCHVISION = {
    "0.24.1": "2.9.1",
    "0.28": "2.13",
    "0.29.1": "2.14.1",
    "0.29.2": "2.15.0",
}
"""Versions (or their beginnings) of torchvision, and the torch that each was built for."""


@dataclass(frozen=True)
class Check:
    """What was found about one thing that wildpose needs.

    Attributes
    ----------
    name : str
        Of the thing.
    well : bool
        Whether it works.
    found : str
        What was found, on one line.
    remedy : str
        What to do; empty where it works.
    """

    name: str
    well: bool
    found: str
    remedy: str = ""


def run_all() -> list[Check]:
    """Look at everything, whatever else fails."""
    return [check for name, look in _LOOKS for check in _guarded(name, look)]


def _guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except WildposeError as error:
        yield Check(name, False, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001 - what is broken is what is to be told here
        said = " ".join(f"{type(error).__name__}: {error}".split())
        yield Check(name, False, said, "Install wildpose anew in a fresh environment.")


def python() -> Iterator[Check]:
    """Look at the version of Python."""
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Check("Python", fits, platform.python_version(), "" if fits else "Use Python 3.11-3.13.")


def torch_pair() -> Iterator[Check]:
    """Look whether torch and torchvision belong together, and work together."""
    pair = torch_pair_check(_version("torch"), _version("torchvision"))
    if not pair.well:
        yield pair
        return
    import torch

    try:
        from torchvision.ops import nms

        nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.ones(1), 0.5)
    except RuntimeError as error:  # "operator torchvision::nms does not exist"
        found = f"{pair.found}: {str(error).splitlines()[0]}"
        yield Check(pair.name, False, found, _pair_remedy(_version("torch"), ""))
        return
    yield pair


def torch_pair_check(torch: str, torchvision: str) -> Check:
    """Say whether two versions belong together.

    Parameters
    ----------
    torch, torchvision : str
        Versions as installed, such as ``2.14.1+cpu``.

    Returns
    -------
    Check
        Well, too, for a torchvision that is not in our list: then only a trial can tell.

    Examples
    --------
    >>> torch_pair_check("2.13.0", "0.29.1").remedy.split(":")[0]
    'Install two versions that belong together'
    """
    found = f"torch {torch}, torchvision {torchvision}"
    wanted = _belongs_to(torchvision, TORCH_OF_TORCHVISION)
    fits = wanted is None or _begins(torch, wanted)
    remedy = "" if fits else _pair_remedy(torch, torchvision)
    return Check("torch and torchvision", fits, found, remedy)


def _pair_remedy(torch: str, torchvision: str) -> str:
    pairs = [f"torchvision {theirs} with torch {ours}"
             for theirs, ours in TORCH_OF_TORCHVISION.items()]
    fitting = next((theirs for theirs, ours in TORCH_OF_TORCHVISION.items()
                    if _begins(torch, ours)), None)
    hint = f" (for your torch {torch}: torchvision {fitting})" if fitting and torchvision else ""
    return (f"Install two versions that belong together: {', '.join(pairs)}{hint}; "
            "both from the same place, both for the CPU or both for CUDA.")


def _belongs_to(word: str, table: dict[str, str]) -> str | None:
    return next((value for key, value in table.items() if _begins(word, key)), None)


def _begins(full: str, beginning: str) -> bool:
    return f"{full.split('+', maxsplit=1)[0]}.".startswith(f"{beginning}.")


def video() -> Iterator[Check]:
    """Look whether the codecs of camera traps can be read."""
    import av

    missing = [name for name in ("mjpeg", "h264", "hevc") if name not in av.codecs_available]
    found = f"PyAV {av.__version__}" + (f", can't read {', '.join(missing)}" if missing else "")
    yield Check("video", not missing, found,
                "Install PyAV from its wheel: pip install --force-reinstall av" if missing else "")


def review_database() -> Iterator[Check]:
    """Look whether FiftyOne's database can start (needed by `wildpose review` only)."""
    from wildpose.review.environment import check_database, review_home

    found = f"{check_database()}, FiftyOne {_version('fiftyone')}; data in {review_home()}"
    yield Check("review database", True, found)


def shipped_models() -> Iterator[Check]:
    """Look whether each shipped model is whole and can be loaded."""
    from wildpose.models.folder import available_models
    from wildpose.models.predictor import load_predictor

    found = available_models()
    if not found:
        yield Check("model", False, "no shipped model found", "Install wildpose anew.")
    for model in found:
        try:
            load_predictor(model.folder)  # compares the weights with their checksum first
        except ModelError as error:
            yield Check(f"model {model.name}", False, error.message, error.remedy)
        else:
            yield Check(f"model {model.name}", True, f"loads; sha256 {model.digest[:12]} matches")


def disk() -> Iterator[Check]:
    """Look how much room there is in the present folder."""
    free = shutil.disk_usage(Path.cwd()).free / GIB
    yield Check("disk", free >= LEAST_DISK_GIB, f"{free:.0f} GB free here",
                "" if free >= LEAST_DISK_GIB else f"Free some: {LEAST_DISK_GIB} GB at least.")


def machine() -> Iterator[Check]:
    """Look at cores and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = f"{cores} cores"
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
        enough = memory >= LEAST_MEMORY_GIB
        yield Check("computer", enough, f"{found}, {memory:.0f} GB of memory",
                    "" if enough else "Use --workers 1, and close other programs.")
    else:
        yield Check("computer", True, found)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        raise WildposeError(f"{package} is not installed.", f"Run pip install {package}.") from None


_LOOKS: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
    ("Python", python),
    ("torch and torchvision", torch_pair),
    ("video", video),
    ("review database", review_database),
    ("model", shipped_models),
    ("disk", disk),
    ("computer", machine),
)
