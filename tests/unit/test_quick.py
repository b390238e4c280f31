"""The short cuts of the generated engine: floats that keep the order, and arithmetic that equals the exact one."""

from __future__ import annotations

import copy
import math
import operator
import pickle
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardrules.engines import quick
from hazardrules.model import intervals
from hazardrules.model.values import Interval, ShortDecimal, is_short, normalise, shortened

OPERATORS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}
THRESHOLDS = [
    Fraction(1, 10),
    Fraction(13, 10),
    Fraction(10) ** 16 + Fraction(1, 3),
    Fraction(1, 3),
    0,
    1,
    20,
    10**17 + 1,
    -Fraction(7, 2),
]
STEPS = [0, Fraction(1, 10**30), -Fraction(1, 10**30), Fraction(1, 10**6), 1, -1]

numbers = st.one_of(
    st.builds(lambda mark, step: normalise(Fraction(mark) + step), st.sampled_from(THRESHOLDS), st.sampled_from(STEPS)),
    st.fractions(max_denominator=10**6).map(normalise),
)
constants = st.lists(st.sampled_from(THRESHOLDS), min_size=1, max_size=5, unique=True)


@st.composite
def amounts(draw):
    form = draw(st.integers(0, 4))
    if form == 0:
        return None
    if form < 3:
        return draw(numbers)
    low, high = sorted((draw(numbers), draw(numbers)))
    if low == high:
        return low
    return draw(st.sampled_from([Interval(low, high), Interval(low, None), Interval(None, high)]))


@given(value=numbers, marked=constants)
def test_a_float_stands_to_every_threshold_as_the_exact_number_does(value, marked):
    """Whatever the operator, comparing floats gives the exact answer, or floats are not used."""
    marks = quick.marks(marked)
    if marks is None:
        return
    for rounded, exact in marks.items():
        for name, compare in OPERATORS.items():
            assert compare(quick.near(value, marks), rounded) == compare(value, exact), (name, exact)
            if isinstance(value, int):
                assert compare(value, rounded) == compare(value, exact), (name, exact)


@pytest.mark.parametrize(
    "marked",
    [
        [Fraction(1, 10), Fraction(1, 10) + Fraction(1, 10**30)],
        [1, 1 + Fraction(1, 2**52)],
        [10**17 + 1],
        [10**16 + Fraction(1, 3)],
        [Fraction(10) ** 400 + Fraction(1, 3)],
    ],
)
def test_floats_are_not_used_where_they_could_lie(marked):
    """Thresholds that share a float, neighbour one another, or are not themselves as floats."""
    assert quick.marks(marked) is None


def test_a_number_beyond_all_floats_is_beyond_all_thresholds():
    """No overflow reaches the caller."""
    marks = quick.marks([20])
    assert quick.near(Fraction(10**400), marks) == math.inf
    assert quick.near(-Fraction(10**400), marks) == -math.inf


@given(left=amounts(), right=amounts())
def test_the_short_cuts_compute_what_intervals_compute(left, right):
    """Sums, differences, products, quotients, other units and comparisons."""
    for name in ("add", "subtract", "multiply", "divide"):
        assert getattr(quick, name)(left, right) == getattr(intervals, name)(left, right), name
    assert quick.scale(left, Fraction(1, 1000)) == intervals.scale(left, Fraction(1, 1000))
    for name in OPERATORS:
        assert quick.compare(name, left, right) == intervals.compare(name, left, right), name


shorts = st.builds(
    lambda digits, places, step: shortened(normalise(Fraction(max(min(digits + step, 10**15 - 1), 1 - 10**15), 10**places))),
    st.one_of(st.integers(1 - 10**15, 10**15 - 1), st.sampled_from([0, 1, 10**14, 999999999999999, 2**49])),
    st.integers(0, 14),
    st.integers(-1, 1),
)


def as_float(value):
    return value.near if isinstance(value, ShortDecimal) else value


@given(left=shorts, right=shorts, step=st.sampled_from([-1, 0, 1]), places=st.integers(0, 14))
def test_floats_of_short_decimals_compare_as_these_do(left, right, step, places):
    """Decimals of at most fifteen digits, also ones that differ in the last digit only, among themselves and with whole numbers."""
    beside = shortened(normalise(left + Fraction(step, 10**places)))
    for other in (right, beside):
        if is_short(other):
            for name, compare in OPERATORS.items():
                assert compare(as_float(left), as_float(other)) == compare(left, other), (name, left, other)


@pytest.mark.parametrize("value", [Fraction(1, 3), Fraction(10**16 + 1, 10), Fraction(1, 2**60), Fraction("1234567890.123456")])
def test_longer_numbers_have_no_float_that_stands_for_them(value):
    """They stay what they were."""
    assert type(shortened(value)) is Fraction
    with pytest.raises(ValueError, match="15 digits"):
        ShortDecimal(value.numerator, value.denominator)


def test_a_short_decimal_is_the_fraction_that_it_is():
    """Equal, with the same hash, whatever is done with it; copied and pickled it keeps its float."""
    value = shortened(Fraction("71.77"))
    assert isinstance(value, ShortDecimal)
    assert (value, hash(value), str(value)) == (Fraction("71.77"), hash(Fraction("71.77")), "7177/100")
    assert type(value + 1) is type(-value) is type(value * 2) is Fraction
    for twin in (copy.deepcopy(value), copy.copy(value), pickle.loads(pickle.dumps(value))):  # noqa: S301 - our own
        assert (type(twin), twin, twin.near) == (ShortDecimal, value, 71.77)


moments = st.one_of(st.none(), st.dates(), st.datetimes())


@given(one=moments, other=moments, unit=st.sampled_from([1, 60, 3600, 86400]))
def test_times_between_days_and_moments_are_exact(one, other, unit):
    """Days with days, moments with moments, and either with the other; unknown where one is."""
    found = quick.between(one, other, Fraction(unit))
    if one is None or other is None:
        assert found is None
        return
    first, second = (day if isinstance(day, datetime) else datetime(day.year, day.month, day.day) for day in (one, other))
    assert found == Fraction((first - second) // timedelta(microseconds=1), 1_000_000 * unit)
    assert found is None or type(found) is int or found.denominator > 1


def test_days_shifted_by_a_value_of_the_law_are_computed_once():
    """And only so many are kept."""
    asked = []
    by_three = quick.Shift(3, 1, asked.append)
    assert by_three[None] is None
    assert [by_three[date(2024, 2, 28)] for _ in range(2)] == [date(2024, 3, 2)] * 2
    for number in range(2 * quick.MAX_DAYS):
        assert by_three[date(2000, 1, 1) + timedelta(days=number)] == date(2000, 1, 4) + timedelta(days=number)
    assert len(by_three) <= quick.MAX_DAYS
