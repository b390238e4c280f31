"""`mutate`: a mutant is noticed exactly where a case that passes would fail under a rulebook that has the error."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from small import write

import hazardrules
from hazardrules.api import ENGINES, Rulebook
from hazardrules.cli import main
from hazardrules.mutation import Bench, Choice, MutationReport, Run, Store, try_mutants
from hazardrules.mutation.mutants import OPERATORS
from hazardrules.mutation.operators import Mutator
from hazardrules.mutation.terminal import elided
from hazardrules.testing.case_files import find_case_files, read_case_file
from hazardrules.testing.expectations import check_case

if TYPE_CHECKING:
    from hazardrules.mutation.mutants import Mutant
    from hazardrules.testing.case_files import WrittenCase

RULES = Path(__file__).parents[2] / "rules"
MORE = (
    "derived:\n",
    """
effective: {from: 2021-01-01, until: 2025-01-01}
parameters:
  limit:
    label: {zh: 限值, en: limit}
    values:
      - {from: 2020-07-01, value: 3, clause: "4"}
derived:
  tank_share:
    clause: "4"
    label: {zh: 份额, en: share}
    is: count(t for t in tanks where t.full) / people
""",
)
RULES_MORE = (
    "rules:\n",
    """
applies: people > 0
rules:
  - id: many_tanks
    clause: "4"
    text: {zh: 多罐, en: many tanks}
    when:
      all:
        - count(t for t in tanks) >= limit
        - kind in {shop, hall}
    level: general
    actions: [rectify: 15 days, close]
  - id: sooner
    clause: "4"
    kind: amends
    of: [many_tanks, heavy_tanks]
    text: {zh: 更快, en: sooner}
    when: people > 90
    actions: [rectify: 5 days]
  - id: two_of_them
    clause: "4"
    text: {zh: 两项, en: two of them}
    when:
      at_least: {count: 2, of: [no_alarm, many_tanks, crowded_hall]}
    level: major
  - id: size
    table: |
      people    | level   | actions
      [0, 20)   | -       | -
      [20, 100) | general | rectify: 15 days
      else      | major   | close
    clause: "4"
    text: {zh: 规模, en: size}
