"""`hazardrules diff`: what changed in meaning is found with facts that show it; what is only written otherwise is proven equal."""

from __future__ import annotations

import json
import shutil
import subprocess
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import hazardrules
from hazardrules.cli import main
from hazardrules.diff import compare, has_solver
from hazardrules.errors import MissingExtraError
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from hazardrules.diff import Difference, RuleDifference

solver = pytest.mark.skipif(not has_solver(), reason="hazardrules[verify]")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found in one test is used in another."""
    monkeypatch.setenv("HAZARDRULES_NO_CACHE", "1")


def rule(name: str, when: str, *more: str, level: str | None = "general", law: str = "xx-2") -> str:
    """A rule; further lines stand below its condition."""
    lines = [f"- id: {name}", f"  law: {law}", '  clause: "1"', "  text: {zh: 文, en: text}", f"  when: {json.dumps(when)}"]
    lines += [f"  level: {level}"] if level else []
    return "\n".join([*lines, *(f"  {line}" for line in more)])


def rulebook(folder: Path, *rules: str, head: str = "", files: dict[str, str] | None = None) -> Path:
    """A rulebook on places with one pack."""
    pack = "pack: p\nlabel: {zh: 包, en: pack}\nlaw: xx-1\non: place\nscale: hazard\n" + dedent(head)
    pack += "rules:\n" + indent("\n".join(dedent(one).strip("\n") for one in rules), "  ") + "\n"
    return write({**FILES, "all/p.yaml": pack, **(files or {})}, folder)


def difference(old: Path, new: Path, *, solver: bool | None = None) -> Difference:
    """Two rulebooks compared."""
    return compare(hazardrules.load(old).compiled, hazardrules.load(new).compiled, solver=solver)


def of_rule(
    folder: Path, before: str, after: str, *, head: tuple[str, str] = ("", ""), solver: bool | None = None
) -> RuleDifference:
    """The difference of a rulebook of one rule."""
    old, new = (rulebook(folder / name, text, head=top) for name, text, top in (("o", before, head[0]), ("n", after, head[1])))
    (found,) = difference(old, new, solver=solver).rules
    return found


def of_condition(folder: Path, before: str, after: str, *, solver: bool | None = None) -> RuleDifference:
    """The difference of two conditions."""
    return of_rule(folder, rule("r", before), rule("r", after), solver=solver)


# conditions


@solver
@pytest.mark.parametrize(
    ("before", "after", "facts", "turns"),
    [
        ("people > 20", "people >= 20", {"people": "20"}, [(False, True)]),
        ("area > 300 m²", "area > 500 m²", {"area"}, [(True, False)]),
        ("kind in {a, b}", "kind in {a, c}", {"kind"}, [(True, False), (False, True)]),
        ("uses contains x", "uses intersects {x, y}", {"uses": ["y"]}, [(False, True)]),
        ("open and alarm", "open or alarm", {"open", "alarm"}, [(False, True)]),
        ("any(t.full for t in tanks)", "all(t.full for t in tanks)", {"tanks"}, [(True, False), (False, True)]),
        ("count(t for t in tanks where t.full) >= 2", "count(t for t in tanks where t.full) >= 3", {"tanks"}, [(True, False)]),
        ("checked + 1 year < as_of", "checked + 1 year <= as_of", {"checked"}, [(False, True)]),
        ("as_of - checked > 15 days", "as_of - checked > 16 days", {"checked"}, [(True, False)]),
        ("load > limit", "load > 1.1 * limit", {"load", "limit"}, [(True, False)]),
        ("boss.age < 18", "boss.age <= 18", {"boss": {"age": "18"}}, [(False, True)]),
        ("as_of >= 2022-05-01 and open", "as_of >= 2022-06-01 and open", {"open"}, [(True, False)]),
    ],
)
def test_a_changed_condition_is_shown_by_facts(
    tmp_path: Path, before: str, after: str, facts: object, turns: list[tuple[bool, bool]]
) -> None:
    """Only by those that it is about, and in each direction in which the answer turns."""
    found = of_condition(tmp_path, before, after)
    assert (found.state, [change.aspect for change in found.changes]) == ("changed", ["condition"])
    assert found.condition is not None
    assert [(witness.before, witness.after) for witness in found.condition.witnesses] == turns
    for witness in found.condition.witnesses:
        assert witness.case_now is None
        assert set(witness.case["place"]) == set(facts)  # type: ignore[call-overload]  # names
        if isinstance(facts, dict):
            assert witness.case["place"] == facts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("open and alarm", "alarm and open"),
        ("open and (alarm and people > 3)", "people > 3 and alarm and open"),
        ("not (open or alarm)", "not alarm and not open"),
        ("not people > 3", "people <= 3"),
        ("people > 3", "3 < people"),
        ("300 m² <= area and area < 0.1 ha", "300 m² <= area < 1000 m²"),
        ("kind in {a, b}", "类别 属于 {乙, 甲}"),
        ("kind in {a}", "kind == a"),
        ("any(t.full for t in tanks)", "any(x.full for x in tanks)"),
        ("open", "open and open"),
    ],
)
@pytest.mark.parametrize("with_solver", [True, False], ids=["solver", "alone"])
def test_what_has_one_normal_form_is_equal_with_and_without_the_solver(
    tmp_path: Path, before: str, after: str, with_solver: bool
) -> None:
    """Nothing else changed, so only the words did."""
    found = of_condition(tmp_path, before, after, solver=with_solver)
    assert (found.state, found.changes) == ("words", ())
    assert found.condition is not None
    assert found.condition.status == "same"


PROVEN = [
    ("people >= 1 and people >= 0", "people >= 1"),
    ("people >= 0 and open", "open"),  # the declared minimum
    ("open and alarm or open and not alarm", "open"),
    ("kind in {a, b}", "kind != c"),
    ("load + limit > 10 t", "limit + load > 10000 kg"),
    ("people > 3", "people >= 4"),
    ("load / limit > 2 or open", "open or load > 2 * limit"),
    ("any(t.full for t in tanks) and open", "open and any(t.full for t in tanks where open)"),
    ("not any(t.full for t in tanks)", "all(not t.full for t in tanks)"),
    ("count(t for t in tanks where t.full) >= 2 and people >= 0", "count(t for t in tanks where t.full) >= 2"),
    ("checked + 6 months < as_of and people >= 0", "as_of > checked + 6 months"),
    ("total(points) >= 6 and people >= 0", "total(points) >= 6"),
]


@solver
@pytest.mark.parametrize(("before", "after"), PROVEN)
def test_what_is_written_otherwise_is_proven_equal(tmp_path: Path, before: str, after: str) -> None:
    """By the solver, within what facts can be."""
    found = of_condition(tmp_path, before, after)
    assert found.condition is not None
    assert (found.condition.status, found.state, found.words) == ("proven", "words", ("condition",))


@pytest.mark.parametrize(("before", "after"), PROVEN[:3])
def test_without_the_solver_nobody_can_say(tmp_path: Path, before: str, after: str) -> None:
    """And that is said."""
    found = of_condition(tmp_path, before, after, solver=False)
    assert found.condition is not None
    assert (found.state, found.condition.status, found.condition.reason) == ("unsure", "unsure", "no_solver")


@solver
def test_what_is_proved_for_short_lists_only_is_not_called_equal(tmp_path: Path) -> None:
    """A sum over parts may be anything once there are more of them."""
    found = of_condition(
        tmp_path, "sum(t.mass for t in tanks) > 100 kg", "sum(t.mass for t in tanks) > 100 kg and count(tanks) >= 1"
    )
    assert found.condition is not None
    assert (found.state, found.condition.reason) == ("unsure", "bounded")


@solver
def test_formatting_comments_order_and_files_are_no_difference(tmp_path: Path) -> None:
    """The same rules in another order, with comments, one of them in another file of the pack."""
    one, two = rule("one", "people > 3 and open"), rule("two", "area >= 300 m²")
    old = rulebook(tmp_path / "o", one, two)
    new = rulebook(tmp_path / "n", "# first\n" + two, one.replace(" and ", "   and   ").replace("  level", "  # why\n  level"))
    found = difference(old, new)
    assert [item.state for item in found.rules] == ["same", "same"]
    assert found.is_same


# what stands behind conditions


@solver
def test_a_derived_fact_that_changed_is_named_as_the_reason(tmp_path: Path) -> None:
    """The rule itself is written as before."""
    head = 'derived:\n  crowd:\n    clause: "1"\n    label: {zh: 群, en: crowd}\n    is: people > 3\n'
    found = of_rule(tmp_path, rule("r", "crowd"), rule("r", "crowd"), head=(head, head.replace("> 3", ">= 3")))
    assert (found.state, found.changes, found.through) == ("changed", (), ("derived place.crowd",))
    assert found.condition is not None
    assert [witness.case["place"] for witness in found.condition.witnesses] == [{"people": "3"}]


def test_a_derived_fact_taken_out_of_a_condition_is_no_difference(tmp_path: Path) -> None:
    """Whatever it is called."""
    head = 'derived:\n  crowd:\n    clause: "1"\n    label: {zh: 群, en: crowd}\n    is: people > 3\n'
    found = of_rule(tmp_path, rule("r", "people > 3 and open"), rule("r", "crowd and open"), head=("", head))
    assert (found.state, found.words) == ("words", ("condition",))


PARAMETER = 'parameters:\n  cap:\n    - {from: 2020-07-01, until: 2023-01-01, value: 20, clause: "1"}\n'
LATER = '    - {from: 2023-01-01, value: 4, clause: "1"}\n'


@solver
def test_a_dated_value_counts_on_its_days_alone(tmp_path: Path) -> None:
    """The facts that show it are judged by the law of a day on which it differs."""
    head = (PARAMETER + LATER, PARAMETER + LATER.replace("4", "5"))
    found = of_rule(tmp_path, rule("r", "people > cap", law="xx-1"), rule("r", "people > cap", law="xx-1"), head=head)
    assert found.through == ("parameter p.cap",)
    assert found.condition is not None
    assert [witness.case for witness in found.condition.witnesses] == [{"as_of": "2023-01-01", "place": {"people": "5"}}]


@solver
def test_a_value_that_changes_only_beyond_the_days_of_the_rule_is_no_difference(tmp_path: Path) -> None:
    """The rule ends before."""
    ends = "effective: {until: 2022-01-01}"
    one = rule("r", "people > cap", ends, law="xx-1")
    found = of_rule(tmp_path, one, one, head=(PARAMETER + LATER, PARAMETER + LATER.replace("4", "5")))
    assert found.state == "same"


# facts


@solver
def test_a_fact_that_was_renamed_is_the_same_fact(tmp_path: Path) -> None:
    """The rule is equal, but cases must be written otherwise."""
    renamed = FILES["subjects/place.yaml"].replace("  people:", "  persons:").replace("en: people", "en: persons")
    old = rulebook(tmp_path / "o", rule("r", "people > 3 and open"))
    new = rulebook(tmp_path / "n", rule("r", "open and persons >= 4"), files={"subjects/place.yaml": renamed})
    found = difference(old, new)
    assert [(item.state, item.condition and item.condition.status) for item in found.rules] == [("words", "proven")]
    assert [(thing.change, thing.before, thing.after, thing.matters) for thing in found.things] == [
        ("renamed", "place.people", "place.persons", True)
    ]
    assert not found.is_same
    other = rulebook(tmp_path / "x", rule("r", "open and persons >= 5"), files={"subjects/place.yaml": renamed})
    (changed,) = difference(old, other).rules
    assert changed.condition is not None
    (witness,) = changed.condition.witnesses
    assert witness.case_now is not None
    assert (witness.case["place"]["people"], witness.case_now["place"]["persons"]) == ("4", "4")


@solver
def test_a_fact_in_another_unit_is_converted(tmp_path: Path) -> None:
    """10 t are 10000 kg, and 10001 kg are more."""
    in_kg = FILES["subjects/place.yaml"].replace("load: {type: number, unit: t,", "load: {type: number, unit: kg,")
    old = rulebook(tmp_path / "o", rule("r", "load > 10 t"))
    for bound, state in (("10000 kg", "words"), ("10001 kg", "changed")):
        new = rulebook(tmp_path / bound, rule("r", f"load > {bound}"), files={"subjects/place.yaml": in_kg})
        found = difference(old, new)
        assert [item.state for item in found.rules] == [state]
        assert [(thing.name, thing.change, thing.matters) for thing in found.things] == [("place.load", "changed", True)]


@solver
def test_a_value_that_only_one_rulebook_knows_is_shown_as_such(tmp_path: Path) -> None:
    """The old one would refuse the facts."""
    more = FILES["subjects/place.yaml"].replace("c: 丙}", "c: 丙, d: 丁}")
    old = rulebook(tmp_path / "o", rule("r", "kind == a"))
    new = rulebook(tmp_path / "n", rule("r", "kind in {a, d}"), files={"subjects/place.yaml": more})
    (found,) = difference(old, new).rules
    assert found.condition is not None
    (witness,) = found.condition.witnesses
    assert (witness.case["place"], witness.refused) == ({"kind": "d"}, "old")


def test_a_fact_of_another_type_cannot_be_compared(tmp_path: Path) -> None:
    """Nobody can say, with the reason."""
    other = FILES["subjects/place.yaml"].replace("open: {type: bool", "open: {type: integer")
    old = rulebook(tmp_path / "o", rule("r", "open and alarm"))
    new = rulebook(tmp_path / "n", rule("r", "open > 0 and alarm"), files={"subjects/place.yaml": other})
    (found,) = difference(old, new).rules
    assert found.condition is not None
    assert (found.state, found.condition.reason) == ("unsure", "types")


# everything else that a rule says


@pytest.mark.parametrize(
    ("more", "now", "aspect", "texts"),
    [
        ("", "effective: {from: 2022-01-01}", "dates", ("in_force_by 2021-12-02", "from 2022-01-01")),
        ("actions: [{fine: {amount: 200..500 CNY}}]", "actions: [{fine: {amount: 200..1000 CNY}}]", "actions",
         ("fine amount=200 CNY..500 CNY", "fine amount=200 CNY..1000 CNY")),
        ("actions: [{rectify: 15 days}]", "actions: [{rectify: 10 days}]", "actions",
         ("rectify within=15 days", "rectify within=10 days")),
        ("actions: [{rectify: 15 days}]", "actions: [{rectify: 15 days}, {demerit: 3}]", "actions", ("", "demerit points=3")),
        ("", "jurisdiction: XX-N", "jurisdiction", ("XX", "XX-N")),
    ],
)  # fmt: skip
def test_what_follows_from_a_rule_is_compared(tmp_path: Path, more: str, now: str, aspect: str, texts: tuple[str, str]) -> None:
    """Amounts, deadlines, dates, places."""
    found = of_rule(tmp_path, rule("r", "open", more), rule("r", "open", now))
    assert found.state == "changed"
    assert [(change.aspect, change.before, change.after) for change in found.changes] == [(aspect, *texts)]


def test_a_changed_level_is_found(tmp_path: Path) -> None:
    """With its scale."""
    found = of_rule(tmp_path, rule("r", "open"), rule("r", "open", level="major"))
    assert [(change.before, change.after) for change in found.changes] == [("hazard: general", "hazard: major")]


def test_another_clause_and_another_override_are_found(tmp_path: Path) -> None:
    """Both change what an answer says."""
    files = {"law/xx-2.yaml": FILES["law/xx-2.yaml"].replace('["1"]', '["1", "2"]')}
    rules = (rule("one", "open"), rule("two", "open and alarm", "overrides: [p.one]"))
    old = rulebook(tmp_path / "o", *rules, files=files)
    new = rulebook(tmp_path / "n", rules[0].replace('"1"', '"2"'), rules[1].replace("\n  overrides: [p.one]", ""), files=files)
    found = {item.name: item for item in difference(old, new).rules}
    assert [(change.aspect, change.before, change.after) for change in found["p.one"].changes] == [
        ("citation", "xx-2 1", "xx-2 2")
    ]
    assert [(change.aspect, change.before, change.after) for change in found["p.two"].changes] == [("overrides", "p.one", "")]


def test_amounts_that_are_written_otherwise_are_the_same(tmp_path: Path) -> None:
    """In another unit, or computed."""
    one = rule("r", "open", "actions: [{fine: {amount: 200..5000 CNY}}]")
    assert of_rule(tmp_path / "1", one, one.replace("200..5000 CNY", "0.02..0.5 万元")).state in ("same", "words")


@solver
def test_computed_amounts_are_compared_by_the_solver(tmp_path: Path) -> None:
    """`100 CNY * people` and `people * 100 CNY` and twice the half; not one more."""
    one = rule("r", "open", "actions:", "  - fine: {amount: 100 CNY * people}")
    assert of_rule(tmp_path / "1", one, one.replace("100 CNY * people", "50 CNY * people + 50 CNY * people")).state == "same"
    assert of_rule(tmp_path / "2", one, one.replace("100 CNY * people", "100 CNY * (people + 1)")).state == "changed"


def test_words_alone_are_told_apart(tmp_path: Path) -> None:
    """A title and a text."""
    one = rule("r", "open", "title: {zh: 题, en: title}")
    found = of_rule(tmp_path, one, one.replace("en: title", "en: heading").replace("en: text", "en: wording"))
    assert (found.state, found.words) == ("words", ("title", "text"))


def test_rules_that_came_went_or_were_renamed_are_told_apart(tmp_path: Path) -> None:
    """A renamed rule says all it said."""
    old = rulebook(tmp_path / "o", rule("gone", "open"), rule("was", "people > 3", level="major"))
    new = rulebook(tmp_path / "n", rule("new", "alarm"), rule("is_now", "3 < people", level="major"))
    found = difference(old, new)
    assert {item.name: item.state for item in found.rules} == {"p.gone": "removed", "p.new": "added", "p.is_now": "words"}
    assert found.names == {"p.was": "p.is_now"}
    assert not found.is_same


BANDS = """
- id: bands
  law: xx-2
  clause: "1"
  text: {zh: 分档, en: bands}
  table: |
    people   | level   | actions
    [0, 4)   | -       | -
    [4, 20]  | general | demerit: 3
    > 20     | major   | demerit: 12
