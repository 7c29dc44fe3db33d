"""What TrackEval says of tracks in MOTChallenge files, as JSON on standard output.

usage: trackeval_scores.py TRUTH TRACKERS BENCHMARK SPLIT

Runs in an environment of its own that holds TrackEval and nothing of wildpose (`make validate`).
TRUTH and TRACKERS are folders in TrackEval's layout.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from typing import Any

with redirect_stdout(sys.stderr):  # it says on standard output what it could not import
    import trackeval

QUIET = {"USE_PARALLEL": False, "BREAK_ON_ERROR": True, "LOG_ON_ERROR": None,
         "PRINT_RESULTS": False, "PRINT_CONFIG": False, "TIME_PROGRESS": False,
         "DISPLAY_LESS_PROGRESS": True, "OUTPUT_SUMMARY": False, "OUTPUT_DETAILED": False,
         "PLOT_CURVES": False}


def scores(truth: str, trackers: str, benchmark: str, split: str) -> dict[str, dict[str, float]]:
    """Figures over all sequences together, tracker by tracker."""
    dataset = trackeval.datasets.MotChallenge2DBox({
        "GT_FOLDER": truth, "TRACKERS_FOLDER": trackers, "BENCHMARK": benchmark,
        "SPLIT_TO_EVAL": split, "DO_PREPROC": False, "PRINT_CONFIG": False})
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR({"PRINT_CONFIG": False}),
               trackeval.metrics.Identity({"PRINT_CONFIG": False})]
    results, _ = trackeval.Evaluator(QUIET).evaluate([dataset], metrics)
    return {name: _figures(by_sequence["COMBINED_SEQ"]["pedestrian"])
            for name, by_sequence in results["MotChallenge2DBox"].items()}


def _figures(said: dict[str, Any]) -> dict[str, float]:
    hota, clear, identity = said["HOTA"], said["CLEAR"], said["Identity"]
    return {"hota": float(hota["HOTA"].mean()), "det_a": float(hota["DetA"].mean()),
            "ass_a": float(hota["AssA"].mean()), "idf1": float(identity["IDF1"]),
            "mota": float(clear["MOTA"]), "switches": float(clear["IDSW"])}


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # TrackEval prints; the caller reads one object
        found = scores(*sys.argv[1:5])
    json.dump(found, sys.stdout)
