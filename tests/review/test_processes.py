"""Several processes, one database; and what is left when one of them is killed."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.long
COMMAND = [sys.executable, "-c", "import sys; from wildpose.cli import main; sys.exit(main())"]
STARTS_WITHIN_S = 300  # a busy computer
GONE_WITHIN_S = 180
LISTED = """
import json, sys
from pathlib import Path
from wildpose.review.environment import start_fiftyone
print(json.dumps(start_fiftyone(Path(sys.argv[1])).list_datasets()))
"""
AGAIN = """
import json, sys
from pathlib import Path
from wildpose.review import build_dataset
summary = build_dataset(Path(sys.argv[1]))
import fiftyone as fo
found = fo.load_dataset(summary.dataset).count_values("frames.detections.detections.label")
print(json.dumps({"edited": summary.edited, "updated": summary.updated, "found": found}))
"""


def wait_for(condition, seconds):
    """The first true answer of a condition; None where the time is over before."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.1)
    return None


def processes_of(home):
    """All processes that were started with this home, or work in it, by what they run."""
    found = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            if str(home) in line or process.environ().get("WILDPOSE_HOME") == str(home):
                found[process.pid] = line
    return found


def databases_of(home):
    running = processes_of(home)
    return [pid for pid in running if running[pid].split(" ")[0].endswith("mongod")]


@contextlib.contextmanager
def open_page(port):
    """A page of the App, left open: in Chromium, or a listener to the App's events without it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        listener = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        body = {"polling": False, "events": ["state_update"], "subscription": "test",
                "initializer": None}
        listener.request("POST", "/events", json.dumps(body))
        assert listener.getresponse().status == 200
        yield
        listener.close()
        return
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # Small and without pictures: painting in software takes the cores from all the rest.
        browser = driver.chromium.launch(executable_path=program, args=[
            "--no-sandbox", "--disable-gpu", "--blink-settings=imagesEnabled=false"])
        page = browser.new_page(viewport={"width": 480, "height": 320}, reduced_motion="reduce")
        page.route("**/*", lambda route: route.continue_() if route.request.url.startswith(
            ("http://127.0.0.1", "data:", "blob:")) else route.abort())
        page.goto(f"http://127.0.0.1:{port}/", wait_until="domcontentloaded")
        page.wait_for_selector('[data-cy="looker"]', timeout=STARTS_WITHIN_S * 1000)
        yield
        browser.close()


def change_class(port, database_pid, name):
    """Make the animal of frame 7 a person, as the App does when somebody clicks that."""
    import pymongo

    (listening,) = {c.laddr.port for c in psutil.Process(database_pid).net_connections("tcp")
                    if c.status == "LISTEN"}
    with pymongo.MongoClient("127.0.0.1", listening) as client:
        dataset = client["fiftyone"]["datasets"].find_one({"name": name})
        sample = client["fiftyone"][dataset["sample_collection_name"]].find_one()
    edit = urllib.request.Request(
        f"http://127.0.0.1:{port}/dataset/{dataset['_id']}/sample/{sample['_id']}",
        method="PATCH", data=json.dumps([{
            "op": "replace", "path": "/frames/7/detections/detections/0/label",
            "value": "person"}]).encode(),
        headers={"Content-Type": "application/json-patch+json",
                 "If-Match": f'"{sample["last_modified_at"].isoformat()}"'})
    with urllib.request.urlopen(edit, timeout=60) as answer:  # noqa: S310 - our own server
        assert answer.status == 200


def test_two_reviews_share_a_database(two_runs, tmp_path):
    """Also where they are started by a process that uses another one, as a notebook may."""
    home = tmp_path / "home"
    environment = {**os.environ, "WILDPOSE_HOME": str(home),
                   "FIFTYONE_PRIVATE_DATABASE_PORT": "1"}
    reviews = [
        subprocess.Popen([*COMMAND, "review", run, "--no-app", "--json"], env=environment,
                         stdout=subprocess.PIPE) for run in two_runs]
    said = [json.loads(review.communicate(timeout=STARTS_WITHIN_S)[0]) for review in reviews]
    assert [one["added"] for one in said] == [1, 1]
    assert said[0]["dataset"] != said[1]["dataset"]
    listed = subprocess.run([sys.executable, "-c", LISTED, str(home / "fiftyone")], check=True,
                            env=environment, capture_output=True, text=True)
    assert set(json.loads(listed.stdout.splitlines()[-1])) == {one["dataset"] for one in said}
    assert wait_for(lambda: not databases_of(home), GONE_WITHIN_S), processes_of(home)


def test_a_kill_with_a_page_open_loses_nothing_and_leaves_no_database(two_runs, tmp_path):
    home = tmp_path / "home"
    environment = {**os.environ, "WILDPOSE_HOME": str(home)}
    run = two_runs[0]
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    with (tmp_path / "shown.json").open("w+") as shown, contextlib.ExitStack() as leaving:
        watched = subprocess.Popen([*COMMAND, "review", run, "--port", str(port), "--json"],
                                   env=environment, stdout=shown, stderr=subprocess.PIPE)
        leaving.callback(watched.kill)
        assert any(f"http://127.0.0.1:{port}/" in line.decode() for line in watched.stderr)
        shown.seek(0)
        name = json.load(shown)["dataset"]
        (database,) = wait_for(lambda: databases_of(home), GONE_WITHIN_S)
        with open_page(port):
            change_class(port, database, name)
            os.kill(watched.pid, signal.SIGKILL)
            watched.wait(60)
            assert wait_for(lambda: not databases_of(home), GONE_WITHIN_S), processes_of(home)
    again = subprocess.run([sys.executable, "-c", AGAIN, str(run)], env=environment, check=True,
                           capture_output=True, text=True, timeout=STARTS_WITHIN_S)
    assert json.loads(again.stdout.splitlines()[-1]) == {
        "edited": ["wald/a.mp4"], "updated": 0, "found": {"animal": 9, "person": 1}}
    assert Path(home / "fiftyone" / "db").is_dir()
    assert not (run / "review" / "db").exists()
    # The App's server answers its last page before it goes, and that page has to be closed.
    assert wait_for(lambda: not processes_of(home), GONE_WITHIN_S), processes_of(home)
