"""The linter: what it leaves alone, what it mends and how, what `lint.yaml` leaves standing, and the hooks around it.

That each check finds its bad example and leaves the cure alone is in test_codes.py.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from hazardrules.cli import main
from hazardrules.diagnostics import CODES
from hazardrules.lint import checks, fix_folder, lint_folder, rewrite
from hazardrules.lint.checks import negated_comparison
from hazardrules.syntax.printer import format_paths

if TYPE_CHECKING:
    from hazardrules.lint.material import Material
    from hazardrules.model import syntax_tree as ast

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "tests" / "bad" / "lint_base"
EXTRA = "fire/extra.yaml"
PACK = """\
pack: fire.extra
label: {zh: 补充规则, en: further rules}
law: xx-lodging-2020
on: premises
scale: hazard
rules:
  - id: crowded
    clause: "3"
    title: {zh: 住宿条件不符, en: lodging not as required}
    text: {zh: 住宿的条件不符合规定。, en: The lodging is not as required.}
    when: people_lodged > 10
    level: general
"""
WHEN = "people_lodged > 10"
SUBJECT = "subjects/gas_cylinder.yaml"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The rulebook in which nothing is found, with a pack to be changed."""
    folder = tmp_path / "book"
    shutil.copytree(BASE, folder)
    (folder / EXTRA).write_text(PACK, "utf-8")
    return folder


def changed(folder: Path, old: str, new: str, file: str = EXTRA) -> Path:
    """A rulebook with a file changed in one place."""
    text = (folder / file).read_text("utf-8")
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new), "utf-8")
    return folder


def found_in(folder: Path) -> list[str]:
    """The codes of what is found."""
    report = lint_folder(folder)
    assert report.errors == ()
    return [str(found.code) for found in report.findings]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("住宿的条件不符合规定。", "住宿部分的条件不符合4(1)的规定，即a)人数、b)面积；限值3..5人。", id="items and clauses have odd brackets"),
        pytest.param("住宿的条件不符合规定。", "住宿的条件不符合规定……", id="an ellipsis is no doubled mark"),
        pytest.param("住宿的条件不符合规定。", "LPG 气瓶间的条件不符合规定。", id="a blank may part Chinese from Latin"),
        pytest.param("The lodging is not as required.", "Lodging (合用) is not as the 《消防法》 and 公消〔2014〕101号 require.", id="Chinese may be quoted in English"),
        pytest.param("The lodging is not as required.", '"The lodging, etc., is not as required: see 3.5 and 1:30."', id="full stops in numbers and abbreviations"),
        pytest.param("en: lodging not as required", "en: lodging not as required by Example Ltd.", id="an abbreviation ends with its stop"),
        pytest.param("zh: 住宿条件不符,", "zh: LPG,", id="an abbreviation is Chinese enough"),
        pytest.param(WHEN, "10 < people_lodged < 30", id="a band begins with a value"),
        pytest.param(WHEN, "not (10 < people_lodged < 30)", id="a band has no opposite of its own"),
        pytest.param(WHEN, "not (alarm_installed and people_lodged > 10)", id="not before a list of conditions"),
        pytest.param(WHEN, "not (not alarm_installed and people_lodged > 10)", id="one negation among others"),
        pytest.param(WHEN, "kind == hotel or people_lodged == 10", id="values of different facts"),
        pytest.param(WHEN, "kind == hotel or kind != shop", id="different signs"),
        pytest.param(WHEN, "uses contains lodging and uses contains storage", id="a set asked for both values"),
        pytest.param(WHEN, "people_lodged > 10 or people_lodged < 3", id="two bounds that are no band"),
        pytest.param(WHEN, "people_lodged > 10 and people_lodged != 12", id="two comparisons that are no band"),
        pytest.param(WHEN, "people_lodged > 10 and kind == shop or kind == hotel and people_lodged > 10", id="a condition in two lists"),
        pytest.param(WHEN, "as_of > last_inspection + 1 year", id="the day of judging and a fact"),
        pytest.param(f"when: {WHEN}", "when:\n      at_least:\n        count: 2\n        of:\n          - alarm_installed\n          - people_lodged > 10\n          - kind == shop", id="two of three"),
        pytest.param("level: general", "level: general\n    actions:\n      - fine: {amount: 500..5000 CNY}\n      - fine: {amount: 5000..9000 CNY}", id="one action with two amounts"),
        pytest.param("level: general", "level: general\n    actions:\n      - rectify: {within: 3 days}", id="an action with a limit"),
        pytest.param("level: general", "kind: amends\n    of: [fire.lodging.too_many_lodgers]\n    actions:\n      - fine", id="a change of a fine that leaves its amount"),
        pytest.param('clause: "3"', 'clause: ["3", "4(1)"]', id="two clauses"),
        pytest.param("level: general", "level: general\n    verified: false\n    why_unverified: {zh: 凭记忆, en: from memory}", id="unverified with its reason"),
        pytest.param("level: general", "level: major", id="no rule of this pack demands anything"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_slip_is_left_alone(book: Path, old: str, new: str) -> None:
    """Each of these is near something that is found."""
    assert found_in(changed(book, old, new)) == []


TABLE = """table: |
      people_lodged | level   | actions
      < 10          | general | fine: 500..900 CNY
      >= 10         | major   | fine: 900..5000 CNY
    actions:
      - fine: """


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        pytest.param('{clause: "4(1)"}', [], id="the list says under which clause"),
        pytest.param("{amount: 5 CNY}", ["HR657", "HR657"], id="the list says what the cells say"),
        pytest.param("{}", ["HR657", "HR657"], id="the list adds nothing"),
    ],
)
def test_the_list_beside_a_table_completes_its_cells(book: Path, listed: str, found: list[str]) -> None:
    """An entry that completes nothing is one too many."""
    changed(book, f"when: {WHEN}", TABLE + listed)
    changed(book, "    level: general\n", "")
    assert found_in(book) == found


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(
            "temperature: {type: number, unit: °C, label: {zh: 温度, en: temperature}}", id="a temperature may be below zero"
        ),
        pytest.param("height: {type: number, unit: m, minimum: -5, label: {zh: 标高, en: level}}", id="a limit below zero"),
        pytest.param("crack: {type: number, unit: kg, minimum: 0, label: {zh: 余气量, en: rest}}", id="the unit of the others"),
        pytest.param("notified: {type: bool, label: {zh: 已通知, en: notified}}", id="a name that begins like a negation"),
        pytest.param("grade: {type: integer, minimum: 1, maximum: 4, label: {zh: 等级, en: grade}}", id="limits in order"),
        pytest.param("leaks: {type: bool, judgement: true, label: {zh: 泄漏, en: leaks}}", id="a key that is not as usual"),
    ],
)
def test_facts_that_only_look_doubtful_are_left_alone(book: Path, fact: str) -> None:
    """Facts of a subject without topics."""
    path = book / SUBJECT
    path.write_text(path.read_text("utf-8") + f"  {fact}\n", "utf-8")
    assert found_in(book) == []


