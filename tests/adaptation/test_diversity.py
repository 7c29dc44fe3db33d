from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildpose.adaptation.diversity import Budget, choose, thin

seeds = st.integers(0, 2**32 - 1)


def scene(seed: int, count: int, clips: int = 4, kinds: int = 5):
    """Features around a few directions, motion, clips in order, two places."""
    rng = np.random.default_rng(seed)
    middle = rng.normal(size=(kinds, 12))
    kind = rng.integers(0, kinds, count)
    features = middle[kind] + 0.05 * rng.normal(size=(count, 12))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    clip = np.sort(rng.integers(0, clips, count))
    return features.astype(np.float32), rng.random(count), clip, clip % 2


class TestThin:
    @settings(max_examples=40, deadline=None)
    @given(seed=seeds, count=st.integers(1, 60), most=st.integers(1, 20))
    def test_as_many_as_wanted_each_once_with_both_extremes_of_motion(self, seed, count, most):
        rng = np.random.default_rng(seed)
        time_s, motion = np.sort(rng.random(count)) * 30, rng.random(count)
        taken = thin(time_s, motion, most)
        assert len(taken) == min(count, most)
        assert (np.diff(taken) > 0).all()
        assert motion.argmax() in taken
        assert most == 1 or motion.argmin() in taken

    def test_a_busy_minute_does_not_take_the_room_of_the_others(self):
        time_s, motion = np.arange(100.0), np.full(100, 0.01)
        motion[40:60] = 0.5
        assert np.histogram(thin(time_s, motion, 10), [0, 40, 60, 100])[0].tolist() == [4, 2, 4]

    def test_a_gap_leaves_its_room_to_the_most_moving(self):
        time_s = np.array([0.0, 1, 2, 3, 100])
        taken = thin(time_s, np.array([0.1, 0.5, 0.4, 0.0, 0.2]), 4)
        assert taken.tolist() == [1, 2, 3, 4]


class TestChoose:
    @settings(max_examples=10, deadline=None)
    @given(seed=seeds, count=st.integers(1, 50), most=st.integers(1, 30),
           per_clip=st.integers(1, 15))
    def test_the_budget_is_kept_and_used_up(self, seed, count, most, per_clip):
        features, motion, clip, place = scene(seed, count)
        taken = choose(features, motion, clip, place, Budget(most, per_clip, 0))
        of_clip = Counter(clip[taken].tolist())
        room = sum(min(n, per_clip) for n in Counter(clip.tolist()).values())
        assert len(set(taken.tolist())) == len(taken) == min(most, room)
        assert max(of_clip.values()) <= per_clip
        again = choose(features, motion, clip, place, Budget(most, per_clip, 0))
        assert again.tolist() == taken.tolist()

    def test_each_kind_of_picture_is_seen_though_one_kind_moves_most(self):
        kind = np.repeat(np.arange(4), [60, 6, 3, 1])
        features = np.eye(4, dtype=np.float32)[kind]
        features += 0.01 * np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
        motion = np.where(kind == 0, 0.9, 0.1) + 0.001 * np.arange(70)
        clip = np.zeros(70, int)
        taken = choose(features, motion, clip, clip, Budget(4, 12, 0))
        assert set(kind[taken]) == {0, 1, 2, 3}
        most_moving = [np.flatnonzero(kind == k)[-1] for k in range(4)]
        assert taken.tolist() == most_moving

    def test_one_in_ten_is_where_least_moves_and_places_take_turns(self):
        rng = np.random.default_rng(5)
        features = rng.normal(size=(400, 8)).astype(np.float32)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        clip = np.repeat(np.arange(40), 10)
        place = clip // 20  # the clips of the first place are all calmer than those of the second
        motion = 1 + place + rng.random(400)
        quietest = [10 * c + motion[clip == c].argmin() for c in range(40)]
        motion[quietest] -= 0.5
        taken = choose(features, motion, clip, place, Budget(40, 12, 0))
        calm = [place[i] for i in quietest if i in taken]
        assert calm.count(0) >= 2
        assert calm.count(1) >= 2
        assert len(calm) < 20

    def test_pictures_that_are_all_the_same_do_not_hurt(self):
        same = np.tile(np.array([[1, 0]], np.float32), (30, 1))
        clip = np.arange(30) // 3
        taken = choose(same, np.zeros(30), clip, clip, Budget(12, 2, 0))
        assert len(taken) == 12

    def test_of_equal_motion_the_most_typical_is_taken(self):
        angle = np.array([-0.3, 0.0, 0.3, 1.2, 1.57, 1.9])
        features = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
        clip = np.arange(6)
        taken = choose(features, np.zeros(6), clip, clip, Budget(2, 1, 0))
        assert taken.tolist() == [1, 4]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_clip_hides_another(seed):
    features, motion, clip, place = scene(seed, 120, clips=6)
    motion[clip == 0] += 5  # a branch in the wind
    taken = choose(features, motion, clip, place, Budget(18, 3, seed))
    assert set(clip[taken].tolist()) == set(range(6))
