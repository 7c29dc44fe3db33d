"""Clips with exact truth: animals cut out of pictures, moved over a background."""

from wildpose.synth.collage import (
    Actor,
    Occluder,
    Scene,
    Waypoint,
    render,
)
from wildpose.synth.cutouts import Cutout, cover_with_shifted, cut_out
from wildpose.synth.looks import Look
from wildpose.synth.truth import Instance, TruthFrame, truth_coco, truth_detections

__all__ = [
    "Actor",
    "Cutout",
    "Instance",
    "Look",
    "Occluder",
    "Scene",
    "TruthFrame",
    "Waypoint",
    "cover_with_shifted",
    "cut_out",
    "render",
    "truth_coco",
    "truth_detections",
]
