"""A reader per fact: what was submitted -> the value, and how it was written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import TYPE_CHECKING

from hazardrules.intake.names import Names
from hazardrules.intake.numbers import MAX_WORD, number_reader, unwrapped
from hazardrules.intake.problems import Refused, is_bad_text, listed, nearest_names, shown
from hazardrules.model import scalars
from hazardrules.model.scalars import read_date, read_datetime

if TYPE_CHECKING:
    from hazardrules.intake.numbers import FactReader, Reading
    from hazardrules.model.subjects import FactDeclaration

MAX_TEXT = 10_000
MAX_ITEMS = 100_000
BLANK = frozenset(("", "~", "null"))
"""What, besides nothing at all, means that nobody knows."""

TRUE: Reading = (True, "true")
FALSE: Reading = (False, "false")
_SEPARATORS = re.compile(r"[,，、;；]")
_MIDNIGHT = re.compile(r"(\S{10})[T ]00:00(?::00)?")


def reader_for(fact: FactDeclaration) -> FactReader:
    """The reader of a fact; it raises `Refused` for what it cannot read."""
    match fact.type.name:
        case "bool":
            return read_bool
        case "number":
            return number_reader(fact)
        case "date":
            return _read_date
        case "datetime":
            return _read_datetime
        case "enum":
            return _enum_reader(fact)
        case "set":
            return _set_reader(fact)
        case _:
            return _read_text


def word(value: object) -> str | None:
    """A submitted text of ordinary length without outer blanks; None where it is something else."""
    value = unwrapped(value)
    return str.strip(value) if isinstance(value, str) and len(value) <= MAX_WORD else None


def read_bool(value: object) -> Reading:
    """Truth; raises `Refused`."""
    if value is True:
        return TRUE
    if value is False:
        return FALSE
    value = unwrapped(value)
    text = word(value)
    found = value if isinstance(value, bool) else scalars.read_bool(text) if text is not None else None
    if found is None:
        numeric = isinstance(value, (int, float)) or text in ("0", "1")
        raise Refused("intake.not_bool", {"given": shown(value)}, [("intake.hint.bool", {})] if numeric else ())
    return TRUE if found else FALSE


def read_day(value: object) -> date:
    """A day, as a date or as text; raises `Refused`."""
    return _day(value)[0]


def _read_date(value: object) -> Reading:
    return _day(value)


def _day(value: object) -> tuple[date, str]:
    if isinstance(value, datetime):
        if value.tzinfo is not None or value.time() != datetime.min.time():
            raise Refused("intake.not_date", {"given": shown(value.isoformat())}, [("intake.hint.date_only", {})])
        value = date(value.year, value.month, value.day)
    if isinstance(value, date):
        return value, value.isoformat()
    text = word(value)
    found = read_date(text) if text else None
    if found is None and text:
        midnight = _MIDNIGHT.fullmatch(text)
        found = read_date(midnight.group(1)) if midnight else None
    if found is None:
        raise Refused("intake.not_date", {"given": shown(value)}, [("intake.hint.date", {})])
    return found, text or ""


def _read_datetime(value: object) -> Reading:
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise Refused("intake.not_local", {"given": shown(value.isoformat())}, [("intake.hint.local", {})])
        plain = datetime.combine(date(value.year, value.month, value.day), value.time())
        return plain, plain.isoformat(sep=" ", timespec="auto" if plain.second or plain.microsecond else "minutes")
    text = word(value)
    found = read_datetime(text) if text else None
    if found is None:
        key = "intake.not_local" if text and re.search(r"\d(?:Z|[+-]\d\d:?\d\d)$", text) else "intake.not_datetime"
        hint = "intake.hint.local" if key == "intake.not_local" else "intake.hint.datetime"
        given = value.isoformat() if isinstance(value, date) else value
        raise Refused(key, {"given": shown(given)}, [(hint, {})])
    return found, text or ""


def _read_text(value: object) -> Reading:
    value = unwrapped(value)
    if not isinstance(value, str):
        raise Refused("intake.not_text", {"given": shown(value)}, [("intake.hint.quote", {})])
    if len(value) > MAX_TEXT:
        raise Refused("intake.too_long", {"limit": MAX_TEXT})
    if is_bad_text(value):
        raise Refused("intake.bad_text", {"given": shown(value)})
    return str(value), str(value)


def _option_names(fact: FactDeclaration) -> Names:
    return Names((option.id, [label for label in option.label.values() if label]) for option in fact.options)


def _unknown_option(fact: FactDeclaration, names: Names, value: object) -> Refused:
    text = word(value)
    if text is not None:
        clash = names.clashes(text)
        if clash:
            return Refused("intake.ambiguous_option", {"given": shown(text)}, [("intake.hint.one_of", {"names": listed(clash)})])
        hints = nearest_names(text, names.exact)
        if hints:
            return Refused("intake.option", {"given": shown(text)}, hints)
    options = listed(option.id for option in fact.options)
    return Refused("intake.option", {"given": shown(value)}, [("intake.hint.one_of", {"names": options})])


def _enum_reader(fact: FactDeclaration) -> FactReader:
    names = _option_names(fact)
    quick: dict[object, Reading] = {name: (found, found) for name, found in names.exact.items()}

    def read(value: object) -> Reading:
        if isinstance(value, str):
            found = quick.get(value)
            if found is not None:
                return found
        text = word(value)
        option = names.find(text) if text is not None else None
        if option is None:
            raise _unknown_option(fact, names, value)
        return quick[option]

    return read


def _set_reader(fact: FactDeclaration) -> FactReader:
    names = _option_names(fact)
    exact = names.exact

    def find(item: object) -> str:
        text = word(item)
        option = names.find(text) if text else None
        if option is None:
            raise _unknown_option(fact, names, item)
        return option

    def several(text: str) -> list[str]:
        """Several values in one text: `lodging, production`, `{lodging, production}`, `住宿、生产`."""
        inner = text[1:-1] if text[:1] + text[-1:] in ("{}", "[]") else text
        return [find(item) for item in _SEPARATORS.split(inner)] if inner.strip() else []

    def read(value: object) -> Reading:
        ids: list[str]
        value = unwrapped(value)
        if isinstance(value, str):
            text = str.strip(value)
            single = names.find(text)
            if single is None and len(text) > MAX_TEXT:
                raise Refused("intake.too_long", {"limit": MAX_TEXT})
            ids = several(text) if single is None else [single]
        elif isinstance(value, (Sequence, AbstractSet)) and not isinstance(value, (bytes, bytearray)):
            if len(value) > MAX_ITEMS:
                raise Refused("intake.too_many", {"limit": MAX_ITEMS})
            items = value if isinstance(value, Sequence) else sorted(value, key=str)
            ids = [exact.get(item) or find(item) if isinstance(item, str) else find(item) for item in items]
        else:
            ids = [find(value)]
        found = frozenset(ids)
        return found, ", ".join(ids if len(found) == len(ids) else dict.fromkeys(ids))

    return read
