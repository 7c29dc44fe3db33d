"""What a user may choose of an export."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportOptions:
    """Choices that only some formats know.

    Attributes
    ----------
    dense_pose : bool
        Write dense pose, where the run has it: points and parts, about 9 kB for each detection.
    """

    dense_pose: bool = False
