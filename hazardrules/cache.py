"""Compiled rulebooks kept between runs in the user's cache folder.

A kept rulebook is a pickle, and reading a pickle can run code. So it is only read where nobody else can have written
it: the folder and the file belong to this user and nobody else may write to them; its checksum must fit; and it may
name nothing but this library's types and a few of Python's. Whatever does not fit is compiled again.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import stat
import sys
import tempfile
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hazardrules.compiler.plan import Compiled
from hazardrules.errors import RulebookError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.diagnostics import Diagnostic

SWITCH = "HAZARDRULES_NO_CACHE"
"""Set to anything but nothing or 0, this environment variable turns the cache off."""
KEPT = 8
"""So many rulebooks are kept; the oldest make room."""

_MAGIC = b"hazardrules-cache-1\n"
_SUFFIX = ".compiled"
_MAX_BYTES = 500_000_000
_RULE_FILES = (".yaml", ".yml", ".csv")
_BESIDE = (".cases.yaml", ".cases.yml", ".analysis.yaml")
_LINT = "lint.yaml"
_AS_WRITTEN = "hazardrules.model.syntax_tree"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_PYTHON_TYPES = {
    ("builtins", "frozenset"): frozenset,
    ("builtins", "set"): set,
    ("fractions", "Fraction"): Fraction,
    ("datetime", "date"): date,
    ("datetime", "datetime"): datetime,
}


def cached_compile(folder: Path, compile_folder: Callable[[Path], tuple[Compiled | None, list[Diagnostic]]]) -> Compiled:
    """The compiled rulebook of a folder, from the cache where its content was compiled before.

    Args:
        folder: The folder with `rulebook.yaml`.
        compile_folder: Reads and compiles a folder.

    Returns:
        The compiled rulebook. Taken from the cache it has `OMITTED` in the place of conditions as they were written
        (`Rule.when` and the like): engines and explanations work on their compiled form.

    Raises:
        RulebookError: The rulebook has errors; nothing is kept then.
    """
    kept = _place(folder)
    if kept is not None:
        found = _read(kept)
        if found is not None:
            return found
    compiled, diagnostics = compile_folder(folder)
    if compiled is None or any(found.severity == "error" for found in diagnostics):
        raise RulebookError(diagnostics)
    if kept is not None:
        _write(kept, compiled)
    return compiled


def cache_folder() -> Path | None:
    """Where compiled rulebooks are kept; None where the cache is turned off."""
    if os.environ.get(SWITCH, "") not in ("", "0"):
        return None
    import platformdirs  # noqa: PLC0415 - only where the cache is used

    return Path(platformdirs.user_cache_dir("hazardrules", appauthor=False))


def content_digest(folder: Path) -> str:
    """The SHA-256 of the names and contents of all rule files of a folder; what stands beside them does not matter.

    Raises:
        OSError: The folder or a file in it cannot be read.
    """
    summed = sha256()
    for part in _content(folder):
        summed.update(f"{len(part)}\0".encode())
        summed.update(part)
    return summed.hexdigest()


def library_digest() -> str:
    """Of Python and this library; it changes whenever a module of the library does."""
    summed = sha256()
    for line in _ourselves():
        summed.update(f"{len(line)}\0".encode())
        summed.update(line)
    return summed.hexdigest()


def _place(folder: Path) -> Path | None:
    where = cache_folder()
    if where is None:
        return None
    summed = sha256(_MAGIC)
    try:
        for line in (*_ourselves(), *_content(folder)):
            summed.update(f"{len(line)}\0".encode())
            summed.update(line)
    except OSError:
        return None  # whatever cannot be read is reported by whoever compiles
    return where / f"{summed.hexdigest()}{_SUFFIX}"


def _ourselves() -> Iterator[bytes]:
    """What the compiled form depends on beside the rulebook: Python and this library, also while it is being changed."""
    from hazardrules import __version__  # noqa: PLC0415 - the package imports this module

    yield f"{__version__} {sys.implementation.cache_tag} {sys.version_info}".encode()
    package = os.path.dirname(__file__)  # noqa: PTH120 - pathlib would double the time of this walk
    pending = [package]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if entry.name.endswith((".py", ".lark")):
                    found = entry.stat()
                    yield f"{entry.name} {found.st_size} {found.st_mtime_ns}".encode()
                elif entry.name not in ("__pycache__", "rules") and entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)


def _content(folder: Path) -> Iterator[bytes]:
    """Names and contents of all rule files of a folder, in the order of their names; what stands beside them does not matter."""
    root = os.fspath(folder)
    names: list[str] = []
    pending = [""]
    while pending:
        within = pending.pop()
        with os.scandir(os.path.join(root, within)) as entries:  # noqa: PTH118 - see above
            for entry in entries:
                name = f"{within}{entry.name}"
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{name}/")
                elif name != _LINT and entry.name.endswith(_RULE_FILES) and not entry.name.endswith(_BESIDE):
                    names.append(name)
    for name in sorted(names):
        yield name.encode("utf-8", "surrogateescape")
        with open(f"{root}/{name}", "rb") as file:  # noqa: PTH123 - see above
            yield file.read()


# reading


def _read(path: Path) -> Compiled | None:
    """A kept rulebook, or None where there is none that can be trusted."""
    try:
        raw = _trusted_bytes(path)
    except OSError:
        return None
    size = len(_MAGIC) + sha256().digest_size
    if raw is None or not raw.startswith(_MAGIC) or sha256(memoryview(raw)[size:]).digest() != raw[len(_MAGIC) : size]:
        return None
    try:
        return unpacked(memoryview(raw)[size:])
    except Exception:  # noqa: BLE001 - whatever a broken file does to the reader, the rulebook is compiled again
        return None


def unpacked(content: bytes | memoryview) -> Compiled | None:
    """A rulebook that `packed` wrote, by this very version of the library; None where it is something else."""
    collecting = gc.isenabled()
    gc.disable()  # a hundred thousand new objects, none of them garbage
    try:
        found = _Unpickler(io.BytesIO(content)).load()
    finally:
        if collecting:
            gc.enable()
    return found if isinstance(found, Compiled) else None


def _trusted_bytes(path: Path) -> bytes | None:
    """The content of a file that nobody but this user can have written."""
    if not _only_ours(os.lstat(path.parent)):
        return None
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or not _only_ours(found) or found.st_size > _MAX_BYTES:
            return None
        return file.read()


def _only_ours(found: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):  # pragma: no cover - on Windows the profile's folder belongs to its user
        return True
    return found.st_uid == os.getuid() and not found.st_mode & _OTHERS_MAY_WRITE


class _Unpickler(pickle.Unpickler):
    """Reads this library's types and a few of Python's, and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, "_omitted"):
            return _omitted
        known = _PYTHON_TYPES.get((module, name))
        if known is not None:
            return known
        if module == "hazardrules.source" or module.startswith(("hazardrules.model.", "hazardrules.compiler.plan")):
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name}")


