"""The engine on durable-rules: what that library gets wrong cannot happen through the adapter.

Each test is named after a misbehaviour; where it is cheap to show, the test shows it first, on the library alone.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import textwrap
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import hazardrules
from hazardrules.engines.durable import Durable
from hazardrules.engines.durable_network import Conclusion, Stage, build
from hazardrules.engines.durable_sets import FACT, FIELDS, GUARD, MAX_FIELDS, MAX_MATCHERS, SESSION, RuleSet, rule_sets
from hazardrules.errors import EngineError
from hazardrules.testing.generated_rulebooks import FILES, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

library = pytest.importorskip("durable_rules_engine")

DAY = date(2021, 12, 2)
ROOT = Path(__file__).resolve().parents[2]
NOT_HANDLED, OBSERVED = 1, 2
OFFSET, PRIME = 2166136261, 16777619


def book_of(folder: Path, rules: dict[str, str], facts: dict[str, str] | None = None) -> hazardrules.Rulebook:
    """A rulebook on places: rules by id with their conditions, further facts by name with their types."""
    written = "".join(
        f"  - {{id: {name}, clause: '1', text: {{zh: 文, en: text}}, level: general, when: {json.dumps(when)}}}\n"
        for name, when in rules.items()
    )
    place = FILES["subjects/place.yaml"]
    more = "".join(
        f"  {name}: {{type: {kind}, label: {{zh: 事实{name}, en: fact {name}}}}}\n" for name, kind in (facts or {}).items()
    )
    head = "pack: p\nlabel: {zh: 包, en: pack}\nlaw: xx-1\non: place\nscale: hazard\nrules:\n"
    files = {**FILES, "subjects/place.yaml": place.replace("parts:\n", f"{more}parts:\n"), "all/p.yaml": head + written}
    return hazardrules.load(write(files, folder), engine="durable")


def judged(book: hazardrules.Rulebook, **facts: Any) -> tuple[set[str], set[str]]:
    """What holds and what is open; the reference says the same."""
    answers = []
    for engine in ("durable", "reference"):
        (verdict,) = book.inquire({"place": facts}, as_of=DAY, engine=engine).verdicts
        answers.append([{name.removeprefix("p.") for name in names} for names in (verdict.holds, verdict.undetermined)])
    assert answers[0] == answers[1]
    return answers[0][0], answers[0][1]


def sets_of(book: hazardrules.Rulebook) -> list[RuleSet]:
    """The rule sets on places."""
    plan = book.compiled.in_force(DAY)
    return [one for stage in Durable().judges(plan, "place").stages for one in stage]


class Raw:
    """A rule set of the library without the adapter."""

    def __init__(self, rules: dict[str, Any]) -> None:
        self.handle = library.create_ruleset("raw", json.dumps({name: {"all": [{"m": when}]} for name, when in rules.items()}))

    def tell(self, fact: dict[str, Any]) -> tuple[int, list[str]]:
        """What it answers to a fact, and what fires."""
        status, session = library.assert_fact(self.handle, json.dumps({"sid": "s", **fact}))
        fired: list[str] = []
        started = library.start_action_for_state(self.handle, session) if status == 0 else None
        message = started[1] if started else None
        while message is not None:
            fired.append(next(iter(json.loads(message))))
            message = library.complete_and_start_action(self.handle, session)
        return status, fired


def hashed(text: str) -> int:
    """The 32 bits by which the library knows a name."""
    found = OFFSET
    for byte in text.encode():
        found = (found ^ byte) * PRIME % 2**32
    return found


def in_new_process(code: str) -> str:
    """What a script prints; a crash or a hang fails the test and nothing else."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], check=False, capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# what reaches the library


