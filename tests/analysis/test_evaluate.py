from __future__ import annotations

import base64
import io
import json
import re
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from wildpose.analysis.evaluate import evaluate_model, figure_table
from wildpose.errors import DataError, ModelError, UsageError
from wildpose.evaluation import score_predictions
from wildpose.models.calibration import Calibration
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import ModelDescription, write_description

sys.path.insert(0, str(Path(__file__).parents[1] / "data"))

from blob_pictures import BlobFolder, write_blobs


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    """An untrained network that takes nearly everything for an animal."""
    folder = tmp_path_factory.mktemp("model") / "eager"
    folder.mkdir()
    torch.manual_seed(5)
    detector = Detector(Architecture(box_width=16))
    torch.nn.init.normal_(detector.box_head.classes.weight, std=2.0)
    save_file(detector.state_dict(), folder / "weights.safetensors")
    write_description(folder, ModelDescription(
        name="eager", description="", licence="", architecture=detector.architecture.as_json(),
        canvases=((64, 96),), calibration={"animal": Calibration(3.0, 0.5)}, threshold=0.45,
    ))
    return str(folder)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("labelled") / "garden"
    write_blobs(folder, BlobFolder(pictures=6))
    return folder


@pytest.fixture(scope="module")
def evaluated(model, labelled, tmp_path_factory):
    """One evaluation with everything written; to be read only."""
    out, steps = tmp_path_factory.mktemp("evaluated"), []
    found = evaluate_model(
        model, labelled, save_predictions=out / "deep" / "said.json", report=out / "report",
        progress=lambda done, total: steps.append((done, total)),
    )
    return found, out, steps


def test_the_figures_are_those_of_the_saved_predictions(evaluated, labelled):
    found, out, _ = evaluated
    said = json.loads((out / "deep" / "said.json").read_text("utf-8"))
    coco = json.loads((labelled / "annotations.json").read_text("utf-8"))
    assert said["threshold"] == 0.45
    assert {d["image_id"] for d in said["detections"]} == {i["id"] for i in coco["images"]}
    assert all("segmentation" in d for d in said["detections"])
    assert found["subsets"] == score_predictions(coco, said)
    assert found["subsets"]["all"]["images"] == 6
    assert found["subsets"]["camera_trap_night"]["images"] == 3


def test_the_answer_names_model_and_data_and_is_json(evaluated):
    found, _, _ = evaluated
    assert (found["model"], found["data"]) == ("eager", "garden")
    assert json.loads(json.dumps(found)) == found


def test_progress_counts_the_pictures(evaluated):
    _, _, steps = evaluated
    assert steps == [(done, 6) for done in range(1, 7)]


def test_the_page_shows_the_figures_and_pictures_of_mistakes(evaluated):
    found, out, _ = evaluated
    html = (out / "report" / "index.html").read_text("utf-8")
    assert "eager on garden" in html
    assert "<code>wildpose evaluate eager garden --report DIR</code>" in html
    for name in found["subsets"]:
        assert f">{name}<" in html
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', html)
    assert pictures
    for encoded in pictures:
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as picture:
            assert max(picture.size) == 420
    assert "http" not in html.replace("http-equiv", "")


def test_nothing_is_written_that_was_not_asked_for(model, labelled, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(labelled.rglob("*"))
    evaluate_model(model, labelled)
    assert list(tmp_path.iterdir()) == []
    assert sorted(labelled.rglob("*")) == before


def test_the_folder_at_hand_has_its_name(model, tmp_path, monkeypatch):
    write_blobs(tmp_path / "meadow", BlobFolder(pictures=1))
    monkeypatch.chdir(tmp_path / "meadow")
    assert evaluate_model(model, Path())["data"] == "meadow"


def test_pictures_without_any_animal_have_no_recall_but_a_page(model, tmp_path):
    coco = write_blobs(tmp_path / "empty", BlobFolder(pictures=2))
    coco["annotations"] = []
    (tmp_path / "empty" / "annotations.json").write_text(json.dumps(coco))
    found = evaluate_model(model, tmp_path / "empty", report=tmp_path / "report")
    assert found["subsets"]["all"]["recall"] is None
    assert found["subsets"]["all"]["box"] is None
    html = (tmp_path / "report" / "index.html").read_text("utf-8")
    assert "Worst misses</h2>\n<p>None.</p>" in html


def test_the_table_has_a_dash_for_what_can_not_be_had(evaluated):
    found, _, _ = evaluated
    table = figure_table(found["subsets"])
    assert {row[0] for row in table.rows} == set(found["subsets"])
    assert all(len(row) == len(table.columns) for row in table.rows)
    by_name = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert by_name["all"]["AP50"] == found["subsets"]["all"]["box"]["ap50"]
    assert by_name["all"]["person AP50"] is None


class TestRefused:
    @pytest.mark.parametrize("asked", ["save_predictions", "report"])
    def test_a_place_that_can_not_be_written_to_is_told_before_the_work(
        self, model, labelled, tmp_path, asked
    ):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(UsageError, match=r"file.*can't be written") as caught:
            evaluate_model(
                model, labelled, progress=lambda done, total: pytest.fail("worked for nothing"),
                **{asked: tmp_path / "file" / "there"},
            )
        assert "may write" in caught.value.remedy

    def test_a_folder_is_no_file_for_predictions(self, model, labelled, tmp_path):
        with pytest.raises(UsageError, match="can't be written"):
            evaluate_model(model, labelled, save_predictions=tmp_path)

    def test_an_evaluation_that_fails_leaves_no_empty_file(self, labelled, tmp_path):
        with pytest.raises(ModelError, match=r"nothing: there is no such model"):
            evaluate_model("nothing", labelled, save_predictions=tmp_path / "said.json")
        assert not (tmp_path / "said.json").exists()

    def test_a_folder_without_annotations(self, model, tmp_path):
        with pytest.raises(DataError, match=r"there is no annotations\.json"):
            evaluate_model(model, tmp_path)

    def test_a_broken_picture_is_named(self, model, tmp_path):
        write_blobs(tmp_path / "broken", BlobFolder(pictures=1))
        (tmp_path / "broken" / "images" / "blobs_00.png").write_bytes(b"no picture")
        with pytest.raises(DataError, match=r"blobs_00\.png: can't be read as a picture"):
            evaluate_model(model, tmp_path / "broken")

    def test_an_entry_without_a_file_name_is_named(self, model, tmp_path):
        (tmp_path / "annotations.json").write_text('{"images": [{"id": 4}], "annotations": []}')
        with pytest.raises(DataError, match=r"annotations\.json: an entry has no `id` or no `file"):
            evaluate_model(model, tmp_path)
