"""A rulebook's folder as a sorted list of files; nothing outside it is ever read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector
from hazardrules.source import whole_file
from hazardrules.syntax.reader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_FILES = 10_000
MAX_FOLDERS_DEEP = 12
SUFFIXES = (".yaml", ".yml", ".csv")


@dataclass
class Folder:
    """The files of a rulebook.

    Attributes:
        path: The folder.
        names: The rulebook's files by their path within the folder, with `/`, sorted.
        read: The text of every file read so far.
    """

    path: Path
    collector: Collector
    names: list[str] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The text of a file; a problem is reported once and gives None."""
        if name in self.read:
            return self.read[name]
        found = read_file(self.path / name, name, self.collector)
        if found is not None:
            self.read[name] = found
        return found

    def digest(self) -> str:
        """SHA-256 over the names and contents of every file read, whatever the order on disk."""
        summed = sha256()
        for name in sorted(self.read):
            content = self.read[name].encode("utf-8", "surrogatepass")
            summed.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
            summed.update(content)
        return summed.hexdigest()


def list_folder(path: Path, collector: Collector) -> Folder | None:
    """List the files of a rulebook.

    Args:
        path: The folder.
        collector: Receives HR101 for what cannot be listed or leads out of the folder, HR105 where it holds too much.

    Returns:
        Its files, or None where there is no such folder.
    """
    if not path.is_dir():
        collector.report(101, whole_file(path.name or "."), variant="no_folder", name=path.name or ".")
        return None
    folder = Folder(path, collector)
    root = os.path.realpath(path)
    pending = [("", 0)]
    while pending:
        within, depth = pending.pop()
        for entry in _entries(path, within, collector):
            name = f"{within}{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_symlink() and not _stays_inside(entry, root):
                collector.report(101, whole_file(_printable(name)), variant="symlink")
            elif entry.is_dir(follow_symlinks=False):
                if depth >= MAX_FOLDERS_DEEP:
                    collector.report(105, whole_file(_printable(name)), variant="folders", limit=MAX_FOLDERS_DEEP)
                else:
                    pending.append((f"{name}/", depth + 1))
            elif entry.name.endswith(SUFFIXES):
                if _printable(name) != name:
                    collector.report(101, whole_file(_printable(name)), variant="file_name")
                    continue
                folder.names.append(name)
                if len(folder.names) > MAX_FILES:
                    collector.report(105, whole_file("."), variant="files", limit=MAX_FILES)
                    folder.names.sort()
                    return folder
    folder.names.sort()
    return folder


def source_texts(path: Path, names: Iterable[str]) -> dict[str, str]:
    """The texts of some files of a rulebook, to show the lines that diagnostics are about.

    Args:
        path: The folder of the rulebook.
        names: Names of files as spans carry them; one that the rulebook does not hold is left out.

    Returns:
        Name -> text.
    """
    silent = Collector()
    folder = list_folder(path, silent)
    if folder is None:
        return {}
    known = set(folder.names)
    texts = {name: folder.text(name) for name in sorted(set(names) & known)}
    return {name: text for name, text in texts.items() if text is not None}


def _entries(path: Path, within: str, collector: Collector) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path / within) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        collector.report(101, whole_file(_printable(within.rstrip("/")) or "."), reason=reason)
        return []


def _stays_inside(entry: os.DirEntry[str], root: str) -> bool:
    """Whether a link names a file within the folder; a link to a folder could run in circles."""
    target = Path(os.path.realpath(entry.path))
    return target.is_file() and target.is_relative_to(root)


def _printable(name: str) -> str:
    """A name that any output can carry: bytes that are no text are shown as `?`."""
    shown = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(character if character.isprintable() else "?" for character in shown)
