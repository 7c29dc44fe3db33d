"""Bring our plugin to where FiftyOne looks for plugins."""

from __future__ import annotations

import shutil
from pathlib import Path

PLUGIN = "@wildpose/review"
"""Name of the plugin in FiftyOne; the names of its operators begin with it."""
SOURCE = Path(__file__).with_name("fiftyone_plugin")


def install_plugin(plugins_dir: Path) -> Path:
    """Copy the plugin into a folder of plugins; an older copy is replaced as a whole.

    Parameters
    ----------
    plugins_dir : Path
        Made if missing.

    Returns
    -------
    Path
        The plugin's own folder.
    """
    target = plugins_dir / "wildpose-review"
    part, old = (plugins_dir / f".wildpose-review.{word}" for word in ("part", "old"))
    plugins_dir.mkdir(parents=True, exist_ok=True)
    for left_over in (part, old):
        shutil.rmtree(left_over, ignore_errors=True)
    shutil.copytree(SOURCE, part, ignore=shutil.ignore_patterns("__pycache__"))
    if target.exists():
        target.rename(old)
    part.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    return target
