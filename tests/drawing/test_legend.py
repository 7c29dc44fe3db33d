"""The legend names every chart once, in its colour."""

import re

from PIL import Image

from wildpose.drawing import ClipRow, RunPage, summary_page
from wildpose.drawing.legend import PICTURE, chart_legend
from wildpose.drawing.palette import CHART_COLOURS


def test_every_chart_has_its_swatch_and_every_part_its_name():
    swatches = re.findall(r"rgb\((\d+),(\d+),(\d+)\)", chart_legend())
    shown = {tuple(map(int, swatch)) for swatch in swatches}
    assert len(swatches) == 24
    assert shown == {tuple(map(int, colour)) for colour in CHART_COLOURS[1:]}
    assert [word in chart_legend() for word in ("torso back", "> head<", "upper arm front")] == [
        True, True, True]


def test_left_stands_before_right():
    entry = re.search(r"<li>[^/]*</i>[^/]*</i> head</li>", chart_legend())
    assert entry is not None
    rgb = re.findall(r"rgb\((.*?)\)", entry.group())
    assert rgb == [",".join(map(str, CHART_COLOURS[chart])) for chart in (24, 23)]


def test_the_picture_is_there_and_small():
    with Image.open(PICTURE) as picture:
        assert picture.width > 800
    assert PICTURE.stat().st_size < 100_000


def test_only_a_page_with_dense_pose_explains_it():
    def written(dense_pose):
        rows = (ClipRow("a.mp4", ".", 1, 1, sheet="sheets/a.jpg", dense_pose=dense_pose),)
        return summary_page(RunPage(source="clips", rows=rows))

    heading = "What the colours on the bodies mean"
    assert heading in written(True)
    assert heading not in written(False)
