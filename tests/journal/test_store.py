"""The file: whose it is, which version it has, what happens when it is damaged or old."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.core.orders import Hold, Orders, Silence
from reactor.core.ports import Anchor
from reactor.core.protection import Standing
from reactor.journal import schema, store
from reactor.journal.errors import JournalInUse, JournalTooNew, NotAJournal
from reactor.journal.journal import Journal
from reactor.journal.rows import Row
from reactor.journal.store import Store

from .build import box, cid, decide, end, eventually, rows, run_of, running

DAY = 86_400.0


def spoil(path: Path, damage: str) -> bytes:
    """Damage a file at rest, and return what it holds now."""
    content = path.read_bytes()
    spoiled = {
        "header": b"\xff" * 4096 + content[4096:],
        "middle": content[:4096] + b"\x5a" * (len(content) - 4096),
        "not a database": b"hello " * 3000,
    }[damage]
    path.write_bytes(spoiled)
    return spoiled


def overwrite(path: Path, start: int) -> None:
    """Damage a file in use, in place."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * (size - start))


async def must_refuse(path: Path) -> None:
    """Start a journal that cannot start."""
    with trio.fail_after(5):
        await Journal(path).run()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


async def test_a_second_reactor_on_the_same_journal_is_refused(path: Path) -> None:
    async with running(path, container="ab" * 32):
        with pytest.raises(JournalInUse, match=f"pid {os.getpid()}, container abababababab") as refused:
            await must_refuse(path)
        assert refused.value.pid == os.getpid()
    async with running(path) as journal:
        assert journal.statistics().healthy


async def test_a_stale_lock_file_stops_nobody(path: Path) -> None:
    path.with_name("reactor.db.lock").write_text('{"pid": 1, "container": ""}')
    async with running(path) as journal:
        assert await journal.intend(decide(1), 0.0)


def test_an_unreadable_note_still_gives_a_sentence(path: Path) -> None:
    holder = Store(path, wall=lambda: 0.0)
    holder.open()
    path.with_name("reactor.db.lock").write_text("gibberish")
    with pytest.raises(JournalInUse, match="pid unknown"):
        Store(path, wall=lambda: 0.0).open()
    holder.close()


async def test_a_journal_of_a_newer_reactor_is_left_alone(path: Path) -> None:
    async with running(path):
        pass
    rows(path, f"PRAGMA user_version = {schema.VERSION + 1}")
    with pytest.raises(JournalTooNew, match="newer reactor"):
        await must_refuse(path)


async def test_a_database_of_something_else_is_left_alone(path: Path) -> None:
    rows(path, "CREATE TABLE photographs (id)")
    with pytest.raises(NotAJournal, match="name another file"):
        await must_refuse(path)
    assert rows(path, "SELECT name FROM sqlite_schema") == [("photographs",)]


def test_a_commit_makes_no_checkpoint_and_no_more_statements_than_it_takes(path: Path) -> None:
    """A checkpoint costs more than everything else, and every statement a change of threads."""
    row = Row("INSERT INTO boots (boot_id, wall) VALUES (?, ?)", ("b", 1.0))
    said: list[str] = []
    store = Store(path, wall=lambda: 0.0)
    store.open()
    assert store._connection is not None
    assert store._connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    store._connection.set_trace_callback(said.append)
    store.write([])
    store.write([row])
    store.close()
    assert said == ["BEGIN IMMEDIATE", "COMMIT", "INSERT INTO boots (boot_id, wall) VALUES ('b', 1.0)"]


async def test_the_file_says_what_it_is(path: Path) -> None:
    async with running(path):
        assert rows(path, "PRAGMA journal_mode") == [("wal",)]
    assert rows(path, "PRAGMA user_version") == [(schema.VERSION,)]
    assert rows(path, "PRAGMA application_id") == [(schema.APPLICATION,)]


