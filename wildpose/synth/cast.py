"""Who may appear in a scene: bodies by name, ready to be drawn, in a coat of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from wildpose.errors import UsageError
from wildpose.surface.reference import load_reference
from wildpose.synth.cc0_animals import committed_animals, load_committed
from wildpose.synth.charted import Charted, charted
from wildpose.synth.fur import Painter, own_colours, painted
from wildpose.synth.fur_patterns import random_fur, read_photographs
from wildpose.synth.iuv import Ground, ground_of
from wildpose.synth.quadruped import quadruped
from wildpose.synth.rig import Rig
from wildpose.synth.shading import Body, prepared
from wildpose.types import Array, ClassId

PROCEDURAL = "quadruped"
PERSON, APE = "person", "ape"
HUMAN_POOL = 24
"""So many people, and so many apes, :func:`from_pool` knows."""
PROCEDURAL_BODIES = 24
"""So many different quadrupeds are drawn: each is mapped to the reference once, then kept."""
GAME = "0ad"
"""Names of the game's animals begin with this and a slash; alone it stands for all of them."""
COATS = 4
"""So many textures of an animal of the game are drawn from; they go round and round."""
COAT_SAMPLES = 120_000


@dataclass(frozen=True)
class Sources:
    """What a user brings.

    Attributes
    ----------
    assets : Path or None
        Zip file or folder of the game 0 A.D.
    fur : Path or None
        Folder of pictures of fur.
    """

    assets: Path | None = None
    fur: Path | None = None


@dataclass(frozen=True)
class Character:
    """A body with its name and its points on the reference.

    Attributes
    ----------
    name : str
        As in ``--species``.
    class_id : ClassId
    charted : Charted
    """

    name: str
    class_id: ClassId
    charted: Charted

    @property
    def rig(self) -> Rig:
        """The body."""
        return self.charted.rig

    @property
    def height_m(self) -> float:
        """Of the body at rest."""
        return float(np.ptp(self.rig.vertices[:, 1]))

    @property
    def length_m(self) -> float:
        """Longest side of the body at rest on the ground."""
        return float(np.ptp(self.rig.vertices[:, [0, 2]], axis=0).max())


def species_names(sources: Sources) -> tuple[str, ...]:
    """All names that ``--species`` takes with these sources, our own first."""
    own = (*committed_animals(), PROCEDURAL, PERSON, APE)
    if sources.assets is None:
        return own
    from wildpose.synth.zeroad import list_species

    return (*own, *(f"{GAME}/{name}" for name in list_species(sources.assets)))


def chosen_species(wanted: Sequence[str], sources: Sources) -> tuple[str, ...]:
    """Turn the words of ``--species`` into names.

    Parameters
    ----------
    wanted : sequence of str
        Names; ``all`` stands for every animal, ``0ad`` for those of the game. None at all means
        ``all``.
    sources : Sources

    Returns
    -------
    tuple of str
        Each once, in the order of :func:`species_names`.

    Raises
    ------
    UsageError
        A name that is none.
    DataError
        The assets are no copy of the game.
    """
    known = species_names(sources)
    groups = {"all": {n for n in known if n != PERSON},
              GAME: {n for n in known if n.startswith(f"{GAME}/")}}
    names: set[str] = set()
    for word in wanted or ["all"]:
        chosen = groups.get(word, {word} & set(known))
        if not chosen:
            raise UsageError(f"--species {word}: there is no such body.",
                             f"There are: all, {', '.join(known)}.")
        names |= chosen
    return tuple(n for n in known if n in names)


def load_character(name: str, rng: np.random.Generator, sources: Sources) -> Character:
    """Bring a body onto the stage.

    Parameters
    ----------
    name : str
        One of :func:`species_names`.
    rng : numpy.random.Generator
        Draws the body where there are many of that name.
    sources : Sources

    Returns
    -------
    Character
    """
    if name in (PERSON, APE):
        rig = _human(name, rng)
        return Character(name, ClassId.PERSON if name == PERSON else ClassId.ANIMAL, charted(rig))
    many = PROCEDURAL_BODIES if name == PROCEDURAL else COATS if name.startswith(GAME) else 1
    return _kept(name, int(rng.integers(many)), sources)


def from_pool(name: str, rng: np.random.Generator, sources: Sources) -> Character:
    """As :func:`load_character`, but people and apes come from a pool, which is quicker."""
    if name in (PERSON, APE):
        return _kept(name, int(rng.integers(HUMAN_POOL)), sources)
    return load_character(name, rng, sources)


def dressed(character: Character, rng: np.random.Generator, sources: Sources) -> Body:
    """Put a coat on a body.

    Parameters
    ----------
    character : Character
    rng : numpy.random.Generator
        Draws the coat.
    sources : Sources

    Returns
    -------
    Body
    """
    rig = character.rig
    clothed = character.class_id == ClassId.PERSON
    painter = own_colours(rig) if clothed else random_fur(rig, rng, photographs_of(sources))
    return wearing(character, painter, COAT_SAMPLES)


def wearing(character: Character, painter: Painter, samples: int) -> Body:
    """Paint a body and make it ready to be drawn.

    Parameters
    ----------
    character : Character
    painter : callable
    samples : int
        As :func:`wildpose.synth.fur.painted`.
    """
    rig = character.rig
    coat = painted(rig, painter, samples)
    return prepared(rig.vertices, rig.faces, coat, character.charted.points, reference_ground())


@lru_cache(maxsize=1)
def reference_ground() -> Ground:
    """The reference surface, as the renderer looks points up on it."""
    return ground_of(load_reference())


def photographs_of(sources: Sources) -> tuple[Array, ...]:
    """The user's pictures of fur, none if there are none."""
    return _photographs(sources.fur) if sources.fur is not None else ()


@lru_cache(maxsize=2)
def _photographs(folder: Path) -> tuple[Array, ...]:
    return read_photographs(folder)


@lru_cache(maxsize=256)
def _kept(name: str, number: int, sources: Sources) -> Character:
    if name in (PERSON, APE):
        rig = _human(name, np.random.default_rng(number))
        return Character(name, ClassId.PERSON if name == PERSON else ClassId.ANIMAL, charted(rig))
    if name == PROCEDURAL:
        rig = quadruped(number)
    elif name in committed_animals():
        rig = load_committed(name)
    else:
        rig = _from_game(name, number, sources)
    return Character(name, ClassId.ANIMAL, charted(rig))


def _from_game(name: str, coat: int, sources: Sources) -> Rig:
    from wildpose.synth.zeroad import load_species

    if sources.assets is None:
        raise UsageError(f"{name}: this body is not one of ours.", "Give its file with --assets.")
    return load_species(sources.assets, name.removeprefix(f"{GAME}/"), coat)


def _human(name: str, rng: np.random.Generator) -> Rig:
    from wildpose.synth import people

    rig: Rig = people.ape(rng) if name == APE else people.person(rng)
    return replace(rig, species=name)
