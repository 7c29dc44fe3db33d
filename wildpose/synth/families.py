"""Which bodies belong together, so that whole families can be kept out of training.

A network that has seen a lion has seen a tiger: whoever asks how well it does on animals that it
has never met must leave out all bodies of a family, not one texture or one species.
"""

from __future__ import annotations

from collections.abc import Sequence

from wildpose.errors import UsageError
from wildpose.synth.cast import APE, GAME, PERSON, PROCEDURAL
from wildpose.synth.cc0_animals import FAMILY


def family_of(name: str) -> str:
    """Family of a body.

    Parameters
    ----------
    name : str
        As in ``--species``.

    Examples
    --------
    >>> family_of("shibainu"), family_of("0ad/lioness"), family_of("quadruped")
    ('canid', 'feline', 'quadruped')
    """
    if name in (PERSON, APE, PROCEDURAL):
        return name
    if name in FAMILY:
        return FAMILY[name]
    from wildpose.synth.zeroad import known_species

    return known_species()[name.removeprefix(f"{GAME}/")].family


def kept_species(names: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
    """Leave families, or single bodies, out.

    Parameters
    ----------
    names : sequence of str
        As in ``--species``.
    without : sequence of str
        Families, or names of bodies.

    Returns
    -------
    tuple of str
        The others, in their order.

    Raises
    ------
    UsageError
        A word that leaves nothing out, or nobody is left.

    Examples
    --------
    >>> kept_species(["fox", "wolf", "deer", "person"], ["canid", "person"])
    ('deer',)
    """
    left = tuple(names)
    for word in without:
        kept = tuple(n for n in left if word not in (n, family_of(n)))
        if kept == left and word not in map(family_of, names):
            known = ", ".join(sorted(set(map(family_of, names))))
            raise UsageError(f"--without {word}: none of the chosen bodies is of that family.",
                             f"There are: {known}; or name a body.")
        left = kept
    if not left:
        raise UsageError("--without: nobody is left.", "Leave out fewer families.")
    return left
