"""What two rulebooks differ in: rule by rule, and in what the rules stand on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from hazardrules.compiler.plan import CompiledRule

Case = dict[str, Any]
State = Literal["added", "removed", "changed", "unsure", "words", "same"]
STATES: tuple[State, ...] = ("changed", "unsure", "added", "removed", "words", "same")
"""In the order in which they are shown."""
Status = Literal["same", "proven", "differs", "unsure"]
ASPECTS = ("condition", "level", "actions", "dates", "jurisdiction", "citation", "overrides", "amends", "kind", "subject")
"""What a change of meaning can be about."""
WORDS = ("name", "condition", "title", "text", "exceptions", "see", "cite", "verified")
"""What can change without a change of meaning."""
REASONS = ("no_solver", "undecided", "unconfirmed", "bounded", "total", "apart", "types")
"""Why nobody can say whether two conditions are the same."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Facts that are judged otherwise now; the reference engine said so under both rulebooks.

    Attributes:
        case: As `hazardrules classify` reads it under the old rulebook.
        case_now: As it reads it under the new one, where names or units differ.
        before: Whether the rule matched: True, False, or None where that was open.
        after: Whether it matches now.
        refused: `old` or `new`, where this rulebook does not take such facts: its vocabulary has no such value.
    """

    case: Case
    case_now: Case | None
    before: bool | None
    after: bool | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two conditions mean the same.

    Attributes:
        status: `same` (one normal form), `proven` by the solver, `differs`, or `unsure`.
        reason: Why nobody can say: one of `REASONS`.
        witnesses: Facts that show a difference; none where it is one of types.
    """

    status: Status
    reason: str = ""
    witnesses: tuple[Witness, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a rule says otherwise than before, in the notation of rule files; empty where it says nothing."""

    aspect: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """A rule, or a row of a decision table, before and after.

    Attributes:
        state: What became of it.
        changes: What changed in its meaning.
        words: What changed beside its meaning: some of `WORDS`.
        condition: Whether its condition means the same; None for rules that were added or removed.
        through: Derived facts, parameters, tables and rules behind its condition that changed: `derived pool.is_deep`.
        displaces: Rules that hold for other facts now because this one displaces them.
    """

    old: CompiledRule | None
    new: CompiledRule | None
    state: State
    changes: tuple[Change, ...] = ()
    words: tuple[str, ...] = ()
    condition: Verdict | None = None
    through: tuple[str, ...] = ()
    displaces: tuple[str, ...] = ()

    @property
    def rule(self) -> CompiledRule:
        """The rule as it is now, or as it was."""
        found = self.new or self.old
        assert found is not None  # one of them is there
        return found

    @property
    def name(self) -> str:
        """Its name now, or as it was."""
        return self.rule.name


@dataclass(frozen=True, slots=True)
class ThingDifference:
    """Something that rules stand on, before and after.

    Attributes:
        what: `fact`, `part`, `subject`, `action`, `scale`, `instrument`, `jurisdiction`, `role`, `parameter`, `derived`, `table`.
        change: `added`, `removed`, `renamed` or `changed`.
        matters: Answers, or the facts that cases may hold, are other ones with it, beyond what the rules show.
    """

    what: str
    name: str
    change: Literal["added", "removed", "renamed", "changed"]
    before: str = ""
    after: str = ""
    matters: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two rulebooks: what the user calls it, and which content it has."""

    called: str
    name: str
    version: str
    digest: str


@dataclass(frozen=True)
class Difference:
    """Two rulebooks compared.

    Attributes:
        rules: Every rule of both, by name.
        things: What rules stand on, where it changed.
        solver: Whether the solver could be asked; without it equality is that of normal forms.
        asked: So many pairs of conditions were not equal by normal form.
    """

    old: Side
    new: Side
    rules: tuple[RuleDifference, ...]
    things: tuple[ThingDifference, ...]
    solver: bool
    asked: int = 0
    names: dict[str, str] = field(default_factory=dict)
    """For each rule of the old rulebook that is there still, what it is called now."""

    def of(self, state: State) -> tuple[RuleDifference, ...]:
        """The rules of which this became."""
        return tuple(rule for rule in self.rules if rule.state == state)

    @property
    def counts(self) -> dict[State, int]:
        """How many rules there are of each state."""
        return {state: len(self.of(state)) for state in STATES}

    @property
    def is_same(self) -> bool:
        """Whether nothing changed in meaning, as far as that is proved."""
        return all(rule.state in ("words", "same") for rule in self.rules) and not any(thing.matters for thing in self.things)
