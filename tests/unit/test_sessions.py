"""Sessions: what is told, what follows, what is remembered."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from demo import write_demo
from sqlalchemy import text

import hazardrules
from hazardrules.errors import FactsError, LookupFailedError, SessionError
from hazardrules.sessions.judging import Judge
from hazardrules.sessions.store import TABLES, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hazardrules.api import Rulebook
    from hazardrules.sessions.session import Session

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
    judge = Judge.judge

    def counted(self: Judge, held: Any, moment: datetime) -> Any:
        judged.append(held.name)
        return judge(self, held, moment)

    monkeypatch.setattr(Judge, "judge", counted)
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
            for asks in (one.at, one.verify):
                with pytest.raises(SessionError, match="another rulebook"):
                    asks()


def test_threads_share_a_session(book: Rulebook, store: str) -> None:
    """They take turns; what one keeps together is not torn by another, and goes without it where it fails."""
    for place in ("sqlite://", store):
        with book.session(place) as session:
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


SHARING = """
import sys
from datetime import date
import hazardrules

rules, store, name = sys.argv[1:]
with hazardrules.load(rules).session(store) as session:
    for people in range(20):
        session.put(name, "premises", {"people_lodged": people}, at=date(2021, 12, 2))
        session.put("shared", "premises", {"last_inspection": "2019-01-01"} if people % 2 else {"people_lodged": people}, at=date(2021, 12, 2))
"""


def test_processes_share_a_store(book: Rulebook, folder: Path, store: str) -> None:
    """Four tell at once, begun on an empty store: each call is kept, none is torn."""
    command = [sys.executable, "-c", SHARING, str(folder), store]
    names = [f"house {number}" for number in range(4)]
    writers = [subprocess.Popen([*command, name], stderr=subprocess.PIPE, text=True) for name in names]
    said = [writer.communicate(timeout=200)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 4, said
    with book.session(store) as session:
        assert list(session.subjects()) == [*names, "shared"]
        assert session._store.last_seq() == 4 * 20 * 2
        assert [session.at().facts(name) for name in names] == [{"people_lodged": 19}] * 4
        begun = [change.subject for change in session.changes() if change.rule == "fire.timed.inspection_old"]
        assert begun == ["shared"]
        assert session.verify() == []


@pytest.mark.parametrize("name", ["what?.db", "100%.db", "a%20b.db", "库 #1;.db"])
def test_a_file_may_have_any_name(book: Rulebook, tmp_path: Path, name: str) -> None:
    with book.session(f"{tmp_path}/{name}") as session:
        session.put("house", "premises", {}, at=DAY)
    assert (tmp_path / name).is_file()


def test_a_store_that_cannot_be_used_is_named_without_its_password(book: Rulebook, tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database at all\n" * 100, "utf-8")
    for store, words in [
        (tmp_path / "nowhere" / "x.db", "unable to open .* its folder must exist"),
        (tmp_path, "unable to open .* must be a file that this user may write"),
        (tmp_path / "notes.db", "not a database.*; take another file"),
        ("nonsense://x", "nonsense"),
        (" ", "name of a file"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/x", r"user:\*\*\*@127"),
    ]:
        with pytest.raises(SessionError, match=words) as raised:
            book.session(store)
        assert "secret" not in str(raised.value)


def test_a_database_of_something_else_is_left_alone(book: Rulebook, tmp_path: Path) -> None:
    """A table of a name that sessions use is not taken for one of theirs, and none is added to it."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("create table log (x int)")
    before = path.read_bytes()
    with pytest.raises(SessionError, match=r"tables of something else \(log\); take another"):
        book.session(path)
    assert path.read_bytes() == before


def test_a_store_that_may_only_be_read_can_be_read(book: Rulebook, tmp_path: Path) -> None:
    with book.session(tmp_path / "x.db") as session:
        session.put("house", "premises", {"people_lodged": 3}, at=DAY)
    with book.session(f"sqlite:///file:{tmp_path}/x.db?mode=ro&uri=true") as session:
        assert session.at().facts("house") == {"people_lodged": 3}
        with pytest.raises(SessionError, match=r"can only be read .* give it a place where this user may write"):
            session.put("house", "premises", {"people_lodged": 4}, at=DAY)
    with book.session(tmp_path / "x.db") as session:
        assert session.at().facts("house") == {"people_lodged": 3}
        assert session.verify() == []


