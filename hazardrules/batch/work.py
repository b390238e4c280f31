"""What a run has done, on disk: pieces that are there whole or not at all, so that a run that was killed is taken up."""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING, Any, Self

from hazardrules.batch import disk
from hazardrules.batch.files import refuse
from hazardrules.batch.pieces import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_RUN, _PIECES, _NEW, _FINISHING, _LOCK, _WHOLE, _OLD = "run.json", "pieces", "new", "finishing", "lock", "whole", "old"
_FINISHED = "finished.json"
_OURS = (_RUN, _FINISHING, _PIECES, _NEW, _WHOLE, _OLD)
ANSWERS, REJECTS, _MARK = "answers", "rejects.jsonl", "mark.json"


class Work:
    """The folder `OUT.partial`, held by one run at a time.

    INVARIANT: a folder in `pieces` is whole, since it gets there by one renaming; a run takes it as done.
    """

    def __init__(self, folder: Path, target: Path) -> None:
        """Hold the folder.

        Raises:
            BatchError: Another run holds it.
        """
        self.folder = folder
        self._lock = _held(folder, target)
        self.done: dict[int, dict[int, Mark]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    # beginning

    @property
    def is_finishing(self) -> bool:
        """Whether a run has begun to put its output in place."""
        return (self.folder / _FINISHING).exists()

    def changes(self, identity: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What is not as it was when the work was done; None where there is no work."""
        try:
            known = json.loads((self.folder / _RUN).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return tuple(name for name in identity if known.get(name) != identity[name])

    def finished(self, identity: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the same run has found, where it has put everything in place and only had to clear up."""
        try:
            known = json.loads((self.folder / _FINISHED).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        found: dict[str, Any] | None = known["counts"] if known["identity"] == identity else None
        return found

    def start(self, identity: Mapping[str, Any]) -> None:
        """Throw away what is there, and begin."""
        self._clear()
        (self.folder / _PIECES).mkdir()
        (self.folder / _NEW).mkdir()
        disk.write(self.folder / _RUN, lambda path: _write(path, identity))

    def take_up(self) -> Iterator[dict[str, Any]]:
        """Note the pieces that are done, and give the counts of each."""
        disk.remove(self.folder / _NEW)
        (self.folder / _NEW).mkdir()
        for entry in sorted((self.folder / _PIECES).iterdir()):
            file, _, number = entry.name.partition("-")
            found = json.loads((entry / _MARK).read_text("utf-8"))
            self.done.setdefault(int(file), {})[int(number)] = Mark(*found["mark"])
            yield found["counts"]

    def _clear(self) -> None:
        for name in _OURS:  # the first is what says that there is work
            disk.remove(self.folder / name)
        disk.remove(self.folder / _FINISHED)

    # pieces

    def commit(self, file: int, number: int, mark: Mark, counts: Mapping[str, Any], fill: Callable[[Path], None]) -> None:
        """Keep a piece that is done.

        Args:
            file: The number of its file.
            number: Of the piece in the file.
            mark: What is known of it.
            counts: What was found.
            fill: Writes its files into a folder.
        """
        name = f"{file:05d}-{number:07d}"
        new = self.folder / _NEW / name
        new.mkdir()
        fill(new)
        _write(new / _MARK, {"mark": list(mark), "counts": counts})
        for path in sorted(new.iterdir()):
            disk.sync(path)
        disk.replace(new, self.folder / _PIECES / name)

    def paths(self, name: str) -> list[Path]:
        """A file of every piece that has it, in the order of the rows."""
        found = (entry / name for entry in sorted((self.folder / _PIECES).iterdir()))
        return [path for path in found if path.exists()]

    # ending

    def finishing(self) -> Path:
        """Note that output is put in place; what is made for that is made at the path that is returned."""
        if not self.is_finishing:
            disk.write(self.folder / _FINISHING, lambda path: _write(path, {}))
        disk.remove(self.folder / _WHOLE)
        return self.folder / _WHOLE

    @property
    def old(self) -> Path:
        """Where a folder goes that makes room."""
        return self.folder / _OLD

    def end(self, identity: Mapping[str, Any], counts: Mapping[str, Any]) -> None:
        """Everything is in place: nothing is left to take up."""
        disk.write(self.folder / _FINISHED, lambda path: _write(path, {"identity": identity, "counts": counts}))
        self.clear_up()

    def clear_up(self) -> None:
        """Remove the folder."""
        self._clear()
        self._lock.close()
        disk.remove(self.folder / _LOCK)
        disk.remove_empty(self.folder)


def _write(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


def _held(folder: Path, target: Path) -> IO[bytes]:
    """The lock of a folder; the system lets go of it when its holder ends, however that ends."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("ab")
        if not _is_got(lock):
            lock.close()
            raise refuse(target, "batch.in_use")
        try:
            is_same = os.path.samestat(os.fstat(lock.fileno()), (folder / _LOCK).stat())
        except FileNotFoundError:
            is_same = False
        if is_same:
            return lock
        lock.close()  # another run has ended in between and has taken the file away


def _is_got(lock: IO[bytes]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt  # noqa: PLC0415 - there is none elsewhere

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl  # noqa: PLC0415 - there is none on Windows

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
