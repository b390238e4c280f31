"""Bounds in Chinese legal wording: the number, its unit, and the side to which the number itself belongs.

以上, 以下, 以内, 不足, 超过 … are read as the Civil Code (art. 1259) and the customs of drafting have them: 以上, 以下, 以内, 达到
include the number; 超过, 不足, 不满 leave it out. A negation does not move the number to the other side: 超过 and 不超过 both
draw the line above it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from hazardrules.model.units import ONE, SPELLINGS, find_unit

if TYPE_CHECKING:
    from hazardrules.model.units import Unit
    from hazardrules.verify.thresholds import Side

_COUNTED = (
    *"人名岁次层级台辆个户件间处倍起座家只瓶分项支具盏套张条部根排门组具栋所步股路种周篇头艘株樘扇",
    "周岁",
    "艘次",
    "具次",
    "个月",
)
_RANKS = ("级",)
"""Ranks are counted downwards: of a second class and of a third, the third is the lower one."""
_AFTER: dict[str, Side] = {"以上": "upper", "以下": "lower", "以内": "lower"}
_BEFORE: dict[str, Side] = {
    "超过": "lower", "大于": "lower", "高于": "lower", "多于": "lower", "逾": "lower", "最多": "lower", "至多": "lower",
    "少于": "upper", "低于": "upper", "小于": "upper", "不足": "upper", "不满": "upper", "未满": "upper", "不到": "upper",
    "达到": "upper", "达": "upper", "满": "upper", "至少": "upper",
}  # fmt: skip
_DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_POWERS = {"十": 10, "百": 100, "千": 1000}
_NUMBER = r"百分之[一二三四五六七八九十百零〇两]+|\d[\d,]*(?:\.\d+)?|[一二三四五六七八九十百千万两〇零]+"


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound in a text.

    Attributes:
        words: As it stands there.
        number: The number, in `unit`.
        unit: Its unit; None where something is counted.
        counted: What is counted, where the text says it.
        side: Which side the number itself belongs to.
    """

    words: str
    number: Fraction
    unit: Unit | None
    counted: str
    side: Side


def bounds_in(text: str) -> list[Bound]:
    """Every bound in a Chinese text."""
    found: list[Bound] = []
    for hit in _pattern().finditer(text):
        number = _number(hit["number"])
        if number is None:
            continue
        sides: list[Side] = [table[hit[group]] for table, group in ((_BEFORE, "before"), (_AFTER, "after")) if hit[group]]
        unit = find_unit(hit["unit"]) if hit["unit"] and hit["unit"] not in _COUNTED else None
        if hit["number"].startswith("百分之"):
            unit = find_unit("%")
        counted = hit["unit"] if hit["unit"] in _COUNTED else ""
        if counted in _RANKS:
            continue
        found += [Bound(hit.group().strip(), number, unit, counted, side) for side in dict.fromkeys(sides)]
    return found


def quantities_in(text: str) -> list[tuple[Fraction, Unit]]:
    """Every number with a unit in a Chinese text, bound or not."""
    found: list[tuple[Fraction, Unit]] = []
    for hit in _pattern().finditer(text):
        number, unit = _number(hit["number"]), find_unit(hit["unit"]) if hit["unit"] else None
        if number is not None and unit is not None:
            found.append((number, unit))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    units = sorted({*SPELLINGS, *_COUNTED} - {""}, key=len, reverse=True)
    before, after = "|".join(sorted(_BEFORE, key=len, reverse=True)), "|".join(_AFTER)
    unit = "|".join(map(re.escape, units))
    amount = rf"(?P<number>{_NUMBER})\s*(?P<unit>{unit})?"
    return re.compile(rf"(?:(?P<before>{before})(?:或者等于)?\s*)?(?<![\d.]){amount}(?:\s*及?\s*(?P<after>{after}))?")


def _number(text: str) -> Fraction | None:
    if text.startswith("百分之"):
        return _chinese(text.removeprefix("百分之"))
    return Fraction(text.replace(",", "")) if text[0].isascii() else _chinese(text)


def _chinese(text: str) -> Fraction | None:
    """A number in Chinese characters up to 万; None where it is none."""
    head, sign, tail = text.partition("万")
    if sign:
        large, small = _below_10000(head), _below_10000(tail) if tail else 0
        return None if large is None or small is None else Fraction(large * 10_000 + small)
    found = _below_10000(head)
    return None if found is None else Fraction(found)


def _below_10000(text: str) -> int | None:
    total, digit = 0, None
    for char in text:
        if char in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[char]
        elif char in _POWERS:
            total += (1 if digit is None else digit) * _POWERS[char]
            digit = None
        else:
            return None
    return total + (digit or 0) if text else None


def in_base_units(number: Fraction, unit: Unit | None) -> Fraction:
    """A number in base units."""
    return number * (unit or ONE).factor
