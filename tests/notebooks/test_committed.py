"""What is committed of a notebook can be read by anybody: small, whole, and of no one machine."""

from __future__ import annotations

import base64
import io
import re
from copy import deepcopy
from itertools import pairwise

import nbformat
import pytest
from PIL import Image
from stale import alike, differences

from notebooks.execute import (
    HERE,
    LARGEST_BYTES,
    WIDEST_PX,
    all_notebooks,
    cleaned,
    read,
    shown_text,
    small_jpeg,
)

NOTEBOOKS = [pytest.param(path, id=path.stem) for path in all_notebooks()]


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_each_code_cell_was_executed_once_and_in_order(path):
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_text_comes_before_each_code_cell(path):
    kinds = [cell.cell_type for cell in read(path).cells]
    assert kinds[0] == "markdown"
    assert ("code", "code") not in set(pairwise(kinds))


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_outputs_are_as_the_script_writes_them(path):
    """Written by it and not saved from a window, with somebody's kernel and times in it."""
    content = read(path)
    nbformat.validate(content)
    assert cleaned(deepcopy(content), HERE) == content


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_they_are_small_and_so_are_their_pictures(path):
    assert path.stat().st_size < 600_000
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            for kind, data in output.get("data", {}).items():
                assert kind in {"text/plain", "text/html", "text/markdown", "image/jpeg"}
                if kind == "image/jpeg":
                    assert len(base64.b64decode(data)) <= LARGEST_BYTES


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_no_place_of_a_machine_and_no_error_is_in_them(path):
    for cell in read(path).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            text = output.get("text", "") + "".join(
                data for kind, data in output.get("data", {}).items() if kind.startswith("text/"))
            assert not re.search(r"(?<![\w.<])/[a-z]+/|[A-Z]:\\|Traceback", text)


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_links_lead_somewhere(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert targets
    assert [target for target in targets if not (HERE / target).exists()] == []


def test_of_a_progress_bar_only_what_stays_on_the_screen_is_kept():
    bar = "\x1b[?25l\r\x1b[2K\x1b[91m--\x1b[0m 0/2 clips"
    done = f"{bar}\r\x1b[2K\x1b[90m--\x1b[0m 2/2 clips  \r\n\x1b[?25h\r\x1b[1A\x1b[2K"
    said = "2 clips in 29 s: 1 with animals\r\nPictures  here/runs/t/sheets\r\n"
    assert shown_text(done + said, HERE) == (
        "2 clips in ... s: 1 with animals\nPictures  here/runs/t/sheets\n")


def test_a_path_of_the_machine_becomes_one_as_the_reader_sees_it():
    assert shown_text(f"in {HERE / 'runs' / 'a'}", HERE) == "in runs/a"
    assert shown_text(f"in {HERE.parent / 'sample_data'}", HERE) == "in ../sample_data"


def test_a_large_picture_becomes_a_small_one():
    noise = Image.effect_noise((2000, 1000), 90)
    buffer = io.BytesIO()
    noise.save(buffer, "PNG")
    small = base64.b64decode(small_jpeg(buffer.getvalue()))
    assert len(small) <= LARGEST_BYTES
    assert Image.open(io.BytesIO(small)).size == (WIDEST_PX, WIDEST_PX // 2)


def notebook(text: str, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    cell = nbformat.v4.new_code_cell("table", metadata={"tags": list(tags)})
    if text:
        cell.outputs = [nbformat.v4.new_output("stream", text=text)]
    return nbformat.v4.new_notebook(cells=[cell])


def test_a_stale_notebook_is_noticed():
    before = notebook("plain  zebra  2  0.971")
    assert differences(before, notebook("plain zebra 2 0.969")) == []
    assert "committed is" in differences(before, notebook("plain  zebra  3  0.971"))[0]
    assert "committed is" in differences(before, notebook("river  zebra  2  0.971"))[0]
    assert "gives []" in differences(before, notebook(""))[0]


def test_of_a_cell_that_varies_an_output_is_asked_but_not_which():
    before = notebook("box AP 0.80", ("varies",))
    assert differences(before, notebook("box AP 0.70", ("varies",))) == []
    assert differences(before, notebook("", ("varies",)))


def test_counts_have_to_be_the_same_and_scores_nearly():
    assert alike("41 boxes, 0.50", "41 boxes, 0.51")
    assert not alike("41 boxes", "43 boxes")
    assert not alike("41 boxes", "41 boxes 1")
