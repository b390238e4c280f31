"""What a case speaks of: the rules and derived facts that its expectations would notice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Compiled
    from hazardrules.testing.case_files import WrittenCase

STATES = ("holds", "fails", "undetermined", "displaced", "relieved", "not_in_force")


@dataclass(slots=True)
class Spoken:
    """What a case speaks of.

    Attributes:
        named: Rules with the states in which the case names them; rows of a table that is named as a whole too.
        tables: Those of the named rules that are named through their table only.
        listed: The packs whose findings the case lists completely; None for all packs.
        lists: Whether it lists findings.
        stated: For a rule the level and the actions that its findings are said to have.
        levels: For a scale the levels that are expected.
        actions: The actions that are expected of the case as a whole, with the rule that amends them, or None.
        derived: Derived facts of the subject.
    """

    named: dict[str, set[str]] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)
    listed: frozenset[str] | None = frozenset()
    lists: bool = False
    stated: dict[str, set[str]] = field(default_factory=dict)
    levels: dict[str, set[str]] = field(default_factory=dict)
    actions: set[tuple[str, str | None]] = field(default_factory=set)
    derived: tuple[str, ...] = ()

    def name(self, rule: str, state: str, *, table: bool) -> None:
        """Note a rule with a state."""
        if table and rule not in self.named:
            self.tables.add(rule)
        elif not table:
            self.tables.discard(rule)
        self.named.setdefault(rule, set()).add(state)


class Listener:
    """Reads the expectations of cases."""

    def __init__(self, compiled: Compiled) -> None:
        """Index the names of a rulebook."""
        self.compiled, self.source = compiled, compiled.source
        self.rows: dict[str, list[str]] = {}
        for name, rule in compiled.rules.items():
            if rule.table is not None:
                self.rows.setdefault(rule.table, []).append(name)
        self._expanded: dict[tuple[str, ...], frozenset[str]] = {}

    def packs(self, case: WrittenCase) -> frozenset[str] | None:
        """The packs that a case looks at; None for all."""
        if case.packs is None:
            return None
        if case.packs not in self._expanded:
            self._expanded[case.packs] = frozenset(
                pack for pack in self.source.packs if any(pack == name or pack.startswith(f"{name}.") for name in case.packs)
            )
        return self._expanded[case.packs]

    def members(self, short: str, case: WrittenCase) -> tuple[list[str], bool]:
        """The rules that a name of a case means, and whether it names a table."""
        for name in (short, *(f"{pack}.{short}" for pack in case.packs or self.source.packs)):
            if name in self.compiled.rules:
                return [name], False
            if name in self.rows:
                return self.rows[name], True
        return [], False

    def hear(self, case: WrittenCase) -> Spoken:
        """What a case speaks of."""
        found = Spoken()
        for key, value in case.expect.items():
            if key in STATES:
                for entry in listed(value):
                    self._note(found, case, entry, key)
            elif key == "findings":
                found.lists, found.listed = True, self.packs(case)
                for entry in listed(value):
                    self._finding(found, case, entry)
            elif key == "level":
                self._level(found, case, value)
            elif key in self.source.scales:
                found.levels.setdefault(key, set()).update(_words(value))
            elif key == "actions":
                found.actions.update(_action(entry) for entry in listed(value))
            elif key == "derived":
                found.derived = tuple(value or ())
        return found

    def _note(self, found: Spoken, case: WrittenCase, entry: Any, state: str) -> None:
        name = str(entry.get("rule", "") if isinstance(entry, dict) else entry)
        rules, table = self.members(name, case)
        for rule in rules:
            found.name(rule, state, table=table)
            if isinstance(entry, dict) and state == "holds":
                self._outcome(found, rule, entry)

    @staticmethod
    def _outcome(found: Spoken, rule: str, entry: dict[str, Any]) -> None:
        if "level" in entry or "actions" in entry:
            stated = found.stated.setdefault(rule, set())
            stated.update(["level"] if "level" in entry else [])
            stated.update(f"action_{_action(action)[0]}" for action in listed(entry.get("actions")))

    def _finding(self, found: Spoken, case: WrittenCase, entry: Any) -> None:
        entry = entry if isinstance(entry, dict) else {"rule": entry}
        rules, table = self.members(str(entry.get("rule", "")), case)
        for rule in rules:
            found.name(rule, "holds", table=table)
            self._outcome(found, rule, entry)

    def _level(self, found: Spoken, case: WrittenCase, value: Any) -> None:
        scale = ""
        if isinstance(value, str) and "." in value:
            scale, _, value = value.partition(".")
        else:
            packs = (self.source.packs[name] for name in case.packs or self.source.packs if name in self.source.packs)
            scale = next((pack.scale for pack in packs if pack.scale), "")
        if scale in self.source.scales:
            found.levels.setdefault(scale, set()).update(_words(value))


def listed(value: Any) -> list[Any]:
    """A value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _words(value: Any) -> Iterable[str]:
    values = value.values() if isinstance(value, dict) else (value,)
    return [str(item) for item in values if item is not None]


def _action(entry: Any) -> tuple[str, str | None]:
    needs = entry if isinstance(entry, dict) else {"action": entry}
    return str(needs.get("action")), needs.get("amended_by")
