"""The short cuts of the generated engine: floats that keep the order, and arithmetic that equals the exact one."""

from __future__ import annotations

import math
import operator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hazardrules.engines import quick
from hazardrules.model import intervals
from hazardrules.model.values import Interval, normalise

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
