"""One page per sector of a rulebook: its instruments with their dates, clause by clause the rules, the facts they need.

A sector is a folder of packs. The pages are Markdown; `hazardrules coverage --pages` writes them.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hazardrules.wording import pick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Compiled
    from hazardrules.model.law import ClauseRef, Effective, Instrument, NotEncoded
    from hazardrules.model.rules import Pack, Rule
    from hazardrules.render.labels import Labels

INDEX = "README.md"


def law_pages(compiled: Compiled, labels: Labels) -> dict[str, str]:
    """The pages of a rulebook.

    Returns:
        Markdown by file name: `<sector>.md` for each folder of packs, and an index.
    """
    sectors: dict[str, list[Pack]] = {}
    for pack in compiled.source.packs.values():
        sectors.setdefault(PurePosixPath(pack.file).parts[-2] if "/" in pack.file else "rules", []).append(pack)
    pages = {f"{sector}.md": _Sector(compiled, labels, sector, packs).page() for sector, packs in sorted(sectors.items())}
    heads = ("sector", "instruments", "rules", "unverified")
    rows = [_row(labels.say(f"lawpages.{head}") for head in heads), _row("---" for _ in heads)]
    for sector, packs in sorted(sectors.items()):
        rules = [rule for pack in packs for rule in pack.rules]
        laws = {law for pack in packs for law in _laws(pack)}
        counts = (len(laws), len(rules), sum(not rule.verified for rule in rules))
        rows.append(_row((f"[{sector}]({sector}.md)", *map(str, counts))))
    title = pick(compiled.source.label, labels.lang)
    return {INDEX: "\n".join([f"# {title}", "", labels.say("lawpages.intro"), "", *rows, ""]), **pages}


class _Sector:
    """Writes the page of one sector."""

    def __init__(self, compiled: Compiled, labels: Labels, name: str, packs: list[Pack]) -> None:
        self.compiled, self.labels, self.name, self.packs = compiled, labels, name, packs

    def page(self) -> str:
        """The whole page."""
        lines = [f"# {self.name}", ""]
        for law in sorted({law for pack in self.packs for law in _laws(pack)}):
            instrument = self.compiled.source.instruments.get(law)
            if instrument is not None:
                lines += self._instrument(instrument)
        lines += self._facts()
        return "\n".join(lines).rstrip("\n") + "\n"

    def _instrument(self, instrument: Instrument) -> list[str]:
        lines = [f"## {pick(instrument.title, self.labels.lang)}", "", f"`{instrument.id}`", ""]
        about = {
            "number": instrument.number,
            "issuer": pick(instrument.issuer, self.labels.lang),
            "place": self.labels.place(instrument.jurisdiction),
            "force": self._force(instrument.effective),
            "supersedes": ", ".join(f"`{law}`" for law in instrument.supersedes),
            "text": self.labels.say(f"lawpages.text_{instrument.text}"),
        }
        colon = self.labels.say("lawpages.colon")
        lines += [f"- {self.labels.say(f'lawpages.{key}')}{colon}{value}" for key, value in about.items() if value]
        rules = [rule for pack in self.packs for rule in pack.rules if any(ref.law == instrument.id for ref in _bases(rule))]
        if rules:
            heads = ("clause", "rule", "says", "level", "subject")
            lines += ["", _row(self.labels.say(f"lawpages.{head}") for head in heads), _row("---" for _ in heads)]
            lines += [self._rule(rule, instrument) for rule in rules]
        notes = [entry for pack in self.packs for entry in pack.not_encoded if entry.law == instrument.id]
        if notes:
            lines += ["", f"### {self.labels.say('lawpages.not_encoded')}", ""]
            lines += [self._not_encoded(entry) for entry in notes]
        return [*lines, ""]

    def _rule(self, rule: Rule, instrument: Instrument) -> str:
        labels = self.labels
        clauses = dict.fromkeys(ref.cite or ref.clause for ref in _bases(rule) if ref.law == instrument.id)
        says = pick(rule.title, labels.lang) or pick(rule.text, labels.lang) or ""
        if rule.table is not None:
            says = f"{says} ({labels.say('lawpages.rows', count=len(rule.table.rows))})".strip()
        if rule.effective != instrument.effective:
            says = f"{says} — {self._force(rule.effective)}".strip()
        if not rule.verified:
            says = f"{says} {labels.say('text.unverified')}".strip()
        level = f"{labels.scale(rule.level[0])}: {labels.level(*rule.level)}" if rule.level else ""
        return _row((", ".join(clauses), f"`{rule.name}`", says, level, labels.subject(rule.on)))

    def _not_encoded(self, entry: NotEncoded) -> str:
        return f"- {', '.join(entry.clauses)}{self.labels.say('lawpages.colon')}{pick(entry.why, self.labels.lang)}"

    def _force(self, effective: Effective) -> str:
        say = self.labels.say
        if effective.in_force_by is not None:
            begins = say("lawpages.in_force_by", day=effective.in_force_by)
        else:
            begins = say("lawpages.since", day=effective.start) if effective.start is not None else ""
        ends = say("lawpages.until", day=effective.until) if effective.until is not None else ""
        return say("text.and_comma").join(word for word in (begins, ends) if word)

    def _facts(self) -> list[str]:
        """What must be known, by kind of subject: the facts that the sector's rules read."""
        names = {pack.name for pack in self.packs}
        read: dict[str, set[str]] = {}
        for rule in self.compiled.rules.values():
            if rule.pack in names:
                read.setdefault(rule.on, set()).update(rule.own_facts)
        lines = [f"## {self.labels.say('lawpages.facts')}", ""]
        for kind, facts in sorted(read.items()):
            declared = self.compiled.source.subjects[kind].facts
            shown = sorted(f"{pick(declared[name].label, self.labels.lang)} `{name}`" for name in facts if name in declared)
            if shown:
                lines += [f"### {self.labels.subject(kind)} `{kind}`", "", *(f"- {fact}" for fact in shown), ""]
        return lines


def _laws(pack: Pack) -> set[str]:
    """The instruments whose clauses a pack encodes or explains."""
    return {*pack.clauses_encoded, *(entry.law for entry in pack.not_encoded)}


def _bases(rule: Rule) -> tuple[ClauseRef, ...]:
    """The clauses of a rule and of the rows of its table."""
    rows = rule.table.rows if rule.table is not None else ()
    return (*rule.basis, *(ref for row in rows for ref in row.basis))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
