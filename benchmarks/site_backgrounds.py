"""Empty backgrounds of static cameras, and what is put before them (Rastikerdar et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose.results.files import write_json
from wildpose.synth.cast import Sources, species_names
from wildpose.synth.produce import ProduceSettings, produce
from wildpose.synth.scene import SceneSettings
from wildpose.types import ClassId
from wildpose.video.decode import open_clip

SCENES = 240


def write_backgrounds(clips: Sequence[Path], folder: Path) -> None:
    """The median picture of every clip, as a labelled folder of empty pictures."""
    if (folder / "annotations.json").is_file():
        return
    (folder / "images").mkdir(parents=True, exist_ok=True)
    images: list[dict[str, Any]] = []
    for clip in clips:
        with open_clip(clip) as reader:
            middle = np.median(np.stack([frame.image for frame in reader]), axis=0)
        name = f"{clip.stem}.png"
        Image.fromarray(middle.astype(np.uint8)).save(folder / "images" / name)
        height, width = middle.shape[:2]
        images.append({"id": len(images) + 1, "file_name": name, "height": height, "width": width,
                       "draft": True, "labelled": ["animal", "person"], "site": clip.stem})
    write_json(folder / "annotations.json", {
        "images": images, "annotations": [],
        "categories": [{"id": int(c), "name": c.name.lower()} for c in ClassId]})


def write_scenes(backgrounds: Path, folder: Path, seed: int, night: float) -> Path:
    """Render the committed animals before a folder of backgrounds; the labelled folder."""
    if not (folder / "stills" / "annotations.json").is_file():
        scene = SceneSettings(species_names(Sources()), night=night,
                              backgrounds=(backgrounds / "images",))
        produce(ProduceSettings(folder, 0, SCENES, scene, seed=seed))
    return folder / "stills"
