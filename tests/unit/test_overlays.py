"""Rules that change the actions of others: what they give goes before, what they do not give stays, order never matters."""

from __future__ import annotations

from datetime import date
from itertools import permutations, product
from typing import TYPE_CHECKING

import pytest
from demo import write_demo

import hazardrules
from hazardrules.api import ENGINES

if TYPE_CHECKING:
    from pathlib import Path

    from hazardrules.model.results import Action

HEAD = """\
pack: fire.overlaid
label: {zh: 叠加, en: overlaid}
law: xx-lodging-2020
on: premises
scale: hazard
rules:
  - id: crowded
    clause: "3"
    text: {zh: 拥挤, en: crowded}
    when: people_lodged > 10
    level: general
    actions:
      - rectify: {within: 15 days}
      - fine: {amount: 100..500 CNY, clause: "9"}
"""
AMENDS = """\
  - id: %s
    clause: "%s"
    kind: amends
    of: [fire.overlaid.crowded]
    text: {zh: 改变, en: changes}
    when: people_lodged > %d
    actions: [%s]
%s"""


def written(folder: Path, rules: tuple[str, ...], head: str = HEAD) -> hazardrules.Rulebook:
    """The demo with a crowded house and some amending rules."""
    folder.mkdir(exist_ok=True)
    write_demo(folder)
    roles = folder / "authorities.yaml"
    roles.write_text(
        roles.read_text("utf-8").replace("authorities:\n", "authorities:\n  police: {label: {zh: 公安机关, en: police}}\n"),
        "utf-8",
    )
    (folder / "fire" / "overlaid.yaml").write_text(head + "".join(rules), "utf-8")
    return hazardrules.load(folder)


def actions(
    folder: Path, rules: tuple[str, ...], *, lodged: int = 30, day: date = date(2021, 12, 2), head: str = HEAD
) -> list[list[Action]]:
    """The actions of a crowded house in every engine, with some amending rules."""
    book = written(folder, rules, head)
    facts = {"premises": {"people_lodged": lodged}}
    return [book.classify(facts, as_of=day, packs="fire.overlaid", engine=engine).actions for engine in ENGINES]


def amends(name: str, action: str, clause: str = "4(1)", *, above: int = 10, dates: str = "") -> str:
    """A rule that amends."""
    return AMENDS % (name, clause, above, action, f"    effective: {dates}\n" if dates else "")


def said(found: list[Action]) -> list[tuple[object, ...]]:
    """What matters of actions."""
    return [
        (
            a.action,
            a.within,
            a.due,
            (a.amount.low, a.amount.high) if a.amount else None,
            [b.clause for b in a.basis],
            a.rules,
            a.amended_by,
        )
        for a in found
    ]


CROWDED = ["fire.overlaid.crowded"]
FINE = ("fine", None, None, ("100", "500"), ["9"], CROWDED, [])


def test_a_shorter_limit_counts_and_both_laws_are_named(tmp_path: Path) -> None:
    for found in actions(tmp_path, (amends("sooner", "{rectify: {within: 3 days}}"),)):
        assert said(found) == [
            ("rectify", "3 days", date(2021, 12, 5), None, ["4(1)", "3"], CROWDED, ["fire.overlaid.sooner"]),
            FINE,
        ]


def test_a_longer_limit_never_counts(tmp_path: Path) -> None:
    for found in actions(tmp_path, (amends("later", "{rectify: {within: 2 months}}"),)):
        assert (found[0].within, found[0].due) == ("15 days", date(2021, 12, 17))


def test_a_parameter_that_is_not_given_stays(tmp_path: Path) -> None:
    """A fine that is changed keeps its authority; a limit stays where only the authority changes."""
    for found in actions(
        tmp_path, (amends("more", "{fine: {amount: 500..1000 CNY}}"), amends("who", "{rectify: {by: operator}}"))
    ):
        rectify, fine = found
        assert (rectify.within, rectify.amended_by) == ("15 days", ["fire.overlaid.who"])
        assert fine.amount is not None
        assert (fine.amount.low, [basis.clause for basis in fine.basis]) == ("500", ["4(1)", "9"])


def test_an_action_of_another_name_is_added(tmp_path: Path) -> None:
    for found in actions(tmp_path, (amends("out", "remove_lodging", "4(2)"),)):
        assert ("remove_lodging", None, None, None, ["4(2)"], CROWDED, ["fire.overlaid.out"]) in said(found)
        assert len(found) == 3


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_order_of_several_does_not_matter(tmp_path: Path, order: tuple[int, ...]) -> None:
    """The first end of several limits; two fines that differ are two fines."""
    rules = (
        amends("a", "{rectify: {within: 7 days}}, {fine: {amount: 1000 CNY}}"),
        amends("b", "{rectify: {within: immediately}}", "4(2)"),
        amends("c", "{fine: {amount: 2000 CNY}}", "5"),
    )
    for found in actions(tmp_path, tuple(rules[number] for number in order)):
        assert said(found) == [
            (
                "rectify",
                "immediately",
                date(2021, 12, 2),
                None,
                ["4(1)", "4(2)", "3"],
                CROWDED,
                ["fire.overlaid.a", "fire.overlaid.b"],
            ),
            ("fine", None, None, ("1000", "1000"), ["4(1)", "9"], CROWDED, ["fire.overlaid.a"]),
            ("fine", None, None, ("2000", "2000"), ["5", "9"], CROWDED, ["fire.overlaid.c"]),
        ]


