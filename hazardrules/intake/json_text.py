"""JSON text -> plain values: exact numbers, no duplicate keys, bounded nesting."""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import NoReturn

from hazardrules.intake.problems import Refused, shown
from hazardrules.model.scalars import MAX_DIGITS

MAX_DEPTH = 60
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def parse_json(text: str) -> object:
    """Parse JSON; numbers with a point come as `Decimal`.

    Raises:
        Refused: It is no JSON, or it says something twice, or it is nested too deep, or a number is no number.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise Refused("intake.json_syntax", {"reason": where}) from error
    except RecursionError as error:
        raise Refused("intake.json_depth", {"limit": MAX_DEPTH}) from error


def _check_depth(text: str) -> None:
    depth = 0
    for found in _TOKEN.finditer(text):
        sign = found.group()[0]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Refused("intake.json_depth", {"limit": MAX_DEPTH})
        elif sign in "]}":
            depth -= 1


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS + 1:
        raise Refused("intake.json_number", {"given": shown(text)})
    return int(text)


def _decimal(text: str) -> Decimal:
    if len(text) > 2 * MAX_DIGITS:
        raise Refused("intake.json_number", {"given": shown(text)})
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise Refused("intake.json_number", {"given": shown(text)}) from error


def _constant(text: str) -> NoReturn:
    raise Refused("intake.json_number", {"given": text})


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Refused("intake.json_duplicate", {"given": shown(key)})
            seen.add(key)
    return found


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_decimal, parse_constant=_constant, object_pairs_hook=_unique)
