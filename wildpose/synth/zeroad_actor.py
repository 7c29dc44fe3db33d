"""Actors of the game 0 A.D.: which mesh, clips and textures make up an animal (XML).

An actor has groups; the game draws one variant of each group. Variants may name a file with more
of the same. Clips and textures are looked up by the names that the actor gives to the sources
(``wolf.dae``, ``wolf.png``); what ships are the game's conversions of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree

from wildpose.errors import DataError
from wildpose.synth.zeroad_files import GameFiles

_SKIPPED = ("death", "dead", "feeding", "attack", "gather")
_DEEPEST = 8


@dataclass
class Variant:
    """What one variant says, with the files that it names read in.

    Attributes
    ----------
    name : str
    frequency : float
    mesh : str
        Empty when it names none.
    clips : list of (str, str)
        Names in lower case, and files.
    texture : str
        Empty when it names none.
    """

    name: str
    frequency: float
    mesh: str = ""
    clips: list[tuple[str, str]] = field(default_factory=list)
    texture: str = ""


@dataclass(frozen=True)
class Actor:
    """An animal of the game.

    Attributes
    ----------
    mesh : str
        Path in the game's files.
    clips : tuple of (str, str)
        Motions (``idle``, ``idle_2``, ``walk``, ``run``, ``feed``) and paths.
    coats : tuple of str
        Paths of textures to choose from.
    """

    mesh: str
    clips: tuple[tuple[str, str], ...]
    coats: tuple[str, ...]


def parse_xml(content: bytes, name: str) -> ElementTree.Element:
    """The root of an XML file.

    Raises
    ------
    DataError
        When it is broken, or declares a document type: those can blow up in memory.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise DataError(f"{name}: document types are not read.", "Use the game's own files.")
    try:
        return ElementTree.fromstring(content)  # noqa: S314  declarations are refused above
    except ElementTree.ParseError as error:
        raise DataError(f"{name}: broken XML ({error}).", "Fetch the game's data again.") from error


def read_actor(files: GameFiles, name: str) -> Actor:
    """Read ``art/actors/fauna/NAME.xml``.

    Raises
    ------
    DataError
        When it is missing or broken, or has no mesh.
    """
    path = f"art/actors/fauna/{name}.xml"
    root = parse_xml(files.read(path), path)
    mesh, clips, feeding, coats = "", list[tuple[str, str]](), "", list[str]()
    for group in root.iter("group"):
        variants = [_variant(files, element) for element in group.findall("variant")]
        feeding = feeding or next(
            (file for v in variants if v.name == "feeding" for n, file in v.clips if n == "idle"),
            "",
        )
        usable = [v for v in variants if not v.name.startswith(_SKIPPED)]
        if not usable:
            continue
        chosen = max(usable, key=lambda variant: variant.frequency)
        mesh = chosen.mesh or mesh
        clips += chosen.clips
        coats += [v.texture for v in usable if v.texture and v.texture not in coats]
    if not mesh:
        raise DataError(f"{path}: an actor without a mesh.", "Choose one of list_species().")
    clips += [("feeding", feeding)] if feeding else []
    return Actor(
        f"art/meshes/{mesh}.cached.pmd",
        tuple((n, f"art/animation/{f}.cached.psa") for n, f in _motion_names(clips)),
        tuple(f"art/textures/skins/{coat}.cached.dds" for coat in coats),
    )


def _variant(files: GameFiles, element: ElementTree.Element, depth: int = 0) -> Variant:
    """A variant; what it says itself goes before what the file that it names says."""
    variant = Variant(
        element.get("name", "").lower(), float(element.get("frequency", "1") or 1)
    )
    named = element.get("file", "")
    path = f"art/variants/{named}"
    if named and depth < _DEEPEST and files.has(path):
        below = _variant(files, parse_xml(files.read(path), path), depth + 1)
        variant.mesh, variant.texture = below.mesh, below.texture
        variant.clips += below.clips
        variant.name = variant.name or below.name
    variant.mesh = element.findtext("mesh", "").strip() or variant.mesh
    for texture in element.iter("texture"):
        if texture.get("name", "").lower() == "basetex":
            variant.texture = texture.get("file", "")
    for clip in element.iter("animation"):
        variant.clips.append((clip.get("name", "").lower(), clip.get("file", "")))
    return variant


def _motion_names(clips: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Motions by our names; a second idle, with another file, becomes ``idle_2``, and so on."""
    named: dict[str, str] = {}
    for name, file in clips:
        motion = {"feeding": "feed"}.get(name, name)
        # Some actors call plain standing "feeding".
        known = _family(named, "idle") if motion == "feed" else _family(named, motion)
        if motion not in {"idle", "walk", "run", "feed"} or file in known:
            continue
        count = len(_family(named, motion))
        if count == 0 or motion == "idle":
            named[motion if count == 0 else f"{motion}_{count + 1}"] = file
    return list(named.items())


def _family(named: dict[str, str], motion: str) -> list[str]:
    return [file for name, file in named.items() if name.split("_")[0] == motion]
