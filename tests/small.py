"""A small rulebook for tests of the tools that judge cases: one pack with a derived fact, an exception, an override, parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "rulebook.yaml": """
rulebook: small
label: {zh: 小, en: small}
version: 2026.1.0
languages: [zh, en]
default_language: en
jurisdictions:
  CN: {label: {zh: 全国, en: China}}
""",
    "levels.yaml": """
scales:
  hazard:
    label: {zh: 隐患, en: hazard}
    levels:
      none: {label: {zh: 无, en: none}, severity: 0}
      general: {label: {zh: 一般, en: general}, severity: 1}
      major: {label: {zh: 重大, en: major}, severity: 3}
""",
    "authorities.yaml": """
authorities:
  office: {label: {zh: 机关, en: office}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
""",
    "actions.yaml": """
actions:
  rectify: {kind: remedy, label: {zh: 整改, en: rectify}, by: operator, authority: office, parameters: {within: deadline}}
  close: {kind: order, label: {zh: 停业, en: close}, by: operator, authority: office}
""",
    "law/xx-1.yaml": """
instrument: xx-1
title: {zh: 甲, en: first}
number: XX 1
issuer: {zh: 某, en: somebody}
jurisdiction: CN
effective: {from: 2020-07-01}
clauses: ["1", "2", "3", "4"]
""",
    "subjects/place.yaml": """
subject: place
label: {zh: 场所, en: place}
facts:
  open: {type: bool, label: {zh: 营业, en: open}}
  alarm: {type: bool, label: {zh: 报警器, en: alarm}}
  watched: {type: bool, label: {zh: 值守, en: watched}}
  people: {type: integer, minimum: 0, label: {zh: 人数, en: people}}
  kind: {type: enum, of: {shop: 店, hall: 厅}, label: {zh: 类别, en: kind}}
parts:
  tanks: {of: tank, label: {zh: 罐, en: tanks}}
""",
    "subjects/tank.yaml": """
subject: tank
label: {zh: 罐, en: tank}
facts:
  full: {type: bool, label: {zh: 满, en: full}}
  mass: {type: number, unit: kg, minimum: 0, label: {zh: 质量, en: mass}}
""",
    "all/small.yaml": """
pack: small
label: {zh: 小, en: small}
law: xx-1
on: place
scale: hazard
derived:
  is_busy:
    clause: "1"
    label: {zh: 繁忙, en: busy}
    is: open and people > 10
rules:
  - id: no_alarm
    clause: "1"
    text: {zh: 无报警, en: no alarm}
    when: is_busy and not alarm
    unless:
      clause: "2"
      is: watched
    level: general
    actions: [rectify: 15 days]
  - id: crowded_hall
    clause: "3"
    text: {zh: 拥挤, en: crowded}
    when: kind == hall and people > 50
    level: major
    actions: [close]
    overrides: [no_alarm]
  - id: heavy_tanks
    clause: "4"
    text: {zh: 重罐, en: heavy tanks}
    when: any(t.full and t.mass > 100 kg for t in tanks)
    level: general
    actions: [rectify: 15 days]
""",
}


def write(folder: Path, cases: str, **changes: tuple[str, str]) -> Path:
    """A rulebook with cases; `changes` replace texts of the pack."""
    for name, text in FILES.items():
        content = text
        for old, new in changes.values():
            content = content.replace(old, new) if name == "all/small.yaml" else content
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content.lstrip("\n"), "utf-8")
    (folder / "all/small.cases.yaml").write_text(cases, "utf-8")
    return folder
