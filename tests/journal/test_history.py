"""What can be read back: while somebody writes it and while nobody does, and with whatever is in the file."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.app.certificate_page import page
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.evidence import Evidence, Process
from reactor.core.grounds import Grounds
from reactor.core.notes import Cause
from reactor.core.protection import Standing
from reactor.journal import history as past
from reactor.journal import schema
from reactor.journal.certificates import read_certificate
from reactor.journal.errors import (
    JournalError,
    JournalTooNew,
    JournalTooOld,
    JournalUnreadable,
    NoJournal,
    NotAJournal,
)
from reactor.journal.history import read_history

from .build import box, came_of, change, cid, decide, end, running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


class Clock:
    """A wall clock that goes on by a second with every look."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


async def fill(path: Path) -> None:
    """One that was killed, one that ended by itself, one that was only talked about, one that is open."""
    async with running(path, wall=Clock(), boot_id="b") as journal:
        for n in range(1, 5):
            journal.adopt(box(n), Standing.MAIN, frozenset(), "")
        killed = decide(1, at=trio.current_time())
        await journal.intend(killed, killed.at)
        end(journal, 1, code=137, cause=Cause.REACTOR)
        journal.conclude(came_of(killed))
        end(journal, 2, code=3)
        said = replace(decide(3, at=trio.current_time(), dry_run=True), id="d" * 16)
        journal.conclude(Outcome(said, said.at, Result.REFUSED, Why.DRY_RUN))
        end(journal, 3, code=0)
        left = decide(4, at=trio.current_time())
        await journal.intend(left, left.at)
        await journal.wait_written()


async def test_each_end_and_each_decision_has_a_line_and_the_newest_is_last(path: Path) -> None:
    await fill(path)
    lines = read_history(path)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    found = {(line.name, line.rule, line.action, line.result, line.exit_code, line.cause) for line in lines}
    assert found == {
        ("c1", "safety/pids", "kill", "done", 137, "reactor"),
        ("c2", "", "", "", 3, "itself"),
        ("c3", "safety/pids", "kill", "refused", 0, "itself"),
        ("c3", "", "", "", 0, "itself"),
        ("c4", "safety/pids", "kill", "open", None, ""),
    }
    assert len(lines) == 5
    assert [line.certificate for line in lines if line.name == "c1"] == [decide(1).id]


async def test_history_is_cut_by_time_by_container_and_by_number(path: Path) -> None:
    await fill(path)
    lines = read_history(path)
    assert read_history(path, limit=2) == lines[-2:]
    assert read_history(path, since=lines[2].at) == lines[2:]
    assert {line.name for line in read_history(path, container="c2")} == {"c2"}
    assert {line.name for line in read_history(path, container=cid(1))} == {"c1"}
    assert len(read_history(path, container="0" * 60)) == 5
    assert read_history(path, container="c") == ()
    assert read_history(path, container="%' OR 1=1 --") == ()


async def test_reading_neither_waits_for_the_writer_nor_keeps_it_waiting(path: Path) -> None:
    async with running(path) as journal:
        for n in range(1, 4):
            end(journal, n)
        await journal.wait_written()
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert len(read_history(path)) == 3
            writer.execute("ROLLBACK")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM exits").fetchone()
            assert await journal.intend(decide(9, at=trio.current_time()), trio.current_time())
    assert len(read_history(path)) == 4
    assert not path.with_name(path.name + "-wal").exists(), "whoever only reads leaves nothing behind"


async def test_a_journal_whose_monitor_was_killed_is_read_with_what_only_its_log_holds(
    path: Path, tmp_path: Path
) -> None:
    async with running(path) as journal:
        end(journal, 1)
        await journal.wait_written()
        copy = tmp_path / "copy.db"
        for suffix in ("", "-wal"):
            copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    assert len(read_history(copy)) == 1


def _foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mine (x)")


