"""Write a small folder of labelled pictures: frames of the sample clips, with their known truth.

python make_labelled.py runs/labelled

For the notebook on adaptation, in the place of labelled pictures of your own. The folder holds
``annotations.json`` (COCO) and ``images/``, as `wildpose adapt --source` reads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from wildpose.video import open_clip

SAMPLES = Path(__file__).resolve().parents[1] / "sample_data"
EVERY_FRAMES = 20
"""One frame of so many: neighbours look alike."""
KEPT_KEYS = ("category_id", "bbox", "area", "segmentation", "iscrowd")


def write_labelled(folder: Path) -> int:
    """Write ``images/`` and ``annotations.json``.

    Parameters
    ----------
    folder : Path
        Made if missing; what it held under these names is replaced.

    Returns
    -------
    int
        How many pictures there are.
    """
    truth = json.loads((SAMPLES / "truth.json").read_text("utf-8"))
    (folder / "images").mkdir(parents=True, exist_ok=True)
    wanted = [i for i in truth["images"] if i["frame_index"] % EVERY_FRAMES == 0
              and not i["damaged"]]
    for clip in sorted({image["clip"] for image in wanted}):
        _write_frames(clip, {i["frame_index"]: i for i in wanted if i["clip"] == clip}, folder)
    ids = {image["id"] for image in wanted}
    animals = [a for a in truth["annotations"] if a["image_id"] in ids]
    (folder / "annotations.json").write_text(json.dumps({
        "images": [_described(image) for image in wanted],
        "annotations": [{k: a[k] for k in KEPT_KEYS if k in a}
                        | {"id": a["id"], "image_id": a["image_id"], "mask_source": "drawn"}
                        for a in animals],
        "categories": [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}],
    }), "utf-8")
    return len(wanted)


def _write_frames(clip: str, wanted: dict[int, dict[str, Any]], folder: Path) -> None:
    with open_clip(SAMPLES / "clips" / clip, None) as frames:
        for frame in frames:
            if frame.frame_index in wanted:
                name = _name(wanted[frame.frame_index])
                Image.fromarray(frame.image).save(folder / "images" / name, quality=92)


def _described(image: dict[str, Any]) -> dict[str, Any]:
    """Of one place are the clips of one folder: what is learnt from and what judges differ."""
    return {"id": image["id"], "file_name": _name(image), "width": image["width"],
            "height": image["height"], "site": image["clip"].split("/")[0],
            "sequence": image["clip"], "night": False}


def _name(image: dict[str, Any]) -> str:
    return f"{Path(image['clip']).stem}_{image['frame_index']:03d}.jpg"


if __name__ == "__main__":
    print(f"{write_labelled(Path(sys.argv[1]))} labelled pictures in {sys.argv[1]}")
