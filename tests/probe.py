"""A rulebook with a rule for nearly every value that its facts can have: tables whose values are read wrongly are judged wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tables import answer_of, compare

import hazardrules
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAMES", "answer_of", "check", "compare", "load"]
NAMES = ("aa", "bb", "cc", "dd")
"""Values of enums and sets; with labels `甲`, `乙`, `丙`, `丁`."""
_OF = "{aa: 甲, bb: 乙, cc: 丙, dd: 丁}"
_SUBJECTS = {
    "subjects/place.yaml": f"""subject: place
label: {{zh: 场所, en: place}}
facts:
  open: {{type: bool, label: {{zh: 营业, en: open}}}}
  kind: {{type: enum, of: {_OF}, label: {{zh: 类别, en: kind}}}}
  other: {{type: enum, of: {_OF}, label: {{zh: 另类, en: other}}}}
  uses: {{type: set, of: {_OF}, label: {{zh: 用途, en: uses}}}}
  name: {{type: text, label: {{zh: 名称, en: name}}}}
  area: {{type: number, unit: m², minimum: 0, label: {{zh: 面积, en: area}}}}
  load: {{type: number, unit: t, label: {{zh: 载荷, en: load}}}}
  people: {{type: integer, minimum: 0, maximum: 50, label: {{zh: 人数, en: people}}}}
  number: {{type: integer, label: {{zh: 号码, en: number}}}}
  checked: {{type: date, label: {{zh: 检查日, en: checked}}}}
  seen: {{type: datetime, label: {{zh: 所见, en: seen}}}}
  began: {{type: datetime, label: {{zh: 始, en: began}}}}
  gas.kind: {{type: enum, of: {_OF}, label: {{zh: 气类, en: kind of gas}}}}
  gas.share: {{type: number, unit: "%", label: {{zh: 气浓度, en: share of gas}}}}
parts:
  tanks: {{of: tank, label: {{zh: 储罐, en: tanks}}}}
  boss: {{of: tank, one: true, label: {{zh: 主罐, en: boss}}}}
""",
    "subjects/tank.yaml": f"""subject: tank
label: {{zh: 储罐, en: tank}}
facts:
  full: {{type: bool, label: {{zh: 满, en: full}}}}
  colour: {{type: enum, of: {_OF}, label: {{zh: 颜色, en: colour}}}}
  goods: {{type: set, of: {_OF}, label: {{zh: 货物, en: goods}}}}
  mass: {{type: number, unit: kg, minimum: 0, maximum: 100, label: {{zh: 质量, en: mass}}}}
  filled: {{type: date, label: {{zh: 充装日, en: filled}}}}
parts:
  valves: {{of: valve, label: {{zh: 阀, en: valves}}}}
""",
    "subjects/valve.yaml": f"""subject: valve
label: {{zh: 阀, en: valve}}
facts:
  state: {{type: enum, of: {_OF}, label: {{zh: 状态, en: state}}}}
""",
}
CONDITIONS: dict[str, list[str]] = {
    "place": [
        "open",
        *(f"{fact} == {name}" for fact in ("kind", "other", "gas.kind") for name in NAMES),
        *(f"uses contains {name}" for name in NAMES),
        *(f'name == "{name}"' for name in NAMES),
        "kind == other",
        "uses intersects {aa, cc}",
        "kind in {bb, cc} and other not in {cc}",
        *(f"area {op} 300 m²" for op in ("<", "<=", "==")),
        *(f"load {op} 10.4 t" for op in ("<", "<=", "==")),
        "load > -2 t",
        "load == 0 t",
        "load > 0 t",
        "load >= 10000000000000000000000000 t",
        "area * 2 > load / 1 t * 1 m²",
        "area + 1 m² > 301 m²",
        "people >= 20",
        "people == 50",
        "number >= 100",
        "number == 9223372036854775808",
        "number > 9223372036854775808",
        "number - people > 80",
        "gas.share > 1 %",
        "checked >= 2021-12-02",
        "checked == 2020-02-29",
        "as_of - checked > 15 days",
        "checked < as_of - 1 year",
        "seen > began",
        "seen == began",
        "seen - began > 15 minutes",
        "any(t.colour == bb for t in tanks)",
        "all(t.colour == aa for t in tanks)",
        "count(tanks) >= 2",
        "sum(t.mass for t in tanks) > 100 kg",
        "boss.colour == cc",
        "boss.mass > 50 kg",
        "any(t.full for t in tanks)",
    ],
    "tank": [
        "full",
        *(f"colour == {name}" for name in NAMES),
        *(f"goods contains {name}" for name in NAMES),
        "mass > 50 kg",
        "mass == 0.1 kg",
        "filled >= 2021-12-02",
        "any(v.state == bb for v in valves)",
    ],
    "valve": [f"state == {name}" for name in NAMES],
}


def files() -> dict[str, str]:
    """The rulebook."""
    packs = {}
    for kind, conditions in CONDITIONS.items():
        lines = [f"pack: probe_{kind}", "label: {zh: 探, en: probe}", "law: xx-1", f"on: {kind}", "scale: hazard", "rules:"]
        for number, condition in enumerate(conditions):
            lines += [
                f"  - id: r{number}",
                '    clause: "1"',
                f"    text: {{zh: 规则, en: rule {number}}}",
                f"    when: '{condition}'",
                "    level: general",
                "    actions: [rectify: 15 days]",
            ]
        packs[f"all/probe_{kind}.yaml"] = "\n".join(lines) + "\n"
    kept = {name: text for name, text in FILES.items() if not name.startswith("subjects/")}
    return {**kept, **_SUBJECTS, **packs}


def load(folder: Path) -> hazardrules.Rulebook:
    """The rulebook, fresh: programs are kept with it."""
    return hazardrules.load(write(files(), folder))


def check(book: hazardrules.Rulebook, table: Any, rows: list[dict[str, Any]], **options: Any) -> Any:
    """A table of places is answered as its rows."""
    result = book.classify_table(table, subject="place", **options)
    compare(book, result, rows, "place", **options)
    return result
