"""Points of bodies: read from annotations and dense maps, and carried along with the pixels."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from wildpose import masks
from wildpose.data.annotations import read_labelled
from wildpose.data.augment import Placement, camera_look, place, random_placement
from wildpose.data.body_points import BodyPoints, DenseMap, points_of_annotation
from wildpose.data.mixing import Mixture, Source, draw_batch
from wildpose.data.paste import CutOut, paste
from wildpose.data.source_rules import SourceRules
from wildpose.errors import DataError
from wildpose.formats.densepose import dense_pose_fields
from wildpose.formats.iuv_png import write_iuv_png
from wildpose.surface.points import chart_uv_of, mirrored
from wildpose.surface.reference import load_reference
from wildpose.surface.surface import SurfacePoints

HEIGHT, WIDTH = 40, 60
CANVAS = (64, 96)
BODIES = ((6, 8, 26, 34), (32, 4, 56, 36))


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """Two bodies whose colours say their truth: red is the chart, green and blue are u and v."""
    folder = tmp_path_factory.mktemp("rendered")
    (folder / "images").mkdir()
    (folder / "iuv").mkdir()
    chart, uv = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH, 2), np.float32)
    for x1, y1, x2, y2 in BODIES:
        across = np.arange(x2 - x1) * 4 // (x2 - x1)
        chart[y1:y2, x1:x2] = np.array([1, 3, 14, 23])[across]
        uv[y1:y2, x1:x2, 0] = np.linspace(0.1, 0.9, x2 - x1)
        uv[y1:y2, x1:x2, 1] = np.linspace(0.2, 0.7, y2 - y1)[:, None]
    picture = np.dstack([chart * 10, np.rint(uv * 255)]).astype(np.uint8)
    Image.fromarray(picture).save(folder / "images" / "still_00001.png")
    write_iuv_png(folder / "iuv" / "still_00001.png", chart, uv)
    annotations = []
    for number, (x1, y1, x2, y2) in enumerate(BODIES, 1):
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[y1:y2, x1:x2] = True
        box = np.array([x1, y1, x2, y2], np.float32)
        fields = dense_pose_fields(np.where(mask, chart, 0), uv, box, np.random.default_rng(0))
        annotations.append({"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0,
                            "bbox": [x1, y1, x2 - x1, y2 - y1], "mask_source": "rendered",
                            "segmentation": masks.encode(mask), **fields})
    entry = {"id": 1, "file_name": "still_00001.png", "width": WIDTH, "height": HEIGHT}
    (folder / "annotations.json").write_text(json.dumps(
        {"images": [entry], "annotations": annotations}))
    return folder


@pytest.fixture(params=["points", "map"])
def labelled(rendered, request):
    """The picture with sparse points, or with its dense map."""
    maps = rendered / "iuv" if request.param == "map" else None
    (image,) = read_labelled(rendered, rules=SourceRules(dense_maps=maps, points_per_body=150))
    return image


def painted(pixels: np.ndarray, points: BodyPoints) -> tuple[np.ndarray, np.ndarray]:
    """Chart and (u, v) that the picture's colours say at points."""
    column, row = np.floor(points.xy).astype(int).T
    colours = pixels[row, column].astype(float)
    return np.rint(colours[:, 0] / 10), colours[:, 1:] / 255


