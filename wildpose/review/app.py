"""The FiftyOne App on a run."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from wildpose.errors import UsageError
from wildpose.review.environment import (
    START_TIMEOUT_S,
    ReviewError,
    check_port,
    other_home,
    review_home,
    start_fiftyone,
)
from wildpose.review.sync import dataset_name

DEFAULT_PORT = 5151


@contextlib.contextmanager
def running_app(
    run: Path, *, port: int = DEFAULT_PORT, address: str = "127.0.0.1", home: Path | None = None
) -> Iterator[str]:
    """Serve the App on a run while the block runs.

    Parameters
    ----------
    run : Path
        Run folder whose data set was built.
    port : int
    address : str
        Only this machine by default: the App asks nobody for a password.
    home : Path, optional
        As in :func:`wildpose.review.build_dataset`.

    Yields
    ------
    str
        Address of the data set, to be opened in a browser.

    Raises
    ------
    ReviewError
        The port is taken, or the database can't start.
    UsageError
        The data set was not built yet.
    """
    check_port(port, address)
    place = home or review_home()
    fo = start_fiftyone(place)
    name = dataset_name(run)
    if not fo.dataset_exists(name):
        raise UsageError(f"{run}: its data set was not built yet.", "Call build_dataset first.")
    dataset = fo.load_dataset(name)
    try:
        with other_home(place):
            session = fo.launch_app(dataset, remote=True, address=address, port=port, auto=False)
    except fo.core.service.ServiceListenTimeout as problem:
        raise ReviewError(f"The App did not start ({problem}).",
                          "Try again when the computer is less busy.") from problem
    try:
        _wait_for_answer(address, port)
        yield f"http://{address}:{port}/datasets/{name}"
    finally:
        session.close()


def _wait_for_answer(address: str, port: int) -> None:
    """Return once the server answers: it holds its port some seconds before that."""
    end_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end_s:
        connection = http.client.HTTPConnection(address, port, timeout=30)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)
        finally:
            connection.close()
    raise ReviewError("The App does not answer.", "Try again when the computer is less busy.")


def open_app(
    run: Path, *, port: int = DEFAULT_PORT, address: str = "127.0.0.1", home: Path | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the App on a run until Ctrl-C.

    Parameters
    ----------
    run, port, address, home
        As in :func:`running_app`.
    ready : callable, optional
        Called with the address as soon as a browser can open it.
    """
    with running_app(run, port=port, address=address, home=home) as url:
        if ready is not None:
            ready(url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
