"""Makes the helpers beside the tests importable, in this process and in those that tests start."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
