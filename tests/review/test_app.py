"""The App on a run."""

import json
import socket
import urllib.request

import pytest

from wildpose.errors import UsageError
from wildpose.review import ReviewError, build_dataset, running_app


@pytest.fixture
def port():
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def test_the_app_answers_and_serves_the_clip(writer, home, port):
    import fiftyone as fo

    summary = build_dataset(writer.write(), home=home)
    filepath = fo.load_dataset(summary.dataset).first().filepath
    with running_app(writer.run, port=port, home=home) as url:
        with urllib.request.urlopen(url, timeout=60) as page:  # noqa: S310 - our own server
            assert page.status == 200
        media = f"http://127.0.0.1:{port}/media?filepath={urllib.request.quote(filepath)}"
        with urllib.request.urlopen(media, timeout=60) as clip:
            assert len(clip.read()) == writer.source("wald/a.mp4").stat().st_size


def test_an_edit_by_the_apps_own_call_is_seen(writer, home, port):
    import fiftyone as fo

    summary = build_dataset(writer.write(), home=home)
    dataset = fo.load_dataset(summary.dataset)
    sample = dataset.first()
    body = json.dumps([{"op": "replace", "path": "/frames/7/detections/detections/0/label",
                        "value": "person"}]).encode()
    with running_app(writer.run, port=port, home=home):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/dataset/{dataset._doc.id}/sample/{sample.id}", data=body,
            method="PATCH", headers={"Content-Type": "application/json-patch+json",
                                     "If-Match": f'"{sample.last_modified_at.isoformat()}"'})
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
            assert answer.status == 200
    writer.boxes["wald/a.mp4"].pop()
    again = build_dataset(writer.write(), home=home)
    assert again.edited == ["wald/a.mp4"]
    assert again.updated == 0
    dataset.reload()
    assert dataset.count_values("frames.detections.detections.label") == {"animal": 9, "person": 1}


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
