"""What is measured; every measure returns rows of ratios, and notes."""

from __future__ import annotations

import copy
import gc
import json
import random
import subprocess
import sys
import time
import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from peers import peers
from pydantic import create_model
from renderings import by_hand, by_hand_in_three_values, full_name, plain_facts, write_rulebook
from timing import Contender, interleave, microseconds, ratio
from workload import FACTS, OPTIONS, expected, workload

import hazardrules
from hazardrules.engines.generated import Generated

if TYPE_CHECKING:
    from collections.abc import Callable

    from workload import Workload

ROOT = Path(__file__).resolve().parents[2]
DAY = date(2024, 3, 15)
Row = dict[str, Any]
Result = tuple[list[Row], list[str]]


def row(what: str, contender: Contender, against: Contender) -> Row:
    """A line of the report."""
    return {
        "what": what,
        "contender": contender.name,
        "against": against.name,
        **ratio(contender, against),
        "us": microseconds(contender),
    }


def kernel(sizes: list[int], rounds: int, folder: Path, *, alone: bool = False) -> Result:
    """Validated facts -> rules that hold: hazardrules, a function by hand, peers."""
    rows, notes = [], []
    for size in sizes:
        found, said = _kernel(size, rounds, folder, alone=alone)
        rows += found
        notes += said
    return rows, notes


def _kernel(size: int, rounds: int, folder: Path, *, alone: bool) -> Result:
    work = workload(size)
    book = hazardrules.load(write_rulebook(work.rules, folder / f"kernel-{size}"))
    plan = book.compiled.in_force(DAY)
    engine = Generated()
    function = by_hand(work.rules)
    others, notes = ([], []) if alone else peers(work.rules)
    notes.append(f"{size} rules: {work.match_rate():.1%} hold in a complete case")
    names = {full_name(rule): rule.name for rule in work.rules}

    def judge(item: Any) -> Any:
        return engine.evaluate(plan, item, DAY)

    def held(item: Any) -> set[str]:
        return {names[name] for name in judge(item)[0].holds}

    ours = Contender("hazardrules", judge, [book.intake.read("plant", case) for case in work.complete])
    hand = Contender("by hand", function, [plain_facts(case) for case in work.complete])
    theirs = [Contender(peer.name, peer.judge, [peer.prepare(case) for case in work.complete]) for peer in others]
    contenders = [ours, hand, *theirs]
    notes += _agreement(size, work, contenders, {contender.name: contender.run for contender in contenders} | {ours.name: held})
    interleave(contenders, rounds)
    rows = [row(f"kernel, {size} rules, complete cases", contender, hand) for contender in contenders]

    gaps = [book.intake.read("plant", case) for case in work.gaps]
    ours = Contender("hazardrules", judge, gaps)
    hand = Contender("by hand", function, [plain_facts(case) for case in work.gaps])
    careful = Contender("by hand, three values", by_hand_in_three_values(work.rules), hand.items)
    notes += _openness(size, [judge(item)[0] for item in gaps], [careful.run(item) for item in careful.items], names)
    notes.append(_guesses(size, [held(item) for item in gaps], [set(function(item)) for item in hand.items]))
    interleave([ours, hand, careful], rounds)
    what = f"kernel, {size} rules, 10 % of facts missing"
    return rows + [row(what, contender, hand) for contender in (ours, hand, careful)] + [row(what, ours, careful)], notes


def _openness(size: int, ours: list[Any], theirs: list[Any], names: dict[str, str]) -> list[str]:
    """Whether the three-valued function by hand says the same of each rule, open ones included."""
    said = [({names[name] for name in one.holds}, {names[name] for name in one.undetermined}) for one in ours]
    wrong = sum(mine != (set(held), set(still_open)) for mine, (held, still_open) in zip(said, theirs, strict=True))
    if wrong:
        return [f"DISAGREEMENT: by hand, three values differs at {size} rules in {wrong} of {len(said)} cases with gaps"]
    return [f"{size} rules, {len(said)} cases with gaps: the three-valued function by hand has the same rules held and open"]


def _agreement(size: int, work: Workload, contenders: list[Contender], judged: dict[str, Callable[[Any], object]]) -> list[str]:
    """Whether every contender says what walking the data says."""
    sample = range(len(work.complete) if size <= 100 else 25)
    notes, same = [], []
    for contender in contenders:
        said = [set(judged[contender.name](contender.items[n])) for n in sample]  # type: ignore[call-overload]  # names
        wrong = [n for n in sample if said[n] != expected(work.rules, work.complete[n])]
        if wrong:
            notes.append(
                f"DISAGREEMENT: {contender.name} differs at {size} rules in {len(wrong)} of {len(sample)} complete cases, first case {wrong[0]}"
            )
        else:
            same.append(contender.name)
    return [*notes, f"{size} rules, {len(sample)} complete cases, same matches: {', '.join(same)}"]