def test_an_overlay_speaks_only_where_and_while_both_hold(tmp_path: Path) -> None:
    """Not below its own bound, not before its first day, not after its last."""
    campaign = amends("campaign", "{rectify: {within: 3 days}}", above=20, dates="{from: 2021-12-02, until: 2022-03-01}")
    cases = [(21, date(2021, 12, 2), "3 days"), (20, date(2021, 12, 2), "15 days"), (21, date(2021, 12, 1), "15 days")]
    cases += [(21, date(2022, 2, 28), "3 days"), (21, date(2022, 3, 1), "15 days")]
    for number, (lodged, day, within) in enumerate(cases):
        for found in actions(tmp_path / str(number), (campaign,), lodged=lodged, day=day):
            assert found[0].within == within


def test_hours_are_shorter_than_days(tmp_path: Path) -> None:
    """A limit in hours has no day of its own, but it ends before one of days."""
    own = "{rectify: {within: 15 days}}"
    for number, (one, other, first) in enumerate(
        [("2 h", "1 day", "2 h"), ("36 h", "1 day", "1 day"), ("36 h", "2 days", "36 h"), ("2 h", "immediately", "immediately")]
    ):
        rules = (amends("a", own.replace("15 days", one)), amends("b", own.replace("15 days", other)))
        for order in (rules, rules[::-1]):
            for found in actions(tmp_path / f"{number}{order[0][9]}", order):
                assert [action.within for action in found if action.action == "rectify"] == [first]


def test_a_limit_whose_end_nobody_can_compute_stands_beside_the_first(tmp_path: Path) -> None:
    """Working days of a year without a calendar: not guessed to be longer, not guessed to be shorter."""
    rules = (amends("a", "{rectify: {within: 7 working days}}"), amends("b", "{rectify: {within: 9 days}}", "4(2)"))
    for found in actions(tmp_path, rules):
        assert sorted(str(action.within) for action in found if action.action == "rectify") == ["7 working days", "9 days"]


def test_what_several_give_without_dispute_is_one_action(tmp_path: Path) -> None:
    """One gives the amount, another who is in charge, a third the limit."""
    rules = (
        amends("a", "{fine: {amount: 1000 CNY}}"),
        amends("b", "{fine: {authority: police}}", "4(2)"),
        amends("c", "{fine: {amount: 1000 CNY}}", "5"),
    )
    for order in (rules, rules[::-1]):
        for found in actions(tmp_path / order[0][9], order):
            (fine,) = [action for action in found if action.action == "fine"]
            assert fine.amount is not None
            assert fine.authority is not None
            assert (fine.amount.low, fine.authority.role) == ("1000", "police")
            assert [basis.clause for basis in fine.basis] == ["4(1)", "4(2)", "5", "9"]
            assert fine.amended_by == ["fire.overlaid.a", "fire.overlaid.b", "fire.overlaid.c"]


def test_a_dispute_about_who_is_in_charge_is_shown(tmp_path: Path) -> None:
    """Neither wins in silence."""
    rules = (amends("a", "{rectify: {authority: police}}"), amends("b", "{rectify: {authority: fire_rescue}}", "4(2)"))
    for found in actions(tmp_path, rules):
        shown = [(a.authority.role, a.amended_by) for a in found if a.action == "rectify" and a.authority]
        assert sorted(shown) == [("fire_rescue", ["fire.overlaid.b"]), ("police", ["fire.overlaid.a"])]


def test_an_action_that_several_add_has_the_first_end(tmp_path: Path) -> None:
    """It is one duty, not one for each rule that adds it."""
    bare = HEAD.replace("      - rectify: {within: 15 days}\n", "")
    rules = (amends("a", "{rectify: {within: 5 days}}"), amends("b", "{rectify: {within: 3 days}}", "4(2)"))
    for order in (rules, rules[::-1]):
        for found in actions(tmp_path / order[0][9], order, head=bare):
            (rectify,) = [action for action in found if action.action == "rectify"]
            assert (rectify.within, rectify.amended_by) == ("3 days", ["fire.overlaid.a", "fire.overlaid.b"])
            assert [basis.clause for basis in rectify.basis] == ["4(1)", "4(2)"]


