"""hazardrules inside another system: load once, judge many cases, answer bad input, explain, type the facts.

Run it from a checkout or after `pip install`: `python examples/use_as_library.py`. All facts are invented.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import hazardrules

if TYPE_CHECKING:
    from collections.abc import Mapping

RULE = "road.traffic_law.goods_overload_above_30"


def answer(book: hazardrules.Rulebook, request: Mapping[str, object]) -> dict[str, object]:
    """What a web service would send back: the classification, or every problem of the facts."""
    try:
        result = book.classify(request, lang="en")
    except hazardrules.FactsError as error:
        return {"status": 422, "problems": [problem.as_dict("en") for problem in error.problems]}
    except hazardrules.LookupFailedError as error:
        return {"status": 422, "problems": [{"message": str(error)}]}
    return {
        "status": 200,
        "levels": {scale: found.level for scale, found in result.levels.items()},
        "findings": [
            {
                "rule": finding.rule,
                "title": finding.title,
                "basis": [f"{basis.title} {basis.clause}" for basis in finding.basis],
                "because": [reason.text for reason in finding.reasons],
            }
            for finding in result.findings
        ],
        "actions": [action.text for action in result.actions],
        "still_open": {open_rule.rule: open_rule.missing.to_hold[:1] for open_rule in result.undetermined},
        "replay": {"rulebook": result.rulebook.version, "digest": result.rulebook.digest, "as_of": str(result.as_of)},
    }


def main() -> None:
    """Show the five things another system does."""
    # once per process: safe to share between threads
    book = hazardrules.load()
    truck = {"vehicle_class": "heavy_truck", "approved_load": "8 t", "load_mass": "10.4 t"}

    # 1. a request as it comes off the wire
    print(json.dumps(answer(book, {"as_of": "2024-03-15", "vehicle": truck}), ensure_ascii=False, indent=2))

    # 2. bad input is answered with every problem at once; nothing is guessed
    bad = {"as_of": "2024-03-15", "vehicle": {"vehicle_class": "lorry", "aproved_load": "8 t", "load_mass": "10 m²"}}
    print(json.dumps(answer(book, bad), ensure_ascii=False, indent=2))

    # 3. why does a rule not fire? 10.4 t on 8 t is exactly 30 %, and the rule wants more
    why = book.explain(truck, RULE, subject="vehicle", as_of=date(2024, 3, 15), lang="en")
    print(f"{why.rule}: {why.truth}, because {'; '.join(reason.text for reason in why.reasons)}")

    # 4. typed facts: a pydantic model made from the vocabulary, also good for OpenAPI
    vehicle = book.model("vehicle")
    typed = vehicle.model_validate({"vehicle_class": "heavy_truck", "approved_load": "8 t", "load_mass": "10.5 t"})
    result = book.classify(typed, as_of=date(2024, 3, 15), lang="en")
    print([finding.rule for finding in result.findings if finding.level is not None])

    # 5. many cases: one that cannot be read gives its error in its place, none is lost
    cases = [truck, {"load_mass": "heavy"}, typed]
    for outcome in book.classify_many(cases, subject="vehicle", as_of=date(2024, 3, 15), lang="en"):
        if isinstance(outcome, hazardrules.FactsError):
            print("not read:", outcome)
        else:
            print("offence:", outcome.levels["offence"].at_least)


if __name__ == "__main__":
    main()
