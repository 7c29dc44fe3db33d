"""A user's labelled source and clips of a target, both from the sample clips."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from wildpose.video import open_clip


@pytest.fixture(scope="session")
def deer_source(sample_clips, tmp_path_factory) -> Path:
    """Ten frames of the deer with its true boxes and masks, as if from ten places."""
    folder = tmp_path_factory.mktemp("source")
    (folder / "images").mkdir()
    truth = json.loads((sample_clips.parent / "truth.json").read_text("utf-8"))
    clip, images, annotations = "ridge_trail/05180016.MP4", [], []
    wanted = {i["frame_index"]: i["id"] for i in truth["images"] if i["clip"] == clip}
    with open_clip(sample_clips / clip, None) as frames:
        for frame in frames:
            if frame.frame_index % 4 or frame.frame_index not in wanted or len(images) == 10:
                continue
            own = [a for a in truth["annotations"] if a["image_id"] == wanted[frame.frame_index]]
            if not own:
                continue
            number, (height, width) = len(images) + 1, frame.image.shape[:2]
            Image.fromarray(frame.image).save(folder / "images" / f"{number}.png")
            images.append({"id": number, "file_name": f"{number}.png", "height": height,
                           "width": width, "site": f"place {number}", "night": False})
            annotations += [
                {k: a[k] for k in ("category_id", "bbox", "area", "segmentation")}
                | {"id": len(annotations) + i, "image_id": number, "iscrowd": 0,
                   "mask_source": "drawn"} for i, a in enumerate(own, 1)]
    (folder / "annotations.json").write_text(json.dumps({
        "images": images, "annotations": annotations,
        "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}],
    }), "utf-8")
    return folder
