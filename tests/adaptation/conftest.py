"""What the tests of adaptation share."""

from __future__ import annotations
