"""A web server on this computer: ranges, cut connections, redirections, a proxy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What is served, and what was asked for.

    `cut_after` holds, for each of the next answers, after how many bytes the connection breaks.
    """

    content: bytes = b""
    etag: str | None = '"first"'
    ranges: bool = True
    says_length: bool = True
    cut_after: list[int] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers as the site says."""

    site: Site
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        site = self.site
        self.site.asked.append((self.path, self.headers.get("Range")))
        if self.path in site.answers:
            code, headers = site.answers[self.path]
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            return
        start = self._start()
        rest = site.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range",
                             f"bytes {start}-{len(site.content) - 1}/{len(site.content)}")
        if site.etag:
            self.send_header("ETag", site.etag)
        if site.says_length:
            self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[:site.cut_after.pop(0)] if site.cut_after else rest)

    def _start(self) -> int:
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range") == self.site.etag
        if wanted is None or not self.site.ranges or not same:
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))

    def log_message(self, *words) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[Site]:
    """A site on a free port of this computer."""
    site = Site()
    handler = type("Handler", (Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
