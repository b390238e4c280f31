"""`*.analysis.yaml`: why findings are as they should be, beside the rules that they are about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean
from hazardrules.syntax.fields import Fields
from hazardrules.syntax.nodes import Scalar
from hazardrules.syntax.reader import read_file, read_yaml
from hazardrules.verify.findings import BETWEEN, KINDS, Finding, Party

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Localized
    from hazardrules.source import Span
    from hazardrules.syntax.nodes import Mapping, Node

SUFFIX = ".analysis.yaml"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a finding is as it should be.

    Attributes:
        finding: Its kind.
        about: Its parties by name, or by the name of the table that they are rows of; of findings about one thing each it lists several.
        why: The reason, by language.
    """

    finding: str
    about: tuple[str, ...]
    why: Localized
    span: Span

    def fits(self, found: Finding) -> set[str]:
        """Its names that a finding is about; empty where it does not fit: between rules, all of them must take part."""
        if found.kind != self.finding:
            return set()
        if found.kind in BETWEEN:
            called = {name for name in self.about if any(party.is_called(name) for party in found.parties)}
            return called if called == set(self.about) else set()
        return {name for name in self.about if found.parties[0].is_called(name)}


@dataclass(frozen=True, slots=True)
class Explanations:
    """What a rulebook says to an analysis.

    Attributes:
        contraries: Pairs of actions that cannot both be required.
    """

    entries: tuple[Explanation, ...]
    contraries: frozenset[frozenset[str]]


def read_explanations(
    folder: Path, languages: tuple[str, ...], default: str, actions: Iterable[str], collector: Collector
) -> Explanations:
    """Read every `*.analysis.yaml` of a rulebook.

    Args:
        folder: The folder of the rulebook.
        languages: Its languages.
        default: The language of a reason that is not written per language.
        actions: Its catalogue of actions.
        collector: Receives what cannot be read.
    """
    fields = Fields(collector)
    fields.languages, fields.default_language = languages, default
    known = set(actions)
    entries: list[Explanation] = []
    contraries: set[frozenset[str]] = set()
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        name = path.relative_to(folder).as_posix()
        text = read_file(path, name, collector)
        root = read_yaml(text, name, collector) if text is not None else None
        for node in fields.sequence(root, name):
            entry = fields.mapping(node, "analysis", ("why",), ("finding", "about", "contrary"))
            if entry is None:
                continue
            if "contrary" in entry.entries:
                contraries |= _contrary(fields, entry, known)
            else:
                entries += _entry(fields, entry)
    return Explanations(tuple(entries), frozenset(contraries))


def _entry(fields: Fields, entry: Mapping) -> list[Explanation]:
    kind = fields.text(entry.get("finding"), "finding")
    about = tuple(text for text in (fields.text(item, "about") for item in _listed(fields, entry.get("about"))) if text)
    for key in ("finding", "about"):
        if key not in entry.entries:
            fields.collector.report(108, entry.span, key=key, what="analysis")
    if kind is not None and kind not in KINDS:
        hints = did_you_mean(kind, KINDS)
        fields.collector.report(109, entry.get("finding").span, variant="option", text=kind, what="finding", hints=hints)  # type: ignore[union-attr]  # just read
        return []
    why = fields.localized(entry.get("why"), "why")
    return [Explanation(kind, about, why, entry.span)] if kind and about and why else []


def _contrary(fields: Fields, entry: Mapping, known: set[str]) -> set[frozenset[str]]:
    nodes = _listed(fields, entry.get("contrary"))
    names = [fields.text(node, "contrary") or "" for node in nodes]
    for node, name in zip(nodes, names, strict=True):
        if name not in known:
            fields.collector.report(209, node.span, name=name, hints=did_you_mean(name, known))
            return set()
    return {frozenset((one, other)) for one in names for other in names if one != other}


def _listed(fields: Fields, node: Node | None) -> list[Node]:
    return [node] if isinstance(node, Scalar) and not node.is_null else fields.sequence(node, "about")


def applied(findings: list[Finding], explanations: Explanations) -> list[Finding]:
    """Findings with their explanations, and a finding for each explanation that nothing fits any more."""
    used: list[set[str]] = [set() for _ in explanations.entries]
    done: list[Finding] = []
    for found in findings:
        because = None
        for number, entry in enumerate(explanations.entries):
            names = entry.fits(found)
            if names:
                used[number] |= names
                because = entry.why
        done.append(replace(found, because=because) if because else found)
    for entry, names in zip(explanations.entries, used, strict=True):
        left = [name for name in entry.about if name not in names]
        if left:
            args = {"finding": entry.finding, "names": ", ".join(left)}
            done.append(Finding("stale_explanation", (Party(", ".join(left), entry.span),), "", args))
    return done