def test_a_condition_is_nothing_but_a_guard_and_comparisons_of_small_numbers() -> None:
    """No joins, no `or`, no missing fields, no texts, no arithmetic, no regular expressions: none can go wrong."""
    plan = hazardrules.load(cache=True).compiled.in_force(date(2026, 11, 25))
    for kind in plan.by_kind:
        for stage in build(plan, kind).stages:
            for rules in rule_sets(stage):
                for rule in json.loads(rules.definition).values():
                    assert set(rule) == {"all"}
                    ((name, test),) = rule["all"][0].items()
                    assert name == "m"
                    assert len(rule["all"]) == 1
                    guard, *others = test.get("$and", [test])
                    assert guard == {GUARD: 1}
                    for other in others:
                        ((key, value),) = other.items()
                        field, bound = (key, value) if key in FIELDS else next(iter(value.items()))
                        assert field in FIELDS
                        assert bound in (0, 1, 2)
                        assert key in (*FIELDS, "$gte", "$lte")


def test_a_fact_is_nothing_but_small_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was submitted."""
    book = book_of(tmp_path, {"a": "area > 300 m²", "b": 'note == "5"', "c": "open"}, {"note": "text"})
    told: list[dict[str, Any]] = []
    judges = Durable().judges(book.compiled.in_force(DAY), "place")

    class Listening:
        error = library.error

        def __getattr__(self, name: str) -> Any:
            return getattr(library, name)

        def assert_fact(self, handle: int, fact: str) -> Any:
            told.append(json.loads(fact))
            return library.assert_fact(handle, fact)

    for stage in judges.stages:
        for rules in stage:
            monkeypatch.setattr(rules, "_library", Listening())
    judged(book, area="1e30 m²", note='"}],\n住宿' * 1000, open=True)
    assert told
    for fact in told:
        assert (fact.pop(GUARD), fact.pop("sid"), fact.pop("id")) == (1, SESSION, FACT)
        assert set(fact) <= set(FIELDS)
        assert set(map(type, fact.values())) <= {int}
        assert set(fact.values()) <= {0, 1, 2}


# values


def test_text_does_not_beat_numbers(tmp_path: Path) -> None:
    """The library often takes the text "5" for the number 5 and "2" for more than 1: it reads memory that nobody wrote."""
    book = book_of(tmp_path, {"five": "people == 5", "text": 'note == "5"', "other": 'note == "05"'}, {"note": "text"})
    assert judged(book, note="5", people=4) == ({"text"}, set())
    assert judged(book, note="05", people=5) == ({"five", "other"}, set())


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (2**63, str(2**63 - 1)),  # the library: one number
        (2**70, str(2**63)),
        (10**16, "9999999999999999"),
    ],
)
def test_large_whole_numbers_are_told_apart(tmp_path: Path, value: int, limit: str) -> None:
    """The library stops at 63 bits."""
    assert Raw({"r": {"x": 2**63 - 1}}).tell({"x": 2**70})[1] == ["r"]
    book = book_of(tmp_path, {"same": f"amount == {limit}", "more": f"amount > {limit}"}, {"amount": "integer"})
    assert judged(book, amount=value) == ({"more"}, set())


@pytest.mark.parametrize("value", [1e16, 1e-05, 1e30, "1e-30", 0.1])
def test_every_finite_number_arrives(tmp_path: Path, value: float | str) -> None:
    """The library cannot read numbers with a bare exponent."""
    with pytest.raises(library.error):
        Raw({"r": {"$gt": {"x": 0}}}).tell({"x": 1e16})
    book = book_of(tmp_path, {"some": "share > 0", "none": "share <= 0"}, {"share": "number"})
    assert judged(book, share=value) == ({"some"}, set())


def test_a_quotient_by_zero_is_unknown(tmp_path: Path) -> None:
    """Whole numbers divided by zero in a condition end a process that uses the library."""
    book = book_of(tmp_path, {"r": "people / seats > 1"}, {"seats": "integer"})
    assert judged(book, people=3, seats=0) == (set(), {"r"})


def test_long_texts_are_compared_whole(tmp_path: Path) -> None:
    """The library compares texts modulo 65,536 characters; the intake refuses texts of more than 10,000."""
    book = book_of(tmp_path, {"r": "note == other"}, {"note": "text", "other": "text"})
    assert judged(book, note="b" * 10_000, other="b" * 9_999 + "a") == (set(), set())
    assert judged(book, note="b" * 10_000, other="b" * 10_000) == ({"r"}, set())


def test_unknown_is_neither_null_nor_missing(tmp_path: Path) -> None:
    """In the library null is a value and a comparison with a missing field is false."""
    book = book_of(tmp_path, {"r": "people > 3", "n": "not people > 3", "e": "people != 3", "b": "open or not open"})
    assert judged(book, people=None, open=None) == (set(), {"r", "n", "e", "b"})
    assert judged(book) == (set(), {"r", "n", "e", "b"})


# names


def test_names_that_look_alike_to_the_library_are_told_apart(tmp_path: Path) -> None:
    """It knows a field by 32 bits of its name."""
    assert Raw({"r": {"declinate": 1}}).tell({"macallums": 1})[1] == ["r"]
    book = book_of(tmp_path, {"r": "declinate", "s": "macallums"}, {"declinate": "bool", "macallums": "bool"})
    assert judged(book, macallums=True, declinate=False) == ({"s"}, set())
    assert judged(book, macallums=True) == ({"s"}, {"r"})


def test_the_names_that_it_gets_are_all_different_to_it() -> None:
    """Those of the fields, and its own; and no id is that of its own fact of a session."""
    names = (*FIELDS, GUARD, "id", "sid", "$s", "$forward", "m", "$m", "$i", "$and", "$gte", "$lte", "label", "chart")
    assert len({hashed(name) for name in names}) == len(names)
    assert hashed("declinate") == hashed("macallums")  # the hash is the library's
    assert hashed(FACT) != hashed(f"sid-{SESSION}")


def test_facts_may_be_called_as_the_library_calls_its_own(tmp_path: Path) -> None:
    """Rules on `id` or `sid` run for ever in it."""
    names = ("id", "sid", "s", "g", "f", "m", "exception", "running", "label", "chart", "f000")
    book = book_of(tmp_path, {f"r_{name}": f"not {name}" for name in names}, dict.fromkeys(names, "bool"))
    assert judged(book, **dict.fromkeys(names, False)) == ({f"r_{name}" for name in names}, set())


def test_a_dot_in_a_name_is_no_path(tmp_path: Path) -> None:
    """In the library `a.b` is also the field b of a."""
    book = book_of(tmp_path, {"dotted": "note.b", "plain": "note"}, {"note.b": "bool", "note": "bool"})
    assert judged(book, **{"note.b": True, "note": False}) == ({"dotted"}, set())


def test_cases_whose_names_look_alike_share_nothing(tmp_path: Path) -> None:
    """These two names of sessions are one to the library."""
    assert hashed("case-478212") == hashed("case-1221200")
    book = book_of(tmp_path, {"r": "open and alarm"})
    for name, facts in (("case-478212", {"open": True}), ("case-1221200", {"alarm": True})):
        assert book.classify({"name": name, "as_of": "2021-12-02", "place": facts}).findings == []


# rules


def test_a_rule_of_negations_ends(tmp_path: Path) -> None:
    """The library runs for ever on it: such a rule matches its own fact of the session."""
    book = book_of(tmp_path, {"no": "not open", "neither": "not open and not alarm", "or": "not open or not alarm"})
    assert judged(book, open=False, alarm=False) == ({"no", "neither", "or"}, set())
    assert judged(book, people=3) == (set(), {"no", "neither", "or"})


def test_a_condition_that_is_always_met_ends(tmp_path: Path) -> None:
    """An empty conjunction lets the library hang while it compiles."""
    book = book_of(tmp_path, {"always": "people > 3 or 1 == 1", "never": "open and 1 == 2"})
    assert judged(book) == ({"always"}, set())


def test_many_rules_may_hold_at_once(tmp_path: Path) -> None:
    """More than 64 conditions that one fact meets are an error of the library."""
    raw = Raw({f"r{n}": {"$gte": {"x": -n}} for n in range(65)})
    with pytest.raises(library.error, match="303"):
        raw.tell({"id": 1, "x": 1})
    rules = {f"r{n}": f"people >= {n} or not open" for n in range(200)}
    book = book_of(tmp_path, rules)
    assert judged(book, people=1000 - 950, open=False) == (set(rules), set())
    assert judged(book) == (set(), set(rules))


def test_many_rules_may_begin_differently(tmp_path: Path) -> None:
    """More than 511 first conditions are an error of the library, or it hangs while it compiles."""
    rules = {f"r{n}": f"people == {n}" for n in range(600)}
    book = book_of(tmp_path, rules)
    assert judged(book, people=7) == ({"r7"}, set())
    for one in sets_of(book):
        assert len(one.conclusions) <= MAX_MATCHERS


def test_many_rules_may_have_one_condition(tmp_path: Path) -> None:
    """At 256 the library crashes."""
    rules = {f"r{n}": "open and people > 3" for n in range(300)}
    book = book_of(tmp_path, rules)
    assert judged(book, open=True, people=4) == (set(rules), set())
    assert sum(len(one.conclusions) for one in sets_of(book)) == 2  # surely, and possibly


def test_a_condition_may_have_many_alternatives_in_many_groups(tmp_path: Path) -> None:
    """In the library an `or` fires once for each true alternative, several of them for each combination."""
    raw = Raw({"r": {"$and": [{"$or": [{f"a{n}": 1}, {f"b{n}": 1}]} for n in range(4)]}})
    assert len(raw.tell({f"{side}{n}": 1 for side in "ab" for n in range(4)})[1]) == 2**4
    groups = [f"(x{n} or y{n} or not z{n})" for n in range(12)]
    names = [f"{letter}{n}" for letter in "xyz" for n in range(12)]
    book = book_of(tmp_path, {"r": " and ".join(groups), "n": f"not ({' and '.join(groups)})"}, dict.fromkeys(names, "bool"))
    assert judged(book, **dict.fromkeys(names, True)) == ({"r"}, set())
    assert judged(book, **{**dict.fromkeys(names, True), "x3": False, "y3": False}) == ({"n"}, set())
    assert judged(book, **{name: True for name in names if name not in ("x3", "y3")}) == (set(), {"r", "n"})
    for one in sets_of(book):
        assert all(len(found) == len(set(found)) for found in one.conclusions.values())


def test_a_rule_may_read_more_facts_than_one_fact_of_the_library_has_fields(tmp_path: Path) -> None:
    """It has 252."""
    with pytest.raises(library.error, match="302"):
        Raw({"r": {"f1": 1}}).tell({f"f{n}": 1 for n in range(260)})
    names = [f"x{n}" for n in range(400)]
    book = book_of(tmp_path, {"all": " and ".join(names), "any": " or ".join(names)}, dict.fromkeys(names, "bool"))
    assert judged(book, **dict.fromkeys(names, True)) == ({"all", "any"}, set())
    assert judged(book, **{**dict.fromkeys(names, False), "x399": True}) == ({"any"}, set())
    assert all(len(one.flags) <= MAX_FIELDS for one in sets_of(book))


def test_there_may_be_more_rules_than_one_set_of_the_library_takes() -> None:
    """It takes 4,096."""
    stage = Stage({((flag, 4),): [Conclusion(5000 + flag, surely=True)] for flag in range(5000)})
    sets = list(rule_sets(stage))
    assert len(sets) == 5000 / MAX_MATCHERS
    values = [2 if flag % 3 == 0 else 1 for flag in range(5000)]
    fired = [conclusion.flag - 5000 for one in sets for conclusion in one.fire(values)]
    assert sorted(fired) == list(range(0, 5000, 3))
    for one in sets:
        one.release()


# facts that come and go


def test_the_same_fact_may_come_again(tmp_path: Path) -> None:
    """To the library it has been observed."""
    raw = Raw({"r": {"$gte": {"x": 0}}})
    assert [raw.tell({"x": 1})[0], raw.tell({"x": 1})[0]] == [0, OBSERVED]
    book = book_of(tmp_path, {"r": "open"})
    for _ in range(3):
        assert judged(book, open=True) == ({"r"}, set())


def test_no_fact_is_a_false_duplicate_of_another(tmp_path: Path) -> None:
    """In the library one of some ten thousand kept facts is; here none is kept."""
    raw = Raw({"r": {"$gte": {"x": 0}}})
    assert [raw.tell({"id": name, "x": 1})[0] for name in ("declinate", "macallums")] == [0, OBSERVED]
    book = book_of(tmp_path, {"r": "open"})
    (one,) = sets_of(book)
    for n in range(20_000):
        assert bool(one.fire([n % 3])) is (n % 3 > 0)
    handle = one._handle
    kept = [fact for fact in json.loads(library.get_facts(handle, SESSION)) if "$s" not in fact]
    assert kept == []


def test_a_case_that_meets_nothing_is_no_error(tmp_path: Path) -> None:
    """The library says "not handled", as it says of facts that it lost."""
    assert Raw({"r": {"x": 1}}).tell({"x": 2})[0] == NOT_HANDLED
    assert judged(book_of(tmp_path, {"r": "open"}), open=False) == (set(), set())


# what goes wrong is seen


class Failing:
    """The library, but one of its calls fails."""

    error = library.error

    def __init__(self, name: str, failure: Callable[[], Any]) -> None:
        self._name, self._failure = name, failure

    def __getattr__(self, name: str) -> Any:
        return getattr(library, name)

    def __getattribute__(self, name: str) -> Any:
        if name not in ("_name", "_failure", "error") and name == self._name:
            return lambda *_: self._failure()
        return super().__getattribute__(name)


def raising(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


@pytest.mark.parametrize(
    ("call", "failure", "seen"),
    [
        ("assert_fact", raising(library.error("error code: 303")), EngineError),
        ("assert_fact", lambda: (OBSERVED, 0), EngineError),
        ("assert_fact", lambda: (NOT_HANDLED, 0), EngineError),
        ("start_action_for_state", lambda: None, EngineError),  # another has the lock of the session: nothing fires
        ("complete_and_start_action", lambda: None, EngineError),  # the other rules are lost
        ("complete_and_start_action", raising(KeyboardInterrupt()), KeyboardInterrupt),
        ("complete_and_start_action", raising(SystemExit()), SystemExit),
        ("complete_and_start_action", raising(MemoryError()), MemoryError),
        ("retract_fact", lambda: (3, 0), EngineError),
    ],
)
def test_nothing_is_swallowed_and_the_next_case_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, failure: Callable[[], Any], seen: type[BaseException]
) -> None:
    """The library hides what goes wrong in an action, even Ctrl-C; a failure must not look like "nothing holds"."""
    book = book_of(tmp_path, {"r": "open", "s": "not alarm"})
    before = sets_of(book)
    for one in before:
        monkeypatch.setattr(one, "_library", Failing(call, failure))
    with pytest.raises(seen):
        book.inquire({"place": {"open": True, "alarm": False}}, as_of=DAY)
    assert judged(book, open=True, alarm=False) == ({"r", "s"}, set())
    assert not set(map(id, before)) & set(map(id, sets_of(book)))  # rule sets in an unknown state are not used again


def test_a_failure_says_its_code_its_cause_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And blames neither the rules nor the facts."""
    book = book_of(tmp_path, {"r": "open"})
    for one in sets_of(book):
        monkeypatch.setattr(one, "_library", Failing("assert_fact", raising(library.error("error code: 303"))))
    with pytest.raises(
        hazardrules.HazardRulesError, match=r"^HR902 the engine `durable` failed: error code: 303; choose another engine"
    ):
        book.classify({"place": {}}, as_of=DAY)


