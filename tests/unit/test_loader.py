"""A folder becomes a rulebook as far as it can be read; every problem is said, whatever the files hold."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hazardrules
from hazardrules.diagnostics import Collector
from hazardrules.model import syntax_tree as ast
from hazardrules.model.law import Effective
from hazardrules.render.diagnostics import FORMATS, render_diagnostics
from hazardrules.syntax import folder as folder_module
from hazardrules.syntax.folder import source_texts
from hazardrules.syntax.loader import read_rulebook

if TYPE_CHECKING:
    from hazardrules.model.rulebook import RulebookSource

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rule-language.md"
_TITLED = re.compile(r"^## (\w+\.yaml)\n\n```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"```yaml\n(# (\S+\.yaml)\n.*?)```", re.DOTALL)

LOCAL_LAW = """\
instrument: xx-n-local-2022
title: {zh: 北省规定, en: North provisions}
number: XX-N 1
issuer: {zh: 北省, en: North}
jurisdiction: XX-N
effective: {from: 2022-01-01}
clauses: ["1"]
"""
UNREAD_LAW = LOCAL_LAW.replace("xx-n-local-2022", "xx-unread-2019").replace("clauses:", "text: unread\nclauses:")
RULE = """\
  - id: extra
    clause: "3"
    text: {zh: 文, en: text}
    when: people_lodged > 3
