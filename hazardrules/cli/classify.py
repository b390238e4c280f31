"""`classify` and `explain`: judge cases."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from hazardrules.cli.common import (
    PROBLEMS,
    case_options,
    complain,
    lookup_words,
    open_book,
    today,
    usage_error,
    write_page,
)
from hazardrules.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from pathlib import Path

    from hazardrules.api import Rulebook
    from hazardrules.errors import FactsError
    from hazardrules.intake import Case
    from hazardrules.intake.files import Format
    from hazardrules.model.results import Classification, Explanation

INPUT = click.Path(exists=True, dir_okay=False, allow_dash=True)


class Session:
    """The cases of one run, with its options; counts what could not be read."""

    def __init__(
        self,
        book: Rulebook,
        lang: str,
        *,
        as_of: date | None,
        jurisdiction: str | None,
        packs: str | None,
        complete: bool,
        engine: str | None,
    ) -> None:
        """Keep the options of a run."""
        self.book, self.lang, self.as_of, self.jurisdiction = book, lang, as_of, jurisdiction
        self.packs = [name.strip() for name in packs.split(",") if name.strip()] if packs else None
        self.complete = True if complete else None
        self.engine = engine
        self.read = self.failed = 0
        self._check()

    def _check(self) -> None:
        """Names given as options are looked up before any case is read."""
        from hazardrules.diagnostics import nearest  # noqa: PLC0415 - with the rulebook
        from hazardrules.errors import LookupFailedError  # noqa: PLC0415

        source = self.book.compiled.source
        places = source.jurisdictions
        if self.jurisdiction is not None and self.jurisdiction not in places:
            near = nearest(self.jurisdiction, places) or [place for place in places if place.startswith(self.jurisdiction)][:3]
            usage_error(lookup_words(LookupFailedError("jurisdiction", self.jurisdiction, near), self.lang))
        for name in self.packs or ():
            if not any(pack == name or pack.startswith(f"{name}.") for pack in source.packs):
                known = dict.fromkeys([*source.packs, *(pack.partition(".")[0] for pack in source.packs)])
                usage_error(lookup_words(LookupFailedError("pack", name, nearest(name, known)), self.lang))

    def options(self, case: Case) -> tuple[dict[str, Any], bool]:
        """How a case is judged, and whether its day comes from the clock."""
        from_clock = self.as_of is None and case.as_of is None
        found = {
            "as_of": today() if from_clock else self.as_of,
            "jurisdiction": self.jurisdiction,
            "packs": self.packs,
            "complete": self.complete,
            "lang": self.lang,
            "engine": self.engine,
        }
        return found, from_clock

    def problems(self, error: FactsError) -> None:
        """Say every problem of a case."""
        self.failed += 1
        for problem in error.problems:
            complain(problem.message(self.lang))

    def finish(self) -> None:
        """End with the exit code of the run."""
        if self.failed:
            key = "cli.case_failed" if self.read == 1 else "cli.cases_failed"
            complain(say(self.lang, key, {"failed": self.failed, "count": self.read} if self.read > 1 else None))
            sys.exit(PROBLEMS)


def _misnamed(case: Case, session: Session, error: Exception) -> FactsError:
    """A name in a case that the rulebook does not know, as a problem of that case."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - only where something is wrong
    from hazardrules.intake import Problem  # noqa: PLC0415

    if not isinstance(error, LookupFailedError):
        raise error
    words = lookup_words(error, session.lang)
    path = "jurisdiction" if error.what == "jurisdiction" else "complete" if error.what == "pack" else ""
    return FactsError([Problem(path, "cli.verbatim", {"words": words}, (), case.place)])


def _subject(book: Rulebook, subject: str | None, lang: str) -> str | None:
    if subject is None:
        return None
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook

    try:
        return book.subject(subject).id
    except LookupFailedError as error:
        usage_error(lookup_words(error, lang))


def _inputs(
    files: tuple[str, ...], book: Rulebook, input_format: Format | None, subject: str | None, lang: str
) -> Iterable[Case | FactsError]:
    from hazardrules.cli.inputs import read_inputs  # noqa: PLC0415 - the YAML reader

    if not files and sys.stdin is not None and sys.stdin.isatty():
        usage_error(say(lang, "cli.no_input"))
    return read_inputs(files, book, input_format, subject)


