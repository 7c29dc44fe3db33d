"""What each piece of the dense-pose head brings: short trainings on the same kept regions.

    python -m benchmarks.dense_ablations RECIPE OUT --on DATA [--on DATA ...] [--steps N]

Every variant starts from the same fresh head with the same seed, draws from the same regions and
takes the same number of steps; what differs is named in the first column. ``DATA`` are labelled
folders that the recipe does not train on (its own ``held_out`` of an earlier run, rendered animals
of families that were kept out). OUT keeps regions, weights and answers, so that a second call only
does what is missing. The table goes to standard output as Markdown, its figures to OUT/table.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from wildpose.analysis.evaluate import evaluate_model
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import read_description, write_description
from wildpose.models.pretrained import load_model_weights
from wildpose.training.dense_run import KeptSource, collect, train_dense_head
from wildpose.training.recipe import Recipe, read_recipe, start_folder
from wildpose.training.run import gather
from wildpose.training.shipping import write_model


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes
    ----------
    name : str
    of : str
        The paper's table that it answers to, or what it asks.
    model : dict
        Changes of the recipe's ``model``.
    without : str
        Kind of source that is left out: rendered, real, twins, or nothing.
    cut_by : {"dense_head", "mask_head"}
    """

    name: str
    of: str
    model: dict[str, Any]
    without: str = ""
    cut_by: str = "dense_head"


VARIANTS = (
    Variant("whole", "tables 1, 2, 6, 7 a", {}),
    Variant("without auto-calibration", "tables 1, 2, 6", {"auto_calibration": False}),
    Variant("without context", "tables 1, 2", {"dense_context": False}),
    Variant("without both", "tables 1, 2", {"auto_calibration": False, "dense_context": False}),
    Variant("cut by the mask head", "table 7 c", {}, cut_by="mask_head"),
    Variant("without rendered animals", "sources", {}, without="rendered"),
    Variant("without real labels", "sources", {}, without="real"),
    Variant("without twins", "sources", {}, without="twins"),
)


def main() -> None:
    """Train and measure what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--on", type=Path, action="append", required=True)
    parser.add_argument("--steps", type=int, default=200)
    given = parser.parse_args()
    rows = table(given.recipe, given.out, given.on, given.steps)
    (given.out / "table.json").write_text(json.dumps(rows, indent=1), "utf-8")
    print(as_markdown(rows, [p.name for p in given.on], given.steps))


def table(recipe_path: Path, out: Path, folders: list[Path], steps: int) -> list[dict[str, Any]]:
    """Figures of every variant on every folder."""
    recipe = read_recipe(recipe_path)
    if recipe.dense_schedule is None:
        raise SystemExit(f"{recipe_path} has no dense_schedule.")
    schedule = recipe.dense_schedule.model_copy(update={"steps": steps})
    recipe = recipe.model_copy(update={"dense_schedule": schedule})
    sources = gather(recipe, recipe_path.parent).sources
    kept = collect(_detector(recipe, recipe_path), recipe, sources, out / "regions")
    rows = []
    for variant in VARIANTS:
        folder = out / variant.name.replace(" ", "-")
        if not (folder / "weights.safetensors").is_file():
            _train(variant, recipe, recipe_path, kept, folder)
        figures = {p.name: _measured(folder, p) for p in folders}
        rows.append({"name": variant.name, "of": variant.of, "figures": figures})
    return rows


def _detector(recipe: Recipe, recipe_path: Path) -> Detector:
    torch.manual_seed(recipe.seed)
    m = recipe.model
    detector = Detector(Architecture(m.backbone, box_move=m.box_move, dense_pose=True,
                                     auto_calibration=m.auto_calibration,
                                     dense_context=m.dense_context))
    if m.start_from:
        load_model_weights(detector, start_folder(m.start_from, recipe_path.parent))
    return detector


def _train(
    variant: Variant, recipe: Recipe, recipe_path: Path, kept: list[KeptSource], folder: Path
) -> None:
    recipe = recipe.model_copy(
        update={"model": recipe.model.model_copy(update=variant.model), "name": variant.name})
    drawn = [k for k, part in zip(kept, _with_regions(recipe), strict=True)
             if _kind(part) != variant.without]
    folder.mkdir(parents=True, exist_ok=True)
    detector = _detector(recipe, recipe_path)
    state = train_dense_head(detector, recipe, drawn, folder, lambda report, steps: None)
    write_model(state.model, dict(state.average), recipe, [], folder)
    start = read_description(Path(start_folder(str(recipe.model.start_from), recipe_path.parent)))
    own = read_description(folder)
    fields = {**vars(own), "calibration": start.calibration, "threshold": start.threshold,
              "dense_pose_cut_by": variant.cut_by}
    write_description(folder, type(own)(**fields))


def _with_regions(recipe: Recipe) -> list[Any]:
    return [s for s in recipe.sources if s.regions and s.dense_share]


def _kind(part: Any) -> str:
    if part.twins:
        return "twins"
    return "rendered" if "rendered" in part.folder else "real"


def _measured(folder: Path, data: Path) -> dict[str, Any]:
    kept = folder / f"figures-{data.name}.json"
    if not kept.is_file():
        subsets = evaluate_model(str(folder), data)["subsets"]
        kept.write_text(json.dumps(subsets), "utf-8")
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))["all"]
    return found


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], float | None]], ...] = (
    ("part", lambda s: s["part_points"] and s["part_points"]["given_box"]["part"]),
    ("coarse", lambda s: s["part_points"] and s["part_points"]["given_box"]["coarse"]),
    ("side", lambda s: s["part_points"] and s["part_points"]["given_box"]["side"]),
    ("facing", lambda s: s["facing"] and s["facing"]["accuracy"]),
    ("GPS AP", lambda s: s["dense_pose"] and s["dense_pose"]["gps_ap"]),
    ("GPSm AP", lambda s: s["dense_pose"] and s["dense_pose"]["gpsm_ap"]),
    ("AUC 10", lambda s: s["dense_pose"] and s["dense_pose"]["auc_10"]),
    ("AUC 30", lambda s: s["dense_pose"] and s["dense_pose"]["auc_30"]),
    ("box AP", lambda s: s["box"] and s["box"]["ap"]),
    ("mask AP", lambda s: s["mask"] and s["mask"]["ap"]),
)


def as_markdown(rows: list[dict[str, Any]], folders: list[str], steps: int) -> str:
    """The table; columns that no variant has a figure for are left out."""
    cells = [(folder, name, read) for folder in folders for name, read in COLUMNS
             if any(read(r["figures"][folder]) is not None for r in rows)]
    lines = [f"{steps} steps each.", "",
             "| variant | answers to | " + " | ".join(f"{n} ({f})" for f, n, _ in cells) + " |",
             "|---" * (2 + len(cells)) + "|"]
    for row in rows:
        said = [read(row["figures"][folder]) for folder, _, read in cells]
        shown = ["-" if v is None else f"{v:.3f}" for v in said]
        lines.append(f"| {row['name']} | {row['of']} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
