"""What adapting to a project gains, whose pictures the teacher has never seen: truth is known.

    python -m benchmarks.adaptation_left_out TEACHER OUT --target missouri|savanna [--seed N ...]

TEACHER is a model folder from ``recipes/left-out-teacher.yaml``. Each seed adapts it with
:func:`wildpose.adaptation.run.adapt` to the unlabelled pictures of the project; teacher and
students are scored on labelled ones of it, and on the rest of val. With ``--control`` a student
more trains just as long on the source alone: what it gains is not owed to the target. OUT keeps
folders, students and predictions, so that a second call only does what is missing. The table goes
to standard output as Markdown and its figures to OUT/TARGET/table.json; pictures are
OUT/TARGET/side_by_side.jpg and OUT/TARGET/misses.jpg.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from benchmarks.left_out_figures import PairedRow, as_markdown, paired_rows
from benchmarks.left_out_folders import Folders, Target, data_in, make_folders, said_of
from benchmarks.left_out_pictures import differing, misses
from wildpose.adaptation.frames import DrawSettings
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.rankings import Ranking
from wildpose.adaptation.run import AdaptSettings, adapt
from wildpose.adaptation.student import StudentSettings
from wildpose.analysis.evaluate import evaluate_model
from wildpose.data.annotations import read_coco
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.scores import Comparison
from wildpose.models.folder import file_sha256, find_model
from wildpose.results.files import write_json, written_beside

RECIPE = Path(__file__).resolve().parents[1] / "recipes" / "left-out-teacher.yaml"
PICTURES = 300
SPECIES: dict[Target, str] = {"missouri": "animals of Missouri Camera Traps",
                              "savanna": "animals of Serengeti and Gorongosa"}


@dataclass(frozen=True)
class Student:
    """A student that was trained.

    Attributes
    ----------
    name : str
    model : Path
    accepted : bool
    reason : str
        Of the verdict.
    census : dict
    """

    name: str
    model: Path
    accepted: bool
    reason: str
    census: dict[str, Any]


def main() -> None:
    """Do what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("teacher")
    parser.add_argument("out", type=Path)
    parser.add_argument("--target", choices=get_args(Target), required=True)
    parser.add_argument("--seed", type=int, nargs="+", default=[1], metavar="N")
    parser.add_argument("--steps", type=int, default=StudentSettings.steps, help="of each round")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--target-share", type=float, default=StudentSettings.target_share)
    parser.add_argument("--points", type=int, default=LabelSettings.points)
    parser.add_argument("--ranking", choices=get_args(Ranking), default=LabelSettings.ranking)
    parser.add_argument("--control", action="store_true", help="a student of the source alone too")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="of the teacher")
    given = parser.parse_args()
    folders = make_folders(given.target, given.recipe, given.out)
    print("\n".join(said_of(folders)), flush=True)
    students = [_student(given, folders, seed) for seed in given.seed]
    control = _student(given, folders, given.seed[0], control=True) if given.control else None
    here = given.out / given.target
    compared = {name: _compared(given.teacher, students, control, data, here / "said", given.device)
                for name, data in (("scored", folders.scored), ("rest of val", folders.rest))}
    rows = {name: paired_rows(one.teacher, one.students, one.control)
            for name, one in compared.items()}
    print(as_markdown(rows, [f"seed {n}" for n in given.seed]))
    _draw(compared["scored"], folders, here)
    write_json(here / "table.json", _report(given, students, control, rows))


def _student(
    given: argparse.Namespace, folders: Folders, seed: int, *, control: bool = False
) -> Student:
    """Adapt; a student that is refused is measured all the same."""
    name = f"{'control' if control else 'student'}-seed-{seed}"
    out = given.out / given.target / name
    settings = AdaptSettings(
        clips=(folders.target.resolve(),), teacher=str(given.teacher),
        species=SPECIES[given.target], out=out.resolve(), rounds=given.rounds,
        draw=DrawSettings(most=PICTURES, seed=seed),
        label=LabelSettings(ranking=given.ranking, points=given.points, seed=seed),
        student=StudentSettings(given.steps, seed=seed, device=given.device,
                                target_share=0.0 if control else given.target_share,
                                dense_steps=given.steps if given.points else 0))
    with data_in(folders.source):
        done = adapt(settings, _Said())
    last = done.rounds[-1]
    student = Student(name, last.model, done.model is not None,
                      done.verdict.reason, last.census.as_json())
    census = last.census
    print(f"- {name}: {census.frames} pictures drawn of {len(list(folders.target.iterdir()))} "
          f"({census.near_duplicates} look like another, {census.thinned} within a burst), "
          f"{census.kept} labels from {census.threshold:.2f}, {census.doubtful} doubtful, "
          f"{census.empty_frames} empty. {student.reason}", flush=True)
    return student


class _Said:
    """A line for each step that begins, and now and then how far it is."""

    def __init__(self) -> None:
        self._before = ("", -1)

    def __call__(self, step: str, done: int, total: int) -> None:
        mark = (step, 5 * done // max(total, 1))
        if mark != self._before:
            self._before = mark
            print(f"  {step} {done} / {total}", flush=True)


@dataclass(frozen=True)
class Scored:
    """Models on one labelled folder."""

    teacher: Comparison
    students: list[Comparison]
    control: Comparison | None


def _compared(
    teacher: str, students: list[Student], control: Student | None, data: Path, keep: Path,
    device: str,
) -> Scored:
    def of(model: str) -> Comparison:
        said = _predictions(model, data, keep, device)
        return Comparison(EvaluationSet.of(read_coco(data), said))

    return Scored(of(teacher), [of(str(s.model)) for s in students],
                  None if control is None else of(str(control.model)))


def _predictions(model: str, data: Path, keep: Path, device: str) -> dict[str, Any]:
    """What a model says of a folder; kept under the checksums of both."""
    marks = [file_sha256(p)[:12] for p in (find_model(model) / "model.json",
                                           data / "annotations.json")]
    file = keep / f"{data.name}-{marks[0]}-{marks[1]}.json"
    if not file.is_file():
        print(f"  {Path(model).name} on {data.name}", flush=True)
        keep.mkdir(parents=True, exist_ok=True)
        with written_beside(file) as beside:
            evaluate_model(model, data, device=device, save_predictions=beside)
    said: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return said


def _draw(scored: Scored, folders: Folders, here: Path) -> None:
    """Pictures of the first student."""
    student, images = scored.students[0], folders.scored / "images"
    (here / "side_by_side.jpg").write_bytes(differing(scored.teacher.data, student.data, images))
    (here / "misses.jpg").write_bytes(misses(student.data, images))


def _report(
    given: argparse.Namespace, students: list[Student], control: Student | None,
    rows: dict[str, list[PairedRow]],
) -> dict[str, Any]:
    return {
        "target": given.target, "teacher": str(given.teacher), "steps": given.steps,
        "rounds": given.rounds,
        "seeds": given.seed, "ranking": given.ranking, "points": given.points,
        "target_share": given.target_share,
        "students": [{"name": s.name, "accepted": s.accepted, "reason": s.reason,
                      "census": s.census} for s in [*students, *([control] if control else [])]],
        "rows": {name: [row.as_json() for row in own] for name, own in rows.items()},
    }


if __name__ == "__main__":
    main()
