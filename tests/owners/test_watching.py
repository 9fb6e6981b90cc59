"""The task that looks for everybody: who hangs holds up nobody else, and what is unknown is said once."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import pytest
import trio
from trio.testing import MockClock

from reactor.core.facts import Fact, OwnersSeen
from reactor.core.owners import Presence, read_owner
from reactor.core.ports import EngineInfo
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats, LookHangs
from reactor.owners.watching import OwnerWatch

from .inline import at_once
from .proc import BOOT, run, write_proc

T = TypeVar("T")
INFO = EngineInfo("e", "host", "20", "1.41", 0.0, 4096 * 1024, kernel="6.1", local=True)
TEXTS = ("lease:a", "lease:b", f"process:7@500@{BOOT}", f"process:8@500@{BOOT}", "file:x", "file:../x")


async def hangs(_: Callable[[], T], /) -> T:
    """A file system that does not answer."""
    await trio.sleep(1)
    raise LookHangs("a look at the files of heartbeats hangs")


def watched(proc: Path, heartbeats: Heartbeats | None) -> tuple[OwnerWatch, list[OwnersSeen]]:
    """A watch for all of them; the first of each kind is there."""
    run(write_proc(proc, INFO), 7, 500)
    seen: list[OwnersSeen] = []

    def feed(fact: Fact) -> None:
        assert isinstance(fact, OwnersSeen)
        seen.append(fact)

    book = LeaseBook(lambda _: None)
    book.open(trio.current_time())
    book.take("a", 600, "", trio.current_time())
    book.give_up("b", book.take("b", 600, "", trio.current_time()).kept.token, trio.current_time())
    owners = {text: read_owner(text) for text in TEXTS}
    watch = OwnerWatch(feed, lambda: owners, book, proc=proc, heartbeats=heartbeats)
    watch.connected(INFO)
    return watch, seen


@pytest.mark.parametrize("hanging", [True, False])
async def test_files_that_hang_are_unknown_and_hold_up_nobody_else(
    autojump_clock: MockClock, tmp_path: Path, caplog: pytest.LogCaptureFixture, *, hanging: bool
) -> None:
    (tmp_path / "x").touch()
    watch, seen = watched(tmp_path / "proc", Heartbeats(tmp_path, 20, hangs if hanging else at_once))
    with trio.move_on_after(60):
        await watch.run()
    assert {text: each for text, each in seen[-1].seen.items() if not text.startswith("file")} == {
        "lease:a": Presence.ALIVE,
        "lease:b": Presence.GONE,
        f"process:7@500@{BOOT}": Presence.ALIVE,
        f"process:8@500@{BOOT}": Presence.GONE,
    }
    assert seen[0].at <= 1
    assert max(after.at - before.at for before, after in pairwise(seen)) <= 13
    assert seen[-1].seen["file:x"] is (Presence.UNKNOWN if hanging else Presence.GONE)
    assert seen[-1].seen["file:../x"] is Presence.UNKNOWN
    said = [each for each in caplog.records if each.getMessage() == "an owner that is a file is unknown"]
    assert len(said) == int(hanging)


async def test_without_a_folder_files_are_unknown_and_that_is_told(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    watch, seen = watched(tmp_path / "proc", None)
    await watch.look()
    assert seen[0].seen["file:x"] is Presence.UNKNOWN
    assert seen[0].why["file:x"] == "the configuration names no folder of heartbeats"
