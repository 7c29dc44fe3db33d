"""A run in FiftyOne: look at every clip, correct what is wrong, keep what people did.

FiftyOne itself is imported only inside calls, after the environment was set that keeps all it
writes in one folder of the user.
"""

from wildpose.review.app import DEFAULT_PORT, open_app, running_app
from wildpose.review.environment import ReviewError, check_database, check_port, review_home
from wildpose.review.sync import ReviewSummary, build_dataset

__all__ = ["DEFAULT_PORT", "ReviewError", "ReviewSummary", "build_dataset", "check_database",
           "check_port", "open_app", "review_home", "running_app"]
