"""Units of measure: exact factors, dimensions, and every spelling that people write."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hazardrules.model.values import Number

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: what it measures and how many base units it is.

    Attributes:
        name: How it is printed; empty for pure numbers.
        dimension: Base dimensions with their exponents, sorted.
        factor: Its size in base units (metre, kilogram, second, ampere, degree, lux, yuan …), exact.
    """

    name: str
    dimension: Dimension
    factor: Fraction

    def times(self, other: Unit) -> Unit:
        """The unit of a product."""
        return Unit(_joined(self.name, "·", other.name), _combine(self.dimension, other.dimension, 1), self.factor * other.factor)

    def per(self, other: Unit) -> Unit:
        """The unit of a quotient."""
        dimension = _combine(self.dimension, other.dimension, -1)
        if not dimension:
            return Unit("", (), self.factor / other.factor)
        return Unit(_joined(self.name, "/", other.name), dimension, self.factor / other.factor)


def _joined(left: str, sign: str, right: str) -> str:
    if not right:
        return left
    return f"{left or '1'}{sign}{right}" if left or sign == "/" else right


def _combine(left: Dimension, right: Dimension, sign: int) -> Dimension:
    powers = dict(left)
    for base, power in right:
        powers[base] = powers.get(base, 0) + sign * power
    return tuple(sorted((base, power) for base, power in powers.items() if power))


ONE = Unit("", (), Fraction(1))

_LENGTH: Dimension = (("m", 1),)
_AREA: Dimension = (("m", 2),)
_VOLUME: Dimension = (("m", 3),)
_MASS: Dimension = (("kg", 1),)
_TIME: Dimension = (("s", 1),)
_PRESSURE: Dimension = (("kg", 1), ("m", -1), ("s", -2))
_POWER: Dimension = (("kg", 1), ("m", 2), ("s", -3))
_ENERGY: Dimension = (("kg", 1), ("m", 2), ("s", -2))
_VOLTAGE: Dimension = (("A", -1), ("kg", 1), ("m", 2), ("s", -3))
_RESISTANCE: Dimension = (("A", -2), ("kg", 1), ("m", 2), ("s", -3))

