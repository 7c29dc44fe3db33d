"""Animals of the game 0 A.D. as bodies, from a user's own copy of the game's art.

The art is CC-BY-SA 3.0 (Wildfire Games): it is never part of wildpose, and a picture of it needs
that credit. The game's space is left-handed with the head toward -z: z changes its sign after
skinning, and the stored winding is then counter-clockwise from outside.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import yaml

from wildpose.errors import DataError
from wildpose.surface.parts import PARTS
from wildpose.synth.part_splits import mark_ears, mark_horns
from wildpose.synth.part_table import part_table, parts_of
from wildpose.synth.rig import Motion, Rig, subdivided, welded
from wildpose.synth.rotations import quaternion_matrix, transform
from wildpose.synth.strides import with_strides
from wildpose.synth.zeroad_actor import Actor, parse_xml, read_actor
from wildpose.synth.zeroad_files import GameFiles, PmdMesh, parse_pmd, parse_psa
from wildpose.types import Array

LICENCE, CREDIT = "CC-BY-SA-3.0", "Wildfire Games, CC-BY-SA 3.0"
_TABLE = Path(__file__).parent / "assets" / "zeroad_species.yaml"
_FLIP = np.diag([1.0, 1.0, -1.0, 1.0])
_UNUSED = 0xFF
_WELD_SHARE = 1e-4
_FEWEST_VERTICES = 700
"""Coarser meshes are subdivided: some have no vertex at all in some parts."""
_SKELETON_OF = {"zeroad_hippopotamus": "Hippo_Armature", "zeroad_pig": "Boar_Armature",
                "zeroad_horse": "Horse", "zeroad_horse_old": "Horse"}
"""Which of several skeletons with the same number of bones belongs to a table."""


@dataclass(frozen=True)
class Species:
    """A line of ``assets/zeroad_species.yaml``.

    Attributes
    ----------
    species : str
    family : str
        Group of bodies that are left out together.
    table : str
        Name of the part table.
    height_m : float
        Of the shoulder.
    ear_m : float
        Length of the ears; 0 leaves them to the bones.
    horn_m : float
        Length of horns that are one piece with the body.
    """

    species: str
    family: str
    table: str
    height_m: float
    ear_m: float = 0.0
    horn_m: float = 0.0


@lru_cache
def known_species() -> dict[str, Species]:
    """Actors that wildpose has a part table and a size for."""
    lines = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {name: Species(**line) for name, line in lines.items()}


def list_species(source: Path) -> tuple[str, ...]:
    """Names of the animals in a copy of the game that ``load_species`` can load.

    Parameters
    ----------
    source : Path
        The game's ``public.zip`` or a zip with its fauna, or a folder that holds either or
        ``art/``.

    Raises
    ------
    DataError
        When there is no such copy.
    """
    files = GameFiles(source)
    return tuple(n for n in known_species() if files.has(f"art/actors/fauna/{n}.xml"))


def load_species(source: Path, name: str, coat: int = 0) -> Rig:
    """One animal of the game.

    Parameters
    ----------
    source : Path
        As for ``list_species``.
    name : str
        One of ``list_species(source)``.
    coat : int
        Which of its textures, counted from 0, round and round.

    Returns
    -------
    Rig
        Welded, in metres (the shoulder's height is that of the species), with a texture, and the
        motions ``idle walk run feed`` as far as the game has them.

    Raises
    ------
    DataError
        When the animal is unknown, or a file of it is missing or broken.
    """
    if name not in known_species():
        raise DataError(f"no animal called {name} is known.", "See list_species().")
    files, species = GameFiles(source), known_species()[name]
    actor = read_actor(files, name)
    mesh = parse_pmd(files.read(actor.mesh), actor.mesh)
    names = bone_names(files, len(mesh.bones), species.table)
    rig = _body(mesh, names, replace_name=(name, species.species))
    rig = _forward(replace(rig, motions=_motions(files, actor, len(rig.bone_names))))
    rig = welded(_textured(files, actor, mesh, rig, coat), _WELD_SHARE)
    while len(rig.vertices) < _FEWEST_VERTICES:
        rig = subdivided(rig)
    return with_strides(_sized(rig, species))


def bone_names(files: GameFiles, count: int, table: str) -> tuple[str, ...]:
    """Names of a mesh's bones: those of the skeleton with as many bones that the table knows.

    Bones stand in the order in which the skeleton's file lists them.

    Raises
    ------
    DataError
        When no skeleton fits.
    """
    wanted, known = _SKELETON_OF.get(table), part_table(table)
    for skeleton in _skeletons(files):
        names = tuple(bone.get("name", "") for bone in skeleton.iter("bone"))
        if wanted is not None and skeleton.get("id") != wanted:
            continue
        covered = sum(known.rule_of(bone) is not None for bone in names)
        if len(names) == count and 2 * covered > count:
            return names
    raise DataError(
        f"{files.source}: no skeleton with {count} bones fits the part table {table}.",
        "Fetch the game's data again (Debian package 0ad-data).",
    )


def _skeletons(files: GameFiles) -> Iterator[ElementTree.Element]:
    for path in files.names("art/skeletons", ".xml"):
        yield from parse_xml(files.read(path), path).iter("standard_skeleton")


def _body(mesh: PmdMesh, names: tuple[str, ...], replace_name: tuple[str, str]) -> Rig:
    """The mesh in our frame and the game's unit, with one more bone for what never moves."""
    bind = np.concatenate([_flipped(mesh.bones), np.eye(4)[None]])
    unused = (mesh.bone == _UNUSED) | (mesh.weight <= 0)
    weight = np.where(unused, 0, mesh.weight).astype(np.float32)
    return Rig(
        name=replace_name[0],
        species=replace_name[1],
        vertices=(mesh.vertices * np.array([1, 1, -1])).astype(np.float32),
        faces=mesh.faces.astype(np.int32),
        bone_names=(*names, "unmoved"),
        bind_inverse=np.linalg.inv(bind).astype(np.float32),
        bone_index=np.where(unused, 0, mesh.bone).astype(np.int32),
        bone_weight=weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9),
        part=np.full(len(mesh.vertices), -1, np.int8),
        licence=LICENCE,
        credit=CREDIT,
    )


