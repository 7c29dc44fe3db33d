import pytest

from wildpose.analysis.settings import DEFAULT_EVERY_S
from wildpose.cli.options import EVERY, parse_every
from wildpose.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0.2s", 0.2), ("200ms", 0.2), ("0.2", 0.2), ("1s", 1.0), (".5", 0.5), ("2 min", 120.0),
     ("1S", 1.0), ("all", None)],
)
def test_time_spans(text, seconds):
    assert parse_every(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "-1s", "fast", "1h2m", "nan", "inf", "1e3s"])
def test_what_is_no_time_span_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match=r"0\.2s"):
        parse_every(text)


def test_the_default_is_that_of_the_analysis():
    assert parse_every(EVERY) == DEFAULT_EVERY_S
