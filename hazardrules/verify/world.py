"""A subject whose facts are variables of the solver, within the domains that the vocabulary declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import z3

from hazardrules.intake.instance import member_path
from hazardrules.model.instances import Instance
from hazardrules.model.values import normalise
from hazardrules.verify import dates
from hazardrules.verify.terms import lifted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hazardrules.model.subjects import FactDeclaration, SubjectKind
    from hazardrules.verify.terms import Bool

PARTS = 3
"""So many parts of one name a subject can have in the solver's eyes."""


class Codes:
    """Numbers for enum values and texts; the same word has the same number everywhere."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}
        self._words: list[str] = []

    def of(self, word: str) -> int:
        """The number of a word."""
        found = self._of.get(word)
        if found is None:
            found = self._of[word] = len(self._words)
            self._words.append(word)
        return found

    def word(self, code: int) -> str:
        """The word of a number; a number that stands for no word is some other text."""
        return self._words[code] if 0 <= code < len(self._words) else f"text {code}"


@dataclass(eq=False)
class Subject:
    """A subject of the solver: facts are made when they are asked for.

    Attributes:
        path: Where it stands: empty for the root, `cylinders[0]`.
        parts: For a name the parts and how many of them there are.
    """

    kind: str
    path: str
    owner: Subject | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, PartList] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartList:
    """Parts of one name: the first `size` of `items` are there."""

    items: tuple[Subject, ...]
    size: Any

    def present(self, index: int) -> Bool:
        """When a part is there."""
        return self.size > index


class World:
    """One subject with all that it may contain, or be contained in.

    Attributes:
        subject: The subject that is judged.
        root: What contains it, or itself.
        domains: What the vocabulary says of every variable made so far; grows.
        origin: For the name of a variable, whose fact it is.
    """

    def __init__(
        self, subjects: Mapping[str, SubjectKind], kind: str, container: tuple[str, str] | None = None, parts: int = PARTS
    ) -> None:
        """Make a subject.

        Args:
            subjects: The vocabulary.
            kind: The kind of subject that is judged.
            container: The kind of subject that contains it and the name of the list, where it is a part.
            parts: So many parts of one name it can have.
        """
        self.subjects, self.codes, self.bound = subjects, Codes(), parts
        self.domains: list[Any] = []
        self.origin: dict[str, tuple[Subject, str]] = {}
        self._there: set[tuple[Subject, str]] = set()
        self._fresh = 0
        if container is None:
            self.root = self.subject = Subject(kind, "")
        else:
            self.root = Subject(container[0], "")
            self.subject = self.list_of(self.root, container[1]).items[0]
            self.domains.append(self.root.parts[container[1]].size >= 1)

    def list_of(self, subject: Subject, part: str) -> PartList:
        """The parts of a subject under a name."""
        found = subject.parts.get(part)
        if found is None:
            declared = self.subjects[subject.kind].parts[part]
            bound = 1 if declared.one else self.bound
            here = member_path(subject.path, part)
            items = tuple(Subject(declared.of, f"{here}[{number}]", subject) for number in range(bound))
            size = self.integer(f"{here}#")
            self.domains += [size >= 0, size <= bound]
            found = subject.parts[part] = PartList(items, size)
        return found

    def single(self, subject: Subject, part: str) -> Subject:
        """The one part under a name; facts are fully known, so it is there."""
        found = self.list_of(subject, part)
        if (subject, part) not in self._there:
            self._there.add((subject, part))
            self.domains.append(found.size >= 1)
        return found.items[0]

    def fact(self, subject: Subject, name: str) -> Any:
        """The variable of a fact; of a set one per option."""
        found = subject.facts.get(name)
        if found is None:
            found = subject.facts[name] = self._variable(subject, self.subjects[subject.kind].facts[name])
        return found

    def integer(self, name: str) -> Any:
        """A whole number that is no fact."""
        return z3.Int(name)

    def fresh(self, low: int | None, high: int | None, *, whole: bool = True) -> Any:
        """Some number within bounds."""
        self._fresh += 1
        name = f"?{self._fresh}"
        found = z3.Int(name) if whole else z3.Real(name)
        self.domains += [
            bound
            for bound in (None if low is None else found >= low, None if high is None else found <= high)
            if bound is not None
        ]
        return found

    def fresh_bool(self) -> Any:
        """Some truth value."""
        self._fresh += 1
        return z3.Bool(f"?{self._fresh}")

    def _variable(self, subject: Subject, fact: FactDeclaration) -> Any:
        name = member_path(subject.path, fact.name)
        kind = fact.type.name
        if kind == "set":
            found = {option: z3.Bool(f"{name}:{option}") for option in fact.type.options}
            self.origin.update(dict.fromkeys((f"{name}:{option}" for option in found), (subject, fact.name)))
            return found
        self.origin[name] = (subject, fact.name)
        if kind == "bool":
            return z3.Bool(name)
        if kind == "number":
            number = z3.Int(name) if fact.type.integer else z3.Real(name)
            if fact.minimum is not None:
                self.domains.append(number >= lifted(fact.minimum))
            if fact.maximum is not None:
                self.domains.append(number <= lifted(fact.maximum))
            return number
        code = z3.Int(name)
        if kind == "enum":
            codes = sorted(self.codes.of(option) for option in fact.type.options)
            whole = codes[-1] - codes[0] == len(codes) - 1
            self.domains.append(
                z3.And(code >= codes[0], code <= codes[-1]) if whole else z3.Or(*(code == number for number in codes))
            )
        elif kind == "text":
            self.domains.append(code >= 0)
        else:
            first, last = (day.toordinal() for day in (dates.EARLIEST, dates.LATEST))
            factor = 1 if kind == "date" else 86_400
            self.domains.append(z3.And(code >= first * factor, code <= last * factor))
        return code

    def assigned(self, subject: Subject, given: Instance) -> list[Any]:
        """What says that the facts and parts made so far are those of a submitted subject; unknown facts stay open."""
        found: list[Any] = []
        for name, variable in subject.facts.items():
            value = given.facts.get(name)
            if value is None:
                continue
            if isinstance(value, frozenset):
                found += [flag == (option in value) for option, flag in variable.items()]
            elif isinstance(value, str):
                found.append(variable == self.codes.of(value))
            else:
                found.append(variable == lifted(dates.number_of(value) if isinstance(value, date) else value))
        for name, parts in subject.parts.items():
            items = given.parts.get(name)
            if items is None:
                continue
            found.append(parts.size == len(items))
            for part, item in zip(parts.items, items, strict=False):
                found += self.assigned(part, item)
        return found

    # reading a model

    def instance(self, value_of: Callable[[Any], Any], mentioned: set[str] | None) -> tuple[Instance, Instance] | None:
        """The subject that a model describes.

        Args:
            value_of: The value of a variable: `bool`, `int` or `Fraction`; None where it is none of these.
            mentioned: Names of the variables that matter; other facts are left out, other lists are unknown. None for all
                that was ever looked at.

        Returns:
            The root and the subject that is judged; None where a number has no decimals that end.
        """
        made: dict[int, Instance] = {}
        root = self._instance(self.root, None, value_of, mentioned, made)
        return None if root is None else (root, made[id(self.subject)])

    def _instance(
        self,
        subject: Subject,
        owner: Instance | None,
        value_of: Callable[[Any], Any],
        mentioned: set[str] | None,
        made: dict[int, Instance],
    ) -> Instance | None:
        found = made[id(subject)] = Instance(subject.kind, subject.path, owner=owner)
        for name, variable in subject.facts.items():
            names = [str(item) for item in variable.values()] if isinstance(variable, dict) else [str(variable)]
            if mentioned is not None and mentioned.isdisjoint(names):
                continue
            value = self._value(self.subjects[subject.kind].facts[name], variable, value_of)
            if value is None:
                return None
            found.facts[name] = value
        for name, parts in subject.parts.items():
            if (
                mentioned is not None
                and str(parts.size) not in mentioned
                and not any(_stands_in(item, mentioned) for item in parts.items)
            ):
                continue
            count = value_of(parts.size)
            if self.subject in parts.items:
                count = max(count, 1)
            items: list[Instance] = []
            for item in parts.items[:count]:
                inner = self._instance(item, found, value_of, mentioned, made)
                if inner is None:
                    return None
                items.append(inner)
            found.parts[name] = items
        return found

    def _value(self, fact: FactDeclaration, variable: Any, value_of: Callable[[Any], Any]) -> Any:
        match fact.type.name:
            case "set":
                return frozenset(option for option, flag in variable.items() if value_of(flag))
            case "enum" | "text":
                return self.codes.word(value_of(variable))
            case "date":
                return dates.day_of(value_of(variable))
            case "datetime":
                return dates.moment_of(value_of(variable))
            case "number":
                number = value_of(variable)
                return normalise(number) if isinstance(number, (int, Fraction)) and ends(number) else None
            case _:
                return value_of(variable)


def _stands_in(subject: Subject, mentioned: set[str]) -> bool:
    return any(name.startswith(subject.path) for name in mentioned)


def ends(number: int | Fraction) -> bool:
    """Whether a number can be written with decimals that end."""
    rest = Fraction(number).denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def variables(terms: list[Any]) -> set[str]:
    """The names of the variables in some terms of the solver."""
    seen: set[int] = set()
    names: set[str] = set()
    kept = [term for term in terms if isinstance(term, z3.ExprRef)]
    if not kept:
        return names
    context = kept[0].ctx.ref()  # the plain interface: terms can be large, and an object per part of one is slow
    pending = [term.as_ast() for term in kept]
    while pending:
        term = pending.pop()
        number = z3.Z3_get_ast_id(context, term)
        if number in seen or z3.Z3_get_ast_kind(context, term) != z3.Z3_APP_AST:
            continue
        seen.add(number)
        count = z3.Z3_get_app_num_args(context, term)
        if count:
            pending.extend(z3.Z3_get_app_arg(context, term, index) for index in range(count))
            continue
        declared = z3.Z3_get_app_decl(context, term)
        if z3.Z3_get_decl_kind(context, declared) == z3.Z3_OP_UNINTERPRETED:
            names.add(z3.Z3_get_symbol_string(context, z3.Z3_get_decl_name(context, declared)))
    return names
