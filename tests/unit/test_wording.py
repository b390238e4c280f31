"""Every message has words in both languages, with the same blanks."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import hazardrules
from hazardrules.diagnostics import CODES
from hazardrules.wording import LANGUAGES, SECTIONS, phrases, say

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(next(iter(hazardrules.__path__)))
SHAPES = ("mapping", "list", "text")
# variants that are computed: the expression in the source -> what it can be
COMPUTED = {
    "f\"{expected}_not_{shape.rsplit('.', 1)[1]}\"": [f"{a}_not_{b}" for a in SHAPES for b in SHAPES if a != b],
    "variant": ["nodes", "depth"],
    "error.variant": ["character", "string", "number", "equals"],
    "_FORM[pattern.pattern]": ["identifier", "dotted", "option", "hyphenated"],
    "'value_column' if text == 'value' else 'rule_column'": ["value_column", "rule_column"],
}
NOT_BLANKS = ("variant", "hints", "related")
KEY = re.compile(r"(?:hint|related|shape|label)\.[a-z_]+|HR\d{3}\.hint\w*")


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call of a method in a file."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def reported(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The key and the arguments of every diagnostic that a file of the reader can report."""
    for call in calls(path):
        assert isinstance(call.func, ast.Attribute)
        names = {word.arg for word in call.keywords if word.arg not in NOT_BLANKS and word.arg is not None}
        if call.func.attr == "_fault":
            yield from ((f"HR115.{variant}", names) for variant in variants_of(call.args[1]))
        elif call.func.attr == "report" and not any(word.arg is None for word in call.keywords):
            number = ast.literal_eval(call.args[0])
            variant = next((word.value for word in call.keywords if word.arg == "variant"), None)
            if variant is None:
                yield f"HR{number}", names
            else:
                yield from ((f"HR{number}.{name}", names) for name in variants_of(variant))


def variants_of(node: ast.expr) -> list[str]:
    """What the variant of a message can be."""
    return [node.value] if isinstance(node, ast.Constant) else COMPUTED[ast.unparse(node)]


def blanks(phrase: str) -> set[str]:
    """The names of the blanks of a phrase."""
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def spoken(lang: str, key: str) -> str:
    """The phrase of a key as it is stored."""
    found = [phrases(lang, section)[key] for section in SECTIONS if key in phrases(lang, section)]
    assert found, f"{key} has no words in {lang}"
    return found[0]


@pytest.mark.parametrize("path", sorted((PACKAGE / "syntax").glob("*.py")), ids=lambda path: path.name)
def test_every_problem_that_the_reader_reports_has_words_in_both_languages(path: Path) -> None:
    """Each key is worded, and no phrase has a blank that the report does not fill."""
    for key, names in reported(path):
        for lang in LANGUAGES:
            assert blanks(spoken(lang, key)) <= names, (key, lang)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_every_hint_and_every_related_place_has_words_in_both_languages(path: Path) -> None:
    """A key that stands in the source as a text is worded."""
    constants = (node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant))
    for value in constants:
        if isinstance(value, str) and KEY.fullmatch(value) and path.parent.name in ("syntax", "render", "hazardrules"):
            for lang in LANGUAGES:
                spoken(lang, value)


@pytest.mark.parametrize("code", CODES.values(), ids=str)
def test_every_code_has_a_summary_in_both_languages(code: object) -> None:
    """The table of codes can be printed for people."""
    for lang in LANGUAGES:
        assert say(lang, f"{code}.summary")


@pytest.mark.parametrize("section", SECTIONS)
def test_both_languages_have_the_same_keys_with_the_same_blanks(section: str) -> None:
    """A message does not lose a name in translation."""
    chinese, english = phrases("zh", section), phrases("en", section)
    assert set(chinese) == set(english)
    for key in chinese:
        assert blanks(chinese[key]) == blanks(english[key]), key


def test_messages_in_english_begin_small_and_end_without_a_period() -> None:
    """One line, lower case, no final period."""
    for key, phrase in phrases("en", "reading").items():
        assert "\n" not in phrase, key
        assert not phrase.endswith("."), key
        assert not phrase[0].isupper() or phrase.startswith(("YAML",)), key


def test_a_kind_of_thing_is_named_in_the_language_and_a_key_stays_what_was_written() -> None:
    """Policy officers read nouns, and the keys of their own files."""
    assert say("en", "HR108", {"what": "rule", "key": "clause"}) == "a rule needs the key `clause`"
    assert say("zh", "HR108", {"what": "rule", "key": "clause"}) == "规则缺少 `clause`"
    assert say("en", "HR110", {"what": "values"}) == "`values` is empty"
