"""Rules that change the actions of others: what they give goes before, what they do not give stays, order never matters."""

from __future__ import annotations

from datetime import date
from itertools import permutations
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


def actions(folder: Path, rules: tuple[str, ...], *, lodged: int = 30, day: date = date(2021, 12, 2)) -> list[list[Action]]:
    """The actions of a crowded house in every engine, with some amending rules."""
    folder.mkdir(exist_ok=True)
    write_demo(folder)
    (folder / "fire" / "overlaid.yaml").write_text(HEAD + "".join(rules), "utf-8")
    book = hazardrules.load(folder)
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
