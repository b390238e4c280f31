"""Whatever a rule file or a case holds: diagnostics or problems, never a crash, and soon."""

from __future__ import annotations

import json
import re
import shutil
import time
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hazardrules.api import Rulebook, load
from hazardrules.engines.generated import Generated
from hazardrules.errors import FactsError, LookupFailedError
from hazardrules.folders import compile_folder
from hazardrules.render.diagnostics import FORMATS, render_diagnostics
from hazardrules.syntax.folder import source_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "tests" / "bad" / "base"
PAGE = ROOT / "docs" / "rule-language.md"
MAX_SECONDS = 5.0
DAY = date(2024, 6, 1)

_TITLED = re.compile(r"^## (\w+\.yaml)\n\n```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"```yaml\n(# (\S+\.yaml)\n.*?)```", re.DOTALL)

fuzz = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


def documented_files() -> dict[str, str]:
    """The small rulebook of the language page, which uses every construct."""
    text = PAGE.read_text("utf-8")
    files = dict(_TITLED.findall(text))
    files.update({name: block for block, name in _NAMED.findall(text)})
    return {name: content for name, content in files.items() if not name.endswith(".cases.yaml")}


FILES = documented_files()
WORDS = sorted({word for content in FILES.values() for word in re.findall(r"[\w.]+|[^\w\s]+", content)})

# expressions


def expressions() -> st.SearchStrategy[str]:
    """Something like an expression: words and signs of the language in any order."""
    more = [
        "c.capacity for c in cylinders",
        "total(amount)",
        "fire.lodging.no_alarm",
        "0",
        "1e9",
        "m²",
        "as_of",
        "1 year",
        "「",
        "\u3000",
        "住宿人数",
    ]
    return st.lists(st.sampled_from([*WORDS, *more]), max_size=14).map(" ".join)


def scalars() -> st.SearchStrategy[str]:
    """A scalar of a rule file."""
    return st.one_of(st.sampled_from(WORDS), expressions(), st.text(max_size=12))


# trees


def trees() -> st.SearchStrategy[Any]:
    """Any nesting of lists and groups, with keys that rule files know."""
    keys = st.one_of(st.sampled_from(WORDS), st.text(max_size=6))
    return st.recursive(
        scalars(), lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(keys, inner, max_size=6)), max_leaves=25
    )


# mutations of good files


def places(node: yaml.Node) -> Iterator[tuple[yaml.CollectionNode, int]]:
    """Every item of every collection of a file."""
    if isinstance(node, yaml.CollectionNode):
        for number, item in enumerate(node.value):
            yield node, number
            for inner in item if isinstance(item, tuple) else (item,):
                yield from places(inner)


@st.composite
def mutated_trees(draw: st.DrawFn) -> tuple[str, str]:
    """A good file of which a few nodes were deleted, doubled, exchanged or replaced."""
    name = draw(st.sampled_from(sorted(FILES)))
    root = yaml.compose(FILES[name], Loader=yaml.BaseLoader)
    other = yaml.compose(FILES[draw(st.sampled_from(sorted(FILES)))], Loader=yaml.BaseLoader)
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(root))
        if not known:
            break
        parent, number = draw(st.sampled_from(known))
        change = draw(st.sampled_from(["delete", "double", "word", "transplant", "empty"]))
        item = parent.value[number]
        if change == "delete":
            del parent.value[number]
        elif change == "double":
            parent.value.insert(number, deepcopy(item))  # a copy: a node within itself would have no end
        elif change == "empty":
            parent.value[number] = replaced(item, yaml.MappingNode("tag:yaml.org,2002:map", []))
        elif change == "word":
            parent.value[number] = replaced(item, yaml.ScalarNode("tag:yaml.org,2002:str", draw(scalars()), style="'"))
        else:
            source, at = draw(st.sampled_from(list(places(other))))
            given_item = deepcopy(source.value[at])
            parent.value[number] = replaced(item, given_item[1] if isinstance(given_item, tuple) else given_item)
    dumper = type("Dumper", (yaml.Dumper,), {"ignore_aliases": lambda *_: True, "generate_anchor": lambda *_: None})
    try:
        return name, yaml.serialize(root, Dumper=dumper, allow_unicode=True)
    except (yaml.YAMLError, RecursionError):
        return name, FILES[name]


def replaced(item: Any, node: yaml.Node) -> Any:
    """The same place with another value."""
    return (item[0], node) if isinstance(item, tuple) else node


