"""Everything between a folder of video files and frames with times, and back to files.

``find_clips`` lists the clips, ``open_clip`` hands out their frames, ``probe`` and
``capture_time`` say what a clip is and when it was taken, ``write_clip`` and ``make_proxy`` write.
Nothing here knows about animals.
"""

from .capture_time import CaptureTime, capture_time
from .colour import is_grey
from .decode import ClipReader, open_clip
from .find import ClipFile, ClipProblem, FindOptions, FoundClips, find_clips, printable
from .probe import Probe, probe
from .report import DecodeReport
from .write import Encoding, ProxyInfo, make_proxy, plays_in_browser, write_clip

__all__ = [
    "CaptureTime",
    "ClipFile",
    "ClipProblem",
    "ClipReader",
    "DecodeReport",
    "Encoding",
    "FindOptions",
    "FoundClips",
    "Probe",
    "ProxyInfo",
    "capture_time",
    "find_clips",
    "is_grey",
    "make_proxy",
    "open_clip",
    "plays_in_browser",
    "printable",
    "probe",
    "write_clip",
]
