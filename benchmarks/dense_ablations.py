"""What each piece of the dense-pose head, and each source, brings: short trainings side by side.

    python -m benchmarks.dense_ablations RECIPE OUT --on DATA [--on DATA ...] [--rendered NAME=DIR]

Every variant starts from the same detector with a fresh dense-pose head, draws from the same kept
regions and takes the same number of steps; what differs is named in the first column. With
``--rendered`` there is a variant whose rendered pictures are others. ``DATA`` are labelled folders
that the recipe does not train on (the ``held_out`` of a training, rendered animals of families that
were kept out). OUT keeps regions, weights and figures, so that a second call only does what is
missing; once the regions are there, calls with other seeds or ``--only`` may run side by side. The
table goes to standard output as Markdown, its figures to OUT/table.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from wildpose.analysis.evaluate import evaluate_model
from wildpose.evaluation.dataset import EvaluationSet
from wildpose.evaluation.dense_doubt import doubt_figures
from wildpose.evaluation.dense_scores import dense_figures
from wildpose.evaluation.surface_distance import reference_distance
from wildpose.models.detector import Architecture, Detector
from wildpose.models.folder import find_model, read_description, write_description
from wildpose.models.pretrained import load_model_weights
from wildpose.training.dense_run import KeptSource, collect, train_dense_head
from wildpose.training.recipe import Recipe, read_recipe, start_folder
from wildpose.training.shipping import write_model
from wildpose.training.sources import gather

STEPS, BATCH, REGIONS = 250, 12, 0.3
"""Of a short training: steps, regions a step, share of the recipe's regions that is kept."""


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
    rendered : str
        Another folder of rendered pictures than the recipe's.
    weights_of : str
        The variant whose weights these are; it comes before.
    """

    name: str
    of: str
    model: dict[str, Any]
    without: str = ""
    cut_by: str = "dense_head"
    rendered: str = ""
    weights_of: str = ""


VARIANTS = (
    Variant("whole", "tables 1, 2, 6, 7 a", {}),
    Variant("without auto-calibration", "tables 1, 2, 6", {"auto_calibration": False}),
    Variant("without context", "table 2", {"dense_context": False}),
    Variant("without both", "table 2", {"auto_calibration": False, "dense_context": False}),
    Variant("cut by the mask head", "table 7 c", {}, cut_by="mask_head", weights_of="whole"),
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
    parser.add_argument("--rendered", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--only", action="append", metavar="NAME", help="of these variants alone")
    given = parser.parse_args()
    others = tuple(Variant(name, "rendered pictures", {}, rendered=str(Path(folder).resolve()))
                   for name, folder in (r.split("=", 1) for r in given.rendered))
    variants = [v for v in VARIANTS + others if not given.only or v.name in given.only]
    rows = table(variants, short(given.recipe, given.steps), given.out, given.on, given.seeds)
    (given.out / "table.json").write_text(json.dumps(rows, indent=1), "utf-8")
    print(as_markdown(rows, [p.name for p in given.on], given.steps, given.seeds))


@dataclass(frozen=True)
class Short:
    """The recipe with a short schedule, and the folder that its paths start from."""

    recipe: Recipe
    folder: Path


def short(recipe_path: Path, steps: int) -> Short:
    """The recipe at ``recipe_path`` with fewer regions and steps."""
    recipe = read_recipe(recipe_path)
    if recipe.dense_schedule is None:
        raise SystemExit(f"{recipe_path} has no dense_schedule.")
    schedule = recipe.dense_schedule.model_copy(
        update={"steps": steps, "batch": BATCH, "checkpoint_every": steps, "average_decay": 0.98})
    sources = [s.model_copy(update={"regions": int(REGIONS * s.regions)}) for s in recipe.sources]
    return Short(recipe.model_copy(update={"dense_schedule": schedule, "sources": sources}),
                 recipe_path.parent)


def table(
    variants: list[Variant], base: Short, out: Path, folders: list[Path], seeds: list[int]
) -> list[dict[str, Any]]:
    """Figures of every variant, folder and seed."""
    kept: dict[str, list[KeptSource]] = {}
    rows = []
    for variant in variants:
        figures: dict[str, list[dict[str, Any]]] = {p.name: [] for p in folders}
        for seed in seeds:
            folder = out / f"seed-{seed}" / variant.name.replace(" ", "-")
            if variant.weights_of:
                _take_over(folder.with_name(variant.weights_of), variant.cut_by, folder)
            elif not (folder / "weights.safetensors").is_file():
                if variant.rendered not in kept:
                    kept[variant.rendered] = _regions(base, variant, out)
                _train(variant, base, seed, kept[variant.rendered], folder)
            for data in folders:
                figures[data.name].append(_measured(folder, data))
        rows.append({"name": variant.name, "of": variant.of, "figures": figures})
    return rows


def _regions(base: Short, variant: Variant, out: Path) -> list[KeptSource]:
    """The base's regions, its rendered ones replaced by those of the variant's folder."""
    found: list[KeptSource] = []
    for part in _with_regions(base.recipe):
        other = bool(variant.rendered) and _kind(part) == "rendered"
        own = part.model_copy(update={"folder": variant.rendered}) if other else part
        recipe = base.recipe.model_copy(update={"sources": [own]})
        place = out / (f"regions-{variant.name.replace(' ', '-')}" if other else "regions")
        sources = gather(recipe, base.folder).sources
        found += collect(_detector(base, recipe), recipe, sources, place)
    return found


def _detector(base: Short, recipe: Recipe) -> Detector:
    torch.manual_seed(recipe.seed)
    m = recipe.model
    detector = Detector(Architecture(m.backbone, box_move=m.box_move, dense_pose=True,
                                     auto_calibration=m.auto_calibration,
                                     dense_context=m.dense_context,
                                     first_stage_weight=m.first_stage_weight,
                                     second_look=m.second_look))
    if m.start_from:
        load_model_weights(detector, start_folder(m.start_from, base.folder),
                           fresh_dense_head=True)
    return detector


def _train(
    variant: Variant, base: Short, seed: int, kept: list[KeptSource], folder: Path
) -> None:
    changed = {"model": base.recipe.model.model_copy(update=variant.model), "name": variant.name,
               "seed": seed}
    recipe = base.recipe.model_copy(update=changed)
    drawn = [k for k, part in zip(kept, _with_regions(recipe), strict=True)
             if _kind(part) != variant.without]
    folder.mkdir(parents=True, exist_ok=True)
    state = train_dense_head(_detector(base, recipe), recipe, drawn, folder,
                             lambda report, steps: None)
    write_model(state.model, dict(state.average), recipe, [], folder)
    start = read_description(find_model(start_folder(str(recipe.model.start_from), base.folder)))
    own = read_description(folder)
    fields = {**vars(own), "calibration": start.calibration, "threshold": start.threshold}
    write_description(folder, type(own)(**fields))


def _take_over(other: Path, cut_by: str, folder: Path) -> None:
    """The same weights in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(other / "weights.safetensors", folder)
    own = read_description(other)
    write_description(folder, type(own)(**{**vars(own), "dense_pose_cut_by": cut_by}))