def test_points_say_what_the_picture_shows(labelled):
    for row in range(2):
        points = labelled.body_points(row, np.random.default_rng(0))
        chart, uv = painted(labelled.read(), points)
        assert (np.argmax(points.charts, 1) == chart).all()
        assert (points.charts.sum(1) == 1).all()
        assert np.allclose(points.uv, uv, atol=0.003)
        assert set(chart) == {1, 3, 14, 23}


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("offset", [(0, 0), (-30, 7), (20, -11)])
def test_points_follow_the_pixels(labelled, offset, flipped):
    example = place(labelled, Placement((HEIGHT * 2, WIDTH * 2), offset, flipped), CANVAS,
                    np.random.default_rng(1))
    assert len(example.body_points) == len(example.box_xyxy)
    found = [(p, m) for p, m in zip(example.body_points, example.masks, strict=True) if p]
    assert found
    for points, mask in found:
        column, row = np.floor(points.xy).astype(int).T
        assert mask[row, column].all()
        chart, uv = painted(example.image, points)
        said = np.argmax(points.charts, 1)
        # the colours are those of the picture as it was: a flipped body's left is its right
        wanted = {1: 1, 3: 4, 14: 13, 23: 24} if flipped else {c: c for c in (1, 3, 14, 23)}
        inner = np.isin(chart, list(wanted))  # colours are mixed at the borders of charts
        assert inner.mean() > 0.6
        right = [wanted[c] == s for c, s in zip(chart[inner], said[inner], strict=True)]
        assert np.mean(right) > 0.9
        u = 1 - points.uv[:, 0] if flipped else points.uv[:, 0]
        assert np.median(np.abs(u - uv[:, 0])) < 0.02
        assert np.median(np.abs(points.uv[:, 1] - uv[:, 1])) < 0.02


def test_points_outside_the_canvas_are_dropped(labelled):
    example = place(labelled, Placement((HEIGHT, WIDTH), (-45, 0), False), CANVAS,
                    np.random.default_rng(0))
    (points,) = example.body_points  # the first body lies outside
    whole = labelled.body_points(1, np.random.default_rng(0))
    assert 0 < len(points) < len(whole)
    assert points.xy.min() >= 0


def test_a_body_that_is_ignored_has_no_points(labelled):
    ignored = replace(labelled, ignore=np.array([True, False]))
    first, second = ignored.body_points_of([0, 1], np.random.default_rng(0))
    assert first is None
    assert second is not None
    mostly_cut = place(labelled, Placement((HEIGHT, WIDTH), (-50, 0), False), CANVAS)
    assert mostly_cut.ignore.tolist() == [True]
    assert mostly_cut.body_points == (None,)


def test_the_look_leaves_points_alone(labelled):
    example = place(labelled, Placement((HEIGHT, WIDTH), (0, 0), False), CANVAS)
    assert camera_look(example, np.random.default_rng(0)).body_points is example.body_points


class TestPaste:
    def test_an_animal_brings_its_points(self, labelled, labelled_square):
        ground = place(labelled_square((64, 96)), Placement((64, 96), (0, 0), False), (64, 96))
        for seed in range(8):
            pasted = paste(ground, CutOut(labelled, 0), np.random.default_rng(seed))
            below, points = pasted.body_points
            assert below is None
            column, row = np.floor(points.xy).astype(int).T
            assert pasted.masks[-1][row, column].mean() > 0.9  # its edge is soft
            order = np.argsort(points.xy[:, 0])
            torso = points.charts[:, 1][order]
            mirror = not torso[0]  # the torso is on the left of the picture as it was
            assert (points.charts[:, 24] if mirror else points.charts[:, 23]).any()
            rising = np.corrcoef(points.xy[:, 0], points.uv[:, 0])[0, 1]
            assert rising > 0.9  # u turns over with the picture

    def test_it_hides_points_below(self, labelled, labelled_square):
        below = place(labelled, Placement((64, 96), (0, 0), False), (64, 96),
                      np.random.default_rng(0))
        hidden = 0
        for seed in range(12):
            pasted = paste(below, CutOut(labelled_square(), 0), np.random.default_rng(seed))
            assert pasted.body_points[-1] is None
            for before, after in zip(below.body_points, pasted.body_points[:-1], strict=True):
                column, row = np.floor(before.xy).astype(int).T
                seen = ~pasted.masks[-1][row, column]
                assert np.array_equal(before.xy[seen], np.zeros((0, 2)) if after is None
                                      else after.xy)
                hidden += int((~seen).sum())
        assert hidden > 20

    def test_points_come_through_batches_of_mixed_sources(self, labelled, blobs):
        sources = (Source("rendered", (labelled,), 1.0),
                   Source("empty", tuple(i for i in blobs if not len(i.box_xyxy)), 1.0, 0.5))
        mixture = Mixture(sources, (CutOut(labelled, 1),), (CANVAS,), seed=0)
        for number in range(4):
            one, same = draw_batch(mixture, number, 4), draw_batch(mixture, number, 4)
            for a, b in zip(one, same, strict=True):
                assert len(a.body_points) == len(a.box_xyxy)
                for p, q in zip(a.body_points, b.body_points, strict=True):
                    assert (p is None) == (q is None)
                    assert p is None or np.array_equal(p.xy, q.xy)


