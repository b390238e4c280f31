"""The formatter: edits the source of a rule file by spans, so comments, line breaks and the order of keys stay.

Three passes, each of which is taken back where YAML would read its result as anything else than before: the spelling
of expressions and tables, the indentation, and the white space.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hazardrules.diagnostics import Collector
from hazardrules.source import whole_file
from hazardrules.syntax.folder import list_folder
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence
from hazardrules.syntax.print_edits import edited, edits_of, tabs_of
from hazardrules.syntax.print_expressions import Labels
from hazardrules.syntax.print_layout import UnusualLayoutError, reindented, tidied
from hazardrules.syntax.reader import read_bytes, read_file, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hazardrules.diagnostics import Diagnostic

RULEBOOK = "rulebook.yaml"
_SUFFIXES = (".yaml", ".yml")


def format_text(text: str, name: str, labels: Iterable[str] = ()) -> tuple[str, list[Diagnostic]]:
    """Format a rule file or a file of cases.

    Args:
        text: The file.
        name: Its name in diagnostics.
        labels: Labels of other files of the rulebook; none of them is cut in two.

    Returns:
        The formatted text, which means the same and is its own formatted text, and no diagnostics; or the text as it
        was and the reasons why it cannot be read.
    """
    written = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    collector = Collector()
    root = read_yaml(written, name, collector)
    if collector.has_errors:
        return text, collector.diagnostics
    if root is not None:
        known = Labels((*labels_in(root), *labels))
        edits = [*edits_of(root, known), *tabs_of(written, root)]
        changed = frozenset(edit.start for edit in edits)
        written, root = _accepted(written, root, edited(written, edits), name, changed)
        with suppress(UnusualLayoutError):  # such a file keeps the indentation its author gave it
            written, root = _accepted(written, root, reindented(written, root), name)
        return _accepted(written, root, tidied(written, root), name)[0], collector.diagnostics
    return tidied(written.replace("\t", " "), None), collector.diagnostics


def labels_in(root: Node | None) -> set[str]:
    """Every label that a file declares: of subjects, facts, options, parts, derived facts and parameters."""
    found: set[str] = set()
    pending: list[Node] = [] if root is None else [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Sequence):
            pending.extend(node.items)
        elif isinstance(node, Mapping):
            for key, value in node.items():
                if key.text == "label":
                    found.update(_texts(value))
                elif key.text == "of" and isinstance(value, Mapping):
                    for _, option in value.entries.values():
                        found.update(_texts(option))
                pending.append(value)
    return found


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, Scalar):
        yield node.text.strip()
    elif isinstance(node, Mapping):
        yield from (text.text.strip() for _, text in node.items() if isinstance(text, Scalar))


# what is kept of a pass


def _accepted(before: str, root: Node, after: str, name: str, edited: frozenset[int] = frozenset()) -> tuple[str, Node]:
    """The text after a pass, or the text before it where YAML reads them differently."""
    if after == before:
        return before, root
    collector = Collector()
    again = read_yaml(after, name, collector)
    if again is None or collector.has_errors or not _is_same(root, again, edited):
        return before, root
    return after, again


def _is_same(before: Node, after: Node, edited: frozenset[int]) -> bool:
    """Whether two trees say the same, apart from scalars that a pass edited on purpose."""
    if isinstance(before, Scalar):
        if not isinstance(after, Scalar) or before.style != after.style:
            return False
        return before.start in edited or _content(before) == _content(after)
    if isinstance(before, Sequence):
        if not isinstance(after, Sequence) or before.flow != after.flow or len(before.items) != len(after.items):
            return False
        return all(_is_same(left, right, edited) for left, right in zip(before.items, after.items, strict=True))
    if not isinstance(after, Mapping) or before.flow != after.flow or list(before.entries) != list(after.entries):
        return False
    return all(_is_same(value, after.entries[key][1], edited) for key, (_, value) in before.entries.items())


def _content(scalar: Scalar) -> str:
    """The text of a scalar; line ends after a block text are nobody's meaning."""
    return scalar.text.rstrip("\n") if scalar.style in ("literal", "folded") else scalar.text


# files


@dataclass(frozen=True, slots=True)
class FormatReport:
    """What formatting did, or would do.

    Attributes:
        changed: Files that were rewritten, or would be.
        unchanged: Files that are formatted already.
        failed: Files and folders that could not be read or written; each has a diagnostic.
        diagnostics: Why not, sorted by file and position.
    """

    changed: tuple[Path, ...]
    unchanged: tuple[Path, ...]
    failed: tuple[Path, ...]
    diagnostics: tuple[Diagnostic, ...]


def format_paths(paths: Iterable[Path], *, check: bool) -> FormatReport:
    """Format rule files in place.

    Args:
        paths: Files, and folders of which every YAML file is formatted, files of cases included.
        check: Only say which files would change.

    Returns:
        What was done. A file is replaced as a whole or not at all, and keeps its permissions.
    """
    run = _Run(check=check)
    for path in paths:
        run.take(path)
    return FormatReport(
        tuple(run.changed), tuple(run.unchanged), tuple(run.failed), tuple(run.collector.diagnostics + run.unread)
    )


@dataclass
class _Run:
    """Formatting under way."""

    check: bool
    collector: Collector = field(default_factory=Collector)
    changed: list[Path] = field(default_factory=list)
    unchanged: list[Path] = field(default_factory=list)
    failed: list[Path] = field(default_factory=list)
    unread: list[Diagnostic] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    labels: dict[Path, frozenset[str]] = field(default_factory=dict)

    def take(self, path: Path) -> None:
        """A file, or every file of a folder."""
        if not path.is_dir():
            self._file(path, path.as_posix())
            return
        before = self.collector.count
        folder = list_folder(path, self.collector)
        if self.collector.count > before:
            self.failed.append(path)
        for name in folder.names if folder is not None else ():
            if name.endswith(_SUFFIXES) and not (path / name).is_symlink():  # the file it names is listed itself
                self._file(path / name, name)

    def _file(self, path: Path, name: str) -> None:
        real = Path(os.path.realpath(path))
        if str(real) in self.seen:
            return
        self.seen.add(str(real))
        before = self.collector.count
        raw = read_bytes(real, name, self.collector)
        text = read_file(real, name, self.collector) if raw is not None else None
        if raw is None or text is None:
            self.failed.append(path)
            return
        written, problems = format_text(text, name, self._labels(real))
        if problems:
            self.unread += problems
            self.failed.append(path)
            return
        content = written.encode("utf-8")
        if content == raw:
            self.unchanged.append(path)
            return
        if not self.check:
            try:
                replace_file(real, content)
            except OSError as error:
                self.collector.report(101, whole_file(name), reason=error.strerror or type(error).__name__)
        (self.failed if self.collector.count > before else self.changed).append(path)

    def _labels(self, path: Path) -> frozenset[str]:
        """The labels of the rulebook that a file belongs to."""
        root = next((folder for folder in path.parents if (folder / RULEBOOK).is_file()), None)
        if root is None:
            return frozenset()
        if root not in self.labels:
            aside = Collector()  # what is wrong in files that nobody asked to format is not said here
            folder = list_folder(root, aside)
            found: set[str] = set()
            for name in folder.names if folder is not None else ():
                text = read_file(root / name, name, aside) if name.endswith(".yaml") else None
                found |= labels_in(read_yaml(text, name, aside)) if text is not None else set()
            self.labels[root] = frozenset(found)
        return self.labels[root]


def replace_file(path: Path, content: bytes) -> None:
    """Put a new content in the place of a file at once, so that no reader and no crash ever sees half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