def _with_regions(recipe: Recipe) -> list[Any]:
    return [s for s in recipe.sources if s.regions and s.dense_share]


def _kind(part: Any) -> str:
    if part.twins:
        return "twins"
    return "rendered" if part.name == "rendered" else "real"


def _measured(folder: Path, data: Path) -> dict[str, Any]:
    kept = folder / f"figures-{data.name}.json"
    if not kept.is_file():
        said = folder / f"said-{data.name}.json"
        figures = evaluate_model(str(folder), data, save_predictions=said)["subsets"]["all"]
        if figures["dense_pose"]:
            figures["dense_pose"] |= _doubt(data, said)
        said.unlink()
        kept.write_text(json.dumps(figures), "utf-8")
    found: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    return found


def _doubt(data: Path, said: Path) -> dict[str, float | None]:
    truth, predictions = (json.loads(p.read_text("utf-8"))
                          for p in (data / "annotations.json", said))
    compared = EvaluationSet.of(truth, predictions)
    dense = dense_figures(compared, reference_distance())
    if dense is None:
        return {}
    return doubt_figures(dense.points.of_images(compared.members("all", "animal")))


def _of_points(key: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda s: s["part_points"] and s["part_points"]["given_box"][key]


def _of_dense(key: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda s: s["dense_pose"] and s["dense_pose"][key]


COLUMNS: tuple[tuple[str, Callable[[dict[str, Any]], float | None]], ...] = (
    ("part", _of_points("part")),
    ("coarse", _of_points("coarse")),
    ("side", _of_points("side")),
    ("facing", lambda s: s["part_points"] and s["facing"] and s["facing"]["accuracy"]),
    ("GPSm AP", _of_dense("gpsm_ap")),
    ("AUC 30", _of_dense("auc_30")),
    ("chart right", _of_dense("chart_right")),
    ("chart ECE", _of_dense("chart_ece")),
    ("chart AUSE", _of_dense("chart_ause")),
    ("uv AUSE", _of_dense("uv_ause")),
    ("mask AP", lambda s: s["mask"] and s["mask"]["ap"]),
)


def as_markdown(
    rows: list[dict[str, Any]], folders: list[str], steps: int, seeds: list[int]
) -> str:
    """One table a folder; a cell is the mean over the seeds and, of several, half their range."""
    lines = [f"{steps} steps of {BATCH} regions each; seeds {', '.join(map(str, seeds))}."]
    for folder in folders:
        columns = [(name, read) for name, read in COLUMNS
                   if any(read(f) is not None for r in rows for f in r["figures"][folder])]
        lines += ["", f"On {folder}:", "",
                  "| variant | answers to | " + " | ".join(n for n, _ in columns) + " |",
                  "|---" * (2 + len(columns)) + "|"]
        for row in rows:
            said = [_cell([read(f) for f in row["figures"][folder]]) for _, read in columns]
            lines.append(f"| {row['name']} | {row['of']} | " + " | ".join(said) + " |")
    return "\n".join(lines)


def _cell(values: list[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return "-"
    middle = f"{sum(known) / len(known):.3f}"
    return middle if len(known) == 1 else f"{middle} ± {(max(known) - min(known)) / 2:.3f}"


if __name__ == "__main__":
    main()