# classify


@click.command("classify", short_help="Classify cases: levels, what to do by when, and why.")
@click.argument("files", nargs=-1, type=INPUT)
@click.option("--format", "output", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True,
              help="text for people; json: a list with one answer per case; jsonl: one answer per line.")  # fmt: skip
@case_options
def classify_command(
    files: tuple[str, ...],
    output: str,
    as_of: date | None,
    jurisdiction: str | None,
    subject: str | None,
    packs: str | None,
    complete: bool,
    input_format: Format | None,
    engine: str | None,
    folder: Path | None,
    lang: str | None,
    verbose: bool,
) -> None:
    """Classify the cases in FILES (or standard input): levels, what to do by when, and why.

    FILES hold one case or many, as YAML, JSON or JSON Lines. A case that cannot be read is reported with all its
    problems on standard error, and the others are classified.

    \b
    Examples:
      hazardrules classify shop.yaml
      hazardrules classify --as-of 2024-06-01 --jurisdiction CN-SD-JN shop.yaml
      echo '{"premises": {"用途": ["住宿", "生产"]}}' | hazardrules classify --lang en -
      hazardrules classify --format jsonl inspections.jsonl > answers.jsonl
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    session = Session(book, chosen, as_of=as_of, jurisdiction=jurisdiction, packs=packs, complete=complete, engine=engine)
    cases = _inputs(files, book, input_format, _subject(book, subject, chosen), chosen)
    answers = _answers(cases, session)
    if output == "text":
        _write_texts(answers, session, verbose=verbose)
    else:
        _write_json(answers, session, output)
    session.finish()


def _answers(
    cases: Iterable[Case | FactsError], session: Session
) -> Iterator[tuple[Case | None, Classification | FactsError, bool]]:
    """Case by case: the case, its answer or its problems, and whether its day comes from the clock."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - with the rulebook

    for case in cases:
        session.read += 1
        if isinstance(case, FactsError):
            session.problems(case)
            yield None, case, False
            continue
        options, from_clock = session.options(case)
        try:
            answer = session.book.classify(case, **options)
        except FactsError as error:
            session.problems(error)
            yield case, error, False
        except LookupFailedError as error:
            problem = _misnamed(case, session, error)
            session.problems(problem)
            yield case, problem, False
        else:
            yield case, answer, from_clock


def _write_texts(
    answers: Iterable[tuple[Case | None, Classification | FactsError, bool]], session: Session, *, verbose: bool
) -> None:
    from hazardrules.errors import FactsError  # noqa: PLC0415 - with the rulebook
    from hazardrules.render.classification import render_classification  # noqa: PLC0415
    from hazardrules.render.layout import Page  # noqa: PLC0415

    written = 0
    for _, answer, from_clock in answers:
        if isinstance(answer, FactsError):
            continue
        page = Page()
        if written:
            page.line("")
        page.extend(render_classification(answer, session.book.compiled.source, verbose=verbose, today=from_clock))
        write_page(page)
        written += 1
    if not session.read:
        complain(say(session.lang, "cli.no_cases"))


def _write_json(answers: Iterable[tuple[Case | None, Classification | FactsError, bool]], session: Session, output: str) -> None:
    from hazardrules.errors import FactsError  # noqa: PLC0415 - with the rulebook
    from hazardrules.render import json  # noqa: PLC0415

    def values() -> Iterator[dict[str, Any]]:
        for case, answer, from_clock in answers:
            if isinstance(answer, FactsError):
                yield json.unreadable(answer, session.lang, case.name if case is not None else None)
                continue
            if from_clock:
                answer.notes.insert(0, say(session.lang, "text.today", {"day": answer.as_of.isoformat()}))
            yield json.as_data(answer)

    if output == "jsonl":
        for value in values():
            click.echo(json.one_line(value))
    else:
        for text in json.as_list(values()):
            click.echo(text, nl=False)


# explain


