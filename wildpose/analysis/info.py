"""``run.json``: by what, with what and on what a run was made."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from wildpose.analysis.given_plan import Given
from wildpose.analysis.predictors import ModelIdentity
from wildpose.analysis.settings import AnalyzeSettings, cores
from wildpose.analysis.summary import RunSummary
from wildpose.results.schema import TABLES_VERSION

_PACKAGES = ("wildpose", "torch", "torchvision", "av", "numpy", "scipy", "pillow", "pyarrow")


def run_info(
    settings: AnalyzeSettings,
    model: ModelIdentity,
    seconds: Mapping[str, float],
    summary: RunSummary | None,
    given: Given | None = None,
) -> dict[str, Any]:
    """Collect the content of ``run.json``.

    Parameters
    ----------
    settings : AnalyzeSettings
    model : ModelIdentity
    seconds : mapping
        Per stage, summed over clips and processes.
    summary : RunSummary or None
        None while the run goes on.
    given : Given or None
        Where boxes come from that the model did not look for.

    Returns
    -------
    dict
        JSON values.
    """
    values = {name: str(value) if isinstance(value, Path) else value
              for name, value in asdict(settings).items()}
    now = dt.datetime.now().astimezone().isoformat(timespec="minutes")
    return {
        "tables_version": TABLES_VERSION,
        "finished": now if summary else None,
        "model": {"name": model.name, "sha256": model.digest,
                  "score_threshold": settings.threshold(model)},
        **({"detections": given.as_json()} if given else {}),
        "settings": values,
        "counts": summary.as_json() if summary else None,
        "seconds_per_stage": {name: round(value, 3) for name, value in sorted(seconds.items())},
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {"system": platform.system(), "processor": platform.machine(),
                    "cores": cores()},
    }


def blurs_people(info: Mapping[str, Any]) -> bool:
    """Whether a run was made with ``--blur-people``: what is made from it then does likewise.

    Parameters
    ----------
    info : mapping
        Content of ``run.json``; runs of earlier versions do not say.
    """
    settings = info.get("settings")
    return isinstance(settings, Mapping) and bool(settings.get("blur_people"))


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return versions
