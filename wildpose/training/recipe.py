"""A training run as a YAML file, read into one checked schema.

Paths in a recipe are relative to ``WILDPOSE_DATA`` (by default ``../shared/data`` beside the
checkout); a path that starts with ``./`` is relative to the recipe itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from wildpose.data.mixing import Augmentation
from wildpose.data.source_rules import SourceRules, Surface
from wildpose.errors import ModelError, UsageError
from wildpose.models.chart_rcnn import FAMILY, Config

Side = Annotated[int, Field(ge=64, multiple_of=32)]
"""Pixels of one side of the network's input."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelPart(_Strict):
    """Which network, and what it starts from.

    ``start_from`` is a model folder (or the name of a shipped model) whose weights are taken over
    as far as they fit, but for the dense-pose head where ``fresh_dense_head``; ``trunk`` and
    ``first_stage`` name published weights of these parts alone. With ``chart_rcnn`` it is a
    DensePose R-CNN of that configuration (:class:`wildpose.models.chart_rcnn.Config`), which takes
    ``trunk`` and ``start_from`` of the fields here.
    """

    backbone: Literal["shufflenet_v2_x1_5", "efficientnet_lite0"] = "shufflenet_v2_x1_5"
    trunk: str | None = None
    first_stage: str | None = None
    box_move: float = Field(default=1.0, ge=0, le=1)
    auto_calibration: bool = False
    dense_pose: bool = False
    dense_context: bool = True
    first_stage_weight: float = Field(default=0.5, gt=0, le=1)
    second_look: bool = False
    start_from: str | None = None
    fresh_dense_head: bool = False
    chart_rcnn: Config | None = None

    @field_validator("chart_rcnn", mode="before")
    @classmethod
    def _known_fields(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        try:
            Config.from_json({**given, "family": FAMILY})
        except ModelError as error:
            raise ValueError(error.message.rstrip(".")) from error
        return given  # for the types of its fields

    @model_validator(mode="after")
    def _of_one_network(self) -> ModelPart:
        if self.chart_rcnn is not None:
            spare = sorted(self.model_fields_set - {"chart_rcnn", "trunk", "start_from"})
            if spare:
                raise ValueError(f"{', '.join(spare)}: of the small network, and there is "
                                 "`chart_rcnn`; leave out one or the other")
        return self


class LabelsPart(_Strict):
    """What the labels of a source mean, as :class:`wildpose.data.source_rules.SourceRules` has it.

    ``dense_maps`` is a folder like ``folder``.
    """

    animal: list[str | int] = []
    person: list[str | int] = []
    ignored: list[str | int] = []
    empty: Literal["keep", "drop"] = "keep"
    masks: Literal["stated", "annotated"] = "stated"
    surface: Surface = "reference"
    dense_maps: str | None = None
    points_per_body: int = Field(default=400, gt=0)

    def rules(self, recipe_folder: Path) -> SourceRules:
        """The same, with paths of this machine."""
        maps = None if self.dense_maps is None else resolve(self.dense_maps, recipe_folder)
        return SourceRules(tuple(self.animal), tuple(self.person), tuple(self.ignored), self.empty,
                           self.masks, self.surface, maps, self.points_per_body)


class SourcePart(_Strict):
    """A folder of labelled pictures (COCO) and how it is drawn from.

    ``pictures`` names the folder of the files, where it is not ``images`` beside the annotations.
    ``where`` keeps pictures whose entry holds one of the listed values; ``leave_out`` drops them.
    ``box_share`` moves boxes drawn by eye that share of the way to those of the starting detector
    (:mod:`wildpose.training.refine`). ``regions`` of its animals are kept for the dense-pose head's
    own schedule, which draws from them by ``dense_share``; with ``twins`` each has its mirror image
    in another light beside it, and any box will do (:mod:`wildpose.training.twins`). With
    ``bodies_alone`` all but the masked bodies is grey, for a teacher of in-painting
    (:mod:`wildpose.training.inpainting`); nothing is pasted then. Of a source that is
    ``learnt_whole`` nothing is kept out. Drafts of a source that is ``trusted`` count as much as
    labels by people.
    """

    name: str
    folder: str
    pictures: str | None = None
    share: float = Field(default=0.0, ge=0)
    regions: int = Field(default=0, ge=0)
    dense_share: float = Field(default=0.0, ge=0)
    twins: bool = False
    paste_chance: float = Field(default=0.0, ge=0, le=1)
    bodies_alone: bool = False
    learnt_whole: bool = False
    trusted: bool = False
    box_share: float = Field(default=0.0, ge=0, le=1)
    labels: LabelsPart = LabelsPart()
    where: dict[str, list[str]] = {}
    leave_out: dict[str, list[str]] = {}


class HoldOutPart(_Strict):
    """What is kept out of training, to choose and calibrate on."""

    share: float = Field(default=0.1, ge=0, lt=1)
    species: list[str] = []
    empty_share: float = Field(default=0.3, ge=0, lt=1)


class RatePart(_Strict):
    """Learning rates by part of the network; at 0 a part stays as it is.

    ``uncertainty`` (alpha and sigma of the box and mask heads) and ``dense_head`` are those of
    ``heads`` where they are not given.
    """

    trunk: float = Field(default=1e-4, ge=0)
    first_stage: float = Field(default=2e-4, ge=0)
    heads: float = Field(default=1e-3, ge=0)
    uncertainty: float | None = Field(default=None, ge=0)
    dense_head: float | None = Field(default=None, ge=0)


class SchedulePart(_Strict):
    """How long, how large, how fast.

    The rate rises over ``warm_up`` steps, from ``warm_up_from`` of it where that is given, and then
    falls by a cosine, or to a tenth at each of the steps ``drops``. ``clip_gradient`` is of the
    norm of all gradients, ``clip_value``, in its place, of each number. ``dense_regions`` of each
    picture at most teach the dense head and the mask head of ``chart_rcnn``.
    """

    steps: int = Field(ge=0)
    batch: int = Field(default=8, gt=0)
    canvases: list[tuple[Side, Side]] = Field(default=[(384, 640)], min_length=1)
    warm_up: int = Field(default=50, ge=0)
    trunk_frozen_steps: int = Field(default=0, ge=0)
    rate: RatePart = RatePart()
    weight_decay: float = Field(default=0.02, ge=0)
    clip_gradient: float = Field(default=10.0, gt=0)
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    checkpoint_every: int = Field(default=100, gt=0)
    optimiser: Literal["adamw", "sgd"] = "adamw"
    drops: list[Annotated[int, Field(gt=0)]] = []
    warm_up_from: float | None = Field(default=None, gt=0, le=1)
    clip_value: float | None = Field(default=None, gt=0)
    dense_regions: int = Field(default=128, gt=0)
    augmentation: Augmentation = "camera_traps"

    @model_validator(mode="after")
    def _one_way_to_clip(self) -> SchedulePart:
        if self.clip_value is not None and "clip_gradient" in self.model_fields_set:
            raise ValueError("clip_value and clip_gradient: give one of them")
        if self.drops != sorted(set(self.drops)):
            raise ValueError("drops: give each step once, in rising order")
        return self


class DensePart(_Strict):
    """The dense-pose head's own schedule, after the other: on kept regions, all else frozen.

    ``twin_weight`` is that of the disagreement between twins.
    """

    steps: int = Field(gt=0)
    batch: int = Field(default=32, gt=0)
    rate: float = Field(default=1e-3, gt=0)
    warm_up: int = Field(default=50, ge=0)
    clip_gradient: float = Field(default=5.0, gt=0)
    average_decay: float = Field(default=0.998, ge=0, lt=1)
    twin_weight: float = Field(default=0.0, ge=0)
    checkpoint_every: int = Field(default=100, gt=0)


class Recipe(_Strict):
    """Everything that one training run hangs on."""

    name: str
    description: str = ""
    licence: str = "not stated"
    seed: int = 0
    model: ModelPart = ModelPart()
    sources: list[SourcePart] = Field(min_length=1)
    hold_out: HoldOutPart = HoldOutPart()
    schedule: SchedulePart
    dense_schedule: DensePart | None = None

    @model_validator(mode="after")
    def _something_to_learn(self) -> Recipe:
        whole, dense = self.schedule.steps > 0, self.dense_schedule is not None
        if not whole and not dense:
            raise ValueError("schedule.steps is 0 and there is no dense_schedule: nothing to do")
        if whole and not any(s.share for s in self.sources):
            raise ValueError("schedule.steps is above 0, but no source has a `share`")
        if dense and self.model.chart_rcnn:
            raise ValueError("a dense_schedule is for the small network: the dense head of "
                             "`chart_rcnn` learns beside the others")
        if dense and not self.model.dense_pose:
            raise ValueError("a dense_schedule needs `dense_pose: true` under model")
        if dense and not any(s.regions and s.dense_share for s in self.sources):
            raise ValueError("a dense_schedule needs a source with `regions` and `dense_share`")
        return self

    @model_validator(mode="after")
    def _what_the_network_can_learn(self) -> Recipe:
        wrong = list(_beyond_chart_rcnn(self) if self.model.chart_rcnn else _beyond_small(self))
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def _beyond_chart_rcnn(recipe: Recipe) -> Iterator[str]:
    """What `model.chart_rcnn` has no counterpart of."""
    if recipe.schedule.rate.uncertainty is not None:
        yield "schedule.rate.uncertainty: of the small network, not of `chart_rcnn`"
    for source in recipe.sources:
        for name in ("box_share", "regions", "dense_share", "twins", "bodies_alone"):
            if getattr(source, name):
                yield f"source {source.name}: {name} is for the small network, not for `chart_rcnn`"


def _beyond_small(recipe: Recipe) -> Iterator[str]:
    """What wants `model.chart_rcnn`."""
    if "dense_regions" in recipe.schedule.model_fields_set:
        yield "schedule.dense_regions: of `model.chart_rcnn`, not of the small network"
    for source in recipe.sources:
        if source.labels.surface == "smpl":
            yield (f"source {source.name}: surface smpl is learnt by `model.chart_rcnn` alone; the "
                   "small network learns charts of it with `surface: other`")


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises
    ------
    UsageError
        The file is missing, is not YAML, or has a field that is unknown or out of range; the
        message names each.
    """
    try:
        content: Any = yaml.safe_load(path.read_text("utf-8"))
        return Recipe.model_validate(content)
    except OSError as error:
        raise UsageError(f"{path}: can't be read ({error.strerror}).",
                         "Give a recipe such as recipes/animal-small.yaml.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML ({str(error).splitlines()[0]}).") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'recipe'}: {e['msg']}" for e in error.errors()
        )
        raise UsageError(f"{path}: {wrong}.", "See docs/train.md for the fields.") from error


def data_root() -> Path:
    """The folder that recipes' paths start from."""
    named = os.environ.get("WILDPOSE_DATA")
    if named:
        return Path(named)
    return Path(__file__).resolve().parents[2].parent / "shared" / "data"


def resolve(path: str, recipe_folder: Path) -> Path:
    """A path of a recipe as a path of this machine (see the module)."""
    return recipe_folder / path if path.startswith("./") else data_root() / path


def start_folder(name: str, recipe_folder: Path) -> str:
    """What ``start_from`` names: a folder beside the recipe, below the data, or a shipped model."""
    if name.startswith("./"):
        return str(recipe_folder / name)
    below = data_root() / name
    return str(below) if (below / "model.json").is_file() else name