def _future(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        schema.prepare(connection, path)
        connection.execute("PRAGMA user_version = 99")


def _past(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        schema.prepare(connection, path)
        connection.execute("PRAGMA user_version = 1")


def _broken(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        schema.prepare(connection, path)
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\x5a" * (len(content) - 4096))


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda _: None, NoJournal, "no such file"),
        (lambda path: path.mkdir(), NoJournal, "is a directory"),
        (lambda path: path.write_text("hello " * 1000), NotAJournal, "name another file"),
        (lambda path: path.write_text(""), NotAJournal, "name another file"),
        (_foreign, NotAJournal, "name another file"),
        (_future, JournalTooNew, "version 99"),
        (_past, JournalTooOld, "a monitor brings it up to date"),
        (_broken, JournalUnreadable, "malformed"),
    ],
)
def test_what_cannot_be_read_is_named(path: Path, make: object, error: type[JournalError], says: str) -> None:
    make(path)  # type: ignore[operator]  # One of the functions above.
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(error, match=says):
        read_history(path)
    assert (path.read_bytes() if path.is_file() else b"") == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE intents SET wall = 'soon', held = x'ff', name = 7, rule = x'fffe', calls = '[[1], 2'",
        'UPDATE intents SET calls = \'[["kill", "now", 1, 204, ""], ["kill", 1, 1, 204, ""], 7]\'',
        "UPDATE intents SET calls = '{}', boot = 'x', took = 'x', boot_id = 7, times = 'many', final = 'x'",
        "UPDATE intents SET finished = 1e300, took = 9e999, held = -9e999",
        "UPDATE intents SET cause = id",
        "UPDATE exits SET exit_code = 'nine', cause = 9, boot = 'x', died = 'x', ended = 'never'",
        "UPDATE certificates SET grounds = '[1, 2', log = '7', processes = '[]'",
        'UPDATE certificates SET grounds = \'{"samples": [[0], ["x", 1, 2, 3], [0, "a", [], {}]]}\'',
        'UPDATE certificates SET processes = \'{"processes": [[1, 2, 3], [4], 5], "at": "x"}\'',
        'UPDATE certificates SET log = \'{"text": 5, "missing": 6, "at": []}\'',
        "DELETE FROM certificates",
    ],
)
async def test_rows_that_were_edited_are_read_as_far_as_they_make_sense(path: Path, statement: str) -> None:
    await fill(path)
    async with running(path) as journal:
        journal.certify(Grounds(decide(1), "v", container=box(1)))
        journal.attach(decide(1), Evidence(0.0, 0.1, (Process(1, "sh", "sh -c x"),), log="line"))
        await journal.wait_written()
    change(path, statement)
    read_history(path)
    lines = list(page(read_certificate(path, decide(1).id)))
    assert max(map(len, lines)) <= 80


def test_no_question_goes_through_the_whole_file(path: Path) -> None:
    """With a million rows it would else take seconds."""
    with closing(sqlite3.connect(path)) as connection:
        schema.prepare(connection, path)
        wanted = {"since": float("-inf"), "limit": 50}
        for query in (past._DECISIONS, past._ENDS, past._ORDERED, past._LIFTED):
            plan = connection.execute("EXPLAIN QUERY PLAN " + query.format(chosen=""), wanted).fetchall()
            told = " | ".join(row[3] for row in plan)
            assert "USING INDEX" in told
            assert "TEMP B-TREE" not in told
            assert not any(row[3].startswith("SCAN") and "INDEX" not in row[3] for row in plan), told
        for query, values in ((past._CALLED, {"name": "c"}), (past._BEGUN, {"begin": "a", "end": "ag"})):
            plan = connection.execute("EXPLAIN QUERY PLAN " + query, values).fetchall()
            assert not any(row[3].startswith("SCAN") for row in plan), plan


async def test_an_older_journal_keeps_its_history(path: Path) -> None:
    """Its exits get the moments by which they are read, from the engine's words where there are any."""
    with closing(sqlite3.connect(path)) as connection:
        for number, script in enumerate(schema.MIGRATIONS[:2], start=1):
            schema._migrate(connection, number, script)
        for n, finished in enumerate(("2026-01-01T00:00:10.5Z", "", "rubbish")):
            values = (f"{n:064x}", "s", 1, "itself", 0, finished, 1_800_000_000.0 + n)
            connection.execute("INSERT INTO exits VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        connection.commit()
    with pytest.raises(JournalTooOld):
        read_history(path)
    async with running(path):
        pass
    assert [line.at for line in read_history(path)] == pytest.approx(
        [1767225610.5, 1_800_000_001, 1_800_000_002]
    )


async def test_nobody_else_may_read_a_journal(path: Path) -> None:
    """The last lines of somebody's output are in it."""
    async with running(path) as journal:
        end(journal, 1)
        await journal.wait_written()
        modes = {
            each.stat().st_mode & 0o007
            for each in path.parent.glob("reactor.db*")
            if ".lock" not in each.name
        }
        assert modes == {0}


async def test_a_journal_that_others_could_read_is_closed_to_them_and_not_to_its_group(path: Path) -> None:
    async with running(path):
        pass
    os.chmod(path, 0o644)  # The file is made ready for the test; nothing waits for it.
    async with running(path):
        assert os.stat(path).st_mode & 0o777 == 0o640  # As above.
