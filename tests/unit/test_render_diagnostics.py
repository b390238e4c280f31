"""Diagnostics as people, editors, programs and pull requests see them."""

from __future__ import annotations

import json

from hazardrules.diagnostics import Collector, Related
from hazardrules.render.diagnostics import display_width, render_diagnostics
from hazardrules.source import Span

TEXT = "rules:\n  - when: 瓦斯浓度 > 1 % 且 瓦斯比 > 2\n    level: majr\n"


def found(span: Span, number: int = 209, **args: object) -> Collector:
    """A collector with one problem."""
    collector = Collector()
    collector.report(number, span, hints=[("hint.did_you_mean", {"names": "`fine`"})], **{"name": "finee", **args})  # type: ignore[arg-type]
    return collector


def test_the_caret_stands_under_the_words_it_points_at() -> None:
    """The form is that of the style guide, with file, line and column."""
    collector = found(Span("gas.yaml", 3, 12, 3, 16))
    assert render_diagnostics(collector.diagnostics, {"gas.yaml": TEXT}, "text", "en", prefix="rules/") == (
        "error[HR209]: the catalogue has no action `finee`\n"
        " --> rules/gas.yaml:3:12\n"
        "  |\n"
        "3 |     level: majr\n"
        "  |            ^^^^\n"
        "  |\n"
        "  = help: did you mean `fine`?"
    )


def test_the_caret_also_stands_right_under_chinese_words() -> None:
    """A Chinese character takes two columns, before the place and in it."""
    start = TEXT.split("\n")[1].index("瓦斯比")
    lines = render_diagnostics(
        found(Span("gas.yaml", 2, start + 1, 2, start + 4)).diagnostics, {"gas.yaml": TEXT}, "text", "zh"
    ).split("\n")
    shown, caret = lines[3], lines[4]
    assert display_width(shown[: shown.index("瓦斯比")]) == caret.index("^")
    assert caret.count("^") == 6
    assert lines[0] == "错误[HR209]: 措施目录中没有 `finee`"
    assert lines[-1] == "  = 提示: 是否应为 `fine`？"


def test_a_second_place_is_shown_with_its_words() -> None:
    """Every party of a problem is visible."""
    collector = Collector()
    related = [Related(Span("gas.yaml", 1, 1, 1, 6), "related.first_declared")]
    collector.report(202, Span("gas.yaml", 12, 1, 12, 3), name="x", related=related)
    shown = render_diagnostics(collector.diagnostics, {"gas.yaml": TEXT}, "text", "en")
    assert "  ::: gas.yaml:1:1\n   |\n 1 | rules:\n   | ----- first declared here" in shown
    assert " --> gas.yaml:12:1\n" in shown, "a line that the file does not have is left out"


def test_several_lines_are_pointed_at_by_their_first() -> None:
    """The caret runs to the end of the line."""
    collector = found(Span("gas.yaml", 2, 5, 3, 16))
    shown = render_diagnostics(collector.diagnostics, {"gas.yaml": TEXT}, "text", "en").split("\n")
    assert display_width(shown[3]) == display_width(shown[4])


def test_a_very_long_line_is_cut_around_the_place() -> None:
    """A terminal stays readable and the place stays visible."""
    text = "a" * 5000 + "HERE" + "b" * 5000
    shown = render_diagnostics(found(Span("x", 1, 5001, 1, 5005)).diagnostics, {"x": text}, "text", "en").split("\n")
    line, caret = shown[3], shown[4]
    assert line[caret.index("^") : caret.rindex("^") + 1] == "HERE"
    assert display_width(line) < 200


def test_characters_that_steer_a_terminal_are_not_passed_on() -> None:
    """An escape in a rule file or in its words cannot recolour the report."""
    collector = found(Span("x\x1b[2J", 1, 1, 1, 2), name="a\x1b[31m\nb")
    for form in ("text", "short"):
        shown = render_diagnostics(collector.diagnostics, {"x\x1b[2J": "\x1b[2Jhidden"}, form, "en")  # type: ignore[arg-type]
        assert "\x1b" not in shown
    assert "\x1b[" in render_diagnostics(collector.diagnostics, {}, "text", "en", colour=True)


def test_short_is_one_line_for_editors() -> None:
    """`file:line:column: code message`."""
    shown = render_diagnostics(found(Span("gas.yaml", 3, 12, 3, 16)).diagnostics, {}, "short", "en", prefix="rules/")
    assert shown == "rules/gas.yaml:3:12: HR209 the catalogue has no action `finee`"


def test_json_carries_everything_a_program_needs() -> None:
    """Code, severity, place, message, hint."""
    shown = json.loads(render_diagnostics(found(Span("gas.yaml", 3, 12, 3, 16)).diagnostics, {}, "json", "zh"))
    (problem,) = shown["diagnostics"]
    assert (problem["code"], problem["slug"], problem["severity"]) == ("HR209", "unknown-action", "error")
    assert (problem["file"], problem["line"], problem["column"], problem["end_column"]) == ("gas.yaml", 3, 12, 16)
    assert problem["message"] == "措施目录中没有 `finee`"
    assert problem["hint"] == "是否应为 `fine`？"
    assert json.loads(render_diagnostics([], {}, "json", "zh")) == {"diagnostics": []}


def test_github_annotations_escape_what_would_end_them() -> None:
    """Colons, commas and percent signs of the author stay words."""
    collector = found(Span("a,b:c.yaml", 3, 12, 3, 16), name="50%")
    shown = render_diagnostics(collector.diagnostics, {}, "github", "en")
    assert shown.startswith("::error file=a%2Cb%3Ac.yaml,line=3,col=12,endLine=3,endColumn=15,title=HR209 ")
    assert shown.endswith("::the catalogue has no action `50%25`%0Adid you mean `fine`?")


def test_nothing_found_renders_as_nothing() -> None:
    """Silence means a sound rulebook."""
    assert [render_diagnostics([], {}, form, "en") for form in ("text", "short", "github")] == ["", "", ""]
