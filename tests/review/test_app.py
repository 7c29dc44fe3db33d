"""The App on a run."""

import json
import signal
import socket
import threading
import urllib.request

import pytest

from wildpose.errors import UsageError
from wildpose.review import ReviewError, build_dataset, check_port, open_app, running_app


@pytest.fixture
def port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def patch(url, dataset, sample, operations):
    """Change a sample as the App does."""
    return urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/dataset/{dataset._doc.id}/sample/{sample.id}", method="PATCH",
        data=json.dumps(operations).encode(),
        headers={"Content-Type": "application/json-patch+json",
                 "If-Match": f'"{sample.last_modified_at.isoformat()}"'})


def test_the_app_serves_the_clip_until_ctrl_c_and_its_edit_is_kept(writer, home, port):
    import fiftyone as fo

    summary = build_dataset(writer.write(), home=home)
    dataset = fo.load_dataset(summary.dataset)
    sample = dataset.first()
    server = f"http://127.0.0.1:{port}"
    media = f"{server}/media?filepath={urllib.request.quote(sample.filepath)}"
    edit = patch(server, dataset, sample, [
        {"op": "replace", "path": "/frames/7/detections/detections/0/label", "value": "person"}])
    page_asks_who = urllib.request.Request(  # noqa: S310 - our own server
        f"{server}/graphql", data=json.dumps({"query": "{ uid }"}).encode(),
        headers={"Content-Type": "application/json"})

    def look_edit_and_leave(url):
        with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310 - our own server
            assert page.status == 200
        with urllib.request.urlopen(media, timeout=60) as clip:  # noqa: S310 - our own server
            assert len(clip.read()) == writer.source("wald/a.mp4").stat().st_size
        with urllib.request.urlopen(edit, timeout=60) as answer:  # noqa: S310 - our own server
            assert answer.status == 200
        with urllib.request.urlopen(page_asks_who, timeout=60) as answer:  # noqa: S310 - our own
            assert "uid" in answer.read().decode()
        main = threading.main_thread().ident
        threading.Timer(0.5, signal.pthread_kill, (main, signal.SIGINT)).start()  # Ctrl-C

    open_app(writer.run, port=port, home=home, ready=look_edit_and_leave)
    check_port(port)
    writer.boxes["wald/a.mp4"].pop()
    again = build_dataset(writer.write(), home=home)
    assert again.edited == ["wald/a.mp4"]
    assert again.updated == 0
    dataset.reload()
    assert dataset.count_values("frames.detections.detections.label") == {"animal": 9, "person": 1}
    assert not (home.parent / "user" / ".fiftyone").exists()


def test_a_busy_port_is_a_clear_line_before_anything_starts(writer, home, port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with (pytest.raises(ReviewError, match=f"port {port}"),
              running_app(writer.run, port=port, home=home)):
            pass


def test_a_run_that_was_not_built_is_a_clear_line(writer, home, port):
    build_dataset(writer.write(), home=home)
    with (pytest.raises(UsageError, match="not built yet"),
          running_app(writer.folder, port=port, home=home)):
        pass
