"""Cases, files of cases, models and schemas of a vocabulary."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from work import at_most

from hazardrules.errors import FactsError
from hazardrules.intake import (
    Case,
    Intake,
    Problem,
    iterate_cases,
    json_schema,
    load_cases_file,
    model_for,
    parse_cases,
    read_case,
)
from hazardrules.model.subjects import FactDeclaration, PartDeclaration, SubjectKind
from hazardrules.model.types import BOOL, DATE, DATETIME, INTEGER, TEXT, Option, ValueType
from hazardrules.model.units import find_unit
from hazardrules.source import whole_file

if TYPE_CHECKING:
    from pathlib import Path

SPAN = whole_file("vocabulary")
AXLES = (Option("two", {"zh": "两轴", "en": "two axles"}), Option("six", {"zh": "六轴", "en": "six axles"}))


def fact(name: str, value_type: ValueType, zh: str, **more: Any) -> FactDeclaration:
    """A declaration with the usual defaults."""
    rest: dict[str, Any] = dict.fromkeys(("counts", "minimum", "maximum", "topic", "ask", "compliant"))
    rest |= {"options": (), "judgement": False, "declared": value_type.name} | more
    label = {"zh": zh, "en": name.replace("_", " ").replace(".", " ")}
    return FactDeclaration(name=name, type=value_type, label=label, span=SPAN, **rest)


VEHICLE = SubjectKind(
    "vehicle",
    {"zh": "车辆", "en": "vehicle"},
    {"mass": {"zh": "质量", "en": "mass"}},
    {
        item.name: item
        for item in (
            fact("gross_mass", ValueType("number", find_unit("t") or pytest.fail("t")), "总质量", minimum=0, topic="mass"),
            fact("brakes.tested", BOOL, "已测制动", ask={"zh": "制动是否检测？", "en": "Were the brakes tested?"}),
            fact("axles", ValueType("enum", options=("two", "six")), "轴数", options=AXLES),
            fact("marks", ValueType("set", options=("two", "six")), "标志", options=AXLES),
            fact("seats", INTEGER, "座位", counts={"zh": "座", "en": "seats"}, minimum=1, maximum=60),
            fact("checked", DATE, "检查日期", judgement=True),
            fact("seen", DATETIME, "发现时间"),
            fact("name", TEXT, "车主"),
            fact("copy", BOOL, "副本"),
        )
    },
    {
        "trailers": PartDeclaration("trailers", "vehicle", False, {"zh": "挂车", "en": "trailers"}, SPAN),
        "cargo": PartDeclaration("cargo", "load", True, {"zh": "货物", "en": "cargo"}, SPAN),
    },
    SPAN,
)
LOAD = SubjectKind("load", {"zh": "货载"}, {}, {"wet": fact("wet", BOOL, "潮湿")}, {}, SPAN)
SUBJECTS = {"vehicle": VEHICLE, "load": LOAD}
INTAKE = Intake(SUBJECTS)
MODEL = model_for("vehicle", SUBJECTS)


def messages(error: FactsError) -> list[str]:
    """The problems in English."""
    return [problem.message("en") for problem in error.problems]


def problems_of(data: object, **more: Any) -> list[str]:
    """The problems of a case."""
    with pytest.raises(FactsError) as caught:
        read_case(data, INTAKE, **more)
    return messages(caught.value)


def problems_in(text: str, file_format: Any) -> list[str]:
    """The problems of a file."""
    with pytest.raises(FactsError) as caught:
        parse_cases(text, INTAKE, file_format, name="cases")
    return messages(caught.value)


def test_a_case_names_its_subject_day_and_place() -> None:
    """In English or Chinese, with the facts under the subject or beside the rest."""
    wanted = Case("vehicle", {"gross_mass": "3.5 t"}, date(2021, 12, 2), "XX-N", True, "one")
    facts = {"gross_mass": "3.5 t"}
    rest = {"as_of": "2021-12-02", "jurisdiction": "XX-N", "complete": "yes", "name": "one"}
    assert read_case({**rest, "车辆": facts}, INTAKE) == wanted
    chinese = {"判定日期": "2021年12月2日", "辖区": "XX-N", "complete": True, "name": "one", "vehicle": facts}
    assert read_case(chinese, INTAKE) == wanted
    plain = read_case({"as_of": date(2021, 12, 2), "complete": ["fire.a", "fire.b"], **facts}, INTAKE, subject="vehicle")
    assert plain == Case("vehicle", facts, date(2021, 12, 2), None, ("fire.a", "fire.b"))


def test_a_fact_goes_before_an_entry_of_a_case_in_the_plain_form() -> None:
    """`name` is a fact of vehicles; beside the subject it is the name of the case."""
    assert read_case({"name": "Li"}, INTAKE, subject="vehicle").data == {"name": "Li"}
    assert read_case({"name": "Li", "vehicle": None}, INTAKE) == Case("vehicle", {}, name="Li")


def test_problems_of_a_case_are_all_reported() -> None:
    """Unknown entries are never dropped."""
    assert problems_of({"vehicle": {}, "as_off": 1, "as_of": "yesterday", "complete": 3, "jurisdiction": ["XX"]}) == [
        "as_off: a case has no entry `as_off`; did you mean `as_of`?",
        "as_of: `yesterday` is not a date; write a date as `2021-12-02`",
        "jurisdiction: `[…]` is not the name of a jurisdiction",
        "complete: `3` is neither true nor false nor a list of packs; `complete: true` is for everything; a list names the packs for which it holds",
    ]
    assert problems_of([]) == ["a case was expected, but `[]` was given"]
    assert problems_of({"vehicle": {}, "load": {}}) == ["a case is about one subject, but facts of `vehicle`, `load` were given"]
    assert problems_of({"vehicle": 3}) == ["vehicle: facts are written as names with values, but `3` was given"]
    assert problems_of({"load": {}}, subject="vehicle") == ["facts of `load` were given where facts of `vehicle` were expected"]
    assert problems_of({"as_of": None, "判定日期": None, "load": {}}) == [
        "as_of: this was given twice, the second time as `判定日期`"
    ]
    assert read_case({"load": {}, "expect": 1}, INTAKE, extra=("expect",)) == Case("load", {})


def test_where_a_case_has_problems_those_of_its_facts_are_told_too() -> None:
    """All in one run, with the place of the file."""
    problems = problems_of({"as_of": "yesterday", "vehicle": {"seatz": 3, "gross_mass": "heavy"}})
    assert [problem.split(":")[0] for problem in problems] == ["as_of", "seatz", "gross_mass"]


def test_yaml_is_text_until_a_type_reads_it(tmp_path: Path) -> None:
    """`no`, `4.10` and dates stay what was written; empty is unknown."""
    file = tmp_path / "some.cases.yaml"
    file.write_text(
        "- as_of: 2021-12-02\n  vehicle: {brakes.tested: no, gross_mass: 4.10, axles: ~, seats: null}\n- 货载: {潮湿: 是}\n",
        encoding="utf-8",
    )
    first, second = load_cases_file(file, INTAKE)
    assert first.data == {"brakes.tested": "no", "gross_mass": "4.10", "axles": None, "seats": None}
    assert INTAKE.read(first.subject, first.data).facts == {"brakes.tested": False, "gross_mass": Fraction(41, 10)}
    assert INTAKE.read(second.subject, second.data).facts == {"wet": True}
    assert second.place == f"{file}:3"


def test_problems_of_a_file_carry_its_line() -> None:
    """For every format, also for facts that are read later."""
    assert problems_in("- vehicle: {}\n- vehicle: 3\n- wheels: 3\n  vehicle: {}\n", "yaml") == [
        "cases:2: vehicle: facts are written as names with values, but `3` was given",
        "cases:3: wheels: a case has no entry `wheels`",
    ]
    assert problems_in('{"vehicle": {}}\n\n{"vehicle": 3}\n{\n', "jsonl") == [
        "cases:3: vehicle: facts are written as names with values, but `3` was given",
        "cases:4: this is not JSON: Expecting property name enclosed in double quotes, line 1, column 2",
    ]
    (case,) = parse_cases('[{"vehicle": {"seats": 0}}]', INTAKE, "json", name="cases")
    with pytest.raises(FactsError, match=r"^cases\[0\]: seats: `0` is not between 1 and 60$"):
        INTAKE.read(case.subject, case.data, place=case.place)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"load": {}, "load": {}}', "cases: `load` is written twice"),
        ('{"load": {"wet": NaN}}', "cases: `NaN` is not a number that can be measured"),
        ('{"load": ' + "9" * 50 + "}", "cases: `" + "9" * 50 + "` is not a number that can be measured"),
        ("[" * 100_000, "cases: nested more than 60 levels deep"),
        (
            '{"load": {"wet": "' + "[" * 100 + '"}',
            "cases: this is not JSON: Expecting ',' delimiter, line 1, column 121",
        ),
        ("[] []", "cases: this is not JSON: Extra data, line 1, column 4"),
        ('{"load": 1e99999999999999999999}', "cases: `1e99999999999999999999` is not a number that can be measured"),
    ],
)
def test_json_that_hides_something_is_refused(text: str, message: str) -> None:
    """Twice the same name, no number, no end."""
    assert problems_in(text, "json") == [message]


def test_a_decimal_of_json_is_exact() -> None:
    """No float on the way."""
    (case,) = parse_cases('{"vehicle": {"gross_mass": 10.40}}', INTAKE, "json")
    assert case.data == {"gross_mass": Decimal("10.40")}
    assert INTAKE.read("vehicle", case.data).facts == {"gross_mass": Fraction(52, 5)}


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """Absent, a folder, not UTF-8, of no known format, too long."""
    (tmp_path / "latin.json").write_bytes(b'{"load": "\xff"}')
    (tmp_path / "folder.json").mkdir()
    for name, message in (
        ("absent.json", "cannot be read: No such file or directory"),
        ("folder.json", "cannot be read: Is a directory"),
        ("bad\0name.json", "cannot be read: embedded null byte"),
        ("latin.json", "this is not UTF-8 text"),
        ("cases.txt", "cases are read from YAML, JSON or JSON Lines files"),
    ):
        with pytest.raises(FactsError, match=message):
            load_cases_file(tmp_path / name, INTAKE)
    long_line = io.StringIO('"' + "x" * 5_000_000 + '"\n{"load": {}}\n')
    first, second = iterate_cases(long_line, INTAKE, "jsonl")
    assert isinstance(first, FactsError)
    assert messages(first) == ["-:1: a line of more than 4000000 bytes"]
    assert second == Case("load", {}, place="-:2")
    with pytest.raises(FactsError, match="larger than 32000000 bytes; write many cases as JSON Lines"):
        load_cases_file(io.BytesIO(b" " * 33_000_000), INTAKE, "json")


@given(text=st.text(max_size=200) | st.recursive(st.none() | st.text(max_size=5), st.lists).map(json.dumps))
@settings(max_examples=150, deadline=1000, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_cases_or_problems(text: str) -> None:
    """Whatever a file holds, nothing but the error with its problems is raised."""
    for file_format in ("yaml", "json", "jsonl"):
        for found in iterate_cases(io.StringIO(text), INTAKE, file_format):
            if isinstance(found, FactsError):
                assert all(isinstance(problem, Problem) for problem in found.problems)


def test_a_model_takes_what_a_mapping_takes() -> None:
    """Ids, labels, labels of values and quantities; how it was written reaches the reasons."""
    vehicle = model_for("vehicle", SUBJECTS)
    made = vehicle.model_validate({"总质量": "3500kg", "brakes.tested": "是", "axles": "六轴", "seats": 3, "copy": True})
    same = vehicle(gross_mass="3500kg", brakes__tested=True, axles="six", seats="3", cargo={"wet": False}, trailers=[])  # type: ignore[call-arg]  # built at run time
    assert read_case(made, INTAKE).subject == "vehicle"
    assert INTAKE.read(None, made).facts == {
        "gross_mass": Fraction(7, 2),
        "brakes.tested": True,
        "axles": "six",
        "seats": 3,
        "copy": True,
    }
    instance = INTAKE.read("vehicle", same)
    assert instance.written["gross_mass"] == "3500kg"
    assert instance.parts["trailers"] == []
    (cargo,) = instance.parts["cargo"] or []
    assert cargo.facts == {"wet": False}
    assert INTAKE.read("vehicle", vehicle.model_validate({"gross_mass": 0.1})).facts == {"gross_mass": Fraction(1, 10)}
    assert INTAKE.read("vehicle", vehicle()).facts == {}
    again = vehicle.model_validate_json(same.model_dump_json(exclude_unset=True, by_alias=True))
    assert again == same


ODD = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.dates() | st.datetimes() | st.decimals(),
    st.sampled_from(
        [
            "two",
            "六轴",
            "3座",
            "3.5 t",
            "",
            "~",
            "是",
            "2021-12-02",
            "2021-12-02T08:30",
            [],
            ["two", "两轴"],
            [None],
            {},
        ]
    ),
)


@given(name=st.sampled_from(sorted(VEHICLE.facts)), value=ODD)
@settings(deadline=1000)
def test_a_model_agrees_with_a_mapping_on_every_value(name: str, value: object) -> None:
    """What one reads the other reads, as the same value; what one refuses the other refuses."""
    vehicle = MODEL
    try:
        wanted = INTAKE.read("vehicle", {name: value}).facts
    except FactsError:
        with pytest.raises(ValidationError):
            vehicle.model_validate({name: value})
    else:
        assert INTAKE.read("vehicle", vehicle.model_validate({name: value})).facts == wanted


def test_a_duration_without_a_decimal_keeps_a_unit_that_has_one() -> None:
    """Twenty minutes are no decimal of an hour; a third is refused."""
    hours = fact("open", ValueType("number", find_unit("h") or pytest.fail("h")), "开放", minimum=0)
    subjects = {"load": replace(LOAD, facts={"open": hours})}
    model = model_for("load", subjects)
    made = model.model_validate({"open": timedelta(minutes=20)})
    assert Intake(subjects).read("load", made).facts == {"open": Fraction(1, 3)}
    with pytest.raises(ValidationError, match="no finite decimal"):
        model.model_validate({"open": Fraction(1, 3)})


def test_a_model_refuses_what_a_mapping_refuses() -> None:
    """With the place of the value and our words."""
    vehicle = model_for("vehicle", SUBJECTS)
    with pytest.raises(ValidationError) as caught:
        vehicle.model_validate({"gross_mass": "-1 t", "axels": "two", "trailers": [{"axles": "three"}]})
    found = {".".join(str(step) for step in error["loc"]): error["msg"] for error in caught.value.errors()}
    assert "`-1 t` is less than 0 t" in found["gross_mass"]
    assert "none of the possible values" in found["trailers.0.axles"]
    assert "axels" in found


def test_a_model_of_somebody_else_is_read_by_the_names_of_its_fields() -> None:
    """Their aliases are their own business."""

    class Lorry(BaseModel):
        gross_mass: float
        brakes__tested: bool = True

    assert INTAKE.read("vehicle", Lorry(gross_mass=2.5)).facts == {"gross_mass": Fraction(5, 2)}


def test_the_schema_describes_forms() -> None:
    """Titles in the language asked for, values with labels, bounds, questions, units."""
    schema = json_schema("vehicle", SUBJECTS, "zh")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "车辆"
    properties = schema["properties"]
    assert properties["axles"]["oneOf"] == [{"const": "two", "title": "两轴"}, {"const": "six", "title": "六轴"}]
    assert properties["gross_mass"]["x-unit"] == "t"
    assert properties["gross_mass"]["x-topic"] == "质量"
    assert properties["seats"] == {"title": "座位", "type": "integer", "minimum": 1, "maximum": 60, "x-counts": "座"}
    assert properties["checked"] == {"title": "检查日期", "type": "string", "format": "date", "x-judgement": True}
    assert json_schema("vehicle", SUBJECTS, "en")["properties"]["brakes.tested"]["x-ask"] == "Were the brakes tested?"
    assert properties["trailers"]["items"] == {"$ref": "#/$defs/vehicle"}
    assert properties["cargo"]["$ref"] == "#/$defs/load"
    assert json.loads(json.dumps(schema)) == schema


def test_what_the_schema_accepts_is_read() -> None:
    """The schema is a part of what can be submitted, never more."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = json_schema("vehicle", SUBJECTS)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = {
        "gross_mass": "3.5 吨",
        "axles": "two",
        "marks": ["two", "six"],
        "seats": 4,
        "checked": "2021-12-02",
        "seen": "2021-12-02T08:30",
        "trailers": [{"gross_mass": 1.5}],
        "cargo": {"wet": True},
    }
    validator.validate(good)
    assert len(INTAKE.read("vehicle", good).facts) == 6
    for bad in (
        {"gross_mass": "3.5 m"},
        {"gross_mass": -1},
        {"axles": "three"},
        {"wheels": 1},
        {"seats": 61},
        {"cargo": [1]},
    ):
        assert not validator.is_valid(bad)
        with pytest.raises(FactsError):
            INTAKE.read("vehicle", bad)
    model_schema = model_for("vehicle", SUBJECTS).model_json_schema()
    jsonschema.Draft202012Validator.check_schema(model_schema)


def test_a_hostile_json_text_takes_bounded_work() -> None:
    """Long strings of escapes, many brackets, many lines."""
    for text in ('"' + "\\" * 1_000_000, '"' + '\\"[' * 500_000, "[" * 50 + "{}," * 100_000, "[]" * 500_000):
        with at_most(5_000_000):
            assert problems_in(text, "json")
