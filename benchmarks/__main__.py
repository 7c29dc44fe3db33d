"""What `make bench` runs: the speed of analyze, on the sample clips unless others are given.

Without clips of one's own also the speed at which animals are drawn.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import rasteriser
from benchmarks.analyze_speed import main

SAMPLE = Path(__file__).resolve().parents[1] / "sample_data" / "clips"

if __name__ == "__main__":
    main(sys.argv[1:] or [str(SAMPLE)])
    if not sys.argv[1:]:
        rasteriser.main()