# mending


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("not (people_lodged > 10)  # a remark", "people_lodged <= 10  # a remark"),
        ("住宿人数 > 10 且 非 (住宿人数 > 30)", "10 < 住宿人数 <= 30"),
        ("alarm_installed or kind == shop or kind == hotel", "alarm_installed or kind in {shop, hotel}"),
        ("alarm_installed and not (people_lodged > 10 or kind == shop)", None),
        ("not (not (not alarm_installed))", "not alarm_installed"),
        ("alarm_installed or not (not alarm_installed or people_lodged <= 10)", None),
        ("alarm_installed or not (not alarm_installed or kind not in {shop, hotel})", "alarm_installed or (alarm_installed and kind in {shop, hotel})"),
        ("10 < people_lodged", "people_lodged > 10"),
        ("not (10 < people_lodged)", "people_lodged <= 10"),
        ("people_lodged >= 3 and kind == shop and people_lodged < 9", "3 <= people_lodged < 9 and kind == shop"),
        ("kind in {shop, hotel, shop, shop}", "kind in {shop, hotel}"),
        ("not (kind in {shop})", "kind != shop"),
        ("uses intersects {lodging} or uses contains storage", "uses intersects {lodging, storage}"),
    ],
)  # fmt: skip
def test_mending_goes_on_until_nothing_is_left(book: Path, written: str, mended: str | None) -> None:
    """Comments stay, the language of the author stays, and one thing mended may show another."""
    changed(book, f"when: {WHEN}", f"when: {written}")
    report = fix_folder(book)
    assert report.refused == ()
    assert [found for found in report.report.findings if found.edits] == []
    text = (book / EXTRA).read_text("utf-8")
    assert text == PACK.replace(f"when: {WHEN}", f"when: {mended or written}")


