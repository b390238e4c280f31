"""The workload as tables, and the peers that judge them: Polars, NumPy, DuckDB, each by hand, and OpenFisca-core.

Each peer gets its columns prepared as somebody holds them who knows it: choices as enums, sets as one flag per option.
Preparing is not timed; what is timed gives one column of truths per rule.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from workload import FACTS, OPTIONS, SEED

if TYPE_CHECKING:
    from collections.abc import Callable

    from workload import Condition, Rule

CHUNK = 16_384
"""So many rows NumPy takes at once, so that flags stay in the cache; of 4,096 to 262,144 the best."""


class Peer(NamedTuple):
    """Someone who judges tables.

    Attributes:
        name: Who.
        run: Judges the rows; what it gives is kept until the next run.
        truths: What it gave, one Arrow column per rule.
    """

    name: str
    run: Callable[[], Any]
    truths: Callable[[Any], dict[str, Any]]


# the table


def table(rows: int, missing: float) -> pa.Table:
    """The workload as columns: whole numbers, decimals as floats, choices as categories, sets as lists."""
    chance = np.random.default_rng(SEED)
    columns: dict[str, pa.Array] = {}
    for name, kind in FACTS.items():
        gone = chance.random(rows) < missing if missing else None
        match kind:
            case "bool":
                columns[name] = pa.array(chance.random(rows) < 0.5, mask=gone)
            case "integer":
                columns[name] = pa.array(chance.integers(0, 100, rows), mask=gone)
            case "decimal":
                columns[name] = pa.array(chance.integers(0, 10_000, rows) / 100, mask=gone)
            case "enum":
                codes = pa.array(chance.integers(0, len(OPTIONS), rows).astype(np.int8), mask=gone)
                columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(OPTIONS))
            case _:
                flags = chance.random((rows, len(OPTIONS))) < 1 / 3
                values = pa.DictionaryArray.from_arrays(pa.array(np.nonzero(flags)[1].astype(np.int8)), pa.array(OPTIONS))
                offsets = np.concatenate(([0], np.cumsum(flags.sum(1)))).astype(np.int32)
                mask = None if gone is None else pa.array(gone)
                columns[name] = pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)
    return pa.table(columns)


def frame(data: pa.Table) -> pl.DataFrame:
    """The table as somebody who knows Polars holds it: choices as enums, sets as flags."""
    found: dict[str, Any] = {}
    for name, kind in FACTS.items():
        column = pl.from_arrow(data[name])
        assert isinstance(column, pl.Series)
        if kind == "set":
            for option in OPTIONS:
                found[f"{name}.{option}"] = column.list.contains(option)
        else:
            found[name] = column.cast(pl.Enum(OPTIONS)) if kind == "enum" else column
    return pl.DataFrame(found)


def _number(name: str, number: Any) -> Any:
    return float(number) if FACTS[name] == "decimal" else int(number)


# Polars

_COMPARE: dict[str, Any] = {"<": pl.Expr.lt, "<=": pl.Expr.le, ">": pl.Expr.gt, ">=": pl.Expr.ge}


def expression(condition: Condition) -> pl.Expr:
    """A condition as one would write it; nulls follow Kleene in Polars too."""
    match condition:
        case ("is", name, truth):
            return pl.col(name) if truth else ~pl.col(name)
        case ("compare", name, op, number):
            found: pl.Expr = _COMPARE[op](pl.col(name), _number(name, number))
            return found
        case ("in", name, options):
            return pl.any_horizontal([pl.col(name) == option for option in options])
        case ("meets", name, options):
            return pl.any_horizontal([pl.col(f"{name}.{option}") for option in options])
        case ("not", inner):
            return ~expression(inner)
        case ("any", items):
            return pl.any_horizontal([expression(item) for item in items])
    raise ValueError(condition)


def polars_rules(rules: tuple[Rule, ...]) -> list[pl.Expr]:
    """One expression per rule; selected lazily, Polars computes once what they share."""
    return [pl.all_horizontal([expression(item) for item in rule.conditions]).alias(rule.name) for rule in rules]


def polars_peer(rules: tuple[Rule, ...], data: pl.DataFrame) -> Peer:
    """Polars."""
    columns = polars_rules(rules)
    return Peer("polars", lambda: data.lazy().select(columns).collect(), lambda given: _by_name(given.to_arrow()))


def polars_answers(rules: tuple[Rule, ...], data: pl.DataFrame) -> Callable[[], Any]:
    """The level of each row and the list of its rules instead of a column per rule.

    Polars, then NumPy for the lists: `concat_list` with `drop_nulls` takes some thirty times longer.
    """
    columns = polars_rules(rules)
    truths = dict(zip([rule.name for rule in rules], columns, strict=True))
    level = (
        pl.when(pl.any_horizontal([truths[rule.name] for rule in rules if rule.level == "major"]))
        .then(pl.lit("major", dtype=pl.Enum(["none", "general", "major"])))
        .when(pl.any_horizontal([truths[rule.name] for rule in rules if rule.level == "general"]))
        .then(pl.lit("general"))
        .otherwise(pl.lit("none"))
        .alias("level")
    )
    names = pa.array([rule.name for rule in rules])

    def run() -> Any:
        found = data.lazy().select(level, *columns).collect()
        lists = []
        for part in found.drop("level").iter_slices(65_536):
            flags = part.to_numpy()
            codes = pa.DictionaryArray.from_arrays(pa.array((np.flatnonzero(flags) % len(rules)).astype(np.int32)), names)
            offsets = np.concatenate(([0], np.cumsum(np.count_nonzero(flags, axis=1)))).astype(np.int32)
            lists.append(pa.ListArray.from_arrays(pa.array(offsets), codes))
        return found["level"], pa.chunked_array(lists)

    return run


# NumPy


def _numpy(condition: Condition, shared: dict[str, str]) -> str:
    """A condition as the name of a line; equal ones are computed once."""
    match condition:
        case ("is", name, truth):
            text = f"c[{name!r}]" if truth else f"~c[{name!r}]"
        case ("compare", name, op, number):
            text = f"c[{name!r}] {op} {_number(name, number)}"
        case ("in", name, options):
            text = " | ".join(f"(c[{name!r}] == {OPTIONS.index(option)})" for option in sorted(options))
        case ("meets", name, options):
            text = " | ".join(f"c[{f'{name}.{option}'!r}]" for option in sorted(options))
        case ("not", inner):
            text = f"~{_numpy(inner, shared)}"
        case ("any", items):
            text = " | ".join(_numpy(item, shared) for item in items)
        case _:
            raise ValueError(condition)
    return shared.setdefault(text, f"v{len(shared)}")


def numpy_function(rules: tuple[Rule, ...]) -> Callable[[dict[str, Any], Any], None]:
    """A function that fills one row of flags per rule; it knows no missing facts."""
    shared: dict[str, str] = {}
    ends = []
    for number, rule in enumerate(rules):
        ends.append((number, " & ".join(_numpy(condition, shared) for condition in rule.conditions)))
    lines = [f"    {name} = {text}" for text, name in shared.items()]
    lines += [f"    out[{number}] = {text}" for number, text in ends]
    namespace: dict[str, Any] = {}
    exec("\n".join(["def judge(c, out):", *lines]), namespace)  # noqa: S102 - runs only source this module generated
    found: Callable[[dict[str, Any], Any], None] = namespace["judge"]
    return found


def numpy_peer(rules: tuple[Rule, ...], data: pl.DataFrame, threads: int) -> Peer:
    """NumPy, chunk by chunk, by several threads."""
    judge = numpy_function(rules)
    columns = {name: (data[name].to_physical() if FACTS.get(name) == "enum" else data[name]).to_numpy() for name in data.columns}
    rows = data.height

    def run() -> Any:
        out = np.empty((len(rules), rows), np.bool_)

        def chunk(start: int) -> None:
            part = slice(start, start + CHUNK)
            judge({name: values[part] for name, values in columns.items()}, out[:, part])

        starts = range(0, rows, CHUNK)
        if threads == 1:
            for start in starts:
                chunk(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(chunk, starts))
        return out

    names = [rule.name for rule in rules]
    return Peer("numpy", run, lambda out: {name: pa.array(out[number]) for number, name in enumerate(names)})


# DuckDB


def _sql(condition: Condition) -> str:
    match condition:
        case ("is", name, truth):
            return f'"{name}"' if truth else f'NOT "{name}"'
        case ("compare", name, op, number):
            return f'"{name}" {op} {_number(name, number)}{"::DOUBLE" if FACTS[name] == "decimal" else ""}'
        case ("in", name, options):
            return f'"{name}" IN ({", ".join(f"{option!r}" for option in options)})'
        case ("meets", name, options):
            return " OR ".join(f'"{name}.{option}"' for option in options)
        case ("not", inner):
            return f"NOT ({_sql(inner)})"
        case ("any", items):
            return " OR ".join(f"({_sql(item)})" for item in items)
    raise ValueError(condition)


def duckdb_peer(rules: tuple[Rule, ...], data: pl.DataFrame, threads: int) -> Peer:
    """DuckDB: a table of its own in memory, one expression per rule, answers as an Arrow table."""
    import duckdb

    base = duckdb.connect(config={"threads": threads})
    base.execute(f"CREATE TYPE choice AS ENUM ({', '.join(repr(option) for option in OPTIONS)})")
    base.register("given", data.with_columns(pl.col(pl.Enum).cast(pl.String)).to_arrow())
    kinds = [f'"{name}"::choice AS "{name}"' if FACTS.get(name) == "enum" else f'"{name}"' for name in data.columns]
    base.execute(f"CREATE TABLE plants AS SELECT {', '.join(kinds)} FROM given")  # noqa: S608 - our own names
    base.unregister("given")
    columns = [f"{' AND '.join(f'({_sql(item)})' for item in rule.conditions)} AS {rule.name}" for rule in rules]
    query = f"SELECT {', '.join(columns)} FROM plants"  # noqa: S608 - our own names
    return Peer("duckdb", lambda: base.sql(query).to_arrow_table(), _by_name)


def _by_name(found: pa.Table) -> dict[str, Any]:
    return {name: found[name] for name in found.column_names}


# OpenFisca-core

_PERIOD = "2024-03-15"


def openfisca_peer(rules: tuple[Rule, ...], data: pl.DataFrame) -> Peer:
    """OpenFisca: facts are inputs of a simulation, each rule a variable with a formula; it knows no missing facts."""
    from openfisca_core.entities import build_entity
    from openfisca_core.indexed_enums import Enum, EnumArray
    from openfisca_core.periods import DateUnit
    from openfisca_core.simulations import SimulationBuilder
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    plant = build_entity(key="plant", plural="plants", label="plant", is_person=True)
    system = TaxBenefitSystem([plant])
    choice = Enum("choice", [(option, option) for option in OPTIONS])
    about = {"entity": plant, "definition_period": DateUnit.DAY, "label": "of the workload"}
    for name in data.columns:
        kind: dict[str, Any] = {"value_type": {"integer": int, "decimal": float}.get(FACTS.get(name, ""), bool)}
        if FACTS.get(name) == "enum":
            kind = {"value_type": Enum, "possible_values": choice, "default_value": choice[OPTIONS[0]]}
        system.add_variable(type(_plain(name), (Variable,), {**about, **kind}))
    for rule in rules:
        text = " & ".join(f"({_openfisca(item)})" for item in rule.conditions)
        namespace: dict[str, Any] = {"choice": choice}
        exec(f"def formula(plant, period):\n    return {text}", namespace)  # noqa: S102 - runs only source this module generated
        members = {**about, "value_type": bool, "formula": namespace["formula"]}
        system.add_variable(type(rule.name, (Variable,), members))
    simulation = SimulationBuilder().build_default_simulation(system, count=data.height)
    for name in data.columns:
        column = data[name]
        given = (
            EnumArray(column.to_physical().to_numpy().astype(np.int16), choice)
            if FACTS.get(name) == "enum"
            else column.to_numpy()
        )
        simulation.set_input(_plain(name), _PERIOD, given)
    names = [rule.name for rule in rules]

    def run() -> Any:
        for name in names:
            simulation.delete_arrays(name)
        return [simulation.calculate(name, _PERIOD) for name in names]

    return Peer("openfisca-core", run, lambda found: {n: pa.array(np.asarray(v)) for n, v in zip(names, found, strict=True)})


def _plain(name: str) -> str:
    return name.replace(".", "_")


def _openfisca(condition: Condition) -> str:
    fact = lambda name: f"plant({_plain(name)!r}, period)"  # noqa: E731 - a word of the language
    match condition:
        case ("is", name, truth):
            return fact(name) if truth else f"~{fact(name)}"
        case ("compare", name, op, number):
            return f"{fact(name)} {op} {_number(name, number)}"
        case ("in", name, options):
            return " | ".join(f"({fact(name)} == choice.{option})" for option in options)
        case ("meets", name, options):
            return " | ".join(fact(f"{name}.{option}") for option in options)
        case ("not", inner):
            return f"~({_openfisca(inner)})"
        case ("any", items):
            return " | ".join(f"({_openfisca(item)})" for item in items)
    raise ValueError(condition)


def peers(rules: tuple[Rule, ...], data: pl.DataFrame, threads: int, *, gaps: bool) -> list[Peer]:
    """Polars first, then the others; only those that know missing facts where there are some."""
    found = [polars_peer(rules, data), duckdb_peer(rules, data, threads)]
    return found if gaps else [*found, numpy_peer(rules, data, threads), openfisca_peer(rules, data)]
