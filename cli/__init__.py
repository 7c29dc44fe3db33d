"""The `wildpose` command: one small module per sub-command.

Each sub-command parses, calls one function of the package and prints what came back. Modules here
import nothing heavy at their top level, so that `wildpose --help` answers at once.
"""

from __future__ import annotations

from .main import main

__all__ = ["main"]
