"""Downloads from a real server on this computer, which breaks off, redirects and lies."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from wildpose.errors import ModelError, UsageError
from wildpose.models.exchange import download as module
from wildpose.models.exchange.download import download

CONTENT = bytes(range(256)) * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
OTHER = CONTENT[::-1]


@pytest.fixture
def url(site) -> str:
    site.content = CONTENT
    return f"{site.url}/models/model_final_0a1b2c.pkl"


def ranges(site) -> list[str | None]:
    return [wanted for _, wanted in site.asked]


def test_a_file_is_fetched_whole_and_its_way_is_shown(url, tmp_path):
    shown = []
    found = download(url, tmp_path, SHA256.upper(), lambda *step: shown.append(step))
    assert found.path == tmp_path / "model_final_0a1b2c.pkl"
    assert found.path.read_bytes() == CONTENT
    assert (found.sha256, found.kept_bytes) == (SHA256, 0)
    assert shown[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in shown] == sorted({done for done, _ in shown})
    assert len(shown) > 3


def test_a_connection_that_breaks_off_is_taken_up_where_it_broke(site, url, tmp_path):
    site.cut_after = [2_000_000, 1_500_000]
    assert download(url, tmp_path).path.read_bytes() == CONTENT
    assert ranges(site) == [None, "bytes=2000000-", "bytes=3500000-"]


def test_an_interrupted_call_is_gone_on_with_by_the_next(site, url, tmp_path):
    def stop(done, total):
        if done >= 2_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(url, tmp_path, show=stop)
    kept = (tmp_path / "model_final_0a1b2c.pkl.part").stat().st_size
    assert not (tmp_path / "model_final_0a1b2c.pkl").exists()
    found = download(url, tmp_path, SHA256)
    assert found.path.read_bytes() == CONTENT
    assert found.kept_bytes == kept
    assert ranges(site) == [None, f"bytes={kept}-"]


def test_a_file_that_is_there_whole_is_not_fetched_again(site, url, tmp_path):
    first = download(url, tmp_path)
    assert download(url, tmp_path) == module.Fetched(first.path, SHA256, len(CONTENT))
    assert len(site.asked) == 1


def test_half_a_file_is_never_continued_with_half_of_another(site, url, tmp_path):
    """The server's file changed in between: its ETag is another one."""
    site.cut_after = [1_000_000, 0, 0, 0, 0]
    with pytest.raises(ModelError):
        download(url, tmp_path)
    site.content, site.etag, site.cut_after = OTHER, '"second"', []
    assert download(url, tmp_path).path.read_bytes() == OTHER


def test_half_a_file_of_another_address_is_not_continued(site, url, tmp_path):
    site.cut_after = [1_000_000, 0, 0, 0, 0]
    with pytest.raises(ModelError):
        download(url, tmp_path)
    site.cut_after, site.asked = [], []
    found = download(url.replace("/models/", "/others/"), tmp_path)
    assert (found.kept_bytes, ranges(site)) == (0, [None])


@pytest.mark.parametrize("change", [{"etag": None}, {"ranges": False}, {"etag": 'W/"weak"'}],
                         ids=["no ETag", "no ranges", "weak ETag"])
def test_where_parts_can_not_be_had_it_begins_again(site, url, tmp_path, change):
    vars(site).update(change)
    site.cut_after = [3_000_000]
    assert download(url, tmp_path, SHA256).path.read_bytes() == CONTENT
    assert len(site.asked) == 2


def test_a_length_that_is_not_said_is_done_without(site, url, tmp_path):
    site.says_length, shown = False, []
    assert download(url, tmp_path, SHA256, lambda *step: shown.append(step)).sha256 == SHA256
    assert shown[-1] == (len(CONTENT), None)


def test_a_server_that_never_gets_further_is_given_up(site, url, tmp_path):
    site.cut_after = [1_000_000, *[0] * 50]
    with pytest.raises(ModelError, match=r"broke off .* at 1 MB\. The same command goes on"):
        download(url, tmp_path)
    assert len(site.asked) == 1 + module.TRIES
    assert (tmp_path / "model_final_0a1b2c.pkl.part").stat().st_size == 1_000_000


def test_a_part_larger_than_the_file_is_dropped(site, url, tmp_path):
    (tmp_path / "model_final_0a1b2c.pkl.part").write_bytes(CONTENT + b"more")
    (tmp_path / "model_final_0a1b2c.pkl.part.json").write_text(
        json.dumps({"url": url, "validator": '"first"', "total": None}))
    path = url.removeprefix(site.url)
    site.answers[path] = (416, {})
    with pytest.raises(ModelError, match="416"):
        download(url, tmp_path)
    del site.answers[path]
    assert download(url, tmp_path).path.read_bytes() == CONTENT


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": 3}', '{"odd": 1}', "\xff"])
def test_a_damaged_note_begins_again(url, tmp_path, note):
    (tmp_path / "model_final_0a1b2c.pkl.part").write_bytes(b"half")
    (tmp_path / "model_final_0a1b2c.pkl.part.json").write_text(note)
    assert download(url, tmp_path, SHA256).kept_bytes == 0


