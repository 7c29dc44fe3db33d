"""Metrics as pure functions on plain truth and predictions: no model, no files, no pictures."""

from wildpose.evaluation.bootstrap import Interval, PairedDifference, paired_bootstrap
from wildpose.evaluation.hota import Hota, hota
from wildpose.evaluation.identity import Identity, idf1
from wildpose.evaluation.scores import score_predictions
from wildpose.evaluation.track_overlap import chain_clips

__all__ = [
    "Hota",
    "Identity",
    "Interval",
    "PairedDifference",
    "chain_clips",
    "hota",
    "idf1",
    "paired_bootstrap",
    "score_predictions",
]
