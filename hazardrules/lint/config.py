"""`lint.yaml`: which findings a rulebook leaves standing, where, and why."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hazardrules.diagnostics import CODES, did_you_mean
from hazardrules.syntax.fields import Fields
from hazardrules.syntax.loader import LINT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hazardrules.diagnostics import Collector, Diagnostic
    from hazardrules.lint.material import Material
    from hazardrules.model.law import Localized
    from hazardrules.source import Span
    from hazardrules.syntax.nodes import Node


@dataclass(frozen=True, slots=True)
class LeftStanding:
    """Findings of one code that are left standing.

    Attributes:
        within: Patterns of files or packs; empty for everywhere.
        names: Patterns of the names that findings are about; empty for all.
        why: The reason.
    """

    number: int
    within: tuple[str, ...]
    names: tuple[str, ...]
    why: Localized
    span: Span

    def covers(self, found: Diagnostic, pack: str) -> bool:
        """Whether a finding is left standing."""
        if found.code.number != self.number:
            return False
        places = (found.span.file, *([pack] if pack else []))
        if self.within and not any(fnmatchcase(place, one) for place in places for one in self.within):
            return False
        return not self.names or any(fnmatchcase(found.args.get("name", ""), one) for one in self.names)


def read_exceptions(material: Material, findings: Collector) -> list[LeftStanding]:
    """The exceptions that `lint.yaml` makes; what is wrong with it is a finding itself."""
    root = material.roots.get(LINT)
    fields = Fields(findings)
    fields.languages, fields.default_language = material.source.languages, material.source.default_language
    entry = fields.mapping(root, LINT, ("off",))
    found: list[LeftStanding] = []
    for item in fields.sequence(entry.get("off"), "off") if entry is not None else ():
        found += _exceptions(item, fields)
    return found


def _exceptions(node: Node, fields: Fields) -> Iterable[LeftStanding]:
    entry = fields.mapping(node, "off", ("code", "why"), ("in", "names"))
    if entry is None:
        return
    within = tuple(one.text.strip() for one in fields.texts(entry.get("in"), "in"))
    names = tuple(one.text.strip() for one in fields.texts(entry.get("names"), "names"))
    why = fields.localized(entry.get("why"), "why")
    known = {str(code): code.number for code in CODES.values() if code.tool == "lint"}
    for scalar in fields.texts(entry.get("code"), "code"):
        number = known.get(scalar.text.strip())
        if number is None:
            fields.collector.report(590, scalar.span, name=scalar.text, hints=did_you_mean(scalar.text, known))
        elif why:
            yield LeftStanding(number, within, names, why, scalar.span)
