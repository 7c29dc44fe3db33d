"""Pictures without animals: found, read, told apart by their light."""

import numpy as np
import pytest
from PIL import Image

from wildpose.errors import UsageError
from wildpose.synth.empty_pictures import find_pictures, is_grey, read_picture


def test_pictures_are_found_in_order_and_cut_to_size(tmp_path):
    (tmp_path / "sub").mkdir()
    for name, size in (("b.jpg", (300, 100)), ("sub/a.PNG", (100, 300)), ("c.txt", None)):
        if size is None:
            (tmp_path / name).write_text("no picture")
        else:
            Image.new("RGB", size, (200, 30, 30)).save(tmp_path / name)
    found = find_pictures(tmp_path)
    assert [p.name for p in found] == ["b.jpg", "a.PNG"]
    assert all(read_picture(p, (64, 48)).shape == (48, 64, 3) for p in found)


def test_a_folder_without_pictures_and_a_broken_one_are_named(tmp_path):
    with pytest.raises(UsageError, match="no pictures"):
        find_pictures(tmp_path)
    (tmp_path / "bad.jpg").write_bytes(b"rubbish")
    with pytest.raises(UsageError, match=r"bad\.jpg"):
        read_picture(tmp_path / "bad.jpg", (64, 48))


def test_grey_pictures_are_those_of_the_night():
    grey = np.random.default_rng(0).integers(0, 255, (20, 20, 1)).repeat(3, 2).astype(np.uint8)
    colour = grey.copy()
    colour[..., 1] //= 2
    assert is_grey(grey)
    assert not is_grey(colour)
