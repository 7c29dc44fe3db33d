"""A run in FiftyOne: look at every clip, correct what is wrong, keep what people did.

FiftyOne itself is imported only inside calls, after the environment that keeps all it writes in
the run folder was set.
"""

from wildpose.review.app import DEFAULT_PORT, open_app, running_app
from wildpose.review.environment import ReviewError, check_database, check_port
from wildpose.review.sync import ReviewSummary, build_dataset

__all__ = ["DEFAULT_PORT", "ReviewError", "ReviewSummary", "build_dataset", "check_database",
           "check_port", "open_app", "running_app"]