"""


def documented_files() -> dict[str, str]:
    """The small rulebook of the language page: every block that has the name of a file."""
    text = PAGE.read_text("utf-8")
    files = dict(_TITLED.findall(text))
    files.update({name: block for block, name in _NAMED.findall(text)})
    return files


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """The folder of the small rulebook of the language page."""
    return write(tmp_path / "demo", documented_files())


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write files into a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def change(folder: Path, name: str, old: str, new: str) -> None:
    """Change a text that a file holds."""
    text = (folder / name).read_text("utf-8")
    assert old in text, (name, old)
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")


def load(folder: Path) -> tuple[RulebookSource | None, list[str]]:
    """A rulebook and its problems as `file:line:column key`, each worded in every form and language."""
    collector = Collector()
    book = read_rulebook(folder, collector)
    found = collector.diagnostics
    sources = source_texts(folder, {problem.span.file for problem in found})
    for lang in ("zh", "en"):
        for form in FORMATS:
            render_diagnostics(found, sources, form, lang)
    return book, [f"{problem.span} {problem.key}" for problem in found]


def loaded(folder: Path) -> RulebookSource:
    """A rulebook without a problem."""
    book, problems = load(folder)
    assert problems == []
    assert book is not None
    return book


# what loads


def test_the_rulebook_of_the_language_page_loads_without_a_diagnostic(demo: Path) -> None:
    """Every construct of the page is read as the page says."""
    book = loaded(demo)
    assert set(book.packs) == {"fire.lodging", "fire.points"}
    lodging, points = book.packs["fire.lodging"], book.packs["fire.points"]
    assert [rule.name for rule in lodging.rules] == [
        "fire.lodging.too_many_lodgers",
        "fire.lodging.no_alarm",
        "fire.lodging.combined_failings",
    ]
    first, second, third = lodging.rules
    assert first.level == ("hazard", "major")
    assert [action.action for action in first.actions] == ["remove_lodging", "fine"]
    assert first.actions[1].basis[0].clause == "8"
    assert second.actions[0].written == {"within": "15 days"}
    assert second.unless[0].basis[0].clause == "5"
    assert isinstance(third.when, ast.Threshold)
    assert len(third.when.items) == 3
    assert [name for name, _ in third.overrides] == ["fire.lodging.no_alarm"]
    assert [value.effective for value in lodging.parameters[0].values] == [
        Effective(date(2020, 7, 1), date(2023, 1, 1)),
        Effective(date(2023, 1, 1)),
    ]
    assert set(lodging.clauses_encoded["xx-lodging-2020"]) == {"2", "3", "4(1)", "4(2)", "5", "8"}
    table = points.rules[0].table
    assert table is not None
    assert len(table.rows) == 5
    assert [action.action for action in table.rows[2].actions] == ["demerit", "fine"]
    assert set(table.rows[2].actions[0].values) == {"points"}
    assert isinstance(table.rows[4].cells[0], ast.ElseCell)
    assert set(points.clauses_encoded["xx-lodging-2020"]) == {"6", "7"}
    assert str(table.rows[2].span) == "fire/points.yaml:14:7"
    assert points.derived[0].table is not None


def test_the_law_of_this_repository_loads_without_a_diagnostic() -> None:
    """The shipped rulebook is sound."""
    assert loaded(ROOT / "rules").packs


def test_a_second_bound_gives_its_unit_to_the_first(demo: Path) -> None:
    """`5000..50000 CNY` is a range of money at both ends."""
    amount = loaded(demo).packs["fire.lodging"].rules[0].actions[1].values["amount"]
    assert isinstance(amount.low, ast.Number)
    assert isinstance(amount.high, ast.Number)
    assert (amount.low.unit, amount.high.unit) == ("CNY", "CNY")


@pytest.mark.parametrize(
    ("extra", "start", "place"),
    [
        ("", date(2020, 7, 1), "XX"),
        ("    law: xx-n-local-2022\n", date(2022, 1, 1), "XX-N"),
        ("    law: xx-n-local-2022\n    effective: {from: 2024-01-01}\n    jurisdiction: XX\n", date(2024, 1, 1), "XX"),
    ],
)
def test_a_rule_takes_dates_and_place_from_itself_then_its_own_law_then_its_pack(
    demo: Path, extra: str, start: date, place: str
) -> None:
    """The nearest word counts."""
    write(demo, {"law/xx-n-local-2022.yaml": LOCAL_LAW})
    rule = RULE.replace('"3"', '"1"' if extra else '"3"') + extra
    change(demo, "fire/lodging.yaml", "rules:\n", f"rules:\n{rule}")
    found = loaded(demo).packs["fire.lodging"].rules[0]
    assert (found.effective.start, found.jurisdiction) == (start, place)


def test_a_pack_may_have_dates_and_a_place_of_its_own(demo: Path) -> None:
    """They come before those of its instrument."""
    change(demo, "fire/lodging.yaml", "scale: hazard\n", "scale: hazard\njurisdiction: XX-N\neffective: {from: 2025-01-01}\n")
    pack = loaded(demo).packs["fire.lodging"]
    assert {(rule.effective.start, rule.jurisdiction) for rule in pack.rules} == {(date(2025, 1, 1), "XX-N")}


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ('clause: "3"\n    cite: III', [("3", "III")]),
        ('clause: ["3", "5"]\n    cite: III and V', [("3", "III and V"), ("5", "III and V")]),
        ('clause: ["3", "5"]\n    cite: [III, V]', [("3", "III"), ("5", "V")]),
        ('clause: "3"\n    cite: [III, IIIa]', [("3", "III"), ("3", "IIIa")]),
    ],
)
def test_cite_says_how_clauses_are_printed(demo: Path, written: str, printed: list[tuple[str, str]]) -> None:
    """One text for all clauses, one for each, or several for one."""
    change(demo, "fire/lodging.yaml", "rules:\n", f"rules:\n{RULE}".replace('clause: "3"', written))
    basis = loaded(demo).packs["fire.lodging"].rules[0].basis
    assert [(ref.clause, ref.cite) for ref in basis] == printed


def test_always_drops_the_scope_of_the_pack(demo: Path) -> None:
    """A rule with a scope of its own keeps that of its pack, unless it says always."""
    change(demo, "fire/lodging.yaml", "rules:\n", f"rules:\n{RULE}    applies: always\n")
    first, second = loaded(demo).packs["fire.lodging"].rules[:2]
    assert (first.drops_scope, first.applies) == (True, None)
    assert not second.drops_scope


def test_blocks_nest_and_none_means_not_any(demo: Path) -> None:
    """`none` is the negation of `any`; one item stands for itself."""
    block = """when:
      all:
        - none: [alarm_installed, separation_difficult]
        - any:
            - at_most: {count: 1, of: [alarm_installed, separation_difficult]}
