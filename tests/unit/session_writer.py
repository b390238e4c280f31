"""Tells a session one thing after another and reports each, until it is killed: `session_writer.py RULES STORE SEED`."""

import random
import sys
from datetime import datetime, timedelta
from itertools import count

import hazardrules


def main(rules: str, store: str, seed: str) -> None:
    """Never ends by itself."""
    draw = random.Random(seed)  # noqa: S311 - a repeatable choice
    with hazardrules.load(rules).session(store) as session:
        moment = session.now or datetime(2021, 12, 2)
        for _ in count():
            moment += timedelta(hours=draw.randint(0, 400))
            house = f"house {draw.randint(1, 5)}"
            if house not in session.subjects() or draw.random() < 0.3:
                facts = {
                    "people_lodged": draw.randint(0, 40),
                    "last_inspection": str((moment - timedelta(days=draw.randint(0, 500))).date()),
                }
                session.put(house, "premises", {**facts, "cylinders": [{}] * draw.randint(0, 2)}, at=moment)
            elif draw.random() < 0.5:
                session.post(house, draw.choice(["inspected", "cylinder_brought"]), at=moment)
            elif draw.random() < 0.3:
                with session.together():
                    session.advance(moment)
                    session.put(house, "premises", {"floor_area": draw.randint(1, 900)}, at=moment)
            elif draw.random() < 0.2:
                session.remove(house, at=moment)
            else:
                session.advance(moment)
            print(session._store.last_seq(), flush=True)


main(*sys.argv[1:])
