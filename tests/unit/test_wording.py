"""Every message has words in both languages, with the same blanks, and no words are left without a message."""

from __future__ import annotations

import ast
import re
from functools import cache
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
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "wording" not in path.relative_to(PACKAGE).parts)
SHAPES = ("mapping", "list", "text")
# variants that are computed: the expression in the source -> what it can be
COMPUTED = {
    "f'{expected}_not_{shape}'": [f"{a}_not_{b}" for a in SHAPES for b in SHAPES if a != b],
    "variant": ["nodes", "depth"],
    "error.variant": ["character", "string", "number", "equals"],
    "known": ["indent", "bracket", "colon", "no_colon", "quote"],
    "_FORM[pattern.pattern]": ["identifier", "dotted", "option", "hyphenated"],
    "'value_column' if text == 'value' else 'rule_column'": ["value_column", "rule_column"],
    "'mapping_not_list' if isinstance(root, Mapping) else 'text_not_list'": ["mapping_not_list", "text_not_list"],
    "'list_not_mapping' if isinstance(node, Sequence) else 'text_not_mapping'": ["list_not_mapping", "text_not_mapping"],
}
NOT_BLANKS = ("variant", "hints", "related", "edits")
SPEAKERS = ("say", "Refused", "Problem", "Related")
KEY = re.compile(r"[a-zA-Z0-9]+(?:\.[a-z_0-9]+)+")


@cache
def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the name of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id), node


def reported(path: Path) -> Iterator[tuple[str, set[str]]]:
    """The key and the arguments of every diagnostic that a file can report."""
    for name, call in calls(path):
        names = {word.arg for word in call.keywords if word.arg not in NOT_BLANKS and word.arg is not None}
        if name == "_fault":
            yield from ((f"HR115.{variant}", names) for variant in variants_of(call.args[1]))
        elif name == "report" and call.args and isinstance(call.args[0], ast.Constant):
            if any(word.arg is None for word in call.keywords):
                continue  # hands on what `_fault` was given
            variant = next((word.value for word in call.keywords if word.arg == "variant"), None)
            number = call.args[0].value
            if variant is None:
                yield f"HR{number}", names
            else:
                yield from ((f"HR{number}.{found}", names) for found in variants_of(variant))


def variants_of(node: ast.expr) -> list[str]:
    """What the variant of a message can be."""
    return [node.value] if isinstance(node, ast.Constant) else COMPUTED[ast.unparse(node)]


def spoken_directly(path: Path) -> Iterator[tuple[str, set[str] | None]]:
    """Keys that stand in a call or beside their arguments, with the names of these; None where they are computed."""
    for name, call in calls(path):
        keys = [arg for arg in call.args if isinstance(arg, ast.Constant) and KEY.fullmatch(str(arg.value))]
        if not keys or (name not in SPEAKERS and not is_problem(name, call)):
            continue
        found: set[str] | None = {
            word.arg for word in call.keywords if word.arg is not None and word.arg not in ("hints", "place")
        }
        if any(word.arg is None for word in call.keywords):
            found = None
        for arg in call.args[call.args.index(keys[0]) + 1 :]:
            if isinstance(arg, ast.Dict):
                found = joined(found, names_of(arg))
            elif not isinstance(arg, ast.List | ast.Tuple) and name != "add":
                found = None
        yield str(keys[0].value), found
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            key, args = node.elts
            if isinstance(key, ast.Constant) and KEY.fullmatch(str(key.value)) and isinstance(args, ast.Dict):
                yield str(key.value), names_of(args)


def is_problem(name: str, call: ast.Call) -> bool:
    """Whether a call adds a problem of submitted facts: `add(path, "intake.…")`."""
    return name == "add" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)


def names_of(node: ast.Dict) -> set[str] | None:
    """The keys of a dictionary that is written out."""
    if not all(isinstance(key, ast.Constant) for key in node.keys):
        return None
    return {str(key.value) for key in node.keys if isinstance(key, ast.Constant)}