"""
    change(demo, "fire/lodging.yaml", "when: not alarm_installed\n", block)
    when = loaded(demo).packs["fire.lodging"].rules[1].when
    assert isinstance(when, ast.Junction)
    negated, threshold = when.items
    assert isinstance(negated, ast.Not)
    assert isinstance(negated.item, ast.Junction)
    assert negated.item.op == "or"
    assert isinstance(threshold, ast.Threshold)
    assert threshold.op == "at_most"


def test_labels_of_facts_values_and_derived_facts_stand_for_their_names(demo: Path) -> None:
    """An expression may be written in Chinese throughout, with no blanks."""
    change(demo, "fire/lodging.yaml", "when: not alarm_installed\n", "when: 非合用场所且用途包含住宿且人均面积>5平方米\n")
    when = loaded(demo).packs["fire.lodging"].rules[1].when
    assert isinstance(when, ast.Junction)
    assert len(when.items) == 3


def test_an_unread_instrument_has_a_pack_without_rules(demo: Path) -> None:
    """Its pack is marked, and a rule on it is refused."""
    pack = "pack: fire.unread\nlabel: {zh: 未见, en: unread}\nlaw: xx-unread-2019\non: premises\nscale: hazard\n"
    write(demo, {"law/xx-unread-2019.yaml": UNREAD_LAW, "fire/unread.yaml": pack})
    assert loaded(demo).packs["fire.unread"].unread
    write(demo, {"fire/unread.yaml": pack + "rules:\n" + RULE.replace('"3"', '"1"')})
    assert load(demo)[1] == ["fire/unread.yaml:7:9 HR408"]


def test_a_data_table_is_read_with_its_csv(demo: Path) -> None:
    """Keys are texts, values numbers in the declared unit."""
    table = (
        "table: threshold\nlaw: xx-lodging-2020\nclause: '8'\nfile: t.csv\n"
        "key: {substance: text}\nvalue: {quantity: {type: number, unit: t}}\n"
    )
    write(demo, {"tables/t.yaml": table, "tables/t.csv": "substance,quantity\n氨,10\n氯,500 kg\n"})
    found = loaded(demo).tables["threshold"]
    assert found.basis[0].clause == "8"
    assert [str(found.rows[key][0]) for key in (("氨",), ("氯",))] == ["10", "1/2"]


def test_a_rulebook_may_name_a_calendar_of_working_days(demo: Path) -> None:
    """It is a data table by day; anything else under that name is refused."""
    change(demo, "rulebook.yaml", "languages:", "calendar: holidays\nlanguages:")
    table = "table: holidays\nlaw: xx-lodging-2020\nclause: '8'\nfile: h.csv\nkey: {day: text}\nvalue: {working: bool}\n"
    assert load(demo)[1] == ["rulebook.yaml:4:11 HR116.no_table"]
    write(demo, {"tables/h.yaml": table, "tables/h.csv": "day,working\n2026-10-01,no\n2026-10-10,yes\n"})
    book = loaded(demo)
    assert book.calendar == "holidays"
    assert book.tables["holidays"].rows == {("2026-10-01",): (False,), ("2026-10-10",): (True,)}
    write(demo, {"tables/h.yaml": table.replace("working: bool", "working: text")})
    assert load(demo)[1] == ["rulebook.yaml:4:11 HR116.calendar"]


# what does not depend on the disk


def test_the_order_in_which_files_were_written_makes_no_difference(tmp_path: Path) -> None:
    """Neither the rulebook nor its digest nor its problems change."""
    files = documented_files()
    files["fire/double.yaml"] = files["fire/points.yaml"]
    forward = load(write(tmp_path / "a", files))
    backward = load(write(tmp_path / "b", dict(reversed(files.items()))))
    assert forward == backward


def test_the_digest_is_that_of_what_was_read(demo: Path) -> None:
    """Cases, notes and hidden files do not count; a comment in a pack does."""
    before = loaded(demo).digest
    write(demo, {"fire/lodging.cases.yaml": "[]", "README.md": "x", ".git/config": "x", "fire/.pack.yaml": "{"})
    assert loaded(demo).digest == before
    change(demo, "fire/lodging.yaml", "scale: hazard\n", "scale: hazard  # a word\n")
    assert loaded(demo).digest != before


# what is refused


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("rulebook.yaml", "within: XX,", "within: XY,", "rulebook.yaml:8:18 HR218"),
        ("fire/lodging.yaml", "law: xx-lodging-2020", "law: xx-lodging-2021", "fire/lodging.yaml:4:6 HR401"),
        ("fire/lodging.yaml", 'clause: "4(1)"', 'clause: "4(3)"', "fire/lodging.yaml:33:13 HR402"),
        ("fire/lodging.yaml", 'clause: "8"', 'clause: "88"', "fire/lodging.yaml:31:49 HR402"),
        ("fire/lodging.yaml", 'clause: "9"', 'clause: "99"', "fire/lodging.yaml:56:14 HR402"),
        ("fire/lodging.yaml", '    clause: "4(1)"\n', "", "fire/lodging.yaml:32:9 HR404"),
        ("fire/lodging.yaml", 'value: 10, clause: "3"', "value: 10", "fire/lodging.yaml:10:33 HR404.value"),
        ("fire/lodging.yaml", "from: 2023-01-01", "from: 2022-01-01", "fire/lodging.yaml:10:33 HR405.overlap"),
        ("fire/lodging.yaml", "on: premises", "on: premise", "fire/lodging.yaml:5:5 HR207"),
        ("fire/lodging.yaml", "scale: hazard", "scale: risk", "fire/lodging.yaml:6:8 HR208.scale"),
        ("fire/lodging.yaml", "level: general", "level: grave", "fire/lodging.yaml:40:12 HR208"),
        ("fire/lodging.yaml", "level: general", "level: risk.red", "fire/lodging.yaml:40:12 HR208.scale"),
        ("fire/lodging.yaml", "scale: hazard\n", "", "fire/lodging.yaml:27:12 HR208.no_scale"),
        ("fire/lodging.yaml", "- remove_lodging", "- remove_people", "fire/lodging.yaml:30:9 HR209"),
        ("fire/lodging.yaml", "amount: 5000", "sum: 5000", "fire/lodging.yaml:31:16 HR210"),
        ("fire/lodging.yaml", "- remove_lodging", "- remove_lodging: 3", "fire/lodging.yaml:30:25 HR210.none"),
        ("fire/lodging.yaml", "15 days", "soon", "fire/lodging.yaml:42:27 HR210.deadline"),
        ("fire/lodging.yaml", 'clause: "8"}', 'clause: "8", by: boss}', "fire/lodging.yaml:31:58 HR211"),
        ("fire/lodging.yaml", "level: general", "jurisdiction: YY", "fire/lodging.yaml:40:19 HR218"),
        ("fire/lodging.yaml", "when: not alarm_installed", "wenn: not x", "fire/lodging.yaml:35:5 HR107"),
        ("fire/lodging.yaml", "    when: not alarm_installed\n", "", "fire/lodging.yaml:32:9 HR108"),
        (
            "fire/lodging.yaml",
            "when: not alarm_installed",
            "when: [alarm_installed]",
            "fire/lodging.yaml:35:11 HR106.condition_not_list",
        ),
        ("fire/lodging.yaml", "      at_least:\n        count: 2\n        of:", "      some:", "fire/lodging.yaml:47:7 HR107"),
        ("fire/lodging.yaml", "        count: 2\n", "", "fire/lodging.yaml:48:9 HR108"),
        ("fire/lodging.yaml", "- id: no_alarm", "- id: too_many_lodgers", "fire/lodging.yaml:32:9 HR202"),
        ("fire/lodging.yaml", "- id: no_alarm", "- id: no-alarm", "fire/lodging.yaml:32:9 HR114.identifier"),
        (
            "fire/lodging.yaml",
            "when: people_lodged > lodger_limit",
            "when: people_lodged 超过 3",
            "fire/lodging.yaml:27:25 HR113",
        ),
        ("fire/lodging.yaml", "when: people_lodged > lodger_limit", "when: 住宿人书 > 3", "fire/lodging.yaml:27:11 HR201.label"),
        ("fire/lodging.yaml", "  is_combined_use:", "  floor_area:", "fire/lodging.yaml:12:3 HR202"),
        ("fire/lodging.yaml", "level: general", "kind: amends", "fire/lodging.yaml:40:5 HR108"),
        ("fire/lodging.yaml", "level: general", "cite: [a, b, c]\n    see: [{clause: '77'}]", "fire/lodging.yaml:41:20 HR402"),
        ("fire/lodging.yaml", 'clause: "4(1)"', 'clause: ["3", "5"]\n    cite: [a]', "fire/lodging.yaml:34:11 HR109.cite"),
        ("fire/lodging.yaml", "level: general", "of: [x]", "fire/lodging.yaml:40:5 HR109.amends"),
        ("fire/points.yaml", "| general | demerit: 3", "| demerit: 3", "fire/points.yaml:12:7 HR115.width"),
        ("fire/points.yaml", "demerit: 6", "demerits: 6", "fire/points.yaml:13:61 HR209"),
        ("fire/points.yaml", "      7      |", "      77     |", "fire/points.yaml:15:7 HR402"),
        ("fire/points.yaml", "      7      |", "      -      |", "fire/points.yaml:15:7 HR404.row"),
        ("fire/points.yaml", "| else          | - ", "| else          | 2 ", "fire/points.yaml:16:32 HR115.else_alone"),
        ("fire/points.yaml", "{1, 2}", "{1, 2", "fire/points.yaml:13:36 HR112.end"),
        ("fire/points.yaml", "general | demerit: 3", "great   | demerit: 3", "fire/points.yaml:12:51 HR208"),
        (
            "fire/points.yaml",
            "floor_area        | value",
            "floor_area        | level",
            "fire/points.yaml:22:27 HR115.rule_column",
        ),
        ("fire/points.yaml", "table: |\n      clause", "table: >\n      clause", "fire/points.yaml:10:12 HR115.no_rows"),
        (
            "fire/points.yaml",
            "    table: |\n      clause",
            "    hit: all\n    table: |\n      clause",
            "fire/points.yaml:10:10 HR109.option",
        ),
    ],
)
def test_a_mistake_is_reported_where_it_stands(demo: Path, name: str, old: str, new: str, problem: str) -> None:
    """Code and place are exact, and the rest of the rulebook is still read."""
    change(demo, name, old, new)
    book, problems = load(demo)
    assert problem in problems
    assert book is not None
    assert set(book.packs) == {"fire.lodging", "fire.points"}


def test_a_rule_with_an_unreadable_condition_is_kept_without_it(demo: Path) -> None:
    """Whoever refers to it finds it."""
    change(demo, "fire/lodging.yaml", "when: not alarm_installed", "when: not not")
    book, problems = load(demo)
    assert problems == ["fire/lodging.yaml:35:17 HR112.end"]
    assert book is not None
    assert book.packs["fire.lodging"].rules[1].when is None


def test_one_run_reports_the_problems_of_all_files(demo: Path) -> None:
    """Nothing hides behind the first mistake."""
    change(demo, "fire/lodging.yaml", "level: general", "level: grave")
    change(demo, "fire/points.yaml", "demerit: 6", "demerits: 6")
    change(demo, "subjects/premises.yaml", "unit: m²", "unit: qm")
    write(demo, {"law/bad.yaml": "instrument: [", "actions2.yaml": "", "x.yaml": "- 1\n"})
    problems = load(demo)[1]
    assert {problem.split(":")[0] for problem in problems} == {
        *("fire/lodging.yaml", "fire/points.yaml", "subjects/premises.yaml"),
        *("law/bad.yaml", "actions2.yaml", "x.yaml"),
    }


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"fire/law.yaml": LOCAL_LAW}, "fire/law.yaml:1:1 HR117"),
        ({"fire/old.yml": "x"}, "fire/old.yml:1:1 HR117.yml"),
        ({"tables/t.csv": "a,b"}, "tables/t.csv:1:1 HR117.csv"),
    ],
)
def test_a_misplaced_file_is_a_warning(demo: Path, files: dict[str, str], problem: str) -> None:
    """A file in the wrong folder is read as what it is."""
    book, problems = load(write(demo, files))
    assert problems == [problem]
    assert book is not None
    assert ("xx-n-local-2022" in book.instruments) == ("fire/law.yaml" in files)


@pytest.mark.parametrize("written", ["none.csv", "../../outside.csv", "/etc/passwd", "../rulebook.yaml"])
def test_a_data_table_reads_no_file_outside_the_list(demo: Path, written: str) -> None:
    """Only a file that the rulebook's folder holds can be named."""
    (demo.parent / "outside.csv").write_text("substance,quantity\nx,1\n", "utf-8")
    table = (
        f"table: t\nlaw: xx-lodging-2020\nclause: '8'\nfile: {written}\nkey: {{substance: text}}\nvalue: {{quantity: number}}\n"
    )
    book, problems = load(write(demo, {"tables/t.yaml": table}))
    assert problems == ["tables/t.yaml:4:7 HR116.file"]
    assert book is not None
    assert book.tables["t"].rows == {}


