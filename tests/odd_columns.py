"""Columns of places for `probe`, drawn by seed: every type of Arrow that can hold a fact, values that are right, blank, odd or none."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_INF = float("inf")
_DAYS = [date(1, 1, 1), date(9999, 12, 31), date(2020, 2, 29), date(2021, 12, 1), date(2021, 12, 2)]
_MOMENTS = [datetime(2021, 12, 2), datetime(2021, 12, 2, 0, 15), datetime(1969, 12, 31, 23, 59, 59), datetime(2020, 2, 29)]
_FLOATS = [300.0, 299.9, 10.4, 0.1, -0.0, 0.1 + 0.2, 1 / 3, 1e16, 1e22, 1e25, 50.0, 20.0, -2.0]
_ODD = [_INF, -_INF, float("nan"), 1e308, 1e-320, 1e39, 1e-40, 9.3e18]
_WORDS = (pa.string(), ["aa", "bb", "cc", "dd", "乙", " bb", "AA", "", " ", "~"])
_NUMBERS = [
    (pa.float64(), _FLOATS),
    (pa.float64(), _FLOATS + _ODD),
    (pa.float64(), [300.0, 10.4, 0.01]),
    (pa.decimal128(38, 3), [Decimal(300), Decimal("10.4"), Decimal(99999999999999999999)]),
    (pa.decimal256(76, 30), [Decimal(300), Decimal("10.400000000000000000000000000001")]),
    (pa.decimal256(60, 0), [Decimal(20), Decimal(9223372036854775808), Decimal(9223372036854775809)]),
    (pa.decimal64(10, 3), [Decimal("0.1"), Decimal(50), Decimal("50.001")]),
    (pa.int8(), [0, 20, 50, 100, -1]),
    (pa.int64(), [300, 20, 10**18, 2**53 + 1, 2**63 - 1]),
    (pa.uint64(), [300, 50, 2**64 - 1, 2**63]),
    (pa.string(), ["300", "10.4", "", "1e25", "0.03", "20"]),
]
_BY_KIND: dict[str, list[tuple[Any, list[Any]]]] = {
    "enum": [_WORDS, (pa.string(), [*_WORDS[1], "zz"])],
    "bool": [(pa.bool_(), [True, False]), (pa.string(), ["是", "否", "", "true", "perhaps"])],
    "number": _NUMBERS,
    "date": [
        (pa.date32(), _DAYS),
        (pa.date64(), _DAYS),
        (pa.timestamp("ns"), [datetime(2020, 2, 29), datetime(2021, 12, 2, 1)]),
        (pa.string(), ["2021-12-02", "2020/2/29", "", "2020-02-30"]),
    ],
    "datetime": [(pa.timestamp(unit), _MOMENTS) for unit in ("s", "ms", "us", "ns")] + [(pa.string(), ["2021-12-02 00:15", ""])],
}
_PLACE = {
    "open": "bool", "kind": "enum", "other": "enum", "uses": "set", "name": "enum", "area": "number", "load": "number",
    "people": "number", "number": "number", "checked": "date", "seen": "datetime", "began": "datetime", "gas.share": "number",
}  # fmt: skip
_TANK = {"full": "bool", "colour": "enum", "goods": "set", "mass": "number", "filled": "date"}


class Columns:
    """Draws tables of places."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - columns for tests, not a secret

    def table(self) -> Any:
        """Some columns, sliced or in chunks, with parts."""
        chance, count = self.chance, self.chance.choice((1, 2, 5, 9, 20))
        columns = {name: self.column(_PLACE[name], count) for name in chance.sample(list(_PLACE), chance.randint(1, 4))}
        if chance.random() < 0.4:
            columns["tanks"] = self.lists(count, lambda size: self.struct(size, _TANK))
        if chance.random() < 0.3:
            columns["boss"] = self.struct(count, _TANK)
        elif chance.random() < 0.2:
            columns["boss"] = self.lists(count, lambda size: self.struct(size, _TANK))
        table = pa.table(columns)
        cut = chance.randint(0, count)
        return chance.choice((table, table.slice(1), pa.concat_tables([table.slice(0, cut), table.slice(cut)])))

    def column(self, kind: str, count: int) -> Any:
        """Values of a fact; now and then those of another kind."""
        chance = self.chance
        if kind == "set" or chance.random() < 0.02:
            return self.lists(count, lambda size: self.encoded(*_WORDS, size))
        if chance.random() < 0.03:
            return pa.nulls(count)
        return self.encoded(*chance.choice(_BY_KIND[kind if chance.random() < 0.95 else chance.choice(list(_BY_KIND))]), count)

    def encoded(self, data: Any, values: list[Any], count: int) -> Any:
        """Values in a type, written in one of the ways that Arrow has."""
        chance, gaps = self.chance, self.chance.choice((0, 0, 0.3))
        drawn = [None if chance.random() < gaps else chance.choice(values) for _ in range(count)]
        array = pa.array(drawn, data)
        form = chance.choice(("plain", "plain", "dictionary", "odd dictionary", "runs", "view", "large"))
        if form == "dictionary" and not pa.types.is_decimal64(data):  # of which Arrow makes none
            return array.dictionary_encode()
        if form == "odd dictionary":  # words that nobody uses, and null
            words = [None, *values]
            chance.shuffle(words)
            found = [words.index(value) if value is not None or chance.random() < 0.5 else None for value in drawn]
            return pa.DictionaryArray.from_arrays(pa.array(found, pa.int16()), pa.array(words, data))
        if form == "runs":
            return pc.run_end_encode(array)
        if form in ("view", "large") and data == pa.string():
            return array.cast(pa.string_view() if form == "view" else pa.large_string())
        return array

    def struct(self, count: int, kinds: dict[str, str]) -> Any:
        """Parts, some of which are null."""
        names = self.chance.sample(list(kinds), self.chance.randint(1, len(kinds)))
        nulls = pa.array([self.chance.random() < 0.1 for _ in range(count)], pa.bool_()) if self.chance.random() < 0.3 else None
        return pa.StructArray.from_arrays([self.column(kinds[name], count) for name in names], names, mask=nulls)

    def lists(self, count: int, make: Any) -> Any:
        """Lists of any type: some null, some empty, some with entries that stand in none of them."""
        chance, form = self.chance, self.chance.choice(("list", "large list", "view", "large view", "fixed"))
        nulls = pa.array([chance.random() < 0.2 for _ in range(count)], pa.bool_()) if chance.random() < 0.5 else None
        if form == "fixed":
            return pa.FixedSizeListArray.from_arrays(make(count * 2), 2, mask=nulls)
        lengths = [chance.choice((0, 0, 1, 1, 2, 3)) for _ in range(count)]
        ends = np.cumsum([chance.choice((0, 0, 2)), *lengths])
        inner = make(int(ends[-1]) + 1)
        size = pa.int64() if "large" in form else pa.int32()
        if "view" in form:
            made: Any = pa.LargeListViewArray if "large" in form else pa.ListViewArray
            return made.from_arrays(pa.array(ends[:-1], size), pa.array(lengths, size), inner, mask=nulls)
        made = pa.LargeListArray if "large" in form else pa.ListArray
        return made.from_arrays(pa.array(ends, size), inner, mask=nulls)
