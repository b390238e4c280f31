"""Sessions: what is told, what follows, what is remembered."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from demo import write_demo

import hazardrules
from hazardrules.errors import FactsError, LookupFailedError, SessionError
from hazardrules.sessions.session import Session
from hazardrules.sessions.store import TABLES, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.api import Rulebook

DAY = date(2021, 12, 2)
WRITER = Path(__file__).parent / "session_writer.py"
EXTRA = """\
pack: fire.timed
label: {zh: 检查与整改, en: inspections}
law: xx-lodging-2020
on: premises
scale: hazard
rules:
  - id: inspection_old
    clause: "3"
    text: {zh: 检查已过一年, en: the last inspection is more than a year old}
    when: as_of > last_inspection + 1 year
    level: general
    actions:
      - rectify: {within: 15 days}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rulebook of the language page with a rule on time."""
    found = write_demo(tmp_path_factory.mktemp("book"))
    (found / "fire" / "timed.yaml").write_text(EXTRA, "utf-8")
    return found


@pytest.fixture(scope="module")
def book(folder: Path) -> Rulebook:
    return hazardrules.load(folder)


@pytest.fixture(params=["sqlite", "database"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty file, and an empty database where `HAZARDRULES_TEST_DATABASE` names one that may be emptied."""
    if request.param == "sqlite":
        return str(tmp_path / "district.db")
    url = os.environ.get("HAZARDRULES_TEST_DATABASE")
    if url is None:
        pytest.skip("HAZARDRULES_TEST_DATABASE names no database")
    empty(url)
    return url


def empty(url: str) -> None:
    """Drop the tables of a session."""
    opened = Store(url)
    TABLES.drop_all(opened.engine)
    opened.close()


@pytest.fixture
def session(book: Rulebook, store: str) -> Iterator[Session]:
    with book.session(store) as opened:
        yield opened


def told(changes: list[Any]) -> list[str]:
    """Changes in one line each."""
    return [str(change) for change in changes]


def test_a_finding_begins_when_time_alone_makes_it_hold(session: Session) -> None:
    """From the day after the first year, not on it."""
    assert session.put("house", "premises", {"last_inspection": "2020-12-02"}, at=DAY) == []
    assert session.advance(DAY) == []
    assert told(session.advance(date(2021, 12, 10))) == ["2021-12-03 00:00 house: began fire.timed.inspection_old"]


def test_an_action_is_overdue_on_the_day_after_its_last(session: Session) -> None:
    """15 days from when the finding began, however often the subject is judged meanwhile."""
    session.put("house", "premises", {"last_inspection": "2020-12-02"}, at=DAY)
    session.put("house", "premises", {"people_lodged": 3}, at=date(2021, 12, 8))
    assert session.advance(date(2021, 12, 18)) == []
    (change,) = session.advance(date(2022, 1, 1))
    assert (change.what, change.action, change.due, change.at) == (
        "overdue",
        "rectify",
        date(2021, 12, 18),
        datetime(2021, 12, 19),
    )
    assert session.at().overdue("house") == [change]
    session.post("house", "inspected", at=date(2022, 1, 2))
    assert session.at().overdue("house") == []


def test_an_event_ends_a_finding_and_stamps_its_day(session: Session) -> None:
    session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    assert told(session.post("house", "inspected", at=datetime(2021, 12, 5, 14, 30))) == [
        "2021-12-05 14:30 house: ended fire.timed.inspection_old"
    ]
    assert session.at().facts("house")["last_inspection"] == date(2021, 12, 5)
    assert session.at(DAY).facts("house")["last_inspection"] == date(2019, 1, 1)


def test_facts_told_with_an_event_go_before_those_it_sets(session: Session) -> None:
    session.put("house", "premises", {"cylinders": []}, at=DAY)
    session.post("house", "cylinder_brought", {"capacity": "15 kg"}, at=DAY)
    session.post("house", "cylinder_brought", {"contents": "oxygen"}, at=DAY, part="c-9")
    record, _ = session.at().record("house")
    assert {key: part.facts["contents"][0] for key, part in record.parts["cylinders"].items()} == {"1": "lpg", "c-9": "oxygen"}


