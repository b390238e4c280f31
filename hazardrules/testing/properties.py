"""Properties of a rule set, ready to be imported into a test module in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hazardrules.api import ENGINES, Rulebook, load
from hazardrules.engines.base import require
from hazardrules.errors import EngineError
from hazardrules.testing.strategies import cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from hazardrules.engines.base import Engine
    from hazardrules.intake import Case
    from hazardrules.model.results import Classification

    Check = Callable[[Rulebook, Case, st.DataObject], None]
    Test = Callable[[], None]


def of(rules: str | Path | Rulebook, *, subjects: Iterable[str] | None = None, max_examples: int = 30) -> Test:
    """One test of every property below.

    Args:
        rules: The folder of a rulebook, or a loaded one.
        subjects: The kinds of subject, by their ids; by default all that rules judge.
        max_examples: So many cases are drawn.

    Returns:
        A test function, for pytest or to be called.
    """
    return _test("law", (_learning, _order, _engines, _few_facts), rules, subjects, max_examples)


def learning_never_revokes(
    rules: str | Path | Rulebook, *, subjects: Iterable[str] | None = None, max_examples: int = 30
) -> Test:
    """What is decided with some facts unknown stays decided when they are known; arguments as for `of`."""
    return _test("learning", (_learning,), rules, subjects, max_examples)


def order_never_matters(rules: str | Path | Rulebook, *, subjects: Iterable[str] | None = None, max_examples: int = 30) -> Test:
    """The order of facts and of parts changes nothing; arguments as for `of`."""
    return _test("order", (_order,), rules, subjects, max_examples)


def engines_agree(rules: str | Path | Rulebook, *, subjects: Iterable[str] | None = None, max_examples: int = 30) -> Test:
    """Every engine that is installed gives the same answer; arguments as for `of`."""
    return _test("engines", (_engines,), rules, subjects, max_examples)


def unknown_is_never_an_error(
    rules: str | Path | Rulebook, *, subjects: Iterable[str] | None = None, max_examples: int = 30
) -> Test:
    """No facts, however few, end in an error, and everything asked about the answer can be read; arguments as for `of`."""
    return _test("unknown", (_few_facts,), rules, subjects, max_examples)


def _test(name: str, checks: tuple[Check, ...], rules: str | Path | Rulebook, subjects: Iterable[str] | None, most: int) -> Test:
    book = rules if isinstance(rules, Rulebook) else load(rules)
    kinds = list(subjects) if subjects is not None else None

    @settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=cases(book, kinds), data=st.data())
    def test(case: Case, data: st.DataObject) -> None:
        for check in checks:
            check(book, case, data)

    test.__name__ = f"test_{name}"
    return test


def _learning(book: Rulebook, case: Case, data: st.DataObject) -> None:
    known = judged(book, case, case.data)
    names = sorted(case.data)
    kept = data.draw(st.sets(st.sampled_from(names)), label="facts known at first") if names else set()
    guessed = judged(book, case, {name: value for name, value in case.data.items() if name in kept})
    held, holds = _of_subject(guessed.findings), _of_subject(known.findings)
    assert held <= holds, f"these held with fewer facts and no longer do: {sorted(held - holds)}"
    was_open, is_open = _all_open(book, case, guessed), _all_open(book, case, known)
    failed = set(book.compiled.in_force(known.as_of, case.jurisdiction).rules) - was_open - _names(guessed.findings)
    now = {name for name in failed if name in is_open | _names(known.findings) and book.compiled.rules[name].on == case.subject}
    assert not now, f"these failed with fewer facts and no longer do: {sorted(now)}"
    for scale, level in guessed.levels.items():
        steps = book.compiled.source.scales[scale].step
        then = known.levels.get(scale, level)  # absent where no rule can give a level any more
        assert steps(level.at_least) <= steps(then.at_least) <= steps(then.at_most) <= steps(level.at_most), scale


def _order(book: Rulebook, case: Case, data: st.DataObject) -> None:
    names = data.draw(st.permutations(sorted(case.data)), label="order of facts")
    other = {name: _turned(case.data[name]) for name in names}
    one, two = judged(book, case, case.data), judged(book, case, other)
    assert one.levels == two.levels
    assert sorted(found.rule for found in one.findings) == sorted(found.rule for found in two.findings)
    assert sorted(found.rule for found in one.undetermined) == sorted(found.rule for found in two.undetermined)


def _turned(value: object) -> object:
    """A list of parts the other way round."""
    return list(reversed(value)) if isinstance(value, list) else value


def _engines(book: Rulebook, case: Case, _: st.DataObject) -> None:
    answers = {name: judged(book, case, case.data, engine=name) for name, engine in ENGINES.items() if _is_installed(engine)}
    wanted = _content(answers["reference"])
    for name, answer in answers.items():
        assert _content(answer) == wanted, f"`{name}` differs from `reference`"


def _is_installed(engine: Engine) -> bool:
    try:
        require(engine)
    except EngineError:
        return False
    return True


def _few_facts(book: Rulebook, case: Case, _: st.DataObject) -> None:
    for data in ({}, case.data):
        answer = judged(book, case, data)
        answer.model_dump(mode="json")
        for scale, level in answer.levels.items():
            steps = book.compiled.source.scales[scale].step
            assert steps(level.at_least) <= steps(level.at_most_examined) <= steps(level.at_most), scale


def judged(book: Rulebook, case: Case, data: Mapping[str, Any], *, engine: str | None = None) -> Classification:
    """The answer for a case with other facts."""
    return book.classify(data, subject=case.subject, as_of=case.as_of, jurisdiction=case.jurisdiction, engine=engine)


def _of_subject(findings: Iterable[Any]) -> set[tuple[str, str]]:
    """Findings of the subject itself: parts that become known move the places of others."""
    return {(found.subject, found.rule) for found in findings if not found.subject}


def _names(findings: Iterable[Any]) -> set[str]:
    return {found.rule for found in findings}


def _all_open(book: Rulebook, case: Case, answer: Classification) -> set[str]:
    """Every rule that is open for the subject, examined or not."""
    inquiry = answer._lazy  # noqa: SLF001 - kept with the answer
    del book, case
    return {name for verdict in inquiry.verdicts if not verdict.instance.path for name in verdict.undetermined}


def _content(answer: Classification) -> dict[str, Any]:
    found = answer.model_dump(mode="json", include={"levels", "findings", "undetermined"})
    return {**found, "actions": [action.model_dump(mode="json") for action in answer.actions]}