# processes, threads, memory


def test_no_thread_is_started(tmp_path: Path) -> None:
    """The library's own host starts ten a second."""
    before = threading.active_count()
    judged(book_of(tmp_path, {"r": "open"}), open=True)
    assert threading.active_count() == before
    assert "durable.engine" not in sys.modules


def test_threads_lose_nothing(tmp_path: Path) -> None:
    """Two threads on one session of the library lose half of the firings."""
    rules = {f"r{n}": f"people >= {n} and not alarm" for n in range(50)}
    book = book_of(tmp_path, rules)
    wrong: list[int] = []

    def work(start: int) -> None:
        for n in range(start, start + 100):
            people = n % 51
            (verdict,) = book.inquire({"place": {"people": people, "alarm": False}}, as_of=DAY).verdicts
            if len(verdict.holds) != min(people + 1, 50):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


SCRIPT = """
    import gc, os, sys, tempfile
    from datetime import date
    from pathlib import Path
    sys.path.insert(0, "tests/unit")
    from test_durable import DAY, Durable, book_of
    folder = Path(tempfile.mkdtemp())
    book = book_of(folder, {"r": "open", "s": "not alarm and people > 3"})
"""


def test_rule_sets_give_their_memory_back_whether_they_ran_or_not() -> None:
    """The library crashes where a session that never fired is deleted."""
    code = """
    for n in range(60):
        plan = book.compiled.in_force(DAY)
        Durable().judges(plan, "place")
        if n % 2:
            book.classify({"place": {"open": True}}, as_of=DAY)
        book.compiled._plans.clear()
        del plan
        gc.collect()
    print("done")
    """
    assert in_new_process(textwrap.dedent(SCRIPT) + textwrap.dedent(code)) == "done"


