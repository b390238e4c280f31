"""Every form in which a rule may speak of time: a session knows when it turns; asking at every step shows the same."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hazardrules

if TYPE_CHECKING:
    from hazardrules.api import Rulebook

EXAMPLES = int(os.environ.get("HAZARDRULES_EXAMPLES", "25"))
RULEBOOK = """\
rulebook: timed
label: {zh: 时间, en: timed}
version: 2026.11.0
languages: [zh, en]
default_language: en
calendar: days
jurisdictions:
  XX: {label: {zh: 示例国, en: Exampleland}}
scales:
  hazard:
    label: {zh: 隐患, en: hazard}
    levels:
      none: {severity: 0, label: {zh: 无, en: none}}
      major: {severity: 3, label: {zh: 重大, en: major}}
authorities:
  fire: {label: {zh: 消防, en: fire brigade}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
actions: {}
subjects:
  - subject: site
    label: {zh: 场地, en: site}
    facts:
      now: {type: datetime, clock: true, label: {zh: 此刻, en: now}}
      serious: {type: bool, label: {zh: 严重, en: serious}}
      weight: {type: integer, minimum: 0, maximum: 3, label: {zh: 权重, en: weight}}
      kept: {type: date, label: {zh: 保存, en: kept}}
      other: {type: date, label: {zh: 另日, en: other day}}
      happened: {type: datetime, label: {zh: 发生, en: happened}}
      told: {type: datetime, label: {zh: 报告, en: told}}
    parts:
      halls: {of: hall, label: {zh: 厅, en: halls}}
  - subject: hall
    label: {zh: 厅室, en: hall}
    facts:
      opened: {type: date, label: {zh: 启用, en: opened}}
      size: {type: integer, minimum: 0, label: {zh: 大小, en: size}}
instruments:
  - instrument: xx-1
    title: {zh: 规定, en: Provisions}
    number: XX 1
    issuer: {zh: 部, en: Ministry}
    jurisdiction: XX
    issued: 2019-05-01
    effective: {from: 2020-01-01}
    text: read
    clauses: ["1"]
"""
CALENDAR = """\
table: days
label: {zh: 工作日, en: working days}
law: xx-1
clause: "1"
file: days.csv
key: {day: text}
value: {working: bool}
"""
HOLIDAYS = "day,working\n2020-10-01,false\n2021-12-24,false\n2023-01-03,false\n"
"""Nothing of 2022: its working days are not known."""
BY_DAY = (
    "as_of > kept",
    "kept >= as_of",
    "as_of == kept + 10 days",
    "as_of != other",
    "as_of - 1 month > kept",
    "kept < as_of - 1 year",
    "as_of + 3 months >= other",
    "as_of - kept > 45 days",
    "as_of - kept > 10 days * weight",
    "floor((as_of - kept) / 7 days) == 2",
    "(as_of - kept) / 1 day + weight > 20",
    "as_of - kept > (10 days if as_of > other else 20 days)",
    "as_of - kept > (10 days if serious else 20 days)",
    "(as_of - kept if serious else 1 day) > 12 days",
    "max(as_of - kept, as_of - kept) > 30 days",
    "min(as_of - other, 40 days) > 30 days",
    "any(h.opened < as_of - 6 months for h in halls)",
    "count(h for h in halls where h.opened > as_of - 1 month) >= 1",
    "sum(h.size for h in halls where as_of >= h.opened + 20 days) > 3",
    "max((as_of - h.opened) / 1 day for h in halls where h.size > 2) > 50",
    "age > 33 days",
    "is_old and as_of < other + 2 months",
    "as_of > kept + 5 working days",
    "as_of + 5 working days >= other",
    "kept <= as_of - 3 working days",
    "as_of in {2021-12-24, 2021-12-31}",
)
BY_MOMENT = (
    "now - happened > 90 min",
    "now > happened + 3 h",
    "told <= now",
    "now - happened == 2 h",
    "now - happened != 1 h",
    "now - happened > 1 h * weight",
    "now - happened > (2 h if now > told else 5 h)",
    "now - happened > (1 h if serious else 4 h)",
    "floor((now - happened) / 1 h) >= 3",
    "passed > 100 min",
    "is_late or now < told",
    "(now - happened if is_late else 1 h) > 3 h",
    "told + (now - happened) > told + 2 h",
)
DERIVED = {
    "age": "as_of - kept",
    "is_old": "as_of > kept + 1 month",
    "passed": "now - happened",
    "is_late": "now > happened + 2 h",
}
FIRST = datetime(2021, 12, 2)
days = st.none() | st.dates(date(2020, 10, 1), date(2023, 3, 1))
moments = st.none() | st.integers(-400, 500).map(lambda minutes: FIRST + timedelta(minutes=minutes))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """One rule for each form."""
    folder = tmp_path_factory.mktemp("timed")
    (folder / "rulebook.yaml").write_text(RULEBOOK, "utf-8")
    (folder / "days.yaml").write_text(CALENDAR, "utf-8")
    (folder / "days.csv").write_text(HOLIDAYS, "utf-8")
    lines = ["pack: p", "label: {zh: 包, en: pack}", "law: xx-1", "on: site", "scale: hazard", "derived:"]
    lines += [f'  {name}: {{clause: "1", label: {{zh: {name}, en: {name}}}, is: "{text}"}}' for name, text in DERIVED.items()]
    lines += ["rules:"]
    for number, text in enumerate((*BY_DAY, *BY_MOMENT)):
        lines += [f'  - {{id: r{number}, clause: "1", text: {{zh: 规{number}, en: r{number}}}, when: "{text}", level: major}}']
    (folder / "p.yaml").write_text("\n".join(lines) + "\n", "utf-8")
    return hazardrules.load(folder)


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """Days and moments around those that are gone through, some unknown."""
    halls = st.none() | st.lists(st.fixed_dictionaries({"opened": days, "size": st.none() | st.integers(0, 4)}), max_size=3)
    facts = {name: draw(days) for name in ("kept", "other")} | {name: draw(moments) for name in ("happened", "told")}
    facts |= {"serious": draw(st.none() | st.booleans()), "weight": draw(st.none() | st.integers(0, 3)), "halls": draw(halls)}
    return {name: value for name, value in facts.items() if value is not None}


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=sites())
def test_days(book: Rulebook, facts: dict[str, Any]) -> None:
    """Asked on each day at its beginning."""
    check(book, facts, timedelta(days=1), 480, {f"p.r{number}" for number in range(len(BY_DAY))})


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(facts=sites())
def test_moments(book: Rulebook, facts: dict[str, Any]) -> None:
    """Asked each minute, and a second after it."""
    check(book, facts, timedelta(minutes=1), 800, {f"p.r{number}" for number in range(len(BY_DAY), len(BY_DAY) + len(BY_MOMENT))})


def check(book: Rulebook, facts: dict[str, Any], step: timedelta, steps: int, rules: set[str]) -> None:
    """A session's changes of some rules are those between one asking and the next."""
    last = FIRST + step * steps
    with book.session("sqlite://") as session:
        changes = session.put("it", "site", facts, at=FIRST) + session.advance(last)
    found = [(change.at, change.what, change.rule) for change in changes if change.rule in rules]
    wanted, open_now = [], set[str]()
    for number in range(steps + 1):
        for moment in (FIRST + step * number, FIRST + step * number + timedelta(seconds=1)):
            answer = book.classify({**facts, "now": moment}, subject="site", as_of=moment.date())
            holds = {finding.rule for finding in answer.findings} & rules
            wanted += [(moment, "ended" if rule in open_now else "began", rule) for rule in sorted(holds ^ open_now)]
            open_now = holds
    assert sorted(found) == sorted((at, what, rule) for at, what, rule in wanted if at <= last)