def joined(first: set[str] | None, second: set[str] | None) -> set[str] | None:
    """Both, unless one of them is not known."""
    return None if first is None or second is None else first | second


def blanks(phrase: str) -> set[str]:
    """The names of the blanks of a phrase."""
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def spoken(lang: str, key: str) -> str:
    """The phrase of a key as it is stored."""
    found = [phrases(lang, section)[key] for section in SECTIONS if key in phrases(lang, section)]
    assert found, f"{key} has no words in {lang}"
    return found[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_message_of_a_file_has_words_whose_blanks_it_fills(path: Path) -> None:
    """Each key is worded, and no phrase has a blank that its speaker does not fill."""
    for key, names in [*reported(path), *spoken_directly(path)]:
        for lang in LANGUAGES:
            assert names is None or blanks(spoken(lang, key)) <= names, (key, lang)
            assert spoken(lang, key)


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


def test_no_key_is_worded_in_two_sections() -> None:
    """The second would never be said."""
    keys = [key for section in SECTIONS for key in phrases("en", section)]
    assert len(keys) == len(set(keys))


def test_no_words_are_left_without_a_message() -> None:
    """Every key is reported, said, or built from a form and a word of the library."""
    sources = [*FILES, PACKAGE / "wording" / "__init__.py"]
    constants = {str(node.value) for path in sources for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
    forms = [form for path in sources for form in built(path)]
    used = {key for path in FILES for key, _ in reported(path)} | constants
    used |= {f"{code}.summary" for code in CODES.values()}

    def is_built(key: str) -> bool:
        return any(
            found and all(word in constants for word in found.groups()) for found in (form.fullmatch(key) for form in forms)
        )

    assert [key for section in SECTIONS for key in phrases("en", section) if key not in used and not is_built(key)] == []


def built(path: Path) -> Iterator[re.Pattern[str]]:
    """The forms of keys that are put together: `f"note.{kind}"` is `note.(…)`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"([\w ]+)" for part in node.values]
            if re.match(r"[a-zA-Z0-9]+\\\.", parts[0]):
                yield re.compile("".join(parts))


@pytest.mark.parametrize("section", ["reading", "meaning", "lint", "intake"])
def test_messages_in_english_begin_small_and_end_without_a_period(section: str) -> None:
    """One line, lower case, no final period."""
    for key, phrase in phrases("en", section).items():
        assert "\n" not in phrase, key
        assert not phrase.endswith("."), key
        assert not phrase[0].isupper() or phrase.startswith("YAML"), key


@pytest.mark.parametrize("section", ["reading", "meaning", "lint", "intake"])
def test_messages_in_chinese_use_chinese_punctuation(section: str) -> None:
    """No comma or colon of the other script stands between Chinese characters."""
    for key, phrase in phrases("zh", section).items():
        assert not re.search(r"[\u4e00-\u9fff][,:;?!](?:$|[\s\u4e00-\u9fff])", re.sub(r"`[^`]*`", "", phrase)), key


def test_a_kind_of_thing_is_named_in_the_language_and_a_key_stays_what_was_written() -> None:
    """Policy officers read nouns, and the keys of their own files."""
    assert say("en", "HR108", {"what": "rule", "key": "clause"}) == "a rule needs the key `clause`"
    assert say("zh", "HR108", {"what": "rule", "key": "clause"}) == "规则缺少 `clause`"
    assert say("en", "HR110", {"what": "values"}) == "`values` is empty"


def test_a_type_is_named_in_the_language() -> None:
    """No `bool` and no `str` in a message."""
    assert say("en", "HR203", {"given_type": "bool", "wanted_type": "number:m²"}) == (
        "this is something true or false, but a number in m² is wanted here"
    )
    assert say("zh", "HR203", {"given_type": "bool", "wanted_type": "number:m²"}) == "此处是真假值，需要的是以 m² 计的数值"