def test_the_past_is_answered_as_it_was_known_then(session: Session) -> None:
    session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    session.retract("house", "last_inspection", at=date(2021, 12, 4))
    assert session.at(date(2021, 12, 3)).classification("house").findings[0].rule == "fire.timed.inspection_old"
    assert session.at().classification("house").findings == []
    assert session.at(date(2021, 12, 3)).open("house") == {("", "fire.timed.inspection_old"): datetime(2021, 12, 2)}
    assert session.at().open("house") == {}


def test_a_part_can_be_taken_back(session: Session) -> None:
    session.put("house", "premises", {"cylinders": [{"contents": "lpg"}, {"contents": "oxygen"}]}, at=DAY)
    session.retract("house", part="cylinders/1", at=DAY)
    assert list(session.at().record("house")[0].parts["cylinders"]) == ["2"]
    session.post("house", "cylinder_brought", at=DAY)
    assert list(session.at().record("house")[0].parts["cylinders"]) == ["2", "3"]


def test_a_subject_that_ceases_to_be_has_no_findings_and_keeps_its_past(session: Session) -> None:
    session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    assert told(session.remove("house", at=date(2021, 12, 5))) == ["2021-12-05 00:00 house: ended fire.timed.inspection_old"]
    assert list(session.subjects()) == []
    assert session.at(date(2021, 12, 4)).facts("house") == {"last_inspection": date(2019, 1, 1)}
    with pytest.raises(LookupFailedError, match="no subject `house`"):
        session.at().facts("house")


def test_what_is_wrong_is_said_and_changes_nothing(session: Session) -> None:
    session.put("house", "premises", {"people_lodged": 3}, at=DAY)
    before = list(session._store.entries())
    wrong: list[tuple[type[Exception], str, Any]] = [
        (SessionError, "lies before 2021-12-02 00:00", lambda: session.put("house", "premises", {}, at=date(2021, 12, 1))),
        (SessionError, "is a `premises`, not a `gas_cylinder`", lambda: session.put("house", "gas_cylinder", {}, at=DAY)),
        (SessionError, "no name of a subject", lambda: session.put(" ", "premises", {}, at=DAY)),
        (SessionError, "without time zone", lambda: session.advance(datetime(2022, 1, 1, tzinfo=UTC))),
        (SessionError, "`date`, or a `datetime`", lambda: session.advance("2022-01-01")),  # type: ignore[arg-type]
        (SessionError, "first state what it holds", lambda: session.post("house", "cylinder_brought", at=DAY)),
        (SessionError, "happens to a `premises`", lambda: session.post("house", "inspected", at=DAY, part="cylinders/1")),
        (SessionError, "is not known", lambda: session.retract("house", "floor_area", at=DAY)),
        (SessionError, "name the facts", lambda: session.retract("house", at=DAY)),
        (SessionError, "has come to", lambda: session.at(date(2022, 1, 1))),
        (FactsError, "people_lodgd", lambda: session.put("house", "premises", {"people_lodgd": 4}, at=DAY)),
        (LookupFailedError, "did you mean `inspected`", lambda: session.post("house", "inspcted", at=DAY)),
        (LookupFailedError, "did you mean `house`", lambda: session.post("hause", "inspected", at=DAY)),
        (LookupFailedError, "no jurisdiction", lambda: session.put("house", "premises", {}, at=DAY, jurisdiction="YY")),
    ]
    for kind, words, call in wrong[:6] + wrong[7:]:
        with pytest.raises(kind, match=words):
            call()
    with pytest.raises(LookupFailedError, match="no part `cylinders/1`"):
        wrong[6][2]()
    assert list(session._store.entries()) == before
    assert session.verify() == []


def test_calls_together_are_kept_together_or_not_at_all(session: Session) -> None:
    session.put("house", "premises", {"people_lodged": 3}, at=DAY)

    def several() -> None:
        with session.together():
            session.put("house", "premises", {"people_lodged": 30}, at=date(2021, 12, 3))
            session.put("house", "premises", {"people_lodgd": 30}, at=date(2021, 12, 4))

    with pytest.raises(FactsError):
        several()
    assert session.at().facts("house") == {"people_lodged": 3}
    assert session.now == datetime(2021, 12, 2)


