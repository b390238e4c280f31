"""Files of cases and standard input, whatever their format."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hazardrules.api import Rulebook
    from hazardrules.errors import FactsError
    from hazardrules.intake import Case
    from hazardrules.intake.files import Format

SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
LOOKED_AT = 65_536
EXPECTATIONS = ("expect", "packs")
"""Entries of a case that only tests read: a file of cases can be classified as it stands."""
_JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:"|\}|\Z)|\[\s*(?:[\[{"\d-]|\]|\Z|true|false|null))')
_YAML_FLOW = re.compile(rb"\s*\[\s*\{\s*[^\"}\s]")


def read_inputs(
    files: Sequence[str], book: Rulebook, input_format: Format | None, subject: str | None
) -> Iterator[Case | FactsError]:
    """Every case of some files, one by one; `-`, or no file at all, stands for standard input.

    Args:
        files: Paths, or `-`.
        book: The rulebook whose names the cases use.
        input_format: The format, where it is given.
        subject: What is judged, where the cases do not say it.
    """
    from hazardrules.intake.files import iterate_cases  # noqa: PLC0415 - with the rulebook

    for name in files or ("-",):
        if name == "-":
            stream = _buffered(sys.stdin.buffer)
            chosen = input_format or sniff(stream.peek(LOOKED_AT))
            yield from iterate_cases(
                cast("IO[bytes]", stream), book.intake, chosen, subject=subject, extra=EXPECTATIONS, name="-"
            )
        elif input_format is None and Path(name).suffix.lower() not in SUFFIXES:
            with open(name, "rb") as stream:  # noqa: PTH123 - a buffered reader that can be looked into
                chosen = sniff(stream.peek(LOOKED_AT))
                yield from iterate_cases(stream, book.intake, chosen, subject=subject, extra=EXPECTATIONS, name=name)
        else:
            yield from iterate_cases(name, book.intake, input_format, subject=subject, extra=EXPECTATIONS)


def _buffered(stream: Any) -> io.BufferedReader:
    return stream if hasattr(stream, "peek") else io.BufferedReader(stream)


def sniff(start: bytes) -> Format:
    """The format that a text begins like: JSON Lines where its first line is a whole JSON object, and so on."""
    if not _JSON_START.match(start) or _YAML_FLOW.match(start):
        return "yaml"
    first, end, rest = start.lstrip(b"\xef\xbb\xbf \t\r\n").partition(b"\n")
    whole = first.rstrip().startswith(b"{") and first.rstrip().endswith(b"}")
    return "jsonl" if whole and end and rest.strip().startswith(b"{") else "json"
