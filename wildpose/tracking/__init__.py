"""Join the detections of a clip into tracks: one animal, one number."""

from wildpose.tracking.settings import MotionModel, TrackSettings
from wildpose.tracking.tracker import Tracker, track_clip
from wildpose.tracking.tracks import tracks_of

__all__ = ["MotionModel", "TrackSettings", "Tracker", "track_clip", "tracks_of"]