def test_whoever_waits_too_long_for_another_is_told_so(book: Rulebook, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost: what was told by the other is there, and one's own can be told again."""
    monkeypatch.setattr("hazardrules.sessions.database.PATIENCE_SECONDS", 0.05)
    with book.session(store) as one, book.session(store) as two:
        with one.together():
            one.put("house", "premises", {"people_lodged": 3}, at=DAY)
            with pytest.raises(SessionError, match=r"kept the store .* for too long .* tell it again"):
                two.put("other", "premises", {}, at=DAY)
            with pytest.raises(SessionError, match=r"kept the store .* for too long"):
                book.session(store)
        two.put("other", "premises", {}, at=DAY)
        assert list(one.subjects()) == ["house", "other"]
        assert one.verify() == []


def test_a_call_whose_end_is_not_known_is_not_said_to_be_lost(
    book: Rulebook, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server may keep it and die before it says so; the session goes on once there is a server."""
    with book.session(store) as session:
        dialect = session._store.engine.dialect

        def lost(connection: Any) -> None:
            commit(connection)
            monkeypatch.undo()
            monkeypatch.setattr(dialect, "is_disconnect", lambda *_: True)
            raise dialect.loaded_dbapi.OperationalError("server closed the connection")

        commit = dialect.do_commit
        monkeypatch.setattr(dialect, "do_commit", lost)
        with pytest.raises(
            SessionError, match=r"lost .* \(server closed the connection\); whether the call was kept is not known"
        ):
            session.put("house", "premises", {"people_lodged": 3}, at=DAY)
        monkeypatch.undo()
        session.put("other", "premises", {}, at=DAY)
        assert list(session.subjects()) == ["house", "other"]
        assert session.verify() == []


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_goes_away_is_missed(book: Rulebook, tmp_path: Path, replaced: bool) -> None:
    """SQLite itself goes on writing to a deleted file, and all of it is lost."""
    path = tmp_path / "x.db"
    with book.session(path) as session:
        session.put("house", "premises", {}, at=DAY)
        path.rename(tmp_path / "y.db")
        if replaced:
            path.write_bytes(b"")
        for asks in (session.at, lambda: session.put("other", "premises", {}, at=DAY)):
            with pytest.raises(SessionError, match=r"deleted or replaced .* put it back"):
                asks()
        path.unlink(missing_ok=True)
        (tmp_path / "y.db").rename(path)
        session.put("third", "premises", {}, at=DAY)
        assert list(session.subjects()) == ["house", "third"]


def test_a_full_disk_loses_nothing(book: Rulebook, tmp_path: Path) -> None:
    with book.session(tmp_path / "x.db") as session:
        session.put("house", "premises", {}, at=DAY)
        session._store._run(text("pragma max_page_count = 1"))  # as many as there are already

        def fill() -> None:
            for number in range(1000):
                session.put(f"{number} " * 40, "premises", {}, at=DAY)

        with pytest.raises(SessionError, match=r"disk is full; nothing was told, so see to that and try again"):
            fill()
        assert len(list(session.subjects())) == session._store.last_seq()
        assert session.verify() == []


def test_a_closed_session_stays_closed(book: Rulebook, store: str) -> None:
    with book.session(store) as session:
        session.put("house", "premises", {}, at=DAY)
    for asks in (
        session.at,
        session.verify,
        lambda: session.put("house", "premises", {}, at=DAY),
        lambda: list(session.subjects()),
    ):
        with pytest.raises(SessionError, match=r"this session is closed; open .* again"):
            asks()
    session.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("update log set body = '{'", "log 1 cannot be read"),
        ("update log set body = '[]'", "log 1 cannot be read"),
        ("update log set at = 'noon'", "log 1 cannot be read"),
        ("update changes set body = '{}'", "changes 1 cannot be read"),
        ("update subjects set record = '{'", "subjects house cannot be read"),
        ("update subjects set open = '[1]'", "subjects house cannot be read"),
        ("update subjects set next_at = 'noon'", "subjects house cannot be read"),
        ("update meta set value = 'noon' where key = 'now'", "meta now cannot be read"),
        ("delete from meta where key = 'format'", "meta format cannot be read"),
        ("delete from meta", "meta format cannot be read"),
        ("update meta set value = '99' where key = 'format'", "format 99, and this version .* reads format"),
        ("delete from meta where key = 'digest'", "kept under another rulebook"),
    ],
)
def test_a_damaged_store_is_said_to_be_one(book: Rulebook, tmp_path: Path, damage: str, words: str) -> None:
    """Whatever is asked of it; where it can still be opened, nothing is written to it."""
    path = tmp_path / "x.db"
    with book.session(path) as session:
        session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(damage)

    def use() -> None:
        with book.session(path) as session:
            session.verify()
            session.at().open("house")
            session.put("house", "premises", {"people_lodged": 3}, at=DAY)

    with pytest.raises(SessionError, match=words):
        use()


def test_pages_of_a_store_that_are_lost(book: Rulebook, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with book.session(path) as session:
        session.put("house", "premises", {"people_lodged": 3}, at=DAY)
    whole = path.read_bytes()
    for left in (whole[: len(whole) // 2], whole[:8192] + b"\xff" * (len(whole) - 8192)):
        path.write_bytes(left)
        with pytest.raises(SessionError, match=r"malformed.*; take another file, or go on with a copy from before"):
            book.session(path)


def test_what_was_removed_or_edited_behind_its_back_is_found(book: Rulebook, tmp_path: Path) -> None:
    for number, damage in enumerate(
        ("delete from log", "delete from changes", "update subjects set record = replace(record, '2019', '2018')")
    ):
        path = tmp_path / f"{number}.db"
        with book.session(path) as session:
            session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
        with closing(sqlite3.connect(path)) as other, other:
            other.execute(damage)
        with book.session(path) as session:
            assert session.verify() in (["house"], ["*"])


def test_nothing_is_asked_of_a_session_that_was_told_nothing(book: Rulebook) -> None:
    with book.session("sqlite://") as session:
        assert (session.now, list(session.subjects()), list(session.changes()), session.verify()) == (None, [], [], [])
        for moment in (None, DAY):
            with pytest.raises(SessionError, match=r"nothing has been told .* begin with `put`"):
                session.at(moment)


def test_before_the_first_record_nothing_was_known(session: Session) -> None:
    session.put("house", "premises", {"last_inspection": "2019-01-01"}, at=DAY)
    before = session.at(date(2020, 1, 1))
    assert list(before.changes()) == []
    for asks in (before.facts, before.open, before.overdue, before.classification):
        with pytest.raises(LookupFailedError, match=r"no subject `house` in this session at 2020-01-01 00:00$"):
            asks("house")
    for asks in (session.at().open, session.at().overdue):
        with pytest.raises(LookupFailedError, match=r"no subject `hause` in this session at .*; did you mean `house`"):
            asks("hause")


CLOCKED = """\
rulebook: clocked
label: {zh: 时钟, en: clocked}
version: 2026.11.0
languages: [zh, en]
default_language: en
jurisdictions:
  XX: {label: {zh: 示例国, en: Exampleland}}
  XX-N: {within: XX, label: {zh: 北省, en: North province}}
scales:
  hazard:
    label: {zh: 隐患, en: hazard}
    levels:
      none: {severity: 0, label: {zh: 无, en: none}}
      major: {severity: 3, label: {zh: 重大, en: major}}
authorities:
  fire: {label: {zh: 消防, en: fire brigade}}
duty_holders:
  operator: {label: {zh: 经营者, en: operator}}
actions:
  rectify: {kind: remedy, label: {zh: 改正, en: rectify}, by: operator, authority: fire, parameters: {within: deadline}}
subjects:
  - subject: site
    label: {zh: 场地, en: site}
    facts:
      happened: {type: datetime, label: {zh: 发生, en: happened}}
      serious: {type: bool, label: {zh: 严重, en: serious}}
      use: {type: enum, of: {home: 住, shop: 店}, label: {zh: 用途, en: use}}
      load: {type: number, unit: kg, label: {zh: 荷载, en: load}}
      kept: {type: date, label: {zh: 保存, en: kept}}
      now: {type: datetime, clock: true, label: {zh: 此刻, en: now}}
    parts:
      halls: {of: hall, label: {zh: 厅, en: halls}}
      kitchen: {of: kitchen, one: true, label: {zh: 厨房, en: kitchen}}
  - subject: hall
    label: {zh: 厅室, en: hall}
    facts:
      alarm: {type: bool, label: {zh: 报警, en: alarm}}
    parts:
      tanks: {of: tank, label: {zh: 罐, en: tanks}}
  - subject: tank
    label: {zh: 罐体, en: tank}
    facts:
      mass: {type: number, unit: kg, label: {zh: 质量, en: mass}}
  - subject: kitchen
    label: {zh: 厨, en: the kitchen}
    facts:
      clean: {type: bool, label: {zh: 干净, en: clean}}
instruments:
  - instrument: xx-1
    title: {zh: 规定, en: Provisions}
    number: XX 1
    issuer: {zh: 部, en: Ministry}
    jurisdiction: XX
    issued: 2019-05-01
    effective: {from: 2020-01-01}
    text: read
    clauses: ["1", "2", "3"]
events:
  hall_added: {label: {zh: 加厅, en: hall added}, on: site, adds: halls}
  tank_added: {label: {zh: 加罐, en: tank added}, on: hall, adds: tanks, sets: {mass: 1.5 kg}}
"""
CLOCKED_RULES = """\
pack: p
label: {zh: 包, en: pack}
law: xx-1
on: site
scale: hazard
derived:
  elapsed: {clause: "1", label: {zh: 已过, en: elapsed}, is: now - happened}
rules:
  - {id: derived, clause: "1", text: {zh: 甲, en: a}, when: elapsed > 90 min, level: major}
  - {id: hours, clause: "1", text: {zh: 乙, en: b}, when: floor((now - happened) / 1 h) + 1 > 3, level: major}
  - {id: on_the_hour, clause: "1", text: {zh: 丙, en: c}, when: now - happened == 4 h, level: major}
  - {id: either, clause: "1", text: {zh: 丁, en: d}, when: now - happened > (5 h if serious else 6 h), level: major}
  - {id: light, on: tank, clause: "2", text: {zh: 轻, en: e}, when: mass < 2 kg, level: major}
  - {id: overloaded, clause: "3", text: {zh: 超载, en: f}, when: load > 100 kg and use == shop, level: major}
  - {id: old, clause: "3", text: {zh: 过期, en: g}, when: as_of > kept + 3 months, level: major, actions: [{rectify: {within: 5 days}}]}
  - {id: silent, on: hall, clause: "3", text: {zh: 无警, en: h}, when: not alarm, level: major}
  - {id: dirty, on: kitchen, clause: "3", text: {zh: 脏, en: i}, when: not clean, level: major}
"""


def clocked(folder: Path, *edits: tuple[str, str]) -> Rulebook:
    """A rulebook with a clock, nested parts and every type of fact, perhaps with other words in it."""
    rules, pack = CLOCKED, CLOCKED_RULES
    for old, new in edits:
        assert old in rules + pack
        rules, pack = rules.replace(old, new), pack.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rulebook.yaml").write_text(rules, "utf-8")
    (folder / "p.yaml").write_text(pack, "utf-8")
    return hazardrules.load(folder)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return clocked(tmp_path_factory.mktemp("clocked"))


def test_the_clock_is_seen_to_the_second_in_every_form(clock: Rulebook) -> None:
    """Through derived facts, arithmetic and equality, and where a limit is known only within bounds."""
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"happened": "2023-09-01T08:00"}, at=datetime(2023, 9, 1, 8))
        assert told(session.advance(datetime(2023, 9, 3))) == [
            "2023-09-01 09:30:01 site: began p.derived",
            "2023-09-01 11:00 site: began p.hours",
            "2023-09-01 12:00 site: began p.on_the_hour",
            "2023-09-01 12:00:01 site: ended p.on_the_hour",
            "2023-09-01 14:00:01 site: began p.either",
        ]
        assert session.verify() == []


def test_the_calendar_has_a_last_day(clock: Rulebook) -> None:
    """Nothing lies beyond it."""
    with clock.session("sqlite://") as session:
        session.put("last", "site", {"kept": "9999-12-30", "happened": "9999-12-31T20:00"}, at=date(9999, 11, 1))
        session.put("due", "site", {"kept": "9999-09-28"}, at=date(9999, 11, 1))
        assert told(session.advance(datetime(9999, 12, 31, 23, 59, 59))) == [
            "9999-12-29 00:00 due: began p.old",
            "9999-12-31 21:30:01 last: began p.derived",
            "9999-12-31 23:00 last: began p.hours",
        ]
        session.put("last", "site", {"kept": "9998-01-01"}, at=datetime(9999, 12, 31, 23, 59, 59))
        assert session.verify() == []


def test_leap_days_and_ends_of_months(clock: Rulebook) -> None:
    """Three months from 29 February, and from 30 November to the end of a February."""
    with clock.session("sqlite://") as session:
        session.put("leap", "site", {"kept": "2024-02-29"}, at=date(2024, 2, 29))
        session.put("end", "site", {"kept": "2023-11-30"}, at=date(2024, 2, 29))
        assert told(session.advance(datetime(2024, 2, 29, 23, 59, 59))) == []
        assert told(session.advance(date(2024, 3, 1))) == ["2024-03-01 00:00 end: began p.old"]
        assert told(session.advance(date(2024, 5, 30)))[-1] == "2024-05-30 00:00 leap: began p.old"


def test_a_place_goes_with_its_subject(clock: Rulebook) -> None:
    """A subject of the same name that comes later has its own."""
    with clock.session("sqlite://") as session:
        session.put("site", "site", {}, at=DAY, jurisdiction="XX-N")
        session.remove("site", at=DAY)
        session.put("site", "site", {}, at=DAY)
        assert session.at().record("site")[1] is None
        assert session.verify() == []


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ("", "halls/2"),
        ("halls", "halls/2"),
        ("h-1", "halls/h-1"),
        ("halls/h-1", "halls/h-1"),
        (" h 1 ", "halls/ h 1 "),
        ("x" * 200, "halls/" + "x" * 200),
    ],
)
def test_a_new_part_may_be_named_by_its_key_or_its_path(clock: Rulebook, part: str, path: str) -> None:
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"halls": [{}]}, at=DAY)
        session.post("site", "hall_added", at=DAY, part=part)
        assert list(session.at().record("site")[0].parts["halls"]) == ["1", path.partition("/")[2]]
        assert session.verify() == []


@pytest.mark.parametrize(
    ("part", "key"),
    [("halls/1", "1"), ("halls/1/tanks", "1"), ("halls/1/t-1", "t-1"), ("halls/1/tanks/t-1", "t-1"), ("halls/1/tanks/1", "1")],
)
def test_a_new_part_of_a_part_too(clock: Rulebook, part: str, key: str) -> None:
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"halls": [{"tanks": []}]}, at=DAY)
        (change,) = session.post("site", "tank_added", at=DAY, part=part)
        assert change.part == f"halls/1/tanks/{key}"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (" ", "no key of a part: give a text of 1 to 200 characters without `/`"),
        ("halls/", "no key of a part"),
        ("x" * 201, "`xxx.*…` is no key of a part: give a text of 1 to 200"),
        ("\0", "no key of a part"),
        ("1", "`halls` already holds a part `1`; give another key"),
        ("halls/1", "already holds a part `1`"),
        ("a/b", "no part `a/b` in this subject; did you mean `halls/1`"),
        ("hals/h-1", "no part `hals/h-1` in this subject"),
        (None, "`null` is no path of a part: give a text such as"),
        (3, "`3` is no path of a part"),
    ],
)
def test_what_names_no_new_part_is_said(clock: Rulebook, part: Any, words: str) -> None:
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"halls": [{}]}, at=DAY)
        with pytest.raises((SessionError, LookupFailedError), match=words):
            session.post("site", "hall_added", at=DAY, part=part)
        assert session._store.last_seq() == 1


def test_an_event_on_a_part_needs_one(clock: Rulebook) -> None:
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"halls": [{}]}, at=DAY)
        with pytest.raises(SessionError, match=r"happens to a `hall`, not to a `site`; name the part .* here: halls/1"):
            session.post("site", "tank_added", at=DAY)


def test_the_key_of_a_single_part_may_be_left_out(clock: Rulebook) -> None:
    for part in ("kitchen", "kitchen/1"):
        with clock.session("sqlite://") as session:
            session.put("site", "site", {"kitchen": {"clean": False}}, at=DAY)
            assert told(session.retract("site", "clean", at=DAY, part=part)) == ["2021-12-02 00:00 site kitchen/1: ended p.dirty"]


def test_what_an_event_sets_reads_as_if_a_person_had_told_it(clock: Rulebook) -> None:
    with clock.session("sqlite://") as session:
        session.put("site", "site", {"halls": [{"tanks": []}]}, at=DAY)
        session.post("site", "tank_added", at=DAY, part="halls/1")
        (finding,) = session.at().classification("site").findings
        assert finding.reasons[0].text == "mass 1.5 kg < 2 kg"


LOAD = "      load: {type: number, unit: kg, label: {zh: 荷载, en: load}}\n"
USE = "use: {type: enum, of: {home: 住, shop: 店}"
RULE = "when: load > 100 kg and use == shop"
KEPT: dict[str, Any] = {"load": "1.5 t", "use": "shop", "kept": "2021-11-30", "halls": [{"alarm": False}]}


def kept_under(folder: Path, book: Rulebook) -> Path:
    """A store with one site, in a place of its own."""
    with book.session(folder / "x.db") as session:
        session.put("site", "site", KEPT, at=DAY, jurisdiction="XX-N")
    return folder / "x.db"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([(LOAD, ""), (RULE, "when: use == shop")], "site.load: known 1 times, and this rulebook does not have it"),
        ([(LOAD, LOAD.replace("unit: kg", "unit: m")), (RULE, "when: load > 100 m")], "site.load: .* of another type"),
        ([(LOAD, LOAD.replace("number, unit: kg", "bool")), (RULE, "when: load")], "site.load: .* of another type"),
        (
            [(LOAD, LOAD.replace("unit: kg", "unit: kg, maximum: 1000"))],
            "site.load: .* a value that this rulebook does not allow",
        ),
        ([(LOAD, LOAD.replace("number, unit: kg", "integer")), (RULE, "when: load > 3")], "site.load: .* of another type"),
        ([(USE, USE.replace("shop: 店", "store: 店")), (RULE, "when: use == store")], "site.use: .* does not allow"),
        ([("XX-N: {within", "XX-M: {within")], "XX-N: the place of 1 subjects, and this rulebook does not have it"),
        (
            [
                ("      halls: {of: hall, label: {zh: 厅, en: halls}}\n", ""),
                ("  hall_added: {label: {zh: 加厅, en: hall added}, on: site, adds: halls}\n", ""),
            ],
            "site.halls: known 1 times, and this rulebook does not have it",
        ),
    ],
)
def test_a_rulebook_that_cannot_hold_what_is_known_must_be_told_to_forget_it(
    clock: Rulebook, tmp_path: Path, edits: list[tuple[str, str]], words: str
) -> None:
    """Until then nothing changes; afterwards it is unknown, everything else is kept, and the log follows."""
    store = kept_under(tmp_path, clock)
    other = clocked(tmp_path / "other", *edits)
    with pytest.raises(SessionError, match=words) as raised:
        other.session(store, adopt=True)
    assert 'with `adopt="forget"`' in str(raised.value)
    with clock.session(store) as session:
        assert session.at().record("site")[1] == "XX-N"
        assert session.verify() == []
        before = session.at().facts("site")
    with other.session(store, adopt="forget") as session:
        facts = session.at().facts("site")
        assert facts == {name: value for name, value in before.items() if name in facts}
        assert session.at(DAY).facts("site") == facts
        assert session.verify() == []
        session.put("site", "site", {"kept": "2021-12-01"}, at=DAY)
        session.advance(date(2023, 1, 1))
        assert session.verify() == []
    with clock.session(store, adopt=True) as session:  # and back: what was forgotten stays so
        assert session.verify() == []
        assert session.at().facts("site").keys() == facts.keys()


def test_a_unit_of_another_size_is_converted(clock: Rulebook, tmp_path: Path) -> None:
    """Exactly, in the past too; and the answer does not change."""
    store = kept_under(tmp_path, clock)
    with clock.session(store) as session:
        session.put("site", "site", {"load": 1}, at=date(2021, 12, 3))
        session.put("site", "site", {"load": "1501 kg"}, at=date(2021, 12, 4))
        held = session.at().open("site")
    tonnes = clocked(tmp_path / "tonnes", (LOAD, LOAD.replace("kg", "t")))
    with tonnes.session(store, adopt=True) as session:
        assert session.at().record("site")[0].facts["load"] == (Fraction(1501, 1000), "1.501 t")
        assert [session.at(date(2021, 12, day)).facts("site")["load"] for day in (2, 3)] == [Fraction(3, 2), Fraction(1, 1000)]
        assert session.at().open("site") == held
        assert session.verify() == []


def test_a_kind_of_subject_that_is_gone(clock: Rulebook, tmp_path: Path) -> None:
    """Its subjects go, and their findings end."""
    with clock.session(tmp_path / "x.db") as session:
        session.put("site", "site", {"kept": "2021-11-30"}, at=DAY)
        session.put("galley", "kitchen", {"clean": False}, at=DAY)
        session.retract("galley", "clean", at=DAY)
        session.put("galley", "kitchen", {"clean": False}, at=DAY)
    other = clocked(
        tmp_path / "other",
        ("      kitchen: {of: kitchen, one: true, label: {zh: 厨房, en: kitchen}}\n", ""),
        ("  - subject: kitchen\n", "  - subject: canteen\n"),
        ("on: kitchen", "on: canteen"),
    )
    with pytest.raises(SessionError, match="kitchen: known 1 times, and this rulebook does not have it"):
        other.session(tmp_path / "x.db", adopt=True)
    with other.session(tmp_path / "x.db", adopt="forget") as session:
        assert told(list(session.changes("galley")))[-1] == "2021-12-02 00:00 galley: ended p.dirty"
        assert list(session.subjects()) == ["site"]
        assert session.verify() == []
        session.put("galley", "canteen", {"clean": False}, at=DAY)
        assert session.verify() == []


def test_events_that_are_gone_have_happened_all_the_same(clock: Rulebook, tmp_path: Path) -> None:
    with clock.session(tmp_path / "x.db") as session:
        session.put("site", "site", {"halls": []}, at=DAY)
        session.post("site", "hall_added", {"alarm": False}, at=DAY, part="h-1")
    other = clocked(tmp_path / "other", ("  hall_added: {label: {zh: 加厅, en: hall added}, on: site, adds: halls}\n", ""))
    with other.session(tmp_path / "x.db", adopt=True) as session:
        assert list(session.at().open("site")) == [("halls/h-1", "p.silent")]
        assert session.verify() == []
        with pytest.raises(LookupFailedError, match="no event `hall_added` in this rulebook; did you mean `tank_added`"):
            session.post("site", "hall_added", at=DAY)