def test_only_so_many_rule_sets_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes a megabyte, and a rulebook has as many plans as its law had changes; the last used ones stay."""
    monkeypatch.setattr("hazardrules.engines.durable.MAX_SETS", 3)
    book = book_of(tmp_path, {f"r{n}": f"people == {n}" for n in range(30)})  # two sets
    days = [date(2020, 7, 1), date(2021, 12, 2), date(2024, 1, 1)]
    plans = [book.compiled.in_force(day) for day in days]
    engine = Durable()
    root = book.inquire({"place": {"people": 7}}, as_of=DAY, engine="reference").root
    for _ in range(3):
        for plan, day in zip(plans, days, strict=True):
            holds = ("p.r7",) if plan is not plans[-1] else ()
            assert engine.evaluate(plan, root, day)[0].holds == holds
            assert engine._kept() <= 3
    del book, plans, plan, root
    gc.collect()
    assert not engine._recent


@pytest.mark.skipif(not hasattr(sys, "getrefcount") or sys.platform == "win32", reason="fork")
def test_a_forked_process_judges_on_its_own() -> None:
    """Whatever the rule sets had in hand when it was forked."""
    code = """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context
    def judge(people):
        return [found.rule for found in book.classify({"place": {"people": people, "alarm": False}}, as_of=DAY).findings]
    assert judge(4) == ["p.s"]
    judges = Durable().judges(book.compiled.in_force(DAY), "place")
    judges._lock.acquire()  # as if another thread were in the midst of it
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        print(list(pool.map(judge, range(6))))
    judges._lock.release()
    """
    assert in_new_process(textwrap.dedent(SCRIPT) + textwrap.dedent(code)) == str([[], [], [], [], ["p.s"], ["p.s"]])


# without the library


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the library were not installed."""
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "durable_rules_engine", None)
        yield


def test_without_the_library_the_error_says_how_to_get_it(without: None, tmp_path: Path) -> None:
    """With a code, the cause and the next step, when the engine is chosen."""
    expected = r"^HR901 the engine `durable` cannot be used in this Python 3\.\d+: .*; in Python 3\.11 or 3\.12 install it with `pip install 'hazardrules\[durable\]'`"
    with pytest.raises(hazardrules.HazardRulesError, match=expected):
        hazardrules.load(write({**FILES}, tmp_path), engine="durable")
    assert "durable" not in hazardrules.api.usable_engines()
    del without


def test_without_the_library_the_command_line_says_how_to_get_it(without: None) -> None:
    """In a line, before any case is read."""
    from click.testing import CliRunner

    from hazardrules.cli import main

    done = CliRunner().invoke(main, ["test", str(ROOT / "rules"), "-k", "no such case", "--engine", "durable", "--lang", "en"])
    assert done.exit_code == 2
    assert done.output.startswith("hazardrules: HR901 the engine `durable` cannot be used")
    del without