"""


@solver
def test_rows_of_a_table_are_known_by_what_they_say(tmp_path: Path) -> None:
    """Moving a row is no change of meaning; a moved bound is one, on both sides of it."""
    rows = BANDS.strip("\n").split("\n")
    moved = "\n".join([*rows[:6], rows[8], rows[6], rows[7]])
    old = rulebook(tmp_path / "o", BANDS)
    assert {item.state for item in difference(old, rulebook(tmp_path / "1", moved)).rules} == {"words"}
    found = difference(old, rulebook(tmp_path / "2", BANDS.replace("[4, 20] ", "[4, 21] ").replace("> 20 ", "> 21 ")))
    assert [item.state for item in found.rules] == ["same", "changed", "changed"]


# the command


def run(*words: str) -> Result:
    """`hazardrules diff`."""
    return CliRunner().invoke(main, ["diff", "--lang", "en", *words])


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Two rulebooks: a bound, a fine and a title changed, a rule came, another one went, two are the same."""
    same = [rule("kept", "open and alarm"), rule("moved", "people > 7", "title: {zh: 题, en: title}")]
    old = [rule("bound", "people > 20"), rule("fined", "open", "actions: [{fine: {amount: 200 CNY}}]"), rule("gone", "alarm")]
    new = [text.replace("> 20", ">= 20").replace("200 CNY", "300 CNY").replace("gone", "came") for text in old[::-1]]
    new[0] = new[0].replace('"alarm"', '"not alarm"')
    return (
        str(rulebook(tmp_path / "old", *same, *old)),
        str(rulebook(tmp_path / "new", *new, *(text.replace("en: title", "en: heading") for text in same))),
    )


