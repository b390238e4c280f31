"""`*.analysis.yaml`: why findings, gaps of coverage and mutants nobody notices are as they should be, beside the rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hazardrules.diagnostics import did_you_mean
from hazardrules.syntax.fields import Fields
from hazardrules.syntax.nodes import Mapping, Scalar, Sequence
from hazardrules.syntax.reader import read_file, read_yaml
from hazardrules.verify.findings import BETWEEN, KINDS, Finding, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from collections.abc import Mapping as ByName
    from pathlib import Path

    from hazardrules.diagnostics import Collector
    from hazardrules.model.law import Localized
    from hazardrules.source import Span
    from hazardrules.syntax.nodes import Node

SUFFIX = ".analysis.yaml"
BY_ID = ("uncovered", "unnoticed")
"""What no analysis finds, and is explained by id: obligations of `test --coverage`, mutants of `mutate`."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a finding is as it should be.

    Attributes:
        finding: Its kind, or one of `BY_ID`.
        about: Its parties by name, or by the name of the table that they are rows of; of findings about one thing each it lists several.
        why: The reason, by language.
        places: Of each name in `about`, where it is written.
    """

    finding: str
    about: tuple[str, ...]
    why: Localized
    span: Span
    places: tuple[Span, ...]

    def fits(self, found: Finding) -> set[str]:
        """Its names that a finding is about; empty where it does not fit: between rules, all of them must take part."""
        if found.kind != self.finding:
            return set()
        if found.kind in BETWEEN:
            called = {name for name in self.about if any(party.is_called(name) for party in found.parties)}
            return called if called == set(self.about) else set()
        return {name for name in self.about if found.parties[0].is_called(name)}


@dataclass(frozen=True, slots=True)
class Stale:
    """An id that needs no explanation any more.

    Attributes:
        kind: One of `BY_ID`.
        why: What became of it: `covered`, `killed`, `equivalent`; or `gone`, where the rulebook has no such id.
        case: The case that covers or notices it.
    """

    kind: str
    id: str
    span: Span
    why: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Explanations:
    """What a rulebook says to its analysis, and of what its cases leave out.

    Attributes:
        contraries: Pairs of actions that cannot both be required.
    """

    entries: tuple[Explanation, ...] = ()
    contraries: frozenset[frozenset[str]] = frozenset()

    def of(self, kind: str) -> list[tuple[str, Span, Localized]]:
        """The ids that are explained as one of `BY_ID`, with their places and reasons."""
        return [
            (name, place, entry.why)
            for entry in self.entries if entry.finding == kind
            for name, place in zip(entry.about, entry.places, strict=True)
        ]  # fmt: skip

    def judged(
        self, kind: str, states: ByName[str, tuple[str, str] | None], everything: Callable[[], Collection[str]]
    ) -> tuple[dict[str, Localized], tuple[Stale, ...]]:
        """Compare what is explained with a run over a rulebook or a part of it.

        Args:
            kind: One of `BY_ID`.
            states: For each id of the run None where it is open, else what became of it (`Stale.why`), and the case.
            everything: Asked for all ids of the rulebook, where some are not of the run.

        Returns:
            The reasons of those that are open, and those that are stale.
        """
        reasons: dict[str, Localized] = {}
        stale: list[Stale] = []
        listed = self.of(kind)
        known = everything() if any(name not in states for name, _, _ in listed) else ()
        for name, place, why in listed:
            state = states.get(name)
            if state is not None:
                stale.append(Stale(kind, name, place, *state))
            elif name in states:
                reasons[name] = why
            elif name not in known:
                stale.append(Stale(kind, name, place, "gone"))
        return reasons, tuple(stale)


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
            if isinstance(node, Mapping) and "contrary" in node.entries:
                contraries |= _contrary(fields, node, known)
            else:
                entries += _entry(fields, node)
    return Explanations(tuple(entries), frozenset(contraries))


def _entry(fields: Fields, node: Node) -> list[Explanation]:
    entry = fields.mapping(node, "analysis", ("finding", "about", "why"))
    if entry is None:
        return []
    kind = fields.text(entry.get("finding"), "finding")
    named = [(fields.text(node, "about"), node.span) for node in _listed(fields, entry.get("about"), "about")]
    about = [(name, place) for name, place in named if name]
    if kind is not None and kind not in (*KINDS, *BY_ID):
        hints = did_you_mean(kind, (*KINDS, *BY_ID))
        fields.collector.report(109, entry.get("finding").span, variant="option", text=kind, what="finding", hints=hints)  # type: ignore[union-attr]  # just read
        return []
    why = fields.localized(entry.get("why"), "why")
    if not (kind and about and why):
        return []
    names, places = zip(*about, strict=True)
    return [Explanation(kind, names, why, entry.span, places)]


def _contrary(fields: Fields, entry: Mapping, known: set[str]) -> set[frozenset[str]]:
    fields.mapping(entry, "analysis", ("contrary", "why"))
    fields.localized(entry.get("why"), "why")
    nodes = _listed(fields, entry.get("contrary"), "contrary")
    names = [fields.text(node, "contrary") or "" for node in nodes]
    for node, name in zip(nodes, names, strict=True):
        if name not in known:
            fields.collector.report(209, node.span, name=name, hints=did_you_mean(name, known))
            return set()
    pairs = {frozenset((one, other)) for one in names for other in names if one != other}
    if names and not pairs:
        fields.collector.report(106, nodes[0].span, variant="too_few", what="contrary")
    return pairs


def _listed(fields: Fields, node: Node | None, what: str) -> list[Node]:
    if isinstance(node, Scalar) and not node.is_null:
        return [node]
    found = fields.sequence(node, what)
    if isinstance(node, Sequence) and not found:
        fields.collector.report(110, node.span, what=what)
    return found


def applied(findings: list[Finding], explanations: Explanations) -> list[Finding]:
    """Findings with their explanations, and a finding for each explanation that nothing fits any more."""
    entries = [entry for entry in explanations.entries if entry.finding not in BY_ID]
    used: list[set[str]] = [set() for _ in entries]
    done: list[Finding] = []
    for found in findings:
        because = None
        for number, entry in enumerate(entries):
            names = entry.fits(found)
            if names:
                used[number] |= names
                because = entry.why
        done.append(replace(found, because=because) if because else found)
    for entry, names in zip(entries, used, strict=True):
        left = [name for name in entry.about if name not in names]
        if left:
            args = {"finding": entry.finding, "names": ", ".join(left)}
            done.append(Finding("stale_explanation", (Party(", ".join(left), entry.span),), "", args))
    return done
