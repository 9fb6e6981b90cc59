"""Checkpoints: what is in the log comes into the file, beside everything else."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
import trio

from reactor.journal import checkpoints
from reactor.journal.store import Store

from .build import decide, end, eventually, rows, running

WITHOUT_LOG = "SELECT count(*) FROM exits"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


def carried_over(path: Path) -> int:
    """How many ends are in the file itself, the log before it left out."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as connection:
        try:
            found: int = connection.execute(WITHOUT_LOG).fetchone()[0]
        except sqlite3.Error:
            return 0  # It is being carried over at this moment, or nothing ever was.
        return found


async def test_what_was_written_comes_into_the_file_after_so_many_rows(path: Path) -> None:
    async with running(path) as journal:
        for n in range(10):
            end(journal, n)
        await journal.wait_written()
        assert carried_over(path) == 0
        for n in range(checkpoints.AFTER):
            end(journal, n)
        # An end is two rows: so many ends are enough for two turns.
        await eventually(lambda: carried_over(path) >= checkpoints.AFTER // 2)
    assert rows(path, WITHOUT_LOG) == [(checkpoints.AFTER,)]


async def test_one_that_takes_its_time_keeps_nobody_waiting(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, goes_on, checkpoint = threading.Event(), threading.Event(), Store.checkpoint

    def stands_still(store: Store) -> None:
        began.set()
        goes_on.wait(20)
        checkpoint(store)

    monkeypatch.setattr(Store, "checkpoint", stands_still)
    async with running(path) as journal:
        for n in range(checkpoints.AFTER):
            end(journal, n)
        await eventually(began.is_set)
        assert await journal.intend(decide(1), trio.current_time())
        end(journal, checkpoints.AFTER)
        await journal.wait_written()
        goes_on.set()
        await eventually(lambda: carried_over(path) > 0)


async def test_one_that_fails_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails, checkpoint, tried = [True], Store.checkpoint, []

    def breaks(store: Store) -> None:
        tried.append(store)
        if fails:
            fails.clear()
            raise sqlite3.OperationalError("disk I/O error")
        checkpoint(store)

    monkeypatch.setattr(Store, "checkpoint", breaks)
    monkeypatch.setattr(checkpoints, "_AGAIN_AFTER", 0.01)
    async with running(path) as journal:
        for n in range(checkpoints.AFTER):
            end(journal, n)
        await eventually(lambda: carried_over(path) > 0)
        assert len(tried) >= 2
        assert journal.statistics().failures == 0
