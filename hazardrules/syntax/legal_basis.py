"""Nodes -> clauses, levels and roles: everything in a pack that refers to what is declared outside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean, suggest
from hazardrules.model.law import ClauseRef, Effective
from hazardrules.syntax.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from hazardrules.model.law import Instrument
    from hazardrules.source import Span
    from hazardrules.syntax.load_declarations import DeclarationLoader

ALWAYS = Effective()
BASIS_KEYS = ("clause", "law", "cite")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a pack gives to everything in it.

    Attributes:
        law: The id of its instrument; empty where it names none that can be read.
        used: Instrument -> clause -> where the pack first uses it.
    """

    pack: str
    law: str
    on: str
    scale: str | None
    jurisdiction: str
    effective: Effective
    used: dict[str, dict[str, Span]] = field(default_factory=dict)


class LawReader:
    """Reads references to instruments, clauses, levels and jurisdictions."""

    def __init__(self, declarations: DeclarationLoader) -> None:
        """Keep what references are looked up in."""
        self.declarations = declarations
        self.fields = declarations.fields
        self.collector = declarations.collector

    def instrument(self, law: str) -> Instrument | None:
        """The instrument of an id, where it is declared."""
        return self.declarations.found.instruments.get(law)

    def law(self, node: Node | None, default: str) -> str:
        """The id of an instrument; HR401 where nobody declared it."""
        scalar = self.fields.scalar(node, "law")
        if scalar is None:
            return default
        if self.instrument(scalar.text) is None:
            hints = did_you_mean(scalar.text, self.declarations.found.instruments)
            self.collector.report(401, scalar.span, name=scalar.text, hints=hints)
        return scalar.text

    def basis(self, entry: Mapping, scope: Scope) -> tuple[ClauseRef, ...]:
        """`clause` (one or a list), `law` and `cite` of an entry, and note them as used."""
        law = self.law(entry.get("law"), scope.law)
        clauses = self.fields.texts(entry.get("clause"), "clause")
        cites = self._cites(entry.get("cite"), len(clauses))
        if len(clauses) == 1:  # a key of the research such as "35-36" may be printed as several clauses
            clauses = clauses * len(cites)
        return tuple(
            self._clause(law, clause.text.strip(), clause.span, cite, scope) for clause, cite in zip(clauses, cites, strict=True)
        )

    def _cites(self, node: Node | None, count: int) -> list[str | None]:
        if node is None:
            return [None] * count
        cites = [scalar.text.strip() for scalar in self.fields.texts(node, "cite")]
        if not isinstance(node, Sequence):
            return [cites[0] if cites else None] * count
        if len(cites) != count and not (count == 1 and cites):
            self.collector.report(109, node.span, variant="cite", expected=count, found=len(cites))
            return [None] * count
        return list(cites)

    def see(self, node: Node | None, scope: Scope) -> tuple[ClauseRef, ...]:
        """Further legal bases."""
        found: list[ClauseRef] = []
        for item in self.fields.sequence(node, "see"):
            entry = self.fields.mapping(item, "see", ("clause",), ("law", "cite"))
            if entry is not None:
                found.extend(self.basis(entry, scope))
        return tuple(found)

    def clauses_in(self, scalar: Scalar, start: int, end: int, scope: Scope) -> tuple[ClauseRef, ...]:
        """The clauses of a table cell: one, or several with commas between; `-` for none."""
        text = scalar.text[start:end]
        if text == "-":
            return ()
        instrument = self.instrument(scope.law)
        pieces = [text] if instrument is not None and text in instrument.clauses else text.replace("，", ",").split(",")
        found: list[ClauseRef] = []
        at = start
        for piece in pieces:
            left = at + len(piece) - len(piece.lstrip())
            clause = piece.strip()
            if clause:
                found.append(self._clause(scope.law, clause, scalar.part(left, left + len(clause)), None, scope))
            at += len(piece) + 1
        return tuple(found)

    def known_clause(self, law: str, clause: str, span: Span) -> None:
        """HR402 where the instrument has no such clause."""
        instrument = self.instrument(law)
        if instrument is not None and clause not in instrument.clauses:
            hints = did_you_mean(clause, instrument.clauses)
            self.collector.report(402, span, clause=clause, law=law, hints=hints)

    def _clause(self, law: str, clause: str, span: Span, cite: str | None, scope: Scope) -> ClauseRef:
        self.known_clause(law, clause, span)
        if law:
            scope.used.setdefault(law, {}).setdefault(clause, span)
        return ClauseRef(law, clause, cite, span)

    def level(self, text: str, span: Span, scale: str | None) -> tuple[str, str] | None:
        """`step` on a scale, or `scale.step`; HR208 where there is none."""
        scales = self.declarations.found.scales
        name, dot, step = text.partition(".")
        if not dot:
            if scale is None:
                self.collector.report(208, span, variant="no_scale", name=text)
                return None
            name, step = scale, text
        if name not in scales:
            if dot:
                self.collector.report(208, span, variant="scale", name=name, hints=did_you_mean(name, scales))
            return None
        if step not in scales[name].index:
            steps = list(scales[name].index)
            hints = did_you_mean(step, steps) or [("hint.options", {"names": ", ".join(steps)})]
            self.collector.report(208, span, name=step, scale=name, hints=hints)
            return None
        return name, step

    def scale(self, node: Node | None) -> str | None:
        """The id of a declared scale."""
        scalar = self.fields.scalar(node, "scale")
        if scalar is None:
            return None
        scales = self.declarations.found.scales
        if scalar.text not in scales:
            hints = did_you_mean(scalar.text, scales) or [("hint.options", {"names": ", ".join(scales)})]
            self.collector.report(208, scalar.span, variant="scale", name=scalar.text, hints=hints)
        return scalar.text

    def subject(self, node: Node | None, default: str) -> str:
        """The id of a kind of subject; HR207 where nobody declared it."""
        scalar = self.fields.scalar(node, "on")
        if scalar is None:
            return default
        subjects = self.declarations.found.subjects
        if scalar.text not in subjects:
            self.collector.report(207, scalar.span, name=scalar.text, hints=suggest(scalar.text, subjects))
        return scalar.text

    def dates(self, entry: Mapping, scope: Scope) -> Effective:
        """An entry's own dates, else those of the law it names itself, else those of its pack."""
        own = self.fields.effective(entry.get("effective"))
        if own is not None:
            return own
        instrument = self._own_law(entry)
        return instrument.effective if instrument is not None else scope.effective

    def place(self, entry: Mapping, scope: Scope) -> str:
        """An entry's own jurisdiction, else that of the law it names itself, else that of its pack."""
        own = self.declarations.jurisdiction(entry.get("jurisdiction"))
        if own is not None:
            return own
        instrument = self._own_law(entry)
        return instrument.jurisdiction if instrument is not None else scope.jurisdiction

    def _own_law(self, entry: Mapping) -> Instrument | None:
        node = entry.get("law")
        return self.instrument(node.text) if isinstance(node, Scalar) else None
