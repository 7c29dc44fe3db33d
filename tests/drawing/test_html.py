"""The parts of pages: escaping, links to files with any name, pictures inside."""

import base64

import pytest

from wildpose.drawing.html import data_url, link, page, table, text, url

NAMES = ["plain.jpg", "50% #1?.jpg", 'quo"te\'s.jpg', "\u7ea2\u5916\u76f8\u673a.jpg",
         "\U0001f98a fox.jpg", "a&b<c>.jpg", "C: drive.jpg", "..jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_urls_lead_to_the_file(name, tmp_path):
    from urllib.parse import unquote, urljoin, urlparse

    base = (tmp_path / "summary.html").as_uri()
    target = urlparse(urljoin(base, url(f"sheets/{name}")))
    assert target.scheme == "file"
    assert not target.fragment
    assert unquote(target.path) == str(tmp_path / "sheets" / name)


def test_a_first_segment_with_a_colon_is_no_scheme():
    from urllib.parse import urljoin

    assert urljoin("file:///run/summary.html", url("a:b.jpg")).startswith("file:///run/a")


def test_bytes_of_a_name_that_are_no_text_are_kept_in_the_url():
    name = b"clip_\xff.jpg".decode("utf-8", "surrogateescape")
    assert url(name) == "clip_%FF.jpg"
    assert text(name) == "clip_\ufffd.jpg"


def test_text_is_escaped_for_attributes_and_elements():
    assert text('<b> & "q"') == "&lt;b&gt; &amp; &quot;q&quot;"


def test_a_link_without_a_target_is_plain_text():
    assert link(None, "a<b") == "a&lt;b"


def test_a_picture_inside_the_page_is_whole():
    content = b"\x89PNG\r\n\x1a\n rest"
    head, coded = data_url(content).split(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(coded) == content
    assert data_url(b"\xff\xd8\xff").startswith("data:image/jpeg")


def test_rows_must_have_a_cell_for_each_column():
    with pytest.raises(ValueError, match="zip"):
        table(("a", "b"), [("1",)])


def test_pages_are_utf8_and_name_no_other_host():
    whole = page("\u7ea2 <x>", ["<p>hello</p>", ""])
    assert '<meta charset="utf-8">' in whole
    assert "<title>\u7ea2 &lt;x&gt;</title>" in whole
    assert "http" not in whole
    assert "<script" not in whole