def test_a_session_goes_on_where_it_was(book: Rulebook, store: str) -> None:
    """Closed and opened again, nothing is forgotten, not even the day by which something is due."""
    with book.session(store) as first:
        first.put("house", "premises", {"last_inspection": "2019-01-01", "floor_area": "300.50"}, at=DAY)
    with book.session(store) as second:
        assert second.now == datetime(2021, 12, 2)
        (change,) = second.advance(date(2022, 1, 1))
        assert change.due == date(2021, 12, 17)
        assert second.verify() == []


def test_another_rulebook_must_be_adopted(book: Rulebook, folder: Path, store: str, tmp_path: Path) -> None:
    with book.session(store) as first:
        first.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    changed = write_demo(tmp_path / "book")
    (changed / "fire" / "timed.yaml").write_text(EXTRA.replace("1 year", "9 years"), "utf-8")
    other = hazardrules.load(changed)
    with pytest.raises(SessionError, match="adopt=True"):
        other.session(store)
    with other.session(store, adopt=True) as adopted:
        assert told(list(adopted.changes("house")))[-1] == "2021-12-02 00:00 house: ended fire.timed.inspection_old"
        assert adopted.at().open("house") == {}
        assert adopted.verify() == []
    with pytest.raises(SessionError, match="of the place"):
        other.session(store, jurisdiction="XX-N")


def test_two_sessions_on_one_store_do_not_overtake_one_another(book: Rulebook, store: str) -> None:
    with book.session(store) as one, book.session(store) as two:
        one.put("house", "premises", {"people_lodged": 3}, at=date(2021, 12, 9))
        with pytest.raises(SessionError, match="lies before 2021-12-09"):
            two.put("house", "premises", {"people_lodged": 4}, at=date(2021, 12, 8))
        two.put("house", "premises", {"people_lodged": 5}, at=date(2021, 12, 9))
        assert one.at().facts("house") == {"people_lodged": 5}
        assert one.verify() == two.verify() == []


