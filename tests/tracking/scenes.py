"""Clips assembled with truth: paths are functions of time, so that any frame rate samples the
same animals, and a detector with jitter, misses, weak scores and false alarms looks at them.

Everything is drawn from a seed; the pictures are flat coloured ellipses on a grey gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from wildpose.masks import box_iou, encode
from wildpose.types import ClassId, Detections, Frame, FrameDetections

WIDTH, HEIGHT = 480, 270


@dataclass(frozen=True)
class Animal:
    """An ellipse on a path.

    path(t) gives the centre in pixels; ``depth`` says who hides whom (small is in front).
    """

    path: Callable[[float], tuple[float, float]]
    size: tuple[float, float]
    colour: tuple[int, int, int]
    depth: int
    class_id: int = ClassId.ANIMAL
    seen_from_s: float = 0.0
    seen_until_s: float = 1e9

    def box(self, t: float) -> np.ndarray:
        (x, y), (w, h) = self.path(t), self.size
        return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


@dataclass(frozen=True)
class Detector:
    """How badly the animals are seen; all probabilities per frame."""

    jitter: float = 0.04  # standard deviation of each side, in body lengths
    miss: float = 0.08
    weak: float = 0.08  # a visible animal with a score below one half
    false_alarms: float = 0.1  # mean number per frame, scores mostly below one half
    masks: bool = False


@dataclass(frozen=True)
class Scene:
    """Animals, and upright things (x1, x2) that hide what passes behind them."""

    animals: Sequence[Animal]
    seconds: float
    trees: Sequence[tuple[float, float]] = ()
    detector: Detector = field(default_factory=Detector)


Shot = tuple[Frame, Detections, FrameDetections]
"""The picture, what the detector finds, what is there."""


def line(start: tuple[float, float], velocity: tuple[float, float]):
    """A straight path, velocity in pixels per second."""
    return lambda t: (start[0] + velocity[0] * t, start[1] + velocity[1] * t)


def wander(rng: np.random.Generator, centre: tuple[float, float], reach: float):
    """A path that stops and turns: a few slow sines."""
    rate, phase = rng.uniform(0.15, 0.9, (2, 2)), rng.uniform(0, 2 * np.pi, (2, 2))
    share = np.array([[0.7, 0.3], [0.35, 0.15]]) * reach

    def path(t: float) -> tuple[float, float]:
        moved = (share * np.sin(rate * t * 2 + phase)).sum(axis=1)
        return float(centre[0] + moved[0]), float(centre[1] + moved[1])

    return path


def shoot(scene: Scene, rate: float, seed: int, times: np.ndarray | None = None) -> list[Shot]:
    """Sample a scene at a frame rate, or at given times in seconds."""
    rng = np.random.default_rng([seed, round(rate * 100)])
    when = np.arange(0, scene.seconds, 1 / rate) if times is None else times
    return [_shot(scene, number, float(t), rng) for number, t in enumerate(when)]


def _background() -> np.ndarray:
    """A grey gradient with grain, the same in every frame: a camera trap does not move."""
    grain = np.random.default_rng(0).normal(0, 5, (HEIGHT, WIDTH, 1))
    return (np.linspace(70, 130, HEIGHT)[:, None, None] + grain).repeat(3, 2).astype(np.uint8)


BACKGROUND = _background()


def _ellipse(animal: Animal, t: float) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of the picture that the animal's box covers, and which pixels are the animal."""
    x1, y1, x2, y2 = np.clip(np.round(animal.box(t)), 0, [WIDTH, HEIGHT, WIDTH, HEIGHT]).astype(int)
    (cx, cy), (w, h) = animal.path(t), animal.size
    y, x = np.mgrid[y1 : max(y2, y1), x1 : max(x2, x1)] + 0.5
    return np.s_[y1:y2, x1:x2], ((x - cx) / (w / 2)) ** 2 + ((y - cy) / (h / 2)) ** 2 <= 1


def _shot(scene: Scene, number: int, t: float, rng: np.random.Generator) -> Shot:
    image, owner = BACKGROUND.copy(), np.zeros((HEIGHT, WIDTH), np.int16)
    order = sorted(enumerate(scene.animals, start=1), key=lambda pair: -pair[1].depth)
    whole = {}
    for track, animal in order:
        if animal.seen_from_s <= t < animal.seen_until_s:
            part, inside = _ellipse(animal, t)
            owner[part][inside] = track
            image[part][inside] = animal.colour
            whole[track] = np.pi / 4 * animal.size[0] * animal.size[1]
    for left, right in scene.trees:
        owner[:, int(left) : int(right)] = 0
        image[:, int(left) : int(right)] = (60, 50, 40)
    shares = {k: (owner == k).sum() / v for k, v in whole.items()}
    truth = [k for k, share in shares.items() if share >= 0.3]
    frame = Frame(image, number, t)
    return frame, _detect(scene, t, owner, shares, rng), _truth(scene, number, t, sorted(truth))


def _clip(box: np.ndarray) -> np.ndarray:
    return np.clip(box, 0, [WIDTH, HEIGHT, WIDTH, HEIGHT])


