"""More laws of the meaning: De Morgan, order, bands, what is missing really settles, and no smaller set does."""

from __future__ import annotations

import os
import re
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise, product
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from test_meaning_properties import days, load, truths

from hazardrules.api import ENGINES
from hazardrules.engines.base import walk
from hazardrules.engines.reference import Evaluator
from hazardrules.intake.instance import copy_of
from hazardrules.testing.generated_rulebooks import FILES, conditions, rulebooks, submissions

if TYPE_CHECKING:
    import hazardrules
    from hazardrules.classify import Inquiry

SLOW = settings(
    max_examples=int(os.environ.get("HAZARDRULES_EXAMPLES", "60")), deadline=None, suppress_health_check=list(HealthCheck)
)
DAY = date(2021, 12, 2)
HEAD = """pack: {name}
label: {{zh: 包, en: pack}}
law: xx-1
on: place
scale: hazard
"""
DERIVED = """derived:
  total_mass: {clause: "1", label: {zh: 总质量, en: total mass}, is: "sum(t.mass for t in tanks)"}
  is_heavy: {on: tank, clause: "1", label: {zh: 重, en: heavy}, is: mass > 50 kg and owner.open}
"""
PLAIN = conditions((), 2).filter(lambda text: "total(" not in text and "drawn." not in text)


def rule(name: str, when: str, *, level: str = "general") -> str:
    return f'  - id: {name}\n    clause: "1"\n    text: {{zh: 文, en: text}}\n    when: {when}\n    level: {level}\n'


def block(word: str, *items: str) -> str:
    return f"\n      {word}:\n" + "\n".join(f"        - {item}" for item in items)


@SLOW
@given(a=PLAIN, b=PLAIN, facts=submissions(), day=st.sampled_from([date(2020, 7, 1), DAY, date(2023, 12, 31)]))
def test_de_morgan(a: str, b: str, facts: dict[str, Any], day: date) -> None:
    """Not both is one of the negations; `none:` is the negation of `any:`; `at_most` of one less is not `at_least`."""
    pairs = {
        "and": f"not (({a}) and ({b}))",
        "or": f"(not ({a})) or (not ({b}))",
        "none": block("none", f"'{a}'", f"'{b}'"),
        "nor": f"(not ({a})) and (not ({b}))",
        "twice": f"not (not ({a}))",
        "once": a,
        "few": "\n      at_most:\n        count: 1\n        of:\n"
        + "\n".join(f"          - '{item}'" for item in (a, b, "open")),
        "many": "\n      none:\n        - at_least:\n            count: 2\n            of:\n"
        + "\n".join(f"              - '{i}'" for i in (a, b, "open")),
    }
    body = "".join(rule(name, when if when.startswith("\n") else f"'{when}'") for name, when in pairs.items())
    book = load({**FILES, "all/p.yaml": HEAD.format(name="p") + DERIVED + "rules:\n" + body})
    for engine in ENGINES:
        said = {name: truth for (path, name), truth in truths(book, facts, day, engine).items() if not path}
        for left, right in (("and", "or"), ("none", "nor"), ("twice", "once"), ("few", "many")):
            assert said[f"p.{left}"] is said[f"p.{right}"], (left, right)


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days, data=st.data())
def test_the_order_of_rules_and_files_does_not_matter(
    files: dict[str, str], facts: dict[str, Any], day: date, data: st.DataObject
) -> None:
    """Rules of a pack and files of a folder may stand in any order: levels, findings and open rules are the same."""
    text = files["all/drawn.yaml"]
    head, _, listed = text.partition("\nrules:\n")
    rules = re.split(r"(?m)^(?=  - id: )", listed)
    turned = head + "\nrules:\n" + "".join(f"{each.rstrip()}\n" for each in data.draw(st.permutations(rules)) if each.strip())
    other = dict(reversed({**files, "all/drawn.yaml": turned}.items()))
    first, second = (load(each).classify({"place": facts}, as_of=day) for each in (files, other))
    said = [answer.model_dump(exclude={"rulebook", "notes"}) for answer in (first, second)]
    assert said[0] == said[1]
    notes = [sorted(re.sub(r":\d+:\d+", "", note) for note in answer.notes) for answer in (first, second)]
    assert set(notes[0]) == set(notes[1])


