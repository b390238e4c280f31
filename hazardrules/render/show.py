"""Entries of a rulebook to read: a rule, a table, a pack, a fact, an instrument, an action, a subject."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hazardrules.model import expressions as ir
from hazardrules.render.labels import Labels
from hazardrules.render.layout import Page
from hazardrules.wording import pick
from hazardrules.written import Written, decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.compiler.plan import Compiled, CompiledAction, CompiledRule
    from hazardrules.model.law import ClauseRef, Effective, Instrument
    from hazardrules.model.rules import ActionDeclaration, Pack
    from hazardrules.model.subjects import FactDeclaration, SubjectKind
    from hazardrules.source import Span

MAX_LISTED = 12


@dataclass(slots=True)
class Card:
    """What is known of one entry, in the order in which it is read.

    Attributes:
        kind: What it is: `rule`, `fact`, …
        name: Its name.
        title: Its label.
        rows: Keys with a text or several.
    """

    kind: str
    name: str
    title: str
    rows: dict[str, str | list[str]] = field(default_factory=dict)

    def add(self, key: str, value: str | Iterable[str] | None) -> None:
        """Add what is not empty."""
        kept = value if isinstance(value, str) or value is None else list(value)
        if kept:
            self.rows[key] = kept

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {"kind": self.kind, "name": self.name, "title": self.title, **self.rows}


def render_card(card: Card, labels: Labels, *, verbose: bool = False) -> Page:
    """Render an entry for people; long lists are cut unless `verbose`."""
    page = Page()
    page.line((card.title, "strong"), (f"  {labels.say(f'show.{card.kind}')} {card.name}", "dim"))
    for key, value in card.rows.items():
        label = labels.say(f"show.{key}")
        if isinstance(value, str):
            page.line((label, "heading"), labels.say("text.colon"), value, indent=2)
            continue
        page.line((label, "heading"), labels.say("text.colon"), indent=2)
        whole = verbose or key in ("when", "applies", "unless") or len(value) <= MAX_LISTED + 1
        shown = value if whole else value[:MAX_LISTED]
        for words in shown:
            depth = len(words) - len(words.lstrip(" "))
            page.line(words.lstrip(" "), indent=4 + depth)
        if len(shown) < len(value):
            page.line((labels.say("text.more", count=len(value) - len(shown)), "dim"), indent=4)
    return page


class Cards:
    """Writes entries of one rulebook in one language."""

    def __init__(self, compiled: Compiled, lang: str) -> None:
        """Bind to a rulebook."""
        self.compiled, self.lang = compiled, lang
        self.source = compiled.source
        self.labels = Labels(self.source, lang)
        self.say = self.labels.say
        self.written = Written()

    # rules

    def rule(self, rule: CompiledRule) -> Card:
        """A rule, or a row of a table."""
        text = pick(rule.text, self.lang)
        card = Card("rule", rule.name, pick(rule.rule.title, self.lang) or text or rule.name)
        card.add("text", text if text != card.title else None)
        self._about(card, rule)
        card.add("applies", self.condition(rule.scope) if rule.scope is not None else None)
        card.add("when", self.condition(rule.when))
        card.add("unless", self._unless(rule))
        card.add("actions", [self._action(action) for action in rule.actions])
        card.add("overrides", rule.overrides)
        card.add("displaced_by", [other.name for other in self.compiled.rules.values() if rule.name in other.overrides])
        card.add("amends", rule.amends)
        card.add("facts", [self._fact_words(rule.on, name) for name in sorted(rule.own_facts)])
        card.add("place", _place(rule.span))
        return card

    def table(self, name: str) -> Card:
        """A decision table: its rows one by one."""
        rows = [rule for rule in self.compiled.rules.values() if rule.table == name]
        first = rows[0]
        text = pick(first.rule.text, self.lang)
        card = Card("table", name, pick(first.rule.title, self.lang) or text or name)
        card.add("text", text if text != card.title else None)
        self._about(card, first, level=False)
        card.add("applies", self.condition(first.scope) if first.scope is not None else None)
        card.add("rows", [self._row(rule) for rule in rows])
        card.add("place", _place(first.rule.span))
        return card

    def _about(self, card: Card, rule: CompiledRule, *, level: bool = True) -> None:
        if level and rule.level is not None:
            scale, step = rule.level
            card.add(
                "level", f"{self.labels.scale(scale)}{self.say('text.colon')}{self.labels.level(scale, step)} ({scale}.{step})"
            )
        card.add("rule_kind", self.say(f"text.rule_kind_{rule.rule.kind}") if rule.rule.kind != "rule" else None)
        card.add("on", f"{self.labels.subject(rule.on)} ({rule.on})")
        card.add("basis", self._basis([*rule.basis, *rule.rule.see]))
        if not rule.rule.verified:
            why = pick(rule.rule.why_unverified, self.lang) if rule.rule.why_unverified else ""
            card.add("unverified", why or self.say("show.not_checked"))
        card.add("effective", self.effective(rule.effective))
        card.add("jurisdiction", f"{self.labels.place(rule.rule.jurisdiction)} ({rule.rule.jurisdiction})")

    def _row(self, rule: CompiledRule) -> str:
        what = [self.labels.level(*rule.level)] if rule.level is not None else []
        what += [self._action(action) for action in rule.actions]
        number = rule.row.number if rule.row is not None else 0
        return f"{number}  {self.written.text(rule.when)} → {'; '.join(what) or '-'}"

    def _unless(self, rule: CompiledRule) -> Iterable[str]:
        for exemption, condition in zip(rule.rule.unless, rule.unless, strict=True):
            head = [pick(exemption.text, self.lang), *self._basis(exemption.basis)]
            yield " · ".join(word for word in head if word)
            for line in self.condition(condition):
                yield f"  {line}"

    def _action(self, action: CompiledAction) -> str:
        use = action.use
        words = [f"{name} {value}" for name, value in use.written.items()]
        for name, (low, high) in action.values.items():
            ends = ["" if end is None else self.written.text(end) for end in (low, high)]
            words.append(f"{name} {ends[0] if ends[0] == ends[1] else '..'.join(ends)}")
        label = pick(self.source.actions[use.action].label, self.lang)
        return f"{label} ({', '.join([use.action, *words])})"

    def condition(self, expr: ir.Expr, depth: int = 0) -> Iterable[str]:
        """A condition as lines, what belongs together indented."""
        blank = "  " * depth
        if isinstance(expr, ir.Junction):
            yield blank + self.say("show.all_of" if expr.op == "and" else "show.any_of")
            for item in expr.items:
                yield from self.condition(item, depth + 1)
        elif isinstance(expr, ir.AtLeast):
            yield blank + self.say("show.at_least_of", count=self.written.text(expr.count))
            for item in expr.items:
                yield from self.condition(item, depth + 1)
        elif isinstance(expr, ir.Not) and isinstance(expr.item, (ir.Junction, ir.AtLeast)):
            yield blank + self.say("show.not")
            yield from self.condition(expr.item, depth + 1)
        else:
            yield blank + self.written.text(expr)

    # law

    def pack(self, pack: Pack) -> Card:
        """A pack."""
        card = Card("pack", pack.name, pick(pack.label, self.lang) or pack.name)
        instrument = self.source.instruments.get(pack.law)
        card.add("law", f"{pick(instrument.title, self.lang)} ({pack.law})" if instrument is not None else pack.law)
        card.add("on", f"{self.labels.subject(pack.on)} ({pack.on})")
        card.add("effective", self.effective(pack.effective))
        card.add("jurisdiction", f"{self.labels.place(pack.jurisdiction)} ({pack.jurisdiction})")
        card.add("rules", [f"{rule.name}  {self._title(rule)}" for rule in pack.rules])
        card.add("derived", [f"{found.name}  {pick(found.label, self.lang)}" for found in pack.derived])
        card.add("not_encoded", [f"{', '.join(found.clauses)}  {pick(found.why, self.lang)}" for found in pack.not_encoded])
        card.add("place", _place(pack.span))
        return card

    def _title(self, rule: Any) -> str:
        return pick(rule.title, self.lang) or pick(rule.text, self.lang)

    def instrument(self, found: Instrument) -> Card:
        """A legal instrument."""
        card = Card("instrument", found.id, pick(found.title, self.lang))
        card.add("number", found.number)
        card.add("issuer", pick(found.issuer, self.lang))
        card.add("issued", found.issued)
        card.add("effective", self.effective(found.effective))
        card.add("jurisdiction", f"{self.labels.place(found.jurisdiction)} ({found.jurisdiction})")
        card.add("supersedes", found.supersedes)
        card.add("text_state", self.say(f"show.text_{found.text}"))
        card.add("notes", pick(found.notes, self.lang))
        card.add(
            "packs",
            [pack.name for pack in self.source.packs.values() if pack.law == found.id or found.id in pack.clauses_encoded],
        )
        card.add("clauses", ", ".join(found.clauses))
        card.add("sources", found.sources)
        card.add("place", _place(found.span))
        return card

    def action(self, found: ActionDeclaration) -> Card:
        """An entry of the catalogue of actions."""
        card = Card("action", found.id, pick(found.label, self.lang))
        card.add("action_kind", self.say(f"text.kind_{found.kind}").strip())
        card.add("by", pick(self.source.duty_holders[found.by].label, self.lang) if found.by else None)
        card.add("authority", pick(self.source.authorities[found.authority].label, self.lang) if found.authority else None)
        card.add("parameters", [f"{name}: {kind}" for name, kind in found.parameters.items()])
        users = [rule.name for rule in self.compiled.rules.values() if any(a.use.action == found.id for a in rule.actions)]
        card.add("used_by", users)
        card.add("place", _place(found.span))
        return card

    # the vocabulary

    def subject(self, kind: SubjectKind) -> Card:
        """A kind of subject."""
        card = Card("subject", kind.id, pick(kind.label, self.lang))
        card.add("facts", [self._fact_words(kind.id, name) for name in kind.facts])
        card.add("parts", [f"{part.name}  {pick(part.label, self.lang)} ({part.of})" for part in kind.parts.values()])
        derived = [found for (on, _), found in self.compiled.derived.items() if on == kind.id]
        card.add("derived", [f"{found.name}  {pick(found.label, self.lang)}" for found in derived])
        packs = sorted({rule.pack for rule in self.compiled.rules.values() if rule.on == kind.id})
        card.add("packs", packs)
        card.add("place", _place(kind.span))
        return card

    def fact(self, kind: str, fact: FactDeclaration) -> Card:
        """A fact of a subject."""
        card = Card("fact", f"{kind}.{fact.name}", pick(fact.label, self.lang) or fact.name)
        card.add("on", f"{self.labels.subject(kind)} ({kind})")
        card.add("type", fact.declared)
        card.add("unit", fact.type.unit.name or (pick(fact.counts, self.lang) if fact.counts else ""))
        card.add("options", [f"{option.id}  {pick(option.label, self.lang)}" for option in fact.options])
        unit = f" {fact.type.unit.name}" if fact.type.unit.name else ""
        card.add("minimum", f"{decimal_text(fact.minimum)}{unit}" if fact.minimum is not None else None)
        card.add("maximum", f"{decimal_text(fact.maximum)}{unit}" if fact.maximum is not None else None)
        card.add("ask", pick(fact.ask, self.lang) if fact.ask else None)
        card.add("compliant", fact.compliant.written if fact.compliant is not None else None)
        card.add("judgement", self.say("show.judgement_yes") if fact.judgement else None)
        users = [rule.name for rule in self.compiled.rules.values() if rule.on == kind and fact.name in rule.own_facts]
        card.add("used_by", users)
        card.add("place", _place(fact.span))
        return card

    def derived(self, kind: str, name: str) -> Card:
        """A derived fact."""
        found = self.compiled.derived[kind, name]
        card = Card("derived_fact", f"{kind}.{name}", pick(found.label, self.lang) or name)
        card.add("on", f"{self.labels.subject(kind)} ({kind})")
        card.add("basis", self._basis(found.basis))
        card.add("is", self.condition(found.expr))
        card.add("place", _place(found.span))
        return card

    def _fact_words(self, kind: str, name: str) -> str:
        fact = self.source.subjects[kind].facts.get(name)
        if fact is None:
            return name
        unit = fact.type.unit.name
        return f"{name}  {pick(fact.label, self.lang)} ({fact.declared}{f', {unit}' if unit else ''})"

    # dates and clauses

    def effective(self, found: Effective) -> str:
        """When something is in force."""
        if found.in_force_by is not None:
            words = self.say("show.in_force_by", day=found.in_force_by.isoformat())
        elif found.start is not None:
            words = self.say("show.from", day=found.start.isoformat())
        else:
            words = self.say("show.from_ever")
        last = found.last_day()
        return words if last is None else words + self.say("show.until", day=last.isoformat())

    def _basis(self, refs: Iterable[ClauseRef]) -> list[str]:
        words = []
        for ref in refs:
            instrument = self.source.instruments.get(ref.law)
            title = pick(instrument.title, self.lang) if instrument is not None else ref.law
            words.append(f"{title} ({ref.law}) {ref.cite or ref.clause}")
        return words


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}"
