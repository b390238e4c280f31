"""What is done to the disk, so that whatever moment a run is killed at, a file is there whole or not at all."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def sync(path: Path) -> None:
    """Have the system write a file, or the entries of a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, fill: Callable[[Path], None]) -> None:
    """Write a file under another name, then give it its own.

    Args:
        path: The file.
        fill: Writes what it is given the path of.
    """
    other = path.with_name(path.name + ".tmp")
    fill(other)
    sync(other)
    replace(other, path)


def replace(old: Path, new: Path) -> None:
    """Give a file or folder its name; a file that has it already makes room."""
    old.replace(new)
    sync(new.parent)


def link(old: Path, new: Path) -> None:
    """The same file under a second name; a copy where the file system knows no second names."""
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
        sync(new)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def remove_empty(folder: Path) -> None:
    """Remove a folder, if nothing is in it."""
    with suppress(OSError):
        folder.rmdir()
