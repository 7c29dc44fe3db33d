"""Read configurations of detectron2's DensePose project.

Only what decides about this network is taken over; a value that would make another network of it
is refused, never passed over in silence. Keys and defaults are those of configuration version 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from wildpose.errors import ModelError
from wildpose.models.chart_rcnn.config import Config

_DENSE = "MODEL.ROI_DENSEPOSE_HEAD"
Values = dict[str, Any]
"""Values by dotted key, ``MODEL.RESNETS.DEPTH``."""

_COMMON_BASE: Values = {
    "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
    "MODEL.RPN.PRE_NMS_TOPK_TEST": 1000,
    "MODEL.DENSEPOSE_ON": True,
    "MODEL.ROI_HEADS.NAME": "DensePoseROIHeads",
    "MODEL.ROI_HEADS.NUM_CLASSES": 1,
    "MODEL.ROI_BOX_HEAD.NUM_FC": 2,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 7,
}
KNOWN_BASES: Mapping[str, Values] = {
    "Base-DensePose-RCNN-FPN.yaml": {
        **_COMMON_BASE,
        "MODEL.ROI_BOX_HEAD.POOLER_TYPE": "ROIAlign",
        "MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO": 2,
        f"{_DENSE}.NAME": "DensePoseV1ConvXHead",
        f"{_DENSE}.POOLER_TYPE": "ROIAlign",
    },
    "Base-RCNN-FPN-Atop10P_CA.yaml": {
        **_COMMON_BASE,
        "DATASETS.WHITELISTED_CATEGORIES.base_coco_2017_train": [1, *range(16, 26)],
    },
}
"""What the bases of the published models say, for files that come without theirs."""

_FIXED: Values = {
    "MODEL.META_ARCHITECTURE": "GeneralizedRCNN",
    "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
    "MODEL.RESNETS.STRIDE_IN_1X1": True,
    "MODEL.RESNETS.NUM_GROUPS": 1,
    "MODEL.RESNETS.WIDTH_PER_GROUP": 64,
    "MODEL.RESNETS.NORM": "FrozenBN",
    "MODEL.RESNETS.RES5_DILATION": 1,
    "MODEL.FPN.NORM": "",
    "MODEL.FPN.OUT_CHANNELS": 256,
    "MODEL.FPN.FUSE_TYPE": "sum",
    "MODEL.ANCHOR_GENERATOR.SIZES": [[32], [64], [128], [256], [512]],
    "MODEL.ANCHOR_GENERATOR.ASPECT_RATIOS": [[0.5, 1.0, 2.0]],
    "MODEL.ANCHOR_GENERATOR.OFFSET": 0.0,
    "MODEL.ROI_HEADS.NUM_CLASSES": 1,
    "MODEL.ROI_BOX_HEAD.NUM_CONV": 0,
    "MODEL.ROI_BOX_HEAD.NUM_FC": 2,
    "MODEL.ROI_BOX_HEAD.FC_DIM": 1024,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 7,
    "INPUT.FORMAT": "BGR",
    f"{_DENSE}.NUM_PATCHES": 24,
    f"{_DENSE}.NUM_STACKED_CONVS": 8,
    f"{_DENSE}.CONV_HEAD_DIM": 512,
    f"{_DENSE}.CONV_HEAD_KERNEL": 3,
    f"{_DENSE}.DECONV_KERNEL": 4,
    f"{_DENSE}.UP_SCALE": 2,
    f"{_DENSE}.DECODER_NUM_CLASSES": 256,
    f"{_DENSE}.DECODER_CONV_DIMS": 256,
    f"{_DENSE}.DECODER_NORM": "",
    f"{_DENSE}.DECODER_COMMON_STRIDE": 4,
    f"{_DENSE}.DEEPLAB.NORM": "GN",
}
"""What this network is built for; another value is another network."""

_HEADS = {"DensePoseV1ConvXHead": "v1convx", "DensePoseDeepLabHead": "deeplab"}
_ALIGNED = {"ROIAlign": False, "ROIAlignV2": True}
_TAKEN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "depth": ("MODEL.RESNETS.DEPTH", int),
    "head": (f"{_DENSE}.NAME", _HEADS.__getitem__),
    "non_local": (f"{_DENSE}.DEEPLAB.NONLOCAL_ON", bool),
    "segm_confidence": (f"{_DENSE}.SEGM_CONFIDENCE.ENABLED", bool),
    "coarse_channels": (f"{_DENSE}.NUM_COARSE_SEGM_CHANNELS", int),
    "box_aligned": ("MODEL.ROI_BOX_HEAD.POOLER_TYPE", _ALIGNED.__getitem__),
    "box_sampling": ("MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO", int),
    "dense_aligned": (f"{_DENSE}.POOLER_TYPE", _ALIGNED.__getitem__),
    "dense_sampling": (f"{_DENSE}.POOLER_SAMPLING_RATIO", int),
    "dense_cells": (f"{_DENSE}.POOLER_RESOLUTION", int),
    "decoder": (f"{_DENSE}.DECODER_ON", bool),
    "mask_head": ("MODEL.MASK_ON", bool),
    "short_edge": ("INPUT.MIN_SIZE_TEST", int),
    "long_edge": ("INPUT.MAX_SIZE_TEST", int),
    "pixel_mean": ("MODEL.PIXEL_MEAN", tuple),
    "pixel_std": ("MODEL.PIXEL_STD", tuple),
    "proposals_per_level": ("MODEL.RPN.PRE_NMS_TOPK_TEST", int),
    "proposals": ("MODEL.RPN.POST_NMS_TOPK_TEST", int),
    "proposal_iou": ("MODEL.RPN.NMS_THRESH", float),
    "box_iou": ("MODEL.ROI_HEADS.NMS_THRESH_TEST", float),
    "score_threshold": ("MODEL.ROI_HEADS.SCORE_THRESH_TEST", float),
    "detections": ("TEST.DETECTIONS_PER_IMAGE", int),
    "uv_epsilon": (f"{_DENSE}.UV_CONFIDENCE.EPSILON", float),
    "segm_epsilon": (f"{_DENSE}.SEGM_CONFIDENCE.EPSILON", float),
    "point_weight": (f"{_DENSE}.POINT_REGRESSION_WEIGHTS", float),
    "part_weight": (f"{_DENSE}.PART_WEIGHTS", float),
    "index_weight": (f"{_DENSE}.INDEX_WEIGHTS", float),
    "coarse_from_masks": (f"{_DENSE}.COARSE_SEGM_TRAINED_BY_MASKS", bool),
}
"""Per field of Config: the key, and how its value is read."""

_UNSET: Values = {
    "MODEL.ROI_BOX_HEAD.POOLER_TYPE": "ROIAlignV2",
    "MODEL.ROI_BOX_HEAD.POOLER_SAMPLING_RATIO": 0,
    "MODEL.ROI_BOX_HEAD.POOLER_RESOLUTION": 14,
    "MODEL.ROI_BOX_HEAD.NUM_FC": 0,
    "MODEL.RPN.PRE_NMS_TOPK_TEST": 6000,
    "MODEL.ROI_HEADS.NUM_CLASSES": 80,
    "MODEL.BACKBONE.NAME": "build_resnet_backbone",
    f"{_DENSE}.POOLER_TYPE": "ROIAlignV2",
}
"""Upstream's defaults where they are not those of Config and of ``_FIXED``."""

