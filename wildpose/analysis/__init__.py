"""The machine behind ``wildpose analyze``: plan, worker processes, journal, tables, pages."""

from wildpose.analysis.predictors import ModelFolderFactory, ModelIdentity, PredictorFactory
from wildpose.analysis.progress import Progress
from wildpose.analysis.run import StoppedError, analyze
from wildpose.analysis.settings import AnalyzeSettings
from wildpose.analysis.summary import RunSummary

__all__ = [
    "AnalyzeSettings",
    "ModelFolderFactory",
    "ModelIdentity",
    "PredictorFactory",
    "Progress",
    "RunSummary",
    "StoppedError",
    "analyze",
]
