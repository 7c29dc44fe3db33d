"""The report: tables as CSV, one page that needs nothing else."""

from __future__ import annotations

import base64
import csv
import io
import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from ecology_run import DEPLOYMENTS, Clip, MadeRun
from PIL import Image

from wildpose.ecology import EcologySettings
from wildpose.ecology.report import FILES, PAGE_NAME, table_csv, write_report
from wildpose.errors import DataError, UsageError

ROE = "<b>roe</b> & co"
VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Checks that tags are closed; keeps what the page points to."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open, self.links, self.pictures, self.headings = [], [], [], []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found["href"]] if "href" in found else []
        self.pictures += [(found["src"], found["alt"])] if tag == "img" else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


@pytest.fixture(scope="module")
def report(survey_run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    # plots take most of the time, so here all are of one species
    (folder / "deployments.csv").write_text(DEPLOYMENTS.replace("Capreolus capreolus", ""))
    settings = EcologySettings(folder / "deployments.csv", ROE)
    return write_report(survey_run.path, folder / "out" / "deep", settings)


@pytest.fixture(scope="module")
def page(report) -> Page:
    return Page((report.out / PAGE_NAME).read_text(encoding="utf-8"))


def test_every_table_is_written_with_its_columns(report):
    written = {path.name for path in report.out.iterdir()}
    assert written == {PAGE_NAME, *(f"{name}.csv" for name in FILES)}
    for name in FILES:
        rows = list(csv.reader((report.out / f"{name}.csv").open(newline="")))
        table = getattr(report.tables, name)
        assert rows[0] == list(table.columns)
        assert len(rows) == len(table) + 1


def test_cells_are_plain_times_words_and_nothing_where_nothing_is_known(report):
    def rows(name):
        return list(csv.DictReader((report.out / f"{name}.csv").open(newline="")))

    event = rows("events")[0]
    assert (event["start"], event["end"]) == ("2024-03-02T06:00:00", "2024-03-02T06:20:10")
    assert {row["in_view_at_end"] for row in rows("staying")} == {"true", "false"}
    swamp = rows("abundance_by_deployment")[-1]
    assert (swamp["deployment"], swamp["effort_days"], swamp["rai"]) == ("swamp", "0", "")
    assert rows("sightings")[3]["event_id"] == ""
    everything = "".join((report.out / f"{name}.csv").read_text() for name in FILES)
    assert not re.search(r"\b(nan|NaT|inf|None|<NA>)\b", everything)


def test_the_page_needs_no_other_file(page, report):
    content = (report.out / PAGE_NAME).read_text(encoding="utf-8")
    assert page.open == []
    assert "<script" not in content
    assert not re.search(r"https?://", content)
    assert set(page.links) == {f"{name}.csv" for name in FILES}
    for source, alt in page.pictures:
        assert alt
        picture = Image.open(io.BytesIO(base64.b64decode(source.split(",")[1])))
        assert picture.size == (550, 396)


def test_the_page_has_the_plots_of_a_species(page):
    assert [alt for _, alt in page.pictures] == [
        f"Activity of {ROE}", f"Day and night of {ROE}", f"Moving and still: {ROE}",
        f"Direction of the body: {ROE}", f"Side shown: {ROE}", f"Staying times of {ROE}"]


def test_the_page_says_the_rule_and_lists_what_is_missing(page, report):
    content = (report.out / PAGE_NAME).read_text(encoding="utf-8")
    assert "30 minutes or more after the end of the clip before" in content
    assert "for 2 of 3 events by the height of the sun" in content
    assert {"Clips without a time", "Clips that could not be read"} <= set(page.headings)
    assert "ridge/DCIM/d.mp4" in content
    assert ROE not in content


def test_the_object_for_programs(report):
    found = report.as_json()
    assert (found["clips"], found["clips_failed"], found["clips_without_time"]) == (8, 1, 1)
    assert (found["deployments"], found["effort_days"], found["events"]) == (4, 70.0, 3)
    assert found["species"][ROE]["events"] == 3
    assert found["species"][ROE]["rai"] == pytest.approx(300 / 70)


def test_a_run_without_animals_has_a_page_too(tmp_path):
    run = MadeRun([Clip("a/1.mp4", "2024-03-02T06:00:00")]).write(tmp_path / "run")
    written = write_report(run, tmp_path / "out", EcologySettings())
    content = (written.out / PAGE_NAME).read_text(encoding="utf-8")
    assert "No event." in content
    assert Page(content).pictures == []


def test_a_long_table_is_cut_on_the_page_and_whole_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("wildpose.ecology.page.MOST_ROWS", 3)
    run = MadeRun([Clip(f"a/{i}.mp4") for i in range(5)]).write(tmp_path / "run")
    written = write_report(run, tmp_path / "out", EcologySettings())
    content = (written.out / PAGE_NAME).read_text(encoding="utf-8")
    assert "2 more stand in the file" in content
    assert "a/3.mp4" not in content
    assert len((written.out / "without_time.csv").read_text().splitlines()) == 6


def test_a_faulty_table_leaves_nothing_behind(survey_run, table, tmp_path):
    path = table(DEPLOYMENTS.replace("river,", "bridge,"))
    with pytest.raises(DataError, match="no row for the folder river"):
        write_report(survey_run.path, tmp_path / "out", EcologySettings(path))
    assert not (tmp_path / "out").exists()


def test_a_folder_that_can_not_be_written_is_said(survey_run, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="can't be written"):
        write_report(survey_run.path, tmp_path / "out", EcologySettings())


def test_names_with_commas_and_quotes_survive():
    table = pd.DataFrame({"clip": ['a, "b".mp4'], "seen": [True]})
    assert list(csv.reader(io.StringIO(table_csv(table))))[1] == ['a, "b".mp4', "true"]
