"""What a table says of its rows beside what `classify` says of each: shared by the tests of the columnar engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hazardrules
from hazardrules.columnar.answers import SIDES

if TYPE_CHECKING:
    from hazardrules.columnar.result import TableResult


def answers(result: TableResult) -> dict[int, dict[str, Any]]:
    """What a table says, by number of the row."""
    found: dict[int, dict[str, Any]] = {}
    for row in result.table.to_pylist():
        levels = {}
        for scale in result.scales:
            sides = {side: row[f"{scale}.{side}"] for side in SIDES}
            if sides["at_least"] is not None:
                levels[scale] = sides
        found[row["row"]] = {
            "levels": levels,
            "findings": row["findings"],
            "undetermined": row["undetermined"],
            "actions": row["actions"],
            "at": [],
        }
    for row in result.findings.to_pylist():
        found[row["row"]]["at"].append((row["rule"], row["subject"]))
    for answer in found.values():
        answer["at"].sort()
    return found


def answer_of(case: hazardrules.Classification) -> dict[str, Any]:
    """What `classify` says, in the same form."""
    return {
        "levels": {scale: {side: getattr(found, side) for side in SIDES} for scale, found in case.levels.items()},
        "findings": list(dict.fromkeys(finding.rule for finding in case.findings)),
        "undetermined": list(dict.fromkeys(entry.rule for entry in case.undetermined)),
        "actions": sorted({action.action for action in case.actions}),
        "at": sorted((finding.rule, finding.subject) for finding in case.findings),
    }


def compare(book: hazardrules.Rulebook, result: TableResult, rows: list[dict[str, Any]], subject: str, **options: Any) -> None:
    """Every row of a table is answered as `classify` answers it, or rejected for the same reason."""
    found = answers(result)
    rejects = {row["row"]: row["reason"] for row in result.rejects.to_pylist()}
    assert len(found) + len(rejects) == len(rows)
    assert found.keys().isdisjoint(rejects)
    for number, row in enumerate(rows):
        given = {name: value for name, value in row.items() if value is not None}
        if subject:
            (case,) = book.classify_many([{subject: given}], **options)
        else:  # the row says it itself, or is of the kind that was asked for
            (case,) = book.classify_many([row], subject=result.classifier.options.kind, **options)
        if isinstance(case, hazardrules.FactsError):
            messages = "; ".join(problem.message(result.classifier.options.lang) for problem in case.problems)
            assert sorted(rejects[number].split("; ")) == sorted(messages.split("; "))
        else:
            assert number in found, rejects.get(number)
            expected = answer_of(case)
            for name, value in expected.items():
                assert found[number][name] == value, (number, name)
