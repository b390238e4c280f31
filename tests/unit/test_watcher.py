"""A watched folder: what is right is used at once, what is wrong is said and not used."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hazardrules
from hazardrules import watcher as module
from hazardrules.api import usable_engines
from hazardrules.wording import LANGUAGES

if TYPE_CHECKING:
    from hazardrules import RulebookWatcher

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2026, 1, 1)
LIMIT = "height > 3 m"
CASE: dict[str, Any] = {"warehouse": {"racks": [{"height": "5 m", "anchored": False}]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small rulebook that may be changed."""
    return Path(shutil.copytree(ROOT / "examples" / "warehouse-abroad", tmp_path / "rules"))


@pytest.fixture
def watcher(folder: Path) -> RulebookWatcher:
    """Its watcher."""
    return hazardrules.RulebookWatcher(folder)


def edit(folder: Path, old: str, new: str, *, quietly: bool = False) -> None:
    """Change the pack; quietly: the times of the file stay."""
    file = folder / "warehouse.yaml"
    text, times = file.read_text("utf-8"), file.stat()
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    if quietly:
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def is_found(book: hazardrules.Rulebook) -> bool:
    """Whether a rack of five metres that is not anchored is a finding."""
    return any(found.rule == "warehouse.rack_not_anchored" for found in book.classify(CASE, as_of=DAY).findings)


def test_nothing_happens_where_nothing_has_changed(folder: Path, watcher: RulebookWatcher) -> None:
    """Not even where a file was touched, or a case was written."""
    book = watcher.book
    assert watcher.poll() is None
    os.utime(folder / "warehouse.yaml")
    (folder / "more.cases.yaml").write_text("- name: unfinished", "utf-8")
    assert watcher.poll() is None
    assert watcher.book is book


def test_good_then_bad_then_good(folder: Path, watcher: RulebookWatcher) -> None:
    """The last good rulebook is used throughout, and each change is told once."""
    first = watcher.book
    assert is_found(first)

    edit(folder, LIMIT, "hight > 3 m")
    found = watcher.poll()
    assert found is not None
    assert (found.state, found.book) == ("kept", first)
    assert [(str(one.code), one.span.line) for one in found.errors] == [("HR201", 31)]
    assert watcher.diagnostics == found.diagnostics
    assert watcher.poll() is None
    assert is_found(watcher.book)

    edit(folder, "hight > 3 m", "height > 6 m")
    found = watcher.poll()
    assert found is not None
    assert (found.state, found.errors, found.book) == ("swapped", (), watcher.book)
    assert watcher.diagnostics == ()
    assert watcher.book.digest != first.digest
    assert not is_found(watcher.book)
    assert is_found(first)  # a request that began with it ends with it
    assert watcher.poll() is None


def test_an_error_taken_back_is_told_too(folder: Path, watcher: RulebookWatcher) -> None:
    """Without reading anything again: the folder is as it is used."""
    book = watcher.book
    edit(folder, LIMIT, "hight > 3 m")
    watcher.poll()
    edit(folder, "hight > 3 m", LIMIT)
    found = watcher.poll()
    assert found is not None
    assert (found.state, found.book, watcher.diagnostics) == ("restored", book, ())
    assert watcher.book is book


def test_a_change_is_seen_whatever_the_times_of_the_files_say(folder: Path, watcher: RulebookWatcher) -> None:
    """Contents are compared; here neither time nor length changes."""
    edit(folder, LIMIT, "height > 6 m", quietly=True)
    found = watcher.poll()
    assert found is not None
    assert found.state == "swapped"
    assert not is_found(watcher.book)


def test_another_error_is_told_anew(folder: Path, watcher: RulebookWatcher) -> None:
    """Each version of the folder has its own problems."""
    edit(folder, LIMIT, "hight > 3 m")
    watcher.poll()
    edit(folder, "hight > 3 m", "height > 3 kg")
    found = watcher.poll()
    assert found is not None
    assert [str(one.code) for one in found.errors] == ["HR204"]


def test_a_folder_that_disappears_changes_nothing(folder: Path, watcher: RulebookWatcher, tmp_path: Path) -> None:
    """As while a deployment moves it; once it is back all is well."""
    book = watcher.book
    folder.rename(tmp_path / "away")
    found = watcher.poll()
    assert found is not None
    assert (found.state, [str(one.code) for one in found.errors]) == ("kept", ["HR101"])
    assert is_found(watcher.book)
    (tmp_path / "away").rename(folder)
    found = watcher.poll()
    assert found is not None
    assert (found.state, watcher.book) == ("restored", book)


def test_without_a_good_rulebook_there_is_nothing_to_keep(folder: Path) -> None:
    """The first load fails as `load` does."""
    edit(folder, LIMIT, "hight > 3 m")
    with pytest.raises(hazardrules.RulebookError, match="HR201"):
        hazardrules.RulebookWatcher(folder)


def changing(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The folder seems to change the first times that it is looked at."""
    real, left = module.content_digest, iter(range(times))
    monkeypatch.setattr(module, "content_digest", lambda path: f"{real(path)}{next(left, '')}")


def test_a_folder_that_changes_while_it_is_read_is_read_again(
    folder: Path, watcher: RulebookWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the old rules and half of the new are never used."""
    edit(folder, LIMIT, "height > 6 m")
    changing(monkeypatch, 2)
    found = watcher.poll()
    assert found is not None
    assert found.state == "swapped"
    assert not is_found(watcher.book)
    assert watcher.poll() is None


def test_a_folder_that_does_not_settle_is_left_for_the_next_look(
    folder: Path, watcher: RulebookWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is used stays, and nothing is forgotten."""
    edit(folder, LIMIT, "height > 6 m")
    changing(monkeypatch, 4)
    found = watcher.poll()
    assert found is not None
    assert found.state == "unsettled"
    assert is_found(watcher.book)
    found = watcher.poll()
    assert found is not None
    assert found.state == "swapped"


def test_a_folder_that_changes_during_the_first_load_is_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first look makes sure."""
    changing(monkeypatch, 1)
    found = hazardrules.RulebookWatcher(folder).poll()
    assert found is not None
    assert found.state == "swapped"


def test_an_error_of_ours_leaves_the_rulebook_and_is_raised(
    folder: Path, watcher: RulebookWatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next look tries again."""
    edit(folder, LIMIT, "height > 6 m")
    with monkeypatch.context() as patch:
        patch.setattr(module, "load", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            watcher.poll()
    assert is_found(watcher.book)
    found = watcher.poll()
    assert found is not None
    assert found.state == "swapped"


def test_what_happens_is_said_in_both_languages_and_logged(
    folder: Path, watcher: RulebookWatcher, caplog: pytest.LogCaptureFixture
) -> None:
    """Also to those who do not look at what `poll` gives."""
    caplog.set_level(logging.INFO, logger="hazardrules.watcher")
    edit(folder, LIMIT, "hight > 3 m")
    kept = watcher.poll()
    edit(folder, "hight > 3 m", "height > 6 m")
    swapped = watcher.poll()
    assert kept is not None
    assert swapped is not None
    version, digest = watcher.book.version, watcher.book.digest[:12]
    assert swapped.message("en") == f"the rulebook has changed: version {version} ({digest}) is used from now on"
    first, second = kept.message("en").split("\n")
    assert first.startswith("the changed rulebook has errors (1) and is not used; version")
    assert second.startswith("warehouse.yaml:31:11: HR201 undeclared fact `hight`")
    assert all(found.message(lang) for found in (kept, swapped) for lang in LANGUAGES)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", kept.message("en")),
        ("INFO", swapped.message("en")),
    ]


@pytest.mark.parametrize("engine", usable_engines())
def test_requests_go_on_while_the_rules_change(folder: Path, engine: str) -> None:
    """Each answer is that of one whole rulebook, good, bad and good again; some looks happen in two threads at once."""
    watcher = hazardrules.RulebookWatcher(folder, engine=engine)
    expected = {watcher.book.digest: True}
    wrong: list[Any] = []
    done = threading.Event()
    turn = threading.Barrier(7)

    def serve() -> None:
        turn.wait()
        while not done.is_set():
            book = watcher.book
            answer = book.classify(CASE, as_of=DAY)
            holds = "warehouse.rack_not_anchored" in [found.rule for found in answer.findings]
            if answer.rulebook.digest != book.digest or holds is not expected[book.digest]:
                wrong.append((answer.rulebook.digest, holds))

    def look() -> None:
        turn.wait()
        while not done.is_set():
            watcher.poll()

    def digest_of(limit: str) -> str:
        other = Path(shutil.copytree(folder, folder.parent / limit))
        edit(other, LIMIT, f"height > {limit} m")
        return hazardrules.load(other).digest

    for limit in ("6", "4"):
        expected[digest_of(limit)] = limit == "4"
    threads = [threading.Thread(target=serve) for _ in range(4)] + [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        turn.wait()
        for old, new in (("3 m", "6 m"), ("6 m", "6 kg"), ("6 kg", "4 m"), ("4 m", "3 m")) * 2:
            edit(folder, f"height > {old}", f"height > {new}")
            watcher.poll()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    watcher.poll()
    assert wrong == []
    assert is_found(watcher.book)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_looks_on_its_own() -> None:
    """Even where another thread was looking when it was forked."""
    code = """
    import os, shutil, tempfile
    from pathlib import Path
    import hazardrules
    folder = Path(shutil.copytree("examples/warehouse-abroad", Path(tempfile.mkdtemp()) / "rules"))
    watcher = hazardrules.RulebookWatcher(folder)
    watcher._lock.acquire()
    file = folder / "warehouse.yaml"
    file.write_text(file.read_text("utf-8").replace("height > 3 m", "height > 6 m"), "utf-8")
    child = os.fork()
    if child == 0:
        found = watcher.poll()
        os._exit(0 if found is not None and found.state == "swapped" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert watcher.poll() is None
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