class TestPartPoints:
    @pytest.mark.parametrize(("part", "side", "charts"), [
        ("head", "L", {24}), ("head", "-", {23, 24}), ("torso_back", "-", {1}),
        ("lower_leg", "L", {12, 14}), ("lower_leg", "-", {11, 12, 13, 14}), ("hand", "R", {3}),
        ("neck", "-", {1, 2, 23, 24}), ("wing", "R", {3, 16, 18, 20, 22}),
    ])
    def test_a_part_is_a_few_charts(self, part, side, charts):
        points = points_of_annotation({"id": 1, "part_points": [[3, 4.5, part, side]]})
        assert points.xy.tolist() == [[3, 4.5]]
        assert set(np.flatnonzero(points.charts[0])) == charts
        assert np.isnan(points.uv).all()

    def test_a_tail_has_no_chart(self):
        marked = [[1, 2, "tail", "-"], [3, 4, "foot", "L"]]
        assert len(points_of_annotation({"part_points": marked})) == 1
        assert points_of_annotation({"part_points": marked[:1]}) is None

    def test_they_stand_beside_points_of_dense_pose(self):
        points = points_of_annotation({
            "bbox": [0, 0, 256, 256], "dp_x": [7], "dp_y": [8], "dp_I": [2], "dp_U": [0.5],
            "dp_V": [0.25], "part_points": [[3, 4, "foot", "L"]]})
        assert points.xy.tolist() == [[7, 8], [3, 4]]
        assert np.isnan(points.uv).tolist() == [[False, False], [True, True]]

    @pytest.mark.parametrize("point", [
        [1, 2, "paw", "L"], [1, 2, "hand", "left"], [1, 2, "hand"], [1, None, "hand", "L"],
        [1, float("inf"), "hand", "L"], "hand", {"x": 1}, [1, 2, ["hand"], "L"],
    ])
    def test_other_points_are_refused(self, write_coco, point):
        folder = write_coco([{"part_points": [[1, 2, "head", "-"], point]}])
        with pytest.raises(DataError, match=r"picture a\.png: annotation 1: .*no part point"):
            read_labelled(folder)


