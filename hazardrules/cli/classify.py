"""`classify` and `explain`: judge cases."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from hazardrules.cli.common import (
    PROBLEMS,
    case_options,
    check_engine,
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


class Run:
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

        check_engine(self.engine, self.lang)
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


def _misnamed(case: Case, run: Run, error: Exception) -> FactsError:
    """A name in a case that the rulebook does not know, as a problem of that case."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - only where something is wrong
    from hazardrules.intake import Problem  # noqa: PLC0415

    if not isinstance(error, LookupFailedError):
        raise error
    words = lookup_words(error, run.lang)
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
    run = Run(book, chosen, as_of=as_of, jurisdiction=jurisdiction, packs=packs, complete=complete, engine=engine)
    cases = _inputs(files, book, input_format, _subject(book, subject, chosen), chosen)
    answers = _answers(cases, run)
    if output == "text":
        _write_texts(answers, run, verbose=verbose)
    else:
        _write_json(answers, run, output)
    run.finish()


def _answers(cases: Iterable[Case | FactsError], run: Run) -> Iterator[tuple[Case | None, Classification | FactsError, bool]]:
    """Case by case: the case, its answer or its problems, and whether its day comes from the clock."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - with the rulebook

    for case in cases:
        run.read += 1
        if isinstance(case, FactsError):
            run.problems(case)
            yield None, case, False
            continue
        options, from_clock = run.options(case)
        try:
            answer = run.book.classify(case, **options)
        except FactsError as error:
            run.problems(error)
            yield case, error, False
        except LookupFailedError as error:
            problem = _misnamed(case, run, error)
            run.problems(problem)
            yield case, problem, False
        else:
            yield case, answer, from_clock


def _write_texts(answers: Iterable[tuple[Case | None, Classification | FactsError, bool]], run: Run, *, verbose: bool) -> None:
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
        page.extend(render_classification(answer, run.book.compiled.source, verbose=verbose, today=from_clock))
        write_page(page)
        written += 1
    if not run.read:
        complain(say(run.lang, "cli.no_cases"))


def _write_json(answers: Iterable[tuple[Case | None, Classification | FactsError, bool]], run: Run, output: str) -> None:
    from hazardrules.errors import FactsError  # noqa: PLC0415 - with the rulebook
    from hazardrules.render import json  # noqa: PLC0415

    def values() -> Iterator[dict[str, Any]]:
        for case, answer, from_clock in answers:
            if isinstance(answer, FactsError):
                yield json.unreadable(answer, run.lang, case.name if case is not None else None)
                continue
            if from_clock:
                answer.notes.insert(0, say(run.lang, "text.today", {"day": answer.as_of.isoformat()}))
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
    run = Run(book, chosen, as_of=as_of, jurisdiction=jurisdiction, packs=packs, complete=complete, engine=engine)
    names = _rules_named(book, rule, chosen)
    cases = _inputs(files, book, input_format, _subject(book, subject, chosen), chosen)
    _write_explanations(_explained(cases, run, names, part), run, output, verbose=verbose)
    run.finish()


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
    cases: Iterable[Case | FactsError], run: Run, names: list[str], part: str
) -> Iterator[tuple[Case, str, Explanation]]:
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - with the rulebook

    for case in cases:
        run.read += 1
        if isinstance(case, FactsError):
            run.problems(case)
            continue
        options, _ = run.options(case)
        try:
            kind = run.book.inquire(case, **options).root.kind
            found = [run.book.explain(case, name, part=part, **options) for name in names]
        except FactsError as error:
            run.problems(error)
        except LookupFailedError as error:
            run.problems(_no_such_part(case, run, error, names[0]) if error.what == "part" else _misnamed(case, run, error))
        else:
            shown = [item for item in found if item.truth != "fails"] or found
            yield from ((replace(case, as_of=options["as_of"] or case.as_of), kind, item) for item in shown)


def _no_such_part(case: Case, run: Run, error: Exception, rule: str) -> FactsError:
    """The case has nothing that the rule is about."""
    from hazardrules.errors import FactsError, LookupFailedError  # noqa: PLC0415 - only where something is wrong
    from hazardrules.intake import Problem  # noqa: PLC0415
    from hazardrules.render.labels import Labels  # noqa: PLC0415

    labels = Labels(run.book.compiled.source, run.lang)
    on = run.book.compiled.rules[rule].on
    if isinstance(error, LookupFailedError) and error.name != on:
        return _misnamed(case, run, error)
    words = labels.say("cli.nothing_to_judge", rule=rule, subject=labels.subject(on))
    return FactsError([Problem("", "cli.verbatim", {"words": words}, (), case.place)])


def _write_explanations(found: Iterable[tuple[Case, str, Explanation]], run: Run, output: str, *, verbose: bool) -> None:
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
            source = run.book.compiled.source
            name = case.name
            day = say(run.lang, "text.law_of", {"day": case.as_of.isoformat()}) if case.as_of is not None else ""
            write_page(render_explanation(explanation, source, run.lang, kind=kind, case=name, day=day, verbose=verbose))
