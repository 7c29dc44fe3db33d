"""What a Camtrap DP package says of its project: a file that a person writes (``--project``).

The words are those of Camtrap DP's ``datapackage.json``, as YAML (or JSON), so that the head of an
older package can be given. Needed are the title of the project and one contributor; a run knows
neither.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from wildpose.errors import UsageError

Text = Annotated[str, Field(min_length=1)]
DEFAULT_DESIGN: Literal["opportunistic"] = "opportunistic"
DEFAULT_METHOD: Literal["activityDetection"] = "activityDetection"
EXAMPLE = "project: {title: My project}, contributors: [{title: My name, role: contact}]"
_OURS = {"profile", "created", "sources", "spatial", "temporal", "resources"}
"""What the head of an older package holds and each package says anew."""
_SCIENTIFIC = re.compile(r"[A-Z][a-zë-]+( ×)?( \([A-Z][a-z]+\))?( [a-zë-]+\.?){0,4}")
_RANKS = {1: None, 2: "species", 3: "subspecies"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)


class Contributor(_Strict):
    """A person or an organisation."""

    title: Text
    role: Literal[
        "contact", "principalInvestigator", "rightsHolder", "publisher", "contributor"
    ] = "contributor"
    email: Text | None = None
    path: Text | None = None
    organization: Text | None = None


class Licence(_Strict):
    """What others may do with the tables (``data``) or with the clips (``media``)."""

    scope: Literal["data", "media"]
    name: Annotated[str, Field(pattern=r"^([-a-zA-Z0-9._])+$")] | None = None
    path: Text | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if self.name is None and self.path is None:
            raise ValueError("needs a name, such as CC-BY-4.0, or a path")
        return self


class ProjectPart(_Strict):
    """The study."""

    title: Text
    id: Text | None = None
    acronym: Text | None = None
    description: Text | None = None
    path: Annotated[str, Field(pattern=r"^https?://")] | None = None
    sampling_design: Literal[
        "simpleRandom", "systematicRandom", "clusteredRandom", "experimental", "targeted",
        "opportunistic"
    ] | None = None
    capture_method: Annotated[
        list[Literal["activityDetection", "timeLapse"]], Field(min_length=1, max_length=2)
    ] | None = None
    individual_animals: bool = False


class Taxon(_Strict):
    """A species, and what it is called in languages (three-letter codes, such as ``eng``)."""

    scientific_name: Text
    taxon_id: str | None = Field(default=None, alias="taxonID")
    taxon_rank: Literal[
        "kingdom", "phylum", "class", "order", "family", "genus", "species", "subspecies"
    ] | None = None
    kingdom: Text | None = None
    phylum: Text | None = None
    class_: str | None = Field(default=None, alias="class")
    order: Text | None = None
    family: Text | None = None
    genus: Text | None = None
    vernacular_names: dict[Annotated[str, Field(pattern=r"^[a-z]{3}$")], Text] | None = None


class RelatedIdentifier(_Strict):
    """A publication or data set that belongs to this one."""

    relation_type: Text
    related_identifier: Text
    related_identifier_type: Text
    resource_type_general: Text | None = None


class ProjectFile(_Strict):
    """The whole file."""

    project: ProjectPart
    contributors: Annotated[list[Contributor], Field(min_length=1)]
    licenses: list[Licence] = []
    taxonomic: list[Taxon] = []
    name: Annotated[str, Field(pattern=r"^[-a-z0-9._/]+$")] | None = None
    id: Text | None = None
    title: Text | None = None
    description: Text | None = None
    version: Text | None = None
    keywords: Annotated[list[Text], Field(min_length=1)] | None = None
    image: Text | None = None
    homepage: Annotated[str, Field(pattern=r"^https?://")] | None = None
    bibliographic_citation: Text | None = None
    coordinate_precision: Annotated[float, Field(gt=0, le=10)] | None = None
    related_identifiers: list[RelatedIdentifier] = []
    references: Annotated[list[Text], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _licenses_of_both(self) -> Self:
        scopes = sorted(licence.scope for licence in self.licenses)
        if scopes not in ([], ["data", "media"]):
            raise ValueError("licenses: give one of scope data and one of scope media, or none")
        return self

    @property
    def media_are_free(self) -> bool:
        """Whether a licence says what others may do with the clips."""
        return bool(self.licenses)

    @property
    def package_name(self) -> str:
        """Name of the package, in the letters that are allowed there."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.project.title.lower()).strip("-")
        return self.name or plain or "camera-traps"

    def scientific_name(self, name: str) -> str:
        """Scientific name of a species, which may be called as ``vernacularNames`` have it."""
        for taxon in self.taxonomic:
            called = {taxon.scientific_name, *(taxon.vernacular_names or {}).values()}
            if name.casefold() in {word.casefold() for word in called}:
                return taxon.scientific_name
        return name

    def taxon(self, scientific_name: str) -> dict[str, Any]:
        """Entry of a species in ``taxonomic``; its rank by the form of the name if not given."""
        for taxon in self.taxonomic:
            if taxon.scientific_name == scientific_name:
                return plain(taxon)
        words = len(scientific_name.split())
        rank = _RANKS.get(words) if looks_scientific(scientific_name) else None
        return {"scientificName": scientific_name, **({"taxonRank": rank} if rank else {})}


def looks_scientific(name: str) -> bool:
    """Whether a name has the form of a scientific one.

    Examples
    --------
    >>> looks_scientific("Capreolus capreolus"), looks_scientific("roe deer")
    (True, False)
    """
    return _SCIENTIFIC.fullmatch(name) is not None


def plain(part: BaseModel) -> dict[str, Any]:
    """Give a part as it stands in ``datapackage.json``, without what is not given."""
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)


def read_project(path: Path) -> ProjectFile:
    """Read a project file.

    Parameters
    ----------
    path : Path
        YAML or JSON in UTF-8.

    Returns
    -------
    ProjectFile

    Raises
    ------
    UsageError
        When there is no such file, or it is not as it must be; all that is wrong is named.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file.", "Check the spelling of the path.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"{path}: is no YAML: {said}.", f"Write lines such as {EXAMPLE}.") \
            from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}: says nothing of a project.", f"Write lines such as {EXAMPLE}.")
    given = {name: value for name, value in content.items() if name not in _OURS}
    if isinstance(given.get("project"), dict):
        given["project"] = {name: value for name, value in given["project"].items()
                            if name != "observationLevel"}
    try:
        return ProjectFile.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors())
        raise UsageError(f"{path}: {wrong}.", "docs/export.md shows an example.") from error
