"""Take the pictures of the review that stand in docs/images, with a headless Chromium.

Usage: python docs/screenshot_review.py RUN OUT

Builds the data set of the run in a database of its own, serves the App, and writes
OUT/review_grid.jpg (all clips), OUT/review_view.jpg (a saved view), OUT/review_operators.jpg (our
operators, listed), OUT/review_clip.jpg (the clip with most animals, opened at its best frame, with
masks and dense pose switched on), OUT/review_doubt.jpg (the doubt of the dense pose there) and
OUT/review_edit.jpg (the same clip in the tab where boxes are edited). Needs the system's Chromium
(Debian: apt install chromium) and the package's dev extra.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from wildpose.review import build_dataset, running_app
from wildpose.review.environment import HOME_VARIABLE

VIEW = "pseudo-label-candidates"
OPENED = '[data-cy="modal"] canvas[canvas-loaded="true"]'
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@contextmanager
def browser_page() -> Iterator[Page]:
    """Open a page that reaches this machine only, and without FiftyOne's advertisement."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        sys.exit("Chromium is missing. Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        context = browser.new_context(viewport={"width": 1500, "height": 950})
        context.set_default_timeout(300_000)  # a busy machine takes minutes for the first page
        context.add_init_script("localStorage.setItem('fiftyone-enterprise-tooltip-seen','true')")
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith(
            ("http://127.0.0.1", "data:", "blob:")) else route.abort())
        yield context.new_page()
        browser.close()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def busiest_clip(dataset: Any) -> tuple[str, float]:
    """Choose the clip with most animals, with the time at which most and the largest are seen."""
    sample = dataset.sort_by("max_animals", reverse=True).first()
    seen = {number: _crowd(frame) for number, frame in sample.frames.items()}
    frame_number = max(seen, key=lambda number: seen[number], default=1)
    return sample.id, (frame_number - 1) / sample.metadata.frame_rate


def _crowd(frame: Any) -> tuple[int, float]:
    """Count the masks of a frame, and sum the areas of their boxes."""
    boxes = [label.bounding_box for label in frame.masks.detections] if frame.masks else []
    return len(boxes), sum(width * height for _, _, width, height in boxes)


def take_grid(page: Page, url: str, target: Path) -> None:
    """Picture of a grid of clips."""
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector('[data-cy="looker"]')
    page.wait_for_timeout(4000)
    save(page, target)


def take_operators(page: Page, url: str, target: Path) -> None:
    """Picture of our operators, as the key left of 1 lists them."""
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector('[data-cy="looker"]')
    page.wait_for_timeout(4000)
    page.keyboard.press("`")
    page.wait_for_timeout(1500)
    page.keyboard.type("wildpose")
    page.wait_for_timeout(1500)
    save(page, target)


def take_clip(page: Page, url: str, time_s: float, folder: Path) -> None:
    """Pictures of one clip at one moment: looked at, and in the tab where boxes are edited."""
    page.goto(url, wait_until="domcontentloaded")
    page.wait_for_selector(OPENED)
    tick(page, "masks", "parts")
    go_to_time(page, time_s)
    save(page, folder / "review_clip.jpg")
    tick(page, "masks", "parts", "doubt")
    page.keyboard.press(".")  # what is switched on is drawn with the next frame
    page.wait_for_timeout(2500)
    save(page, folder / "review_doubt.jpg")
    page.get_by_text("Annotate", exact=True).first.click()
    page.wait_for_timeout(5000)
    page.get_by_text("Dismiss", exact=True).first.click()
    go_to_time(page, time_s)
    save(page, folder / "review_edit.jpg")


def tick(page: Page, *fields: str) -> None:
    """Switch fields of the frames on, or off where they are on, in the opened clip."""
    for field in fields:
        page.locator(f'[data-cy="modal"] [data-cy="checkbox-frames.{field}"]').first.click()
    page.wait_for_timeout(1000)


def save(page: Page, target: Path) -> None:
    """Keep a picture; where the files lie on this machine is nobody's business."""
    paths = page.get_by_text(re.compile(r"^/.+/"))
    page.screenshot(path=target, type="jpeg", quality=86, mask=[paths], mask_color="#2e2e2e")


def go_to_time(page: Page, time_s: float) -> None:
    """Step forward, as the key `.` does for a user, until the App's clock shows a time."""
    clock = page.get_by_text(re.compile(r"^\s*\d+:\d\d\.\d\d / ")).first
    for _ in range(2000):
        minutes, seconds = clock.inner_text().split("/")[0].strip().split(":")
        if 60 * int(minutes) + float(seconds) >= time_s - 0.006:  # it shows two digits
            break
        page.keyboard.press(".")
        page.wait_for_timeout(60)
    page.wait_for_timeout(2500)


def show_track_numbers(page: Page, dataset: Any) -> None:
    """Tick index in the menu of the boxes' field; the browser remembers it for a data set."""
    shown = {"frames.detections": ["label", "index"], "frames.masks": []}
    key, value = f"shownLabelAttributes-{dataset._doc.id}", json.dumps(shown)
    page.add_init_script(f"localStorage.setItem({json.dumps(key)}, {json.dumps(value)})")


def main(run: Path, folder: Path) -> None:
    """Take all pictures of one run."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        take_all(run, folder)


def take_all(run: Path, folder: Path) -> None:
    """Build, serve, and take one picture after the other."""
    summary = build_dataset(run)
    import fiftyone as fo  # not before build_dataset has set where it keeps its things

    dataset = fo.load_dataset(summary.dataset)
    sample_id, time_s = busiest_clip(dataset)
    with running_app(run, port=free_port()) as url, browser_page() as page:
        show_track_numbers(page, dataset)
        take_grid(page, url, folder / "review_grid.jpg")
        take_grid(page, f"{url}?view={VIEW}", folder / "review_view.jpg")
        take_operators(page, url, folder / "review_operators.jpg")
        take_clip(page, f"{url}?id={sample_id}", time_s, folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
