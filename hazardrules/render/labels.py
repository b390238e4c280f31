"""Names of a rulebook as people read them: labels instead of ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hazardrules.model.law import ancestry
from hazardrules.wording import pick, say

if TYPE_CHECKING:
    from hazardrules.model.law import Level
    from hazardrules.model.results import Amount, Basis, RoleRef
    from hazardrules.model.rulebook import RulebookSource

_REMARK = re.compile(r"\s*[（(][^（()）]*[)）]")
_SPACE = {"zh": "", "en": " "}
_MONTHS_OF_A_YEAR = 12


class Labels:
    """Words the names of one rulebook in one language."""

    def __init__(self, source: RulebookSource, lang: str) -> None:
        """Bind to a rulebook."""
        self.source, self.lang = source, lang

    def say(self, key: str, **args: object) -> str:
        """Word a phrase."""
        return say(self.lang, key, args)

    def join(self, words: list[str], *, limit: int = 0) -> str:
        """A list in words; where it is longer than the limit, its rest is counted."""
        shown = words if not limit or len(words) <= limit else words[:limit]
        text = self.say("text.and_comma").join(shown)
        return text if len(shown) == len(words) else self.say("text.and_more", list=text, count=len(words) - limit)

    # subjects and facts

    def subject(self, kind: str) -> str:
        """A kind of subject."""
        found = self.source.subjects.get(kind)
        return (pick(found.label, self.lang) or kind) if found is not None else kind

    def path(self, root: str, path: str) -> str:
        """A path into a case, every step by its label: `vehicles[2].gross_mass` → `vehicle 2: gross mass`.

        Args:
            root: The kind of the subject that the path starts from.
            path: The path; empty for the subject itself.
        """
        if not path:
            return self.subject(root)
        words: list[str] = []
        around = [root]
        rest = path
        while rest:
            kind = self.source.subjects.get(around[-1])
            if kind is None:
                words.append(rest)
                break
            if rest in kind.facts:
                words.append(pick(kind.facts[rest].label, self.lang) or rest)
                break
            if rest.startswith("owner.") and len(around) > 1:
                around.pop()
                words = words[:-1]
                rest = rest.removeprefix("owner.")
                continue
            step = self._part(around[-1], rest)
            if step is None:
                words.append(self._derived(around[-1], rest))
                break
            name, index, rest = step
            part = kind.parts[name]
            label = pick(part.label, self.lang) or name
            words.append(self.say("text.part", label=label, index=index) if index else label)
            around.append(part.of)
        return self.say("text.of_part").join(words)

    def _part(self, kind: str, path: str) -> tuple[str, str, str] | None:
        """The part that a path begins with, its number, and the rest of the path."""
        parts = self.source.subjects[kind].parts
        for name in sorted(parts, key=len, reverse=True):
            if path == name:
                return name, "", ""
            if path.startswith(f"{name}."):
                return name, "", path[len(name) + 1 :]
            if path.startswith(f"{name}["):
                index, bracket, rest = path[len(name) + 1 :].partition("]")
                if bracket and index.isdigit():
                    return name, index, rest.removeprefix(".")
        return None

    def _derived(self, kind: str, name: str) -> str:
        """A derived fact by its label, or the name as it stands."""
        for pack in self.source.packs.values():
            for derived in pack.derived:
                if derived.on == kind and derived.name == name:
                    return pick(derived.label, self.lang) or name
        return name

    def value(self, root: str, path: str, value: str) -> str:
        """The written value of a fact: options by their labels, truth as yes and no."""
        kind, name = root, path
        while (step := self._part(kind, name)) is not None and name not in self.source.subjects[kind].facts:
            kind, name = self.source.subjects[kind].parts[step[0]].of, step[2]
        fact = self.source.subjects[kind].facts.get(name)
        if value in ("true", "false"):
            return self.say(f"text.{value}")
        if value == "[]":
            return self.say("text.no_parts")
        if fact is None:
            return value
        options = {option.id: pick(option.label, self.lang) or option.id for option in fact.options}
        if options:
            return self.join([options.get(word, word) for word in value.split(", ")])
        unit = fact.type.unit.name
        return f"{value} {unit}" if unit and value.replace(".", "", 1).lstrip("-").isdigit() else value

    # levels, packs, places, roles

    def scale(self, scale: str) -> str:
        """A scale."""
        return pick(self.source.scales[scale].label, self.lang) or scale

    def level(self, scale: str, level: str) -> str:
        """A step of a scale."""
        return pick(self.step(scale, level).label, self.lang) or level

    def step(self, scale: str, level: str) -> Level:
        """A step of a scale with its severity."""
        found = self.source.scales[scale]
        return found.levels[found.step(level)]

    def pack(self, name: str) -> str:
        """A pack."""
        found = self.source.packs.get(name)
        return (pick(found.label, self.lang) or name) if found is not None else name

    def place(self, jurisdiction: str) -> str:
        """A place with what is around it."""
        chain = reversed(ancestry(self.source.jurisdictions, jurisdiction))
        names = [pick(self.source.jurisdictions[place].label, self.lang) or place for place in chain]
        return _SPACE[self.lang].join(names) if self.lang == "zh" else ", ".join(reversed(names))

    def role(self, role: RoleRef) -> str:
        """A duty holder or an authority, with whoever holds the role."""
        if not role.holder:
            return role.title
        key = "text.role_held" if role.verified else "text.role_perhaps_held"
        return self.say(key, role=role.title, holder=role.holder)

    # law

    def basis(self, basis: Basis, *, numbered: bool = True) -> str:
        """A clause as lawyers cite it: 《title》 number clause; remarks in brackets after the number are left out."""
        number = _REMARK.sub("", basis.number) if numbered else ""
        key = "text.basis" if number and number not in basis.title else "text.basis_unnumbered"
        words = {"title": basis.title.strip("《》"), "clause": basis.clause}
        text = self.say(key, **words, number=number) if key == "text.basis" else self.say(key, **words)
        return text if basis.verified else f"{text}{self.say('text.unverified')}"

    def bases(self, bases: list[Basis], *, numbered: bool = True) -> str:
        """Several clauses; those of one instrument under one title."""
        merged: dict[str, tuple[Basis, list[str]]] = {}
        for basis in bases:
            merged.setdefault(basis.instrument, (basis, []))[1].append(basis.clause)
        comma = self.say("text.and_comma")
        cited = [basis.model_copy(update={"clause": comma.join(dict.fromkeys(clauses))}) for basis, clauses in merged.values()]
        return self.say("text.and_semicolon").join(self.basis(basis, numbered=numbered) for basis in cited)

    def rule(self, name: str) -> str:
        """A rule or a row of a table by its title, or else by its name."""
        for pack in self.source.packs.values():
            if name.startswith(f"{pack.name}."):
                for rule in pack.rules:
                    if rule.name == name or table_of(name) == rule.name:
                        return pick(rule.title, self.lang) or pick(rule.text, self.lang) or name
        return name

    # dates and amounts

    def deadline(self, within: str) -> str:
        """A deadline as it is said."""
        from hazardrules.model.scalars import read_date, read_span  # noqa: PLC0415 - needed where there are deadlines

        if within in ("immediately", "立即"):
            return self.say("text.immediately")
        if read_date(within) is not None:
            return self.say("text.until_day", day=within)
        span = read_span(within)
        if span is None:
            return self.say("text.within", span=within)
        years, months = divmod(span.months, _MONTHS_OF_A_YEAR)
        counts = {"years": years, "months": months, "days": span.days, "working_days": span.working_days}
        words = [self._count(unit, count) for unit, count in counts.items() if count]
        return self.say("text.within", span=_SPACE[self.lang].join(words) or within)

    def _count(self, unit: str, count: int) -> str:
        return self.say(f"text.one_{unit}") if count == 1 else self.say(f"text.{unit}", count=count)

    def amount(self, amount: Amount) -> str:
        """A number or a range, with its unit."""
        unit = self.say("text.yuan") if amount.unit in ("CNY", "元") else f" {amount.unit}".rstrip()
        if amount.low == amount.high and amount.low is not None:
            return f"{amount.low}{unit}"
        if amount.low is not None and amount.high is not None:
            return self.say("text.range", low=amount.low, high=amount.high, unit=unit)
        if amount.low is not None:
            return self.say("text.at_least_amount", low=amount.low, unit=unit)
        if amount.high is not None:
            return self.say("text.at_most_amount", high=amount.high, unit=unit)
        return self.say("text.amount_open")


def table_of(rule: str) -> str | None:
    """The decision table of a rule that is one of its rows."""
    head, _, tail = rule.rpartition(".")
    return head if tail.isdigit() and head else None
