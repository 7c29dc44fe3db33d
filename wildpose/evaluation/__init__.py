"""Metrics as pure functions on plain truth and predictions: no model, no files, no pictures."""

from wildpose.evaluation.scores import score_predictions

__all__ = ["score_predictions"]