@pytest.mark.parametrize(
    ("csv", "problem"),
    [
        ("substance\nx\n", "tables/t.csv:1:1 HR116.columns"),
        ("substance,quantity\nx\n", "tables/t.csv:2:1 HR116.width"),
        ("substance,quantity\nx,1\nx,2\n", "tables/t.csv:3:1 HR116.twice"),
        ("substance,quantity\nx,1 m²\n", "tables/t.csv:2:1 HR204.value"),
        ('substance,quantity\n"x"y,1\n', "tables/t.csv:2:1 HR116.unreadable"),
        ("substance,quantity\n" + "x" * 200_000 + ",1\n", "tables/t.csv:2:1 HR116.unreadable"),
        ("", "tables/t.csv:1:1 HR116.columns"),
    ],
)
def test_a_csv_that_does_not_fit_is_a_diagnostic(demo: Path, csv: str, problem: str) -> None:
    """The line is named."""
    table = "table: t\nlaw: xx-lodging-2020\nclause: '8'\nfile: t.csv\nkey: {substance: text}\nvalue: {quantity: {type: number, unit: t}}\n"
    assert problem in load(write(demo, {"tables/t.yaml": table, "tables/t.csv": csv}))[1]


def test_links_that_leave_the_folder_are_not_followed(demo: Path) -> None:
    """Neither a file outside nor a folder that could run in circles; a link within the folder is a file."""
    (demo.parent / "secret.yaml").write_text("pack: secret\n", "utf-8")
    (demo / "fire" / "out.yaml").symlink_to(demo.parent / "secret.yaml")
    (demo / "circle").symlink_to(demo)
    (demo / "dangling.yaml").symlink_to(demo / "nothing")
    assert load(demo)[1] == [
        "circle:1:1 HR101.symlink",
        "dangling.yaml:1:1 HR101.symlink",
        "fire/out.yaml:1:1 HR101.symlink",
    ]
    (demo / "linked.yaml").symlink_to(demo / "fire" / "points.yaml")
    assert "linked.yaml:2:7 HR202" in load(demo)[1]


