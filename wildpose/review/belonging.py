"""Which data set belongs to a run, also when its folder was moved, copied or made anew.

One database holds the data sets of all runs, each under a name that has the run's path in it. The
path alone would mislead: a run that was moved would lose what people did in it, and another run in
an old one's place would inherit it. So a run carries a mark, ``RUN/review/dataset.json``, and its
data set the same.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from wildpose.results.files import write_json
from wildpose.review.environment import review_folder

RUN_ID = "run_id"
"""Key in the ``info`` of a data set."""


@dataclass(frozen=True)
class Mark:
    """What a run knows of its data set.

    Attributes
    ----------
    run_id : str
        The same in the run and in its data set.
    dataset : str
        Name that the data set had when it was last built.
    """

    run_id: str
    dataset: str


def read_mark(run: Path) -> Mark | None:
    """Read the mark of a run; None where it has none, as before its first review."""
    try:
        content = json.loads(_place(run).read_text(encoding="utf-8"))
        return Mark(str(content[RUN_ID]), str(content["dataset"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def claim_dataset(run: Path, name: str) -> tuple[str, list[str]]:
    """See to it that what the database has under a name is of this run, or nothing.

    Parameters
    ----------
    run : Path
    name : str
        The data set's name, from the run's path.

    Returns
    -------
    run_id : str
        To be kept in the data set.
    notes : list of str
        One line for whatever was moved, set aside or left behind.
    """
    import fiftyone as fo

    notes: list[str] = []
    mark = read_mark(run)
    if fo.dataset_exists(name):
        dataset = fo.load_dataset(name)
        if dataset.info.get(RUN_ID) in (None, mark and mark.run_id):
            return _marked(run, name, mark), notes
        dataset.name = f"{name}-until-{datetime.now():%Y%m%d-%H%M%S}"
        notes.append(f"another run was reviewed in this place before; its data set is kept as "
                     f"{dataset.name}")
    if mark is not None and mark.dataset != name:
        mark = _from_elsewhere(run, name, mark, notes)
    return _marked(run, name, mark), notes


def _from_elsewhere(run: Path, name: str, mark: Mark, notes: list[str]) -> Mark | None:
    """Take along the data set of a run that was moved; a copy begins anew and gets its own mark."""
    import fiftyone as fo

    before = fo.load_dataset(mark.dataset) if fo.dataset_exists(mark.dataset) else None
    if before is None or before.info.get(RUN_ID) != mark.run_id:
        return mark
    place = Path(before.info.get("run", ""))
    if _has_mark(place, mark):
        notes.append(f"this run is a copy of {place}: what people did there stays there, in the "
                     f"data set {mark.dataset}")
        return None
    before.name = name
    notes.append(f"this run was moved from {place}: its data set came along")
    return mark


def _has_mark(place: Path, mark: Mark) -> bool:
    found = read_mark(place)
    return found is not None and found.run_id == mark.run_id


def _marked(run: Path, name: str, mark: Mark | None) -> str:
    wanted = Mark(mark.run_id if mark else uuid.uuid4().hex, name)
    if wanted != mark:
        _place(run).parent.mkdir(parents=True, exist_ok=True)
        write_json(_place(run), {RUN_ID: wanted.run_id, "dataset": wanted.dataset})
    return wanted.run_id


def _place(run: Path) -> Path:
    return review_folder(run) / "dataset.json"


def earlier_database(run: Path, home: Path) -> str | None:
    """Say what to do with the database that an earlier version kept in each run; None without one.

    Parameters
    ----------
    run : Path
    home : Path
        Folder of the database in use.
    """
    folder = review_folder(run) / "db"
    if not folder.is_dir() or home.resolve() == folder.parent:
        return None
    return (f"{folder} is the database of an earlier version and holds what was edited then; this "
            f"version does not read it. To look at it: FIFTYONE_DATABASE_DIR='{folder}' fiftyone "
            "app launch. When you need it no more, delete that folder")
