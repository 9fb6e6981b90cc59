"""An intent that somebody waits for before it is on the disk: written, so that it outlives its writer."""

import os
import sys
from pathlib import Path

import pytest
import trio

from .build import decide, rows, running

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
    assert said == ["written", "synced", "told"], "who does not hurry has it in one step"


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


async def test_it_stands_in_line_from_the_moment_of_the_call(path: Path) -> None:
    """What the same step has written down comes after it, whoever of the tasks is first."""
    async with running(path) as journal:
        waiting = journal.intend(decide(1), trio.current_time(), lambda: None)
        assert journal.statistics().queued == 1
        assert await waiting
