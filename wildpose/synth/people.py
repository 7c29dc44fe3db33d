"""People and apes of random shape, on the vertices of the reference surface.

Both are the CC0 MakeHuman body (assets/NOTICE.md): because they share the reference surface's
triangles, every rendered pixel's dense pose is exact, without a mapping.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wildpose.surface.parts import PARTS
from wildpose.surface.reference import load_reference_body
from wildpose.synth.body_model import Figure, figure, load_body, stretched, turned
from wildpose.synth.figure_motions import (
    APE_WALK,
    ARM_HANGS_DEG,
    FRAMES,
    HUMAN_WALK,
    X,
    Y,
    Z,
    about,
    cycle,
    fists,
    grounded,
    hinge,
    limbs,
    palms,
    plain_rig,
    soles,
)
from wildpose.synth.rig import Motion, Rig
from wildpose.synth.strides import stride_of, trajectories
from wildpose.types import Array

LICENCE, CREDIT = "CC0-1.0", "MakeHuman (CC0)"
SKINS = ((241, 205, 180), (224, 172, 135), (198, 134, 96), (141, 85, 54), (92, 58, 41),
         (62, 40, 30))
HAIRS = ((30, 24, 20), (70, 48, 32), (120, 84, 50), (190, 160, 110), (150, 150, 150))
CLOTHES = ((52, 58, 50), (84, 80, 60), (120, 108, 80), (40, 48, 70), (150, 60, 40), (30, 30, 32),
           (190, 188, 180), (70, 92, 58), (200, 90, 20))
FEET = ("toes_left", "toes_right")
CHEST, BACK = 2, 1
_ARMS, _LEGS = (15, 16, 17, 18, 19, 20, 21, 22), (7, 8, 9, 10, 11, 12, 13, 14)


def sample_sliders(rng: np.random.Generator) -> dict[str, float]:
    """A shape: sex, age, muscle, weight, height, proportions, each between its ends."""
    sliders = {"male": float(rng.uniform(-1, 1)), "child": 0.0, "old": 0.0}
    age = rng.uniform()
    if age < 0.2:
        sliders["child"] = float(rng.uniform(0.2, 1))
    elif age > 0.7:
        sliders["old"] = float(rng.uniform(0.2, 1))
    for kind, ends in (("muscle", ("min", "max")), ("weight", ("min", "max")),
                       ("height", ("min", "max")), ("proportions", ("uncommon", "ideal"))):
        value = float(np.clip(rng.normal(0, 0.4), -1, 1))
        value *= 0.45 if kind == "height" else 1.0
        sliders[f"{kind}_{ends[0]}"], sliders[f"{kind}_{ends[1]}"] = max(-value, 0), max(value, 0)
    return sliders


def person(rng: np.random.Generator) -> Rig:
    """A person of random shape and clothes.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Rig
        On the reference surface's vertices and faces; motions ``walk``, ``idle`` (standing) and
        ``crouch`` (over a camera or a track).
    """
    rest = figure(sample_sliders(rng))
    rig = plain_rig(rest)
    pace = float(rng.uniform(0.85, 1.15))
    walk = _walk(rest, rng, pace)
    motions = {
        "walk": replace(walk, stride_m=stride_of(rig, walk, FEET)),
        "idle": _stand(rest, rng),
        "crouch": _crouch(rest, rng),
    }
    return replace(rig, motions=motions, face_colour=_clothes(rng), licence=LICENCE, credit=CREDIT)


def ape(rng: np.random.Generator) -> Rig:
    """An ape-like figure: long arms, short bent legs, no neck, muzzle, dark fur.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    Rig
        On the reference surface's vertices and faces; motions ``walk`` (on the knuckles),
        ``idle`` (standing so) and ``feed`` (sitting, hands to the mouth).
    """
    rest = ape_figure(rng)
    rig = replace(plain_rig(rest), name="ape", species="ape")
    pitch = _knuckle_pitch(rest)
    walk = _knuckle_walk(rest, pitch, float(rng.uniform(0.85, 1.15)))
    still = Motion(walk.bones[FRAMES // 8 : FRAMES // 8 + 1], 1.0)
    motions = {
        "walk": replace(walk, stride_m=stride_of(rig, walk, FEET)),
        "idle": still,
        "feed": _sit(rest, rng),
    }
    return replace(rig, motions=motions, face_colour=_fur(rng), licence=LICENCE, credit=CREDIT)


def ape_figure(rng: np.random.Generator) -> Figure:
    """The body at rest with the proportions of a chimpanzee, more or less."""
    def near(value: float) -> float:
        return float(value * rng.uniform(0.94, 1.06))

    rest = figure({"male": 0.6, "muscle_max": float(rng.uniform(0.3, 1)), "weight_max": 0.25})
    both = {f"{bone}.{side}": (along, across) for side in "LR" for bone, along, across in (
        ("upperarm01", near(1.22), 1.15), ("lowerarm01", near(1.3), 1.15), ("wrist", 1.15, 1.1),
        ("clavicle", 1.1, 1.1), ("shoulder01", 1.05, 1.15),
        ("upperleg01", near(0.72), 1.02), ("lowerleg01", near(0.68), 1.0), ("foot", 1.05, 1.05),
    )}
    trunk = {f"spine0{n}": (1.0, near(1.18)) for n in range(1, 6)}
    neck = {f"neck0{n}": (0.45, 1.25) for n in range(1, 4)}
    factors = {**both, **trunk, **neck, "root": (1.0, 1.12), "head": (0.92, 0.95)}
    rest = stretched(rest, {bone: f[0] for bone, f in factors.items()},
                     {bone: f[1] for bone, f in factors.items()})
    return _faced(rest)


def _faced(rest: Figure) -> Figure:
    """Muzzle forward, forehead back, ears larger."""
    part = load_reference_body().part
    joints = dict(zip(load_body().bones, rest.joints, strict=True))
    vertices = rest.vertices.copy()
    jaw = joints["jaw"]
    muzzle = part == PARTS.index("muzzle")
    low, high = vertices[muzzle, 1].min(), vertices[muzzle, 1].max()
    mouth = np.array([0, low + 0.45 * (high - low), vertices[muzzle, 2].max()])
    spread = np.array([0.045, 0.04, 0.07])
    bump = np.exp(-0.5 * (((vertices - mouth) / spread) ** 2).sum(axis=1))
    skull = np.isin(part, [PARTS.index(n) for n in ("muzzle", "crown")])
    vertices[skull, 2] += 0.055 * bump[skull]
    brow = high + 0.015
    above = np.clip((vertices[:, 1] - brow) / 0.1, 0, 1) * skull
    front = np.clip((vertices[:, 2] - jaw[2]) / 0.08, 0, 1)
    vertices[:, 2] -= 0.045 * above * front
    vertices[:, 1] -= 0.035 * above
    for ear in ("ear_left", "ear_right"):
        rows = part == PARTS.index(ear)
        centre = vertices[rows].mean(axis=0)
        vertices[rows] = centre + 1.25 * (vertices[rows] - centre)
    return Figure(vertices, rest.joints)


def _walk(rest: Figure, rng: np.random.Generator, pace: float) -> Motion:
    world = limbs(rest, HUMAN_WALK, 0.0)
    sway = cycle((4, 2, 0, -2, -4, -2, 0, 2))
    local = {
        "root": about(Y, sway) @ about(X, float(rng.uniform(0, 6))),
        "spine03": about(Y, -sway),
        "spine01": about(Y, -sway) @ about(X, float(rng.uniform(-2, 4))),
        "head": about(Y, float(rng.uniform(-15, 15))) @ about(X, float(rng.uniform(-5, 15))),
        **fists(rest, (15, 25, 15)),
    }
    return grounded(rest, (local, world), FRAMES, FRAMES * pace / 1.1)


def _stand(rest: Figure, rng: np.random.Generator) -> Motion:
    breath = cycle((0, 1, 0, -1), count=12) * 0.8
    local = {
        "spine03": about(X, breath), "neck02": about(X, -breath),
        "head": about(Y, float(rng.uniform(-40, 40))) @ about(X, float(rng.uniform(-10, 25))),
        **fists(rest, (15, 25, 15)),
    }
    for side, sign in (("L", 1), ("R", -1)):
        upper = about(X, -float(rng.uniform(-10, 25))) @ about(Z, -sign * ARM_HANGS_DEG)
        axis = hinge(rest, (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}"))
        local[f"upperarm01.{side}"] = upper
        local[f"lowerarm01.{side}"] = about(axis, float(rng.uniform(-30, 50)))
        local[f"upperleg01.{side}"] = about(Z, sign * float(rng.uniform(-3, 5)))
    return grounded(rest, (local, {}), 12, 4.0)


def _crouch(rest: Figure, rng: np.random.Generator) -> Motion:
    breath = cycle((0, 1, 0, -1), count=12) * 0.8
    thigh, lean = float(rng.uniform(85, 105)), float(rng.uniform(15, 35))
    world = {"root": about(X, lean)}
    for side, sign in (("L", 1), ("R", -1)):
        opened = about(Y, sign * float(rng.uniform(8, 20)))
        world[f"upperleg01.{side}"] = opened @ about(X, -thigh)
        world[f"lowerleg01.{side}"] = opened @ about(X, 38.0)
        world[f"foot.{side}"] = opened
        upper = about(X, -float(rng.uniform(30, 60))) @ about(Z, -sign * ARM_HANGS_DEG)
        axis = hinge(rest, (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}"))
        world[f"upperarm01.{side}"] = upper
        world[f"lowerarm01.{side}"] = upper @ about(axis, float(rng.uniform(-20, 20)))
    local = {"spine03": about(X, 12 + breath), "head": about(X, float(rng.uniform(-20, 20)))}
    return grounded(rest, ({**local, **fists(rest, (20, 30, 15))}, world), 12, 4.0)


def _ape_pose(rest: Figure, pitch: float) -> tuple[dict[str, Array], dict[str, Array]]:
    """Rotations of the knuckle walk with the trunk leaning forward by ``pitch`` degrees."""
    world = limbs(rest, APE_WALK, 0.75)  # diagonal sequence, as primates walk
    world["root"] = about(Y, cycle((5, 3, 0, -3, -5, -3, 0, 3))) @ about(X, pitch)
    world["neck01"], world["head"] = about(X, pitch * 0.35), about(X, 12.0)
    for side in "LR":
        world[f"wrist.{side}"] = world[f"lowerarm01.{side}"]
    return {"spine04": about(X, 4.0), "spine02": about(X, 6.0), **fists(rest, (10, 95, 75))}, world


def _knuckle_pitch(rest: Figure) -> float:
    """The lean at which, on average over the walk, hands reach as low as feet; degrees."""
    rig, (low, high) = plain_rig(rest), (15.0, 88.0)
    feet, hands = soles()[::4], palms()[::4]
    for _ in range(8):
        pitch = (low + high) / 2
        motion = Motion(turned(rest, *_ape_pose(rest, pitch), FRAMES).astype(np.float32), 1.0)
        gap = (trajectories(rig, motion, hands)[:, :, 1].min(axis=1)
               - trajectories(rig, motion, feet)[:, :, 1].min(axis=1)).mean()
        low, high = (pitch, high) if gap > 0 else (low, pitch)
    return (low + high) / 2


def _knuckle_walk(rest: Figure, pitch: float, pace: float) -> Motion:
    return grounded(rest, _ape_pose(rest, pitch), FRAMES, FRAMES * pace / 1.2)


def _sit(rest: Figure, rng: np.random.Generator) -> Motion:
    count = 24
    world = {"root": about(X, float(rng.uniform(0, 15)))}
    reach = cycle((0, 20, 60, 70, 70, 60, 20, 0), count=count)
    for side, sign in (("L", 1), ("R", -1)):
        opened = about(Y, sign * float(rng.uniform(15, 30)))
        world[f"upperleg01.{side}"] = opened @ about(X, -float(rng.uniform(100, 120)))
        world[f"lowerleg01.{side}"] = opened @ about(X, float(rng.uniform(10, 30)))
        world[f"foot.{side}"] = opened @ about(X, -10.0)
        busy = reach if side == "R" else reach * 0.2
        upper = about(X, -(20 + 0.3 * busy)) @ about(Z, -sign * ARM_HANGS_DEG)
        axis = hinge(rest, (f"upperarm01.{side}", f"lowerarm01.{side}", f"wrist.{side}"))
        world[f"upperarm01.{side}"] = upper
        world[f"lowerarm01.{side}"] = upper @ about(axis, 1.15 * busy)
    local = {"spine03": about(X, 12.0), "head": about(X, 5 + 0.1 * reach)}
    return grounded(rest, ({**local, **fists(rest, (30, 50, 30))}, world), count, 8.0)


def _clothes(rng: np.random.Generator) -> Array:
    """Colours of the faces: skin, hair, shirt, trousers, shoes."""
    surface, part = load_reference_body().surface, load_reference_body().part
    of_face = part[surface.faces].max(axis=1)
    skin, hair, shirt, trousers, shoes = (
        np.array(choice[rng.integers(len(choice))])
        for choice in (SKINS, HAIRS, CLOTHES, CLOTHES, CLOTHES)
    )
    colour = np.tile(skin, (len(surface.faces), 1))
    colour[of_face == PARTS.index("crown")] = hair
    sleeves = _ARMS if rng.uniform() < 0.6 else _ARMS[:4]
    colour[np.isin(surface.chart, (BACK, CHEST, *sleeves))] = shirt
    colour[np.isin(surface.chart, _LEGS if rng.uniform() < 0.8 else _LEGS[:4])] = trousers
    colour[np.isin(surface.chart, (5, 6))] = shoes
    return colour.astype(np.uint8)


def _fur(rng: np.random.Generator) -> Array:
    """Dark fur; face, ears, palms and soles bare."""
    surface, part = load_reference_body().surface, load_reference_body().part
    dark = rng.uniform(18, 48) * np.array([1.0, rng.uniform(0.8, 0.95), rng.uniform(0.7, 0.9)])
    bare = np.array([1.0, 0.78, 0.66]) * rng.uniform(60, 150)
    names = ("muzzle", "ear_left", "ear_right", "fingers_left", "fingers_right", "toes_left",
             "toes_right")
    inside = np.isin(part, [PARTS.index(n) for n in names])
    skin = np.asarray(inside[surface.faces].all(axis=1))
    shade = rng.uniform(0.85, 1.15, (len(surface.faces), 1))
    return np.clip(np.where(skin[:, None], bare, dark) * shade, 0, 255).astype(np.uint8)