def _guesses(size: int, surely: list[set[str]], said: list[set[str]]) -> str:
    """How often the two-valued function says yes although the missing facts could still make it no."""
    yes = sum(map(len, said))
    guessed = sum(len(two_valued - sure) for two_valued, sure in zip(said, surely, strict=True))
    return f"{size} rules, 10 % of facts missing: {guessed} of {yes} yes answers of the two-valued function are guesses; hazardrules leaves them open"


def classify(sizes: list[int], rounds: int, folder: Path) -> Result:
    """A mapping of raw facts -> a classification with findings, beside pydantic validation plus the function by hand."""
    rows: list[Row] = []
    fields: dict[str, Any] = {
        "bool": bool | None,
        "integer": int | None,
        "decimal": Decimal | None,
        "enum": Literal[OPTIONS] | None,
        "set": frozenset[Literal[OPTIONS]] | None,
    }
    model = create_model("Plant", **{name: (fields[kind], None) for name, kind in FACTS.items()})
    for size in sizes:
        work = workload(size)
        book = hazardrules.load(write_rulebook(work.rules, folder / f"classify-{size}"))
        function = by_hand(work.rules)

        def validate_and_run(case: dict[str, Any], function: Callable[[Any], list[str]] = function) -> object:
            facts = model.model_validate(case).__dict__
            return function({k: float(v) if type(v) is Decimal else v for k, v in facts.items()})

        raw = [{name: str(value) if isinstance(value, Decimal) else value for name, value in case.items()} for case in work.gaps]
        ours = Contender("hazardrules", lambda case, book=book: book.classify(case, as_of=DAY), raw)
        hand = Contender("pydantic + by hand", validate_and_run, raw)
        interleave([ours, hand], rounds)
        rows += [row(f"classify, {size} rules, 10 % of facts missing", contender, hand) for contender in (ours, hand)]
    notes = [
        "`pydantic + by hand` validates 40 facts and returns names; `classify` returns dated findings with their legal basis and what is open"
    ]
    return rows, notes


NATIONAL: dict[str, dict[str, Any]] = {
    "premises": {"as_of": "2024-03-15", "premises": {
        "kind": "workshop", "responsible_party": "unit", "uses": ["lodging", "production", "storage"], "people_lodged": 9,
        "same_connected_space": True, "flammable_explosive_goods": False, "building.standalone": True, "building.type": "self_built",
        "building.underground": False, "building.fire_hazard_class": "C", "building.fire_resistance_class": 2,
        "building.floor_area": "420 m²", "building.height": "9.6 m", "storeys": 3, "separation.present": False,
        "separation.full_difficult": True, "evacuation.independent_passages": False, "evacuation.exit_blocked": True,
        "alarm.system": False, "sprinkler.installed": False}},
    "gas_operator": {},
    "vehicle": {},
}  # fmt: skip
"""Cases of about 20 facts; the ones left empty here are drawn from the vocabulary, by seed."""


def _drawn(book: hazardrules.Rulebook, kind: str, count: int = 20) -> dict[str, Any]:
    """A case of some facts of a subject, drawn from what the rules read most, each with a value that its type allows."""
    chance = random.Random(f"national:{kind}")  # noqa: S311 - a workload, not a secret
    subject = book.subject(kind)
    read = {
        name: sum(name in info.compiled.own_facts for info in book.rules() if info.compiled.on == kind) for name in subject.facts
    }
    facts = {}
    for name in sorted(read, key=lambda name: (-read[name], name))[:count]:
        fact = subject.facts[name]
        match fact.type.name:
            case "bool":
                facts[name] = chance.random() < 0.5
            case "number":
                low = fact.minimum if fact.minimum is not None else 0
                high = fact.maximum if fact.maximum is not None else low + 20
                number = int(low) + chance.randrange(max(1, int(high - low)))
                facts[name] = f"{number} {fact.type.unit.name}" if fact.type.unit.name and not fact.type.integer else number
            case "enum":
                facts[name] = chance.choice(fact.type.options)
            case "set":
                facts[name] = [chance.choice(fact.type.options)]
            case "date" | "datetime":
                facts[name] = "2023-05-01"
            case _:
                facts[name] = "text"
    return {"as_of": "2024-03-15", kind: facts}