def test_a_folder_with_too_many_files_is_cut_short(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hostile folders cost bounded time."""
    monkeypatch.setattr(folder_module, "MAX_FILES", 5)
    assert ".:1:1 HR105.files" in load(demo)[1]


def test_a_folder_without_a_usable_rulebook_file_gives_nothing(tmp_path: Path) -> None:
    """No folder, no file, an empty file, no jurisdiction: each is said."""
    assert load(tmp_path / "nowhere") == (None, ["nowhere:1:1 HR101.no_folder"])
    empty = tmp_path / "book"
    empty.mkdir()
    assert load(empty) == (None, ["rulebook.yaml:1:1 HR101.no_rulebook"])
    assert load(write(empty, {"rulebook.yaml": "# nothing\n"})) == (None, ["rulebook.yaml:1:1 HR110"])
    assert load(write(empty, {"rulebook.yaml": "- a\n"})) == (None, ["rulebook.yaml:1:1 HR106.mapping_not_list"])
    text = documented_files()["rulebook.yaml"]
    assert (
        load(
            write(
                empty,
                {
                    "rulebook.yaml": text.replace("XX:", "XX: {within: XX-N,").replace(
                        "XX: {within: XX-N, {", "XX: {within: XX-N, "
                    )
                },
            )
        )[0]
        is None
    )


# whatever the files hold

SCRAPS = (
    *(": ", "- ", "\n", "  ", "{", "}", "[", "]", "'", '"', "#", "|", "&a", "*a", "!!x", "null", "~", "else", "以上", "\t", "%"),
    *("1e999", "=", "(", ")", "clause: ", "when:\n", "all: []", "at_least: {count: 2, of: []}", "\x00", "? ", "<<: a", ";"),
    *("text: unread", "level: x.y", "- fine: {a: b}", "- fine: 3; x", "table: |\n a|b\n c|d", "unless: []", "2021-13-40"),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_text_makes_the_loader_fail(tmp_path: Path, data: st.DataObject) -> None:
    """Files that people and programs have spoiled end in diagnostics, never in an exception."""
    files = documented_files()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        text = files[name]
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 12))
        files[name] = text[:at] + data.draw(st.sampled_from(SCRAPS)) + text[at + cut :]
    folder = tmp_path / "spoiled"
    shutil.rmtree(folder, ignore_errors=True)
    load(write(folder, files))


def test_a_label_never_ends_within_a_name_and_never_begins_with_an_operator_word() -> None:
    """`not checked_before_trip` says not, whatever labels there are; a label of several words still wins as a whole."""
    from hazardrules.syntax.lexer import Vocabulary, tokenize

    vocabulary = Vocabulary(["not checked", "checked by", "fire class", "检查", "非法"])
    tokens = tokenize("not checked_before_trip and fire class == a or 非法", vocabulary)
    assert isinstance(tokens, list)
    assert [token.text for token in tokens] == ["not", "checked_before_trip", "and", "fire class", "==", "a", "or", "非法"]
    assert [token.text for token in tokenize("not checked", vocabulary) or []] == ["not", "checked"]


def test_a_file_that_cannot_be_read_hides_behind_no_names_it_may_declare(demo: Path) -> None:
    """One slip of indentation is one problem; how many wait for it is said beside it."""
    subject = demo / "subjects/premises.yaml"
    subject.write_text(subject.read_text("utf-8").replace("\nfacts:", "\nfacts: {", 1), "utf-8")
    (found,) = hazardrules.check(demo)
    assert (str(found.code), found.span.file) == ("HR102", "subjects/premises.yaml")
    assert re.search(r"; \d+ problems elsewhere, of names that this file may declare, are told once it can be read$", found.hint("en") or "")


@pytest.mark.parametrize("text", ['""', '{zh: "", en: text}', "{}"])
def test_a_text_for_people_says_something(demo: Path, text: str) -> None:
    """An empty one is not dropped without a word."""
    pack = demo / "fire/lodging.yaml"
    pack.write_text(re.sub(r"(?m)^(    text: )\{.*\}$", lambda found: found[1] + text, pack.read_text("utf-8"), count=1), "utf-8")
    assert [(str(found.code), found.args["what"]) for found in hazardrules.check(demo)] == [("HR110", "text")]
