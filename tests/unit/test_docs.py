"""What the pages show is what a reader gets: rule files load, code runs, commands exit as the page says."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.testing.runner import run_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = ROOT / "docs" / "rule-language.md"
PAGES = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")])
EXTRAS = {"durable.md": "durable"}
LIBRARIES = {"clusters.md": {"spark": "pyspark", "ray": "ray"}}
"""Pages that need extras which the tests do not install: `make bigdata` runs them."""
RAY_WARNS_ITSELF = r"ignore:`use_\w+` is deprecated:DeprecationWarning:ray\.data\.context"
TOP_LEVEL = ("rulebook.yaml", "levels.yaml", "authorities.yaml", "actions.yaml")
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_EXIT = re.compile(r"#\s*exit (\d+)\s*$")
_NAMED = re.compile(r"# (\S+\.(?:yaml|csv))\n")
_TITLED = re.compile(r"^## (\S+\.yaml)\n\n```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block of code of a page."""

    page: Path
    line: int
    kind: str
    text: str


class Command(NamedTuple):
    """A command that a page shows."""

    page: Path
    line: int
    words: str
    status: int


def blocks(page: Path) -> list[Block]:
    """The blocks of a page."""
    text = page.read_text("utf-8")
    return [
        Block(page, text.count("\n", 0, found.start(2)) + 1, found.group(1), found.group(2)) for found in _BLOCK.finditer(text)
    ]


def marks(page: Path) -> list[pytest.MarkDecorator]:
    """A page on an extra can only be run where the extra can be installed."""
    extra = EXTRAS.get(page.name)
    missing = extra is not None and extra not in usable_engines()
    found = [pytest.mark.skipif(missing, reason=f"hazardrules[{extra}]")]
    for name, library in LIBRARIES.get(page.name, {}).items():
        reason = f"hazardrules[{name}] is not installed here: `make bigdata` runs this"
        found += [pytest.mark.skipif(find_spec(library) is None, reason=reason), pytest.mark.filterwarnings(RAY_WARNS_ITSELF)]
    return found


def with_blocks(*kinds: str) -> list[Any]:
    """The pages that hold blocks of a kind."""
    found = [page for page in PAGES if any(block.kind in kinds for block in blocks(page))]
    return [pytest.param(page, id=named(page), marks=marks(page)) for page in found]


def named(page: Path) -> str:
    """A page as people call it."""
    return page.relative_to(ROOT).as_posix()


def documented_rulebook() -> dict[str, str]:
    """The files of the small rulebook on the page of the rule language."""
    text = LANGUAGE.read_text("utf-8")
    files = {name: block for name, block in _TITLED.findall(text) if name in TOP_LEVEL}
    for block in blocks(LANGUAGE):
        name = _NAMED.match(block.text)
        if block.kind in ("yaml", "csv") and name:
            files[name.group(1)] = block.text
    return files


def commands(page: Path) -> Iterator[Command]:
    """The lines `$ hazardrules …` of a page; `# exit 1` after one states how it ends."""
    for block in blocks(page):
        lines = block.text.split("\n")
        for number, line in enumerate(lines):
            if block.kind != "console" or not line.startswith("$ hazardrules"):
                continue
            following = lines[number + 1] if number + 1 < len(lines) else ""
            status = _EXIT.search(line) or _EXIT.fullmatch(following)
            words = _EXIT.sub("", line).removeprefix("$ hazardrules")
            yield Command(page, block.line + number, words, int(status.group(1)) if status else 0)


@pytest.fixture
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages speak of paths from the root of the repository."""
    monkeypatch.chdir(ROOT)


def test_the_rulebook_of_the_language_page_loads_and_its_cases_pass(tmp_path: Path) -> None:
    """Every construct of the page is read without a message, and its cases say what it means."""
    files = documented_rulebook()
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    assert [found.short("en") for found in hazardrules.check(tmp_path)] == []
    report = run_cases(hazardrules.load(tmp_path), tmp_path)
    assert report.diagnostics == ()
    assert [(result.case.place, [str(one) for one in result.differences]) for result in report.failed] == []
    assert len(report.results) >= 5
    assert {"rulebook.yaml", "levels.yaml", "fire/lodging.yaml", "fire/points.yaml", "fire/lodging.cases.yaml"} <= set(files)


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("page", with_blocks("python"))
def test_the_python_of_a_page_runs_in_order(page: Path) -> None:
    """One page is one program; what it prints is not looked at."""
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page):
        if block.kind == "python":
            program = compile("\n" * (block.line - 1) + block.text, named(page), "exec")
            exec(program, namespace)  # noqa: S102 - the pages of this repository


@pytest.mark.usefixtures("at_root")
@pytest.mark.parametrize("page", with_blocks("pycon"))
def test_the_sessions_of_a_page_answer_as_shown(page: Path) -> None:
    """What stands below `>>>` is what Python answers."""
    text = "".join(f"{block.text}\n" for block in blocks(page) if block.kind == "pycon")
    example = doctest.DocTestParser().get_doctest(text, {}, named(page), str(page), 0)
    shown: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=shown.append)
    assert outcome.failed == 0, "".join(shown)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, id=f"{named(page)}:{command.line}", marks=marks(page))
        for page in PAGES
        for command in commands(page)
    ],
)
def test_a_command_of_a_page_exits_as_the_page_says(command: Command, tmp_path: Path) -> None:
    """0, or what the comment after it states; pipes and redirections are the shell's business and are left out.

    What a command writes beside the files of the repository is written in a folder of its own.
    """
    for name in ("docs", "examples", "rules", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    plain = re.split(r"\s[|>]{1,2}\s", command.words)[0]
    words = [sys.executable, "-m", "hazardrules", *shlex.split(plain)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False, env=environment)
    assert done.returncode == command.status, done.stdout[-2000:] + done.stderr[-2000:]
