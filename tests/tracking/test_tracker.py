"""What a user may rely on: numbers, untouched boxes, gaps in seconds, confirmation, classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scenes
from scenes import BACKGROUND, BROWN, DARK, PALE, Animal, Detector, Scene, line, shoot

from wildpose.errors import UsageError
from wildpose.evaluation import chain_clips, idf1
from wildpose.masks import encode
from wildpose.tracking import Tracker, TrackSettings, track_clip, tracks_of
from wildpose.types import ClassId, Detections, Frame

PERFECT = Detector(jitter=0.01, miss=0, weak=0, false_alarms=0)


def clip(rows: list, times: list[float] | None = None, image: np.ndarray = BACKGROUND) -> list:
    """Frames with given detections: a list of (box, score[, class]) for each."""
    times = times or [0.2 * n for n in range(len(rows))]
    return [
        (Frame(image, n, t),
         Detections.of([r[0] for r in found], [r[1] for r in found],
                       [r[2] if len(r) > 2 else ClassId.ANIMAL for r in found]))
        for n, (t, found) in enumerate(zip(times, rows, strict=True))
    ]


def ids(frames: list) -> list[list[int]]:
    return [f.detections.track_id.tolist() for f in frames]


def follow(shots: list) -> list:
    return track_clip((frame, found) for frame, found, _ in shots)


BOX, FAR = [100, 100, 160, 140], [350, 60, 420, 110]


def test_boxes_scores_masks_and_order_stay_as_they_are():
    shots = shoot(Scene([Animal(line((40, 100), (60, 0)), (60, 40), BROWN, 1)], 2.0,
                        detector=Detector(masks=True, false_alarms=2)), 10, 0)
    for (frame, given, _), said in zip(shots, follow(shots), strict=True):
        assert (said.frame_index, said.time_s) == (frame.frame_index, frame.time_s)
        np.testing.assert_array_equal(said.detections.box_xyxy, given.box_xyxy)
        np.testing.assert_array_equal(said.detections.score, given.score)
        assert said.detections.masks == given.masks
        assert not given.track_id.any()  # the caller's own detections are not written to


def test_numbers_count_from_one_in_the_order_of_first_appearance_without_holes():
    late_but_strong = (FAR, 0.95)
    frames = track_clip(clip([
        [(BOX, 0.6), ([10, 10, 40, 30], 0.55)],  # the second is never seen again
        [(BOX, 0.6), late_but_strong],
        [(BOX, 0.6), late_but_strong],
    ]))
    assert ids(frames) == [[1, 0], [1, 2], [1, 2]]


def test_a_single_doubtful_detection_is_no_animal_and_a_single_strong_one_is():
    assert ids(track_clip(clip([[(BOX, 0.6)], [], []]))) == [[0], [], []]
    assert ids(track_clip(clip([[(BOX, 0.9)], [], []]))) == [[1], [], []]


def test_two_neighbouring_frames_at_thirty_per_second_are_one_doubtful_look():
    times = [0, 1 / 30, 2 / 30]
    assert ids(track_clip(clip([[(BOX, 0.6)], [(BOX, 0.6)], []], times))) == [[0], [0], []]


def test_two_mistakes_far_apart_in_many_frames_are_no_animal():
    """At thirty frames per second there are sixty chances in two seconds; at one there are two."""
    def mistakes(rate: int) -> list:
        times = np.arange(0, 2.0, 1 / rate)
        rows = [[(BOX, 0.6)] if n in (0, len(times) - 1) else [] for n in range(len(times))]
        return tracks_of(track_clip(clip(rows, times.tolist())))

    assert len(mistakes(30)) == 0
    assert len(mistakes(1)) == 1


def test_weak_detections_bridge_a_track_but_neither_start_nor_end_it():
    weak, strong = [(BOX, 0.3)], [(BOX, 0.7)]
    frames = track_clip(clip([weak, strong, weak, weak, strong, weak]))
    assert ids(frames) == [[0], [1], [1], [1], [1], [0]]
    assert ids(track_clip(clip([weak] * 6))) == [[0]] * 6


@pytest.mark.parametrize("rate", [1, 5, 30])
def test_a_gap_is_bridged_by_its_seconds_whatever_the_rate(rate):
    def tracks(gap_s: float) -> int:
        times = np.arange(0, 4 + gap_s, 1 / rate)
        rows = [[] if 2 <= t < 2 + gap_s - 1e-9 else [(BOX, 0.9)] for t in times]
        return len(tracks_of(track_clip(clip(rows, times.tolist()))))

    assert tracks(1.0) == 1
    assert tracks(5.0) == 2


def test_at_one_frame_in_ten_seconds_a_resting_animal_keeps_its_number():
    frames = track_clip(clip([[(BOX, 0.9)]] * 4, [0, 10, 20, 30]))
    assert ids(frames) == [[1]] * 4


@pytest.mark.parametrize("name", scenes.SCENES)
def test_the_number_of_tracks_does_not_hang_on_the_frame_rate(name):
    scene = replace(scenes.SCENES[name](0), detector=Detector(miss=0.03, weak=0.03))
    # who runs through in two seconds can't be followed at one frame per second
    rates = (3, 10, 30) if name == "running" else (1, 3, 30)
    numbers = {rate: len(tracks_of(follow(shoot(scene, rate, 0)))) for rate in rates}
    assert set(numbers.values()) == {len(scene.animals)}, numbers


def test_variable_frame_rate():
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.choice([0.03, 0.04, 0.3, 0.6], 30))
    shots = shoot(scenes.crossing(1), 10, 1, times)
    found = idf1([t for *_, t in shots], follow(shots))
    assert found.idf1 > 0.85


def test_times_that_stand_still_or_jump_back_do_no_harm():
    frames = track_clip(clip([[(BOX, 0.9)]] * 5, [0, 0.2, 0.2, 0.1, 0.4]))
    assert ids(frames) == [[1]] * 5


def test_a_short_occlusion_is_bridged_and_the_animal_keeps_its_number():
    animal = Animal(line((-20, 150), (100, 0)), (70, 50), DARK, 1)
    shots = shoot(Scene([animal], 5.0, trees=[(200, 330)], detector=PERFECT), 10, 0)
    unseen = [t.time_s for _, found, t in shots if len(found) == 0 and 0.5 < t.time_s < 4.5]
    assert max(unseen) - min(unseen) > 0.5
    numbers = [n for row in ids(follow(shots)) for n in row]
    assert numbers.count(1) > 25
    assert set(numbers) <= {0, 1}  # 0: weak, half in the picture, before the first or at the end


def test_looks_tell_apart_what_boxes_cannot():
    """Two animals meet, stand in one place out of sight, and go back the way they came."""
    def there_and_back(sign: int):
        return lambda t: (240 + sign * (20 + 55 * abs(t - 3)), 140)

    def clips(colours: tuple) -> list:
        animals = [Animal(there_and_back(s), (70, 50), c, n)
                   for n, (s, c) in enumerate(zip((-1, 1), colours, strict=True))]
        return shoot(Scene(animals, 6.0, trees=[(185, 295)], detector=PERFECT), 5, 0)

    shots = clips((DARK, PALE))
    assert idf1([t for *_, t in shots], follow(shots)).idf1 > 0.95


def test_masks_tell_apart_what_boxes_cannot():
    """One box, two shapes: the upper triangle and the lower one of the same square."""
    square = np.zeros((270, 480), bool)
    square[100:160, 100:160] = True
    upper = square & (np.arange(480)[None, :] - 100 > np.arange(270)[:, None] - 100)
    lower = square & ~upper
    boxes = [[100, 100, 160, 160], [100, 101, 160, 161]]
    rows = []
    for n in range(8):
        order = [upper, lower] if n % 2 == 0 else [lower, upper]
        rows.append((Frame(BACKGROUND, n, n * 0.2), Detections.of(
            boxes, [0.9, 0.9], [1, 1], [encode(m) for m in order])))
    settings = TrackSettings(duplicate_iou=1.0)
    assert ids(track_clip(rows, settings)) == [[1, 2], [2, 1]] * 4


def test_a_duplicate_box_starts_no_second_animal():
    double = [102, 101, 161, 141]
    frames = track_clip(clip([[(double, 0.85), (BOX, 0.95)]] * 4))
    assert ids(frames) == [[0, 1]] * 4


def test_animals_and_people_are_never_one_track():
    """Where the detector wavers, each class has its own; neither breaks at the other's frames."""
    a, p = (BOX, 0.9, ClassId.ANIMAL), (BOX, 0.9, ClassId.PERSON)
    frames = track_clip(clip([[a], [a], [p], [a], [p], [a]]))
    assert ids(frames) == [[1], [1], [2], [1], [2], [1]]
    assert [t.class_id for t in tracks_of(frames)] == [ClassId.ANIMAL, ClassId.PERSON]


