"""Few plain rules as one function: a line of code per rule, in agreement with the reference and with bit sets."""

from __future__ import annotations

import tempfile
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hazardrules
from hazardrules.engines import bitset, lines
from hazardrules.engines.generated import Generated
from hazardrules.engines.reference import Evaluator, Reference
from hazardrules.model.instances import Instance
from hazardrules.model.values import normalise, shortened
from hazardrules.testing.generated_rulebooks import FILES, write

DAY = date(2022, 5, 1)
TESTS = [
    "open", "alarm", "kind == a", "b != kind", "kind in {a, c}", "not kind in {c}", "uses contains x", "uses intersects {y, z}",
    "300 m² <= area < 1000 m²", "area > 300.5 m²", "area == 0.1 m²", "area != 300 m²", "0.3 t > load", "load <= 0.1 t",
    "people >= 3", "people == 20", "people != 4", "people > cap", "checked >= 2021-12-02", "checked == 2020-02-29", "2021-01-01 < checked",
    "is_busy",
]  # fmt: skip
VALUES = {
    "open": [True, False],
    "alarm": [True, False],
    "kind": ["a", "b", "c"],
    "uses": [frozenset(), frozenset("x"), frozenset("yz"), frozenset("xyz")],
    "people": [0, 3, 4, 20, 21, 10**20],
    "checked": [date(2020, 2, 29), date(2021, 1, 1), date(2021, 12, 2), date(2024, 2, 29)],
    "area": [Fraction(n) for n in ("0", "0.1", "300", "300.5", "999.999", "1000", "1e30")],
    "load": [Fraction(n) for n in ("0", "0.1", "0.3", "-2", "1/3")],
}
STEPS = [0, 0, 0, Fraction(1, 10**30), -Fraction(1, 10**30), Fraction(1, 10**9)]
"""A number a little beside a value of the law, by so little that floats cannot tell."""


@st.composite
def conditions(draw, depth=3):
    form = draw(st.integers(0, 3)) if depth else 0
    if form == 0:
        return draw(st.sampled_from(TESTS))
    if form == 1:
        return f"not ({draw(conditions(depth - 1))})"
    return f"({draw(conditions(depth - 1))}) {'and' if form == 2 else 'or'} ({draw(conditions(depth - 1))})"


@st.composite
def packs(draw):
    rules = []
    for number in range(draw(st.integers(1, 6))):
        rule = [f"  - id: r{number}", '    clause: "1"', f"    text: {{zh: 规则, en: rule {number}}}", "    level: general"]
        form = draw(st.sampled_from(["", "", "all", "any", "none", "at_least"]))
        when = [draw(conditions()) for _ in range(3)]
        if form == "at_least":
            rule += [
                "    when:",
                "      at_least:",
                "        count: 2",
                "        of:",
                *(f"          - '{item}'" for item in when),
            ]
        elif form:
            rule += ["    when:", f"      {form}:", *(f"        - '{item}'" for item in when)]
        else:
            rule.append(f"    when: '{when[0]}'")
        if draw(st.booleans()):
            rule += ["    unless:", '      clause: "1"', f"      is: '{draw(conditions(1))}'"]
        if draw(st.booleans()):
            rule.append(f"    applies: '{draw(conditions(1))}'")
        rules += rule
    applies = f"applies: '{draw(conditions(1))}'\n" if draw(st.booleans()) else ""
    busy = draw(conditions(2).filter(lambda text: "is_busy" not in text))
    return f"""pack: plain
label: {{zh: 平, en: plain}}
law: xx-1
on: place
scale: hazard
{applies}parameters:
  cap:
    - {{from: 2020-07-01, value: 20, clause: "1"}}
derived:
  is_busy:
    clause: "1"
    label: {{zh: 繁忙, en: busy}}
    is: '{busy}'
rules:
{chr(10).join(rules)}
"""


@st.composite
def places(draw):
    """Facts of a place: all of them, or some, also ones that are not as intake gives them."""
    every = draw(st.booleans())
    facts = {}
    for name, values in VALUES.items():
        if every or draw(st.integers(0, 3)):
            value = draw(st.sampled_from(values))
            if isinstance(value, Fraction):
                value = normalise(value + draw(st.sampled_from(STEPS)))
                value = shortened(value) if draw(st.booleans()) else value
            facts[name] = value
    return facts


def loaded(pack):
    with tempfile.TemporaryDirectory() as folder:
        return hazardrules.load(write({**FILES, "all/plain.yaml": pack}, Path(folder)))


def said(verdicts):
    return [(one.holds, one.undetermined, one.but_for) for one in verdicts]


@settings(deadline=None)
@given(pack=packs(), cases=st.lists(places(), min_size=1, max_size=12))
def test_lines_agree_with_the_reference_and_with_bit_sets(pack, cases):
    """Truths, and which scopes are open, whatever is known and however near a number comes to a value of the law."""
    plan = loaded(pack).compiled.in_force(DAY)
    assert lines.Lines(plan, "place").judge is not None
    for facts in cases:
        place = Instance("place", facts=facts)
        (found,) = Generated().evaluate(plan, place, DAY)
        assert said([found]) == said(Reference().evaluate(plan, place, DAY)), facts
        assert said([found]) == said(bitset.judge(plan, place, DAY)), facts
        evaluator = Evaluator(plan, place, DAY)
        rules = [plan.rules[name] for name in found.undetermined if plan.rules[name].scope is not None]
        scopes = [
            rule.name for rule in rules if evaluator.condition(rule.scope, place) is evaluator.condition(rule.when, place) is None
        ]
        assert found.unscoped >= set(scopes), facts
        exactly = {
            rule.name
            for rule in rules
            if evaluator.condition(rule.scope, place) is None and evaluator.condition(rule.when, place) is not True
        }
        assert found.unscoped == exactly, facts


PACK = """pack: plain
label: {zh: 平, en: plain}
law: xx-1
on: place
scale: hazard
rules:
  - id: r0
    clause: "1"
    text: {zh: 规则, en: rule}
    when: WHEN
    level: general
"""


@pytest.mark.parametrize(
    "when",
    [
        "area / people < 15 m²",
        "boss.trained",
        "any(t.full for t in tanks)",
        "checked < as_of - 1 year",
        "area > 0.1234567890123456 m²",
    ],
)
def test_what_is_more_than_a_test_of_a_fact_is_no_line(when):
    """Other subjects, the day, arithmetic, values that floats cannot stand for."""
    plan = loaded(PACK.replace("WHEN", when)).compiled.in_force(DAY)
    assert lines.Lines(plan, "place").judge is None


def test_many_rules_are_bit_sets(monkeypatch):
    """From so many on."""
    plan = loaded(PACK.replace("WHEN", "open")).compiled.in_force(DAY)
    assert lines.Lines(plan, "place").judge is not None
    monkeypatch.setattr(lines, "MAX_RULES", 0)
    assert lines.Lines(plan, "place").judge is None


def test_the_code_can_be_read():
    """A line per rule, with the value of the law; where the rules of a kind of subject are no lines there is none."""
    plan = loaded(PACK.replace("WHEN", "area > 300.5 m² and kind == a")).compiled.in_force(DAY)
    assert "> 300.5" in Generated().source(plan, "place")
    assert "== 'a'" in Generated().source(plan, "place")
    assert Generated().source(plan, "tank") == ""
