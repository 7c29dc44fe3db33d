"""Fetch one file over HTTP: in pieces, going on after a cut, checked at the end.

Proxies are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``). Only http and https are
spoken, also after a redirection.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wildpose.errors import ModelError, UsageError

PIECE = 2**20
TIMEOUT_S = 30.0
TRIES = 4
"""In a row without a single new byte, before it is given up."""
WAIT_S = 2.0
LARGEST_FILE = 4 * 2**30
SPARE_BYTES = 100 * 2**20
NO_NETWORK = ("Connect this computer; behind a proxy, set HTTPS_PROXY. Or fetch the file on "
              "another one and give its path.")

Show = Callable[[int, int | None], None]
"""Told the bytes that are there and, where known, how many there will be."""

CUT = (http.client.HTTPException, ConnectionError, TimeoutError)
"""What a connection that breaks while it is read raises."""


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched.

    Attributes
    ----------
    path : Path
    sha256 : str
    kept_bytes : int
        How much of it an earlier call had left.
    """

    path: Path
    sha256: str
    kept_bytes: int


@dataclass(frozen=True)
class _Note:
    """What is known of a file that is there in part."""

    url: str
    validator: str = ""
    total: int | None = None


def download(url: str, folder: Path, sha256: str = "", show: Show | None = None) -> Fetched:
    """Fetch a file into a folder; what an earlier, interrupted call left is gone on with.

    Parameters
    ----------
    url : str
    folder : Path
        Made if missing.
    sha256 : str, optional
        What the checksum must be.
    show : callable, optional

    Raises
    ------
    UsageError
        It is no http or https address.
    ModelError
        There is no network, the server refuses, the connection keeps breaking, the disk is too
        small, or the checksum is another one (the file is deleted then).
    """
    name = _checked(url)
    fetch = _Fetch(url, folder / name, show or (lambda done, total: None))
    kept = fetch.begin()
    if not fetch.whole():
        fetch.run()
    with fetch.part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 and found != sha256.lower():
        fetch.forget()
        raise ModelError(f"{url}: the checksum (sha256) is {found} and not {sha256}; the file was "
                         "deleted.", "Fetch it again. If that does not help, it was exchanged.")
    fetch.part.replace(fetch.target)
    return Fetched(fetch.target, found, kept)


def _checked(url: str) -> str:
    """The name that the file gets."""
    try:
        parts = urllib.parse.urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or re.search(r"[^!-~]", url):
        raise UsageError(f"{url}: not an address of the web.",
                         "It starts with https:// and holds plain letters only.")
    if parts.username or parts.password:
        raise UsageError("The address holds a password.",
                         "Fetch the file yourself and give its path.")
    return re.sub(r"[^\w.-]", "_", parts.path.rsplit("/", 1)[-1]).lstrip(".") or "download"


