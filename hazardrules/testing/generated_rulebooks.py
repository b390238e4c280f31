"""Hypothesis strategies: small rulebooks with every construct of the language, and facts for them.

The vocabulary is fixed; rules, derived facts, tables and overrides are drawn. Values come from a pool of hard ones (0, a
threshold, one step either side, a leap day) so that bounds are hit exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "rulebook.yaml": """rulebook: drawn
label: {zh: 抽样, en: drawn}
version: 2026.1.0
languages: [zh, en]
default_language: en
jurisdictions:
  XX: {label: {zh: 某国, en: Exampleland}}
  XX-N: {within: XX, label: {zh: 北省, en: North}}
""",
    "levels.yaml": """scales:
  hazard:
    label: {zh: 隐患, en: hazard}
    levels:
      none: {severity: 0, label: {zh: 无, en: none}}
      general: {severity: 1, label: {zh: 一般, en: general}}
      major: {severity: 3, label: {zh: 重大, en: major}}
""",
    "authorities.yaml": """authorities:
  office: {label: {zh: 机关, en: office}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
""",
    "actions.yaml": """actions:
  rectify: {kind: remedy, label: {zh: 改正, en: rectify}, by: operator, authority: office, parameters: {within: deadline}}
  fine: {kind: penalty, label: {zh: 罚款, en: fine}, by: operator, authority: office, parameters: {amount: money}}
  demerit: {kind: penalty, label: {zh: 记分, en: demerit}, by: operator, authority: office, parameters: {points: integer}}
""",
    "law/xx-1.yaml": """instrument: xx-1
title: {zh: 甲法, en: First act}
number: XX 1
issuer: {zh: 某部, en: Ministry}
jurisdiction: XX
effective: {from: 2020-07-01, until: 2024-01-01}
clauses: ["1"]
""",
    "law/xx-2.yaml": """instrument: xx-2
title: {zh: 乙法, en: Second act}
number: XX 2
issuer: {zh: 某部, en: Ministry}
jurisdiction: XX
effective: {from: unknown, in_force_by: 2021-12-02}
clauses: ["1"]
""",
    "subjects/place.yaml": """subject: place
label: {zh: 场所, en: place}
facts:
  open: {type: bool, label: {zh: 营业, en: open}}
  alarm: {type: bool, label: {zh: 有报警, en: alarm}, compliant: true}
  area: {type: number, unit: m², minimum: 0, label: {zh: 面积, en: area}}
  load: {type: number, unit: t, label: {zh: 载荷, en: load}}
  limit: {type: number, unit: kg, minimum: 1, label: {zh: 限值, en: limit}}
  people: {type: integer, minimum: 0, maximum: 50, label: {zh: 人数, en: people}}
  kind: {type: enum, of: {a: 甲, b: 乙, c: 丙}, label: {zh: 类别, en: kind}}
  uses: {type: set, of: {x: 子, y: 丑, z: 寅}, label: {zh: 用途, en: uses}}
  checked: {type: date, label: {zh: 检查日, en: checked}}
parts:
  tanks: {of: tank, label: {zh: 储罐, en: tanks}}
  boss: {of: person, one: true, label: {zh: 负责人, en: boss}}
""",
    "subjects/tank.yaml": """subject: tank
label: {zh: 储罐, en: tank}
facts:
  full: {type: bool, label: {zh: 满, en: full}}
  mass: {type: number, unit: kg, minimum: 0, maximum: 100, label: {zh: 质量, en: mass}}
""",
    "subjects/person.yaml": """subject: person
label: {zh: 人, en: person}
facts:
  trained: {type: bool, label: {zh: 受训, en: trained}}
  age: {type: integer, minimum: 0, label: {zh: 年龄, en: age}}
""",
}
NUMBERS = {
    "area": ["0 m²", "300 m²", "300.5 m²", "1000 m²"],
    "load": ["0 t", "1/3 t", "10.4 t", "-2 t", "500 kg"],
    "limit": ["8000 kg", "1 t", "10400 kg"],
    "people": ["0", "3", "4", "20", "50"],
}
SUBMITTED: dict[str, list[Any]] = {
    "open": [True, False],
    "alarm": [True, False],
    "area": [0, "299.9", 300, "300.5 m²", 1000, "0.1 ha"],
    "load": ["0.1", "0.2", "10.4 t", "10400 kg", "-2", "500 kg", 0.3],
    "limit": [8000, "8 t", 1, "10.4 t", "1 t"],
    "people": [0, 3, 4, 19, 20, 50],
    "kind": ["a", "b", "丙"],
    "uses": [[], ["x"], ["x", "y"], ["子", "丑", "寅"]],
    "checked": ["2020-02-29", "2021-12-01", "2021-12-02", "2024-02-29"],
}
DAYS = ["2019-01-01", "2020-06-30", "2020-07-01", "2021-12-01", "2021-12-02", "2023-12-31", "2024-01-01", "2024-02-29"]


@st.composite
def amounts(draw: Callable[..., Any], depth: int = 2) -> str:
    """A mass, as text."""
    form = draw(st.integers(0, 5)) if depth else 0
    if form < 2:  # noqa: PLR2004 - two chances in six
        return str(draw(st.sampled_from(["load", "limit", "10.4 t", "8000 kg", "total_mass"])))
    left = draw(amounts(depth - 1))
    if form == 2:  # noqa: PLR2004 - the number of a form
        return f"({left} * ({draw(st.sampled_from(['2', '0.5', '3 / 4', 'people']))}))"
    right = draw(amounts(depth - 1))
    if form == 3:  # noqa: PLR2004 - see above
        return f"({left} {draw(st.sampled_from('+-'))} {right})"
    if form == 4:  # noqa: PLR2004 - see above
        return f"{draw(st.sampled_from(['min', 'max']))}({left}, {right})"
    return f"({left} if open else {right})"


_OPS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def atoms(names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """A comparison or a flag, as text; `names` are derived facts and rules that may be referred to."""
    flags = ["open", "alarm", "boss.trained", *names]
    simple = st.one_of(
        st.sampled_from(flags),
        st.tuples(st.sampled_from(list(NUMBERS)), _OPS).flatmap(
            lambda t: st.sampled_from([n for n in NUMBERS[t[0]] if "/" not in n]).map(lambda n: f"{t[0]} {t[1]} {n}")
        ),
        st.sampled_from(["kind == a", "kind != b", "kind in {a, c}", "kind not in {b}", "类别 属于 {甲, 乙}"]),
        st.sampled_from(["uses contains x", "uses intersects {y, z}", "not uses contains z", "用途 包含 丑"]),
        st.sampled_from(
            ["checked < as_of - 1 year", "as_of - checked > 15 days", "checked >= 2021-12-02", "as_of >= 2021-01-01"]
        ),
        st.sampled_from(["300 m² <= area < 1000 m²", "0 < people <= 20", "area / people < 15 m²", "load / limit - 1 > 30 %"]),
    )
    parts = st.sampled_from(
        [
            "any(t.full for t in tanks)",
            "any(t.mass > 50 kg for t in tanks where not t.full)",
            "all(t.full for t in tanks)",
            "all(t.mass <= 50 kg for t in tanks where t.full)",
            "count(tanks) >= 2",
            "count(t for t in tanks where t.mass >= 50 kg) >= 2",
            "sum(t.mass for t in tanks) > 100 kg",
            "sum(t.mass for t in tanks where t.full) <= 0.1 t",
            "max(t.mass for t in tanks) >= 100 kg",
            "min(t.mass for t in tanks where t.full) < 50 kg",
            "boss.age < 18",
            "any(t.is_heavy for t in tanks)",
            "any(t.drawn.tank_rule for t in tanks)",
            "total(points) >= 6",
        ]
    )
    compared = st.tuples(amounts(), _OPS, amounts()).map(lambda t: f"{t[0]} {t[1]} {t[2]}")
    return st.one_of(simple, simple, compared, parts)


@st.composite
def conditions(draw: Callable[..., Any], names: tuple[str, ...] = (), depth: int = 3) -> str:
    """A condition, as text."""
    form = draw(st.integers(0, 4)) if depth else 0
    if form < 2:  # noqa: PLR2004 - two chances in five
        return str(draw(atoms(names)))
    left = draw(conditions(names, depth - 1))
    if form == 2:  # noqa: PLR2004 - the number of a form
        return f"not ({left})"
    right = draw(conditions(names, depth - 1))
    if form == 3:  # noqa: PLR2004 - see above
        return f"({left}) {draw(st.sampled_from(['and', 'or', '且', '或']))} ({right})"
    return f"({left} if {draw(atoms(names))} else {right})"


def _rule(number: int, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    def build(parts: tuple[Any, ...]) -> str:
        when, level, law, unless, points, applies, block = parts
        lines = [f"  - id: r{number}", f"    law: {law}", '    clause: "1"', f"    text: {{zh: 规则, en: rule {number}}}"]
        if applies:
            lines.append(f"    applies: '{applies}'")
        if block == "at_least":
            lines += ["    when:", "      at_least:", "        count: 2", "        of:"]
            lines += [f"          - '{item}'" for item in (when, "open", "people > 3", "alarm")]
        elif block:
            lines += ["    when:", f"      {block}:", f"        - '{when}'", "        - 'people >= 3'"]
        else:
            lines.append(f"    when: '{when}'")
        if unless:
            lines += ["    unless:", '      clause: "1"', f"      is: '{unless}'"]
        if level:
            lines.append(f"    level: {level}")
        actions = [f"demerit: {points}"] if points and "total(" not in "\n".join(lines) else []
        actions += ["fine: {amount: 200..500 CNY}"] if level == "major" else []
        if actions or not level:
            lines.append("    actions:")
            lines += [f"      - {action}" for action in (actions or ["rectify: 15 days"])]
        return "\n".join(lines)

    optional = st.one_of(st.none(), conditions(names, 1))
    return st.tuples(
        conditions(names),
        st.sampled_from(["general", "major", None]),
        st.sampled_from(["xx-1", "xx-2"]),
        optional,
        st.sampled_from([None, 3, 6]),
        optional,
        st.sampled_from(["", "", "all", "any", "none", "at_least"]),
    ).map(build)


@st.composite
def rulebooks(draw: Callable[..., Any]) -> dict[str, str]:
    """The files of a small rulebook: name to text."""
    count = draw(st.integers(2, 6))
    names: tuple[str, ...] = ("is_busy", "band_value > 1")
    rules: list[str] = []
    for number in range(count):
        rules.append(draw(_rule(number, names)))
        if draw(st.booleans()) and "total(" not in rules[-1]:
            names = (*names, f"drawn.r{number}")
    overrides = draw(
        st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=2, unique_by=lambda t: t[0])
    )
    for special, general in overrides:
        if special < general:
            rules[special] += f"\n    overrides: [drawn.r{general}]"
    hit = draw(st.sampled_from(["unique", "first"]))
    busy = draw(conditions((), 1).filter(lambda text: "total" not in text))
    pack = f"""pack: drawn
label: {{zh: 抽样, en: drawn}}
law: xx-1
on: place
scale: hazard
parameters:
  cap:
    - {{from: 2020-07-01, until: 2023-01-01, value: 20, clause: "1"}}
    - {{from: 2023-01-01, value: 4, clause: "1"}}
derived:
  total_mass:
    clause: "1"
    label: {{zh: 总质量, en: total mass}}
    is: sum(t.mass for t in tanks)
  is_busy:
    clause: "1"
    label: {{zh: 繁忙, en: busy}}
    is: '{busy}'
  band_value:
    clause: "1"
    label: {{zh: 档, en: band}}
    table: |
      area              | value
      < 300 m²          | 1
      [300 m², 1000 m²) | 2
      >= 1000 m²        | 3
  is_heavy:
    on: tank
    clause: "1"
    label: {{zh: 重, en: heavy}}
    is: mass > 50 kg and owner.open
rules:
  - id: crowded
    clause: "1"
    text: {{zh: 拥挤, en: crowded}}
    when: people > cap
    level: major
  - id: tank_rule
    on: tank
    clause: "1"
    text: {{zh: 罐, en: tank}}
    when: is_heavy and not full
    level: general
  - id: bands
    clause: "1"
    text: {{zh: 分档, en: bands}}
    hit: {hit}
    table: |
      people  | kind   | level   | actions
      [0, 4)  | -      | -       | -
      [4, 20] | {{a, b}} | general | demerit: 3
      [4, 20] | c      | major   | demerit: 6
      > 20    | -      | major   | demerit: 12
{chr(10).join(rules)}
"""
    return {**FILES, "all/drawn.yaml": pack}


@st.composite
def submissions(draw: Callable[..., Any]) -> dict[str, Any]:
    """Facts of a place with gaps, and with parts that are absent, empty or partly known."""
    facts: dict[str, Any] = {}
    for name, values in SUBMITTED.items():
        if draw(st.integers(0, 3)):
            facts[name] = draw(st.sampled_from(values))
    if draw(st.booleans()):
        tank = st.fixed_dictionaries(
            {}, optional={"full": st.booleans(), "mass": st.sampled_from(["0", "50", "50.001", "100 kg", "0.05 t"])}
        )
        facts["tanks"] = draw(st.lists(tank, max_size=3))
    if draw(st.booleans()):
        facts["boss"] = draw(st.fixed_dictionaries({}, optional={"trained": st.booleans(), "age": st.sampled_from([17, 18, 60])}))
    return facts


def write(files: dict[str, str], folder: Path) -> Path:
    """Write the files of a rulebook into a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
