"""`hazardrules fmt`: the usual spelling and layout, the author's words, comments and line breaks."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from textwrap import dedent

import pytest
from work import at_most

from hazardrules.syntax.print_expressions import Labels, spaced, spaced_value
from hazardrules.syntax.print_tables import display_width
from hazardrules.syntax.printer import format_paths, format_text

LABELS = Labels(["fire resistance class", "储存量 (吨)", "floor-area"])


def formatted(text: str) -> str:
    """A text after formatting, which formatting again leaves as it is."""
    written, problems = format_text(dedent(text), "x.yaml")
    assert problems == []
    assert format_text(written, "x.yaml") == (written, [])
    return written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a>3", "a > 3"),
        ("a>=300m²and b", "a >= 300 m² and b"),
        ("30%<=r<50%", "30 % <= r < 50 %"),
        ("a≥3 and b≤4 and c≠d", "a >= 3 and b <= 4 and c != d"),
        ("a＞3 and b＜4 and c＝d", "a > 3 and b < 4 and c == d"),
        ("a×b÷2−1", "a * b / 2 - 1"),
        ("建筑面积>３００．５平方米", "建筑面积 > 300.5 平方米"),
        ("（ a or b ）and c", "(a or b) and c"),
        ("（甲 或 乙） 且 丙", "(甲 或 乙) 且 丙"),
        ("用途  包含   住宿", "用途 包含 住宿"),
        ("x in{a,b ,c}", "x in {a, b, c}"),
        ("x in {1、2，3}", "x in {1, 2, 3}"),
        ("min (a,b)", "min(a, b)"),
        ("not(a)", "not (a)"),
        ("a-b", "a - b"),
        ("( - a )*-2", "(-a) * -2"),
        ("a - -b", "a - -b"),
        ("5000 .. 50000CNY", "5000..50000 CNY"),
        ("..5000CNY", "..5000 CNY"),
        ("last-1year", "last - 1 year"),
        ("d+5working   days", "d + 5 working days"),
        ("d + 3个月", "d + 3 个月"),
        ("[ 1 ,10)", "[1, 10)"),
        (
            "any(c.capacity>15kg for c in cylinders where c.contents==lpg)",
            "any(c.capacity > 15 kg for c in cylinders where c.contents == lpg)",
        ),
        ("500CNY*floor(m/1000kg)", "500 CNY * floor(m / 1000 kg)"),
        ("100mg/100 mL<x", "100 mg/100 mL < x"),
        ("a  >\n      3", "a >\n      3"),
        ("fire resistance class>=3", "fire resistance class >= 3"),
        ("储存量 (吨)>3 and floor-area>2", "储存量 (吨) > 3 and floor-area > 2"),
    ],
)
def test_expressions_get_the_usual_blanks_and_signs(before: str, after: str) -> None:
    """Operators have blanks around them, numbers stand apart from units, signs are ASCII."""
    assert spaced(before, LABELS) == after
    assert spaced(after, LABELS) == after


@pytest.mark.parametrize(
    "text",
    [
        "甲且乙",
        "x in {甲、乙类, 丙}",
        "储存量（吨） > 3",
        "氧气(O2) > 3",
        "人/平方米 > 2",
        "行驶速度-限速 > 3",
        "甲且(乙 or 丙)",
        "「a>b」 > 3",
        'name == "a>b"',
        "建筑面积 超过 300",
        "a = 3",
        "a>3 \\",
        "甲 且 非 乙",
        "甲且300 km/h > 乙且1,000m",
        "面积 > 300 平方米",
    ],
)
def test_what_may_be_a_label_and_what_is_no_expression_stay(text: str) -> None:
    """No blank goes into a run of Chinese characters, and Chinese words stay Chinese."""
    assert spaced(text, LABELS) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5000..50000CNY", "5000..50000 CNY"),
        ("15days", "15 days"),
        ("min(30000CNY,500CNY*n)", "min(30000 CNY, 500 CNY * n)"),
        ("3-5", "3-5"),
        ("form A/3-2", "form A/3-2"),
        ("P15D", "P15D"),
        ("依照第3-5条处理,3 days", "依照第3-5条处理,3 days"),
    ],
)
def test_values_of_parameters_are_touched_only_where_they_are_computed(before: str, after: str) -> None:
    """A parameter may also be plain text, which one file alone cannot tell."""
    assert spaced_value(before, LABELS) == after


def test_a_pack_is_formatted_where_it_holds_expressions_and_nowhere_else() -> None:
    """Texts, names, clauses and comments stay as they are."""
    assert formatted("""\
        # a>b stays
        pack: p
        label: {zh: 甲>乙, en: a>b}   # kept  as   it is
        applies: a>1
        parameters:
          limit:
            - {from: 2020-01-01, value: 20kg, clause: "3"}
        derived:
          d:
            is: a+b
        rules:
          - id: r
            text: {zh: 大于3（含）, en: a>=3}
            when:
              all:
                - a≥3
                - none: ["x>1", y]
                - at_least:
                    count: n+1
                    of:
                      - '{a,b} intersects {c}'
                      - "c>1"
            unless:
              clause: 4>5
              is: a<=300m² and b
            actions:
              - rectify: {within: 15days, clause: 4(1)}
              - fine: 200 ..500CNY
              - note: a>b
        not_encoded:
          - {clause: "9", why: {zh: a>b, en: a>b}}
        """) == dedent("""\
        # a>b stays
        pack: p
        label: {zh: 甲>乙, en: a>b}   # kept  as   it is
        applies: a > 1
        parameters:
          limit:
            - {from: 2020-01-01, value: 20 kg, clause: "3"}
        derived:
          d:
            is: a + b
        rules:
          - id: r
            text: {zh: 大于3（含）, en: a>=3}
            when:
              all:
                - a >= 3
                - none: ["x > 1", y]
                - at_least:
                    count: n + 1
                    of:
                      - '{a, b} intersects {c}'
                      - "c > 1"
            unless:
              clause: 4>5
              is: a <= 300 m² and b
            actions:
              - rectify: {within: 15 days, clause: 4(1)}
              - fine: 200..500 CNY
              - note: a>b
        not_encoded:
          - {clause: "9", why: {zh: a>b, en: a>b}}
        """)


@pytest.mark.parametrize("expression", ["≥ 3", "a，b", "x 属于 {a，b}"])
def test_a_plain_text_that_yaml_would_then_misread_stays(expression: str) -> None:
    """`≥ 3` may begin a line of YAML, `>= 3` may not; a comma would cut a flow group."""
    text = f"pack: p\nrules:\n  - {{id: r, when: {expression}}}\n"
    written, problems = format_text(text, "x.yaml")
    assert written == text or problems


def test_line_breaks_of_an_expression_stay() -> None:
    """Whether it is plain, quoted or a block text."""
    assert formatted("""\
        pack: p
        rules:
          - id: r
            when: a>1
              and b>2
            unless:
              is: >-
                a>1

                and b>2
          - id: s
            when: 'a>1
              and b>2'
        """) == dedent("""\
        pack: p
        rules:
          - id: r
            when: a > 1
              and b > 2
            unless:
              is: >-
                a > 1

                and b > 2
          - id: s
            when: 'a > 1
              and b > 2'
        """)


def test_tables_are_aligned_by_display_width() -> None:
    """A Chinese character takes two columns; outputs are only aligned."""
    assert formatted("""\
        pack: p
        rules:
          - id: r
            table: |
               clause|用途|a+b  |level|actions|text
               ---|---|---|---|---|---
               4(1)|住宿|[1,10]|major|demerit:3；fine: 200..500CNY|a>b

               -|else|-|-|-|-
               5 | 储存 | >=3 | too | many | cells | here
        """) == dedent("""\
        pack: p
        rules:
          - id: r
            table: |
              clause | 用途 | a + b   | level | actions                        | text
              ------ | ---- | ------- | ----- | ------------------------------ | ----
              4(1)   | 住宿 | [1, 10] | major | demerit: 3; fine: 200..500 CNY | a>b

              -      | else | -       | -     | -                              | -
              5 | 储存 | >=3 | too | many | cells | here
        """)


def test_tables_with_outer_pipes_keep_them() -> None:
    """The author's form of a table stays."""
    assert formatted("""\
        pack: p
        derived:
          d:
            table: |
              |a|value|
              |:---|---|
              |>3kg|1|
              |else|20|
        """) == dedent("""\
        pack: p
        derived:
          d:
            table: |
              | a      | value |
              |:---|---|
              | > 3 kg | 1     |
              | else   | 20    |
        """)


