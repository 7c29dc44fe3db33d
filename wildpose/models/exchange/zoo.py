"""The published chart models of detectron2's DensePose project: names, places, figures, settings.

What the project's model-zoo page states. The files are not part of wildpose and were never at hand
while it was written: sizes are computed from the architecture, and where a checksum is given it is
the one that several public repositories state for that file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

BASE_URL = "https://dl.fbaipublicfiles.com/densepose"
WEIGHTS_LICENCE = "CC BY-SA 3.0"
CODE_LICENCE = "Apache-2.0"
FIGURES = "box AP", "segm AP", "APex GPS", "AP GPS", "AP GPSm"
"""Columns of the evolution models, in percent, on DensePose-Chimps; people have AP GPSm alone, on
the minival part of DensePose-COCO."""


@dataclass(frozen=True)
class ZooModel:
    """A published file.

    Attributes
    ----------
    name : str
        Also the name of its configuration, without ``.yaml``.
    path : str
        Below ``BASE_URL``.
    settings : dict
        Fields of the architecture's ``Config`` that are not its defaults.
    figures : dict of str to float
        What its authors measured, in percent.
    megabytes : int
        About how large the file is: four bytes per weight.
    sha256 : str
        Empty where no checksum is known.
    """

    name: str
    path: str
    settings: Mapping[str, Any]
    figures: Mapping[str, float]
    megabytes: int
    sha256: str = ""
    licence: str = field(default=WEIGHTS_LICENCE, init=False)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{BASE_URL}/{self.path}"

    @property
    def file_name(self) -> str:
        """The file's own name, ``model_final_`` and six digits."""
        return self.path.rsplit("/", 1)[1]

    @property
    def subject(self) -> str:
        """``animal`` or ``person``."""
        return str(self.settings.get("subject", "person"))


_EVOLUTION = "densepose_R_50_FPN_DL_WC1M_3x_Atop10P_CA"
_TEACHER: dict[str, Any] = {
    "head": "deeplab", "uv_confidence": "iid_iso", "segm_confidence": True, "box_aligned": True,
    "box_sampling": 0, "subject": "animal", "coarse_from_masks": True, "point_weight": 0.0005,
}
_ANIMALS: tuple[tuple[str, str, str, tuple[float, ...]], ...] = (
    ("", "217578784", "9fe1cc", (61.3, 59.1, 36.2, 20.0, 30.2)),
    ("_B_uniform", "256453729", "241ff5", (60.9, 58.5, 37.2, 21.5, 31.0)),
    ("_B_uv", "256452095", "d689e2", (61.4, 58.9, 38.3, 22.2, 32.1)),
    ("_B_finesegm", "256452819", "cb4ac6", (60.9, 58.5, 36.7, 20.7, 30.7)),
    ("_B_coarsesegm", "256455697", "a6a4bf", (61.3, 59.2, 37.9, 21.5, 31.6)),
)
"""Suffix of the name, number, six digits of the file name, figures."""
_PEOPLE: tuple[tuple[int, str, str, str, float], ...] = (
    (50, "", "165712039", "162be9", 65.3),
    (50, "_WC1", "173862049", "289019", 65.4),
    (50, "_WC2", "173861455", "3abe14", 65.7),
    (50, "_WC1M", "217144516", "48a9d9", 65.4),
    (50, "_WC2M", "216245640", "d79ada", 65.5),
    (50, "_DL", "165712097", "0ed407", 66.7),
    (50, "_DL_WC1", "173067973", "b1e525", 67.0),
    (50, "_DL_WC2", "173859335", "60fed4", 66.7),
    (50, "_DL_WC1M", "216245703", "61971e", 66.7),
    (50, "_DL_WC2M", "216245758", "7bfb43", 66.4),
    (101, "", "165712084", "c6ab63", 66.2),
    (101, "_DL", "165712116", "844d15", 67.6),
    (101, "_DL_WC1M", "216245771", "0ebeb3", 67.1),
    (101, "_DL_WC2M", "216245790", "de6e7a", 67.1),
)
_KNOWN_SHA256 = {
    "162be9": "b8a7382001b16e453bad95ca9dbc68ae8f2b839b304cf90eaf5c27fbdb4dae91",
}
_MILLIONS_OF_WEIGHTS = {"v1convx": 63.93, "deeplab": 66.16}
"""ResNet-50, without confidences."""
_MORE_IN_101 = 19.04
_PER_MAP, _PER_CONFIDENCE = 0.2048, 0.0164
"""Millions of weights for 25 maps, and for two, of 512 channels and 4x4 taps."""


def _animals() -> Iterator[ZooModel]:
    for suffix, number, digits, figures in _ANIMALS:
        name = f"{_EVOLUTION}{suffix}"
        settings = {**_TEACHER, "index_weight": 5.0 if suffix else 1.0}
        yield ZooModel(name, f"evolution/{name}/{number}/model_final_{digits}.pkl", settings,
                       dict(zip(FIGURES, figures, strict=True)), _megabytes(settings))


def _people() -> Iterator[ZooModel]:
    for depth, variant, number, digits, figure in _PEOPLE:
        name = f"densepose_rcnn_R_{depth}_FPN{variant}_s1x"
        settings = _settings(depth, variant)
        yield ZooModel(name, f"{name}/{number}/model_final_{digits}.pkl", settings,
                       {FIGURES[-1]: figure}, _megabytes(settings), _KNOWN_SHA256.get(digits, ""))


def _settings(depth: int, variant: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"depth": depth} if depth != 50 else {}
    if "_DL" in variant:
        settings["head"] = "deeplab"
    if "_WC" in variant:
        settings["uv_confidence"] = "iid_iso" if "_WC1" in variant else "indep_aniso"
        settings["point_weight"] = 0.0005
    if variant.endswith("M"):
        settings["segm_confidence"] = True
    return settings


def _megabytes(settings: Mapping[str, Any]) -> int:
    maps = {"iid_iso": 1, "indep_aniso": 3}.get(settings.get("uv_confidence", ""), 0)
    millions = _MILLIONS_OF_WEIGHTS[settings.get("head", "v1convx")] + maps * _PER_MAP
    millions += _PER_CONFIDENCE if settings.get("segm_confidence") else 0.0
    return round(4 * (millions + (_MORE_IN_101 if settings.get("depth") == 101 else 0.0)))


ZOO: tuple[ZooModel, ...] = (*_animals(), *_people())
"""The animal models first."""


def zoo_model(text: str) -> ZooModel | None:
    """The published model of this name or address; None where there is none."""
    return next((m for m in ZOO if text in (m.name, f"{m.name}.yaml", m.url)), None)
