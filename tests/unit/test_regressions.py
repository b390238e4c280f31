"""What once went wrong, each as the smallest case that showed it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest

import hazardrules
from hazardrules.api import usable_engines
from hazardrules.model.values import CalendarSpan, add_span
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hazardrules.model.results import LevelRange, MissingFacts

DAY = date(2021, 12, 2)
HEAD = """pack: {pack}
label: {{zh: 包, en: pack}}
law: xx-1
on: place
scale: hazard
"""
YARD = """subject: yard
label: {zh: 堆场, en: yard}
facts:
  area: {type: number, unit: ha, minimum: 0, label: {zh: 面积, en: area}}
  open: {type: bool, label: {zh: 开, en: open}}
parts:
  tanks: {of: tank, label: {zh: 储罐, en: tanks}}
"""


def pack(body: str, name: str = "p") -> str:
    return HEAD.format(pack=name) + body


def rule(name: str, when: str, level: str = "major", *more: str) -> str:
    lines = [f"  - id: {name}", '    clause: "1"', "    text: {zh: 文, en: text}", f"    when: '{when}'", f"    level: {level}"]
    return "\n".join([*lines, *(f"    {line}" for line in more)]) + "\n"


def table(heading: str, *rows: str) -> str:
    lines = [
        "rules:",
        "  - id: band",
        '    clause: "1"',
        "    text: {zh: 档, en: band}",
        "    table: |",
        f"      {heading} | level",
    ]
    return "\n".join([*lines, *(f"      {row}" for row in rows)]) + "\n"


AMENDS = """  - id: heavier
    kind: amends
    of: [p.r]
    clause: "1"
    text: {zh: 重, en: heavier}
    when: alarm
    level: major
    actions: [demerit: 12]
"""


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., hazardrules.Rulebook]:
    """Loads the common vocabulary with a pack, or with other files."""

    def build(body: str = "", **files: str) -> hazardrules.Rulebook:
        more = {name if name.endswith(".csv") else f"{name.replace('__', '/')}.yaml": text for name, text in files.items()}
        return hazardrules.load(write({**FILES, **({"all/p.yaml": pack(body)} if body else {}), **more}, tmp_path))

    return build


def truths(book: hazardrules.Rulebook, **facts: Any) -> dict[str, bool | None]:
    """What the engines say of the rules on the place itself; they must agree."""
    said = []
    for engine in usable_engines():
        inquiry = book.inquire({"place": facts}, as_of=DAY, engine=engine)
        verdict = inquiry.verdicts[0]
        names = inquiry.plan.by_kind["place"]
        said.append(
            {n.removeprefix("p."): True if n in verdict.holds else None if n in verdict.undetermined else False for n in names}
        )
    assert all(one == said[0] for one in said)
    return said[0]


def level(book: hazardrules.Rulebook, packs: list[str] | None = None, **facts: Any) -> LevelRange:
    return book.classify({"place": facts}, as_of=DAY, packs=packs).levels["hazard"]


def missing(book: hazardrules.Rulebook, name: str = "p.r", **facts: Any) -> MissingFacts:
    answer = book.classify({"place": facts}, as_of=DAY)
    return next(found.missing for found in answer.undetermined if found.rule == name)


# levels


def test_at_least_is_no_more_than_what_the_end_of_a_chain_of_overrides_gives(load: Callable[..., hazardrules.Rulebook]) -> None:
    """A rule that matches may give way to one that gives way itself: then only the last one holds."""
    rules = (
        rule("n", "alarm")
        + rule("o", "people > 3", "general", "overrides: [p.n]")
        + rule("q", "open", "general", "overrides: [p.o]")
    )
    book = load("rules:\n" + rules)
    assert level(book, open=True, alarm=True).at_least == "general"
    assert level(book, open=True, alarm=True, people=4).level == "general"


def test_a_pack_that_is_not_looked_at_raises_no_level(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Neither on a scale of the packs asked for, nor on one that they do not know."""
    other = "  other:\n    label: {zh: 他, en: other}\n    levels:\n      zero: {severity: 0, label: {zh: 无, en: zero}}\n"
    other += "      one: {severity: 1, label: {zh: 一, en: one}}\n"
    special = "overrides: [b.{}]"
    body = rule("n", "alarm") + rule("o", "people > 3", "major", special.format("n"))
    body += rule("m", "alarm", "other.one") + rule("l", "people > 3", "other.one", special.format("m"))
    book = load(
        levels=FILES["levels.yaml"] + other,
        all__a=pack("rules:\n" + rule("r", "open", "general"), "a"),
        all__b=pack("rules:\n" + body, "b"),
    )
    assert level(book, open=False, alarm=True).at_least == "major"
    assert level(book, ["a"], open=False, alarm=True).at_most == "none"


