"""What changes in a session as time passes and facts come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from hazardrules.sessions.records import shown

if TYPE_CHECKING:
    from hazardrules.model.results import Classification

What = Literal["began", "ended", "overdue"]


@dataclass(frozen=True, slots=True)
class Change:
    """A finding that began or ended, or an action of it whose day has passed.

    Attributes:
        at: The moment.
        subject: The subject, by the name that the session was given.
        part: The part concerned, as `hazards/h-1`; empty for the subject itself.
        what: `began`, `ended` or `overdue`.
        rule: The rule of the finding.
        title: Its title.
        scale: The scale of its level, where it has one.
        level: Its level, where it has one.
        action: The action that is overdue.
        due: The day by which it was due.
    """

    at: datetime
    subject: str
    part: str
    what: What
    rule: str
    title: str = ""
    scale: str | None = None
    level: str | None = None
    action: str | None = None
    due: date | None = None

    def __str__(self) -> str:
        """One line."""
        place = f"{self.subject} {self.part}" if self.part else self.subject
        overdue = f": {self.action}, due {self.due}" if self.action else ""
        return f"{shown(self.at)} {place}: {self.what} {self.rule}{overdue}"

    def as_json(self) -> dict[str, Any]:
        """In values of JSON, without what is empty."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in found.items()
            if value not in (None, "")
        }


def change_of(data: dict[str, Any]) -> Change:
    """A change from values of JSON."""
    due = data.get("due")
    return Change(
        datetime.fromisoformat(data["at"]),
        data["subject"],
        data.get("part", ""),
        data["what"],
        data["rule"],
        data.get("title", ""),
        data.get("scale"),
        data.get("level"),
        data.get("action"),
        date.fromisoformat(due) if due else None,
    )


@dataclass(slots=True)
class Demand:
    """An action that an open finding demands: by when, and whether that day has passed."""

    within: str | None
    due: date | None
    overdue: bool = False


@dataclass(slots=True)
class Open:
    """A finding that holds now, since when, and what it demands."""

    part: str
    rule: str
    since: datetime
    title: str
    scale: str | None
    level: str | None
    demands: dict[str, Demand]

    def as_json(self) -> list[Any]:
        """In values of JSON."""
        demands = {
            name: [demand.within, demand.due.isoformat() if demand.due else None, demand.overdue]
            for name, demand in self.demands.items()
        }
        return [self.part, self.rule, self.since.isoformat(), self.title, self.scale, self.level, demands]

    def change(self, at: datetime, subject: str, what: What, action: str | None = None, due: date | None = None) -> Change:
        """Something that happens to this finding."""
        return Change(at, subject, self.part, what, self.rule, self.title, self.scale, self.level, action, due)


def open_of(data: list[Any]) -> Open:
    """An open finding from values of JSON."""
    part, rule, since, title, scale, level, demands = data
    return Open(
        part, rule, datetime.fromisoformat(since), title, scale, level,
        {name: Demand(within, date.fromisoformat(due) if due else None, overdue) for name, (within, due, overdue) in demands.items()},
    )  # fmt: skip


def compare(
    subject: str, before: list[Open], answer: Classification, keys: dict[str, str], at: datetime
) -> tuple[list[Open], list[Change]]:
    """What is open after a judgement, and what changed by it.

    A finding that goes on keeps the day on which it began, and its actions the day by which they are due. Where the
    limit of an action changes meanwhile, it counts from that day on, and the earlier of both days stands.
    """
    known = {(found.part, found.rule): found for found in before}
    demanded: dict[tuple[str, str], dict[str, Demand]] = {}
    for action in answer.actions if answer.findings else ():
        for rule in action.rules:
            wanted = demanded.setdefault((action.subject, rule), {})
            earlier = wanted.get(action.action)
            if earlier is None or (action.due is not None and (earlier.due is None or action.due < earlier.due)):
                wanted[action.action] = Demand(action.within, action.due)
    now: list[Open] = []
    changes: list[Change] = []
    for finding in answer.findings:
        part = keys[finding.subject]
        wanted = demanded.get((finding.subject, finding.rule), {})
        found = known.pop((part, finding.rule), None)
        if found is None:
            found = Open(part, finding.rule, at, finding.title, finding.scale, finding.level, wanted)
            changes.append(found.change(at, subject, "began"))
        else:
            found.demands = {name: _kept(found.demands.get(name), demand) for name, demand in wanted.items()}
        now.append(found)
    changes[:0] = [gone.change(at, subject, "ended") for gone in known.values()]
    for found in now:
        for name, demand in found.demands.items():
            if demand.due is not None and not demand.overdue and at.date() > demand.due:
                demand.overdue = True
                changes.append(found.change(at, subject, "overdue", name, demand.due))
    return now, changes


def _kept(before: Demand | None, now: Demand) -> Demand:
    if before is None:
        return now
    if before.within == now.within:
        return before
    due = min((day for day in (before.due, now.due) if day is not None), default=None)
    return Demand(now.within, due, before.overdue)


def next_due(found: list[Open]) -> date | None:
    """The earliest day by which an action is due that is not overdue yet."""
    return min(
        (demand.due for one in found for demand in one.demands.values() if demand.due is not None and not demand.overdue),
        default=None,
    )
