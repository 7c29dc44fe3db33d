"""Each notebook runs and prints what is committed; the later ones go on with the first one's run.

That of adaptation has a file of its own, so that two processes share the work.
"""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    "name", ["1_first_run", "2_review_and_correct", "4_from_run_to_ecology"])
def test_it_runs_and_prints_what_is_committed(name, stale_in):
    assert stale_in(f"{name}.ipynb") == []