_LEVELS = ["p2", "p3", "p4", "p5", "p6"]
_STAGES = ["res2", "res3", "res4", "res5"]
_SPELT_OUT: Values = {
    "MODEL.DENSEPOSE_ON": True,
    "MODEL.RESNETS.OUT_FEATURES": _STAGES,
    "MODEL.FPN.IN_FEATURES": _STAGES,
    "MODEL.RPN.IN_FEATURES": _LEVELS,
    "MODEL.ROI_HEADS.NAME": "DensePoseROIHeads",
    "MODEL.ROI_HEADS.IN_FEATURES": _LEVELS[:4],
    "MODEL.ROI_BOX_HEAD.NAME": "FastRCNNConvFCHead",
    "MODEL.ROI_MASK_HEAD.NAME": "MaskRCNNConvUpsampleHead",
    "MODEL.ROI_MASK_HEAD.NUM_CONV": 4,
    "MODEL.ROI_MASK_HEAD.POOLER_RESOLUTION": 14,
    f"{_DENSE}.PREDICTOR_NAME": "DensePoseChartWithConfidencePredictor",
    f"{_DENSE}.LOSS_NAME": "DensePoseChartWithConfidenceLoss",
}
"""What this network has anyway, and upstream only if it is told."""
_ANIMAL_CATEGORIES = KNOWN_BASES["Base-RCNN-FPN-Atop10P_CA.yaml"][
    "DATASETS.WHITELISTED_CATEGORIES.base_coco_2017_train"]


