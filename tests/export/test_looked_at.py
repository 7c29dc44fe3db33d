"""Frames that were looked at: as the decoder takes them, and never without a frame of a box."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.export.looked_at import frames_looked_at, rate_of
from wildpose.video import open_clip
from wildpose.video.sampling import TimeSampler

CLIPS = ["north_plain/IMAG0042.AVI", "river_bend/TC02_20250422_012836.mp4"]


def clip_row(rate, duration_s, frames, sampled, every_s):
    return {"frame_rate": rate, "duration_s": duration_s, "frames_decoded": frames,
            "frames_sampled": sampled, "every_s": every_s}


def boxes_at(frames):
    """Detections at these (frame, time), each twice, in another order than in the clip."""
    rows = [*frames, *frames][::-1]
    return pd.DataFrame(rows, columns=["frame_index", "time_s"]).astype({"frame_index": "int32"})


@pytest.mark.parametrize("every_s", [0.2, 0.45, None])
@pytest.mark.parametrize("name", CLIPS)
def test_they_are_those_that_the_decoder_takes_from_real_clips(sample_clips, name, every_s):
    with open_clip(sample_clips / name, every_s=every_s) as frames:
        taken = [(frame.frame_index, round(frame.time_s, 6)) for frame in frames]
        report = frames.report
    row = clip_row(10.0 if name.endswith("AVI") else 15.0, report.duration_s,
                   report.frames_decoded, len(taken), every_s)
    for seen in ([], taken[3:5]):
        found = frames_looked_at(row, boxes_at(seen))
        assert found.frame_index.tolist() == [index for index, _ in taken]
        assert np.allclose(found.time_s, [time for _, time in taken], atol=1e-6)
        assert found.exact


@settings(max_examples=25)
@given(rate=st.floats(1, 120), every_s=st.floats(0.04, 3), frames=st.integers(1, 200),
       data=st.data())
def test_evenly_timed_clips_are_exact_whatever_was_found_in_them(rate, every_s, frames, data):
    sampler = TimeSampler(every_s)
    taken = [(k, round(k / rate, 6)) for k in range(frames) if sampler.take(k / rate)]
    seen = data.draw(st.lists(st.sampled_from(taken), unique=True))
    found = frames_looked_at(clip_row(rate, frames / rate, frames, len(taken), every_s),
                             boxes_at(sorted(seen)))
    # A time on the very edge of a slot, rounded, can fall on either side of it.
    edges = [abs((k / rate + min(0.002, every_s / 4)) / every_s % 1 - 0.5) for k in range(frames)]
    if max(edges) < 0.5 - 1e-4:
        assert found.frame_index.tolist() == [index for index, _ in taken]
        assert found.exact


@settings(max_examples=25)
@given(steps=st.lists(st.floats(0.01, 1.5), min_size=1, max_size=60), data=st.data())
def test_uneven_times_keep_every_frame_with_a_box_and_say_that_they_guess(steps, data):
    time_s = np.cumsum([0.0, *steps])
    sampler = TimeSampler(0.5)
    taken = [(k, float(t)) for k, t in enumerate(time_s) if sampler.take(float(t))]
    seen = data.draw(st.lists(st.sampled_from(taken), unique=True))
    row = clip_row(10.0, float(time_s[-1]) + 0.1, len(time_s), len(taken), 0.5)
    found = frames_looked_at(row, boxes_at(sorted(seen)))
    index = found.frame_index.tolist()
    assert index == sorted(set(index))
    assert set(index) >= {k for k, _ in seen}
    assert index[-1] < len(time_s)
    assert len(found.time_s) == len(index)
    assert (np.diff(found.time_s) > 0).all()
    uneven = max(abs(t - k / 10) for k, t in seen) > 0.06 if seen else False
    if uneven or len(index) != len(taken):
        assert not found.exact


def test_a_box_behind_the_last_frame_that_was_counted_is_kept():
    found = frames_looked_at(clip_row(10.0, 1.0, 10, 4, 0.5), boxes_at([(12, 1.2)]))
    assert 12 in found.frame_index
    assert not found.exact


@pytest.mark.parametrize(("declared", "duration_s", "rate"),
                         [(29.97, 2.0, 29.97), (None, 2.0, 10.0), (0.0, None, 25.0)])
def test_a_rate_is_never_0(declared, duration_s, rate):
    assert rate_of(clip_row(declared, duration_s, 20, 4, 0.5)) == rate
