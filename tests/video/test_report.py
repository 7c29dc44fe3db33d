from __future__ import annotations

from wildpose.video.report import Counts, DecodeReport, make_report


def report(cut: str | None = None, **counts: object) -> DecodeReport:
    return make_report(Counts(**{"finished": True} | counts), 4.0, cut, ())  # type: ignore[arg-type]


def test_a_whole_clip_has_no_shortfall():
    whole = report(frames_decoded=60, frames_declared=60)
    assert (whole.complete, whole.shortfall, whole.notes) == (True, None, ())


def test_fewer_frames_than_declared_is_a_shortfall():
    short = report(frames_decoded=44, frames_declared=45)
    assert not short.complete
    assert short.shortfall == ("44 of 45 declared frames decoded; "
                               "the others are missing or unreadable")


def test_damage_and_cut_are_named_in_one_line():
    damaged = report("the file is cut short (1 of 2 bytes)", frames_decoded=21,
                     frames_declared=122, packet_errors=1)
    assert damaged.shortfall == ("21 of 122 declared frames decoded; damaged packets: 1; "
                                 "the file is cut short (1 of 2 bytes)")
    assert "\n" not in damaged.shortfall


def test_slots_that_the_camera_left_empty_are_no_loss():
    dropped = report(frames_decoded=854, frames_declared=1820, empty_slots=966)
    assert dropped.complete
    assert dropped.shortfall == ("854 of 1820 declared frames decoded; "
                                 "the camera left 966 frame slots empty")


def test_empty_slots_explain_no_more_than_their_number():
    assert not report(frames_decoded=800, frames_declared=1820, empty_slots=966).complete


def test_hidden_frames_are_not_missed():
    assert report(frames_decoded=55, frames_declared=60, hidden_frames=5).shortfall is None


def test_a_cut_counts_where_no_count_is_declared():
    cut = report("the file is cut short (7 of 9 bytes)", frames_decoded=26)
    assert not cut.complete
    assert cut.shortfall == "the file is cut short (7 of 9 bytes), 26 frames decoded"


def test_a_lost_index_behind_all_frames_is_no_loss():
    assert report("the file is cut short", frames_decoded=45, frames_declared=45).shortfall is None


def test_more_frames_than_declared_is_a_note():
    joined = report(frames_decoded=90, frames_declared=45)
    assert joined.complete
    assert joined.notes == ("90 frames decoded, the header declares 45",)


def test_stopping_early_is_said():
    stopped = report(frames_decoded=3, finished=False)
    assert not stopped.complete
    assert stopped.shortfall == "reading stopped before the end"
