"""What `make bench` runs: the speed of analyze, on the sample clips unless others are given."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.analyze_speed import main

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "clips"

if __name__ == "__main__":
    main(sys.argv[1:] or [str(SAMPLE)])
