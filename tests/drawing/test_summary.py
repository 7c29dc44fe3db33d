"""The summary page: order, counts, failures and links, read back as a browser would."""

from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from wildpose.drawing import ClipRow, FailureRow, RunPage, summary_page
from wildpose.drawing.summary import rank

HOSTILE = "x/50% #1 \"\u00fc\" \u7ea2\u5916 \U0001f98a <script>alert(1)</script>.mp4"
ROWS = (
    ClipRow("river/otter.mp4", "river", 1, 1, 0, 0.93, 0.0, 5.0, 5.1, "2025-04-22 01:28:37",
            sheet="sheets/river/otter.jpg"),
    ClipRow(HOSTILE, "x", 2, 2, 1, 0.41, 1.0, 2.0, 6.0, complete=False,
            sheet="sheets/50% #1 \u7ea2\u5916.jpg"),
    ClipRow("empty.mp4", "."),
    ClipRow("river/hiker.mp4", "river", person_tracks=1),
)
FAILURES = (
    FailureRow("river/bad.mp4", "river", "open", "failed", "The file has no index.",
               "Copy it from the card again."),
    FailureRow(HOSTILE, "x", "decode", "partial", "80 of 150 frames could be read."),
    FailureRow("notes.txt", ".", "find", "skipped", "It is no video."),
)
RUN = RunPage("clips", ROWS, FAILURES, {"Model": "animal-small"}, 83.0, "2026-11-25 18:30")


class Reader(HTMLParser):
    """Collects what a reader sees and follows, and that every element is closed."""

    def __init__(self, html):
        super().__init__()
        self.text, self.links, self.pictures, self.open, self.tags = [], [], [], [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        values = dict(attrs)
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.pictures.append(values["src"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)

    def said(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def seen():
    return Reader(summary_page(RUN))


def test_the_page_is_well_formed_and_a_hostile_name_stays_text(seen):
    assert seen.open == []
    assert "script" not in seen.tags
    assert HOSTILE in seen.said()


def test_every_clip_and_every_failure_is_named(seen):
    said = seen.said()
    for row in (*ROWS, *FAILURES):
        assert row.clip in said
    for reason in ("The file has no index.", "Copy it from the card again.",
                   "80 of 150 frames could be read."):
        assert reason in said


def test_counts_add_up(seen):
    said = seen.said()
    for line in ("5 clips found", "2 with animals", "1 nothing found in", "2 with people",
                 "1 could not be read", "1 read in part", "analysed in 83 seconds"):
        assert line in said


def test_people_are_named_before_any_picture_and_marked_at_each_clip(seen):
    said = seen.said()
    assert "can be recognised in the pictures" in said
    assert said.index("are in 2 clips (listed below)") < said.index("Where to look first")
    assert "--blur-people" in said
    hidden = Reader(summary_page(replace(RUN, people_blurred=True))).said()
    assert "They are blurred in the pictures of this run; the clips themselves show them" in hidden
    assert "people, blurred" in hidden
    nobody = Reader(summary_page(replace(RUN, rows=ROWS[:1]))).said()
    assert "eople" not in nobody


def test_a_clip_with_a_doubtful_box_of_a_person_stands_among_those_with_people():
    row = ClipRow("river/shadow.mp4", "river", person_detections=2)
    said = Reader(summary_page(replace(RUN, rows=(row,)))).said()
    assert "are in 1 clip (listed below)" in said
    assert "river/shadow.mp4 unknown 0 2 0" in said


def test_links_are_relative_and_lead_to_the_sheets(seen):
    targets = {unquote(link) for link in (*seen.links, *seen.pictures)}
    assert targets == {row.sheet for row in ROWS if row.sheet}
    assert all("#" not in link for link in seen.links)


def test_surest_clips_come_first_then_more_animals_then_longer_sight():
    rows = [ClipRow("c", ".", 1, 1, 0, 0.71, 0, 1), ClipRow("d", ".", 1, 1, 0, 0.72, 0, 9),
            ClipRow("b", ".", 3, 3, 0, 0.69, 0, 1), ClipRow("a", ".", 1, 1, 0, 0.97, 0, 1),
            ClipRow("e", ".")]
    assert [row.clip for row in rank(rows)] == ["a", "b", "d", "c"]


def test_doubtful_and_partial_clips_are_marked(seen):
    assert seen.said().count("check by eye") >= 2
    assert "read in part" in seen.said()


def test_a_run_without_animals_says_what_to_do():
    said = Reader(summary_page(RunPage("clips", (ClipRow("e.mp4", "."),)))).said()
    assert "No animal was found" in said
    assert "lower score threshold" in said
    assert "could not be read " not in said.split("No animal")[0]


def test_nothing_is_said_of_people_where_there_are_none():
    said = Reader(summary_page(RunPage("clips", (ClipRow("e.mp4", "."),)))).said()
    assert "with people" not in said


def test_large_runs_show_the_first_sheets_and_list_the_rest():
    rows = tuple(ClipRow(f"{i:04d}.mp4", ".", 1, 1, 0, 0.9, 0, 1, sheet=f"sheets/{i}.jpg")
                 for i in range(500))
    page = Reader(summary_page(RunPage("clips", rows, gallery=20)))
    assert len(page.pictures) == 20
    assert "480 more stand in the table below" in page.said()
    assert "0499.mp4" in page.said()


def test_names_that_are_no_text_can_be_written_as_utf8():
    name = b"caf\xe9.mp4".decode("utf-8", "surrogateescape")
    html = summary_page(RunPage(name, (ClipRow(name, ".", 1, 1, 0, 0.9, sheet=name),)))
    assert b"caf%E9.mp4" in html.encode("utf-8")