class _Fetch:
    """One file on its way."""

    def __init__(self, url: str, target: Path, show: Show) -> None:
        self.url, self.target, self.show = url, target, show
        self.part = target.with_name(f"{target.name}.part")
        self.note_file = target.with_name(f"{target.name}.part.json")
        self.note = _Note(url)
        self.opener = _opener()

    def begin(self) -> int:
        """Take up what is there of the same file; gives its bytes."""
        try:
            note = _Note(**json.loads(self.note_file.read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            note = _Note("")
        if note.url == self.url and self.target.is_file():
            self.target.replace(self.part)  # fetched whole by an earlier call
        if note.url == self.url and note.validator and self.part.is_file():
            self.note = note
        else:
            self.forget()
        return self.size()

    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def whole(self) -> bool:
        return self.note.total is not None and self.size() == self.note.total

    def forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.note_file.unlink(missing_ok=True)
        self.note = _Note(self.url)

    def run(self) -> None:
        """Ask again after each cut, as long as something comes."""
        left, cause = TRIES, ""
        while left:
            before = self.size()
            try:
                self._once()
            except CUT as error:
                cause = type(error).__name__
            else:
                if self.note.total is None or self.whole():
                    return
                cause = "the server stopped early"
            if not self.note.validator:
                self.forget()  # nothing tells whether the rest would be of the same file
            left = TRIES if self.size() > before else left - 1
            time.sleep(WAIT_S * (TRIES - left))
        raise ModelError(
            f"{self.url}: the connection broke off ({cause}) at {self.size() / 1e6:.0f} MB.",
            "The same command goes on from there.")

    def _once(self) -> None:
        start = self.size()
        try:
            answer = self.opener.open(self._request(start), timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                self.forget()
                raise ConnectionError("the server has no more of it") from error
            raise _refused(self.url, error) from error
        except urllib.error.URLError as error:
            if start:  # it went well before: worth another try
                raise ConnectionError(str(error.reason)) from error
            raise _unreachable(self.url, error) from error
        with answer:
            self._receive(answer, start)

    def _request(self, start: int) -> urllib.request.Request:
        headers = {"User-Agent": "wildpose", "Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": self.note.validator}
        return urllib.request.Request(self.url, headers=headers)  # noqa: S310  scheme was checked

    def _receive(self, answer: Any, start: int) -> None:
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT and _starts_at(answer, start)
        length = answer.headers.get("Content-Length", "")
        whole = int(length) + (start if goes_on else 0) if length.isdecimal() else None
        self.note = replace(self.note, total=whole, validator=_validator(answer.headers))
        self.part.parent.mkdir(parents=True, exist_ok=True)
        self._check_room(whole, start if goes_on else 0)
        self.note_file.write_text(json.dumps(vars(self.note)), "utf-8")
        with self.part.open("ab" if goes_on else "wb") as file:
            done = start if goes_on else 0
            while piece := answer.read(PIECE):
                file.write(piece)
                done += len(piece)
                if done > LARGEST_FILE or (whole is not None and done > whole):
                    raise ModelError(f"{self.url}: sends more than it said.", "Try another day.")
                self.show(done, whole)

    def _check_room(self, whole: int | None, there: int) -> None:
        if whole is None:
            return
        if whole > LARGEST_FILE:
            raise ModelError(f"{self.url}: {whole / 2**30:.1f} GiB, larger than any model of this "
                             "kind.", "Check the address.")
        free = shutil.disk_usage(self.part.parent).free
        if whole - there + SPARE_BYTES > free:
            raise ModelError(f"{self.part.parent}: {free / 1e6:.0f} MB are free, and the file has "
                             f"{whole / 1e6:.0f} MB.", "Free some space.")


def _starts_at(answer: Any, start: int) -> bool:
    given = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    if given is None or int(given[1]) != start:
        raise ConnectionError("the server sent another part of the file")
    return True


def _validator(headers: Any) -> str:
    """What tells one state of a file from another: its ETag unless weak, or its date."""
    tag = str(headers.get("ETag", ""))
    return tag if tag and not tag.startswith("W/") else str(headers.get("Last-Modified", ""))


class _SameOrSafer(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but only to https or from http to http."""

    def redirect_request(
        self, req: urllib.request.Request, *rest: Any
    ) -> urllib.request.Request | None:
        """As the base class does, if the new address is as safe as the old one."""
        scheme = urllib.parse.urlsplit(str(rest[-1])).scheme
        if scheme not in ("https", req.type):
            raise ModelError(f"{req.full_url}: sends on to a {scheme} address.",
                             "Fetch the file yourself and give its path.")
        return super().redirect_request(req, *rest)


def _opener() -> urllib.request.OpenerDirector:
    """Speaks http and https and nothing else: no files, no ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(), _SameOrSafer(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _refused(url: str, error: urllib.error.HTTPError) -> ModelError:
    remedy = {
        404: "Check the address; `wildpose models list --zoo` has those that are published.",
        407: "The proxy wants a name and a password: put them into HTTPS_PROXY.",
    }.get(error.code, "Try again later, or fetch the file elsewhere and give its path.")
    return ModelError(f"{url}: the server answers {error.code} {error.reason}.", remedy)


def _unreachable(url: str, error: urllib.error.URLError) -> ModelError:
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.parse.urlsplit(urllib.request.getproxies().get(parts.scheme, ""))
    by_way = f" by way of the proxy {proxy.hostname}" if proxy.hostname else ""
    return ModelError(f"{parts.hostname} can't be reached{by_way} ({error.reason}): no network, "
                      "or it is blocked.", NO_NETWORK)
