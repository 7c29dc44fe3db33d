"""Find the clips of a folder tree, and say what could not be looked at.

A file is a clip by its extension, in any case, or else by its first bytes: cameras and card
readers lose extensions or invent them. What has a video's extension is always listed, whatever is
in it: opening it then gives the reason why it can't be read, which belongs among the failures and
not into silence.

Left out by rule, without a word: hidden files and folders (a leading dot; see
:class:`FindOptions`), the ``._`` files of macOS even then, the recycle bins and indexes that
operating systems put on cards, sound files, and the small preview copies that some cameras write
beside each clip (``.LRV``, ``.LRF``, ``.THM``).
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import UsageError
from .sniff import HEAD_BYTES, video_kind

VIDEO_EXTENSIONS = frozenset({
    ".3g2", ".3gp", ".264", ".265", ".asf", ".avi", ".dav", ".divx", ".dv", ".f4v", ".flv",
    ".gif", ".h264", ".h265", ".hevc", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg",
    ".mjpg", ".mkv", ".mod", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".ogm",
    ".ogv", ".qt", ".tod", ".ts", ".vob", ".webm", ".wmv", ".xvid",
})
"""Extensions, in lower case, that make a file a clip whatever it holds."""

NEVER_CLIPS = frozenset({
    ".aac", ".aif", ".aiff", ".flac", ".lrf", ".lrv", ".m4a", ".m4b", ".mka", ".mp3", ".oga",
    ".ogg", ".opus", ".thm", ".wav", ".wma",
})
"""Sound, and previews that double a clip: not looked into."""

SYSTEM_FOLDERS = frozenset({
    "$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir", "__MACOSX",
})
"""Where operating systems and network drives put what was deleted or indexed."""


@dataclass(frozen=True)
class ClipFile:
    r"""A file to be read as a clip.

    Attributes
    ----------
    path : Path
        Where it is, as the file system names it.
    clip : str
        Its name in all tables: path relative to the root with ``/``, in Unicode NFC; bytes of a
        name that are no text are written as ``\xNN``.
    deployment : str
        The folder that holds it, written likewise; ``"."`` for the root itself.
    size_bytes : int
    """

    path: Path
    clip: str
    deployment: str
    size_bytes: int


@dataclass(frozen=True)
class ClipProblem:
    """Something that might have held clips and could not be looked at.

    Attributes
    ----------
    clip : str
        The file or folder, named as in :class:`ClipFile`.
    stage : str
        ``"find"``.
    reason : str
        In one line.
    """

    clip: str
    stage: str
    reason: str


@dataclass(frozen=True)
class FoundClips:
    """The outcome of a search, both parts sorted by name.

    Attributes
    ----------
    clips : tuple of ClipFile
    problems : tuple of ClipProblem
    """

    clips: tuple[ClipFile, ...]
    problems: tuple[ClipProblem, ...]


@dataclass(frozen=True)
class FindOptions:
    """What to look at.

    Attributes
    ----------
    hidden : bool
        Take files and folders with a leading dot too (never those with a leading ``._``).
    exclude : tuple of Path
        Folders to pass over, such as the run folder that is written below the root.
    """

    hidden: bool = False
    exclude: tuple[Path, ...] = ()


def find_clips(root: Path, options: FindOptions | None = None) -> FoundClips:
    """All clips below a folder, or the one clip that ``root`` itself is.

    Links are followed; a folder or file that was reached already, by a loop or by two ways, is
    read once and the second way is reported.

    Parameters
    ----------
    root : Path
        A folder, or a single video file.
    options : FindOptions, optional

    Returns
    -------
    FoundClips

    Raises
    ------
    UsageError
        Where ``root`` does not exist.
    """
    root = Path(root)
    if root.is_file():
        return FoundClips((ClipFile(root, printable(root.name), ".", root.stat().st_size),), ())
    if not root.exists():
        raise UsageError(f"{root}: no such file or folder.", "Name the folder of the clips.")
    search = _Search(root, options or FindOptions())
    search.run()
    return FoundClips(
        tuple(sorted(search.clips.values(), key=lambda clip: clip.clip)),
        tuple(sorted(search.problems, key=lambda problem: (problem.clip, problem.reason))),
    )


def printable(name: str | Path) -> str:
    r"""Write a file name as text for tables: NFC, bytes that are no text as ``\xNN``.

    Parameters
    ----------
    name : str or Path
        As Python gives it, with surrogates for bytes that are no text.

    Returns
    -------
    str
    """
    return unicodedata.normalize("NFC", _as_text(name))


def _as_text(name: str | Path) -> str:
    raw = Path(name).as_posix().encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


@dataclass
class _Search:
    root: Path
    options: FindOptions
    clips: dict[str, ClipFile] = field(default_factory=dict)
    problems: list[ClipProblem] = field(default_factory=list)
    _seen: dict[tuple[int, int], Path] = field(default_factory=dict)

    def run(self) -> None:
        """Folders first, then what links lead to, so that a link never hides the real thing."""
        excluded = {folder.resolve() for folder in self.options.exclude}
        folders, links = [self.root], list[Path]()
        while folders or links:
            if not folders:
                folders += self._follow(links.pop(0))
                continue
            folder = folders.pop()
            if folder.resolve() in excluded or not self._first_visit(folder):
                continue
            for path in self._entries(folder):
                if path.is_symlink():
                    links.append(path)
                elif path.is_dir():
                    folders.append(path)
                else:
                    self._file(path)

    def _entries(self, folder: Path) -> Iterator[Path]:
        try:
            paths = sorted(folder.iterdir())
        except OSError as error:
            self._problem(folder, f"folder can't be read ({error.strerror})")
            return
        for path in paths:
            hidden = path.name.startswith(".") and not self.options.hidden
            if not (hidden or path.name.startswith("._") or path.name in SYSTEM_FOLDERS):
                yield path

    def _follow(self, link: Path) -> list[Path]:
        """List the folder that a link leads to; a linked file is dealt with at once."""
        try:
            target = link.stat()
        except OSError as error:
            self._problem(link, f"link leads nowhere ({error.strerror})")
            return []
        if not stat.S_ISDIR(target.st_mode):
            self._file(link)
            return []
        real, here = link.resolve(), link.parent.resolve()
        if real == here or real in here.parents:
            self._problem(link, "link loops back to a folder that it lies in")
            return []
        before = self._seen.get(_identity(target))
        if before is not None:
            self._problem(link, f"link leads to a folder already read: {self._name(before)}")
            return []
        return [link]

    def _first_visit(self, path: Path) -> bool:
        try:
            facts = path.stat()
        except OSError as error:
            self._problem(path, f"can't be read ({error.strerror})")
            return False
        first = _identity(facts) not in self._seen
        self._remember(facts, path)
        return first

    def _file(self, path: Path) -> None:
        extension = path.suffix.lower()
        if extension in NEVER_CLIPS:
            return
        named = extension in VIDEO_EXTENSIONS
        try:
            facts = path.stat()
            if not stat.S_ISREG(facts.st_mode):
                if named:
                    self._problem(path, "not a regular file")
                return
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
        except OSError as error:
            self._problem(path, f"file can't be read ({error.strerror})")
            return
        if named or video_kind(head):
            self._add(path, facts)

    def _add(self, path: Path, facts: os.stat_result) -> None:
        before = self._seen.get(_identity(facts))
        if path.is_symlink() and before is not None:
            self._problem(path, f"link leads to a clip already listed: {self._name(before)}")
            return
        self._remember(facts, path)
        self._enter(path, self._name(path), facts.st_size)

    def _enter(self, path: Path, clip: str, size_bytes: int) -> None:
        """List a clip; of two whose names differ in how accents are written, both stay."""
        before = self.clips.get(clip)
        spelt = _as_text(path.relative_to(self.root))
        if before is not None and spelt == clip:
            del self.clips[clip]
            self._enter(before.path, _as_text(before.path.relative_to(self.root)),
                        before.size_bytes)
        elif before is not None:
            clip = spelt
        self.clips[clip] = ClipFile(path, clip, clip.rpartition("/")[0] or ".", size_bytes)

    def _remember(self, facts: os.stat_result, path: Path) -> None:
        # Some network file systems give every file the number 0: those can't be told apart.
        if facts.st_ino:
            self._seen.setdefault(_identity(facts), path)

    def _name(self, path: Path) -> str:
        return printable(path.relative_to(self.root))

    def _problem(self, path: Path, reason: str) -> None:
        self.problems.append(ClipProblem(self._name(path), "find", reason))


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino
