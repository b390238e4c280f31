"""One rulebook, many threads and processes: the answers are those of one thread, to the letter."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.folders import shipped_rules
from hazardrules.intake import Case
from hazardrules.testing.case_files import find_case_files, read_case_file

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
EACH = 80
"""So many of the shipped cases, of many subjects and days."""


def sample(book: hazardrules.Rulebook, count: int) -> list[Case]:
    """Shipped cases, evenly taken from all files."""
    folder = shipped_rules()
    written = [case for path in find_case_files(folder) for case in read_case_file(path, book, path.name).cases]
    return [
        Case(
            book.intake.find_subject(case.subject), case.data, case.as_of, case.jurisdiction, case.complete, case.name, case.place
        )
        for case in written[:: max(1, len(written) // count)]
    ]


def answer(book: hazardrules.Rulebook, case: Case, engine: str) -> str:
    """An answer as text; without the missing facts of open rules, which take most of the time and come from one thread."""
    found = book.classify(case, engine=engine)
    levels = {scale: level.model_dump() for scale, level in found.levels.items()}
    findings = [(one.rule, one.subject, one.level, [reason.text for reason in one.reasons]) for one in found.findings]
    undetermined = [(one.rule, one.subject, one.level) for one in found.undetermined]
    actions = [action.model_dump() for action in found.actions]
    return repr((levels, findings, undetermined, actions, found.not_examined, found.rulebook.digest))


@pytest.fixture(scope="module")
def book() -> hazardrules.Rulebook:
    """The shipped rulebook."""
    return hazardrules.load()


@pytest.fixture(scope="module")
def cases(book: hazardrules.Rulebook) -> list[Case]:
    """Some of its cases."""
    return sample(book, EACH)


@pytest.mark.parametrize("engine", usable_engines())
def test_eight_threads_give_the_answers_of_one(book: hazardrules.Rulebook, cases: list[Case], engine: str) -> None:
    """They begin at once on a rulebook that no engine has compiled yet, each with another case."""
    if engine == "durable":  # many days of the law are many rule sets to compile
        cases = cases[::4]
    expected = [answer(book, case, engine) for case in cases]
    book.compiled._plans.clear()
    start = threading.Barrier(THREADS)
    wrong: list[Any] = []

    def work(first: int) -> None:
        start.wait()
        for n in range(len(cases)):
            at = (first * len(cases) // THREADS + n) % len(cases)
            if answer(book, cases[at], engine) != expected[at]:
                wrong.append(cases[at].name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


SCRIPT = """
    import hashlib, sys
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
    sys.path.insert(0, "tests/unit")
    import hazardrules
    from test_sharing import answer, sample

    def digest(work):
        case, engine = work
        return hashlib.sha256(answer(book, case, engine).encode()).hexdigest()

    def prepare():
        global book
        book = hazardrules.load(cache=True)

    if __name__ == "__main__":
        prepare()
        cases = sample(book, 30)
        for engine in sys.argv[2:]:
            work = [(case, engine) for case in cases]
            expected = [digest(one) for one in work]
            begin = prepare if sys.argv[1] == "spawn" else None  # a forked process has what its parent had
            with ProcessPoolExecutor(4, mp_context=get_context(sys.argv[1]), initializer=begin) as pool:
                assert list(pool.map(digest, work)) == expected, engine
        print("same")
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_four_processes_give_the_answers_of_one(method: str, tmp_path: Path) -> None:
    """Whether they were forked with the rulebook, in use already, or load it on their own."""
    if method == "fork" and sys.platform == "win32":
        pytest.skip("no fork")
    script = tmp_path / "processes.py"
    script.write_text(textwrap.dedent(SCRIPT), "utf-8")
    command = [sys.executable, str(script), method, *usable_engines()]
    environment = {
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, cwd=ROOT, env=environment)
    assert done.stdout.strip() == "same", done.stderr