def _truth(scene: Scene, number: int, t: float, tracks: list[int]) -> FrameDetections:
    animals = [scene.animals[k - 1] for k in tracks]
    found = Detections.of([_clip(a.box(t)) for a in animals], np.ones(len(animals)),
                          [a.class_id for a in animals])
    return FrameDetections(number, t, found.with_track_id(tracks))


def _detect(scene: Scene, t: float, owner: np.ndarray, shares: dict[int, float],
            rng: np.random.Generator) -> Detections:
    eye = scene.detector
    boxes, scores, classes, masks = [], [], [], []
    for track in sorted(shares):
        animal, share = scene.animals[track - 1], shares[track]
        length = np.sqrt(animal.size[0] * animal.size[1])
        box = _clip(animal.box(t) + rng.normal(0, eye.jitter * length, 4))
        dice, score = rng.random(), rng.uniform(0.6, 0.98)
        if share < 0.3 or dice < eye.miss:
            continue
        if share < 0.6 or dice < eye.miss + eye.weak:
            score = rng.uniform(0.15, 0.48)
        boxes.append(box)
        scores.append(score)
        classes.append(animal.class_id)
        masks.append(encode(owner == track) if eye.masks else None)
    for _ in range(rng.poisson(eye.false_alarms)):
        corner, size = rng.uniform(0, [WIDTH - 90, HEIGHT - 90]), rng.uniform(20, 90, 2)
        box = np.concatenate([corner, corner + size])
        if boxes and box_iou(box, np.stack(boxes)).max() > 0.3:
            continue
        boxes.append(box)
        scores.append(rng.beta(2, 5) * 0.8 + 0.05)
        classes.append(ClassId.ANIMAL)
        masks.append(None)
    return Detections.of(np.array(boxes).reshape(-1, 4), scores, classes, masks)


# ---- the scenes that trackers are compared on ----

BROWN, PALE, DARK, RED = (120, 90, 60), (190, 180, 170), (40, 40, 45), (170, 80, 50)


def crossing(seed: int) -> Scene:
    """Two animals walk past each other, one behind the other."""
    rng = np.random.default_rng(seed)
    fast, slow = rng.uniform(70, 110), rng.uniform(50, 90)
    middle = rng.uniform(120, 160)
    return Scene(
        animals=[
            Animal(line((-30, middle), (fast, rng.uniform(-3, 3))), (80, 55), BROWN, 1),
            Animal(line((WIDTH + 30, middle + rng.uniform(-12, 12)), (-slow, 0)), (75, 50), PALE,
                   2),
        ],
        seconds=7.0,
    )


def behind_a_tree(seed: int) -> Scene:
    """One animal is out of sight for about a second."""
    rng = np.random.default_rng(seed)
    speed = rng.uniform(80, 110)
    start = Animal(line((-30, 150), (speed, 0)), (70, 50), DARK, 1)
    return Scene([start], seconds=6.0, trees=[(200, 200 + 70 + 0.5 * speed)])


def herd(seed: int) -> Scene:
    """Five animals graze, stop, turn, and hide each other now and then."""
    rng = np.random.default_rng(seed)
    colours = [BROWN, PALE, DARK, RED, (150, 140, 90)]
    animals = [
        Animal(wander(rng, (rng.uniform(100, 380), rng.uniform(80, 200)), 70),
               (rng.uniform(50, 75), rng.uniform(35, 50)), colour, depth)
        for depth, colour in enumerate(colours)
    ]
    return Scene(animals, seconds=12.0)


def one_leaves_another_comes(seed: int) -> Scene:
    """A dark animal leaves on the right; three seconds later a pale one follows its way."""
    rng = np.random.default_rng(seed)
    speed = rng.uniform(90, 130)
    gone = WIDTH / speed
    later = gone + 3.0
    return Scene(
        animals=[
            Animal(line((0, 140), (speed, 0)), (80, 55), DARK, 1),
            Animal(line((-30 - speed * later, 150), (speed, 0)), (70, 60), PALE, 2),
        ],
        seconds=later + 3.0,
    )


def running(seed: int) -> Scene:
    """An animal runs through, another stands."""
    rng = np.random.default_rng(seed)
    return Scene(
        animals=[
            Animal(line((-20, 90), (rng.uniform(180, 230), 10)), (70, 50), RED, 1),
            Animal(wander(rng, (330, 210), 8), (60, 55), BROWN, 2),
        ],
        seconds=3.0,
    )


SCENES = {
    "crossing": crossing,
    "behind_a_tree": behind_a_tree,
    "herd": herd,
    "running": running,
    "one_leaves_another_comes": one_leaves_another_comes,
}
RATES = (2.0, 5.0, 15.0)
SEEDS = (101, 102)  # never used while the tracker was tuned


def checksum(clips: Sequence[Sequence[Shot]]) -> float:
    """A number that changes when the detections or the truth of the clips do."""
    return round(float(sum(
        found.box_xyxy.sum() + 100 * found.score.sum() + truth.detections.box_xyxy.sum()
        for clip in clips for _, found, truth in clip
    )), 0)
