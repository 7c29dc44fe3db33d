"""Training curves from a CSV."""

import math
import subprocess
import sys

import pytest
from PIL import Image

from wildpose.drawing.curves import plot_curves, read_curves
from wildpose.errors import DataError

LOG = "step,loss,loss_box,val_ap50,note\n0,3.0,1.0,,start\n1,2.0,nan,0.5,\n2,1.5,0.5,,\n"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "curves.csv"
    path.write_text(LOG, encoding="utf-8")
    return path


def test_empty_cells_are_gaps_and_words_no_column(log):
    axis, columns = read_curves(log)
    assert axis == "step"
    assert set(columns) == {"step", "loss", "loss_box", "val_ap50"}
    assert columns["loss"] == [3.0, 2.0, 1.5]
    assert math.isnan(columns["val_ap50"][0])
    assert columns["val_ap50"][1] == 0.5


def test_a_picture_with_a_panel_per_group_is_written(log, tmp_path):
    target = tmp_path / "curves.png"
    plot_curves(log, target)
    with Image.open(target) as picture:
        assert picture.format == "PNG"
        assert picture.width > 2 * picture.height
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


@pytest.mark.parametrize("content", ["", "step,loss\n", "step,note\n1,a\n", "note\nb\n"])
def test_a_log_without_numbers_is_refused_by_name(content, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"bad\.csv"):
        plot_curves(path, tmp_path / "bad.png")
    assert not (tmp_path / "bad.png").exists()


def test_importing_the_package_does_not_import_matplotlib_or_torch():
    code = ("import sys, wildpose.drawing\n"
            "print([m for m in ('matplotlib', 'torch', 'pandas') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
