"""Found cases as text for a file of cases: ready to run, and marked as to be confirmed by a person."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hazardrules.coverage.spoken import STATES
from hazardrules.coverage.terminal import what_words
from hazardrules.intake import Case
from hazardrules.written import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hazardrules.api import Rulebook
    from hazardrules.coverage.finder import Finder, Found
    from hazardrules.model.instances import Instance
    from hazardrules.render.labels import Labels

_COLUMNS = ("holds", "fails", "undetermined", "displaced", "not_in_force")
_TAKEN = {*STATES, "as_of", "jurisdiction", "level", "complete", "name"}


class Writer:
    """Writes found cases."""

    def __init__(self, book: Rulebook, finder: Finder, labels: Labels) -> None:
        """Bind to a rulebook and a language."""
        self.book, self.finder, self.labels = book, finder, labels
        self.source = book.compiled.source

    def packs(self, found: Iterable[Found]) -> dict[str, str]:
        """The stubs of each pack as text."""
        by_pack: dict[str, list[Found]] = defaultdict(list)
        for item in found:
            by_pack[item.item.pack].append(item)
        return {pack: self.text(pack, items) for pack, items in by_pack.items()}

    def text(self, pack: str, found: Iterable[Found]) -> str:
        """The stubs of a pack; those of one rule, day and place are one case with rows."""
        groups: dict[tuple[object, ...], list[Found]] = defaultdict(list)
        for number, item in enumerate(found):
            rule = item.rule.name if item.rule is not None else None
            alone = item.findings or rule is None or not self._fits_a_row(item.draft.root)
            key = (rule, item.draft.as_of, item.draft.place, item.draft.root.kind, number if alone else "rows")
            groups[key].append(item)
        lines = [f"# {self.labels.say('stubs.comment')}"]
        for items in groups.values():
            lines += self._rows(pack, items) if len(items) > 1 else self._case(pack, items[0])
        return "\n".join(lines) + "\n"

    def _head(self, pack: str, item: Found, purpose: str) -> list[str]:
        name = self.labels.say("stubs.mark")
        about = self._short(item.rule.name, pack) if item.rule is not None else item.item.home.partition(" ")[2]
        words = f"{name} {about}{self.labels.say('exercise.colon')}{purpose}" if purpose else f"{name} {about}"
        lines = [f"- name: {quoted(words)}", f"  as_of: {item.draft.as_of.isoformat()}"]
        if item.draft.place is not None:
            lines.append(f"  jurisdiction: {item.draft.place}")
        return lines

    def _case(self, pack: str, item: Found) -> list[str]:
        root = item.draft.root
        lines = self._head(pack, item, self.purpose(item))
        lines.append(f"  {root.kind}: {flow(self.data(root))}")
        return [*lines, "  expect:", *(f"    {key}: {text}" for key, text in self._expected(pack, item))]

    def _rows(self, pack: str, items: list[Found]) -> list[str]:
        first = items[0]
        told = [self.data(item.draft.root) for item in items]
        shared = {name: value for name, value in told[0].items() if all(other.get(name) == value for other in told)}
        columns = [name for name in dict.fromkeys(name for facts in told for name in facts) if name not in shared]
        states = [self._states(item) for item in items]
        used = [state for state in _COLUMNS if any(state in found for found in states)]
        table = [["name", *columns, *used]]
        for item, facts, found in zip(items, told, states, strict=True):
            short = self._short(item.rule.name, pack) if item.rule is not None else ""
            cells = [cell(facts[name]) if name in facts else "-" for name in columns]
            table.append([self.purpose(item).replace("|", "/"), *cells, *(short if state in found else "-" for state in used)])
        lines = self._head(pack, first, "")
        lines.append(f"  {first.draft.root.kind}: {flow(shared)}")
        return [*lines, "  rows: |", *(f"    {' | '.join(row)}" for row in table)]

    def _states(self, item: Found) -> set[str]:
        return self.finder.judge.states(item.draft, item.rule) if item.rule is not None else set()

    def _expected(self, pack: str, item: Found) -> Iterable[tuple[str, str]]:
        if item.rule is None:
            name = item.item.home.rpartition(".")[2]
            yield "derived", flow({name: self._derived(item, name)})
        elif item.findings:
            yield "findings", "".join(f"\n      - {flow(entry)}" for entry in self._findings(pack, item))
        else:
            for state in sorted(self._states(item)):
                yield state, f"[{self._short(item.rule.name, pack)}]"

    def _findings(self, pack: str, item: Found) -> list[dict[str, Any]]:
        """What the engine finds in the pack."""
        root = item.draft.root
        case = Case(root.kind, self.data(root), item.draft.as_of, item.draft.place)
        inquiry = self.book.inquire(case, packs=[pack])
        answer = inquiry.classification()
        entries = []
        for finding in answer.findings:
            entry: dict[str, Any] = {"rule": self._short(finding.rule, pack)}
            if finding.level is not None:
                entry["level"] = finding.level
            named = [action.action for action in answer.actions if finding.rule in action.rules]
            if named:
                entry["actions"] = list(dict.fromkeys(named))
            entries.append(entry)
        return entries

    def _derived(self, item: Found, name: str) -> Any:
        from hazardrules.engines.reference import Evaluator  # noqa: PLC0415 - for this rare case

        plan = self.book.compiled.in_force(item.draft.as_of, item.draft.place)
        value = Evaluator(plan, item.draft.root, item.draft.as_of).derived(item.draft.root, name)
        unit = self.book.compiled.derived[item.draft.root.kind, name].expr.type.unit.name
        return written(value, unit)

    def purpose(self, item: Found) -> str:
        """What a stub is for."""
        what = what_words(item.item, self.labels)
        text = item.item.text if item.item.group in ("condition", "threshold", "exception", "date") else ""
        return f"{text}{self.labels.say('exercise.colon')}{what}" if text else what

    def data(self, instance: Instance) -> dict[str, Any]:
        """The facts of a subject as a case states them."""
        kind = self.source.subjects[instance.kind]
        facts = {name: written(value, kind.facts[name].type.unit.name) for name, value in sorted(instance.facts.items())}
        for name, parts in instance.parts.items():
            if parts is not None:
                told = [self.data(part) for part in parts]
                facts[name] = told[0] if kind.parts[name].one and told else told
        return facts

    def _fits_a_row(self, root: Instance) -> bool:
        texts = [written(value, "") for value in root.facts.values()]
        return (
            not root.parts
            and not (_TAKEN | set(self.source.scales)) & set(root.facts)
            and not any(isinstance(text, str) and ("|" in text or text == "-") for text in texts)
        )

    @staticmethod
    def _short(name: str, pack: str) -> str:
        return name.removeprefix(f"{pack}.")


def written(value: Any, unit: str) -> Any:
    """A value as a case states it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Fraction)):
        return f"{decimal_text(value)} {unit}".rstrip()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if not value.second else "seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def flow(value: Any) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {flow(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    text = str(value)
    return text if _is_plain(text) else quoted(text)


def cell(value: Any) -> str:
    """A value in a table."""
    if isinstance(value, list):
        return "[]" if not value else value[0] if len(value) == 1 else f"{{{', '.join(value)}}}"
    return str(value)


def quoted(text: str) -> str:
    """A text in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _is_plain(text: str) -> bool:
    """Whether YAML reads a text in a flow list as it stands."""
    return (
        bool(text)
        and text[0] not in "[]{}!&*#|>@`\"'%,?:- "
        and not any(mark in text for mark in (", ", ": ", " #", "{", "}", "[", "]", ","))
        and not text.endswith(":")
    )


def merged(before: str, stubs: Mapping[str, str] | str) -> str:
    """A file of cases with stubs after what it holds."""
    text = stubs if isinstance(stubs, str) else "".join(stubs.values())
    return f"{before.rstrip(chr(10))}\n{text}" if before.strip() else text