def test_only_what_was_asked_for_is_mended(book: Path) -> None:
    """A file, a folder, or codes."""
    changed(book, f"when: {WHEN}", "when: not (people_lodged > 10) and kind in {shop}")
    before = (book / EXTRA).read_text("utf-8")
    assert fix_folder(book, "fire/lodging.yaml").fixed == ()
    assert (book / EXTRA).read_text("utf-8") == before
    assert [str(found.code) for found in fix_folder(book, "fire", {523}).fixed] == ["HR523"]
    assert "not (people_lodged > 10) and kind == shop" in (book / EXTRA).read_text("utf-8")


@pytest.mark.parametrize("tidy", [True, False])
def test_a_formatted_file_stays_formatted_and_another_is_not_reformatted(book: Path, tidy: bool) -> None:
    """Mending is no excuse for a large diff."""
    untidy = "rules:\n\n\n\n" if not tidy else "rules:\n"
    changed(book, "rules:\n", untidy)
    changed(book, WHEN, "not (people_lodged > 10)")
    assert bool(format_paths([book / EXTRA], check=True).changed) != tidy
    assert len(fix_folder(book).fixed) == 1
    assert untidy in (book / EXTRA).read_text("utf-8")
    assert bool(format_paths([book / EXTRA], check=True).changed) != tidy


