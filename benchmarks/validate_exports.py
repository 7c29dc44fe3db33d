"""Exports before the readers of other programs, with nothing skipped.

usage: validate_exports.py [PYTEST_OPTION...]

`make validate` runs it: the tests of exports that need the validators of others (TrackEval, the
MegaDetector package, movement, frictionless). In `make test` they are skipped where `.validate` is
not there; here a test that is skipped, or is not there, is a fault.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1] / "tests" / "export"
FILES = ("test_foreign_readers.py", "test_mot.py")


class NothingSkipped:
    """Plugin of pytest that makes skipped tests faults, and counts those that ran."""

    def __init__(self) -> None:
        self.passed = 0
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of each test."""
        if report.skipped:
            self.skipped.append(f"{report.nodeid} was skipped: {report.longrepr[-1]}")
        elif report.when == "call" and report.passed:
            self.passed += 1


def main(options: Sequence[str]) -> int:
    """Run the tests; returns the exit status."""
    seen = NothingSkipped()
    files = [str(TESTS / name) for name in FILES]
    status = pytest.main(["-q", "--no-header", "--no-summary", *options, *files], plugins=[seen])
    for fault in seen.skipped:
        print(f"validate: {fault}", file=sys.stderr)
    if seen.skipped and status == 0:
        return 1
    if status == 0:
        print(f"exports: {seen.passed} checks with the readers of other programs passed")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