def read_values(path: Path) -> Values:
    """All values of a file by dotted key, those of its bases under them.

    Raises
    ------
    ModelError
        The file or a base of it can't be read.
    """
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"{path}: can't be read as YAML ({' '.join(str(error).split())[:200]}).",
                         "Give the .yaml that belongs to the checkpoint.") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no settings.",
                         "Give the .yaml that belongs to the checkpoint.")
    base = content.pop("_BASE_", None)
    return {**(_base_values(path, str(base)) if base else {}), **_dotted(content)}


def _base_values(path: Path, base: str) -> Values:
    beside = path.parent / base
    if beside.is_file() and beside.resolve() != path.resolve():
        return read_values(beside)
    known = KNOWN_BASES.get(Path(base).name)
    if known is None:
        raise ModelError(f"{path}: its base {base} is missing.", "Put that file beside it.")
    return dict(known)


def _dotted(content: Mapping[Any, Any], above: str = "") -> Values:
    values: Values = {}
    for key, value in content.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            values.update(_dotted(value, f"{name}."))
        else:
            values[name] = value
    return values


def config_from(values: Values, source: str) -> Config:
    """The configuration that values by dotted key stand for.

    Parameters
    ----------
    values : dict
    source : str
        Where they come from, for messages.

    Raises
    ------
    ModelError
        A value asks for another network.
    """
    given = {**_UNSET, **values}
    _refuse_other_networks(given, source)
    taken: dict[str, Any] = {}
    for field, (key, read) in _TAKEN.items():
        if key not in given:
            continue
        try:
            taken[field] = read(given[key])
        except (KeyError, TypeError, ValueError) as error:
            raise _refused(source, key, given[key]) from error
    if given.get(f"{_DENSE}.UV_CONFIDENCE.ENABLED", False):
        taken["uv_confidence"] = given.get(f"{_DENSE}.UV_CONFIDENCE.TYPE", "iid_iso")
    return Config(subject="animal" if _finds_animals(given) else "person", **taken)


def values_of(config: Config) -> Values:
    """All values by dotted key with which upstream builds the network of a configuration.

    The inverse of :func:`config_from`.

    Examples
    --------
    >>> config_from(values_of(Config(depth=101)), "") == Config(depth=101)
    True
    """
    values = {**_FIXED, **_SPELT_OUT}
    for field, (key, _) in _TAKEN.items():
        value = getattr(config, field)
        values[key] = list(value) if isinstance(value, tuple) else value
    names = {own: name for name, own in _HEADS.items()}
    types = {own: name for name, own in _ALIGNED.items()}
    values[f"{_DENSE}.NAME"] = names[config.head]
    values[f"{_DENSE}.DEEPLAB.NONLOCAL_ON"] = int(config.non_local)
    for part in ("MODEL.ROI_BOX_HEAD", _DENSE):
        values[f"{part}.POOLER_TYPE"] = types[values[f"{part}.POOLER_TYPE"]]
    if config.uv_confidence != "none":
        values[f"{_DENSE}.UV_CONFIDENCE.ENABLED"] = True
        values[f"{_DENSE}.UV_CONFIDENCE.TYPE"] = config.uv_confidence
    if config.subject == "animal":
        values["DATASETS.WHITELISTED_CATEGORIES.base_coco_2017_train"] = _ANIMAL_CATEGORIES
    return values


def _refuse_other_networks(given: Values, source: str) -> None:
    for key, wanted in _FIXED.items():
        if given.get(key, wanted) != wanted:
            raise _refused(source, key, given[key])
    predictor = str(given.get(f"{_DENSE}.PREDICTOR_NAME", ""))
    if "Embedding" in predictor:
        raise _refused(source, f"{_DENSE}.PREDICTOR_NAME", predictor)
    if f"{_DENSE}.NAME" not in given:
        raise ModelError(f"{source}: names no dense-pose head ({_DENSE}.NAME).",
                         "Give the .yaml of a chart-based DensePose R-CNN.")


def _finds_animals(given: Values) -> bool:
    """Whether categories other than people went into the one class."""
    return any(key.startswith(("DATASETS.WHITELISTED_CATEGORIES.", "DATASETS.CATEGORY_MAPS."))
               for key in given)


def _refused(source: str, key: str, value: Any) -> ModelError:
    return ModelError(f"{source}: {key} is {value!r}, which wildpose has no network for.",
                      "Supported are the chart-based R-50 and R-101 FPN models "
                      "(docs/detectron2.md).")