def test_a_file_whose_mending_would_change_a_meaning_is_put_back(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other files are mended all the same, and the command says what it refused."""

    def wrong(material: Material, expr: ast.Expr) -> str | None:
        better = rewrite.opposite(material, expr)
        return better.replace("10", "11") if better is not None else None

    monkeypatch.setattr(negated_comparison, "opposite", wrong)
    changed(book, WHEN, "not (people_lodged > 10)")
    before = (book / EXTRA).read_bytes()
    changed(book, "not alarm_installed", "not (not (not alarm_installed))", "fire/lodging.yaml")
    report = fix_folder(book)
    assert report.refused == (EXTRA,)
    assert (book / EXTRA).read_bytes() == before
    assert "when: not alarm_installed\n" in (book / "fire/lodging.yaml").read_text("utf-8")
    done = CliRunner().invoke(main, ["lint", str(book), "--fix", "--lang", "en"])
    assert done.exit_code == 1
    assert f"{EXTRA}: mending would change what a rule says" in done.output


# lint.yaml


def with_exceptions(folder: Path, text: str) -> Path:
    """A rulebook with two findings and its exceptions."""
    changed(folder, WHEN, "not (people_lodged > 10)")
    changed(folder, "level: general", "level: general\n    verified: false")
    (folder / "lint.yaml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("off:\n  - {code: HR520, why: {zh: 因为, en: so}}\n", ["HR634"]),
        ("off:\n  - {code: [HR520, HR634], why: {zh: 因为, en: so}}\n", []),
        ("off:\n  - {code: HR520, in: fire/*.yaml, why: {zh: 因为, en: so}}\n", ["HR634"]),
        ("off:\n  - {code: HR520, in: fire.extra, why: {zh: 因为, en: so}}\n", ["HR634"]),
        ("off:\n  - {code: HR520, in: fire.*, names: fire.extra.*, why: {zh: 因为, en: so}}\n", ["HR634"]),
        ("off:\n  - {code: HR520, in: gas.*, why: {zh: 因为, en: so}}\n", ["HR520", "HR591", "HR634"]),
        ("off:\n  - {code: HR520, names: no_such, why: {zh: 因为, en: so}}\n", ["HR520", "HR591", "HR634"]),
        ("off:\n  - {code: HR999, why: {zh: 因为, en: so}}\n", ["HR520", "HR590", "HR634"]),
        ("off:\n  - {code: HR501, why: {zh: 因为, en: so}}\n", ["HR520", "HR590", "HR634"]),
        ("off:\n  - {code: HR520}\n", ["HR108", "HR520", "HR634"]),
    ],
)
def test_an_exception_covers_what_it_names_and_gives_its_reason(book: Path, text: str, left: list[str]) -> None:
    """By code, place and name; without a reason it covers nothing."""
    assert sorted(found_in(with_exceptions(book, text))) == left


def test_a_fault_of_the_exceptions_is_an_error(book: Path) -> None:
    """Nothing is hidden by a file that cannot be read."""
    report = lint_folder(with_exceptions(book, "off:\n  - {code: HR520, why: {zh: 因为, en: so, and more}}\n"))
    assert [(str(found.code), found.span.file) for found in report.errors] == [("HR111", "lint.yaml")]
    assert report.findings == ()


def test_what_is_left_standing_is_told_with_its_reason(book: Path) -> None:
    """In the JSON output; and it is not mended."""
    with_exceptions(book, "off:\n  - {code: HR520, why: {zh: 因为, en: as the clause puts it}}\n")
    done = CliRunner().invoke(main, ["lint", str(book), "--fix", "--format", "json", "--lang", "en"])
    data = json.loads(done.output)
    assert done.exit_code == 1
    assert data["format"] == "1"
    assert [found["code"] for found in data["findings"]] == ["HR634"]
    assert data["fixed"] == []
    assert [(found["code"], found["why"]) for found in data["left_standing"]] == [("HR520", "as the clause puts it")]


# the command


def test_the_command_shows_what_lies_within_its_path(book: Path) -> None:
    """The whole rulebook is read, whatever is shown."""
    changed(book, WHEN, "not (people_lodged > 10)")
    (book / "subjects" / "x.yaml").write_text(
        "subject: x\nlabel: {zh: 甲, en: x}\nfacts:\n  no_y: {type: bool, label: {zh: 乙, en: y}}\n", "utf-8"
    )
    run = CliRunner().invoke
    assert [line.split()[1] for line in run(main, ["lint", str(book), "--format", "short"]).output.splitlines()] == [
        "HR520",
        "HR542",
    ]
    assert [line.split()[1] for line in run(main, ["lint", str(book / "fire"), "--format", "short"]).output.splitlines()] == [
        "HR520"
    ]
    assert run(main, ["lint", str(book / "law")]).exit_code == 0
    assert run(main, ["lint", str(book), "--only", "hr542", "--format", "short"]).output.count("HR") == 1
    assert run(main, ["lint", str(book), "--only", "HR999"]).exit_code == 2
    assert run(main, ["lint", "--fix"]).exit_code == 2
    github = run(main, ["lint", str(book), "--format", "github"]).output
    assert github.startswith("::warning file=")


def test_a_rulebook_with_errors_is_not_linted(book: Path) -> None:
    """`check` comes first."""
    changed(book, WHEN, "people_lodgd > 10")
    done = CliRunner().invoke(main, ["lint", str(book), "--fix", "--lang", "en"])
    assert done.exit_code == 1
    assert "HR201" in done.output


# all checks


def test_every_check_is_a_file_of_one_shape() -> None:
    """A docstring with its code, a function `check`; one code, one file; and more than forty of them."""
    names = [found.name for found in iter_modules(checks.__path__)]
    modules = [import_module(f"{checks.__name__}.{name}") for name in names]
    codes = [str(module.__doc__).split(":", 1)[0] for module in modules]
    assert all(callable(module.check) for module in modules)
    of_lint = {str(code) for code in CODES.values() if code.tool == "lint"}
    assert sorted(codes) == sorted(of_lint - {"HR590", "HR591"})
    assert len(codes) >= 40


@pytest.mark.parametrize("folder", ["rules", "examples/warehouse-abroad", "examples/pools/release"])
def test_nothing_is_found_in_the_rulebooks_of_this_repository(folder: str) -> None:
    """What stays has its reason in `lint.yaml`."""
    assert [found.short("en") for found in lint_folder(ROOT / folder).findings] == []


# hooks and pipelines


def hooks() -> list[dict[str, str]]:
    """The hooks that the repository offers, as their lines say."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    entries = text.split("\n- ")[1:]
    return [dict(line.strip().split(": ", 1) for line in entry.splitlines() if ": " in line) for entry in entries]


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_a_hook_runs_over_the_rules_of_a_repository(hook: dict[str, str], book: Path, tmp_path: Path) -> None:
    """In a repository with its rulebook in `rules/`; the exit code says whether the commit may go on."""
    book.rename(tmp_path / "rules")
    command = [sys.executable, "-m", *shlex.split(hook["entry"]), hook["args"].strip("[]")]
    assert hook["pass_filenames"].startswith("f")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_hooks_in_the_example_exist() -> None:
    """Their names are those that the repository offers."""
    text = (ROOT / "examples" / "pipeline" / "pre-commit-config.yaml").read_text("utf-8")
    wanted = [line.split("id: ")[1] for line in text.splitlines() if "id: " in line]
    assert set(wanted) == {hook["id"] for hook in hooks()}


def test_the_commands_of_the_workflow_run(book: Path, tmp_path: Path) -> None:
    """Each line `hazardrules …` of the example, over a rulebook in `rules/`."""
    book.rename(tmp_path / "rules")
    text = (ROOT / "examples" / "pipeline" / "github-workflow.yaml").read_text("utf-8")
    commands = [line.split("run: ")[1] for line in text.splitlines() if "run: hazardrules" in line]
    assert len(commands) == 3
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
