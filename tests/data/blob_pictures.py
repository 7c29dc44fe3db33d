"""Small labelled pictures for tests: bright blobs are animals, the ground is dark noise."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from wildpose import masks

HEIGHT, WIDTH = 64, 96
CATEGORIES = [{"id": 1, "name": "animal"}, {"id": 2, "name": "person"}]


@dataclass(frozen=True)
class BlobFolder:
    """What `write_blobs` draws.

    A third of the pictures are empty, a third hold a blob with a mask, a third two blobs of which
    the second has a box alone. Two pictures share each site, the species alternates.
    """

    pictures: int = 12
    seed: int = 0
    source: str = "blobs"


def ellipse(box: tuple[int, int, int, int]) -> np.ndarray:
    """bool [HEIGHT, WIDTH]: the ellipse that fills a box of even sides."""
    x1, y1, x2, y2 = box
    y, x = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    across, down = (x2 - x1) / 2, (y2 - y1) / 2
    return ((x - (x1 + x2) / 2) / across) ** 2 + ((y - (y1 + y2) / 2) / down) ** 2 <= 1


def write_blobs(folder: Path, wanted: BlobFolder = BlobFolder()) -> dict[str, Any]:
    """Write ``annotations.json`` and ``images/`` into a folder and return the COCO object."""
    rng = np.random.default_rng(wanted.seed)
    (folder / "images").mkdir(parents=True)
    coco: dict[str, Any] = {"images": [], "annotations": [], "categories": CATEGORIES}
    for number in range(wanted.pictures):
        pixels = rng.integers(20, 70, (HEIGHT, WIDTH, 3), np.uint8)
        for place in range(number % 3):
            side = rng.integers(10, 18, 2) * 2
            x, y = int(rng.integers(2, 8)) + 48 * place, int(rng.integers(2, 62 - side[1]))
            box = (x, y, x + int(side[0]), y + int(side[1]))
            shape = ellipse(box)
            pixels[shape] = rng.integers(200, 250, 3)
            coco["annotations"].append(_annotation(coco, number + 1, shape, place == 0))
        name = f"{wanted.source}_{number:02d}.png"
        Image.fromarray(pixels).save(folder / "images" / name)
        coco["images"].append({
            "id": number + 1, "file_name": name, "width": WIDTH, "height": HEIGHT,
            "source": wanted.source, "site": f"site {number // 2}", "set": "camera_trap",
            "species": "boar" if number % 2 else "deer", "night": bool(number % 2),
            "labelled": ["animal", "person"],
        })
    (folder / "annotations.json").write_text(json.dumps(coco), "utf-8")
    return coco


def _annotation(
    coco: dict[str, Any], image_id: int, shape: np.ndarray, with_mask: bool
) -> dict[str, Any]:
    rle = masks.encode(shape)
    x1, y1, x2, y2 = masks.box_of_mask(rle).tolist()
    found = {
        "id": len(coco["annotations"]) + 1, "image_id": image_id, "category_id": 1, "iscrowd": 0,
        "bbox": [x1, y1, x2 - x1, y2 - y1], "area": masks.area(rle), "mask_source": None,
    }
    return found | ({"segmentation": rle, "mask_source": "human"} if with_mask else {})