def test_a_rule_that_amends_an_open_rule_may_still_raise_the_level(load: Callable[..., hazardrules.Rulebook]) -> None:
    """It says nothing where no rule that it amends holds; one of them may come to hold."""
    book = load("rules:\n" + rule("r", "open", "general") + AMENDS)
    before, after = level(book, alarm=True), level(book, alarm=True, open=True)
    assert (before.level, before.at_most) == (None, "major")
    assert after.level == "major"
    assert level(book, alarm=True, open=False).level == "none"


# truth


@pytest.mark.parametrize("text", ["owner.area > 300 m²", "owner.p.is_large"])
def test_a_fact_of_several_owners_in_different_units_is_refused(load: Callable[..., hazardrules.Rulebook], text: str) -> None:
    """One hectare was read as one square metre, where tanks stand in places and in yards."""
    derived = "derived:\n  is_large: {clause: '1', label: {zh: 大, en: large}, is: area > 300 m²}\n"
    with pytest.raises(hazardrules.RulebookError) as caught:
        load(derived + "rules:\n" + rule("r", text, "major", "on: tank"), subjects__yard=YARD)
    assert {found.code.number for found in caught.value.diagnostics} <= {201, 213}


def test_a_fact_that_all_owners_declare_alike_is_the_fact_of_whichever_owner(load: Callable[..., hazardrules.Rulebook]) -> None:
    """And a missing fact is one that the owner at hand has."""
    book = load(
        "rules:\n" + rule("r", "owner.open", "major", "on: tank") + rule("s", "owner.open and owner.alarm", "major", "on: tank"),
        subjects__yard=YARD,
    )
    answer = book.classify({"yard": {"open": True, "tanks": [{}]}}, as_of=DAY)
    assert [found.rule for found in answer.findings] == ["p.r"]
    assert [found.missing.to_hold for found in answer.undetermined] == [[]]


