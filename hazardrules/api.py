"""The verbs of the library: load a rulebook, classify cases, explain answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hazardrules.classify import Inquiry
from hazardrules.dated import DatedRulebook
from hazardrules.diagnostics import nearest
from hazardrules.engines.base import require
from hazardrules.engines.durable import Durable
from hazardrules.engines.generated import Generated
from hazardrules.engines.reference import Reference
from hazardrules.errors import EngineError, FactsError, LookupFailedError, MissingExtraError, RulebookError
from hazardrules.folders import compile_folder, shipped_rules
from hazardrules.intake import Case, Intake, Problem, assume_compliant, json_schema, read_case
from hazardrules.intake.problems import Problems, Refused
from hazardrules.intake.values import read_day
from hazardrules.written import decimal_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from hazardrules.columnar.result import TableResult
    from hazardrules.columnar.table import Law, Options
    from hazardrules.compiler.plan import Compiled, CompiledRule, Plan
    from hazardrules.diagnostics import Diagnostic
    from hazardrules.engines.base import Engine
    from hazardrules.intake.models import SubjectModel
    from hazardrules.model.instances import Instance
    from hazardrules.model.law import Instrument
    from hazardrules.model.results import Classification, Explanation
    from hazardrules.model.rules import ActionDeclaration, Pack
    from hazardrules.model.subjects import FactDeclaration, SubjectKind
    from hazardrules.sessions.session import Session

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (Generated(), Reference(), Durable())}


def load(folder: str | Path | None = None, *, engine: str = "generated", cache: bool = False) -> Rulebook:
    """Load a rulebook.

    Args:
        folder: The folder with `rulebook.yaml`; the rulebook that comes with the library by default.
        engine: The engine for single cases: `generated`, `reference` or `durable`.
        cache: Keep the compiled rulebook in the user's cache folder, under the digest of its content, and take it from
            there next time. Only files of this user are ever read from it.

    Returns:
        The rulebook; safe to share between threads.

    Raises:
        RulebookError: The rulebook has errors; carries every diagnostic.
        LookupFailedError: There is no such engine.
        EngineError: The engine is an extra that is not installed.
    """
    where = Path(folder) if folder is not None else shipped_rules()
    chosen = _engine(engine)
    if cache:
        from hazardrules.cache import cached_compile  # noqa: PLC0415 - only when asked for

        return Rulebook(cached_compile(where, compile_folder), chosen)
    compiled, diagnostics = compile_folder(where)
    if compiled is None or any(found.severity == "error" for found in diagnostics):
        raise RulebookError(diagnostics)
    return Rulebook(compiled, chosen, diagnostics)


def _engine(name: str) -> Engine:
    if name not in ENGINES:
        raise LookupFailedError("engine", name, nearest(name, ENGINES) or tuple(ENGINES))
    engine = ENGINES[name]
    require(engine)
    return engine


def usable_engines() -> list[str]:
    """The names of the engines that can be used here; the others are extras that are not installed."""
    found = []
    for name, engine in ENGINES.items():
        try:
            require(engine)
        except EngineError:
            continue
        found.append(name)
    return found


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule, or a row of a decision table, to read about.

    Attributes:
        name: Its full name.
        compiled: Its resolved form: conditions, actions, dates, basis.
        pack: The pack it belongs to.
    """

    name: str
    compiled: CompiledRule
    pack: Pack


