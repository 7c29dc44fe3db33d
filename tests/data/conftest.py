"""Small folders of labelled pictures, and single pictures with labels made to measure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from wildpose.data.annotations import LabelledImage, read_labelled


@pytest.fixture(scope="session")
def blob_folder(tmp_path_factory) -> Path:
    """Twelve pictures of blobs, to be read only."""
    from blob_pictures import write_blobs

    folder = tmp_path_factory.mktemp("data") / "blobs"
    write_blobs(folder)
    return folder


@pytest.fixture(scope="session")
def blobs(blob_folder) -> list[LabelledImage]:
    return read_labelled(blob_folder)


@pytest.fixture
def write_coco(tmp_path) -> Callable[..., Path]:
    """Write one picture (8 wide, 6 high) and these annotations; keywords go into its entry."""

    def write(annotations: list[dict], **entry) -> Path:
        (tmp_path / "images").mkdir(exist_ok=True)
        Image.new("RGB", (8, 6)).save(tmp_path / "images" / "a.png")
        image = {"id": 1, "file_name": "a.png", "width": 8, "height": 6} | entry
        image = {k: v for k, v in image.items() if v is not ...}
        rows = [{"id": i, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 3]} | a
                for i, a in enumerate(annotations, 1)]
        rows = [{k: v for k, v in row.items() if v is not ...} for row in rows]
        (tmp_path / "annotations.json").write_text(
            json.dumps({"images": [image], "annotations": rows})
        )
        return tmp_path

    return write


@pytest.fixture
def labelled_square(tmp_path) -> Callable[..., LabelledImage]:
    """A dark picture with one bright square, its box and its mask."""
    from wildpose import masks

    def make(
        size: tuple[int, int] = (120, 160),
        box: tuple[int, int, int, int] = (40, 30, 80, 70),
        name: str = "square",
    ) -> LabelledImage:
        x1, y1, x2, y2 = box
        pixels = np.full((*size, 3), 20, np.uint8)
        pixels[y1:y2, x1:x2] = 240
        path = tmp_path / f"{name}.png"
        Image.fromarray(pixels).save(path)
        return LabelledImage(
            path=path, image_id=1, size=size,
            box_xyxy=np.array([box], np.float32), class_id=np.array([1], np.int16),
            ignore=np.array([False]), masks=(masks.encode(pixels[..., 0] > 128),),
            labelled=frozenset({1, 2}), draft=False, annotations=({},), facts={"source": "squares"},
        )

    return make