""",
)
BASE = "open: true, alarm: false, watched: false"
TANKS = "tanks: [{full: true, mass: 101 kg}, {full: false, mass: 300 kg}, {full: true, mass: 5 kg}]"
CASES = [
    ("holds: [no_alarm], fails: [crowded_hall], level: general", f"{BASE}, people: 11, kind: shop, tanks: []"),
    ("fails: [no_alarm]", f"{BASE}, people: 10, kind: shop"),
    ("undetermined: [no_alarm]", "open: true, alarm: false, people: 30, kind: shop"),
    ("relieved: [no_alarm]", "open: true, alarm: false, watched: true, people: 30, kind: shop"),
    ("displaced: [no_alarm], holds: [crowded_hall], actions: [close]", f"{BASE}, people: 51, kind: hall"),
    ("findings: [{rule: heavy_tanks, because: ['tanks[0].mass 101 kg > 100 kg']}, many_tanks, size]", f"people: 50, kind: hall, open: false, {TANKS}"),
    ("findings: [{rule: many_tanks, actions: [{action: rectify, within: 5 days}, close], level: general}, heavy_tanks, sooner, no_alarm, two_of_them, size]", f"{BASE}, people: 91, kind: shop, {TANKS}"),
    ("level: null, undetermined: [{rule: crowded_hall, missing: {to_hold: [[kind]], to_clear: [[kind]]}}]", "people: 60, open: false, tanks: []"),
    ("derived: {tank_share: 0.5, is_busy: false}", f"people: 4, open: true, {TANKS}"),
    ("hazard: {at_least: major}, holds: [{rule: size, level: major, actions: [close]}]", "people: 100"),
    ("holds: [two_of_them]", f"{BASE}, people: 12, kind: shop, {TANKS}"),
]  # fmt: skip
DATED = [
    ("not_in_force: [size]", "people: 30", "2020-12-31"), ("holds: [size]", "people: 30", "2021-01-01"),
    ("holds: [size.2]", "people: 30", "2024-12-31"), ("fails: [size]", "people: 30", "2025-01-01"),
]  # fmt: skip


def text(expect: str, facts: str, day: str = "2024-06-01") -> str:
    """A case."""
    return f"- name: a case\n  as_of: {day}\n  place: {{{facts}}}\n  expect: {{{expect}}}\n"


WHOLE = "".join([*(text(*case) for case in CASES), *(text(*case) for case in DATED)])


def rulebook(folder: Path, cases: str = WHOLE, **changes: tuple[str, str]) -> tuple[Rulebook, list[WrittenCase]]:
    """A rulebook that has everything that can go wrong, and its cases."""
    book = hazardrules.load(write(folder, cases, more=MORE, rules=RULES_MORE, **changes))
    return book, [case for file in find_case_files(folder) for case in read_case_file(file, book).cases]


def small(folder: Path, cases: str) -> MutationReport:
    """Mutants of the small rulebook before some cases."""
    book = hazardrules.load(write(folder, cases))
    return try_mutants(book, read_case_file(folder / "all/small.cases.yaml", book).cases)


def with_error(book: Rulebook, mutant: Mutant) -> Rulebook:
    """A rulebook that has an error, made from nothing that was computed for the one without."""
    compiled, patch = book.compiled, mutant.patch
    rules = {**compiled.rules, **patch.rules}
    days = {day for rule in rules.values() for day in rule.effective.breakpoints} | set(compiled.breakpoints)
    made = replace(
        compiled, rules=rules, derived={**compiled.derived, **patch.derived}, parameters={**compiled.parameters, **patch.parameters},
        breakpoints=tuple(sorted(days)), _plans={},
    )  # fmt: skip
    return Rulebook(made, ENGINES["reference"])


def ids(report: MutationReport, operator: str | None = None) -> set[str]:
    """The survivors."""
    return {found.mutant.id for found in report.survivors if operator in (None, found.mutant.operator)}


def test_the_court_says_what_running_every_case_says(tmp_path: Path) -> None:
    """Filters and shortcuts leave no case out that would notice, and none notices that would not."""
    book, cases = rulebook(tmp_path)
    assert [check_case(book, case) for case in cases] == [[]] * len(cases)
    report = try_mutants(book, cases)
    assert {found.mutant.operator for found in report.outcomes} == set(OPERATORS)
    for found in report.outcomes:
        wrong = with_error(book, found.mutant)
        noticed = [case.place for case in cases if check_case(wrong, case)]
        assert (found.state == "killed") is bool(noticed), found.mutant.id
        assert found.case is None or found.case in noticed, found.mutant.id
    assert 0 < len(report.survivors) < len(report.outcomes) / 2


def test_every_mutant_has_a_name_of_its_own_and_shows_what_it_changes(tmp_path: Path) -> None:
    """Words before and after differ, places are in the rule file."""
    book, _ = rulebook(tmp_path)
    mutants = list(Mutator(book.compiled).mutants())
    assert len({mutant.id for mutant in mutants}) == len(mutants)
    assert all(mutant.before != mutant.after for mutant in mutants)
    found = {mutant.id: mutant for mutant in mutants}
    bound = found["rule small.crowded_hall/when.1 bound"]
    assert (bound.before, bound.after) == ("people > 50", "people >= 50")
    step = found["derived place.is_busy/is.1 step right +"]
    assert (step.before, step.after) == ("people > 10", "people > 11")
    assert found["rule small.no_alarm/unless.0 exception"].before == "watched"
    assert "rule small.crowded_hall/when.1 step right +" in found
    assert "rule small.crowded_hall/when.1 step right -" not in found  # of a whole number, `> 49` is `>= 50`


def test_without_cases_everything_survives(tmp_path: Path) -> None:
    """And a case that fails notices nothing."""
    report = small(tmp_path / "a", "")
    assert report.score == 0.0
    assert len(report.survivors) == len(report.outcomes) > 20
    failing = small(tmp_path / "b", text("fails: [no_alarm]", f"{BASE}, people: 11, kind: shop"))
    assert (failing.score, failing.failing) == (0.0, 1)


def test_a_bound_is_noticed_only_by_the_value_on_it(tmp_path: Path) -> None:
    """51 does not tell `>` from `>=`; 50 does."""
    beside = text("holds: [crowded_hall]", "kind: hall, people: 51")
    assert "rule small.crowded_hall/when.1 bound" in ids(small(tmp_path / "a", beside))
    upon = text("fails: [crowded_hall]", "kind: hall, people: 50")
    assert "rule small.crowded_hall/when.1 bound" not in ids(small(tmp_path / "b", beside + upon))


def test_what_a_finding_asks_for_is_noticed_where_a_case_states_it(tmp_path: Path) -> None:
    """In findings, or in the columns of rows."""
    rows = """
- name: rows
  as_of: 2024-06-01
  place: {open: true, alarm: false, watched: false, kind: shop}
  rows: |
    people | holds    | finding_level | finding_actions
    11     | no_alarm | general       | rectify within=15 days