class Rulebook:
    """A loaded rulebook.

    Attributes:
        compiled: Its resolved form, for engines and tools.
        warnings: Diagnostics that do not keep it from being used.
    """

    def __init__(self, compiled: Compiled, engine: Engine, warnings: Iterable[Diagnostic] = ()) -> None:
        """Wrap a compiled rulebook; use `load`."""
        self.compiled = compiled
        self.warnings = tuple(warnings)
        self._engine = engine
        self._intake = Intake(compiled.source.subjects)

    def __repr__(self) -> str:
        """Name, version and size."""
        return f"<Rulebook {self.name} {self.version}: {len(self.compiled.rules)} rules>"

    @property
    def name(self) -> str:
        """The name in `rulebook.yaml`."""
        return self.compiled.source.name

    @property
    def version(self) -> str:
        """The version in `rulebook.yaml`."""
        return self.compiled.source.version

    @property
    def digest(self) -> str:
        """SHA-256 of the rulebook's content: an answer with the same digest can be replayed."""
        return self.compiled.source.digest

    @property
    def intake(self) -> Intake:
        """Reads submitted facts."""
        return self._intake

    @property
    def engine(self) -> Engine:
        """The engine chosen at load."""
        return self._engine

    def session(self, store: str | Path, *, jurisdiction: str | None = None, adopt: bool | Literal["forget"] = False) -> Session:
        """Facts of many subjects over time, kept in a database; needs `pip install hazardrules[sessions]`.

        Args:
            store: A file for SQLite (made where there is none), or an SQLAlchemy URL such as
                `postgresql+psycopg://user@host/name`.
            jurisdiction: The place of the subjects.
            adopt: Take over a session that was kept under another rulebook: every subject is judged again as of the
                moment to which the session had come. Facts are converted where their unit is another; what this
                rulebook cannot hold is refused, or unknown from then on with `forget`.

        Returns:
            The session, as far as it had come.

        Raises:
            LookupFailedError: No such place.
            SessionError: The store cannot be opened, or holds a session of another rulebook or place.
            MissingExtraError: SQLAlchemy is not installed.
        """
        try:
            from hazardrules.sessions.session import Session  # noqa: PLC0415 - SQLAlchemy is optional
        except ModuleNotFoundError as error:
            if error.name != "sqlalchemy":
                raise
            raise MissingExtraError("sessions", "sqlalchemy") from None
        if jurisdiction is not None and jurisdiction not in self.compiled.source.jurisdictions:
            raise LookupFailedError("jurisdiction", jurisdiction, nearest(jurisdiction, self.compiled.source.jurisdictions))
        return Session(self, store, jurisdiction=jurisdiction, adopt=adopt)

    # classification

    def classify(
        self,
        facts: object,
        *,
        subject: str | None = None,
        as_of: date | None = None,
        jurisdiction: str | None = None,
        packs: Iterable[str] | None = None,
        complete: bool | Iterable[str] | None = None,
        lang: str | None = None,
        engine: str | None = None,
    ) -> Classification:
        """Judge one case.

        Args:
            facts: A mapping (`{"premises": {…}}`, or the facts alone), a `Case`, or a model made by `model`.
            subject: The kind of subject, where the facts do not say it.
            as_of: The day for which the case is judged; it may stand in the case instead.
            jurisdiction: The place; it may stand in the case instead. Without one only the law of the whole country
                is applied.
            packs: Only these packs or sectors (`gas` stands for every `gas.…`).
            complete: The submitter states that nothing else was wrong: altogether, or in these packs.
            lang: The language of texts: `zh` or `en`; the rulebook's own by default.
            engine: Another engine than the one chosen at load.

        Returns:
            The answer.

        Raises:
            FactsError: The facts cannot be read, or no day is given; carries every problem.
            LookupFailedError: No such pack, place, language or engine.
            EngineError: The engine is an extra that is not installed.
        """
        inquiry = self.inquire(
            facts, subject=subject, as_of=as_of, jurisdiction=jurisdiction, packs=packs, complete=complete,
            lang=lang, engine=engine,
        )  # fmt: skip
        return inquiry.classification()

    def classify_many(
        self,
        cases: Iterable[object],
        *,
        subject: str | None = None,
        as_of: date | None = None,
        jurisdiction: str | None = None,
        lang: str | None = None,
    ) -> Iterator[Classification | FactsError]:
        """Judge cases one after another; a case that cannot be read gives its error in its place, none is lost."""
        for case in cases:
            try:
                yield self.classify(case, subject=subject, as_of=as_of, jurisdiction=jurisdiction, lang=lang)
            except FactsError as error:
                yield error

    def classify_table(
        self,
        table: object,
        *,
        subject: str,
        as_of: date | None = None,
        jurisdiction: str | None = None,
        packs: Iterable[str] | None = None,
        keep: Iterable[str] = (),
        lang: str | None = None,
        threads: int | None = None,
    ) -> TableResult:
        """Judge every row of a table; needs `hazardrules[columnar]`.

        Args:
            table: Anything that speaks the Arrow C interface: pyarrow, Polars, pandas, a DuckDB relation. Or a list of
                mappings as `classify` takes them.
            subject: The kind of subject that a row is.
            as_of: The day of every row; without it the column `as_of`.
            jurisdiction: The place of every row; without it the column `jurisdiction`, where there is one.
            packs: Only these packs or sectors.
            keep: Columns that are carried into the result.
            lang: The language of the reasons why rows are rejected.
            threads: So many work at once; one per core by default.

        Returns:
            The answers as Arrow tables; rows given = rows classified + rows rejected.

        Raises:
            FactsError: A column is no fact; carries every problem of the columns.
            LookupFailedError: No such subject, pack, place or language.
            MissingExtraError: pyarrow is not installed.
        """
        options = self.table_options(subject, as_of=as_of, jurisdiction=jurisdiction, packs=packs, keep=keep, lang=lang)
        from hazardrules.columnar.run import classify_table  # noqa: PLC0415 - after the check that it can be imported

        return classify_table(self.law_of_tables(), table, options, threads)

    def law_of_tables(self) -> Law:
        """What the rows of tables are judged by; for those who read rows themselves, such as integrations."""
        from hazardrules.columnar.table import Law  # noqa: PLC0415 - an extra, imported when it is asked for

        return Law(self.compiled, self._intake, lambda instance, stated: self._assume(instance, stated)[0])

    def table_options(
        self, subject: str, *, as_of: date | None = None, packs: Iterable[str] | None = None, **options: Any
    ) -> Options:
        """The options of `classify_table`, looked up."""
        try:
            from hazardrules.columnar.table import options_of  # noqa: PLC0415 - an extra, imported when it is asked for
        except ModuleNotFoundError as error:
            raise MissingExtraError("columnar", error.name or "") from error
        day = _day(as_of, "") if as_of is not None else None
        chosen = self._packs(packs) if packs is not None else None
        return options_of(self.compiled, self.subject(subject).id, day=day, packs=chosen, **options)

    def explain(self, facts: object, rule: str, *, part: str = "", **options: Any) -> Explanation:
        """Why a rule holds, fails or stays open for a case, fired or not.

        Args:
            facts: As for `classify`.
            rule: The full name of the rule (or of a row of a decision table).
            part: The path of the part that is asked about: `cylinders[2]`; by default the first subject of the
                rule's kind.
            options: As for `classify`.

        Raises:
            FactsError: The facts cannot be read.
            LookupFailedError: No such rule, or no such part.
        """
        info = self.rule(rule)
        inquiry = self.inquire(facts, **options)
        paths = [path for path, instance in inquiry.by_path.items() if instance.kind == info.compiled.on]
        if part and part not in paths:
            raise LookupFailedError("part", part, nearest(part, paths) or tuple(paths[:3]))
        if not paths:
            raise LookupFailedError("part", info.compiled.on, ())
        return inquiry.explanation(info.name, part or paths[0])

    def inquire(
        self,
        facts: object,
        *,
        subject: str | None = None,
        as_of: date | None = None,
        jurisdiction: str | None = None,
        packs: Iterable[str] | None = None,
        complete: bool | Iterable[str] | None = None,
        lang: str | None = None,
        engine: str | None = None,
    ) -> Inquiry:
        """Judge one case and keep everything that can be asked about it; `classify` and `explain` stand on this."""
        case = self._case(facts, subject)
        day = _day(as_of, case.place) if as_of is not None else case.as_of
        if day is None:
            raise FactsError([Problem("as_of", "intake.no_as_of", place=case.place)])
        place = jurisdiction if jurisdiction is not None else case.jurisdiction
        source = self.compiled.source
        if place is not None and place not in source.jurisdictions:
            raise LookupFailedError("jurisdiction", place, nearest(place, source.jurisdictions))
        language = lang if lang is not None else source.default_language
        if language not in source.languages:
            raise LookupFailedError("language", language, source.languages)
        instance = self._intake.read(case.subject, case.data, place=case.place)
        assumptions: list[tuple[str, str, str]] = []
        stated = case.complete if complete is None else complete
        if stated:
            instance, assumptions = self._assume(instance, stated)
        return Inquiry(
            self._plan(day, place), instance, day, _engine(engine) if engine is not None else self._engine, language,
            case=case.name, jurisdiction=place, packs=self._packs(packs) if packs is not None else None,
            assumptions=assumptions,
        )  # fmt: skip

    def _case(self, facts: object, subject: str | None) -> Case:
        if isinstance(facts, Case):
            return replace(facts, subject=subject) if subject is not None else facts
        return read_case(facts, self._intake, subject=subject)

    def _plan(self, day: date, place: str | None) -> Plan:
        return self.compiled.in_force(day, place)

    def _packs(self, names: Iterable[str]) -> frozenset[str]:
        known = self.compiled.source.packs
        chosen: set[str] = set()
        for name in [names] if isinstance(names, str) else names:
            found = {pack for pack in known if pack == name or pack.startswith(f"{name}.")}
            if not found:
                raise LookupFailedError("pack", name, nearest(name, known))
            chosen |= found
        return frozenset(chosen)

    def _assume(self, instance: Instance, stated: bool | Iterable[str]) -> tuple[Instance, list[tuple[str, str, str]]]:
        wanted = None
        if not isinstance(stated, bool):
            packs = self._packs(stated)
            read: dict[str, set[str]] = {}
            for rule in self.compiled.rules.values():
                if rule.pack in packs:
                    read.setdefault(rule.on, set()).update(rule.own_facts)
            wanted = lambda kind, fact: fact in read.get(kind, ())  # noqa: E731 - a small closure
        found = assume_compliant(instance, self.compiled.source.subjects, wanted)
        listed = [(path, fact, _shown(value)) for path, fact, value in found.assumptions]
        return found.instance, listed

    # looking things up

    def at(self, day: date, jurisdiction: str | None = None) -> DatedRulebook:
        """The law of one day and place."""
        return DatedRulebook(self, day, jurisdiction)

    def rule(self, name: str) -> RuleInfo:
        """A rule by its full name.

        Raises:
            LookupFailedError: No such rule; carries the nearest names.
        """
        found = self.compiled.rules.get(name)
        if found is None:
            rows = [row for row, rule in self.compiled.rules.items() if rule.table == name]
            raise LookupFailedError("rule", name, rows[:3] or nearest(name, self.compiled.rules))
        return RuleInfo(name, found, self.compiled.source.packs[found.pack])

    def rules(self) -> Iterator[RuleInfo]:
        """Every rule, by name."""
        for name in self.compiled.rules:
            yield self.rule(name)

    def subject(self, name: str) -> SubjectKind:
        """A kind of subject by id or label.

        Raises:
            LookupFailedError: No such subject.
        """
        found = self._intake.find_subject(name)
        if found is None:
            raise LookupFailedError("subject", name, nearest(name, self.compiled.source.subjects))
        return self.compiled.source.subjects[found]

    def fact(self, subject: str, name: str) -> FactDeclaration:
        """The declaration of a fact.

        Raises:
            LookupFailedError: No such subject or fact.
        """
        kind = self.subject(subject)
        found = self._intake.find_member(kind.id, name)
        if found is None or found not in kind.facts:
            raise LookupFailedError("fact", name, nearest(name, kind.facts))
        return kind.facts[found]

    def instrument(self, name: str) -> Instrument:
        """A legal instrument by its id.

        Raises:
            LookupFailedError: No such instrument.
        """
        instruments = self.compiled.source.instruments
        if name not in instruments:
            raise LookupFailedError("instrument", name, nearest(name, instruments))
        return instruments[name]

    def action(self, name: str) -> ActionDeclaration:
        """An entry of the catalogue of actions.

        Raises:
            LookupFailedError: No such action.
        """
        actions = self.compiled.source.actions
        if name not in actions:
            raise LookupFailedError("action", name, nearest(name, actions))
        return actions[name]

    # vocabularies for other systems

    def model(self, subject: str, lang: str = "en") -> type[SubjectModel]:
        """A pydantic model of a subject's facts; its instances can be classified.

        Raises:
            LookupFailedError: No such subject.
        """
        from hazardrules.intake.models import model_for  # noqa: PLC0415 - building the first model takes pydantic 20 ms

        return model_for(self.subject(subject).id, self.compiled.source.subjects, lang)

    def json_schema(self, subject: str, lang: str = "en") -> dict[str, Any]:
        """A JSON Schema (draft 2020-12) of a subject's facts, for forms and OpenAPI.

        Raises:
            LookupFailedError: No such subject.
        """
        return json_schema(self.subject(subject).id, self.compiled.source.subjects, lang)


def _day(value: object, place: str) -> date:
    """The day of a case; a moment, or a text that is no day, is refused."""
    try:
        return read_day(value)
    except Refused as refused:
        problems = Problems(place)
        problems.refuse("as_of", refused)
        raise FactsError(problems.found) from None


def _shown(value: object) -> str:
    if value == ():
        return "[]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value))
    return decimal_text(value) if isinstance(value, (int, Fraction)) else str(value)
