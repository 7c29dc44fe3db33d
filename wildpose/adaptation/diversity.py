"""Which of many candidate pictures to take: by time, motion and diversity.

Pure functions on arrays: nothing here reads a file. Clusters are k-means (Lloyd 1982) on features
of length one, where the squared distance of two pictures is 2 - 2 cos of the angle between them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from wildpose.types import Array

QUIET_SHARE = 0.1
"""Share of the pictures taken from where least moves, so that empty places stay represented."""


@dataclass(frozen=True)
class Budget:
    """How many pictures to take.

    Attributes
    ----------
    most : int
        In all.
    per_clip : int
        Of one clip.
    seed : int
        Of k-means.
    """

    most: int
    per_clip: int
    seed: int = 0


def thin(time_s: Array, motion: Array, most: int) -> Array:
    """Thin the pictures of one clip by motion, spread over its time.

    The clip is cut into ``most`` windows of equal length and the picture with the most motion is
    taken from each; windows without a picture leave room for the next best. The picture with the
    least motion is always among them.

    Parameters
    ----------
    time_s, motion : float [N]
    most : int
        At least 1.

    Returns
    -------
    int64 [min(N, most)]
        Positions, ascending.
    """
    count = len(time_s)
    if count <= most:
        return np.arange(count)
    length = max(float(time_s.max() - time_s.min()), 1e-9)
    window = np.minimum((time_s - time_s.min()) / length * most, most - 1).astype(np.int64)
    order = np.lexsort((np.arange(count), -motion))
    _, first = np.unique(window[order], return_index=True)
    best = order[np.sort(first)]
    others = order[~np.isin(order, best)]
    quietest = order[-1]
    taken = np.concatenate([best, others])[:most]
    if quietest not in taken and most > 1:
        taken[-1] = quietest
    return np.sort(taken)


def choose(features: Array, motion: Array, clip: Array, place: Array, budget: Budget) -> Array:
    """Choose the pictures to label.

    About one in ten is the least moving picture of its clip, one place after the other. The rest
    is clustered into as many clusters as there is room for; each gives its picture with the most
    motion (of equal ones the most typical) whose clip has room. Where that leaves room, the
    picture that is most unlike all chosen ones follows, again and again.

    Parameters
    ----------
    features : float [N, C]
        Of length one.
    motion : float [N]
    clip, place : int [N]
        Which clip and which place each picture is of.
    budget : Budget

    Returns
    -------
    int64 [K]
        Positions, ascending; ``K`` is the smaller of ``budget.most`` and what ``per_clip`` leaves.
    """
    room = sum(min(n, budget.per_clip) for n in Counter(clip.tolist()).values())
    wanted = min(budget.most, room)
    taken = _Taken(clip, budget.per_clip)
    for i in _quiet(motion, clip, place, round(wanted * QUIET_SHARE)):
        taken.add(i)
    rest = np.setdiff1d(np.arange(len(clip)), taken.chosen)
    if wanted > len(taken.chosen):
        for group in _clusters(features, rest, wanted - len(taken.chosen), budget.seed):
            order = group[np.lexsort((group, -_typical(features[group]), -motion[group]))]
            taken.add_first(order)
        _fill(features, taken, wanted)
    return np.sort(np.array(taken.chosen, np.int64))


class _Taken:
    """What was chosen so far, and which clips have room."""

    def __init__(self, clip: Array, per_clip: int) -> None:
        self.chosen: list[int] = []
        self._clip, self._per_clip = clip, per_clip
        self._of_clip: Counter[int] = Counter()

    def has_room(self, i: int) -> bool:
        return self._of_clip[int(self._clip[i])] < self._per_clip

    def add(self, i: int) -> None:
        self.chosen.append(int(i))
        self._of_clip[int(self._clip[i])] += 1

    def add_first(self, order: Array) -> None:
        """Add the first in this order whose clip has room."""
        for i in order:
            if self.has_room(i):
                self.add(i)
                return


def _quiet(motion: Array, clip: Array, place: Array, count: int) -> list[int]:
    """The least moving picture of each clip, places taking turns, the quietest first."""
    order = np.lexsort((np.arange(len(motion)), motion))
    _, first = np.unique(clip[order], return_index=True)
    of_clips = order[np.sort(first)]
    turn: Counter[int] = Counter()
    ranked = []
    for rank, i in enumerate(of_clips):
        ranked.append((turn[int(place[i])], rank, int(i)))
        turn[int(place[i])] += 1
    return [i for _, _, i in sorted(ranked)[:count]]


def _clusters(features: Array, index: Array, count: int, seed: int) -> list[Array]:
    """Groups of ``index`` by k-means; every picture for itself where there are few."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no stubs

    points = features[index].astype(np.float64)
    different = len(np.unique(points, axis=0)) if count < len(index) else 0
    if count >= len(index):
        return [index[i:i + 1] for i in range(len(index))]
    # One thread: sums of several would come in another order at every run.
    with threadpool_limits(1):
        label = KMeans(min(count, different), n_init=1, random_state=seed).fit_predict(points)
    return [index[label == c] for c in range(label.max() + 1) if (label == c).any()]


def _typical(features: Array) -> Array:
    """Closeness of each picture to the middle of its cluster, rounded so that ties stay ties."""
    closeness: Array = np.round(features @ features.mean(0), 6)
    return closeness


def _fill(features: Array, taken: _Taken, wanted: int) -> None:
    """Add what is farthest from all chosen pictures until there are ``wanted``."""
    near = np.full(len(features), -np.inf)
    for i in taken.chosen:
        near = np.maximum(near, features @ features[i])
    near[taken.chosen] = np.inf
    while len(taken.chosen) < wanted:
        i = int(near.argmin())
        if taken.has_room(i):
            taken.add(i)
            near = np.maximum(near, features @ features[i])
        near[i] = np.inf
