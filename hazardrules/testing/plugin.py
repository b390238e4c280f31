"""pytest collects the `*.cases.yaml` files of rulebooks: one test per case.

A case file belongs to the nearest folder above it that holds a `rulebook.yaml`. Nothing that reads rules is imported
before the first case file is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hazardrules.api import ENGINES
from hazardrules.errors import RulebookError
from hazardrules.wording import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.testing.case_files import WrittenCase
    from hazardrules.testing.expectations import Difference

SUFFIX = ".cases.yaml"
RULEBOOK = "rulebook.yaml"

_BOOKS: pytest.StashKey[dict[Path, Rulebook | RulebookError]] = pytest.StashKey()
_REPORTED: pytest.StashKey[set[Path]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("hazardrules", "cases of rulebooks")
    group.addoption("--hazardrules-engine", choices=sorted(ENGINES), help="run the cases of rulebooks on this engine")
    group.addoption("--hazardrules-lang", choices=LANGUAGES, default="zh", help="language of diagnostics of rule files")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> CasesFile | None:
    """Collect a case file that lies in a rulebook."""
    if not file_path.name.endswith(SUFFIX):
        return None
    folder = rulebook_folder(file_path)
    if folder is None:
        return None
    found: CasesFile = CasesFile.from_parent(parent, path=file_path)
    found.folder = folder
    return found


def rulebook_folder(path: Path) -> Path | None:
    """The nearest folder above a file that holds a rulebook."""
    return next((folder for folder in path.parents if (folder / RULEBOOK).is_file()), None)


def load_once(config: pytest.Config, folder: Path) -> Rulebook | RulebookError:
    """The rulebook of a folder, loaded once per run, or what is wrong with it."""
    books = config.stash.setdefault(_BOOKS, {})
    if folder not in books:
        from hazardrules.api import load  # noqa: PLC0415 - see the module

        try:
            books[folder] = load(folder)
        except RulebookError as error:
            books[folder] = error
    return books[folder]


class CasesFile(pytest.File):
    """A case file.

    Attributes:
        folder: The rulebook that its cases are about.
    """

    folder: Path

    def collect(self) -> Iterator[pytest.Item]:
        """One test per case; one that fails where the rulebook or the file has errors."""
        book = load_once(self.config, self.folder)
        if isinstance(book, RulebookError):
            reported = self.config.stash.setdefault(_REPORTED, set())
            if self.folder not in reported:  # the other case files of the rulebook have nothing to add
                reported.add(self.folder)
                yield self._broken(RULEBOOK, book.diagnostics)
            return
        from hazardrules.testing.case_files import read_case_file  # noqa: PLC0415 - see the module

        within = self.path.relative_to(self.folder).as_posix()
        found = read_case_file(self.path, book, within)
        if any(diagnostic.severity == "error" for diagnostic in found.diagnostics):
            yield self._broken(self.path.name, found.diagnostics)
        taken: set[str] = set()
        for case in found.cases:
            name = " ".join(case.name.split())
            if name in taken:
                name = f"{name} (line {case.line})"
            taken.add(name)
            item: CaseItem = CaseItem.from_parent(self, name=name)
            item.case, item.book = case, book
            yield item

    def _broken(self, name: str, diagnostics: Iterable[Diagnostic]) -> BrokenItem:
        item: BrokenItem = BrokenItem.from_parent(self, name=name)
        item.diagnostics, item.folder = tuple(diagnostics), self.folder
        return item


class CaseFailedError(Exception):
    """A case whose expectations are not met."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        """Keep what differs."""
        self.differences = tuple(differences)
        super().__init__("; ".join(difference.what for difference in self.differences))


class BrokenError(Exception):
    """A rulebook or a case file with errors."""


class CaseItem(pytest.Item):
    """A case.

    Attributes:
        case: The case with its expectations.
        book: The rulebook.
    """

    case: WrittenCase
    book: Rulebook

    def runtest(self) -> None:
        """Run the case.

        Raises:
            CaseFailedError: An expectation is not met.
        """
        from hazardrules.testing.expectations import check_case  # noqa: PLC0415 - see the module

        differences = check_case(self.book, self.case, engine=self.config.getoption("--hazardrules-engine"))
        if differences:
            raise CaseFailedError(differences)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """`file:line: name`, then what was expected and what was found."""
        if not isinstance(excinfo.value, CaseFailedError):
            return super().repr_failure(excinfo, style)
        lines = [f"{shown_path(self.path, self.config)}:{self.case.line}: {self.case.name}"]
        lines += [f"  {line}" for difference in excinfo.value.differences for line in str(difference).split("\n")]
        return "\n".join(lines)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case stands; lines are counted from 0 here."""
        return self.path, self.case.line - 1, self.name


class BrokenItem(pytest.Item):
    """A rulebook or a case file with errors, as one test that fails.

    Attributes:
        diagnostics: What is wrong with it.
        folder: The folder of the rulebook.
    """

    diagnostics: tuple[Diagnostic, ...]
    folder: Path

    def runtest(self) -> None:
        """Fail.

        Raises:
            BrokenError: Always.
        """
        raise BrokenError(f"{len(self.diagnostics)} diagnostics")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Every diagnostic with its line and a caret."""
        if not isinstance(excinfo.value, BrokenError):
            return super().repr_failure(excinfo, style)
        from hazardrules.render.diagnostics import render_diagnostics  # noqa: PLC0415 - see the module

        texts = {
            span.file: text
            for found in self.diagnostics
            for span in (found.span, *(related.span for related in found.related))
            if (text := self._text(span.file)) is not None
        }
        prefix = f"{shown_path(self.folder, self.config)}/".removeprefix("./")
        return render_diagnostics(self.diagnostics, texts, "text", self.config.getoption("--hazardrules-lang"), prefix=prefix)

    def _text(self, name: str) -> str | None:
        from hazardrules.diagnostics import Collector  # noqa: PLC0415 - see the module
        from hazardrules.syntax.reader import read_file  # noqa: PLC0415 - see the module

        return read_file(self.folder / name, name, Collector())

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the first problem is; lines are counted from 0 here."""
        first = next(iter(self.diagnostics), None)
        place = (self.folder / first.span.file, first.span.line - 1) if first is not None else (self.path, 0)
        return *place, self.name


def shown_path(path: Path, config: pytest.Config) -> str:
    """A path as the run calls it: from the root of the run where it lies below it."""
    root = config.rootpath
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
