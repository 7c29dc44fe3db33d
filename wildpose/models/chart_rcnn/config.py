"""Which variant of the network it is; all that has to be known before weights are loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from wildpose.errors import ModelError

FAMILY = "chart_rcnn"
"""The ``family`` of these networks in ``model.json``."""

Head = Literal["v1convx", "deeplab"]
UvConfidence = Literal["none", "iid_iso", "indep_aniso"]
Subject = Literal["animal", "person"]

_CHOICES: dict[str, tuple[Any, ...]] = {
    "depth": (50, 101),
    "head": ("v1convx", "deeplab"),
    "uv_confidence": ("none", "iid_iso", "indep_aniso"),
    "subject": ("animal", "person"),
}


@dataclass(frozen=True)
class Config:
    """A variant of the DensePose R-CNN; the defaults are those of R_50_FPN_s1x.

    Attributes
    ----------
    depth : {50, 101}
        Of the residual trunk.
    head : {"v1convx", "deeplab"}
        Eight plain convolutions, or ASPP and eight normalised ones.
    non_local : bool
        A non-local layer after ASPP (DeepLab head only; off in every published model).
    uv_confidence : {"none", "iid_iso", "indep_aniso"}
        What stands beside u and v: nothing, one variance, or a variance and a direction.
    segm_confidence : bool
        Both segmentations are scaled by a confidence of their own.
    coarse_channels : int
        2 (foreground or not) or 15 (body parts, the oldest models).
    box_aligned, dense_aligned : bool
        Whether regions are cut with the half-pixel shift ("ROIAlignV2").
    box_sampling, dense_sampling : int
        Samples per axis and cell of a region; 0 adapts to the region's size.
    dense_cells : int
        Cells of the region that the dense head sees, each way.
    decoder : bool
        The dense head sees one map summed from all levels, and not the level that fits the box.
    mask_head : bool
        There is a separate mask head.
    subject : {"animal", "person"}
        What the one class stands for. Animal models (evolution) find people too, unnamed.
    short_edge, long_edge : int
        Pictures are scaled to this shorter edge, or less, that the longer one fits.
    pixel_mean, pixel_std : tuple of float
        Of blue, green, red.
    proposals_per_level, proposals : int
        Boxes kept per level before, and over all levels after, doubles are removed.
    proposal_iou, box_iou : float
        Overlap from which a lower-scored box is a double.
    score_threshold : float
        Boxes need a higher score.
    detections : int
        Boxes kept at most.
    uv_epsilon, segm_epsilon : float
        Added to variances and to confidences of the segmentation.
    point_weight, part_weight, index_weight : float
        Of the losses of u and v, of the charts, and of the coarse segmentation.
    coarse_from_masks : bool
        The coarse segmentation learns from instance masks, and not from marked body parts.
    """

    depth: int = 50
    head: Head = "v1convx"
    non_local: bool = False
    uv_confidence: UvConfidence = "none"
    segm_confidence: bool = False
    coarse_channels: int = 2
    box_aligned: bool = False
    box_sampling: int = 2
    dense_aligned: bool = False
    dense_sampling: int = 2
    dense_cells: int = 28
    decoder: bool = True
    mask_head: bool = False
    subject: Subject = "person"
    short_edge: int = 800
    long_edge: int = 1333
    pixel_mean: tuple[float, float, float] = (103.53, 116.28, 123.675)
    pixel_std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    proposals_per_level: int = 1000
    proposals: int = 1000
    proposal_iou: float = 0.7
    box_iou: float = 0.5
    score_threshold: float = 0.05
    detections: int = 100
    uv_epsilon: float = 0.01
    segm_epsilon: float = 0.01
    point_weight: float = 0.01
    part_weight: float = 1.0
    index_weight: float = 5.0
    coarse_from_masks: bool = False

    def __post_init__(self) -> None:
        for name, known in _CHOICES.items():
            if getattr(self, name) not in known:
                raise ModelError(f"{name} is {getattr(self, name)!r}, known are {known}.",
                                 "Take one of the published DensePose R-CNN configurations.")

    @classmethod
    def from_yaml(cls, path: Path) -> Config:
        """Read a configuration of detectron2's DensePose project.

        Parameters
        ----------
        path : Path
            YAML, a whole ("resolved") one or one that names its ``_BASE_``. A base is read from
            beside the file; the two bases of the published models are known by name too.

        Raises
        ------
        ModelError
            It can't be read, or it asks for something that this package has not got.
        """
        from wildpose.models.chart_rcnn.yaml_config import config_from, read_values

        return config_from(read_values(Path(path)), str(path))

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Config:
        """The inverse of :meth:`as_json`; fields that are left out take their defaults.

        Raises
        ------
        ModelError
            Another family, or a field that is not known.
        """
        given = dict(content)
        if given.pop("family", None) != FAMILY:
            raise ModelError("The architecture is not of the family chart_rcnn.",
                             "Import the checkpoint anew with `wildpose models import`.")
        unknown = sorted(given.keys() - {field.name for field in fields(cls)})
        if unknown:
            raise ModelError(f"The architecture holds unknown fields: {', '.join(unknown)}.",
                             "Update wildpose, or import the checkpoint anew.")
        for name in ("pixel_mean", "pixel_std"):
            if name in given:
                given[name] = tuple(given[name])
        return cls(**given)

    def as_json(self) -> dict[str, Any]:
        """As written in ``model.json`` under ``architecture``, the family among it.

        Examples
        --------
        >>> Config.from_json(Config(depth=101).as_json()) == Config(depth=101)
        True
        """
        content: dict[str, Any] = {"family": FAMILY, **asdict(self)}
        return {k: list(v) if isinstance(v, tuple) else v for k, v in content.items()}