async def test_a_journal_of_an_older_reactor_is_brought_to_the_present(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds stays, an intent that was open among it; what it could not know is empty."""
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
        older.setattr(schema, "VERSION", 2)
        connection = sqlite3.connect(path, isolation_level=None)
        schema.prepare(connection, path)
        connection.execute(
            "INSERT INTO intents (id, container, started_at, name, action, rule, reason, cause, grace,"
            " dry_run, wall, boot_id, boot, held) VALUES ('a', ?, ?, 'c1', 'kill', 'safety/pids',"
            " 'pids 231 > 200', '', 0, 0, 1, '', 1, 0)",
            (run_of(1).id, run_of(1).started_at),
        )
        connection.close()
    assert rows(path, "PRAGMA user_version") == [(2,)]
    async with running(path) as journal:
        (left,) = journal.open_intents()
        assert (left.run, left.reason, left.summary) == (run_of(1), "pids 231 > 200", "")
        assert await journal.intend(replace(decide(2), summary="231 processes"), 0.0)
    assert rows(path, "PRAGMA user_version") == [(schema.VERSION,)]
    assert rows(path, "SELECT name, summary FROM intents") == [("c1", ""), ("c2", "231 processes")]
    async with running(path) as journal:
        assert [each.summary for each in journal.open_intents()] == ["", "231 processes"]


def test_a_migration_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    schema.prepare(connection, path)
    broken = (*schema.MIGRATIONS, "ALTER TABLE runs ADD COLUMN more TEXT; CREATE TABLE runs (again);")
    before = schema.VERSION
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    monkeypatch.setattr(schema, "VERSION", before + 1)
    with pytest.raises(sqlite3.OperationalError):
        schema.prepare(connection, path)
    connection.close()
    assert rows(path, "PRAGMA user_version") == [(before,)]
    assert "more" not in [column[1] for column in rows(path, "PRAGMA table_info(runs)")]


async def test_a_file_from_before_levels_keeps_its_intents_and_takes_new_ones(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    monkeypatch.setattr(schema, "VERSION", 2)
    monkeypatch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:2])
    schema.prepare(connection, path)
    connection.execute(
        "INSERT INTO intents (id, container, started_at, name, action, rule, reason, cause, grace, dry_run,"
        " wall, boot_id, boot, held)"
        " VALUES ('old', ?, 's', 'c1', 'kill', 'g/r', 'why', '', 0, 0, 1, 'b', 1, 0)",
        (cid(1),),
    )
    connection.close()
    monkeypatch.undo()
    async with running(path) as journal:
        await journal.intend(replace(decide(2), level="soft"), 0.0)
    async with running(path) as journal:
        assert [(each.run.id, each.level) for each in journal.open_intents()] == [
            (cid(1), ""),
            (cid(2), "soft"),
        ]


@pytest.mark.parametrize("damage", ["header", "middle", "not a database"])
async def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(
    path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(path) as journal:
        for n in range(200):
            journal.adopt(box(n), Standing.MAIN, frozenset(), "t")
    spoiled = spoil(path, damage)
    async with running(path, wall=lambda: 0.0) as journal:
        assert await journal.intend(decide(1), 0.0)
        assert journal.statistics().healthy
    assert (path.parent / "reactor.db.broken-19700101T000000").read_bytes() == spoiled
    assert "moved aside" in caplog.text
    assert rows(path, "SELECT count(*) FROM intents") == [(1,)]


@pytest.mark.parametrize("start", [0, 4096])
async def test_a_file_damaged_under_way_is_replaced_and_the_known_runs_are_kept(
    path: Path, start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that is too large to be read through when it is opened again."""
    monkeypatch.setattr(store, "CHECKED_BELOW", 0)
    async with running(path) as journal:
        journal.adopt(box(1), Standing.MAIN, frozenset(), "t1")
        journal.keep(run_of(1), Anchor("boot", 5.0))
        for n in range(2, 300):
            end(journal, n)
        await journal.wait_written()
        await eventually(lambda: rows(path, "PRAGMA wal_checkpoint(TRUNCATE)") == [(0, 0, 0)])
        overwrite(path, start)
        for n in range(1000, 3000):
            end(journal, n)
        await eventually(lambda: any(path.parent.glob("*.broken-*")))
        await journal.wait_written()
        assert journal.statistics().healthy
        assert journal.statistics().failures == 1
    assert rows(path, "SELECT name, task, born FROM runs WHERE over = 0") == [("c1", "t1", 5.0)]
    assert rows(path, "SELECT max(container) FROM exits") == [(cid(2999),)]


async def test_a_large_file_whose_damage_shows_at_the_first_reading_is_replaced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "CHECKED_BELOW", 0)
    async with running(path) as journal:
        for n in range(200):
            journal.adopt(box(n), Standing.MAIN, frozenset(), "t")
    # The file says of itself what there is; what is damaged is the first page that is read of it.
    ((page,),) = rows(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'runs'")
    with path.open("r+b") as file:
        file.seek((int(page) - 1) * 4096)
        file.write(b"\x5a" * 4096)
    async with running(path) as journal:
        assert not journal.statistics().healthy
        assert await journal.intend(decide(1), 0.0)
        assert journal.statistics().healthy
    assert any(path.parent.glob("*.broken-*"))
    assert rows(path, "SELECT count(*) FROM intents") == [(1,)]


async def test_a_file_that_is_taken_away_is_begun_anew(path: Path) -> None:
    """SQLite would go on writing into the removed file, and nobody would ever know."""
    async with running(path) as journal:
        journal.adopt(box(1), Standing.MAIN, frozenset(), "t1")
        await journal.wait_written()
        for file in path.parent.iterdir():
            file.unlink()
        await journal.intend(decide(1), 0.0)
        with trio.fail_after(5):
            await journal.wait_written()
        assert journal.statistics().failures == 1
        assert rows(path, "SELECT task FROM runs") == [("t1",)]
        assert rows(path, "SELECT count(*) FROM intents") == [(1,)]
        with pytest.raises(JournalInUse):
            await must_refuse(path)


async def test_orders_stand_until_they_are_over_and_in_a_file_begun_anew(path: Path) -> None:
    """What was lifted, or is over, is on record and does not stand."""
    async with running(path, wall=lambda: 1000.0, boot_id="one") as journal:
        now = trio.current_time()
        journal.order(Hold("h1", now, "ada", "a look"))
        journal.order(Silence("s1", now, now + 100, "ada", "a build", run_of(1).id, "c1"))
        journal.order(Silence("s2", now, now + 10, "ada", "short", rule="g/r"))
        journal.order(Silence("s3", now, now + 100, "ada", "lifted", rule="g/r"))
        journal.lift("s3", "kim")
        await journal.wait_written()
        for file in path.parent.iterdir():
            file.unlink()
        await journal.intend(decide(1), 0.0)
        with trio.fail_after(5):
            await journal.wait_written()
    async with running(path, wall=lambda: 1050.0, boot_id="two") as journal:
        now, orders = trio.current_time(), journal.orders()
        assert orders.hold is not None
        assert (orders.hold.id, orders.hold.until) == ("h1", None)
        assert orders.hold.since == pytest.approx(now - 50, abs=5)
        assert [(each.id, each.container, each.name) for each in orders.silences] == [
            ("s1", run_of(1).id, "c1")
        ]
        assert orders.silences[0].until == pytest.approx(now + 50, abs=5)
        journal.lift("h1", "kim")
    assert rows(path, "SELECT id, lifted_by FROM orders WHERE lifted IS NOT NULL") == [("h1", "kim")]
    async with running(path, wall=lambda: 1150.0, boot_id="two") as journal:
        assert journal.orders() == Orders()


async def test_old_rows_go_and_runs_under_way_stay(path: Path) -> None:
    """A container that has run for two months keeps its anchor."""
    async with running(path, wall=lambda: 0.0) as journal:
        journal.keep(run_of(1), Anchor("boot", 5.0))
        for n in range(10, 1310):
            journal.adopt(box(n), Standing.MAIN, frozenset(), "t")
            end(journal, n)
        await journal.intend(decide(1), 0.0)
    async with running(path, wall=lambda: 40 * DAY, keep_days=60) as journal:
        end(journal, 2)
        await journal.intend(decide(2), 0.0)
    async with running(path, wall=lambda: 40 * DAY, keep_days=30) as journal:
        await eventually(lambda: rows(path, "SELECT count(*) FROM exits") == [(1,)])
        assert await journal.intend(decide(3), 0.0)
    assert rows(path, "SELECT container, over FROM runs") == [(run_of(1).id, 0)]
    assert rows(path, "SELECT container FROM intents ORDER BY 1") == [(run_of(2).id,), (run_of(3).id,)]


async def test_a_clock_that_jumped_ahead_costs_no_history(path: Path) -> None:
    async with running(path, wall=lambda: 0.0) as journal:
        end(journal, 1)
    async with running(path, wall=lambda: 9000 * DAY) as journal:
        await trio.sleep(0.05)
        assert journal.statistics().healthy
    assert rows(path, "SELECT count(*) FROM exits") == [(1,)]