def test_rows_of_cases_are_aligned_but_not_respelled() -> None:
    """Cells of cases are facts as they are submitted."""
    assert formatted("""\
        - name: a>b
          rows: |
            as_of | 面积 | holds
            2021-12-02 | 300m² | r,s
        """) == dedent("""\
        - name: a>b
          rows: |
            as_of      | 面积  | holds
            2021-12-02 | 300m² | r,s
        """)


def test_blocks_are_indented_by_two_and_lists_under_their_key() -> None:
    """Comments, texts and groups over several lines move along."""
    assert formatted("""\
        a:
            b:
            -   c: 1
                # about d
                d:
                    - - x
                      - y
                    -
                      z: 1
            # about e
            e: |
                  one
                    two

                  three
            # after e
            f: {g: 1,
                h: [i,
                    j]}
            k:
               plain text
               over lines
        # at the end of a
        l:
        - 1
        -    'quoted
              text'
        # the end
        """) == dedent("""\
        a:
          b:
            - c: 1
              # about d
              d:
                - - x
                  - y
                -
                  z: 1
          # about e
          e: |
            one
              two

            three
          # after e
          f: {g: 1,
              h: [i,
                  j]}
          k:
            plain text
            over lines
        # at the end of a
        l:
          - 1
          - 'quoted
                text'
        # the end
        """)