"""
    plain = small(tmp_path / "a", text("holds: [no_alarm]", f"{BASE}, people: 11, kind: shop"))
    stated = small(tmp_path / "b", rows)
    for outcome in ("level dropped", "level moved", "action.0 action", "action.0.within parameter"):
        assert f"rule small.no_alarm/{outcome}" in ids(plain)
        assert f"rule small.no_alarm/{outcome}" not in ids(stated)


def test_what_holds_may_be_said_of_one_part_and_of_its_finding(tmp_path: Path) -> None:
    """A wrong level, a wrong action, a key that means nothing: each is a difference."""
    cases = "".join(
        text(f"holds: [{{rule: no_alarm, {more}}}]", f"{BASE}, people: 11, kind: shop")
        for more in ("level: general, actions: [rectify], basis: xx-1 1", "level: major", "actions: [close]", "subject: 'tanks[0]'", "when: now")
    )  # fmt: skip
    book = hazardrules.load(write(tmp_path, cases))
    found = [check_case(book, case) for case in read_case_file(tmp_path / "all/small.cases.yaml", book).cases]
    assert [bool(differences) for differences in found] == [False, True, True, True, True]


def test_a_row_states_values_of_derived_facts(tmp_path: Path) -> None:
    """A column with the name of a derived fact; `null` for one that has no value."""
    rows = """
- name: rows
  as_of: 2024-06-01
  place: {open: true}
  rows: |
    people | is_busy
    11     | true
    10     | false
    -      | null
    11     | false
    -      | true
