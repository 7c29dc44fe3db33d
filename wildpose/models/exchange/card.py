"""The card of an imported model: where its weights came from and what may be done with them."""

from __future__ import annotations

from dataclasses import dataclass

from wildpose.models.exchange.zoo import CODE_LICENCE, WEIGHTS_LICENCE, ZooModel


@dataclass(frozen=True)
class Origin:
    """Where weights came from, as the card and ``model.json`` say it.

    Attributes
    ----------
    source : str
        The address or the file's name; no folders of the computer, no passwords.
    sha256 : str
        Of the checkpoint.
    checked : bool
        Whether it was compared with a known one.
    settings : str
        Name of the settings.
    licence : str
        Of the weights.
    author : str
        What the checkpoint says of itself; may be empty.
    published : ZooModel, optional
        The published model that it is, by name.
    """

    source: str
    sha256: str
    checked: bool
    settings: str
    licence: str
    author: str
    published: ZooModel | None


def card_text(name: str, subject: str, origin: Origin) -> str:
    """The card, in Markdown.

    Parameters
    ----------
    name : str
        Of the model folder.
    subject : {"animal", "person"}
        What the network finds.
    origin : Origin
    """
    parts = (_what(name, subject, origin), _source(origin), _licences(origin), _figures(origin))
    return "\n\n".join(part for part in parts if part) + "\n"


def _what(name: str, subject: str, origin: Origin) -> str:
    found = ("animals and people, as one class: it does not tell one from the other"
             if subject == "animal" else "people")
    return (f"# {name}\n\n"
            "DensePose R-CNN of detectron2's DensePose project, imported by `wildpose models "
            f"import`: same network, same weights, no pickle. It finds {found}; each box comes "
            "with dense pose. Its scores were **not calibrated** here: a score of 0.5 does not "
            "mean that half of such boxes are right.")


def _source(origin: Origin) -> str:
    lines = ["## Source", "", f"- **Weights**: {_as_link(origin.source)}",
             f"- **sha256 of that file**: `{origin.sha256}` ({_said_of_check(origin)})",
             f"- **Settings**: {origin.settings}"]
    if origin.author:
        lines.append(f"- **Its author, as the file says**: {_one_line(origin.author)}")
    return "\n".join(lines)


def _as_link(source: str) -> str:
    return f"<{source}>" if "://" in source else f"`{_one_line(source)}`"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200].replace("`", "'")


def _said_of_check(origin: Origin) -> str:
    if origin.checked:
        return "the known one"
    if origin.published:
        return ("no checksum of this file was known to compare it with, so nothing says that it is "
                "the published file beside its name")
    return "there was none to compare it with"


def _licences(origin: Origin) -> str:
    lines = ["## Licences", "", f"- **Weights**: {origin.licence}"]
    if origin.licence == WEIGHTS_LICENCE and origin.published:
        lines[-1] += (", as the model-zoo page of detectron2's DensePose project states for all of "
                      "its files")
    lines += [
        f"- **detectron2**: {CODE_LICENCE}; wildpose holds none of its code.",
        "- **Open**: the authors of DensePose said that its annotations of people are CC BY-NC 2.0 "
        "(DensePose issue 29); whether that reaches the weights was asked and not answered "
        "(detectron2 issue 3785). Settle it before commercial use.",
    ]
    return "\n".join(lines)


def _figures(origin: Origin) -> str:
    if origin.published is None:
        return ""
    where = ("DensePose-Chimps" if origin.published.subject == "animal"
             else "people, the minival part of DensePose-COCO")
    figures = origin.published.figures
    return "\n".join([
        "## Figures", "", f"As its authors state them ({where}); not measured again here.", "",
        "| " + " | ".join(figures) + " |", "|---" * len(figures) + "|",
        "| " + " | ".join(f"{value:.1f}" for value in figures.values()) + " |"])
