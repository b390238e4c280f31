"""Which files are read and which are written."""

from __future__ import annotations

import glob
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hazardrules.errors import BatchError
from hazardrules.intake.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

READ = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
WRITTEN = {".parquet": "parquet", ".csv": "csv", ".jsonl": "jsonl"}
ZIPPED = ".gz"
_ENDS = 65_536
"""So many bytes at either end of a file are compared when a run is taken up."""


@dataclass(frozen=True, slots=True)
class Form:
    """How CSV files are written.

    Attributes:
        encoding: Of their text.
        delimiter: What stands between cells; None for a comma, in `.tsv` a tab.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A file that is read.

    Attributes:
        path: Where it is.
        name: What answers and problems call it.
        kind: `parquet`, `csv` or `jsonl`.
        zipped: Whether it is compressed by gzip.
    """

    path: Path
    name: str
    kind: str
    zipped: bool

    @property
    def is_tabbed(self) -> bool:
        """Whether its cells are separated by tabs."""
        return self.path.name.removesuffix(ZIPPED).lower().endswith(".tsv")


@dataclass(frozen=True, slots=True)
class Output:
    """What is written.

    Attributes:
        path: The file or folder.
        kind: `parquet`, `csv` or `jsonl`.
        is_folder: Whether it is a folder of parts.
    """

    path: Path
    kind: str
    is_folder: bool

    def beside(self, suffix: str) -> Path:
        """The path with something after it."""
        return self.path.with_name(self.path.name + suffix)


def refuse(place: str | Path, key: str, **args: object) -> BatchError:
    """The error of one file."""
    return BatchError([Problem("", key, {name: str(value) for name, value in args.items()}, (), str(place))])


def unusable(error: Exception, place: str | Path) -> BatchError:
    """The error of a file that cannot be read or written."""
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return refuse(place, "intake.unreadable", reason=reason)


# input


def inputs_of(source: str | Path, apart: Iterable[Path]) -> tuple[list[Input], bool]:
    """The files that are read, in the order in which they are read.

    Args:
        source: A file, a folder, or a pattern.
        apart: Files and folders that the run writes: they are never read.

    Returns:
        The files, and whether there may be several.

    Raises:
        BatchError: There is no such file, or none that can be read.
    """
    text, given = str(source), Path(source)
    own = [path.resolve() for path in apart]
    if given.is_file():
        if _is_within(given, own):
            raise refuse(given, "batch.reads_itself")
        return [_input(given, given.name)], False
    if given.is_dir():
        found = [path for path in _below(given) if _kind(path) is not None]
        named = [(path, path.relative_to(given).as_posix()) for path in found]
    elif glob.has_magic(text):
        matched = (Path(name) for name in glob.glob(text, recursive=True))  # noqa: PTH207 - a pattern may be absolute
        named = [(path, path.as_posix()) for path in matched if path.is_file()]
    else:
        raise refuse(text, "batch.no_file")
    files = [_input(path, name) for path, name in sorted(named, key=lambda pair: pair[1]) if not _is_within(path, own)]
    if not files:
        raise refuse(text, "batch.no_files", suffixes=", ".join(READ))
    return files, True


def _below(folder: Path) -> list[Path]:
    """The files of a folder at any depth; what begins with a point or an underscore is not meant for readers."""
    found = []
    for around, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in "._"]
        found += [Path(around, name) for name in names if name[0] not in "._"]
    return found


def _is_within(path: Path, own: list[Path]) -> bool:
    here = path.resolve()
    return any(here == other or here.is_relative_to(other) for other in own)


def _kind(path: Path) -> str | None:
    name = path.name.lower()
    plain = name.removesuffix(ZIPPED)
    kind = READ.get(Path(plain).suffix)
    return None if kind == "parquet" and plain != name else kind


def _input(path: Path, name: str) -> Input:
    kind = _kind(path)
    if kind is None:
        raise refuse(path, "batch.unknown_format", suffixes=", ".join(READ))
    return Input(path, name, kind, path.name.lower().endswith(ZIPPED))


def stamp(file: Input) -> dict[str, Any]:
    """What tells whether a file is still the same: its size, its time, and its two ends."""
    try:
        state = file.path.stat()
        with file.path.open("rb") as opened:
            ends = opened.read(_ENDS)
            opened.seek(max(state.st_size - _ENDS, 0))
            ends += opened.read(_ENDS)
    except OSError as error:
        raise unusable(error, file.path) from error
    return {
        "file": str(file.path.resolve()),
        "name": file.name,
        "size": state.st_size,
        "time": state.st_mtime_ns,
        "ends": hashlib.sha256(ends).hexdigest(),
    }


# output


def output_of(target: str | Path, to: str) -> Output:
    """What is written: a file by its suffix, or a folder.

    Raises:
        BatchError: No file of that suffix can be written.
    """
    path, text = Path(target), str(target)
    suffix = path.suffix.lower()
    if path.is_dir() or text.endswith(("/", os.sep)) or (not suffix and not path.is_file()):
        if to not in WRITTEN.values():
            raise refuse(path, "batch.unknown_output", suffixes=", ".join(WRITTEN))
        return Output(path, to, is_folder=True)
    if suffix not in WRITTEN:
        raise refuse(path, "batch.unknown_output", suffixes=", ".join(WRITTEN))
    return Output(path, WRITTEN[suffix], is_folder=False)