def test_kill_9_at_any_moment_loses_nothing_that_was_answered(book: Rulebook, folder: Path, store: str) -> None:
    """A writer is killed a dozen times; each time what it had reported is there, and the state follows from the log."""
    draw = random.Random(20211202)  # noqa: S311 - a repeatable choice
    for life in range(12):
        command = [sys.executable, str(WRITER), str(folder), store, str(life)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUTF8": "1"}) as writer:
            assert writer.stdout is not None
            answered = [writer.stdout.readline().strip() for _ in range(draw.randint(2, 40))]
            writer.send_signal(signal.SIGKILL)
            answered += [line.strip() for line in writer.stdout if line.endswith("\n")]
        with book.session(store) as session:
            assert session._store.last_seq() >= int(answered[-1])
            assert session.verify() == []


def test_a_call_judges_only_what_it_touches(book: Rulebook, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many subjects there are."""
    with session.together():
        for number in range(300):
            session.put(f"house {number}", "premises", {"people_lodged": number}, at=DAY)
    judged: list[str] = []
    judge = Session._judge

    def counted(self: Session, held: Any, moment: datetime) -> Any:
        judged.append(held.name)
        return judge(self, held, moment)

    monkeypatch.setattr(Session, "_judge", counted)
    session.put("house 7", "premises", {"people_lodged": 8}, at=DAY + timedelta(days=1))
    assert judged == ["house 7"]


def test_a_call_that_fails_within_others_leaves_nothing_behind(session: Session) -> None:
    """Whoever catches its error keeps the calls around it, and the log can be told again."""
    session.put("house", "premises", {"people_lodged": 3}, at=DAY)
    with session.together():
        with pytest.raises(SessionError, match="is a `premises`"):
            session.put("house", "gas_cylinder", {}, at=DAY)
        session.put("house", "premises", {"people_lodged": 4}, at=DAY)
    assert [entry.op for entry in session._store.entries()] == ["put", "put"]
    assert session.verify() == []


def test_what_has_changed_can_be_answered_while_it_is_read(session: Session) -> None:
    """Reading holds nothing up."""
    for name in ("one", "two"):
        session.put(name, "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    for change in session.changes():
        session.post(change.subject, "inspected", at=DAY)
        if len(list(session.changes())) > 20:
            pytest.fail("endless")
    assert [change.what for change in session.changes()] == ["began", "began", "ended", "ended"]


def test_reading_does_not_wait_for_another_process(book: Rulebook, store: str) -> None:
    with book.session(store) as one, book.session(store) as two:
        one.put("house", "premises", {"people_lodged": 3}, at=DAY)
        with one.together():
            one.put("house", "premises", {"people_lodged": 4}, at=DAY)
            assert two.at().facts("house") == {"people_lodged": 3}
        assert two.at().facts("house") == {"people_lodged": 4}


def test_a_session_sees_how_far_another_on_its_store_has_come(book: Rulebook, store: str) -> None:
    with book.session(store) as one, book.session(store) as two:
        one.put("house", "premises", {"people_lodged": 3}, at=DAY)
        two.put("house", "premises", {"people_lodged": 4}, at=date(2021, 12, 9))
        assert one.now == datetime(2021, 12, 9)
        assert one.at().facts("house") == one.at(date(2021, 12, 9)).facts("house") == {"people_lodged": 4}


def test_a_session_stops_once_another_rulebook_is_adopted(book: Rulebook, store: str, tmp_path: Path) -> None:
    """Two rulebooks never judge one store in turn."""
    changed = write_demo(tmp_path / "book")
    with book.session(store) as one:
        one.put("house", "premises", {"people_lodged": 3}, at=DAY)
        with hazardrules.load(changed).session(store, adopt=True):
            with pytest.raises(SessionError, match="another rulebook"):
                one.put("house", "premises", {"people_lodged": 4}, at=DAY)
            assert one.at().facts("house") == {"people_lodged": 3}


def test_threads_share_a_session(book: Rulebook, tmp_path: Path) -> None:
    """They take turns; what one keeps together is not torn by another, and goes without it where it fails."""
    for store in ("sqlite://", str(tmp_path / "threads.db")):
        with book.session(store) as session:
            session.put("house", "premises", {"people_lodged": 1}, at=DAY)
            inside = threading.Event()

            def tell(session: Session = session, inside: threading.Event = inside) -> None:
                inside.wait()
                session.put("other", "premises", {}, at=DAY)

            def fails(session: Session = session, inside: threading.Event = inside) -> None:
                with session.together():
                    inside.set()
                    session.put("house", "premises", {"people_lodged": 2}, at=DAY)
                    time.sleep(0.1)
                    raise ZeroDivisionError

            other = threading.Thread(target=tell)
            other.start()
            with pytest.raises(ZeroDivisionError):
                fails()
            other.join()
            assert list(session.subjects()) == ["house", "other"]
            assert session.at().facts("house") == {"people_lodged": 1}
            assert session.verify() == []


@pytest.mark.parametrize("name", ["what?.db", "100%.db", "a%20b.db", "库 #1;.db"])
def test_a_file_may_have_any_name(book: Rulebook, tmp_path: Path, name: str) -> None:
    with book.session(f"{tmp_path}/{name}") as session:
        session.put("house", "premises", {}, at=DAY)
    assert (tmp_path / name).is_file()


def test_a_store_that_cannot_be_used_is_named_without_its_password(book: Rulebook, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database at all\n" * 100, "utf-8")
    for store, words in [
        (tmp_path / "nowhere" / "x.db", "unable to open"),
        (tmp_path / "notes.db", "not a database"),
        ("nonsense://x", "nonsense"),
        (" ", "name of a file"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/x", r"user:\*\*\*@127"),
    ]:
        with pytest.raises(SessionError, match=words) as raised:
            book.session(store)
        assert "secret" not in str(raised.value)