@SLOW
@given(
    edges=st.lists(st.fractions(-3, 3, max_denominator=12).map(lambda f: round(f, 3)), min_size=1, max_size=5, unique=True),
    step=st.sampled_from([Fraction(0), Fraction(1, 1000), Fraction(-1, 1000), Fraction(1, 10**12)]),
    pick=st.integers(0, 4),
)
def test_exactly_one_band_holds_and_it_is_the_right_one(edges: list[Fraction], step: Fraction, pick: int) -> None:
    """At an edge, a thousandth beside it, and far less than any float can tell."""
    edges = sorted({Fraction(edge).limit_denominator(1000) for edge in edges if (edge * 1000).denominator == 1})
    assume(edges)
    texts = [_decimal(edge) for edge in edges]
    rows = [f"      < {texts[0]} t | general"]
    rows += [f"      [{low} t, {high} t) | general" for low, high in pairwise(texts)]
    rows.append(f"      >= {texts[-1]} t | general")
    body = (
        '  - id: band\n    clause: "1"\n    text: {zh: 档, en: band}\n    table: |\n      load | level\n' + "\n".join(rows) + "\n"
    )
    book = load({**FILES, "all/p.yaml": HEAD.format(name="p") + "rules:\n" + body})
    value = edges[pick % len(edges)] + step
    wanted = 1 + sum(edge <= value for edge in edges)
    for engine in ENGINES:
        said = truths(book, {"load": f"{_decimal(value)} t"}, DAY, engine)
        assert [name for (_, name), truth in said.items() if truth] == [f"p.band.{wanted}"]


def _decimal(value: Fraction) -> str:
    whole = abs(value) * 10**12
    digits = str(whole.numerator).rjust(13, "0")
    return f"{'-' if value < 0 else ''}{digits[:-12]}.{digits[-12:]}"


VALUES: dict[str, list[Any]] = {
    "open": [True, False],
    "alarm": [True, False],
    "full": [True, False],
    "trained": [True, False],
    "kind": ["a", "b", "c"],
    "uses": [frozenset(chosen) for size in range(4) for chosen in combinations("xyz", size)],
    "people": [0, 3, 4, 20, 50],
    "age": [0, 17, 18],
    "mass": [0, 50, Fraction(50001, 1000), 100],
    "area": [0, 300, Fraction(6005, 10), 1000, 5, 100, 1],
    "load": [-1000, -2, 0, Fraction(1, 2), 1, 8, Fraction(104, 10), 11, 1000],
    "limit": [1, 100, 1000, 8000, 8001, 10400, 1_000_000],
    "checked": [date(1990, 1, 1), date(2020, 2, 29), date(2020, 12, 2), date(2021, 12, 1), date(2021, 12, 2), date(2030, 1, 1)],
}
MOST = 6000


def settles(inquiry: Inquiry, subject: str, name: str, facts: list[str], *, wanted: bool) -> bool | None:
    """Whether some values of some facts settle a rule, by search; None where the search is too long or about parts."""
    root = copy_of(inquiry.root)
    known = {instance.path: instance for instance in walk(root)}
    places = []
    for path in facts:
        prefix, _, fact = path.rpartition(".")
        if prefix not in known or fact not in VALUES:
            return None
        places.append((known[prefix], fact))
    total = 1
    for _, fact in places:
        total *= len(VALUES[fact])
    if total > MOST:
        return None
    for values in product(*(VALUES[fact] for _, fact in places)):
        for (instance, fact), value in zip(places, values, strict=True):
            instance.facts[fact] = value
        if Evaluator(inquiry.plan, root, inquiry.as_of).truth(known[subject], name) is wanted:
            return True
    return False


@SLOW
@given(files=rulebooks(), facts=submissions(), day=days)
def test_a_named_set_of_missing_facts_settles_and_no_smaller_one_does(
    files: dict[str, str], facts: dict[str, Any], day: date
) -> None:
    """In both directions, by search; and no named set is part of another."""
    book: hazardrules.Rulebook = load(files)
    inquiry = book.inquire({"place": facts}, as_of=day)
    for found in inquiry.classification().undetermined:
        where = (found.subject, found.rule)
        for wanted, sets in ((True, found.missing.to_hold), (False, found.missing.to_clear)):
            assert not any(set(a) < set(b) for a in sets for b in sets)
            assert [len(each) for each in sets] == sorted(len(each) for each in sets)
            for each in sets:
                event = settles(inquiry, *where, each, wanted=wanted)
                assert event is not False or _is_loose(each), (where, wanted, each)
                for smaller in () if _is_loose(each) else combinations(each, len(each) - 1):
                    assert settles(inquiry, *where, list(smaller), wanted=wanted) is not True, (where, wanted, each, smaller)


def _is_loose(facts: list[str]) -> bool:
    """Numbers and days go into sums and quotients here: no few values stand for all of theirs, so such sets are kept as proposed."""
    return bool({"area", "load", "limit", "people", "mass", "checked"} & {path.rpartition(".")[2] for path in facts})