@solver
def test_the_text_shows_changes_with_facts_and_a_summary(pair: tuple[str, str]) -> None:
    """And ends with 1, or 0 where nothing changed."""
    done = run(*pair)
    assert done.exit_code == 1, done.output
    assert "condition: people > 20 → people >= 20" in done.output
    assert (
        "its condition did not hold, and does now, for these facts:\n      as_of: 2021-12-02\n      place:\n        people: 20"
        in done.output
    )
    assert "action: fine amount=200 CNY → fine amount=300 CNY" in done.output
    assert "p.moved  heading  title" in done.output
    assert "2 rules changed in meaning, 0 nobody can say, 1 added, 1 removed; 1 only in words, 1 the same" in done.output
    done = run(pair[0], pair[0])
    assert (done.exit_code, done.output.rstrip().split("\n")[-1]) == (0, "nothing changed in meaning")


def test_without_the_solver_the_report_says_so(pair: tuple[str, str]) -> None:
    """What is not proved is not called equal, nor changed."""
    done = run(*pair, "--no-solver")
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "nobody can say: the solver is not installed or not asked" in said
    assert "without the solver (pip install hazardrules[verify])" in said


@solver
def test_json_holds_everything_and_the_facts_can_be_classified(pair: tuple[str, str], tmp_path: Path) -> None:
    """A witness is a case: the rule fails under the old rulebook and holds under the new one."""
    found = json.loads(run(*pair, "--format", "json").stdout)
    assert (found["format"], found["same"], found["solver"]) == ("hazardrules-diff-1", False, True)
    assert found["counts"] == {"changed": 2, "unsure": 0, "added": 1, "removed": 1, "words": 1, "same": 1}
    (bound,) = (entry for entry in found["rules"] if entry["name"] == "p.bound")
    assert bound["changes"] == [{"aspect": "condition", "before": "people > 20", "after": "people >= 20"}]
    (witness,) = bound["condition"]["witnesses"]
    (tmp_path / "case.json").write_text(json.dumps(witness["case"]), "utf-8")
    held = []
    for folder in pair:
        done = CliRunner().invoke(main, ["classify", "--rules", folder, "--format", "json", str(tmp_path / "case.json")])
        held.append("p.bound" in [finding["rule"] for finding in json.loads(done.stdout)[0]["findings"]])
    assert held == [False, True]