def test_a_comment_after_a_block_text_never_becomes_a_part_of_it() -> None:
    """However far it is indented."""
    assert formatted("""\
        a:
            b: |
                  text
               # comment
            c: 1
        d: |
              text
          # comment
        """) == dedent("""\
        a:
          b: |
            text
          # comment
          c: 1
        d: |
          text
        # comment
        """)


def test_a_comment_below_the_last_key_of_an_item_stays_with_it() -> None:
    """It begins where the key begins, although a `-` opens the line."""
    text = "a:\n    -   b: 1\n        # about b\n    -   c: 2\n        # about c\nd: 1\n"
    assert formatted(text) == "a:\n  - b: 1\n    # about b\n  - c: 2\n    # about c\nd: 1\n"


def test_an_indentation_that_the_author_counts_stays_right() -> None:
    """`|2` keeps its number and its text."""
    assert formatted("a:\n    b: |2\n         x\n        y\n") == "a:\n  b: |2\n       x\n      y\n"


def test_explicit_keys_keep_their_layout() -> None:
    """Nobody writes them; they are not broken either."""
    assert formatted("? a\n: b   \n") == "? a\n: b\n"


def test_white_space_is_tidied() -> None:
    """No blanks at line ends, no tabs, at most two blank lines in a row, one line end at the end, no CR."""
    text = "\ufeffa: 1  \r\nb:\t2\t# c\td  \r\n\r\n \r\n  \r\n\r\nc: 'x\ty'\r\n\r\n\r\n"
    assert formatted(text) == "a: 1\nb: 2 # c d\n\n\nc: 'x\ty'\n"
    assert formatted("a: 1") == "a: 1\n"
    assert formatted("") == ""
    assert formatted("\n# words\t \n\n\n\n# more\n\n") == "\n# words\n\n\n# more\n"


def test_texts_keep_their_blanks_and_blank_lines() -> None:
    """What stands in a block text or between quotes is the author's."""
    text = 'a: |\n  x  \n\n\n\n\n    y\t\n\n\n\n\nb: "x\n\n\n\n\n  y \\\n  z"\n'
    assert formatted(text) == text.replace("\n\n\n\n\nb", "\n\n\nb")


def test_a_file_that_cannot_be_read_is_left_alone_with_the_reasons() -> None:
    """The formatter repairs nothing."""
    text = "a: 1\r\na: 2\n"
    written, problems = format_text(text, "x.yaml")
    assert written == text
    assert [str(problem.span) + " " + problem.key for problem in problems] == ["x.yaml:2:1 HR104"]


def test_display_width_counts_wide_characters_twice() -> None:
    """Marks above a character take no room."""
    assert [display_width(text) for text in ("ab", "中文", "（", "e\u0301", "m²")] == [2, 4, 2, 1, 2]


@pytest.mark.parametrize(
    "text",
    [
        "a:\n" + "    k: v\n   # c\n".replace("k", "{}") * 20_000,
        "a:\n" + "    # c\n" * 200_000 + "  b: 1\n",
        "pack: p\nderived:\n  d:\n    table: |\n" + "      a | b\n" * 9_000,
        "pack: p\napplies: " + "a>1 and " * 10_000 + "b\n",
        "pack: p\napplies: " + "甲(乙" * 20_000 + "\n",
        "a:\n" + "  - '\n\n\n  '\n" * 20_000,
    ],
    ids=["keys and comments", "comments", "a table", "an expression", "brackets", "quoted lines"],
)
def test_long_files_are_formatted_with_work_in_proportion(text: str) -> None:
    """Nothing is searched again for every line."""
    numbers = iter(range(1_000_000))
    text = re.sub(r"\{\}", lambda _: f"k{next(numbers)}", text)
    with at_most(60_000_000):
        format_text(text, "x.yaml")


