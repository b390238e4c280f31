"""Two rulebooks compared, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hazardrules.coverage.reach import conditions_of
from hazardrules.diff.aspects import changes, condition_changes, words
from hazardrules.diff.model import Change, Difference, RuleDifference, Side, Verdict
from hazardrules.diff.pairs import paired
from hazardrules.diff.proof import Court
from hazardrules.diff.things import things
from hazardrules.diff.vocabulary import joined
from hazardrules.model import expressions as ir
from hazardrules.verify import has_solver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hazardrules.compiler.plan import Compiled, CompiledRule
    from hazardrules.diff.model import State


def compare(
    old: Compiled,
    new: Compiled,
    *,
    called: tuple[str, str] = ("old", "new"),
    solver: bool | None = None,
    progress: Callable[[], None] | None = None,
) -> Difference:
    """Compare two rulebooks.

    Args:
        old: The rulebook as it was.
        new: The rulebook as it is.
        called: What reports call them.
        solver: Ask the solver; where it is installed by default. Without it conditions are the same where their normal
            forms are, and nobody can say where they are not.
        progress: Called after every rule.

    Returns:
        Every rule of both, and what else changed.
    """
    is_asked = has_solver() if solver is None else solver
    court = Court(old, new, joined(old, new), solver=is_asked)
    pairs = paired(old, new, court.old.forms, court.new.forms)
    names = {before.name: after.name for before, after in pairs if before is not None and after is not None}
    found = []
    for before, after in pairs:
        found.append(_rule(court, before, after, names))
        if progress is not None:
            progress()
    return Difference(
        _side(called[0], old), _side(called[1], new), tuple(sorted(found, key=lambda item: (item.rule.span, item.name))),
        tuple(things(court)), is_asked, court.asked, names,
    )  # fmt: skip


def _side(called: str, compiled: Compiled) -> Side:
    source = compiled.source
    return Side(called, source.name, source.version, source.digest)


def _rule(court: Court, old: CompiledRule | None, new: CompiledRule | None, names: dict[str, str]) -> RuleDifference:
    if old is None or new is None:
        (rule,) = (found for found in (old, new) if found is not None)
        return RuleDifference(old, new, "added" if old is None else "removed", displaces=tuple(sorted(rule.overrides)))
    verdict = court.verdict(old, new)
    found: list[Change] = []
    through: tuple[str, ...] = ()
    displaces: tuple[str, ...] = ()
    if verdict.status in ("differs", "unsure"):
        found += condition_changes(old, new)
        through = tuple(_through(court, conditions_of(old), conditions_of(new)))
        displaces = tuple(sorted({*(names.get(name, name) for name in old.overrides), *new.overrides}))
    others = list(
        changes(old, new, court.old.forms, court.new.forms, names, lambda one, two: court.same_amount(old, new, one, two))
    )
    if any(change.before == change.after for change in others):
        ends = [[end for action in rule.actions for pair in action.values.values() for end in pair if end] for rule in (old, new)]
        through = tuple(dict.fromkeys((*through, *_through(court, *ends))))
    written = tuple(word for word in words(old, new) if word != "condition" or verdict.status in ("same", "proven"))
    return RuleDifference(old, new, _state(verdict, others, written), (*found, *others), written, verdict, through, displaces)


def _state(verdict: Verdict, others: list[Change], written: tuple[str, ...]) -> State:
    if verdict.status == "differs" or others:
        return "changed"
    if verdict.status == "unsure":
        return "unsure"
    return "words" if written or verdict.status == "proven" else "same"


def _through(court: Court, old: list[ir.Expr], new: list[ir.Expr]) -> Iterator[str]:
    """What expressions refer to that says something else now."""
    seen = set[str]()
    for item in (*court.old.reach.items_of(old), *court.new.reach.items_of(new)):
        name, differs = _referred(court, item)
        if differs and name not in seen:
            seen.add(name)
            yield name


def _referred(court: Court, item: ir.Expr) -> tuple[str, bool]:
    """What an expression refers to, and whether that is in both rulebooks and changed."""
    before, after = court.old, court.new
    match item:
        case ir.DerivedRef(kind=kind, name=name) if (
            kind,
            name,
        ) in before.compiled.derived.keys() & after.compiled.derived.keys():
            return f"derived {kind}.{name}", before.forms.derived(kind, name) != after.forms.derived(kind, name)
        case ir.ParameterRef(name=name) if name in before.compiled.parameters.keys() & after.compiled.parameters.keys():
            return f"parameter {name}", before.forms.parameter(name) != after.forms.parameter(name)
        case ir.RuleRef(name=name) if name in before.compiled.rules.keys() & after.compiled.rules.keys():
            one, two = before.compiled.rules[name], after.compiled.rules[name]
            return f"rule {name}", before.forms.rule(name) != after.forms.rule(name) or one.effective != two.effective
        case ir.Lookup(table=name, column=column):
            if all(
                name in book.compiled.source.tables and len(book.compiled.source.tables[name].columns) > column
                for book in (before, after)
            ):
                return f"table {name}", before.forms.table(name, column) != after.forms.table(name, column)
    return "", False