# name | dimension | factor to base units | further spellings
_SIMPLE: tuple[tuple[str, Dimension, Fraction, str], ...] = (
    ("%", (), Fraction(1, 100), "％ percent"),
    ("‰", (), Fraction(1, 1000), ""),
    ("ppm", (), Fraction(1, 1_000_000), ""),
    ("mm", _LENGTH, Fraction(1, 1000), "毫米 ㎜"),
    ("cm", _LENGTH, Fraction(1, 100), "厘米 ㎝"),
    ("m", _LENGTH, Fraction(1), "米 metre metres meter meters"),
    ("km", _LENGTH, Fraction(1000), "千米 公里 ㎞"),
    ("mm²", _AREA, Fraction(1, 1_000_000), "平方毫米 mm2 mm^2"),
    ("cm²", _AREA, Fraction(1, 10_000), "平方厘米 cm2 cm^2"),
    ("m²", _AREA, Fraction(1), "平方米 m2 m^2 ㎡ 平米"),
    ("ha", _AREA, Fraction(10_000), "公顷 hm²"),
    ("km²", _AREA, Fraction(1_000_000), "平方千米 平方公里 km2 km^2"),
    ("m³", _VOLUME, Fraction(1), "立方米 m3 m^3 立方"),
    ("L", _VOLUME, Fraction(1, 1000), "升 litre litres liter"),
    ("mL", _VOLUME, Fraction(1, 1_000_000), "毫升 ml"),
    ("mg", _MASS, Fraction(1, 1_000_000), "毫克"),
    ("g", _MASS, Fraction(1, 1000), "克"),
    ("kg", _MASS, Fraction(1), "千克 公斤 ㎏"),
    ("t", _MASS, Fraction(1000), "吨 tonne tonnes"),
    ("s", _TIME, Fraction(1), "秒 seconds second"),
    ("min", _TIME, Fraction(60), "分钟 minutes minute"),
    ("h", _TIME, Fraction(3600), "小时 hours hour"),
    ("days", _TIME, Fraction(86400), "天 日 day d"),
    ("weeks", _TIME, Fraction(604800), "周 week"),
    ("CNY", (("CNY", 1),), Fraction(1), "元 人民币元 yuan RMB"),
    ("万元", (("CNY", 1),), Fraction(10_000), ""),
    ("亿元", (("CNY", 1),), Fraction(100_000_000), ""),
    ("EUR", (("EUR", 1),), Fraction(1), "€"),
    ("USD", (("USD", 1),), Fraction(1), ""),
    ("Pa", _PRESSURE, Fraction(1), "帕"),
    ("kPa", _PRESSURE, Fraction(1000), "千帕"),
    ("MPa", _PRESSURE, Fraction(1_000_000), "兆帕"),
    ("bar", _PRESSURE, Fraction(100_000), ""),
    ("W", _POWER, Fraction(1), "瓦"),
    ("kW", _POWER, Fraction(1000), "千瓦"),
    ("MW", _POWER, Fraction(1_000_000), "兆瓦"),
    ("kVA", _POWER, Fraction(1000), "千伏安"),
    ("MVA", _POWER, Fraction(1_000_000), "兆伏安"),
    ("J", _ENERGY, Fraction(1), "焦耳"),
    ("kJ", _ENERGY, Fraction(1000), "千焦"),
    ("MJ", _ENERGY, Fraction(1_000_000), "兆焦"),
    ("kWh", _ENERGY, Fraction(3_600_000), "千瓦时"),
    ("A", (("A", 1),), Fraction(1), "安培"),
    ("mA", (("A", 1),), Fraction(1, 1000), "毫安"),
    ("V", _VOLTAGE, Fraction(1), "伏"),
    ("kV", _VOLTAGE, Fraction(1000), "千伏"),
    ("Ω", _RESISTANCE, Fraction(1), "欧姆 ohm"),
    ("MΩ", _RESISTANCE, Fraction(1_000_000), "兆欧"),
    ("N", (("kg", 1), ("m", 1), ("s", -2)), Fraction(1), "牛顿"),
    ("kN", (("kg", 1), ("m", 1), ("s", -2)), Fraction(1000), "千牛"),
    ("°C", (("°C", 1),), Fraction(1), "℃ 摄氏度"),
    ("lx", (("lx", 1),), Fraction(1), "勒克斯"),
    ("dB", (("dB", 1),), Fraction(1), "分贝"),
    ("°", (("°", 1),), Fraction(1), "度 degrees"),
)
# name | numerator | denominator | further spellings
_QUOTIENTS: tuple[tuple[str, str, str, str], ...] = (
    ("km/h", "km", "h", "公里/小时 千米/小时 公里每小时 千米每小时"),
    ("m/s", "m", "s", "米/秒 米每秒"),
    ("kg/m³", "kg", "m³", "千克/立方米 kg/m3"),
    ("g/m³", "g", "m³", "克/立方米 g/m3"),
    ("mg/m³", "mg", "m³", "毫克/立方米 mg/m3"),
    ("mg/L", "mg", "L", "毫克/升"),
    ("kg/m²", "kg", "m²", "千克/平方米 kg/m2"),
    ("kN/m²", "kN", "m²", "千牛/平方米 kN/m2"),
    ("kN/m", "kN", "m", "千牛/米"),
    ("MJ/m²", "MJ", "m²", "MJ/m2"),
    ("MJ/m³", "MJ", "m³", "MJ/m3"),
    ("MJ/kg", "MJ", "kg", ""),
    ("kJ/kg", "kJ", "kg", ""),
    ("L/s", "L", "s", "升/秒"),
    ("m³/h", "m³", "h", "立方米/小时 m3/h"),
    ("m³/s", "m³", "s", "立方米/秒 m3/s"),
    ("L/min", "L", "min", "升/分钟"),
    ("m²/h", "m²", "h", ""),
    ("CNY/t", "CNY", "t", "元/吨"),
    ("1/m²", "", "m²", "人/平方米 人/m²"),
)


def _build() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for name, dimension, factor, spellings in _SIMPLE:
        unit = Unit(name, dimension, factor)
        for spelling in (name, *spellings.split()):
            units[spelling] = unit
    for name, above, below, spellings in _QUOTIENTS:
        quotient = (units[above] if above else ONE).per(units[below])
        unit = Unit(name, quotient.dimension, quotient.factor)
        for spelling in (name, *spellings.split()):
            units[spelling] = unit
    per_100_ml = Unit("mg/100mL", _combine(_MASS, _VOLUME, -1), Fraction(1, 1_000_000) / Fraction(1, 10_000))
    for spelling in ("mg/100mL", "mg/100ml", "mg/100 mL", "mg/100 ml", "毫克/100毫升", "毫克/百毫升"):
        units[spelling] = per_100_ml
    return units


_UNITS = _build()
SPELLINGS: tuple[str, ...] = tuple(sorted(_UNITS, key=lambda spelling: (-len(spelling), spelling)))
"""Every spelling, the longest first."""


def find_unit(spelling: str) -> Unit | None:
    """The unit of a spelling; None where it is none."""
    return _UNITS.get(spelling.strip())


def unit_names() -> tuple[str, ...]:
    """The printed name of every unit, for hints."""
    return tuple(dict.fromkeys(unit.name for unit in _UNITS.values()))


def same_dimension(left: Unit, right: Unit) -> bool:
    """Whether numbers in these units can be compared."""
    return left.dimension == right.dimension


def convert(value: Number, given: Unit, wanted: Unit) -> Number:
    """A number in another unit of the same dimension, exactly."""
    return value if given.factor == wanted.factor else value * (given.factor / wanted.factor)
