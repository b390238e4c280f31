"""Runs over files that are killed, and taken up: run as a program by the tests, which read what it prints.

Each run is a child process of its own, which kills itself by SIGKILL at a given moment: after a call that changes the disk, or
when a file is half written.
"""

from __future__ import annotations

import gc
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hazardrules
from hazardrules.batch import classify_files, columns_in, disk, lines_in, run, work
from hazardrules.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 25
KILLED, DONE, FAILED, EXISTS = -1, 0, 1, 2
DISK = ("sync", "write", "replace", "link", "remove", "remove_empty")
WRITERS = ("write_answers", "write_rejects", "join_answers", "join_rejects")


class Moments:
    """Counts moments, and ends the process at one of them."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.seen = fatal, 0

    def pass_by(self, torn: Path | None = None) -> None:
        self.seen += 1
        if self.seen == self.fatal:
            if torn is not None:
                os.truncate(torn, torn.stat().st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """After a call; that is before the next."""

        def watched(*args: Any, **options: Any) -> Any:
            found = call(*args, **options)
            self.pass_by()
            return found

        return watched

    def tearing(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """After a file is written, and when half of it is."""

        def watched(content: Any, path: Path, *args: Any) -> None:
            call(content, path, *args)
            self.pass_by(torn=path)

        return watched

    def watch(self) -> None:
        """Put moments everywhere."""
        for name in DISK:
            setattr(disk, name, self.around(getattr(disk, name)))
        for name in WRITERS:
            setattr(run, name, self.tearing(getattr(run, name)))
        work._write = self.around(work._write)
        Path.mkdir = self.around(Path.mkdir)  # type: ignore[method-assign]


def child(book: hazardrules.Rulebook, source: str, target: Path, to: str, fatal: int) -> int:
    """A run in a process of its own.

    Returns:
        How it ended.
    """
    pid = os.fork()
    if pid == 0:
        code = FAILED
        try:
            if fatal:
                Moments(fatal).watch()
            rejects = target.with_name("rejects.csv")
            classify_files(book, source, target, subject="premises", keep=["id"], rejects=rejects, to=to, threads=2)
            code = DONE
        except BatchError as error:
            if "exists already" not in str(error):
                traceback.print_exc()
            code = EXISTS
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return KILLED
    return os.WEXITSTATUS(status)


def content(folder: Path) -> dict[str, str]:
    """Everything that a run has left."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def is_whole(target: Path, found: dict[str, str], whole: dict[str, str]) -> bool:
    """Whether the answers are there as they should be, or not at all."""
    own = lambda files: {name: digest for name, digest in files.items() if name.partition("/")[0] == target.name}  # noqa: E731 - short
    return not target.exists() or own(found) == own(whole)


def main(rules: str, source: str, out: str, to: str, where: str, every: str) -> None:
    """Kill runs at moments, one after the other; then some runs at several moments."""
    columns_in.ROWS = lines_in.ROWS = PIECE
    book = hazardrules.load(rules)
    gc.freeze()
    folder = Path(where)
    folder.mkdir()
    target = folder / out

    def afresh() -> None:
        shutil.rmtree(folder)
        folder.mkdir()

    def take_up() -> None:
        """The same call again; where only the folder of the work was left to be removed, it says that all is there."""
        state = child(book, source, target, to, 0)
        left = content(folder)
        if state == EXISTS:
            left.pop(f"{target.name}.partial/lock", None)
        else:
            assert state == DONE
        assert left == whole

    assert child(book, source, target, to, 0) == DONE
    whole = content(folder)
    assert target.name in {name.partition("/")[0] for name in whole}
    kills = 0
    for fatal in itertools.count(1, int(every)):
        afresh()
        if child(book, source, target, to, fatal) == DONE:
            assert content(folder) == whole
            break
        kills += 1
        assert is_whole(target, content(folder), whole), fatal
        take_up()
    chains = []
    rng = random.Random(5)  # noqa: S311 - moments are no secret
    for _ in range(4):
        afresh()
        chain = 0
        while child(book, source, target, to, rng.randrange(1, 40)) == KILLED:
            assert is_whole(target, content(folder), whole)
            chain += 1
        assert is_whole(target, content(folder), whole)
        assert target.exists()
        chains.append(chain)
    print(json.dumps({"kills": kills, "chains": chains}))


if __name__ == "__main__":
    main(*sys.argv[1:])
