"""Which clips with animals were found, which without raised a false alarm.

usage: clip_recall.py RUN TRUTH.csv

TRUTH.csv has a row for each clip: file, animal_present (yes, no, unsure), tiny, overlay.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from wildpose.results.run_folder import RunFolder


def compare(run: Path, truth_file: Path) -> None:
    """Print one line for each clip and the counts by group."""
    clips = RunFolder(run).clips().set_index("clip")
    truth = pd.read_csv(truth_file).set_index("file")
    missing = sorted(set(truth.index) - set(clips.index))
    print(f"{len(clips)} clips in the run, {len(truth)} in the table, not in the run: {missing}")
    both = truth.join(clips[["animal_tracks", "person_tracks", "best_score", "max_animals"]])
    both["found"] = both["animal_tracks"] > 0
    columns = ["animal_present", "tiny", "overlay", "number_of_animals", "max_animals",
               "animal_tracks", "person_tracks", "best_score", "what_is_visible"]
    with pd.option_context("display.width", 220, "display.max_rows", 99):
        print(both[columns].to_string())
    for name, group in (
        ("usable clips", both[(both.tiny == "no") & (both.overlay == "no")]),
        ("tiny clips", both[both.tiny == "yes"]),
        ("clips with drawings", both[both.overlay == "yes"]),
    ):
        yes, no = (group[group.animal_present == word] for word in ("yes", "no"))
        unsure = group[group.animal_present == "unsure"]
        print(f"{name}: found {int(yes.found.sum())} of {len(yes)} with animals, "
              f"false alarms in {int(no.found.sum())} of {len(no)} without, "
              f"{int(unsure.found.sum())} of {len(unsure)} unsure ones called")


if __name__ == "__main__":
    compare(Path(sys.argv[1]), Path(sys.argv[2]))