def folder(root: Path) -> Path:
    """A folder with a file to change, one to leave, one that cannot be read, cases and other things."""
    (root / "fire").mkdir()
    (root / "rulebook.yaml").write_text("rulebook: demo\n")
    (root / "subjects.yaml").write_text("facts:\n  x: {label: {zh: 甲, en: a>b}}\n", encoding="utf-8")
    (root / "fire" / "p.yaml").write_text("pack: p\nrules:\n  - {id: r, when: c>1 and a>b}\n")
    (root / "fire" / "p.cases.yaml").write_bytes(b"- name: x\r\n")
    (root / "fire" / "bad.yaml").write_text("a: [\n")
    (root / "fire" / "t.csv").write_text("a,b  \n")
    (root / ".hidden.yaml").write_text("a:   \n")
    return root


def test_a_folder_is_formatted_file_by_file(tmp_path: Path) -> None:
    """Files of cases too; labels of the whole rulebook are respected; what cannot be read is told and left."""
    root = folder(tmp_path)
    (root / "fire" / "p.yaml").chmod(0o640)
    checked = format_paths([root], check=True)
    assert (root / "fire" / "p.cases.yaml").read_bytes() == b"- name: x\r\n"
    report = format_paths([root, root / "fire" / "p.yaml"], check=False)
    assert report == checked
    assert report.changed == (root / "fire" / "p.cases.yaml", root / "fire" / "p.yaml")
    assert report.unchanged == (root / "rulebook.yaml", root / "subjects.yaml")
    assert report.failed == (root / "fire" / "bad.yaml",)
    assert [problem.span.file for problem in report.diagnostics] == ["fire/bad.yaml"]
    assert (root / "fire" / "p.yaml").read_text() == "pack: p\nrules:\n  - {id: r, when: c > 1 and a>b}\n"
    assert (root / "fire" / "p.cases.yaml").read_bytes() == b"- name: x\n"
    assert stat.S_IMODE((root / "fire" / "p.yaml").stat().st_mode) == 0o640
    assert (root / ".hidden.yaml").read_text() == "a:   \n"
    assert sorted(os.listdir(root / "fire")) == ["bad.yaml", "p.cases.yaml", "p.yaml", "t.csv"]  # noqa: PTH208 - names only
    assert format_paths([root], check=False).changed == ()


def test_a_single_file_gets_the_labels_of_its_rulebook(tmp_path: Path) -> None:
    """It is formatted as it would be with its whole folder."""
    path = folder(tmp_path) / "fire" / "p.yaml"
    assert format_paths([path], check=False).changed == (path,)
    assert path.read_text() == "pack: p\nrules:\n  - {id: r, when: c > 1 and a>b}\n"


def test_paths_that_are_no_files_fail_with_a_diagnostic(tmp_path: Path) -> None:
    """A missing file, a file that is no UTF-8."""
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    report = format_paths([tmp_path / "none.yaml", tmp_path / "latin.yaml"], check=False)
    assert report.failed == (tmp_path / "none.yaml", tmp_path / "latin.yaml")
    assert sorted(problem.key for problem in report.diagnostics) == ["HR101", "HR101.encoding"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    """The file it names is rewritten, once."""
    (tmp_path / "a.yaml").write_text("a: 1  \n")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "a.yaml")
    assert format_paths([tmp_path / "b.yaml", tmp_path], check=False).changed == (tmp_path / "b.yaml",)
    assert (tmp_path / "b.yaml").is_symlink()
    assert (tmp_path / "a.yaml").read_text() == "a: 1\n"


def test_a_file_that_cannot_be_replaced_is_told_and_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half-written file, no temporary file is left."""
    path = tmp_path / "a.yaml"
    path.write_text("a: 1  \n")

    def refuse(*_args: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    report = format_paths([path], check=False)
    assert report.failed == (path,)
    assert [problem.key for problem in report.diagnostics] == ["HR101"]
    assert path.read_text() == "a: 1  \n"
    assert list(tmp_path.iterdir()) == [path]
