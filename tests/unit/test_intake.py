"""Submitted facts: names, types, units, unknowns, and every problem with its path."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from work import at_most

from hazardrules.errors import FactsError
from hazardrules.intake import Instance, Intake, assume_compliant
from hazardrules.intake.instance import within
from hazardrules.intake.numbers import plain_number
from hazardrules.model.subjects import Compliant, FactDeclaration, PartDeclaration, SubjectKind
from hazardrules.model.types import BOOL, DATE, DATETIME, INTEGER, TEXT, Option, ValueType
from hazardrules.model.units import ONE, Unit, convert, find_unit, same_dimension, unit_names
from hazardrules.model.values import shortened
from hazardrules.source import whole_file
from hazardrules.wording import phrases

SPAN = whole_file("vocabulary")
USES = (Option("lodging", {"zh": "住宿"}), Option("production", {"zh": "生产", "en": "making things"}))
CONTENTS = (Option("lpg", {"zh": "液化石油气"}), Option("oxygen", {"zh": "氧气"}))


def unit(spelling: str) -> Unit:
    """A unit that exists."""
    found = find_unit(spelling)
    assert found is not None
    return found


def fact(name: str, value_type: ValueType, zh: str, en: str, **more: Any) -> FactDeclaration:
    """A declaration with the usual defaults."""
    rest: dict[str, Any] = dict.fromkeys(("counts", "minimum", "maximum", "topic", "ask", "compliant"))
    rest |= {"options": (), "judgement": False, "declared": value_type.name} | more
    return FactDeclaration(name=name, type=value_type, label={"zh": zh, "en": en}, span=SPAN, **rest)


def kind(name: str, zh: str, facts: list[FactDeclaration], *parts: PartDeclaration) -> SubjectKind:
    """A kind of subject."""
    label = {"zh": zh, "en": name.replace("_", " ")}
    return SubjectKind(name, label, {}, {f.name: f for f in facts}, {p.name: p for p in parts}, SPAN)


def amount(spelling: str) -> ValueType:
    """The type of a number with a unit."""
    return ValueType("number", unit(spelling))


PREMISES = kind(
    "premises",
    "场所",
    [
        fact("uses", ValueType("set", options=("lodging", "production")), "用途", "uses", options=USES),
        fact("floor_area", amount("m²"), "建筑面积", "floor area", minimum=0),
        fact("people", INTEGER, "人数", "people", minimum=0, counts={"zh": "人", "en": "persons"}),
        fact("lodging.separated", BOOL, "住宿已分隔", "lodging separated", compliant=Compliant("==", True, "true")),
        fact(
            "lodging.exit.width",
            amount("m"),
            "疏散宽度",
            "exit width",
            compliant=Compliant(">=", Fraction(11, 10), ">= 1.1 m"),
        ),
        fact("class", INTEGER, "耐火等级", "fire class", minimum=1, maximum=4, compliant=Compliant("<", 3, "< 3")),
        fact("ratio", amount("%"), "比例", "ratio", minimum=0, compliant=Compliant("<", 30, "< 30 %")),
        fact("depth", amount("m"), "深度", "depth", compliant=Compliant(">", 2, "> 2 m")),
        fact("share", ValueType("number", ONE), "份额", "share"),
        fact("fine", amount("CNY"), "罚款", "fine"),
        fact("burning", amount("h"), "耐火极限", "burning time"),
        fact("inspected", DATE, "检查日期", "inspected"),
        fact("reported", DATETIME, "报告时间", "reported"),
        fact("title", TEXT, "名字", "title"),
        fact("left", BOOL, "共用", "shared label"),
        fact("right", BOOL, "共用", "right"),
    ],
    PartDeclaration("cylinders", "gas_cylinder", False, {"zh": "气瓶", "en": "gas cylinders"}, SPAN),
    PartDeclaration("gas_use", "gas_user", True, {"zh": "用气", "en": "gas use"}, SPAN),
)
CYLINDER = kind(
    "gas_cylinder",
    "气瓶单体",
    [
        fact("contents", ValueType("enum", options=("lpg", "oxygen")), "介质", "contents", options=CONTENTS),
        fact("capacity", amount("kg"), "充装量", "capacity", minimum=0),
    ],
)
USER = kind(
    "gas_user",
    "用户",
    [fact("alarm", BOOL, "报警器", "alarm", compliant=Compliant("==", True, "true"))],
    PartDeclaration("cylinders", "gas_cylinder", False, {"zh": "气瓶"}, SPAN),
    PartDeclaration("users", "gas_user", False, {"zh": "下级用户"}, SPAN),
)
SUBJECTS = {found.id: found for found in (PREMISES, CYLINDER, USER)}
INTAKE = Intake(SUBJECTS)


def read(data: object) -> Instance:
    """Read facts of a premises."""
    return INTAKE.read("premises", data)


def problems(data: object, lang: str = "en") -> list[str]:
    """The problems of facts of a premises."""
    with pytest.raises(FactsError) as caught:
        read(data)
    return [problem.message(lang) for problem in caught.value.problems]


def test_what_was_read_before_is_not_taken_for_something_equal() -> None:
    """In Python `True`, `1` and `1.0` are equal; as facts they are not, whichever was submitted first."""
    intake = Intake(SUBJECTS)
    for submitted in (True, 1.0, 1, 1.0, True):
        for name, kinds in (("lodging.separated", {bool}), ("floor_area", {int, float})):
            if type(submitted) in kinds:
                assert intake.read("premises", {name: submitted}).facts == {name: submitted}
            else:
                with pytest.raises(FactsError):
                    intake.read("premises", {name: submitted})


@pytest.mark.parametrize(
    ("name", "submitted", "value", "written"),
    [
        ("floor_area", 300, 300, "300 m²"),
        ("floor_area", 0.1, Fraction(1, 10), "0.1 m²"),
        ("floor_area", Decimal("300.50"), Fraction(601, 2), "300.5 m²"),
        ("floor_area", "300", 300, "300 m²"),
        ("floor_area", "３００平方米", 300, "３００平方米"),
        ("floor_area", "0.5 ha", 5000, "0.5 ha"),
        ("floor_area", Fraction(1, 3), Fraction(1, 3), "1/3 m²"),
        ("people", 3, 3, "3"),
        ("people", 3.0, 3, "3"),
        ("people", "3人", 3, "3人"),
        ("people", "1 person", 1, "1 person"),
        ("people", "1,003 persons", 1003, "1,003 persons"),
        ("ratio", "30 %", 30, "30 %"),
        ("ratio", 30, 30, "30 %"),
        ("share", "30 %", Fraction(3, 10), "30 %"),
        ("fine", "5 万元", 50_000, "5 万元"),
        ("burning", "90 min", Fraction(3, 2), "90 min"),
        ("burning", "PT2H", 2, "PT2H"),
        ("burning", timedelta(minutes=20), Fraction(1, 3), "1/3 h"),
        ("lodging.separated", "是", True, "true"),
        ("lodging.separated", "No", False, "false"),
        ("uses", ["lodging", "生产"], frozenset(("lodging", "production")), "lodging, production"),
        ("uses", "making things", frozenset(("production",)), "production"),
        ("uses", "{lodging, production}", frozenset(("lodging", "production")), "lodging, production"),
        ("uses", "住宿、生产", frozenset(("lodging", "production")), "lodging, production"),
        ("uses", [], frozenset(), ""),
        ("uses", {"lodging"}, frozenset(("lodging",)), "lodging"),
        ("inspected", "2021年12月2日", date(2021, 12, 2), "2021年12月2日"),
        ("inspected", date(2021, 12, 2), date(2021, 12, 2), "2021-12-02"),
        ("inspected", datetime(2021, 12, 2), date(2021, 12, 2), "2021-12-02"),
        ("reported", "2021-12-02T08:30", datetime(2021, 12, 2, 8, 30), "2021-12-02T08:30"),
        ("title", " two  words ", " two  words ", " two  words "),
    ],
)
def test_a_value_is_read_as_its_fact_declares(name: str, submitted: object, value: object, written: str) -> None:
    """The value is exact and typed, and how it was written is kept."""
    instance = read({name: submitted})
    assert instance.facts == {name: value}
    assert type(instance.facts[name]) is type(shortened(value) if isinstance(value, Fraction) else value)
    assert instance.written == {name: written}


@pytest.mark.parametrize(
    ("name", "submitted", "expected"),
    [
        ("floor_area", True, "floor_area: `true` is not a number; true and false are no numbers"),
        ("floor_area", math.nan, "floor_area: `nan` is not a number of at most 40 digits; leave out what is unknown"),
        (
            "floor_area",
            Decimal("sNaN"),
            "floor_area: `sNaN` is not a number of at most 40 digits; leave out what is unknown",
        ),
        ("floor_area", math.inf, "floor_area: `inf` is not a number of at most 40 digits"),
        ("floor_area", 10**300, "floor_area: `…` is not a number of at most 40 digits"),
        ("floor_area", 1e300, "floor_area: `1e+300` is not a number of at most 40 digits"),
        ("floor_area", Decimal("1e999999"), "floor_area: `1E+999999` is not a number of at most 40 digits"),
        ("floor_area", -1, "floor_area: `-1 m²` is less than 0 m², the least possible"),
        ("class", "5", "class: `5` is not between 1 and 4"),
        ("people", "3.5", "people: `3.5` is not a whole number"),
        ("people", "3 cats", "people: `3 cats` is not a whole number; write the number alone, or with `人`, `persons`"),
        ("lodging.separated", 1, "lodging.separated: `1` is neither true nor false; write true or false"),
        ("lodging.separated", "maybe", "lodging.separated: `maybe` is neither true nor false"),
        ("uses", ["loging"], "uses: `loging` is none of the possible values; did you mean `lodging`?"),
        ("uses", ["x", None], "uses: `x` is none of the possible values; write one of `lodging`, `production`"),
        ("inspected", "2021-02-30", "inspected: `2021-02-30` is not a date; write a date as `2021-12-02`"),
        ("inspected", 20211202, "inspected: `20211202` is not a date; write a date as `2021-12-02`"),
        (
            "reported",
            "2021-12-02T08:30Z",
            "reported: `2021-12-02T08:30Z` has a time zone, but local time was expected; write local time, as `2021-12-02T08:30`",
        ),
        (
            "reported",
            "2021-12-02",
            "reported: `2021-12-02` is not a date with a time of day; write it as `2021-12-02T08:30`",
        ),
        ("title", 3, "title: `3` is not a text; write it in quotation marks"),
        ("title", "a\0b", "title: `a\\u0000b` holds a character that is none"),
        ("title", "a\ud800", "title: `a\\ud800` holds a character that is none"),
        ("title", "x" * 10_001, "title: a text of more than 10000 characters"),
        (
            "share",
            "3 kg",
            "share: `3 kg` has a unit, but a pure number was expected; units: `‰`, `%`; without one, 1 is meant",
        ),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name: str, submitted: object, expected: str) -> None:
    """Nothing is coerced in silence; the message says what was expected."""
    assert problems({name: submitted}) == [expected]


class Uses(Enum):
    """What other programs call the uses of premises."""

    LODGING = "lodging"


class Array:
    """Looks like an array or a scalar of NumPy."""

    __module__ = "numpy"

    def __init__(self, held: object) -> None:
        """Hold plain values."""
        self.held = held

    def tolist(self) -> object:
        """The plain values."""
        return self.held


def test_values_of_other_libraries_are_unwrapped() -> None:
    """Members of enums, arrays and scalars of NumPy."""
    data = {
        "uses": Array(["lodging", Uses.LODGING]),
        "lodging.separated": Array(held=True),
        "cylinders": Array([{"contents": Array("lpg")}]),
    }
    instance = read(data)
    assert instance.facts == {"uses": frozenset(("lodging",)), "lodging.separated": True}
    assert [item.facts for item in instance.parts["cylinders"] or []] == [{"contents": "lpg"}]


def test_an_aware_moment_is_refused() -> None:
    """Facts carry local time."""
    assert "time zone" in problems({"reported": datetime(2021, 12, 2, tzinfo=UTC)})[0]


@pytest.mark.parametrize("blank", [None, "", "  ", "~", "null"])
def test_a_blank_value_is_unknown(blank: object) -> None:
    """Nothing is known of a fact, a set or a part that is left blank."""
    instance = read(dict.fromkeys(("floor_area", "uses", "title", "cylinders", "gas_use"), blank))
    assert instance.facts == {}
    assert instance.parts == {}


@pytest.mark.parametrize("name", ["floor_area", "建筑面积", "floor area", " Floor Area ", "FLOOR_AREA", "\uff46loor\uff3farea"])
def test_a_fact_is_found_under_its_id_and_its_labels(name: str) -> None:
    """Width, case and outer blanks do not matter."""
    assert read({name: 1}).facts == {"floor_area": 1}


@pytest.mark.parametrize(
    "nested",
    [
        {"lodging": {"separated": True, "exit": {"width": "110 cm"}}},
        {"lodging.separated": True, "lodging": {"exit.width": 1.1}},
        {"lodging__separated": True, "lodging__exit__width": 1.1},
        {"Lodging": {"住宿已分隔": "是"}, "lodging.exit": {"width": "1.1"}},
    ],
)
def test_dotted_facts_can_be_nested(nested: dict[str, object]) -> None:
    """A group of facts may be written as a mapping of its own."""
    assert read(nested).facts == {"lodging.separated": True, "lodging.exit.width": Fraction(11, 10)}


def test_every_problem_is_reported_with_its_path() -> None:
    """One run says all, in the order submitted."""
    found = problems(
        {
            "flor_area": 1,
            "people": 1,
            "人数": 2,
            "capacity": 3,
            "共用": True,
            7: 1,
            "cylinders": [{"介质": "lgp"}, {}, None, {"capacity": "3 m", "people": 3}],
            "gas_use": {"cylinders": {"capacity": 1}},
            "lodging": {"separatd": True},
        }
    )
    assert found == [
        "flor_area: `premises` has no fact and no part `flor_area`; did you mean `floor_area`?",
        "people: this was given twice, the second time as `人数`",
        "capacity: `premises` has no fact and no part `capacity`; `capacity` is a fact of `gas_cylinder`: write it under `cylinders`",
        "共用: `共用` is the label of several facts; write one of `left`, `right`",
        "7: `7` is no name of a fact",
        "cylinders[0].contents: `lgp` is none of the possible values; did you mean `lpg`?",
        "cylinders[2]: the facts of one `gas_cylinder` were expected, but `null` was given; for a part of which nothing is known write `{}`",
        "cylinders[3].capacity: `3 m` cannot be expressed in kg; units: `mg`, `g`, `kg`, `t`; without one, kg is meant",
        "cylinders[3].people: `gas_cylinder` has no fact and no part `people`; `people` is a fact of the `premises` around it",
        "gas_use.cylinders: a list of `gas_cylinder` was expected, but `{…}` was given; write it as a list of one",
        "lodging.separatd: `premises` has no fact and no part `lodging.separatd`; did you mean `lodging.separated`, `lodging.exit.width`?",
    ]


def test_problems_are_worded_in_chinese_too() -> None:
    """The same problem in another language, and as data."""
    with pytest.raises(FactsError) as caught:
        read({"flor_area": 1})
    (problem,) = caught.value.problems
    assert problem.message("zh") == "flor_area: `premises` 没有名为 `flor_area` 的事实或组成部分；是否指 `floor_area`？"
    assert problem.as_dict("en") == {
        "path": "flor_area",
        "key": "intake.unknown_name",
        "message": "`premises` has no fact and no part `flor_area`",
        "hint": "did you mean `floor_area`?",
    }


def test_parts_know_their_path_and_owner() -> None:
    """Lists are numbered, the part there is only one of is not; an empty list is known to be empty."""
    instance = read({"cylinders": [], "用气": {"cylinders": [{"capacity": "15 kg"}, {}]}})
    assert instance.parts["cylinders"] == []
    (user,) = instance.parts["gas_use"] or []
    first, second = user.parts["cylinders"] or []
    assert [item.path for item in within(instance)] == ["", "gas_use", "gas_use.cylinders[0]", "gas_use.cylinders[1]"]
    assert first.owner is user
    assert user.owner is instance
    assert (first.facts, second.facts) == ({"capacity": 15}, {})
    assert [item.path for item in read({"gas_use": [{}]}).parts["gas_use"] or []] == ["gas_use"]
    assert problems({"gas_use": [{}, {}]}) == ["gas_use: exactly one was expected, but 2 were given"]


def test_the_subject_is_named_beside_or_within_the_facts() -> None:
    """By id or label; what is not said is not guessed."""
    for subject, data in (
        ("场所", {"people": 3}),
        (None, {"场所": {"people": 3}}),
        ("premises", {"premises": {"people": 3}}),
    ):
        instance = INTAKE.read(subject, data)
        assert (instance.kind, instance.path, instance.facts) == ("premises", "", {"people": 3})
    refused: tuple[tuple[str | None, object, str], ...] = (
        (None, {"people": 3}, "nothing says what is judged; name one of `premises`, `gas_cylinder`, `gas_user`"),
        ("premise", {}, "no kind of subject is called `premise`; did you mean `premises`?"),
        ("premises", {"gas_user": {}}, "facts of `gas_user` were given where facts of `premises` were expected"),
        ("premises", [1], "facts are written as names with values, but `[…]` was given"),
    )
    for kind_name, submitted, message in refused:
        with pytest.raises(FactsError, match="^" + message.replace("[", r"\[").replace("?", r"\?") + "$"):
            INTAKE.read(kind_name, submitted)


def test_hostile_input_is_refused_after_bounded_work() -> None:
    """Depth, size and number of problems are bounded."""
    deep: dict[str, object] = {}
    for _ in range(100):
        deep = {"users": [deep]}
    itself: dict[str, object] = {}
    itself["users"] = [itself] * 1000
    work = at_most(20_000_000)
    work.__enter__()
    assert "levels deep" in problems({"gas_use": deep})[0]
    assert len(problems({"gas_use": itself})) == 1001
    many: dict[str, object] = {"users": [{"cylinders": [{}] * 99_000}] * 5}
    assert "gas_use.users[3].cylinders: more than 300000 entries" in problems({"gas_use": many})
    assert problems({"cylinders": [{}] * 100_001}) == ["cylinders: more than 100000 entries"]
    assert problems({"uses": ["lodging"] * 100_001}) == ["uses: more than 100000 entries"]
    assert len(problems({f"unknown_{number}": 1 for number in range(50_000)})) == 1001
    assert len(problems({"floor_area": "1" * 10_000_000, "x" * 10_000_000: 1, "people": "1." * 5000})) == 3
    work.__exit__(None, None, None)


def test_nothing_else_was_wrong_completes_a_copy() -> None:
    """Compliant values and closed bounds are taken; open bounds go half way, or one whole step."""
    instance = read({"gas_use": {}, "people": 3})
    done = assume_compliant(instance, SUBJECTS)
    assert instance.facts == {"people": 3}
    assert done.assumptions == [
        ("", "lodging.separated", True),
        ("", "lodging.exit.width", Fraction(11, 10)),
        ("", "class", 2),
        ("", "ratio", 15),
        ("", "cylinders", ()),
        ("gas_use", "alarm", True),
        ("gas_use", "cylinders", ()),
        ("gas_use", "users", ()),
    ]
    assert done.not_assumable == [("", "depth")]
    assert done.instance.written["lodging.exit.width"] == "1.1 m"
    assert done.instance.parts["cylinders"] == []
    (user,) = done.instance.parts["gas_use"] or []
    assert user.owner is done.instance
    partly = assume_compliant(instance, SUBJECTS, lambda kind, name: (kind, name) == ("gas_user", "alarm"))
    assert partly.assumptions == [("gas_use", "alarm", True)]


def test_every_problem_is_worded_in_every_language() -> None:
    """The same keys in both."""
    assert phrases("zh", "intake").keys() == phrases("en", "intake").keys()


ODD_TEXT = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["300 m²", "3人", "1e400", "-", "+", "1e", "是", "2021-12-02", "\ud800", "\0", "1" * 300, "~", "{", "{}"]),
)
KEYS = st.one_of(st.text(max_size=8), st.sampled_from([*PREMISES.facts, *PREMISES.parts, "场所", "lodging", "用途", "premises"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@given(subject=st.sampled_from([None, "premises", "gas_user", "场所"]), data=JSON)
@settings(max_examples=300, deadline=1000)
def test_whatever_is_submitted_is_read_or_refused(subject: str | None, data: object) -> None:
    """No input raises anything but the error that carries its problems, and every problem can be worded."""
    try:
        INTAKE.read(subject, data)
    except FactsError as error:
        for problem in error.problems:
            assert problem.message("zh").encode()
            assert "\n" not in problem.message("en")


UNITS = [found for name in unit_names() if (found := find_unit(name))]


@given(value=st.fractions(max_denominator=10**6), given_unit=st.sampled_from(UNITS), data=st.data())
def test_a_unit_there_and_back_is_exact(value: Fraction, given_unit: Unit, data: st.DataObject) -> None:
    """Conversion loses nothing."""
    wanted = data.draw(st.sampled_from([other for other in UNITS if same_dimension(other, given_unit)]))
    assert convert(convert(value, given_unit, wanted), wanted, given_unit) == value


@given(value=st.decimals(min_value=0, max_value=10**9, places=6), spelling=st.sampled_from(["m²", "ha", "平方厘米", "km2"]))
def test_a_quantity_in_any_unit_is_the_exact_number(value: Decimal, spelling: str) -> None:
    """A quantity written with a unit is what the unit says, and prints back as it was."""
    found = read({"floor_area": f"{value:f} {spelling}"}).facts["floor_area"]
    assert isinstance(found, int | Fraction)
    assert found == Fraction(value) * unit(spelling).factor
    back = read({"floor_area": plain_number(found)}).facts["floor_area"]
    assert back == found


@given(st.floats(min_value=0, max_value=1e30).filter(lambda value: value == 0 or value > 1e-15))
def test_a_float_means_its_shortest_decimal(value: float) -> None:
    """Never the binary fraction behind it."""
    assert read({"floor_area": value}).facts["floor_area"] == Fraction(repr(value))
