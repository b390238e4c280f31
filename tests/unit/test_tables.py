"""Decision tables: what rows require."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from pairs import rulebook

import hazardrules

if TYPE_CHECKING:
    from pathlib import Path

DAY = date(2021, 12, 2)
AUTHORITIES = """authorities:
  office: {label: {zh: 机关, en: office}}
  police: {label: {zh: 公安机关, en: police}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
  driver: {label: {zh: 驾驶人, en: driver}}
"""
BAND = """
- id: band
  law: xx-2
  clause: "1"
  text: {zh: 档, en: band}
  table: |
    people | level   | actions
    < 10   | general | fine: 100..200 CNY
    >= 10  | major   | fine: 500 CNY; demerit: 6
  actions:
"""


def required(folder: Path, people: int, *listed: str) -> list[tuple[str, str | None]]:
    """What the table requires for a number of people, and who is in charge."""
    rule = BAND + "\n".join(f"    - {one}" for one in listed)
    book = hazardrules.load(rulebook(folder, rule, files={"authorities.yaml": AUTHORITIES}))
    answer = book.classify({"place": {"people": people}}, as_of=DAY)
    return sorted((one.action, one.authority.role if one.authority else None) for one in answer.actions)


@pytest.mark.parametrize(
    ("people", "listed", "expected"),
    [
        pytest.param(5, ["fine: {authority: police}"], [("fine", "police")], id="the cell is completed"),
        pytest.param(20, ["fine: {authority: police}"], [("demerit", "office"), ("fine", "police")], id="other cells are not"),
        pytest.param(5, ["demerit: {authority: police}"], [("fine", "office")], id="no row gets what only other cells name"),
        pytest.param(5, ["rectify: 15 days"], [("fine", "office"), ("rectify", "office")], id="what no cell names is for every row"),
    ],
)
def test_the_list_of_a_rule_completes_the_cells_of_its_table(
    tmp_path: Path, people: int, listed: list[str], expected: list[tuple[str, str]]
) -> None:
    """A cell has no room for who is in charge."""
    assert required(tmp_path, people, *listed) == expected


def test_one_entry_completes_an_action(tmp_path: Path) -> None:
    """Of two it would be open which; nothing that is written gets lost."""
    with pytest.raises(hazardrules.RulebookError) as caught:
        required(tmp_path, 5, "fine: {authority: police}", "fine: {by: driver}")
    assert [(str(one.code), one.args["name"]) for one in caught.value.diagnostics] == [("HR115", "fine")]
