"""What runners are told: in order, each once, behind a cursor that outlives the monitor."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from reactor.core.decisions import Why
from reactor.core.notes import Cause, Ended
from reactor.journal.news import LATEST, Page, UnknownCursor, read_news
from tests.journal.build import came_of, decide, run_of, running


def read(path: Path, since: str = "", limit: int = 100, *, later: float = 0.0) -> Page:
    return read_news(path, since, limit, time.time() + later)


async def told(path: Path, *numbers: int) -> None:
    """Some decisions that came off, each with its exit, by a monitor of its own."""
    async with running(path) as journal:
        for n in numbers:
            decision = decide(n)
            await journal.intend(decision, 0.0)
            journal.ended(Ended(0.0, run_of(n), f"c{n}", Cause.REACTOR, 137))
            journal.conclude(came_of(decision))
            journal.conclude(came_of(decision))


async def test_each_is_told_once_in_order_also_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await told(path, 1, 2)
    first = read(path)
    await told(path, 3)
    assert [each.name for each in first.news] == ["c1", "c2"]
    assert [each.name for each in read(path, first.cursor).news] == ["c3"]
    assert [each.name for each in read(path, first.news[0].cursor, 1).news] == ["c2"]
    assert first.news[0].exit_code == 137
    assert first.news[0].ended_by == "reactor"
    assert first.news[0].root == first.news[0].id
    assert read(path, LATEST).news == ()
    assert read(path, read(path).cursor).news == ()


async def test_an_end_waits_for_its_exit_code_and_what_follows_waits_in_line(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with running(path) as journal:
        for n in (1, 2):
            await journal.intend(decide(n), 0.0)
            journal.conclude(came_of(decide(n)))
        journal.ended(Ended(0.0, run_of(2), "c2", Cause.REACTOR, 137))
        await journal.wait_written()
        assert read(path).news == (), "the first has no exit code yet"
        late = read(path, later=3.0)
        assert [(each.name, each.exit_code) for each in late.news] == [("c1", None), ("c2", 137)]
        journal.ended(Ended(0.0, run_of(1), "c1", Cause.REACTOR, 137))
        await journal.wait_written()
        assert [(each.name, each.exit_code) for each in read(path).news] == [("c1", 137), ("c2", 137)]


async def test_what_is_not_over_is_no_news_and_another_outcome_is(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with running(path) as journal:
        decision = decide(1)
        await journal.intend(decision, 0.0)
        journal.conclude(came_of(decision, final=False, why=Why.WEDGED))
        await journal.wait_written()
        assert read(path, later=3.0).news == ()
        journal.conclude(came_of(decision))
        await journal.wait_written()
        [once] = read(path, later=3.0).news
        await journal.intend(decision, 0.0)
        journal.conclude(came_of(decision, why=Why.GONE))
        await journal.wait_written()
        assert [each.why for each in read(path, once.cursor, later=3.0).news] == ["gone"]


async def test_a_cursor_that_is_worth_nothing_is_refused_with_one_that_is(tmp_path: Path) -> None:
    path, other = tmp_path / "j.db", tmp_path / "other.db"
    await told(path, 1, 2, 3)
    await told(other, 1, 2, 3)
    cursors = [each.cursor for each in read(path).news]
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM news WHERE cursor <= 2")
    for bad in (cursors[0], read(other).cursor, "rubbish", cursors[2][:9] + "99", "0" * 8 + "-1"):
        with pytest.raises(UnknownCursor) as refused:
            read(path, bad)
        assert [each.name for each in read(path, refused.value.oldest).news] == ["c3"]
    assert [each.name for each in read(path, cursors[1]).news] == ["c3"], (
        "nothing was deleted behind this one"
    )
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM news")
    assert read(path, cursors[2]).news == ()
    with pytest.raises(UnknownCursor):
        read(path, cursors[1])


async def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    await told(path, 1)
    last = read(path).cursor
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM news")
    await told(path, 2)
    assert [each.name for each in read(path, last).news] == ["c2"]


async def test_only_the_oldest_expire_whatever_the_clock_did(tmp_path: Path) -> None:
    """A clock that was set back must not tear a hole that nobody notices."""
    path, day = tmp_path / "j.db", 86400.0
    now = [1000 * day]
    for n, wall in enumerate((1000 * day, 900 * day, 1000 * day), start=1):
        now[0] = wall
        async with running(path, wall=lambda: now[0], keep_days=1000) as journal:
            await journal.intend(decide(n), 0.0)
            journal.conclude(came_of(decide(n)))
    async with running(path, wall=lambda: 1000 * day, keep_days=30):
        pass
    with closing(sqlite3.connect(path)) as file:
        assert [row[0] for row in file.execute("SELECT cursor FROM news")] == [1, 2, 3]
    async with running(path, wall=lambda: 1010 * day, keep_days=30) as journal:
        await journal.intend(decide(9), 0.0)
        journal.conclude(came_of(decide(9)))
    async with running(path, wall=lambda: 1035 * day, keep_days=30) as journal:
        journal.conclude(came_of(decide(10)))
    async with running(path, wall=lambda: 1035 * day, keep_days=30):
        pass
    with closing(sqlite3.connect(path)) as file:
        assert [row[0] for row in file.execute("SELECT cursor FROM news")] == [4, 5]