@click.command("explain", short_help="Explain why a rule holds, fails or stays open.")
@click.argument("rule")
@click.argument("files", nargs=-1, type=INPUT)
@click.option(
    "--part", default="", metavar="PATH", help="The part that is asked about, such as cylinders[2]. Default: the first one."
)
@click.option("--format", "output", type=click.Choice(["text", "json", "jsonl"]), default="text", show_default=True)
@case_options
def explain_command(
    rule: str,
    files: tuple[str, ...],
    part: str,
    output: str,
    as_of: date | None,
    jurisdiction: str | None,
    subject: str | None,
    packs: str | None,
    complete: bool,
    input_format: Format | None,
    engine: str | None,
    folder: Path | None,
    lang: str | None,
    verbose: bool,
) -> None:
    """Explain why RULE holds, fails or stays open for the cases in FILES.

    RULE is the full name of a rule, or of a decision table, whose rows are then explained: those that hold or are
    open, or all of them where every row fails.

    \b
    Examples:
      hazardrules explain fire.three_in_one.no_alarm shop.yaml
      hazardrules explain gas.cylinders.overdue --part cylinders[2] shop.yaml
    """  # noqa: D301 - `\b` is click's mark for lines that it must not fill
    book, chosen = open_book(folder, lang)
    session = Session(book, chosen, as_of=as_of, jurisdiction=jurisdiction, packs=packs, complete=complete, engine=engine)
    names = _rules_named(book, rule, chosen)
    cases = _inputs(files, book, input_format, _subject(book, subject, chosen), chosen)
    _write_explanations(_explained(cases, session, names, part), session, output, verbose=verbose)
    session.finish()


def _rules_named(book: Rulebook, rule: str, lang: str) -> list[str]:
    from hazardrules.errors import LookupFailedError  # noqa: PLC0415 - with the rulebook

    rows = [name for name, found in book.compiled.rules.items() if found.table == rule]
    if rows:
        return rows
    try:
        return [book.rule(rule).name]
    except LookupFailedError as error:
        usage_error(lookup_words(error, lang))


def _explained(
    cases: Iterable[Case | FactsError], session: Session, names: list[str], part: str
) -> Iterator[tuple[Case, str, Explanation]]:
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - with the rulebook

    for case in cases:
        session.read += 1
        if isinstance(case, FactsError):
            session.problems(case)
            continue
        options, _ = session.options(case)
        try:
            kind = session.book.inquire(case, **options).root.kind
            found = [session.book.explain(case, name, part=part, **options) for name in names]
        except FactsError as error:
            session.problems(error)
        except LookupFailedError as error:
            session.problems(
                _no_such_part(case, session, error, names[0]) if error.what == "part" else _misnamed(case, session, error)
            )
        else:
            shown = [item for item in found if item.truth != "fails"] or found
            yield from ((replace(case, as_of=options["as_of"] or case.as_of), kind, item) for item in shown)


def _no_such_part(case: Case, session: Session, error: Exception, rule: str) -> FactsError:
    """The case has nothing that the rule is about."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - only where something is wrong
    from hazardrules.intake import Problem  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    labels = Labels(session.book.compiled.source, session.lang)
    on = session.book.compiled.rules[rule].on
    if isinstance(error, LookupFailedError) and error.name != on:
        return _misnamed(case, session, error)
    words = labels.say("cli.nothing_to_judge", rule=rule, subject=labels.subject(on))
    return FactsError([Problem("", "cli.verbatim", {"words": words}, (), case.place)])


def _write_explanations(found: Iterable[tuple[Case, str, Explanation]], session: Session, output: str, *, verbose: bool) -> None:
    from hazardrules.render import json  # noqa: PLC0415 - with the rulebook
    from hazardrules.render.explanation import render_explanation  # noqa: PLC0415

    def values() -> Iterator[dict[str, Any]]:
        for case, _, explanation in found:
            day = case.as_of.isoformat() if case.as_of is not None else None
            yield {"case": case.name, "as_of": day, **json.as_data(explanation)}

    if output == "jsonl":
        for value in values():
            click.echo(json.one_line(value))
    elif output == "json":
        for text in json.as_list(values()):
            click.echo(text, nl=False)
    else:
        for number, (case, kind, explanation) in enumerate(found):
            if number:
                click.echo()
            source = session.book.compiled.source
            name = case.name
            day = say(session.lang, "text.law_of", {"day": case.as_of.isoformat()}) if case.as_of is not None else ""
            write_page(render_explanation(explanation, source, session.lang, kind=kind, case=name, day=day, verbose=verbose))