def test_a_wrong_checksum_deletes_the_file_and_says_both(site, url, tmp_path):
    site.content = OTHER
    with pytest.raises(ModelError, match=rf"is {hashlib.sha256(OTHER).hexdigest()} and not "
                                         rf"{SHA256}; the file was deleted"):
        download(url, tmp_path, SHA256)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("code", "said"), [
    (404, r"answers 404 Not Found\. Check the address; `wildpose models list --zoo`"),
    (403, r"answers 403 Forbidden\. Try again later"), (503, "answers 503"),
    (407, "The proxy wants a name"),
])
def test_what_the_server_refuses_is_said_and_leaves_nothing(site, url, tmp_path, code, said):
    site.answers[url.removeprefix(site.url)] = (code, {})
    with pytest.raises(ModelError, match=said):
        download(url, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_redirections_are_followed(site, url, tmp_path):
    site.answers["/old"] = (302, {"Location": url})
    assert download(f"{site.url}/old", tmp_path, SHA256).path.name == "old"


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/x", "/old"])
def test_redirections_to_files_to_ftp_and_in_a_circle_are_refused(site, tmp_path, place):
    site.answers["/old"] = (302, {"Location": place})
    with pytest.raises(ModelError, match=r"answers 302|sends on to a ftp"):
        download(f"{site.url}/old", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redirection_never_drops_encryption():
    handler = module._SameOrSafer()
    request = module.urllib.request.Request("https://weights.example/a")
    with pytest.raises(ModelError, match="sends on to a http address"):
        handler.redirect_request(request, None, 302, "Found", {}, "http://weights.example/a")


@pytest.mark.parametrize("address", [
    "file:///etc/hostname", "ftp://host/x", "weights.pkl", "http://", "http://host:x/a",
    "http://[::1", "http://host/a b", "http://host/\u00e9", "http://host/a\r\nX: 1", "",
])
def test_other_addresses_are_refused(address, tmp_path):
    with pytest.raises(UsageError, match="not an address of the web"):
        download(address, tmp_path)


def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(UsageError) as caught:
        download("https://me:secret@weights.example/a", tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("path", "name"), [
    ("/a/..", "download"), ("/", "download"), ("/.hidden", "hidden"), ("/a%2F..%2Fb", "a_2F.._2Fb"),
    ("/m.pkl?token=x#y", "m.pkl"),
])
def test_the_file_stays_in_its_folder_whatever_the_address(site, url, tmp_path, path, name):
    assert download(f"{site.url}{path}", tmp_path).path == tmp_path / name


def test_no_network_is_said_plainly(tmp_path, site):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ModelError) as caught:
        download(f"http://127.0.0.1:{port}/a", tmp_path / "new")
    assert "127.0.0.1 can't be reached" in str(caught.value)
    assert "no network, or it is blocked. Connect this computer" in str(caught.value)
    assert "give its path" in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_it_goes_through_the_proxy_of_the_environment(site, tmp_path, monkeypatch):
    """The proxy is asked for the whole address; the host itself does not exist."""
    site.content = CONTENT
    monkeypatch.setenv("http_proxy", site.url)
    found = download("http://weights.invalid/m.pkl", tmp_path, SHA256)
    assert found.sha256 == SHA256
    assert site.asked == [("http://weights.invalid/m.pkl", None)]


def test_a_proxy_that_is_not_there_is_named_without_its_password(site, tmp_path, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{port}")
    with pytest.raises(ModelError, match=r"weights\.invalid can't be reached by way of the proxy "
                                         r"127\.0\.0\.1") as caught:
        download("http://weights.invalid/m.pkl", tmp_path)
    assert "secret" not in str(caught.value)


def test_hosts_that_need_no_proxy_are_asked_directly(site, url, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert download(url, tmp_path).sha256 == SHA256


def test_a_disk_that_is_too_small_is_noticed_before(url, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SPARE_BYTES", 2**60)
    with pytest.raises(ModelError, match=r"MB are free, and the file has 5 MB"):
        download(url, tmp_path)


def test_a_file_larger_than_any_model_is_not_fetched(site, url, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_FILE", 1000)
    with pytest.raises(ModelError, match="larger than any model of this kind"):
        download(url, tmp_path)
    site.says_length = False
    with pytest.raises(ModelError, match="sends more than it said"):
        download(url, tmp_path)


def test_fetching_needs_no_torch():
    code = ("import sys, wildpose.models.exchange.download;"
            "raise SystemExit('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_nothing_is_left_beside_the_file(url, tmp_path: Path):
    """But the note that tells the next call that the file is whole."""
    download(url, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "model_final_0a1b2c.pkl", "model_final_0a1b2c.pkl.part.json"]