@solver
def test_markdown_is_ready_for_a_pull_request(tmp_path: Path) -> None:
    """What stands in rules has no meaning to it."""
    old = rulebook(tmp_path / "o", rule("r", "people > 3", "title: {zh: 题, en: 'a <b> | *c*'}"))
    new = rulebook(tmp_path / "n", rule("r", "people > 4", "title: {zh: 题, en: 'a <b> | *c*'}"))
    done = run(str(old), str(new), "--format", "markdown")
    assert done.exit_code == 1
    assert r"#### `p.r` a \<b\> \| \*c\*" in done.output
    assert "- condition: `people > 3` → `people > 4`" in done.output
    assert "```yaml\nas_of: 2021-12-02\nplace:\n  people: 4\n```" in done.output


def git(folder: Path, *words: str) -> None:
    """A git command that must succeed."""
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose rulebook stands in a folder, with two commits and an edit on disk."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=trunk")
    (root / "README").write_text("nothing yet", "utf-8")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "none")
    for bound in (20, 21):
        rulebook(root / "law", rule("r", f"people > {bound}"))
        git(root, "add", "-A")
        git(root, "commit", "-qm", f"bound {bound}")
    rulebook(root / "law", rule("r", "people > 22"))
    return root


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git")


@solver
@needs_git
def test_revisions_are_compared_with_one_another_and_with_what_is_on_disk(repository: Path) -> None:
    """Files are called as git calls them."""
    folder = str(repository / "law")
    done = run("HEAD~1", "HEAD", "--rules", folder)
    assert done.exit_code == 1, done.output
    assert "people > 20 → people > 21" in done.output
    assert "HEAD:law/all/p.yaml:7:9" in done.output
    assert "people > 21 → people > 22" in run("HEAD", "--rules", folder).output
    assert "people > 20 → people > 22" in run("HEAD~1", folder).output
    assert run("trunk", "HEAD", "--rules", folder).exit_code == 0


