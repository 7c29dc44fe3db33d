"""Self-training on clips of animals that the teacher has never seen: a student for every row.

    wildpose synth --out TARGET --clips 48 ... ; wildpose synth --out SCORED --stills 200 ...
    python -m benchmarks.adaptation_tables SETTINGS OUT --clips TARGET/clips --on SCORED/stills

SETTINGS is one of ``recipes/tables/*.yaml``: rows of tables 3 and 4 of Sanakoyeu et al. 2020,
or ideas of our own. The clips are used without their labels. OUT keeps frames, labels, students and
figures, so that a second call only does what is missing; once OUT/frames is there, calls with other
``--seeds`` or ``--only`` may run side by side. The table goes to standard output as Markdown.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.adaptation_students import Footage, Row, Schedule, Shared, Teacher, make_student
from wildpose.adaptation.frames import DrawSettings, draw_frames
from wildpose.adaptation.source import find_source, render_source
from wildpose.analysis.evaluate import evaluate_model
from wildpose.data.annotations import read_coco
from wildpose.results.files import write_json

EVERY_S = 0.4


@dataclass(frozen=True)
class Table:
    """What a settings file holds."""

    teacher: str
    pictures: int
    schedule: Schedule
    seeds: list[int]
    rows: list[Row]


def main() -> None:
    """Train and measure what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("settings", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--on", type=Path, required=True, help="labelled pictures to score on")
    parser.add_argument("--seeds", type=int, nargs="+")
    parser.add_argument("--only", action="append", metavar="NAME", help="of these rows alone")
    given = parser.parse_args()
    table = read_table(given.settings)
    rows = [r for r in table.rows if not given.only or r.name in given.only]
    seeds = given.seeds or table.seeds
    scored = _scorable(given.on, given.out / "scored")
    teacher = Teacher(table.teacher, table.schedule.device)
    footage = _draw(table, given.clips, given.out / "frames", teacher)
    source = find_source(None, given.out)
    if table.schedule.dense_steps:
        render_source(given.out, source.rendered, seed=0)
    shared = Shared(teacher, footage, source, table.schedule)
    figures: dict[str, list[dict[str, Any]]] = {
        "teacher": [measured(table.teacher, scored, given.out / "teacher", table.schedule.device)]}
    for row in rows:
        figures[row.name] = []
        for seed in seeds:
            folder = given.out / f"seed-{seed}"
            model = make_student(row, seed, shared, folder, _say)
            figures[row.name].append(measured(str(model), scored, folder / "figures" / row.name,
                                              table.schedule.device))
            _say(f"{row.name} seed {seed} measured")
    print(as_markdown(figures, seeds))


def read_table(path: Path) -> Table:
    """Read a settings file; a key that is not known stops with its name."""
    content = yaml.safe_load(path.read_text("utf-8"))
    rows = [Row(**row) for row in content.pop("rows")]
    schedule = Schedule(content.pop("steps"), content.pop("batch"), content.pop("canvases"),
                        content.pop("device", "cpu"), content.pop("dense_steps", 0))
    return Table(schedule=schedule, rows=rows, **content)


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def _draw(table: Table, clips: Path, folder: Path, teacher: Teacher) -> Footage:
    folder.mkdir(parents=True, exist_ok=True)
    settings = DrawSettings(every_s=EVERY_S, most=table.pictures)
    drawn = draw_frames([clips], teacher.predictor, folder, settings)
    return Footage(tuple(sorted(clips.glob("*.mp4"))), drawn, folder / "images")


def _scorable(data: Path, folder: Path) -> Path:
    """The same pictures with exact masks that count as drawn by a person: else none is scored."""
    if not (folder / "annotations.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "images").exists():
            (folder / "images").symlink_to((data / "images").resolve())
        coco = read_coco(data)
        said = {"mask_source": "drawn", "mask_quality": "good"}
        labels = [{**a, **said} for a in coco["annotations"]]
        write_json(folder / "annotations.json", {**coco, "annotations": labels})
    return folder


def measured(model: str, data: Path, keep: Path, device: str) -> dict[str, Any]:
    """Figures of a model, kept in its folder."""
    kept = keep / "figures-scored.json"
    if not kept.is_file():
        keep.mkdir(parents=True, exist_ok=True)
        write_json(kept, evaluate_model(model, data, device=device)["subsets"]["all"])
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found


def _of(part: str, key: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda figures: figures[part] and figures[part][key]


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], float | None]], ...] = (
    ("dense GPSm AP", _of("dense_pose", "gpsm_ap")),
    ("GPS AUC 30", _of("dense_pose", "auc_30")),
    ("box AP", _of("box", "ap")),
    ("box AP50", _of("box", "ap50")),
    ("mask AP", _of("mask", "ap")),
    ("recall", lambda figures: figures["recall"]),
)


def as_markdown(figures: dict[str, list[dict[str, Any]]], seeds: list[int]) -> str:
    """One row a student; a cell is the mean over the seeds and half their range."""
    lines = [f"Seeds {', '.join(map(str, seeds))}.", "",
             "| labels | " + " | ".join(name for name, _ in COLUMNS) + " |",
             "|---" * (1 + len(COLUMNS)) + "|"]
    for name, found in figures.items():
        cells = [_cell([read(f) for f in found]) for _, read in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(values: list[float | None]) -> str:
    known = [100 * v for v in values if v is not None]
    if not known:
        return "-"
    middle = f"{sum(known) / len(known):.1f}"
    return middle if len(known) == 1 else f"{middle} ± {(max(known) - min(known)) / 2:.1f}"


if __name__ == "__main__":
    main()
