"""Files of cases: YAML, JSON, JSON Lines. The only importer of the YAML reader beside the rule files' own loader."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, get_args

from hazardrules.diagnostics import Collector
from hazardrules.errors import FactsError
from hazardrules.intake.cases import read_case
from hazardrules.intake.json_text import parse_json
from hazardrules.intake.problems import MAX_PROBLEMS, Problem, Refused, shown
from hazardrules.syntax.nodes import Mapping, Node, Scalar
from hazardrules.syntax.reader import read_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from hazardrules.intake.cases import Case
    from hazardrules.intake.reader import Intake

Format = Literal["yaml", "json", "jsonl"]
MAX_BYTES = 32_000_000
MAX_LINE = 4_000_000
_LONGEST_NAME = 300
_SUFFIXES: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}


def load_cases_file(
    source: str | Path | IO[str] | IO[bytes],
    intake: Intake,
    file_format: Format | None = None,
    *,
    subject: str | None = None,
    extra: Collection[str] = (),
    name: str | None = None,
) -> list[Case]:
    """Read every case of a file: one case, or a list of them.

    Args:
        source: A path, or an open file of text or bytes.
        intake: Knows the names.
        file_format: Where it does not follow from the name of the file.
        subject: The kind of subject, where the cases do not say it.
        extra: Further entries of a case that somebody else reads.
        name: What problems call the file; its path by default.

    Raises:
        FactsError: Carries the problems of all cases, each with its file and line.
    """
    cases: list[Case] = []
    problems: list[Problem] = []
    for found in iterate_cases(source, intake, file_format, subject=subject, extra=extra, name=name):
        if not isinstance(found, FactsError):
            cases.append(found)
        elif len(problems) < MAX_PROBLEMS:
            problems.extend(found.problems)
    if problems:
        raise FactsError(problems)
    return cases


def iterate_cases(
    source: str | Path | IO[str] | IO[bytes],
    intake: Intake,
    file_format: Format | None = None,
    *,
    subject: str | None = None,
    extra: Collection[str] = (),
    name: str | None = None,
) -> Iterator[Case | FactsError]:
    """Read the cases of a file one by one; a case with problems comes as the error, so that the others can be judged.

    JSON Lines of any length are read in constant memory.
    """
    called = name or _name_of(source)
    chosen = file_format or _SUFFIXES.get(Path(called).suffix.lower())
    if chosen is None or chosen not in get_args(Format):
        yield FactsError([Problem("", "intake.unknown_format", {}, (), called)])
        return
    try:
        opened = Path(source).open("rb") if isinstance(source, (str, Path)) else source  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        yield FactsError([_unreadable(error, called)])
        return
    try:
        for value, place in _values(opened, chosen, called):
            if isinstance(value, FactsError):
                yield value
                continue
            try:
                yield read_case(value, intake, subject=subject, extra=extra, place=place)
            except FactsError as error:
                yield error
    except (OSError, UnicodeDecodeError) as error:
        yield FactsError([_unreadable(error, called)])
    finally:
        if opened is not source:
            opened.close()


def _name_of(source: str | Path | IO[str] | IO[bytes]) -> str:
    if isinstance(source, (str, Path)):
        return shown(str(source)) if len(str(source)) > _LONGEST_NAME else str(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "-"


def _unreadable(error: Exception, place: str) -> Problem:
    if isinstance(error, UnicodeDecodeError):
        return Problem("", "intake.encoding", {}, (), place)
    reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
    return Problem("", "intake.unreadable", {"reason": reason}, (), place)


def _values(opened: IO[str] | IO[bytes], chosen: Format, name: str) -> Iterator[tuple[object, str]]:
    """Plain values of cases with their places; a value that is an error stands for a case."""
    if chosen == "jsonl":
        yield from _lines(opened, name)
        return
    raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        hints = (("intake.hint.jsonl", dict[str, str]()),)
        yield FactsError([Problem("", "intake.file_too_large", {"limit": str(MAX_BYTES)}, hints, name)]), name
        return
    text = _decoded(raw)
    if chosen == "json":
        try:
            value = parse_json(text)
        except Refused as refused:
            yield FactsError([refused.at("", name)]), name
            return
        if isinstance(value, list):
            yield from ((item, f"{name}[{number}]") for number, item in enumerate(value))
        else:
            yield value, name
        return
    yield from _yaml_cases(text, name)


def _decoded(raw: str | bytes) -> str:
    text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _lines(opened: IO[str] | IO[bytes], name: str) -> Iterator[tuple[object, str]]:
    number = 0
    while True:
        raw = opened.readline(MAX_LINE + 1)
        if not raw:
            return
        number += 1
        place = f"{name}:{number}"
        if len(raw) > MAX_LINE:
            yield FactsError([Problem("", "intake.line_too_large", {"limit": str(MAX_LINE)}, (), place)]), place
            while raw and raw[-1:] not in ("\n", b"\n"):
                raw = opened.readline(MAX_LINE)
            continue
        try:
            text = _decoded(raw).strip()
            if text:
                yield parse_json(text), place
        except Refused as refused:
            yield FactsError([refused.at("", place)]), place
        except UnicodeDecodeError as error:
            yield FactsError([_unreadable(error, place)]), place


def _yaml_cases(text: str, name: str) -> Iterator[tuple[object, str]]:
    collector = Collector()
    root = read_yaml(text, name, collector)
    errors = [found for found in collector.diagnostics if found.severity == "error"]
    if errors:
        problems = [Problem("", found.key, found.args, found.hints, str(found.span)) for found in errors]
        yield FactsError(problems), name
    elif root is not None and not (isinstance(root, Scalar) and root.is_null):
        nodes = [root] if isinstance(root, (Scalar, Mapping)) else root.items
        for node in nodes:
            yield plain(node), f"{name}:{node.span.line}"


def plain(node: Node) -> object:
    """A node as plain text, lists and mappings; nothing at all becomes None. Nesting is bounded by the reader."""
    if isinstance(node, Scalar):
        return None if node.is_null else node.text
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.items()}
    return [plain(item) for item in node.items]


def parse_cases(text: str, intake: Intake, file_format: Format, *, name: str = "-", subject: str | None = None) -> list[Case]:
    """Read cases from a text in hand; otherwise as `load_cases_file`."""
    return load_cases_file(io.StringIO(text), intake, file_format, subject=subject, name=name)