# writing


class Omitted:
    """Stands in a kept rulebook for a condition as it was written, which nothing needs once it is compiled."""

    __slots__ = ()


OMITTED = Omitted()


def _omitted() -> Omitted:
    return OMITTED


class _Pickler(pickle.Pickler):
    """Writes dataclasses as calls with their fields in order, which are read far faster than what they would write."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5)
        self._fields: dict[type, tuple[str, ...]] = {}

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind.__module__ == _AS_WRITTEN or kind is Omitted:  # a rulebook from the cache is written again when it is sent
            return _omitted, ()
        names = self._fields.get(kind)
        if names is None:
            is_ours = is_dataclass(kind) and all(field.init for field in fields(kind))
            names = tuple(field.name for field in fields(kind)) if is_ours else ()
            self._fields[kind] = names
        return (kind, tuple(getattr(value, name) for name in names)) if names else NotImplemented


def packed(compiled: Compiled) -> bytes:
    """A compiled rulebook as bytes, without conditions as they were written and without the plans cut from it so far.

    Raises:
        pickle.PicklingError: It holds something that cannot be written.
        RecursionError: A condition is nested too deeply to be written.
    """
    buffer = io.BytesIO()
    plain = Compiled(
        compiled.source,
        compiled.rules,
        compiled.derived,
        compiled.parameters,
        compiled.scopes,
        compiled.order,
        compiled.breakpoints,
    )
    _Pickler(buffer).dump(plain)
    return buffer.getvalue()


def _write(path: Path, compiled: Compiled) -> None:
    """Keep a compiled rulebook; where that is not possible, the next run compiles again."""
    try:
        content = packed(compiled)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _only_ours(os.lstat(path.parent)):
            return
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")  # of mode 0600
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + sha256(content).digest() + content)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _make_room(path.parent)
    except (OSError, pickle.PicklingError, RecursionError):
        return


def _make_room(folder: Path) -> None:
    kept = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[KEPT:]:
        path.unlink(missing_ok=True)
