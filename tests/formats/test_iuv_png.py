"""Dense maps as pictures."""

import numpy as np
import pytest
from PIL import Image

from wildpose.errors import DataError
from wildpose.formats.iuv_png import read_iuv_png, write_iuv_png


def test_a_map_comes_back_to_half_a_level(tmp_path):
    rng = np.random.default_rng(0)
    chart = rng.integers(0, 25, (30, 40)).astype(np.uint8)
    uv = rng.random((30, 40, 2)).astype(np.float32)
    write_iuv_png(tmp_path / "a.png", chart, uv)
    read_chart, read_uv = read_iuv_png(tmp_path / "a.png")
    assert (read_chart == chart).all()
    body = chart > 0
    assert np.abs(read_uv - uv)[body].max() <= 0.5 / 255 + 1e-6
    assert (read_uv[~body] == 0).all()


def test_red_is_the_chart(tmp_path):
    write_iuv_png(tmp_path / "a.png", np.full((2, 2), 7, np.uint8), np.ones((2, 2, 2)))
    assert np.asarray(Image.open(tmp_path / "a.png"))[0, 0].tolist() == [7, 255, 255]


@pytest.mark.parametrize("picture", [
    np.full((4, 4, 3), 25, np.uint8), np.zeros((4, 4), np.uint8), None,
])
def test_other_pictures_are_refused(tmp_path, picture):
    path = tmp_path / "a.png"
    if picture is None:
        path.write_bytes(b"no picture")
    else:
        Image.fromarray(picture).save(path)
    with pytest.raises(DataError, match=r"a\.png"):
        read_iuv_png(path)
