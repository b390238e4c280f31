"""What a verdict on a mutant depends on, as digests: with all of it as before, it need not be tried again.

Digests are of content, without lines and columns, so formatting a file changes none of them.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from hazardrules import __version__
from hazardrules.model import expressions as ir
from hazardrules.mutation.ties import home_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.mutation.court import Court, Reachable
    from hazardrules.mutation.judged import Judged
    from hazardrules.mutation.mutants import Mutant

FORMAT = "1"
"""Changes where mutants are judged otherwise than before."""
_LEFT_OUT = ("span", "type")
_LENGTH = 24


class Signatures:
    """Digests of the rules and cases of a court."""

    def __init__(self, court: Court) -> None:
        """Bind to a court."""
        self.court, self.compiled, self.reach = court, court.compiled, court.ties.reach
        self._exprs: dict[int, str] = {}
        self._homes: dict[str, str] = {}
        self._rules: dict[str, str] = {}
        self._cases: dict[int, str] = {}
        self._answers: dict[int, str] = {}
        self._known: dict[Reachable, tuple[str, str]] = {}

    def of(self, mutant: Mutant, reach: Reachable) -> tuple[str, str]:
        """The digest of the rules that a mutant reaches, and the digest of these with all cases that could notice it."""
        found = self._known.get(reach)
        if found is None:
            rules = digest(
                __version__, FORMAT, *(self.rule(name) for name in sorted(reach.affected | reach.valued)),
                *(self._home(f"derived {kind}.{name}") for kind, name in sorted(reach.derived)),
            )  # fmt: skip
            cases = sorted(self._asked(judged) for judged in self.court.candidates(reach))
            found = self._known[reach] = rules, digest(rules, *cases)
        own = [self._home(home) for home in self.court.ties.homes(mutant)]
        return digest(found[0], *own), digest(found[1], *own)

    def case(self, number: int) -> str:
        """The digest of a case."""
        found = self._cases.get(number)
        if found is None:
            case = self.court.cases[number]
            parts = (case.subject, case.data, case.as_of, case.jurisdiction, case.complete, case.packs, case.expect)
            found = self._cases[number] = digest(*map(repr, parts))
        return found

    def _asked(self, judged: Judged) -> str:
        """The digest of a case and its answer."""
        found = self._answers.get(judged.number)
        if found is None:
            found = self._answers[judged.number] = digest(self.case(judged.number), judged.answer)
        return found

    def rule(self, name: str) -> str:
        """The digest of a rule and of everything that it asks about."""
        found = self._rules.get(name)
        if found is None:
            rule = self.compiled.rules[name]
            ends = [end for action in rule.actions for pair in action.values.values() for end in pair if end is not None]
            items = [*self.reach.items(rule), *self.reach.items_of(ends)]
            homes = {home for item in items if (home := home_of(item)) is not None}
            homes |= {f"table {item.table}" for item in items if isinstance(item, ir.Lookup)}
            others = [other.name for other in self.reach.overriders.get(name, ())]
            homes |= {f"rule {other}" for other in (*others, *self.court.ties.related.get(name, ()))}
            found = self._rules[name] = digest(self._home(f"rule {name}"), *(self._home(home) for home in sorted(homes)))
        return found

    def _home(self, home: str) -> str:
        found = self._homes.get(home)
        if found is None:
            found = self._homes[home] = digest(home, *self._content(home))
        return found

    def _content(self, home: str) -> Iterable[str]:
        what, _, name = home.partition(" ")
        if what == "table":
            return [repr(sorted(self.compiled.source.tables[name].rows.items(), key=repr))]
        if what == "parameter":
            found = self.compiled.parameters.get(name)
            return [] if found is None else [repr(found.values)]
        if what == "derived":
            kind, _, fact = name.partition(".")
            derived = self.compiled.derived[kind, fact]
            return [self.text(derived.expr), repr(derived.effective)]
        rule = self.compiled.rules[name]
        actions = [
            (action.use.action, action.use.by, action.use.authority, sorted(action.use.written.items()), [
                (parameter, *("" if end is None else self.text(end) for end in ends)) for parameter, ends in action.values.items()
            ])
            for action in rule.actions
        ]  # fmt: skip
        parts = (
            rule.on,
            rule.rule.kind,
            rule.rule.jurisdiction,
            rule.level,
            rule.effective,
            rule.overrides,
            rule.amends,
            actions,
        )
        conditions = (rule.scope, rule.when, *rule.unless)
        return [*map(repr, parts), *("" if expr is None else self.text(expr) for expr in conditions)]

    def text(self, expr: ir.Expr) -> str:
        """An expression as text, without where it stands."""
        found = self._exprs.get(id(expr))
        if found is None:
            found = self._exprs[id(expr)] = self._plain(expr)
        return found

    def _plain(self, value: Any) -> str:
        if isinstance(value, tuple):
            return f"[{','.join(self._plain(item) for item in value)}]"
        if isinstance(value, frozenset):
            return f"{{{','.join(sorted(map(str, value)))}}}"
        if is_dataclass(value) and type(value).__module__ == ir.__name__:
            inner = (self._plain(getattr(value, item.name)) for item in fields(value) if item.name not in _LEFT_OUT)
            return f"{type(value).__name__}({','.join(inner)})"
        return repr(value)


def digest(*parts: str) -> str:
    """A digest of some texts."""
    summed = sha256()
    for part in parts:
        summed.update(f"{len(part)}\0{part}".encode())
    return summed.hexdigest()[:_LENGTH]


def key_of(mutant: Mutant) -> str:
    """What a mutant is called in a store."""
    return digest(mutant.id, mutant.before, mutant.after)