def test_a_cut_ends_all_tracks():
    other = np.ascontiguousarray(np.random.default_rng(0).permuted(BACKGROUND[::-1, ::-1], axis=1))
    before, after = clip([[(BOX, 0.9)]] * 3), clip([[(BOX, 0.9)]] * 3, [0.6, 0.8, 1.0], other)
    assert ids(track_clip([*before, *after])) == [[1]] * 3 + [[2]] * 3


def test_no_frame_and_no_detection():
    assert track_clip([]) == []
    assert ids(track_clip(clip([[], []]))) == [[], []]


def test_live_numbers_come_with_confirmation_and_start_again_with_the_next_clip():
    tracker = Tracker()
    rows = clip([[(BOX, 0.6)]] * 3)
    for _ in range(2):
        said = [tracker.update(frame, found).track_id.tolist() for frame, found in rows]
        assert said == [[0], [1], [1]]
        tracker.finish()


def test_a_leaving_animal_does_not_hand_its_number_to_the_next():
    shots = shoot(scenes.one_leaves_another_comes(3), 5, 3)
    said, truth = follow(shots), [t for *_, t in shots]
    assert len(tracks_of(said)) == len(tracks_of(truth)) == 2
    assert idf1(chain_clips([truth]), chain_clips([said])).idf1 > 0.85


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"start_score": 1.5}, "start_score is 1.5"),
        ({"max_gap_s": -1}, "max_gap_s is -1"),
        ({"max_gap_s": float("nan")}, "max_gap_s is nan"),
        ({"keep_score": 0.7}, "keep_score 0.7 is above start_score 0.5"),
    ],
)
def test_wrong_settings_are_named(wrong, message):
    with pytest.raises(UsageError, match=message):
        TrackSettings(**wrong)