"""
    book = hazardrules.load(write(tmp_path, rows))
    found = [check_case(book, case) for case in read_case_file(tmp_path / "all/small.cases.yaml", book).cases]
    assert [bool(differences) for differences in found] == [False, False, False, True, True]


def test_the_solver_recognises_what_changes_nothing(tmp_path: Path) -> None:
    """A condition that another one implies, a step within the bounds of a whole number; and nothing else."""
    pytest.importorskip("z3")
    doubled = ("kind == hall and people > 50", "kind == hall and people > 50 and people > 20")
    book, cases = rulebook(tmp_path, doubled=doubled)
    report = try_mutants(book, cases, prove=True)
    equivalent = {found.mutant.id for found in report.equivalent}
    assert "rule small.crowded_hall/when condition 2" in equivalent
    assert {"rule small.crowded_hall/when.2 bound", "rule small.crowded_hall/when.2 step right +"} <= equivalent
    assert "rule small.crowded_hall/when condition 1" not in equivalent
    kept = len(report.outcomes) - len(equivalent)
    assert report.count.total == kept
    cases_of_everything = try_mutants(book, cases)
    assert equivalent <= ids(cases_of_everything)
    assert {found.why for found in report.survivors} <= {
        "differs",
        "parts",
        "calendar",
        "approximated",
        "effort",
        "outcome",
        "parameter",
        "unread",
    }


def test_a_run_that_was_killed_goes_on_and_an_edit_tries_only_what_it_touched(tmp_path: Path) -> None:
    """The store keeps whole lines; half a line at its end is forgotten."""
    book, cases = rulebook(tmp_path / "a")
    file = tmp_path / "store.jsonl"
    first = try_mutants(book, cases, store=Store(file))
    bench = Bench(book, cases, Choice(), prove=False)
    assert Run(bench, Store(file)).pending == []
    assert ids(Run(bench, Store(file)).report()) == ids(first)
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:41]) + lines[41][:20], "utf-8")
    run = Run(bench, Store(file))
    assert run.known == 41
    with run.processes(1) as pool:
        assert ids(run.try_all(pool)) == ids(first)
    assert Run(bench, Store(file)).pending == []
    changed, same = rulebook(tmp_path / "b", edit=("people > 50\n", "people > 49 + 1\n"))
    again = Run(Bench(changed, same, Choice(), prove=False), Store(file))
    homes = {again.bench.mutants[number].home for number, _ in again.pending}
    assert {"rule small.crowded_hall", "rule small.two_of_them", "rule small.no_alarm"} <= homes  # one asks it, one is displaced
    assert not homes & {"rule small.heavy_tanks", "rule small.sooner"}


def test_formatting_touches_nothing_and_a_new_case_touches_what_it_speaks_of(tmp_path: Path) -> None:
    """Verdicts belong to content, not to lines."""
    book, cases = rulebook(tmp_path / "a")
    store = Store()
    try_mutants(book, cases, store=store)
    moved, same = rulebook(tmp_path / "b", spaced=("rules:\n", "\n# a comment\n\nrules:\n"))
    assert Run(Bench(moved, same, Choice(), prove=False), store).pending == []
    more, new = rulebook(tmp_path / "c", WHOLE + text("holds: [heavy_tanks]", "people: 2, tanks: [{full: true, mass: 101 kg}]"))
    run = Run(Bench(more, new, Choice(), prove=False), store)
    homes = {run.bench.mutants[number].home for number, _ in run.pending}
    assert "rule small.heavy_tanks" in homes
    assert "rule small.crowded_hall" not in homes


def test_processes_find_what_one_finds(tmp_path: Path) -> None:
    """The same verdicts, by the same cases."""
    book, cases = rulebook(tmp_path)
    alone, shared = try_mutants(book, cases), try_mutants(book, cases, jobs=2)
    assert [(found.mutant.id, found.state, found.case) for found in shared.outcomes] == [
        (found.mutant.id, found.state, found.case) for found in alone.outcomes
    ]


def test_a_sample_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """And another one for another."""
    book, _ = rulebook(tmp_path)
    mutants = list(Mutator(book.compiled).mutants())
    drawn = [[mutant.id for mutant in Choice(sample=20, seed=seed).of(mutants)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(set(drawn[0])) == 20
    assert {mutant.operator for mutant in Choice(operators=frozenset(["bound"])).of(mutants)} == {"bound"}
    assert all("is_busy" in mutant.id for mutant in Choice(keyword="is_busy").of(mutants))


def command(*arguments: str) -> Any:
    """Run the command."""
    return CliRunner().invoke(main, ["mutate", *arguments, "--lang", "en", "--jobs", "1"])


def test_the_command(tmp_path: Path) -> None:
    """A table, the survivors with their place, JSON, exit codes."""
    folder = write(tmp_path / "rules", text("holds: [crowded_hall]", "kind: hall, people: 51"))
    report = tmp_path / "report.json"
    done = command(str(folder), "--no-store", "--json", str(report), "-v")
    assert done.exit_code == 0, done.output
    assert "rule small.crowded_hall  all/small.yaml\n" in done.output
    assert re.search(r"\d+:\d+  bound: people > 50 → people >= 50\n", done.output)
    data = json.loads(report.read_text("utf-8"))
    assert data["format"] == "hazardrules-mutation-1"
    assert data["total"] == data["killed"] + data["survived"]
    bound = next(item for item in data["mutants"] if item["id"] == "rule small.crowded_hall/when.1 bound")
    assert (bound["state"], bound["clauses"], bound["before"], bound["after"]) == (
        "survived",
        ["xx-1 3"],
        "people > 50",
        "people >= 50",
    )
    assert data["clauses"]["xx-1 3"]["total"] > data["clauses"]["xx-1 3"]["killed"]
    assert command(str(folder), "--no-store", "--at-least", "99").exit_code == 1
    assert command(str(folder), "--no-store", "--at-least", "1").exit_code == 0
    assert command(str(folder), "--only", "bounds").exit_code == 2
    assert command(str(folder), "-k", "no such rule").exit_code == 2


def test_the_command_keeps_what_it_found(tmp_path: Path) -> None:
    """The second run tries nothing; a folder in the way of the store is said."""
    folder = write(tmp_path / "rules", text("holds: [crowded_hall]", "kind: hall, people: 51"))
    store = tmp_path / "store.jsonl"
    first = command(str(folder), "--store", str(store), "--no-solver")
    lines = store.read_text("utf-8").count("\n")
    second = command(str(folder), "--store", str(store), "--no-solver")
    assert "known from an earlier run" in second.output
    assert first.output in second.output
    assert store.read_text("utf-8").count('["') == lines
    assert command(str(folder), "--store", str(tmp_path / "rules" / "all" / "small.yaml" / "x")).exit_code == 2


def test_long_texts_show_what_differs() -> None:
    """What both have in common is cut at both ends."""
    before = " and ".join(f"fact_{number} > {number}" for number in range(20))
    shown = elided(before, before.replace("fact_9 > 9", "fact_9 >= 9"))
    assert all(len(words) < 60 and words.startswith("…") and words.endswith("…") for words in shown)
    assert "fact_9 > 9" in shown[0]
    assert "fact_9 >= 9" in shown[1]
    assert elided("a > 1", "a >= 1") == ("a > 1", "a >= 1")


def test_a_pack_of_the_shipped_law() -> None:
    """Its cases notice most of what can go wrong in it."""
    book = hazardrules.load(cache=True)
    cases = read_case_file(RULES / "fire" / "high_rise.cases.yaml", book).cases
    report = try_mutants(book, cases, Choice(packs=frozenset(["fire.high_rise"]), sample=60, seed=1))
    assert len(report.outcomes) == 60
    assert report.failing == 0
    assert report.score > 50
