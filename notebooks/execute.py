"""Execute the notebooks and keep what they print: the one way to make their outputs anew.

python notebooks/execute.py                        all of them, in order
python notebooks/execute.py 1_first_run.ipynb      some of them

They run one after the other in a copy of this folder, so that no older run is in their way. What
differs from one machine or day to the next is taken out of the outputs. A cell whose text differs
all the same (figures of a training) carries the tag "varies".
"""

from __future__ import annotations

import base64
import io
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).resolve().parent
VARIES = "varies"
CELL_TIMEOUT_S = 900
WIDEST_PX = 900
LARGEST_BYTES = 150_000
"""Of one picture in an output."""

_UP_AND_ERASED = re.compile(r"[^\n]*\n(\x1b\[\?25h)?\r?\x1b\[1A\x1b\[2K")
_OVERWRITTEN = re.compile(r"[^\n]*(\r|\x1b\[2K)")
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_TIME_TAKEN = re.compile(r" in \d+(\.\d+)? (s|min|h):")


def all_notebooks() -> list[Path]:
    """The committed notebooks, in the order of their numbers."""
    return sorted(HERE.glob("[0-9]*.ipynb"))


def read(notebook: Path) -> nbformat.NotebookNode:
    """A notebook as it lies there."""
    return nbformat.read(notebook, as_version=4)


def copy_workplace(folder: Path) -> Path:
    """Copy what the notebooks need, as it lies in a clone; gives the copy of this folder."""
    shutil.copytree(HERE, folder / HERE.name, ignore=shutil.ignore_patterns("runs", "__pycache__"))
    shutil.copytree(HERE.parent / "sample_data", folder / "sample_data")
    return folder / HERE.name


def execute(notebook: Path) -> nbformat.NotebookNode:
    """Run a notebook where it lies, by the Python that runs this.

    Parameters
    ----------
    notebook : Path
        In a folder that :func:`copy_workplace` made; the file itself is not changed.

    Returns
    -------
    NotebookNode
        With its outputs, cleaned.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell ended in an error.
    """
    content = read(notebook)
    # No kernel that somebody registered under the same name: always this Python.
    manager = AsyncKernelManager(kernel_name="python3",
                                 kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    client = NotebookClient(
        content, km=manager, timeout=CELL_TIMEOUT_S, record_timing=False,
        resources={"metadata": {"path": str(notebook.parent)}},
        # It would warn that it talks to this process over a port without encryption.
        extra_arguments=["--log-level=ERROR"])
    # It leaves a kernel that it did not make itself running, and with it a database.
    client.execute(cleanup_kc=True, env=_environment(notebook.parent))
    return cleaned(content, notebook.parent)


def _environment(place: Path) -> dict[str, str]:
    """What a reader's kernel has, but for settings of the person at this machine."""
    programs = str(Path(sys.executable).parent)
    return os.environ | {
        "PATH": os.pathsep.join([programs, os.environ.get("PATH", os.defpath)]),
        "IPYTHONDIR": str(place.parent / "ipython"),
        "WILDPOSE_HOME": str(place.parent / "home"),
        "WILDPOSE_DATA": str(place.parent / "no_training_data"),
    }


def cleaned(content: nbformat.NotebookNode, place: Path) -> nbformat.NotebookNode:
    """Leave in a notebook what a reader wants to see and what stays the same.

    Parameters
    ----------
    content : NotebookNode
        Changed in place, too.
    place : Path
        Where it was executed: this path is taken out of texts.

    Returns
    -------
    NotebookNode
    """
    content.metadata = nbformat.from_dict({
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    for cell in content.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            cell.outputs = [_cleaned_output(output, place) for output in _joined(cell.outputs)]
    return content


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """One output where a stream came in pieces, without warnings."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if output.get("name") == "stderr":  # warnings of libraries: they name files of this machine
            continue
        if joined and output.output_type == joined[-1].output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _cleaned_output(output: nbformat.NotebookNode, place: Path) -> nbformat.NotebookNode:
    if output.output_type == "stream":
        output.text = shown_text(output.text, place)
        return output
    data = output.get("data", {})
    picture = data.pop("image/png", None)  # a photo is shown as both; once cleaned there is no PNG
    if picture:
        data["image/jpeg"] = small_jpeg(base64.b64decode(picture))
    for kind in data:
        if kind.startswith("text/"):
            data[kind] = shown_text(data[kind], place)
    output.metadata = {}
    return output


def shown_text(text: str, place: Path) -> str:
    """A text as it stays on the screen, without paths of this machine and times that work took."""
    for path in (place, place.resolve()):
        text = text.replace(f"{path}{os.sep}", "").replace(f"{path.parent}{os.sep}", "../")
    text = _UP_AND_ERASED.sub("", text.replace("\r\n", "\n"))  # progress bars
    text = _TERMINAL_CODE.sub("", _OVERWRITTEN.sub("", text))
    return _TIME_TAKEN.sub(" in ... s:", text)


def small_jpeg(picture: bytes) -> str:
    """A picture as JPEG of at most :data:`LARGEST_BYTES`, in base64."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.thumbnail((WIDEST_PX, 4 * WIDEST_PX), Image.Resampling.LANCZOS)
    for quality in range(88, 20, -6):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LARGEST_BYTES:
            break
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def main(names: list[str]) -> None:
    """Write outputs anew: of the notebooks named, or of all."""
    wanted = {Path(name).name for name in names} or {path.name for path in all_notebooks()}
    with tempfile.TemporaryDirectory() as folder:
        place = copy_workplace(Path(folder))
        for path in all_notebooks():
            if path.name in wanted:
                content: Any = execute(place / path.name)
                nbformat.write(content, path)
                print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
