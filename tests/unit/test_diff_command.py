"""`hazardrules diff`: what it writes, how it ends, revisions of git, past cases."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from pairs import rule, rulebook

import hazardrules
from hazardrules.cli import main
from hazardrules.diff import has_solver
from hazardrules.errors import MissingExtraError
from hazardrules.testing.generated_rulebooks import FILES

if TYPE_CHECKING:
    from click.testing import Result

solver = pytest.mark.skipif(not has_solver(), reason="hazardrules[verify]")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths of temporary folders are long; no line is broken at one."""
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing found in one test is used in another."""
    monkeypatch.setenv("HAZARDRULES_NO_CACHE", "1")


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
    assert found["in_tables"] is in_tables
    assert ("judged one by one" in run(*bounds, "--replay", past).output) is not in_tables
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


@solver
def test_the_page_shows_what_the_command_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its example is a part of the answer, word for word."""
    root = Path(__file__).resolve().parents[2]
    monkeypatch.chdir(root)
    shown = re.search(r"```text\n(.*?)```", (root / "docs" / "diff.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    assert shown.group(1) in run("examples/pools/draft", "examples/pools/release").output
