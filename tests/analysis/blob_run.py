"""``python blob_run.py CLIPS OUT [SECONDS [KIND [JSON]]]``: analyze blobs, in an own process.

SECONDS are slept for every frame; KIND ``posed`` gives dense pose, too, and ``given`` takes the
boxes of JSON. Prints a line for every clip
that is finished; leaves as the command line would.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from blob_predictor import BlobFactory, PosedBlobFactory
from given_blobs import GivenBlobFactory

from wildpose.analysis import AnalyzeSettings, Progress, analyze
from wildpose.errors import WildposeError


def say(progress: Progress) -> None:
    if progress.clip:
        sys.stdout.write(f"done {progress.clip}\n")
        sys.stdout.flush()


def main() -> int:
    clips, out, *more = sys.argv[1:]
    seconds, kind, boxes = (*more, *("0", "plain", "")[len(more) :])
    factory = {"posed": PosedBlobFactory, "given": GivenBlobFactory}.get(kind, BlobFactory)
    settings = AnalyzeSettings(Path(clips), Path(out), workers=2,
                               detections=Path(boxes) if boxes else None)
    try:
        summary = analyze(settings, say, factory(slow_s=float(seconds)))
    except WildposeError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return summary.exit_code


if __name__ == "__main__":
    sys.exit(main())
