"""Metrics as pure functions on plain truth and predictions: no model, no files, no pictures."""

from wildpose.evaluation.bootstrap import Interval, PairedDifference, paired_bootstrap
from wildpose.evaluation.scores import score_predictions

__all__ = ["Interval", "PairedDifference", "paired_bootstrap", "score_predictions"]
