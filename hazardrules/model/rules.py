"""Rules as written: conditions are syntax trees, names are not yet resolved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:

    from hazardrules.model.law import ClauseRef, Effective, Localized, NotEncoded
    from hazardrules.model.syntax_tree import Cell, Expr, Range
    from hazardrules.model.types import ValueType
    from hazardrules.source import Span

ActionKind = Literal["remedy", "order", "measure", "penalty", "criminal", "report"]
ParameterType = Literal["deadline", "money", "integer", "number", "duration", "text"]
RuleKind = Literal["rule", "advice", "amends"]
HitPolicy = Literal["unique", "collect", "first"]


@dataclass(frozen=True, slots=True)
class ActionDeclaration:
    """An entry of the catalogue of required actions."""

    id: str
    kind: ActionKind
    label: Localized
    by: str | None
    authority: str | None
    parameters: dict[str, ParameterType]
    span: Span


@dataclass(frozen=True, slots=True)
class ActionUse:
    """A required action of a rule: the catalogue's entry with this rule's parameters and overrides.

    Attributes:
        action: The entry of the catalogue.
        values: Parameters that are expressions or ranges of them.
        written: Parameters that are kept as they were written: deadlines and texts.
        basis: Its own legal basis, where it is not the rule's.
    """

    action: str
    values: dict[str, Range]
    written: dict[str, str]
    by: str | None
    authority: str | None
    basis: tuple[ClauseRef, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception or relief, named and cited."""

    basis: tuple[ClauseRef, ...]
    text: Localized
    condition: Expr | None
    span: Span


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a decision table, still as cells."""

    number: int
    cells: tuple[Cell, ...]
    basis: tuple[ClauseRef, ...]
    level: tuple[str, str] | None
    actions: tuple[ActionUse, ...]
    value: Expr | None
    text: Localized
    span: Span


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table: headings are expressions, rows are cells."""

    headings: tuple[Expr, ...]
    rows: tuple[TableRow, ...]
    hit: HitPolicy
    span: Span


@dataclass(frozen=True, slots=True)
class Rule:
    """Condition -> level and actions, with basis and dates.

    Attributes:
        name: Its full name: `pack.id`.
        applies: Its own scope, in addition to that of its pack.
        when: None where it has a table, or where what was written could not be read.
        drops_scope: The scope of its pack does not bind it (`applies: always`).
    """

    name: str
    pack: str
    on: str
    kind: RuleKind
    basis: tuple[ClauseRef, ...]
    see: tuple[ClauseRef, ...]
    verified: bool
    why_unverified: Localized | None
    title: Localized
    text: Localized
    applies: Expr | None
    when: Expr | None
    unless: tuple[Exemption, ...]
    level: tuple[str, str] | None
    actions: tuple[ActionUse, ...]
    of: tuple[tuple[str, Span], ...]
    overrides: tuple[tuple[str, Span], ...]
    effective: Effective
    jurisdiction: str
    table: DecisionTable | None
    span: Span
    drops_scope: bool = False


def row_actions(rule: Rule, row: TableRow) -> tuple[ActionUse, ...]:
    """What a row of a rule's table requires.

    An entry of the rule's list completes the cells that name the same action (authority, `by`, clause, further parameters);
    what no cell of the table names is required with every row.
    """
    named = {use.action for one in (rule.table.rows if rule.table is not None else ()) for use in one.actions}
    more = {use.action: use for use in rule.actions if use.action in named}
    every = tuple(use for use in rule.actions if use.action not in named)
    return (*every, *(_completed(use, more.get(use.action)) for use in row.actions))


def _completed(use: ActionUse, more: ActionUse | None) -> ActionUse:
    if more is None:
        return use
    return replace(
        use, values={**more.values, **use.values}, written={**more.written, **use.written}, by=use.by or more.by,
        authority=use.authority or more.authority, basis=use.basis or more.basis,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class DerivedFact:
    """A named intermediate fact."""

    name: str
    pack: str
    on: str
    label: Localized
    basis: tuple[ClauseRef, ...]
    expression: Expr | None
    table: DecisionTable | None
    unit: str | None
    report: bool
    effective: Effective | None
    verified: bool
    span: Span


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value of a parameter for a period."""

    effective: Effective
    value: Expr | None
    basis: tuple[ClauseRef, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Parameter:
    """A dated value of the law, used by name."""

    name: str
    pack: str
    label: Localized
    values: tuple[DatedValue, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class DataTable:
    """A data table of the law: typed, cited."""

    name: str
    basis: tuple[ClauseRef, ...]
    keys: dict[str, ValueType]
    columns: dict[str, ValueType]
    rows: dict[tuple[str, ...], tuple[object, ...]]
    span: Span


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one instrument or one topic of it."""

    name: str
    label: Localized
    law: str
    on: str
    scale: str | None
    jurisdiction: str
    effective: Effective
    applies: Expr | None
    parameters: tuple[Parameter, ...]
    derived: tuple[DerivedFact, ...]
    rules: tuple[Rule, ...]
    not_encoded: tuple[NotEncoded, ...]
    unread: bool
    file: str
    span: Span
    clauses_encoded: dict[str, dict[str, Span]] = field(default_factory=dict)
