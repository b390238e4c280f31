"""Submitted facts -> an `Instance`: every name is found, every value typed, every problem reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hazardrules.intake.instance import member_path
from hazardrules.intake.names import MAX_NAME, Names, fold
from hazardrules.intake.numbers import unwrapped
from hazardrules.intake.problems import Problems, Refused, is_bad_text, listed, shown
from hazardrules.intake.values import BLANK, FALSE, MAX_ITEMS, TRUE, read_bool, reader_for
from hazardrules.model.instances import Instance

if TYPE_CHECKING:
    from hazardrules.intake.numbers import FactReader, Reading
    from hazardrules.intake.problems import Hint
    from hazardrules.model.law import Localized
    from hazardrules.model.subjects import FactDeclaration, PartDeclaration, SubjectKind

MAX_DEPTH = 20
"""Parts within parts within parts; only a vocabulary that contains itself gets this far."""

MAX_REMEMBERED = 1000
"""So many texts and floats are remembered per fact with what they were read as."""

MAX_SUBJECTS = 300_000
"""So many parts in one case altogether."""


@dataclass(frozen=True, slots=True)
class Form:
    """What can be submitted about a kind of subject.

    Attributes:
        fields: By every name as declared the canonical name, the reader, and what texts and floats were read as; parts have no reader.
        groups: What stands before a dot in some name.
    """

    kind: SubjectKind
    names: Names
    readers: dict[str, FactReader | None]
    fields: dict[str, tuple[str, FactReader | None, dict[Any, Reading]]]
    groups: frozenset[str]


@dataclass(slots=True)
class _Run:
    """What one reading of a case shares."""

    problems: Problems
    subjects: int = 0


@dataclass(slots=True)
class _Here:
    """The subject that is being read; `seen` are the facts and parts that were given."""

    instance: Instance
    form: Form
    run: _Run
    depth: int
    seen: set[str] = field(default_factory=set)


def labels_of(label: Localized) -> list[str]:
    """The labels that can stand for an id."""
    return [text for text in label.values() if text]


def _form(kind: SubjectKind, subjects: Mapping[str, SubjectKind]) -> Form:
    parts = {name: part for name, part in kind.parts.items() if part.of in subjects}
    members: dict[str, FactDeclaration | PartDeclaration] = {**kind.facts, **parts}
    entries = [(name, [*labels_of(member.label), name.replace(".", "__")]) for name, member in members.items()]
    names = Names((name, [word for word in words if word != name]) for name, words in entries)
    readers: dict[str, FactReader | None] = {name: reader_for(fact) for name, fact in kind.facts.items()}
    readers.update(dict.fromkeys(parts))
    read: dict[str, dict[Any, Reading]] = {name: {} for name in members}
    fields = {word: (name, readers[name], read[name]) for word, name in names.exact.items()}
    groups = {".".join(pieces[:end]) for name in members for pieces in [name.split(".")] for end in range(1, len(pieces))}
    return Form(kind, names, readers, fields, frozenset(groups))


class Forms(dict[str, Form]):
    """What can be submitted, by kind of subject; found out when it is first asked for."""

    def __init__(self, subjects: Mapping[str, SubjectKind]) -> None:
        """Nothing is prepared yet."""
        super().__init__()
        self.subjects = subjects

    def __missing__(self, kind: str) -> Form:
        """Prepare a reader for every fact; the same for all threads."""
        return self.setdefault(kind, _form(self.subjects[kind], self.subjects))


class Intake:
    """Reads submitted facts; built once per rulebook, safe to share between threads.

    Attributes:
        forms: What can be submitted, by kind of subject.
        kinds: Kinds of subjects by their names as declared.
    """

    def __init__(self, subjects: Mapping[str, SubjectKind]) -> None:
        """Know the names of all kinds of subject; what can be submitted about one is prepared when it is first asked for."""
        self.subjects = subjects
        self.forms = Forms(subjects)
        self._subject_names = Names((kind.id, labels_of(kind.label)) for kind in subjects.values())
        self.kinds = self._subject_names.exact

    def find_subject(self, name: object) -> str | None:
        """The id of a kind of subject by its id or label; None where there is none."""
        return self._subject_names.find(name) if isinstance(name, str) else None

    def find_member(self, subject: str, name: object) -> str | None:
        """The name of a fact or part of a kind of subject by its name or label; None where there is none."""
        form = self.forms[subject] if subject in self.subjects else None
        return form.names.find(name) if form is not None and isinstance(name, str) else None

    def read(self, subject: str | None, data: object, *, place: str = "") -> Instance:
        """Read the facts of a subject.

        Args:
            subject: The kind of subject, by id or label; None where the facts themselves say it.
            data: A mapping of facts and parts, by id or label; or one whose single key is the kind of subject; or a
                pydantic model.
            place: The file and line it was read from, for problems.

        Returns:
            What is known. Facts that are absent, None, blank or `~` are unknown.

        Raises:
            FactsError: Carries every problem, each with the path of the value concerned.
        """
        run = _Run(Problems(place))
        kind, facts = self._select(subject, data, run.problems)
        instance = Instance(kind or "")
        if kind is not None and facts is not None:
            self._fill(_Here(instance, self.forms[kind], run, 0), facts)
        if run.problems.found:
            run.problems.check()
        return instance

    def _select(self, subject: str | None, data: object, problems: Problems) -> tuple[str | None, Mapping[Any, object] | None]:
        """Which kind of subject, and its facts."""
        if subject is None and data is not None:
            subject = getattr(type(data), "hazardrules_subject", None)
        kind = self._known_subject(subject, problems) if subject is not None else None
        facts = as_mapping(data)
        if facts is None:
            problems.add("", "intake.not_facts", given=shown(data))
            return kind, None
        if len(facts) == 1:
            key, inner = next(iter(facts.items()))
            named = self.find_subject(key)
            if named is not None and (subject is None or (kind is not None and self.find_member(kind, key) is None)):
                if subject is not None and named != kind:
                    problems.add("", "intake.other_subject", given=shown(key), subject=kind)
                    return kind, None
                found = {} if is_blank(inner) else as_mapping(inner)
                if found is None:
                    problems.add(shown(key), "intake.not_facts", given=shown(inner))
                return named, found
        if subject is None:
            if len(self.subjects) == 1:
                return next(iter(self.subjects)), facts
            problems.add("", "intake.no_subject", [("intake.hint.subjects", {"names": listed(self.subjects)})])
        return kind, facts

    def _known_subject(self, subject: str, problems: Problems) -> str | None:
        found = self.find_subject(subject)
        if found is None:
            hints = problems.did_you_mean(subject, self._subject_names.exact) if isinstance(subject, str) else []
            hints = hints or [("intake.hint.subjects", {"names": listed(self.subjects)})]
            problems.add("", "intake.unknown_subject", hints, given=shown(subject))
        return found

    def _fill(self, here: _Here, data: Mapping[Any, object]) -> None:
        """Read the facts and parts of one subject."""
        instance, form, run = here.instance, here.form, here.run
        facts, written, fields, seen = instance.facts, instance.written, form.fields, here.seen
        for key, value in data.items():
            found = fields.get(key)
            if found is None:
                self._by_other_name(here, key, value)
                continue
            name, reader, read = found
            if name in seen:
                run.problems.add(member_path(instance.path, name), "intake.given_twice", given=shown(key))
                continue
            seen.add(name)
            given = value.__class__
            if given is bool and reader is read_bool:
                facts[name], written[name] = TRUE if value else FALSE
                continue
            if given is str or given is float:
                reading = read.get(value)
                if reading is not None:
                    facts[name], written[name] = reading
                    continue
            if value is None or (isinstance(value, str) and value.strip() in BLANK):
                continue
            if reader is None:
                self._read_part(here, form.kind.parts[name], value)
                continue
            try:
                reading = facts[name], written[name] = reader(value)
                is_short = given is float or (given is str and len(value) <= MAX_NAME)  # type: ignore[arg-type]  # a text
                if is_short and len(read) < MAX_REMEMBERED:
                    read[value] = reading
            except Refused as refused:
                if isinstance(value, Mapping) and name in form.groups:
                    seen.discard(name)
                    self._group(here, name, value)
                else:
                    run.problems.refuse(member_path(instance.path, name), refused)

    def _by_other_name(self, here: _Here, key: object, value: object) -> None:
        """Read a name that is not written as declared: in another width or case, a group, or no name at all."""
        problems, path, form = here.run.problems, here.instance.path, here.form
        if problems.is_full:
            return
        if not isinstance(key, str) or is_bad_text(key):
            problems.add(member_path(path, shown(key)), "intake.bad_name", given=shown(key))
            return
        found = form.names.find(key)
        group = key if key in form.groups or len(key) > MAX_NAME else fold(key)
        if found is not None and found in here.seen:
            problems.add(member_path(path, found), "intake.given_twice", given=shown(key))
        elif found is not None:
            self._member(here, found, value)
        elif group in form.groups and isinstance(value, Mapping):
            self._group(here, group, value)
        elif group not in form.groups or not is_blank(value):
            self._unknown(here, key)

    def _member(self, here: _Here, name: str, value: object) -> None:
        """Read one fact or part under its canonical name."""
        here.seen.add(name)
        if is_blank(value):
            return
        reader = here.form.readers[name]
        if reader is None:
            self._read_part(here, here.form.kind.parts[name], value)
            return
        instance = here.instance
        try:
            instance.facts[name], instance.written[name] = reader(value)
        except Refused as refused:
            here.run.problems.refuse(member_path(instance.path, name), refused)

    def _group(self, here: _Here, group: str, inner: Mapping[Any, object]) -> None:
        """Read facts with a dot in their name, submitted nested: `{"lodging": {"fire_separated": true}}`."""
        problems, path, form = here.run.problems, here.instance.path, here.form
        for key, value in inner.items():
            if problems.is_full:
                return
            if not isinstance(key, str) or is_bad_text(key):
                problems.add(member_path(path, f"{group}.{shown(key)}"), "intake.bad_name", given=shown(key))
                continue
            full = f"{group}.{key}"
            name = form.names.find(full)
            if name is None:
                labelled = form.names.find(key)
                name = labelled if labelled is not None and labelled.startswith(f"{group}.") else None
            if full in form.groups and isinstance(value, Mapping):
                self._group(here, full, value)
            elif name is None:
                self._unknown(here, full)
            elif name in here.seen:
                problems.add(member_path(path, name), "intake.given_twice", given=shown(full))
            else:
                self._member(here, name, value)

    def _unknown(self, here: _Here, key: str) -> None:
        """Report a name that is none; unknown names are never dropped."""
        problems, form = here.run.problems, here.form
        path = member_path(here.instance.path, shown(key))
        clash = form.names.clashes(key)
        if clash:
            problems.add(path, "intake.ambiguous_name", [("intake.hint.one_of", {"names": listed(clash)})], given=shown(key))
            return
        hints = self._elsewhere(here, key) or problems.did_you_mean(key, form.names.exact)
        problems.add(path, "intake.unknown_name", hints, given=shown(key), subject=form.kind.id)

    def _elsewhere(self, here: _Here, key: str) -> list[Hint]:
        """Say where a fact belongs, if it is one of a part or of the subject around."""
        for part in here.form.kind.parts.values():
            found = self.find_member(part.of, key)
            if found is not None:
                return [("intake.hint.of_part", {"name": found, "subject": part.of, "part": part.name})]
        owner = here.instance.owner
        if owner is not None and (found := self.find_member(owner.kind, key)) is not None:
            return [("intake.hint.of_owner", {"name": found, "subject": owner.kind})]
        return []

    def _read_part(self, here: _Here, part: PartDeclaration, value: object) -> None:
        """Read the parts under one name."""
        run, instance = here.run, here.instance
        path = member_path(instance.path, part.name)
        items = self._items(part, value, path, run.problems)
        if items is None:
            return
        if here.depth >= MAX_DEPTH:
            run.problems.add(path, "intake.too_deep", limit=MAX_DEPTH)
            return
        run.subjects += len(items)
        if run.subjects > MAX_SUBJECTS:
            run.problems.add(path, "intake.too_many", limit=MAX_SUBJECTS)
            return
        form = self.forms[part.of]
        contained: list[Instance] = []
        for number, item in enumerate(items):
            at = path if part.one else f"{path}[{number}]"
            facts = as_mapping(item)
            if facts is None:
                hints: list[Hint] = [("intake.hint.empty_part", {"empty": "{}"})] if is_blank(item) else []
                run.problems.add(at, "intake.not_part", hints, given=shown(item), subject=part.of)
            else:
                twin = Instance(part.of, at, owner=instance)
                contained.append(twin)
                self._fill(_Here(twin, form, run, here.depth + 1), facts)
            if run.problems.is_full:
                return
        instance.parts[part.name] = contained

    def _items(self, part: PartDeclaration, value: object, path: str, problems: Problems) -> list[object] | None:
        """The parts as a list; None where there is a problem."""
        value = unwrapped(value)
        if isinstance(value, (list, tuple)):
            if len(value) > MAX_ITEMS:
                problems.add(path, "intake.too_many", limit=MAX_ITEMS)
                return None
            if part.one and len(value) > 1:
                problems.add(path, "intake.only_one", count=len(value))
                return None
            return list(value)
        if part.one:
            if as_mapping(value) is not None:
                return [value]
            problems.add(path, "intake.not_part", given=shown(value), subject=part.of)
            return None
        hints: list[Hint] = [("intake.hint.list", {})] if as_mapping(value) is not None else []
        problems.add(path, "intake.not_list", hints, given=shown(value), subject=part.of)
        return None


def is_blank(value: object) -> bool:
    """Whether nobody knows."""
    return value is None or (isinstance(value, str) and value.strip() in BLANK)


def as_mapping(value: object) -> Mapping[Any, object] | None:
    """Facts as a mapping: a mapping itself, or a pydantic model by what was set on it."""
    if value.__class__ is dict or isinstance(value, Mapping):
        return value
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        # the models that this package builds know the names of facts as aliases; other people's aliases are their own
        dumped = dump(exclude_unset=True, by_alias=hasattr(type(value), "hazardrules_subject"))
        return dumped if isinstance(dumped, Mapping) else None
    return None