@needs_git
def test_a_revision_that_cannot_be_had_is_a_usage_error(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, without a rulebook, outside of a repository, without git, or like an option."""
    folder = str(repository / "law")
    for words, said in (
        (("nope", "HEAD", "--rules", folder), "nope: neither a folder nor a revision of the repository"),
        (("HEAD~2", "HEAD", "--rules", folder), "HEAD~2: there is no rulebook in law/ in this revision"),
        (("--", "--help", folder), "--help: neither a folder nor a revision of the repository"),
        (("HEAD", "--rules", str(rulebook(tmp_path / "alone", rule("r", "open")))), "is in no git repository"),
    ):
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
        done = run(*words)
        assert (done.exit_code, said in done.output) == (2, True), done.output
    monkeypatch.setenv("PATH", "")
    done = run("HEAD", "--rules", folder)
    assert (done.exit_code, "git is not installed" in done.output) == (2, True), done.output


def test_a_rulebook_with_errors_ends_with_2(tmp_path: Path, pair: tuple[str, str]) -> None:
    """1 would say that something changed."""
    broken = rulebook(tmp_path / "broken", rule("r", "opne"))
    done = run(pair[0], str(broken))
    assert (done.exit_code, "HR201" in done.output) == (2, True)


# past cases


PAST = [
    {"as_of": "2022-01-01", "place": {"people": 20}},
    {"as_of": "2022-01-01", "场所": {"人数": "21", "open": False}},
    {"as_of": "2022-01-01", "place": {"people": 20, "open": True}},
    {"as_of": "2022-01-01", "place": {"people": 3, "open": True}},
    {"as_of": "2022-01-01", "place": {"people": 999}},
    {"as_of": "2022-01-01", "place": {}},
]


@pytest.fixture
def past(tmp_path: Path) -> str:
    """Some past cases; the fifth says what no place can be."""
    file = tmp_path / "past.jsonl"
    file.write_text("".join(f"{json.dumps(case, ensure_ascii=False)}\n" for case in PAST), "utf-8")
    return str(file)


@pytest.fixture
def bounds(tmp_path: Path) -> tuple[str, str]:
    """A bound that was moved, under a rule whose fine was raised and a rule that stays."""
    files = {"law/xx-2.yaml": FILES["law/xx-2.yaml"].replace('["1"]', '["1", "2"]')}
    crowded = rule("crowded", "people > 20", level="major").replace('"1"', '"2"')
    fined = rule("fined", "open", "actions: [{fine: {amount: 200 CNY}}]")
    old = rulebook(tmp_path / "old", crowded, fined, rule("busy", "people > 2 and open"), files=files)
    new = rulebook(
        tmp_path / "new",
        crowded.replace("> 20", ">= 20"),
        fined.replace("200", "300"),
        rule("busy", "people > 2 and open"),
        files=files,
    )
    return str(old), str(new)


@pytest.mark.parametrize("in_tables", [True, False], ids=["tables", "alone"])
def test_past_cases_are_judged_by_both(
    bounds: tuple[str, str], past: str, in_tables: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the batch engine or one by one: the same counts, and the clause that the change comes from."""
    if in_tables:
        pytest.importorskip("pyarrow")
    else:

        def missing(*_: object, **__: object) -> None:
            raise MissingExtraError("columnar", "pyarrow")

        monkeypatch.setattr(hazardrules.Rulebook, "table_options", missing)
    done = run(*bounds, "--replay", past, "--format", "json")
    assert done.exit_code == 1, done.output
    found = json.loads(done.stdout)["replay"]
    assert {name: found[name] for name in ("cases", "unread", "level", "findings", "consequences", "clauses")} == {
        "cases": 6, "unread": {"old": 0, "new": 0, "both": 1}, "level": 2, "findings": 0, "consequences": 1, "clauses": {"xx-2 2": 2},
    }  # fmt: skip
    assert [(entry["place"].rpartition(":")[2], entry["rules"]) for entry in found["examples"]] == [
        ("1", ["p.crowded"]), ("3", ["p.crowded", "p.fined"]), ("4", ["p.fined"]),
    ]  # fmt: skip
    assert [turn["after"] for turn in found["turns"]] == [{"level": "major", "at_least": "major"}] * 2


def test_the_text_and_the_markdown_tell_of_past_cases(bounds: tuple[str, str], past: str) -> None:
    """In a sentence that can be quoted."""
    done = run(*bounds, "--replay", past)
    assert "Past cases\n  2 of 6 cases change level, all through xx-2 2\n" in done.output
    assert "1 more are found as before, with other consequences" in done.output
    assert "1 neither rulebook can read" in done.output
    assert f"{past}:1: hazard: " in " ".join(done.output.split())
    assert "### Past cases\n\n- 2 of 6 cases change level" in run(*bounds, "--replay", past, "--format", "markdown").output
    assert "none of 6 cases is answered otherwise" in run(bounds[0], bounds[0], "--replay", past).output


def test_cases_with_expectations_and_bare_facts_can_be_replayed(bounds: tuple[str, str], tmp_path: Path) -> None:
    """Rows of a file of cases one by one; bare facts with the kind of subject and the day beside them."""
    file = tmp_path / "p.cases.yaml"
    rows = "people | holds\n    20 | -\n    21 | crowded"
    file.write_text(f"- name: bound\n  as_of: 2022-01-01\n  place: {{open: false}}\n  rows: |\n    {rows}\n", "utf-8")
    assert "1 of 2 cases change level" in run(*bounds, "--replay", str(file)).output
    bare = tmp_path / "bare.jsonl"
    bare.write_text('{"people": 20}\n{"people": 21}\n', "utf-8")
    assert (
        "1 of 2 cases change level" in run(*bounds, "--replay", str(bare), "--subject", "place", "--as-of", "2022-01-01").output
    )
    done = run(*bounds, "--replay", str(bare), "--subject", "palce")
    assert (done.exit_code, "did you mean `place`" in done.output) == (2, True)
    bare.write_text("no json\n", "utf-8")
    done = run(*bounds, "--replay", str(bare))
    assert (done.exit_code, "holds no case that can be read" in done.output) == (2, True)


def test_past_cases_follow_a_renamed_fact_and_name_what_is_refused(tmp_path: Path, past: str) -> None:
    """Facts are called as the new rulebook calls them; a fact that is gone makes it refuse the case."""
    renamed = FILES["subjects/place.yaml"].replace("  people:", "  persons:").replace("en: people", "en: persons")
    gone = "\n".join(line for line in FILES["subjects/place.yaml"].split("\n") if "  people:" not in line)
    old = str(rulebook(tmp_path / "o", rule("r", "people > 20")))
    new = str(rulebook(tmp_path / "n", rule("r", "persons >= 20"), files={"subjects/place.yaml": renamed}))
    none = str(rulebook(tmp_path / "x", rule("r", "open"), files={"subjects/place.yaml": gone}))
    found = json.loads(run(old, new, "--replay", past, "--format", "json").stdout)["replay"]
    assert (found["level"], found["unread"]["new"]) == (2, 0)
    done = run(old, none, "--replay", past)
    assert "4 the new rulebook cannot read any more" in done.output
    assert "refused by the new one: " in done.output