def _forward(rig: Rig) -> Rig:
    """The body turned round where its bind pose looks backward and its motions forward."""
    if not rig.motions:
        return rig
    bones = next(iter(rig.motions.values())).bones[0]
    turn = (bones @ rig.bind_inverse)[:, 2, 2]
    if float(np.sum(turn[rig.bone_index] * rig.bone_weight)) >= 0:
        return rig
    half = np.diag([-1, 1, -1, 1]).astype(np.float32)
    return replace(
        rig, vertices=rig.vertices @ half[:3, :3], bind_inverse=rig.bind_inverse @ half
    )


def _flipped(keys: Array) -> Array:
    """Transforms [..., 4, 4] in our frame of the game's keys [..., 7]."""
    stored = transform(keys[..., :3].astype(np.float64), quaternion_matrix(keys[..., 3:]))
    return np.asarray(_FLIP @ stored @ _FLIP)


def _motions(files: GameFiles, actor: Actor, count: int) -> dict[str, Motion]:
    motions = {}
    for motion, path in actor.clips:
        if not files.has(path):
            continue
        clip = parse_psa(files.read(path), path)
        if clip.frames.shape[1] != count - 1:
            raise DataError(
                f"{files.source}: {path} moves {clip.frames.shape[1]} bones, the mesh has "
                f"{count - 1}.", "Fetch the game's data again (Debian package 0ad-data).",
            )
        still = np.broadcast_to(np.eye(4), (len(clip.frames), 1, 4, 4))
        bones = np.concatenate([_flipped(clip.frames), still], axis=1)
        motions[motion] = Motion(bones.astype(np.float32), 1000 / clip.frame_ms)
    return motions


def _textured(files: GameFiles, actor: Actor, mesh: PmdMesh, rig: Rig, coat: int) -> Rig:
    from PIL import Image

    coats = [path for path in actor.coats if files.has(path)]
    if not coats or mesh.uv.shape[1] == 0:
        return rig
    path = coats[coat % len(coats)]
    try:
        with Image.open(io.BytesIO(files.read(path))) as picture:
            # The alpha of skins marks gloss or the player's colour, not holes.
            texture = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError, NotImplementedError) as error:
        raise DataError(f"{files.source}: {path} is no picture.", "Fetch it again.") from error
    uv = mesh.uv[:, 0] * np.array([1, -1]) + np.array([0, 1])
    return replace(rig, texture=texture, texture_uv=uv[mesh.faces].astype(np.float32))


def _sized(rig: Rig, species: Species) -> Rig:
    """The body in metres, with its parts: the top of the withers is as high as the species."""
    part = parts_of(rig, part_table(species.table))
    shoulder = rig.vertices[part == PARTS.index("withers")]
    top = float(shoulder[:, 1].max()) if len(shoulder) else float(rig.vertices[:, 1].max())
    scale = species.height_m / max(top - float(rig.vertices[:, 1].min()), 1e-6)
    inverse = rig.bind_inverse.copy()
    inverse[:, :3, 3] *= scale
    motions = {}
    for name, motion in rig.motions.items():
        bones = motion.bones.copy()
        bones[:, :, :3, 3] *= scale
        motions[name] = replace(motion, bones=bones)
    sized = replace(
        rig, vertices=rig.vertices * np.float32(scale), bind_inverse=inverse, motions=motions,
        part=part,
    )
    if species.ear_m:
        mark_ears(sized, sized.part, species.ear_m)
    if species.horn_m:
        mark_horns(sized, sized.part, species.horn_m)
    return sized
