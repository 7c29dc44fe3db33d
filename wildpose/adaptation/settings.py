"""What a user asks of an adaptation."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from wildpose.adaptation.drawn import DrawSettings
from wildpose.adaptation.labels import LabelSettings
from wildpose.adaptation.student import StudentSettings


@dataclass(frozen=True)
class AdaptSettings:
    """What to adapt, to what, and how.

    Attributes
    ----------
    clips : tuple of Path
        Clips, stills, or folders of them: the target.
    teacher : str
        A shipped name or a model folder.
    species : str
        For the card.
    out : Path
    source : Path or None
        The user's own labelled folder; see :mod:`wildpose.adaptation.source`.
    validation : Path or None
        A labelled folder of the target, to judge by; never learnt from.
    corrections : Path or None
        A labelled folder of the target, to learn from.
    rounds : int
    draw : DrawSettings
    label : LabelSettings
    student : StudentSettings
    margin : float
        Box AP and presence AUC on the source that a student may lose.
    """

    clips: tuple[Path, ...]
    teacher: str
    species: str
    out: Path
    source: Path | None = None
    validation: Path | None = None
    corrections: Path | None = None
    rounds: int = 1
    draw: DrawSettings = field(default_factory=DrawSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    student: StudentSettings = field(default_factory=StudentSettings)
    margin: float = 0.02

    def as_json(self) -> dict[str, Any]:
        """All that a result hangs on, as it is kept."""
        content: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return content