def test_a_total_counts_the_points_as_amended(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Not those before and after, and none of an amending rule that amends nothing."""
    own = rule("r", "open", "general", "actions: [demerit: 6]")
    book = load("rules:\n" + own + AMENDS + rule("twelve", "total(points) == 12") + rule("zero", "total(points) == 0"))
    parts: dict[str, Any] = {"tanks": [], "boss": {}}
    assert truths(book, open=True, alarm=True, **parts)["twelve"] is True
    assert truths(book, open=False, alarm=True, **parts)["zero"] is True
    assert truths(book, open=True, **parts)["zero"] is False
    assert truths(book, open=True, **parts)["twelve"] is None


def test_a_row_decides_nothing_while_an_earlier_one_may_hold(load: Callable[..., hazardrules.Rulebook]) -> None:
    """With `hit: collect` learning that the first row holds revoked the value of the second."""
    rows = "      yes  | -     | 1\n      -    | yes   | 2\n"
    derived = (
        'derived:\n  d:\n    clause: "1"\n    label: {zh: 值, en: value}\n    hit: collect\n    table: |\n      open | alarm | value\n'
        + rows
    )
    book = load(derived + "rules:\n" + rule("r", "d == 2"))
    assert truths(book, alarm=True)["r"] is None
    assert truths(book, alarm=True, open=True)["r"] is False
    assert truths(book, alarm=True, open=False)["r"] is True


def test_a_key_of_a_data_table_is_looked_up_in_the_unit_of_the_table(load: Callable[..., hazardrules.Rulebook]) -> None:
    """8000 kg is the row of 8 t."""
    about = 'table: caps\nlaw: xx-1\nclause: "1"\nfile: caps.csv\nkey: {mass: {type: number, unit: t}}\nvalue: {cap: {type: number}}\n'
    csv = {"tables/caps.csv": "mass,cap\n8,5\n8000,7\n"}
    book = load("rules:\n" + rule("r", "caps(limit) == 5"), tables__caps=about, **csv)
    assert truths(book, limit="8000 kg")["r"] is True


# dates


def test_a_moment_is_no_day_of_a_case(load: Callable[..., hazardrules.Rulebook]) -> None:
    """It is refused with its path, and not met by a stack trace."""
    book = load("rules:\n" + rule("r", "open"))
    with pytest.raises(hazardrules.FactsError, match="as_of"):
        book.classify({"place": {"open": True}}, as_of=datetime(2021, 12, 2, 8, 30))


def test_a_deadline_behind_the_end_of_the_calendar_is_not_computed() -> None:
    """Working days are counted one by one; the last one was 9999-12-31."""
    assert add_span(date.max, CalendarSpan(working_days=5), lambda _day: True) is None


def test_hours_are_not_added_to_a_day(load: Callable[..., hazardrules.Rulebook]) -> None:
    """The sum was unknown for ever; it is refused when the rulebook is loaded."""
    assert load("rules:\n" + rule("r", "checked + 48 h < as_of")).warnings == ()
    with pytest.raises(hazardrules.RulebookError, match="HR203"):
        load("rules:\n" + rule("r", "checked + 12 h < as_of"))


# decision tables


@pytest.mark.parametrize(
    ("bound", "rows"), [("maximum: 0.8", ["<= 0.5 | general"]), ("minimum: 0.9", ["<= 0 | general", ">= 1 | major"])]
)
def test_a_gap_between_the_last_number_and_a_declared_bound_is_found(
    load: Callable[..., hazardrules.Rulebook], bound: str, rows: list[str]
) -> None:
    """It is narrower than the step of the grid."""
    place = FILES["subjects/place.yaml"].replace(
        "facts:\n", f"facts:\n  share: {{type: number, {bound}, label: {{zh: 份, en: share}}}}\n"
    )
    with pytest.raises(hazardrules.RulebookError, match="HR303"):
        load(table("share", *rows), subjects__place=place)


def test_a_whole_number_is_never_between_two_and_three(load: Callable[..., hazardrules.Rulebook]) -> None:
    """So rows that leave out 2.5 leave no gap."""
    assert load(table("people", "< 2.5 | general", "> 2.5 | major")).warnings == ()


def test_two_headings_that_count_different_parts_are_two_headings(load: Callable[..., hazardrules.Rulebook]) -> None:
    """They differ only in the values that a set is asked for."""
    tank = FILES["subjects/tank.yaml"] + "  marks: {type: set, of: {a: 甲, b: 乙}, label: {zh: 标记, en: marks}}\n"
    counts = [f"count(t for t in tanks where t.marks contains {mark})" for mark in "ab"]
    body = table(f"{counts[0]} | {counts[1]}", "> 0 | 0 | general", "0 | > 0 | major", "else | - | -")
    assert load(body, subjects__tank=tank).warnings == ()


def test_a_table_of_five_hundred_rows_is_checked_at_once(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Rows are bits: a point of the grid costs one `and` per column."""
    rows = [f"[{i} m², {i + 1} m²) | general" for i in range(500)]
    begun = time.process_time()
    load(table("area", *rows, "else | -"))
    assert time.process_time() - begun < 20


def test_a_table_over_two_computed_numbers_is_proven_complete(load: Callable[..., hazardrules.Rulebook]) -> None:
    """They are compared by the sign of their difference, so that an open row gives its lowest level at least."""
    book = load(table("load > limit", "yes | major", "no | general"))
    assert book.warnings == ()
    assert level(book, load=1).at_least == "general"


# what touches a rule


def test_a_rule_about_what_is_derived_of_the_owner_is_touched_by_the_facts_of_the_owner(
    load: Callable[..., hazardrules.Rulebook],
) -> None:
    """It was counted among the rules that nobody looked at, and the level was `none`."""
    derived = "derived:\n  busy: {clause: '1', label: {zh: 忙, en: busy}, is: people > 3 and alarm}\n"
    book = load(derived + "rules:\n" + rule("r", "owner.busy", "major", "on: tank"))
    answer = book.classify({"place": {"people": 4, "tanks": [{}]}}, as_of=DAY)
    assert [found.rule for found in answer.undetermined] == ["p.r"]
    assert answer.levels["hazard"].level is None


def test_a_total_is_touched_by_the_facts_of_the_rules_that_it_sums(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Six points are there, six more are open: the level is not settled."""
    carriers = rule("a", "open", "general", "actions: [demerit: 6]") + rule("b", "alarm", "general", "actions: [demerit: 6]")
    book = load("rules:\n" + carriers + rule("r", "total(points) >= 12"))
    assert level(book, open=True, tanks=[], boss={}).level is None
    assert missing(book, open=True, tanks=[], boss={}).to_hold == [["alarm"]]


# missing facts


def test_a_quotient_within_a_band_can_come_to_hold(load: Callable[..., hazardrules.Rulebook]) -> None:
    """No value that was tried lay in the band, so nothing was said to be missing."""
    book = load("rules:\n" + rule("r", "30 % <= load / limit - 1 < 50 %"))
    assert missing(book, load="10.4 t").to_hold == [["limit"]]


def test_named_sets_of_missing_facts_are_the_smallest(load: Callable[..., hazardrules.Rulebook]) -> None:
    """One tank can be too heavy alone; two of three are two."""
    book = load(
        "rules:\n"
        + rule("r", "sum(t.mass for t in tanks) >= 100 kg")
        + rule("c", "count(t for t in tanks where t.mass >= 50 kg) >= 2")
    )
    tanks: list[dict[str, Any]] = [{}, {}, {}]
    assert missing(book, tanks=tanks).to_hold == [["tanks[0].mass"], ["tanks[1].mass"], ["tanks[2].mass"]]
    assert len(missing(book, "p.c", tanks=tanks).to_clear) == 3
    assert all(len(facts) == 2 for facts in missing(book, "p.c", tanks=tanks).to_hold)


def test_a_text_that_is_missing_can_be_the_one_that_is_asked_for(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Only texts that no rule names were tried."""
    place = FILES["subjects/place.yaml"].replace("facts:\n", "facts:\n  maker: {type: text, label: {zh: 厂家, en: maker}}\n")
    book = load("rules:\n" + rule("r", 'maker == "acme" and people > 3'), subjects__place=place)
    assert missing(book, people=4).to_hold == [["maker"]]


def test_a_rule_about_a_part_that_was_not_submitted_misses_the_part(load: Callable[..., hazardrules.Rulebook]) -> None:
    """And a part that is known to be absent is not asked for."""
    derived = "derived:\n  able: {on: person, clause: '1', label: {zh: 能, en: able}, is: trained and age > 18}\n"
    book = load(derived + "rules:\n" + rule("r", "open and not boss.able"))
    assert missing(book, open=True).to_hold == [["boss"]]
    assert missing(book, open=True, boss=[]).to_hold == []


def test_asking_what_is_missing_changes_nothing_that_others_read(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Values were tried on the case itself."""
    book = load("rules:\n" + rule("r", "people > 3 and area > 300 m² and load > 1 t") + rule("s", "open"))
    inquiry = book.inquire({"place": {"open": True, "people": 4}}, as_of=DAY)
    with ThreadPoolExecutor(2) as pool:
        trials = [pool.submit(inquiry.missing, "", "p.r") for _ in range(20)]
        while not all(trial.done() for trial in trials):
            assert set(inquiry.root.facts) == {"open", "people"}
        assert all(trial.result().to_hold == [["area", "load"]] for trial in trials)


# reasons


@pytest.mark.parametrize(("is_open", "words"), [(True, "limit 60 t > 46000 kg"), (False, "limit 60 t > 49000 kg")])
def test_the_reason_of_a_choice_shows_the_branch_that_was_taken(
    load: Callable[..., hazardrules.Rulebook], is_open: bool, words: str
) -> None:
    """And why it was taken."""
    book = load("rules:\n" + rule("r", "limit > (46000 kg if open else 49000 kg)"))
    reason = book.classify({"place": {"open": is_open, "limit": "60 t"}}, as_of=DAY).findings[0].reasons[0]
    assert reason.condition == words
    assert [inner.condition for inner in reason.because] == ["open" if is_open else "not open"]


def test_the_reason_of_a_rule_on_a_part_names_the_part(load: Callable[..., hazardrules.Rulebook]) -> None:
    """The witness of a quantifier."""
    book = load("rules:\n" + rule("full", "full", "general", "on: tank") + rule("r", "any(t.p.full for t in tanks)"))
    answer = book.classify({"place": {"tanks": [{"full": False}, {"full": True}]}}, as_of=DAY)
    found = next(finding for finding in answer.findings if finding.rule == "p.r")
    assert [reason.condition for reason in found.reasons] == ["tanks[1].p.full"]


def test_the_reason_of_a_yes_or_no_table_is_the_row_that_holds(load: Callable[..., hazardrules.Rulebook]) -> None:
    """It was the word `table`."""
    rows = "      [0, 4) | no\n      >= 4 | yes\n"
    derived = (
        'derived:\n  crowd:\n    clause: "1"\n    label: {zh: 多, en: crowd}\n    table: |\n      people | value\n'
        + rows.replace("no", "false").replace("yes", "true")
    )
    book = load(derived + "rules:\n" + rule("r", "crowd"))
    reason = book.classify({"place": {"people": 5}}, as_of=DAY).findings[0].reasons[0]
    assert [inner.condition for inner in reason.because] == ["people 5 >= 4"]


def test_notes_do_not_depend_on_what_was_read_before(load: Callable[..., hazardrules.Rulebook]) -> None:
    """A key that is in no table is noted even where nobody asked for reasons."""
    book = load("rules:\n" + rule("r", "load / (limit - limit) > 1"))
    answer = book.classify({"place": {"load": 1, "limit": 5}}, as_of=DAY)
    first = answer.notes
    again = book.classify({"place": {"load": 1, "limit": 5}}, as_of=DAY)
    _ = again.undetermined[0].missing, again.not_in_force, again.derived
    assert first
    assert again.notes == first


# size


def test_a_count_over_thousands_of_items_is_compiled(load: Callable[..., hazardrules.Rulebook]) -> None:
    """A long sum was a deep nest for Python's compiler."""
    items = "".join(f"          - people > {number}\n" for number in range(3000))
    block = "    when:\n      at_least:\n        count: 3\n        of:\n" + items
    book = load('rules:\n  - id: r\n    clause: "1"\n    text: {zh: 文, en: text}\n' + block + "    level: major\n")
    assert truths(book, people=3)["r"] is True
    assert truths(book, people=2)["r"] is False


def test_a_number_beyond_every_float_is_shown(load: Callable[..., hazardrules.Rulebook]) -> None:
    """A fraction of some hundred digits has no float beside it."""
    derived = (
        f"derived:\n  d: {{clause: '1', label: {{zh: 值, en: value}}, report: true, is: {' * '.join(['(load / 3 kg)'] * 12)}}}\n"
    )
    answer = load(derived + "rules:\n" + rule("r", "d > 1")).classify({"place": {"load": "1e36 t"}}, as_of=DAY)
    assert "E+462" in answer.derived[0].value or "e+462" in answer.derived[0].value


def test_a_sum_of_thousands_of_odd_quotients_is_bounded_not_endless(load: Callable[..., hazardrules.Rulebook]) -> None:
    """Its exact denominator would grow with every part; bounds of three thousand decimals decide as well."""
    book = load("rules:\n" + rule("r", "sum(1 kg / t.mass for t in tanks) > 60"))
    tanks = [{"mass": f"50.{number:04}{'7' * 30}"} for number in range(4000)]
    begun = time.process_time()
    assert truths(book, tanks=tanks)["r"] is True
    assert truths(book, tanks=tanks[:2900])["r"] is False
    assert time.process_time() - begun < 30


def test_the_reason_of_a_quantifier_says_which_parts_were_asked(load: Callable[..., hazardrules.Rulebook]) -> None:
    """All tanks were counted as asked where only the full ones were."""
    book = load("rules:\n" + rule("r", "all(t.mass <= 50 kg for t in tanks where t.full)"))
    answer = book.classify({"place": {"tanks": [{"full": False, "mass": 90}, {"full": True, "mass": 40}]}}, as_of=DAY)
    assert "where t.full" in answer.findings[0].reasons[0].text