def test_an_amending_rule_that_is_displaced_changes_nothing(tmp_path: Path) -> None:
    rules = (
        amends("sooner", "{rectify: {within: 3 days}}"),
        amends("relief", "remove_lodging", "5") + "    overrides: [fire.overlaid.sooner]\n",
    )
    for found in actions(tmp_path, rules):
        assert ("rectify", "15 days") in [(action.action, action.within) for action in found]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_total_counts_what_the_actions_say(tmp_path: Path, order: tuple[int, ...]) -> None:
    """Points that are changed count as changed, those that are not stay; where two differ, the sum lies between them."""
    points = HEAD.replace("      - rectify: {within: 15 days}\n", "      - demerit: 3\n")
    totals = "  - id: %s\n    clause: '5'\n    text: {zh: 分, en: sum}\n    when: total(points) %s\n    level: general\n"
    several = (
        amends("who", "{demerit: {authority: police}}"),
        amends("six", "{demerit: {points: 6}}", above=20),
        amends("more", "{demerit: {points: 9}}", above=40),
    )
    sums = {"nine": "== 9", "twelve": "== 12", "from_18": ">= 18", "from_21": ">= 21"}  # 6 or 12 come from the table of the demo
    rules = (*(several[number] for number in order), *(totals % sum_ for sum_ in sums.items()))
    cases = [(20, [True, False, False, False]), (30, [False, True, False, False]), (41, [False, False, True, None])]
    book = written(tmp_path, rules, points)
    for lodged, expected in cases:
        for engine in ENGINES:
            facts = {"premises": {"people_lodged": lodged, "resistance_class": 1}}
            found = book.classify(facts, as_of=date(2021, 12, 2), engine=engine)
            truth = {f.rule: True for f in found.findings} | dict.fromkeys(f.rule for f in found.undetermined)
            assert [truth.get(f"fire.overlaid.{name}", False) for name in sums] == expected


def test_an_overlay_on_a_rule_that_is_no_longer_law_says_nothing(tmp_path: Path) -> None:
    """Neither an action of its own nor a finding."""
    gone = HEAD + "    effective: {until: 2021-12-02}\n"
    for day, rules in [(date(2021, 12, 1), [*CROWDED, "fire.overlaid.out"]), (date(2021, 12, 2), [])]:
        book = written(tmp_path / day.isoformat(), (amends("out", "remove_lodging"),), gone)
        for engine in ENGINES:
            found = book.classify({"premises": {"people_lodged": 30}}, as_of=day, packs="fire.overlaid", engine=engine)
            assert [finding.rule for finding in found.findings] == rules
            assert [action.action for action in found.actions] == ["rectify", "remove_lodging", "fine"][: 3 * len(rules)]


def test_an_overlay_on_a_rule_of_another_place_is_named_at_load(tmp_path: Path) -> None:
    write_demo(tmp_path)
    top = tmp_path / "rulebook.yaml"
    top.write_text(
        top.read_text("utf-8").replace(
            "jurisdictions:\n", "jurisdictions:\n  XX-S: {within: XX, label: {zh: 南省, en: South}}\n"
        ),
        "utf-8",
    )
    north, south, whole = (f"    jurisdiction: {place}\n" for place in ("XX-N", "XX-S", "XX"))
    for own, other, codes in [(north, south, ["HR409"]), (north, north, []), (north, whole, []), (whole, south, [])]:
        (tmp_path / "fire" / "overlaid.yaml").write_text(HEAD + own + amends("out", "remove_lodging") + other, "utf-8")
        assert [f"HR{found.code.number}" for found in hazardrules.check(tmp_path)] == codes


def test_learning_which_overlays_hold_never_revokes_a_sum(tmp_path: Path) -> None:
    """Whatever is decided about a sum while it is open which rules amend stays so."""
    points = HEAD.replace("      - rectify: {within: 15 days}\n", "      - demerit: 3\n")
    six = amends("six", "{demerit: {points: 6}}").replace("people_lodged > 10", "not alarm_installed")
    nine = amends("nine", "{demerit: {points: 9}}").replace("people_lodged > 10", "not lodging.separated")
    total = (
        "  - id: from_%d\n    clause: '5'\n    text: {zh: 分%d, en: sum %d}\n    when: total(points) >= %d\n    level: general\n"
    )
    sums = range(8, 18)
    book = written(tmp_path, (six, nine, *(total % ((number,) * 4) for number in sums)), points)

    def decided(alarm: bool | None, separated: bool | None, engine: str) -> list[bool | None]:
        facts = {"people_lodged": 20, "resistance_class": 1, "alarm_installed": alarm, "lodging.separated": separated}
        found = book.classify({"premises": facts}, as_of=date(2021, 12, 2), engine=engine)
        truth = {f.rule: True for f in found.findings} | dict.fromkeys(f.rule for f in found.undetermined)
        return [truth.get(f"fire.overlaid.from_{number}", False) for number in sums]

    for engine in ENGINES:
        for alarm, separated in product((True, False, None), repeat=2):
            before = decided(alarm, separated, engine)
            for more, others in product((True, False), repeat=2):
                if alarm in (None, more) and separated in (None, others):
                    after = decided(more, others, engine)
                    assert all(old in (None, new) for old, new in zip(before, after, strict=True))
        assert decided(True, True, engine)[:3] == [True, True, False]  # 3 points, and 6 of the demo's table
        assert decided(False, True, engine)[3:6] == [True, True, False]
        assert decided(None, True, engine)[:6] == [True, True, None, None, None, False]
