from __future__ import annotations

import re

from wildpose.cli.progress import Pace, Step, _lines, progress


class Clock:
    """Seconds that a test turns on by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_pace_in_words():
    assert Step(3, 9, frames_per_s=12.34, left_s=180).pace() == "12.3 frames/s, about 3 min left"
    assert Step(9, 9, frames_per_s=12.34, left_s=0).pace() == "12.3 frames/s"
    assert Step(0, 9).pace() == ""


def test_work_of_an_earlier_start_does_not_count_as_fast():
    clock = Clock()
    pace = Pace(clock, pictures=True)
    assert pace.step(1000, 1100).left_s is None  # resumed at 1000
    clock.now_s = 10.0
    step = pace.step(1020, 1100)
    assert step.frames_per_s == 2.0
    assert step.left_s == 40.0


def test_plain_lines_come_now_and_then_and_at_the_end(capsys):
    clock = Clock()
    show = _lines("clips", clock)
    for done in range(101):
        show(Step(done, 100, note=f"clip{done}.avi"))
        clock.now_s += 1.0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "0/100 clips  clip0.avi"
    assert lines[-1] == "100/100 clips  clip100.avi"
    assert len(lines) == 11


def test_where_nobody_looks_nothing_but_plain_lines_is_written(capsys):
    with progress("clips", quiet=False) as show:
        show(Step(1, 2, note="a[b].avi"))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "1/2 clips  a[b].avi\n"


def test_quiet_shows_nothing(capsys):
    with progress("clips", quiet=True) as show:
        show(Step(1, 2))
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with progress("clips", quiet=False) as show:
        show(Step(1, 2, frames_per_s=9.5, note="a[b].avi"))
    shown = capsys.readouterr()
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.err)
    assert shown.out == ""
    assert "1/2 clips 9.5 frames/s a[b].avi" in text
