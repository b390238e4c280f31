"""What a case expects against what the rulebook answers; every difference is a line that a rule author can read."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.diagnostics import nearest
from hazardrules.errors import FactsError, LookupFailedError
from hazardrules.intake import Case
from hazardrules.model.scalars import read_bool, read_number, read_quantity, read_span
from hazardrules.model.units import ONE, convert, same_dimension

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.api import Rulebook
    from hazardrules.classify import Inquiry
    from hazardrules.model.results import Action, Amount, Classification, Finding, Reason
    from hazardrules.testing.case_files import WrittenCase

_RANGE_KEYS = ("level", "at_least", "at_most", "at_most_examined")
_RULE_KEYS = ("holds", "fails", "undetermined", "displaced", "relieved", "not_in_force")


@dataclass(frozen=True, slots=True)
class Difference:
    """One expectation that is not met."""

    what: str
    expected: str
    got: str

    def __str__(self) -> str:
        """Two lines, aligned."""
        return f"{self.what}\n    expected: {self.expected}\n    got:      {self.got}"


def check_case(book: Rulebook, case: WrittenCase, *, engine: str | None = None) -> list[Difference]:
    """Run one case.

    Args:
        book: The rulebook.
        case: The case with its expectations.
        engine: Another engine than the rulebook's own.

    Returns:
        Every difference; empty where all expectations are met.
    """
    submitted = Case(
        book.intake.find_subject(case.subject), case.data, case.as_of, case.jurisdiction, case.complete, case.name, case.place
    )
    try:
        inquiry = book.inquire(submitted, packs=case.packs, engine=engine)
    except FactsError as error:
        return [Difference("facts", "facts that can be read", problem.message("en")) for problem in error.problems]
    except LookupFailedError as error:
        return [Difference("case", "names of this rulebook", str(error))]
    return check_inquiry(book, case, inquiry)


def check_inquiry(book: Rulebook, case: WrittenCase, inquiry: Inquiry) -> list[Difference]:
    """Compare an answer that was given already with what a case expects."""
    return _Check(book, case, inquiry, inquiry.classification()).run()


class _Check:
    def __init__(self, book: Rulebook, case: WrittenCase, inquiry: Inquiry, answer: Classification) -> None:
        self.book, self.case, self.inquiry, self.answer = book, case, inquiry, answer
        self.source = book.compiled.source
        self.found: list[Difference] = []

    def differ(self, what: str, expected: object, got: object) -> None:
        self.found.append(Difference(what, str(expected), str(got)))

    def run(self) -> list[Difference]:
        for key, value in self.case.expect.items():
            if key == "level":
                self._level(value)
            elif key in self.source.scales:
                self._scale(key, value)
            elif key == "findings":
                self._findings(value or [])
            elif key in _RULE_KEYS:
                self._rules(key, value or [])
            elif key == "actions":
                self._actions(value or [])
            elif key == "derived":
                self._derived(value or {})
            else:
                known = ("level", *self.source.scales, "findings", *_RULE_KEYS, "actions", "derived")
                self.differ(f"expect.{key}", f"one of {', '.join(nearest(key, known) or known)}", key)
        return self.found

    # levels

    def _level(self, value: Any) -> None:
        if isinstance(value, str) and "." in value:
            scale, _, value = value.partition(".")
        else:
            packs = self.case.packs or tuple(self.source.packs)
            scale = next((s for name in packs if (s := self.source.packs[name].scale if name in self.source.packs else None)), "")
        self._scale(scale, {"level": value})

    def _scale(self, scale: str, wanted: Any) -> None:
        wanted = wanted if isinstance(wanted, dict) else {"level": wanted}
        declared = self.source.scales.get(scale)
        if declared is None:
            self.differ("level", "a scale of this rulebook", scale)
            return
        found = self.answer.levels.get(scale)
        for key, value in wanted.items():
            if key not in _RANGE_KEYS:
                self.differ(f"{scale}.{key}", f"one of {', '.join(_RANGE_KEYS)}", key)
                continue
            got = getattr(found, key) if found is not None else declared.levels[0].id
            if value is not None and value not in declared.index:
                self.differ(f"{scale}.{key}", f"one of {', '.join(declared.index)}", value)
            elif got != value:
                self.differ(f"{scale}.{key}", value, got)

    # rules

    def _name(self, short: str) -> str | None:
        packs = self.case.packs or tuple(self.source.packs)
        names = [short, *(f"{pack}.{short}" for pack in packs)]
        rules = self.book.compiled.rules
        for name in names:
            if name in rules or any(rule.table == name for rule in rules.values()):
                return name
        self.differ(short, "a rule of this rulebook", f"no such rule; near: {', '.join(nearest(short, rules)) or 'none'}")
        return None

    def _members(self, name: str) -> list[str]:
        """The rule itself, or the rows of a decision table."""
        rules = self.book.compiled.rules
        return [name] if name in rules else [row for row, rule in rules.items() if rule.table == name]

    def _findings(self, wanted: list[Any]) -> None:
        entries = [entry if isinstance(entry, dict) else {"rule": entry} for entry in wanted]
        expected: dict[tuple[str, str | None], dict[str, Any]] = {}
        for entry in entries:
            name = self._name(str(entry.get("rule", "")))
            if name is not None:
                expected[name, entry.get("subject")] = entry
        named = {name for name, _ in expected}
        tables = {self.book.compiled.rules[f.rule].table for f in self.answer.findings}
        covered = named & tables
        held = sorted({found.rule for found in self.answer.findings})
        missing = sorted(named - set(held) - {name for name in covered if name})
        extra = [name for name in held if name not in named and self.book.compiled.rules[name].table not in named]
        if missing or extra:
            detail = (f"; missing {', '.join(missing)}" if missing else "") + (
                f"; not expected {', '.join(extra)}" if extra else ""
            )
            self.differ("findings", ", ".join(sorted(named)) or "none", (", ".join(held) or "none") + detail)
        for (name, subject), entry in expected.items():
            members = self._members(name)
            found = [f for f in self.answer.findings if f.rule in members and (subject is None or f.subject == subject)]
            if found:
                self._finding(found, entry)
            elif name not in missing and subject is not None:
                self.differ(f"findings[{name}].subject", subject, [f.subject for f in self.answer.findings if f.rule in members])

    def _finding(self, found: list[Finding], entry: dict[str, Any]) -> None:
        first = found[0]
        where = f"findings[{first.rule}]"
        for key, value in entry.items():
            match key:
                case "rule" | "subject":
                    continue
                case "because":
                    known = {word for finding in found for word in _flat(finding.reasons)}
                    for reason in _listed(value):
                        if _squeezed(reason) not in known:
                            self.differ(f"{where}.because", reason, "; ".join(r.condition for r in first.reasons))
                case "scope":
                    known = {word for finding in found for word in _flat(finding.scope)}
                    for reason in _listed(value):
                        if _squeezed(reason) not in known:
                            self.differ(f"{where}.scope", reason, "; ".join(r.condition for r in first.scope))
                case "basis":
                    bases = [f"{basis.instrument} {basis.clause}" for basis in first.basis]
                    written = [f"{ref.law} {ref.clause}" for ref in self.book.compiled.rules[first.rule].basis]
                    for basis in _listed(value):
                        if basis not in bases and basis not in written:
                            self.differ(f"{where}.basis", basis, ", ".join(bases))
                case "level":
                    if value not in (first.level, f"{first.scale}.{first.level}"):
                        self.differ(f"{where}.level", value, f"{first.scale}.{first.level}")
                case "actions":
                    self._some_actions(f"{where}.actions", value, [
                        action for action in self.inquiry.section("actions") if set(action.rules) & {f.rule for f in found}
                    ])  # fmt: skip
                case _:
                    self.differ(where, "rule, subject, because, scope, basis, level, actions", key)

    def _truths(self, name: str, subject: str | None) -> set[str]:
        """What a rule is, or the rows of a table are, for every subject of its kind, or for one."""
        found: set[str] = set()
        for rule in self._members(name):
            for verdict in self.inquiry.verdicts:
                if verdict.instance.kind != self.book.compiled.rules[rule].on or subject not in (None, verdict.instance.path):
                    continue
                state = "holds" if rule in verdict.holds else "undetermined" if rule in verdict.undetermined else "fails"
                found.add(state)
        return found

    def _rules(self, key: str, wanted: Any) -> None:
        for entry in _listed(wanted):
            name = self._name(str(entry.get("rule", "") if isinstance(entry, dict) else entry))
            if name is None:
                continue
            if key in ("displaced", "relieved", "not_in_force"):
                noted = {note.rule for note in getattr(self.answer, key)}
                if not noted & set(self._members(name)):
                    self.differ(key, name, ", ".join(sorted(noted)) or "none")
                continue
            states = self._truths(name, entry.get("subject") if isinstance(entry, dict) else None)
            is_table = name not in self.book.compiled.rules
            right = states <= {"fails"} if key == "fails" else key in states
            if key == "fails" and is_table:
                right = "holds" not in states and "undetermined" not in states
            in_plan = any(rule in self.inquiry.plan.rules for rule in self._members(name))
            if not right or (not in_plan and key != "fails"):
                self.differ(key, name, self._state_words(name, states))
            if isinstance(entry, dict):
                self._more_of(key, name, entry)

    def _more_of(self, key: str, name: str, entry: dict[str, Any]) -> None:
        """What an entry says of a rule beside its state: missing facts of an open one, the findings of one that holds."""
        if "missing" in entry:
            self._missing(name, entry["missing"])
        stated = {part: value for part, value in entry.items() if part not in ("rule", "subject", "missing")}
        subject = entry.get("subject")
        found = [f for f in self.answer.findings if f.rule in self._members(name) and subject in (None, f.subject)]
        if stated and key == "holds" and not found:
            self.differ(key, f"a finding of {name}", "none in these packs")
        elif stated and key == "holds":
            self._finding(found, stated)
        elif stated:
            self.differ(
                f"{key}[{name}]", "rule, subject" if key != "undetermined" else "rule, subject, missing", ", ".join(stated)
            )

    def _state_words(self, name: str, states: Iterable[str]) -> str:
        plan = self.inquiry.plan
        members = self._members(name)
        if all(member in plan.dormant for member in members):
            return "not in force on this day"
        if not any(member in plan.rules for member in members):
            return "no law in this place"
        words = " / ".join(sorted(states)) or "no such subject in the case"
        explained = []
        for verdict in self.inquiry.verdicts:
            for member in members:
                if verdict.instance.kind == self.book.compiled.rules[member].on and len(members) == 1:
                    found = self.inquiry.explanation(member, verdict.instance.path)
                    reasons = "; ".join(reason.condition for reason in found.reasons) or "; ".join(
                        ", ".join(facts) for facts in (found.missing.to_hold if found.missing else [])
                    )
                    explained.append(f"applies {found.applies}, condition {found.condition}: {reasons}")
        return f"{words} ({' | '.join(explained[:2])})" if explained else words

    def _missing(self, name: str, wanted: dict[str, Any]) -> None:
        for note in self.answer.undetermined:
            if note.rule in self._members(name):
                for key in ("to_hold", "to_clear"):
                    if key in wanted:
                        sets = sorted(sorted(_listed(facts)) for facts in wanted[key] or [])
                        got = sorted(sorted(facts) for facts in getattr(note.missing, key))
                        if sets != got:
                            self.differ(f"undetermined[{name}].missing.{key}", sets, got)
                return
        self.differ(f"undetermined[{name}]", "an examined rule with missing facts", "not examined")

    # actions and derived facts

    def _actions(self, wanted: Any) -> None:
        self._some_actions("actions", wanted, self.answer.actions)

    def _some_actions(self, where: str, wanted: Any, actions: list[Action]) -> None:
        for entry in _listed(wanted):
            needs = entry if isinstance(entry, dict) else {"action": entry}
            same = [action for action in actions if action.action == needs.get("action")]
            if not any(self._meets(action, needs) for action in same):
                got = "; ".join(_action_words(action) for action in (same or actions)) or "none"
                self.differ(where, ", ".join(f"{key} {value}" for key, value in needs.items()), got)

    def _meets(self, action: Action, needs: dict[str, Any]) -> bool:
        for key, value in needs.items():
            match key:
                case "action":
                    met = action.action == value
                case "within" if action.within is not None:
                    spans = read_span(str(value)), read_span(action.within)
                    met = action.within == value or (spans[0] is not None and spans[0] == spans[1])
                case "due":
                    met = action.due is None if value is None else str(action.due) == value
                case "points":
                    met = str(action.points) == str(value)
                case "amount":
                    met = action.amount is not None and same_amount(str(value), action.amount)
                case "by":
                    met = action.duty_holder is not None and value in (action.duty_holder.role, action.duty_holder.title)
                case "authority":
                    holder = action.authority
                    met = holder is not None and value in (holder.role, holder.title, holder.holder)
                case "amended_by":
                    met = value in action.amended_by
                case _:
                    given = action.parameters.get(key)
                    met = given == value or (given is not None and not isinstance(given, str) and same_amount(str(value), given))
            if not met:
                return False
        return True

    def _derived(self, wanted: dict[str, Any]) -> None:
        root = self.inquiry.root
        for name, value in wanted.items():
            declared = self.book.compiled.derived.get((root.kind, name))
            if declared is None:
                near = nearest(name, [n for kind, n in self.book.compiled.derived if kind == root.kind])
                self.differ(f"derived.{name}", "a derived fact", f"no such derived fact; near: {', '.join(near) or 'none'}")
                continue
            got = self.inquiry.evaluator.derived(root, name)
            if not _same_value(value, got, declared.expr.type):
                self.differ(f"derived.{name}", value, self.inquiry.explainer.show_value(got, declared.expr.type))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _squeezed(text: str) -> str:
    return "".join(str(text).split())


def _flat(reasons: list[Reason]) -> set[str]:
    found: set[str] = set()
    for reason in reasons:
        found |= {_squeezed(reason.condition), _squeezed(reason.text), *_flat(reason.because)}
    return found


def _action_words(action: Action) -> str:
    words = [action.action]
    for key in ("within", "due", "points"):
        value = getattr(action, key)
        if value is not None:
            words.append(f"{key} {value}")
    if action.amount is not None:
        words.append(f"amount {action.amount.low or ''}..{action.amount.high or ''} {action.amount.unit}")
    return " ".join(words)


def same_amount(written: str, amount: Amount) -> bool:
    """Whether a written amount (`200..500 CNY`, `..5 万元`, `3000 CNY`) is the one computed."""
    low, dots, high = written.partition("..")
    ends = (low, high) if dots else (low, low)
    unit = next((found[1] for end in ends if (found := read_quantity(end))), None)
    values: list[str | None] = []
    from hazardrules.model.units import find_unit  # noqa: PLC0415 - see above
    from hazardrules.written import decimal_text  # noqa: PLC0415 - small and local

    base = find_unit(amount.unit) or ONE
    for end in ends:
        if not end.strip():
            values.append(None)
            continue
        found = read_quantity(end)
        number = found[0] if found else read_number(end)
        given = found[1] if found else unit
        if number is None:
            return False
        if given is not None and same_dimension(given, base):
            number = convert(number, given, base)
        values.append(decimal_text(number if isinstance(number, int) or number.denominator != 1 else number.numerator))
    return values == [amount.low, amount.high]


def _same_value(written: Any, got: Any, kind: Any) -> bool:
    if written is None or got is None:
        return written is None and got is None
    text = str(written)
    if isinstance(got, bool):
        return read_bool(text) is got
    if isinstance(got, (int, Fraction)):
        found = read_quantity(text)
        if found is not None:
            return same_dimension(found[1], kind.unit) and convert(found[0], found[1], kind.unit) == got
        return read_number(text) == got
    if isinstance(got, frozenset):
        return frozenset(_listed(written)) == got
    return text == str(got)
