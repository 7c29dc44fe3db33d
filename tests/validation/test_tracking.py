"""What `make validate` is made of: files that are read as they were written, crossings, faults."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.crossings import count_outcomes, crossings, numbers_over_time
from benchmarks.tracking_files import (
    as_clip,
    followed_truth,
    read_sequences,
    read_tracker,
    true_frames,
    write_tracker,
)
from benchmarks.validate_tracking import by_wildpose, faults, options
from wildpose.evaluation import hota, idf1
from wildpose.formats.mot import MotRow, MotSequence, write_truth
from wildpose.types import Detections
from wildpose.video import write_clip


def walk(*starts: tuple[float, float], frames: int = 11) -> list[list[tuple[float, ...]]]:
    """Boxes of animals 40 wide that start at x and move by v a frame."""
    return [[(x + v * t, 10, x + v * t + 40, 40) for x, v in starts] for t in range(frames)]


def tracked(boxes, numbers) -> list[Detections]:
    return [Detections.of(np.array(b).reshape(-1, 4), np.ones(len(b)), np.ones(len(b)))
            .with_track_id(n) for b, n in zip(boxes, numbers, strict=True)]


PASSING = walk((0, 20), (200, -20))  # they meet about frame 5
TRUTH = tracked(PASSING, [[1, 2]] * 11)


def test_two_that_pass_cross_once():
    (crossing,) = crossings(TRUTH)
    assert crossing.tracks == (1, 2)
    assert crossing.first <= 5 <= crossing.last
    apart = tracked(walk((0, 5), (200, 5)), [[1, 2]] * 11)
    assert list(crossings(apart)) == []


@pytest.mark.parametrize(("after", "word"), [
    ([7, 8], "kept"), ([8, 7], "swapped"), ([7, 9], "renumbered"), ([8, 9], "swapped"),
])
def test_numbers_after_a_crossing_are_compared_with_those_before(after, word):
    said = tracked(PASSING, [[7, 8]] * 5 + [after] * 6)
    assert count_outcomes(TRUTH, said) == {word: 1}


def test_a_crossing_with_nobody_after_it_says_nothing():
    seen = [boxes if t < 5 else boxes[:1] for t, boxes in enumerate(PASSING)]
    said = tracked(seen, [[7, 8][: len(b)] for b in seen])
    assert count_outcomes(TRUTH, said) == {"unseen": 1}


def test_a_box_far_from_every_animal_gives_no_number():
    said = tracked([[(300, 10, 340, 40)]] * 11, [[3]] * 11)
    assert numbers_over_time(TRUTH, said) == [{}] * 11


def published_example() -> tuple[MotSequence, list[Detections]]:
    """Four frames, one animal; TrackEval 1.3.0 gives HOTA .4777 and IDF1 .5."""
    rows = tuple(MotRow(t, 1, (100 + 4 * t, 100, 150 + 4 * t, 180)) for t in range(4))
    boxes = [(101, 100, 151, 180), (105, 101, 155, 181), (108, 100, 158, 180), (300, 300, 350, 380)]
    said = tracked([[b] for b in boxes], [[7], [7], [8], [8]])
    return MotSequence("one", 5.0, 4, (640, 480), rows), said


def test_files_read_back_give_trackevals_figures(tmp_path):
    sequence, said = published_example()
    write_truth(tmp_path / "mot", [sequence], benchmark="B", split="train")
    write_tracker(tmp_path / "said", {"one": said})
    (read,) = read_sequences(tmp_path / "mot", "B-train")
    truth = as_clip(true_frames(read))
    back = as_clip(read_tracker(tmp_path / "said", read))
    assert hota(truth, back).hota == pytest.approx(0.4777, abs=5e-5)
    assert idf1(truth, back).idf1 == 0.5


def test_rows_to_be_ignored_are_kept_apart():
    rows = (MotRow(0, 1, (0, 0, 10, 10)), MotRow(0, 2, (20, 0, 30, 10), counts=False))
    sequence = MotSequence("one", 5.0, 2, (64, 48), rows)
    assert [f.track_id.tolist() for f in true_frames(sequence)] == [[1], []]
    assert [f.track_id.tolist() for f in true_frames(sequence, counted=False)] == [[2], []]


def test_the_truth_is_its_own_best_tracker(tmp_path):
    sequence, _ = published_example()
    write_tracker(tmp_path / "trackers" / "synth-train" / "truth", {"one": true_frames(sequence)})
    ours = by_wildpose(tmp_path, "truth", [sequence])
    assert ours == pytest.approx(dict.fromkeys(ours, 1.0))


def test_a_disagreement_and_a_flawed_truth_are_faults():
    good = {"hota": 1.0, "idf1": 1.0}
    assert faults({"truth": good}, {"truth": good}) == []
    flawed = {"hota": 0.99, "idf1": 1.0}
    assert len(faults({"truth": flawed}, {"truth": flawed})) == 1
    other = {"hota": 1.0 - 1e-5, "idf1": 1.0}
    (fault,) = faults({"truth": good}, {"truth": other})
    assert "hota" in fault


def test_a_few_clips_are_the_default():
    given = options(["python"])
    assert given.clips * given.seconds <= 20
    assert given.work is None


def test_our_tracker_keeps_true_boxes_of_two_that_stand_apart(tmp_path):
    boxes = walk((20, 3), (220, -2), frames=8)
    rng = np.random.default_rng(0)
    picture = rng.integers(60, 120, (48, 320, 3)).astype(np.uint8)
    write_clip(tmp_path / "one.mp4", [picture] * 8, 5)
    rows = tuple(MotRow(t, n, box) for t, frame in enumerate(boxes)
                 for n, box in enumerate(frame, start=1))
    sequence = MotSequence("one", 5.0, 8, (320, 48), rows)
    said = followed_truth(tmp_path / "one.mp4", sequence)
    numbers = [found.track_id.tolist() for found in said]
    assert numbers == [numbers[0]] * 8
    assert sorted(numbers[0]) == [1, 2]