def national(rounds: int) -> Result:
    """`classify` under the shipped rulebook, beside one JSON round trip of the same request."""
    book = hazardrules.load(ROOT / "rules")
    rows, notes = [], [f"national rulebook: {len(book.compiled.rules)} rules in {len(book.compiled.source.packs)} packs"]
    for kind, written in NATIONAL.items():
        case = written or _drawn(book, kind)
        found = book.classify(case)
        notes.append(f"{kind}: {len(case[kind])} facts, {len(found.findings)} findings, {len(found.undetermined)} undetermined")
        ours = Contender("hazardrules", book.classify, [case] * 200)
        text = Contender("JSON round trip", lambda item: json.loads(json.dumps(item)), [case] * 200)
        interleave([ours, text], rounds)
        rows += [row(f"classify, national rulebook, {kind}", contender, text) for contender in (ours, text)]
        ours = Contender("hazardrules, dumped", lambda item: book.classify(item).model_dump_json(), [case] * 200)
        text = Contender("JSON round trip", lambda item: json.loads(json.dumps(item)), [case] * 200)
        interleave([ours, text], max(3, rounds // 4))
        rows.append(row(f"classify + every section as JSON, {kind}", ours, text))
    return rows, notes


def load(rounds: int, folder: Path) -> Result:
    """Load 1,000 rules without a cache, beside parsing the same files with the C loader of PyYAML."""
    where = write_rulebook(workload(1000).rules, folder / "load")
    texts = [path.read_text("utf-8") for path in sorted(where.rglob("*.yaml"))]
    ours = Contender("hazardrules", hazardrules.load, [where])
    other = Contender("CSafeLoader", lambda _: [yaml.load(text, yaml.CSafeLoader) for text in texts], [where])
    for _ in range(max(3, min(rounds, 7))):
        for contender in (ours, other):
            contender.seconds.append(contender.once(1))
    return [row("load 1000 rules, no cache", contender, other) for contender in (ours, other)], []


def cold(rounds: int) -> Result:
    """`hazardrules classify` as a fresh process with a warm cache, beside a fresh Python that imports pydantic."""
    example = ROOT / "examples" / "workshop.yaml"
    command = [sys.executable, "-m", "hazardrules", "classify", str(example)]
    if not example.is_file():
        return [], [f"{example.name} does not exist: cold start skipped"]
    tried = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if tried.returncode not in (0, 1) or not tried.stdout:
        return [], [f"`hazardrules classify` does not run here (exit {tried.returncode}): cold start skipped"]

    def fresh(words: list[str]) -> Callable[[Any], object]:
        return lambda _: subprocess.run(words, cwd=ROOT, capture_output=True, check=False)

    ours = Contender("hazardrules classify", fresh(command), [None])
    other = Contender("python -c 'import pydantic'", fresh([sys.executable, "-c", "import pydantic; pydantic.BaseModel"]), [None])
    bare = Contender("python -c 'import hazardrules'", fresh([sys.executable, "-c", "import hazardrules"]), [None])
    for _ in range(max(5, min(rounds, 11))):
        for contender in (ours, bare, other):
            contender.seconds.append(contender.once(1))
    return [row("cold start, warm cache", contender, other) for contender in (ours, bare, other)], []


def memory(total: int) -> Result:
    """Growth of memory over many classifications of ever different cases."""
    book = hazardrules.load(ROOT / "rules")
    case = NATIONAL["premises"]
    chance = random.Random("memory")  # noqa: S311 - a workload, not a secret

    def one() -> None:
        varied = copy.copy(case)
        varied["premises"] = {
            **case["premises"],
            "building.floor_area": chance.random() * 1000,
            "people_lodged": chance.randrange(500),
        }
        book.classify(varied)

    for _ in range(10_000):  # caches of bounded size fill up
        one()
    gc.collect()
    marks = [_resident()]
    start = time.perf_counter()
    for _ in range(4):
        for _ in range(total // 4):
            one()
        gc.collect()
        marks.append(_resident())
    elapsed = time.perf_counter() - start
    tracemalloc.start()
    for _ in range(6_000):  # what the caches hold is replaced by what is traced
        one()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    traced = min(total // 20, 5_000)
    for _ in range(traced):
        one()
    gc.collect()
    growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    notes = [
        f"resident memory at quarters of {total:,} classifications, after 10,000 to warm up: "
        + ", ".join(f"{mark / 2**20:.1f} MiB" for mark in marks),
        f"traced: {growth:+,} bytes after {traced:,} more ({growth / traced:+.2f} bytes per classification)",
    ]
    found = {"what": f"memory, {total:,} classifications", "contender": "resident, after / before", "against": "before", "ratio": marks[-1] / marks[0],
             "low": min(marks) / marks[0], "high": max(marks) / marks[0], "us": elapsed / total * 1e6}  # fmt: skip
    return [found], notes


def _resident() -> int:
    """Resident memory of this process in bytes."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
