"""A disk that is slow, full or closed to us, and a monitor that is killed while it writes."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.core.orders import Hold
from reactor.journal import writer
from reactor.journal.journal import PATIENCE
from reactor.journal.store import Opened, Store

from .build import decide, end, rows, running

ROOT = Path(__file__).parents[2]


def elsewhere(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.journal.elsewhere", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)


def told_by(*words: str) -> dict[str, Any]:
    with elsewhere(*words) as process:
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    seen: dict[str, Any] = json.loads(told)
    return seen


@pytest.mark.parametrize("after", [1, 50, 333])
def test_a_monitor_killed_while_writing_leaves_every_confirmed_intent(tmp_path: Path, after: int) -> None:
    path = tmp_path / "reactor.db"
    with elsewhere("confirm", str(path)) as process:
        assert process.stdout is not None
        confirmed = [process.stdout.readline().strip() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        confirmed += [line.strip() for line in process.stdout if line.endswith("\n")]
    found = {row[0] for row in rows(path, "SELECT id FROM intents")}
    assert len(confirmed) >= after
    assert set(confirmed) <= found
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


async def test_the_next_monitor_finds_what_the_killed_one_intended(tmp_path: Path) -> None:
    path = tmp_path / "reactor.db"
    process = elsewhere("confirm", str(path))
    assert process.stdout is not None
    confirmed = {process.stdout.readline().strip() for _ in range(20)}
    process.kill()
    process.communicate()
    async with running(path) as journal:
        assert confirmed <= {decision.id for decision in journal.open_intents()}


async def test_a_stalled_disk_holds_an_intent_for_a_tenth_of_a_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mock_clock: MockClock
) -> None:
    """By a clock that is slow, so that a busy machine may keep us waiting for two seconds more.

    Not so slow that SQLite, which waits for the lock by its own clock, would give up before.
    """
    mock_clock.rate = 0.125
    path = tmp_path / "reactor.db"
    async with running(path, patience=PATIENCE) as journal:
        # Whoever holds the file locked keeps our commit waiting, as a saturated disk does.
        blocker = sqlite3.connect(path, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        began = trio.current_time()
        assert not await journal.intend(decide(1), began)
        assert 0.1 <= trio.current_time() - began < 0.4
        assert journal.statistics().late == 1
        assert "not on the disk in time" in caplog.text
        blocker.execute("ROLLBACK")
        blocker.close()
        mock_clock.rate = 1.0
        await journal.intend(decide(2), began)
        await journal.wait_written()
    assert rows(path, "SELECT count(*) FROM intents") == [(2,)]


async def test_a_stalled_disk_does_not_keep_the_monitor_from_ending(tmp_path: Path) -> None:
    path = tmp_path / "reactor.db"
    blocker = sqlite3.connect(path, isolation_level=None)
    with trio.fail_after(8):
        async with running(path, last_words=writer.LAST_WORDS) as journal:
            blocker.execute("BEGIN IMMEDIATE")
            end(journal, 1)
            await trio.sleep(0.05)
    blocker.close()


def test_a_full_disk_is_shouted_about_and_written_to_when_there_is_room(tmp_path: Path) -> None:
    path = tmp_path / "reactor.db"
    seen = told_by("full", str(path))
    assert seen == {"said": [False, True], "stuck": [False, True, 2000], "healthy": True}
    assert rows(path, "SELECT count(*) FROM intents") == [(2,)]
    # What was dropped was the oldest; an exit is two rows, and the intent took the place of one.
    assert rows(path, "SELECT count(*) FROM exits")[0][0] in {999, 1000}
    assert rows(path, "SELECT max(container) FROM exits") == [(f"{4999:064x}",)]


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that another user may read and not write."""
    folder = Path(tempfile.mkdtemp(prefix="journal-"))
    folder.chmod(0o755 if os.getuid() == 0 else 0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_closed_folder_stops_nothing(closed: Path) -> None:
    assert told_by("denied", str(closed / "reactor.db")) == {"said": [False, True], "healthy": False}
    assert list(closed.iterdir()) == []


def test_what_was_ordered_holds_on_a_disk_that_takes_nothing_more(closed: Path) -> None:
    path = closed / "reactor.db"

    async def order() -> None:
        async with running(path) as journal:
            journal.order(Hold("h", trio.current_time(), "ada", "a look"))
            assert await journal.kept()

    closed.chmod(0o755)
    trio.run(order)
    path.chmod(0o644 if os.getuid() == 0 else 0o444)
    closed.chmod(0o755 if os.getuid() == 0 else 0o555)
    assert told_by("held", str(path)) == {"hold": "h", "healthy": False}


async def test_a_disk_that_stalls_at_the_start_keeps_nobody_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was ordered before is known as soon as it goes on, and everything gets written."""
    path = tmp_path / "reactor.db"
    async with running(path) as journal:
        journal.order(Hold("h", trio.current_time(), "ada", "a look"))
        assert await journal.kept()
    goes_on, opens = threading.Event(), Store.open

    def stall(store: Store) -> Opened:
        goes_on.wait(20)
        return opens(store)

    monkeypatch.setattr(Store, "open", stall)
    monkeypatch.setattr(writer, "START_PATIENCE", 0.2)
    with trio.fail_after(15):
        async with running(path, patience=0.1) as journal:
            assert not await journal.intend(decide(1), trio.current_time())
            assert not journal.is_recalled
            assert not journal.statistics().healthy
            goes_on.set()
            await journal.wait_recalled()
            await journal.wait_written()
            assert journal.statistics().healthy
            assert journal.orders().hold is not None
    assert rows(path, "SELECT count(*) FROM intents") == [(1,)]


async def test_an_intent_is_worth_a_try_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    """After failures the pauses grow, and yet a disk that works again is found by the next intent."""
    (tmp_path / "file").touch()
    async with running(tmp_path / "file" / "reactor.db", inline=True) as journal:
        end(journal, 1)
        await trio.sleep(100)
        # One at the start; then after 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3 and every further 5 s.
        assert journal.statistics().failures == 26
        (tmp_path / "file").unlink()
        assert await journal.intend(decide(1), trio.current_time())
        assert journal.statistics().healthy


async def test_a_path_that_cannot_be_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with running(tmp_path / "file" / "reactor.db") as journal:
        assert not await journal.intend(decide(1), 0.0)
        assert not journal.statistics().healthy
        assert journal.open_intents() == ()