class TestDenseMaps:
    def test_points_are_drawn_anew_at_each_reading(self, rendered):
        rules = SourceRules(dense_maps=rendered / "iuv", points_per_body=50)
        (image,) = read_labelled(rendered, rules=rules)
        rng = np.random.default_rng(0)
        first, second = image.body_points(0, rng), image.body_points(0, rng)
        assert len(first) == len(second) == 50
        assert not np.array_equal(first.xy, second.xy)
        assert len(np.unique(first.xy, axis=0)) == 50
        assert ((first.xy % 1) == 0.5).all()

    def test_a_small_body_gives_all_of_its_pixels(self, rendered):
        drawn = DenseMap(rendered / "iuv" / "still_00001.png", 10**6)
        mask = np.zeros((HEIGHT, WIDTH), bool)
        mask[10:14, 3:9] = True  # half of it beside the body
        (points,) = drawn.draw([masks.encode(mask)], np.random.default_rng(0))
        assert len(points) == 4 * 3

    def test_without_a_generator_the_points_are_those_of_the_annotation(self, rendered):
        (with_map,) = read_labelled(rendered, rules=SourceRules(dense_maps=rendered / "iuv"))
        (without,) = read_labelled(rendered)
        assert np.array_equal(with_map.body_points(0).xy, without.body_points(0).xy)

    def test_a_folder_without_maps_is_refused(self, rendered, tmp_path):
        with pytest.raises(DataError, match="no dense map"):
            read_labelled(rendered, rules=SourceRules(dense_maps=tmp_path))

    def test_a_map_of_another_size_is_refused(self, tmp_path):
        write_iuv_png(tmp_path / "m.png", np.ones((5, 5), np.uint8), np.zeros((5, 5, 2)))
        with pytest.raises(DataError, match=r"m\.png: 5x5 pixels, but its picture has 8x6"):
            DenseMap(tmp_path / "m.png", 5).draw([masks.encode(np.ones((6, 8), bool))],
                                                 np.random.default_rng(0))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_mirrored_points_are_those_of_the_mirrored_surface(seed):
    surface, rng = load_reference(), np.random.default_rng(seed)
    face = rng.integers(0, len(surface.faces), 20).astype(np.int32)
    there = SurfacePoints(face, rng.dirichlet((1, 1, 1), 20).astype(np.float32))
    points = BodyPoints.known(rng.uniform(0, 40, (20, 2)), *chart_uv_of(surface, there))
    chart, uv = chart_uv_of(surface, mirrored(surface, there))
    assert np.array_equal(np.argmax(points.mirrored(40).charts, 1), chart)
    assert np.allclose(points.mirrored(40).uv, uv, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_every_point_lies_in_its_box_wherever_the_picture_lands(seed, rendered):
    (image,) = read_labelled(rendered)
    rng = np.random.default_rng(seed)
    example = place(image, random_placement(image, CANVAS, rng), CANVAS, rng)
    for points, box in zip(example.body_points, example.box_xyxy, strict=True):
        if points is not None:
            assert (points.xy >= box[:2] - 1e-3).all()
            assert (points.xy <= box[2:] + 1e-3).all()


def test_mirroring_twice_changes_nothing():
    rng = np.random.default_rng(0)
    points = BodyPoints(rng.random((9, 2)).astype(np.float32), rng.random((9, 25)) > 0.5,
                        rng.random((9, 2)).astype(np.float32))
    again = points.mirrored(7).mirrored(7)
    assert np.allclose(again.xy, points.xy, atol=1e-5)
    assert np.array_equal(again.charts, points.charts)
    assert np.allclose(again.uv, points.uv, atol=1e-6)


def test_arrays_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        BodyPoints(np.zeros((2, 2)), np.zeros((2, 24), bool), np.zeros((2, 2)))


def test_on_another_body_coordinates_are_lost_in_the_mirror_and_charts_change_sides():
    points = replace(BodyPoints.known([[4, 2]], [3], [[0.2, 0.7]]), on_reference=False)
    turned = points.moved(1, (0, 0)).take(np.array([0])).mirrored(10)
    assert turned.xy.tolist() == [[6, 2]]
    assert np.flatnonzero(turned.charts[0]).tolist() == [4]
    assert np.isnan(turned.uv).all()


@pytest.mark.parametrize(("surface", "plain", "mirrored_u"), [
    ("reference", 0.25, 0.75), ("smpl", 0.25, None), ("other", None, None)])
def test_what_is_known_of_coordinates_hangs_on_whose_body_they_are(
    write_coco, surface, plain, mirrored_u
):
    folder = write_coco([{"bbox": [2, 2, 8, 8], "dp_x": [128], "dp_y": [128], "dp_I": [3],
                          "dp_U": [0.25], "dp_V": [0.5]}])
    (image,) = read_labelled(folder, rules=SourceRules(surface=surface))
    points = image.body_points(0)
    for own, wanted in ((points, plain), (points.mirrored(20), mirrored_u)):
        assert own.uv[0, 0] == pytest.approx(np.nan if wanted is None else wanted, nan_ok=True)