@st.composite
def mutated_lines(draw: st.DrawFn) -> tuple[str, str]:
    """A good file of which a few words or lines were deleted, doubled or replaced as text."""
    name = draw(st.sampled_from(sorted(FILES)))
    text = FILES[name]
    for _ in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            lines = text.split("\n")
            at = draw(st.integers(0, len(lines) - 1))
            lines[at : at + 1] = draw(st.sampled_from([[], [lines[at], lines[at]], [f" {lines[at]}"], [lines[at].strip()]]))
            text = "\n".join(lines)
        else:
            found = list(re.finditer(r"[\w.]+|[^\w\s]", text))
            if found:
                word = draw(st.sampled_from(found))
                text = text[: word.start()] + draw(st.one_of(st.just(""), scalars())) + text[word.end() :]
    return name, text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the rulebook that is written over."""
    path: Path = tmp_path_factory.mktemp("book") / "book"
    return path


def judge(folder: Path, name: str, text: str) -> None:
    """Read the documented rulebook with one file written over: whatever it holds, the answer is a list of diagnostics."""
    shutil.rmtree(folder, ignore_errors=True)
    for file, content in {**FILES, name: text}.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(content.encode("utf-8", "surrogatepass"))
    start = time.perf_counter()
    compiled, found = compile_folder(folder)
    texts = source_texts(folder, {diagnostic.span.file for diagnostic in found})
    for lang in ("zh", "en"):
        for form in FORMATS:
            assert isinstance(render_diagnostics(found, texts, form, lang), str)
    for diagnostic in found:
        assert diagnostic.span.line >= 1
        assert diagnostic.span.column >= 1
        assert (diagnostic.span.end_line, diagnostic.span.end_column) >= diagnostic.span[1:3]
    if compiled is None or any(diagnostic.severity == "error" for diagnostic in found):
        assert found
    else:
        book = Rulebook(compiled, Generated())
        for kind in compiled.source.subjects:
            book.classify({}, subject=kind, as_of=DAY).model_dump_json()
    assert time.perf_counter() - start < MAX_SECONDS


@fuzz
@given(text=st.one_of(st.text(), st.text(alphabet="abc:-{}[]|>&*!%@`'\"#, \n\t?~0住")), name=st.sampled_from(sorted(FILES)))
def test_any_text_as_a_rule_file_gives_diagnostics(folder: Path, text: str, name: str) -> None:
    """Not YAML, half YAML, or no text at all."""
    judge(folder, name, text)


@fuzz
@given(tree=trees(), name=st.sampled_from(sorted(FILES)))
def test_any_tree_as_a_rule_file_gives_diagnostics(folder: Path, tree: Any, name: str) -> None:
    """Keys of the language in places where nobody expects them."""
    judge(folder, name, json.dumps(tree, ensure_ascii=False))


@fuzz
@given(mutant=mutated_trees())
def test_a_good_file_with_other_nodes_gives_diagnostics_or_a_rulebook_that_judges(folder: Path, mutant: tuple[str, str]) -> None:
    """Nodes deleted, doubled, exchanged: what still loads can be used."""
    judge(folder, *mutant)


@fuzz
@given(mutant=mutated_lines())
def test_a_good_file_with_other_words_gives_diagnostics_or_a_rulebook_that_judges(folder: Path, mutant: tuple[str, str]) -> None:
    """Slips of an editor: what still loads can be used."""
    judge(folder, *mutant)


@fuzz
@given(text=expressions())
def test_any_expression_gives_diagnostics_or_a_rulebook_that_judges(folder: Path, text: str) -> None:
    """Words of the language in any order."""
    written = json.dumps(text, ensure_ascii=False)
    judge(folder, "fire/extra.yaml", (
        "pack: fire.extra\nlabel: x\nlaw: xx-lodging-2020\non: premises\nscale: hazard\n"
        f'rules:\n  - id: extra\n    clause: "3"\n    text: {{zh: x, en: x}}\n    level: major\n    when: {written}\n'
        f'derived:\n  extra_value: {{clause: "2", label: {{zh: y, en: y}}, is: {written}}}\n'
    ))  # fmt: skip


# cases


@pytest.fixture(scope="module")
def book() -> Rulebook:
    """The small rulebook."""
    return load(BASE)


def json_values() -> st.SearchStrategy[Any]:
    """Anything that JSON or a program may hand over."""
    names = [
        "premises",
        "gas_cylinder",
        "uses",
        "floor_area",
        "people_lodged",
        "alarm_installed",
        "cylinders",
        "contents",
        "capacity",
    ]
    more = [
        "as_of",
        "jurisdiction",
        "complete",
        "packs",
        "name",
        "建筑面积",
        "住宿",
        "lodging",
        "2024-01-01",
        "300 m²",
        "３",
        "1e999",
        "-0",
    ]
    words = st.one_of(st.sampled_from([*names, *more]), st.text(max_size=8))
    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), words, st.decimals(), st.dates(), st.binary(max_size=4),
        st.just(10**400), st.just("\ud800"), st.just("\0"),
    )  # fmt: skip
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(words, st.integers()), inner, max_size=6)),
        max_leaves=20,
    )


@settings(parent=fuzz, max_examples=300)
@given(facts=json_values(), options=st.fixed_dictionaries({}, optional={
    "subject": st.one_of(st.sampled_from(["premises", "gas_cylinder", "场所"]), st.text(max_size=4)),
    "jurisdiction": st.sampled_from(["XX", "XX-N", "", "nowhere"]),
    "packs": st.lists(st.sampled_from(["fire", "fire.lodging", "", "gas"]), max_size=2),
    "complete": st.one_of(st.booleans(), st.lists(st.sampled_from(["fire", "?"]), max_size=2)),
    "lang": st.sampled_from(["zh", "en", "fr"]),
    "engine": st.sampled_from(["generated", "reference", "abacus"]),
}))  # fmt: skip
def test_anything_submitted_as_facts_gives_an_answer_or_its_problems(book: Rulebook, facts: Any, options: dict[str, Any]) -> None:
    """Only the two errors that the signature promises."""
    start = time.perf_counter()
    said: list[str] = []
    try:
        said.append(book.classify(facts, as_of=DAY, **options).model_dump_json())
    except FactsError as error:
        said += [problem.message(lang) for problem in error.problems for lang in ("zh", "en")]
    except LookupFailedError as error:
        said.append(str(error))
    assert said
    assert all(said)
    assert time.perf_counter() - start < MAX_SECONDS
