"""The pictures of a recipe's sources, and which of them are kept out of training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from wildpose.data.annotations import LabelledImage, read_labelled
from wildpose.data.mixing import Source
from wildpose.data.split import split_by_place
from wildpose.errors import UsageError
from wildpose.training.recipe import HoldOutPart, Recipe, SourcePart, resolve


@dataclass(frozen=True)
class Gathered:
    """The pictures of a recipe, parted."""

    sources: tuple[Source, ...]
    held_out: tuple[LabelledImage, ...]


def gather(recipe: Recipe, recipe_folder: Path) -> Gathered:
    """Read the sources of a recipe and keep its places and species out.

    In neither part are drafts and rendered pictures of a kept-out species (nothing is chosen on a
    detector's labels, nor on pictures of our own making) and kept-out pictures from a place that
    training has seen, under whatever source: they would flatter.

    Raises
    ------
    DataError
        A folder that can't be read.
    UsageError
        A source without pictures, or all of whose pictures are kept out.
    """
    sources: list[Source] = []
    held_out: list[tuple[str, LabelledImage]] = []
    seen: set[str] = set()
    pictures = [labelled_pictures(part, recipe_folder) for part in recipe.sources]
    shares = [_share_out(part, images, recipe.hold_out)
              for part, images in zip(recipe.sources, pictures, strict=True)]
    if not any(shares) and not recipe.hold_out.species:
        # telling places apart reads each picture whose entry names none: here for nothing
        return Gathered(tuple(_source(part, tuple(images)) for part, images in
                              zip(recipe.sources, pictures, strict=True)), ())
    for part, images, share in zip(recipe.sources, pictures, shares, strict=True):
        split = split_by_place(images, share, recipe.hold_out.species)
        if not split.train:
            raise UsageError(f"Source {part.name}: all of its {len(images)} pictures are kept out.",
                             "Lower the share or the species of `hold_out`.")
        sources.append(_source(part, split.train))
        seen.update(split.train_places)
        named = zip(split.held_out_places, split.held_out, strict=True)
        held_out.extend((p, i) for p, i in named if not _is_made(i))
    return Gathered(tuple(sources), tuple(i for p, i in held_out if p not in seen))


def _source(part: SourcePart, images: tuple[LabelledImage, ...]) -> Source:
    return Source(part.name, images, part.share, part.paste_chance, part.bodies_alone)


def _share_out(part: SourcePart, images: list[LabelledImage], hold_out: HoldOutPart) -> float:
    """The share of a source's places to keep out."""
    if part.learnt_whole or all(_is_made(i) for i in images):
        return 0.0
    return hold_out.share if any(len(i.box_xyxy) for i in images) else hold_out.empty_share


def labelled_pictures(part: SourcePart, recipe_folder: Path) -> list[LabelledImage]:
    """The pictures of a source that its ``where`` and ``leave_out`` let through.

    Raises
    ------
    DataError
        A folder that can't be read.
    UsageError
        None is left.
    """
    pictures = resolve(part.pictures, recipe_folder) if part.pictures else None
    labelled = read_labelled(resolve(part.folder, recipe_folder), pictures,
                             part.labels.rules(recipe_folder))
    images = [replace(i, trusted=part.trusted) for i in labelled if _wanted(i, part)]
    if not images:
        raise UsageError(f"Source {part.name}: no picture is left.",
                         "Check its `folder`, `where` and `leave_out`.")
    return images


def _is_made(image: LabelledImage) -> bool:
    return image.draft or image.facts.get("set") == "rendered"


def _wanted(image: LabelledImage, part: SourcePart) -> bool:
    def is_in(values: dict[str, list[str]]) -> list[bool]:
        return [str(image.facts.get(k)) in allowed for k, allowed in values.items()]

    return all(is_in(part.where)) and not any(is_in(part.leave_out))
