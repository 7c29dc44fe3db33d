"""The published DensePose R-CNN: a chart-based dense-pose network on ResNet and feature pyramid.

Güler et al. 2018 (DensePose), Neverova et al. 2019 (correlated uncertainty) and Sanakoyeu et al.
2020 (animals), as the reference implementation, detectron2's DensePose project, computes it;
written anew from a description of its behaviour. Parts are named after the keys of published
checkpoints, so that their weights load as they are. ``config`` says which variant, ``trunk`` →
``pyramid`` → ``proposals`` → ``box_head`` → ``decoder`` → ``dense_heads`` → ``chart_maps`` are the
parts, ``network`` joins them, ``pictures`` and ``surfaces`` are the borders to pixels,
``predictor`` is what the rest of the package calls.
"""

from typing import Any

from wildpose.models.chart_rcnn.config import FAMILY, Config

__all__ = ["FAMILY", "Config", "build", "expected_keys", "load"]


def __getattr__(name: str) -> Any:
    # torch is loaded with the network only: reading a configuration must stay quick
    if name in ("build", "expected_keys", "load"):
        from wildpose.models.chart_rcnn import network

        return getattr(network, name)
    raise AttributeError(name)
