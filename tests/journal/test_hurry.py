"""An intent that somebody waits for before it is on the disk: written, so that it outlives its writer."""

import os
import sys
import threading
from collections.abc import Awaitable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from .build import decide, eventually, rows, running

DIES = """
import os, sys
from pathlib import Path
import trio
from tests.journal.build import decide, running

def never(_descriptor):
    os._exit(3)

async def main(path):
    async with running(path) as journal:
        await journal.intend(decide(1), trio.current_time(), lambda: None)

os.fdatasync = never
trio.run(main, Path(sys.argv[1]))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


async def test_it_is_written_when_it_is_said_to_be_and_synced_after_that(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    sync = os.fdatasync

    def synced(descriptor: int) -> None:
        assert os.readlink(f"/proc/self/fd/{descriptor}") == f"{path}-wal"
        said.append("synced")
        sync(descriptor)

    def written() -> None:
        assert rows(path, "SELECT id FROM intents") == [(decide(1).id,)]
        said.append("written")

    monkeypatch.setattr(os, "fdatasync", synced)
    async with running(path) as journal:
        assert await journal.intend(decide(1), trio.current_time(), written)
        said.append("told")
        assert await journal.intend(decide(2), trio.current_time())
    assert said == ["written", "synced", "told", "synced"]


async def test_whoever_dies_between_the_two_has_left_it(path: Path) -> None:
    died = await trio.run_process([sys.executable, "-c", DIES, str(path)], check=False)
    assert died.returncode == 3
    async with running(path) as journal:
        assert [intent.id for intent in journal.open_intents()] == [decide(1).id]


async def test_a_disk_that_fails_at_the_sync_is_told_and_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    sync, fails = os.fdatasync, [True]

    def synced(descriptor: int) -> None:
        if fails and fails.pop():
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", synced)
    async with running(path) as journal:
        assert not await journal.intend(decide(1), trio.current_time(), lambda: said.append("written"))
        assert said == ["written"]
        assert journal.statistics().failures == 1
        await journal.wait_written()
    assert rows(path, "SELECT id FROM intents") == [(decide(1).id,)]


async def test_a_sync_that_takes_its_time_keeps_no_other_from_being_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that hurries nor one that does not: a victim would gain the time that the disk takes."""
    goes_on, sync = threading.Event(), os.fdatasync

    def stands_still(descriptor: int) -> None:
        goes_on.wait(20)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", stands_still)
    async with running(path) as journal, trio.open_nursery() as nursery:
        for number in range(1, 5):
            written, hurries = trio.Event(), number != 1
            waiting = journal.intend(decide(number), trio.current_time(), written.set if hurries else None)
            nursery.start_soon(keep_told, told := list[bool](), waiting)
            if hurries:
                with trio.fail_after(5):
                    await written.wait()
                assert not told
                assert (decide(number).id,) in rows(path, "SELECT id FROM intents")
        goes_on.set()
    assert told == [True]


def remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink()


async def keep_told(told: list[bool], waiting: Awaitable[bool]) -> None:
    told.append(await waiting)


async def test_what_was_not_synced_goes_into_the_file_that_takes_its_place(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, goes_on, sync = threading.Event(), threading.Event(), os.fdatasync

    def stands_still(descriptor: int) -> None:
        begun.set()
        goes_on.wait(20)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", stands_still)
    async with running(path) as journal, trio.open_nursery() as nursery:
        nursery.start_soon(keep_told, [], journal.intend(decide(1), trio.current_time(), lambda: None))
        await eventually(begun.is_set)
        remove(path)
        nursery.start_soon(keep_told, [], journal.intend(decide(2), trio.current_time()))
        await eventually(lambda: len(journal._writer._syncer) == 2)
        goes_on.set()
        await journal.wait_written()
    assert {*rows(path, "SELECT id FROM intents")} == {(decide(1).id,), (decide(2).id,)}


async def test_a_disk_that_never_syncs_is_tried_with_pauses_and_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    fails, sync = [True], os.fdatasync

    def synced(descriptor: int) -> None:
        if fails:
            raise OSError(5, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", synced)
    async with running(path, inline=True, patience=0.1) as journal:
        assert not await journal.intend(decide(1), trio.current_time())
        await trio.sleep(100)
        assert 20 < journal.statistics().failures < 40
        assert not journal.statistics().healthy
        fails.clear()
        assert await journal.intend(decide(2), trio.current_time())
        assert journal.statistics().healthy
    assert {*rows(path, "SELECT id FROM intents")} == {(decide(1).id,), (decide(2).id,)}


async def test_it_stands_in_line_from_the_moment_of_the_call(path: Path) -> None:
    """What the same step has written down comes after it, whoever of the tasks is first."""
    async with running(path) as journal:
        waiting = journal.intend(decide(1), trio.current_time(), lambda: None)
        assert journal.statistics().queued == 1
        assert await waiting
