"""The plan of the house: who may import whom, and what no room may hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hazardrules
from hazardrules.api import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(next(iter(hazardrules.__path__)))
FILES = sorted(PACKAGE.rglob("*.py"))

# a room imports from itself and from the rows above its own
ROOMS = (
    ("errors", "source", "wording"),
    ("diagnostics",),
    ("model",),
    ("written",),
    ("syntax", "compiler"),
    ("intake",),
    ("engines",),
    ("columnar",),
    ("trial",),
    ("sheets",),
    ("explain", "missing", "duties", "levels"),
    ("classify",),
    ("cache", "dated", "folders", "sessions", "batch"),
    ("api",),
    ("watcher", "verify", "integrations"),
    ("render", "graph", "lint"),
    ("testing",),
    ("coverage",),
    ("mutation",),
    ("diff",),
    ("cli",),
)
ROW = {room: number for number, row in enumerate(ROOMS) for room in row}
ENTRANCES = ("__init__", "__main__")

# a library of others -> the only rooms or modules that may import it
GUESTS = {
    "yaml": ("syntax/",),
    "lark": ("syntax/",),
    "networkx": ("compiler/graph.py", "graph/"),
    "click": ("cli/",),
    "rich": ("cli/", "render/"),
    "pydantic": ("model/", "intake/"),
    "platformdirs": ("cache.py", "cli/"),
    "sqlalchemy": ("sessions/database.py", "sessions/store.py"),
    "hypothesis": ("testing/",),
    "numpy": ("columnar/", "batch/", "integrations/"),
    "pyarrow": ("columnar/", "batch/", "integrations/"),
    "pyspark": ("integrations/spark.py",),
    "ray": ("integrations/ray.py",),
    "llvmlite": ("columnar/native.py",),
    "pytest": ("testing/plugin.py",),
    "z3": ("verify/",),
    "durable_rules_engine": ("engines/durable_sets.py",),
}
NOT_AT_IMPORT = (
    "pyspark",
    "ray",
    "lark",
    "networkx",
    "yaml",
    "rich",
    "click",
    "hypothesis",
    "sqlalchemy",
    "durable_rules_engine",
    "z3",
    "numpy",
    "pyarrow",
    "llvmlite",
)

MAX_LINES = 500
LONGER = {
    "classify.py": "one class answers all questions about one case from one state; its sections are short methods",
    "compiler/resolve.py": "one method per form of the language, all calling one another",
}
CATCHES_ALL = {"cache.py": "whatever a broken file of the cache does to its reader, the rulebook is compiled again"}
RUNS_CODE = {"engines/generator.py": "runs only source that this module generated"}


def within(path: Path) -> str:
    """A module as these tables call it."""
    return path.relative_to(PACKAGE).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text("utf-8"))


def imports(path: Path) -> Iterator[str]:
    """The modules that a module imports when it runs, at its head or in a function; not those for types only."""
    pending: list[ast.AST] = [tree(path)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending.extend(node.orelse)
            continue
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{within(path)}: imports say the whole name"
            yield node.module or ""
            if node.module == "hazardrules":
                yield from (f"hazardrules.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        pending.extend(ast.iter_child_nodes(node))


def room_of(path: Path) -> str:
    """The room a module belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def calls(path: Path, *names: str) -> list[int]:
    """The lines on which a module calls a function by its bare name."""
    return [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler only tidies up and lets the error go on."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


each_file = pytest.mark.parametrize("path", FILES, ids=within)


@each_file
def test_every_module_stands_in_a_room(path: Path) -> None:
    """A new room finds its row in the table above."""
    assert room_of(path) in (*ROW, *ENTRANCES)


@each_file
def test_a_room_imports_only_from_the_rows_above_it(path: Path) -> None:
    """So any module can be read without those below it."""
    here = room_of(path)
    if here in ENTRANCES:
        return
    for name in imports(path):
        there = name.split(".")[1] if name.startswith("hazardrules.") else here
        if there in ROW and there != here:
            assert ROW[there] < ROW[here], f"{here} imports {name}"


@each_file
def test_a_library_of_others_stays_in_its_room(path: Path) -> None:
    """Who wants to replace it knows where to look."""
    for name in imports(path):
        allowed = GUESTS.get(name.split(".")[0])
        if allowed is not None:
            assert within(path).startswith(allowed), f"{within(path)} imports {name}"


def test_engines_do_not_know_one_another() -> None:
    """Each can be trusted, or not, on its own; only the reference, which is the meaning, may be asked by the others."""
    engines = {type(engine).__module__ for engine in ENGINES.values()}
    for path in (PACKAGE / "engines").glob("*.py"):
        others = engines - {"hazardrules.engines.reference", f"hazardrules.engines.{path.stem}"}
        assert not others & set(imports(path)), within(path)


def test_importing_the_library_is_light() -> None:
    """Who only classifies pays for no parser, no graph, no terminal."""
    code = f"import sys, hazardrules; print([name for name in {NOT_AT_IMPORT} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@each_file
def test_no_module_evaluates_text_or_prints(path: Path) -> None:
    """Rule files are read, never run; output is the caller's business."""
    assert calls(path, "eval", "print", "breakpoint") == []
    if within(path) not in RUNS_CODE:
        assert calls(path, "exec", "compile") == []


@each_file
def test_no_module_swallows_what_it_does_not_know(path: Path) -> None:
    """An error nobody thought of must be seen."""
    if within(path) in CATCHES_ALL:
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and not raises_again(node):
            caught = ast.unparse(node.type) if node.type is not None else ""
            assert caught not in ("", "Exception", "BaseException"), f"{within(path)}:{node.lineno}"


@each_file
def test_no_module_is_endless(path: Path) -> None:
    """A longer one usually holds two ideas."""
    if within(path) not in LONGER:
        assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


@each_file
def test_every_module_says_what_it_is_for(path: Path) -> None:
    """In a sentence at its head."""
    assert ast.get_docstring(tree(path))
