"""Slips: an intent outlives its writer at once, whatever the disk does, and is entered exactly once."""

import errno
import fcntl
import logging
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import trio

from reactor.journal import slips
from reactor.journal.intents import enter, intend, slipped
from reactor.journal.lock import lock_path
from reactor.journal.rows import Moment, Value
from reactor.journal.slips import Slip
from reactor.journal.store import Store

from .build import came_of, decide, eventually, rows, running

NOW = Moment(10.0, 1000.0, "boot", 500.0)
ROWS = "SELECT id, times, final FROM intents ORDER BY rowid"
DIES = """
import os, signal, sys
from pathlib import Path
import trio
from reactor.journal.store import Store
from tests.journal.build import came_of, decide, running

def die():
    os.kill(os.getpid(), signal.SIGKILL)

async def main(path, where):
    write, rows = Store.write, []
    def written(self, rows):
        if where == "before the row":
            die()
        write(self, rows)
        if where == "before it is wiped":
            die()
    Store.write = written
    async with running(path, slips=path.parent) as journal:
        await journal.intend(decide(1), trio.current_time(), die if where == "at once" else lambda: None)

trio.run(main, Path(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reactor.db"


def slip_of(path: Path) -> Path:
    """The only slip beside this journal."""
    (found,) = (path.parent / f"reactor-{os.geteuid()}").iterdir()
    return found


def opened(path: Path) -> tuple[Slip, list[Value]]:
    """A slip of a journal that nobody has open, and the ids of what was left on it."""
    lock_path(path).touch()
    slip = Slip(path.parent, path)
    left = [row.values[0] for row in slip.open()]
    assert slip.is_open
    return slip, left


def leave(slip: Slip) -> None:
    """As whoever is killed leaves it: the kernel closes the file."""
    os.close(slip._file)


class Stalled:
    """A disk that stands still until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.goes_on = threading.Event()
        write = Store.write

        def stands_still(store: Store, rows: "list[object]") -> None:
            self.goes_on.wait(20)
            write(store, rows)  # type: ignore[arg-type]  # handed on as it came

        monkeypatch.setattr(Store, "write", stands_still)


async def test_whoever_hurries_is_told_at_once_while_the_disk_stands_still(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once; the row follows, and the slip is wiped then, and gone with a good end."""
    disk, said = Stalled(monkeypatch), list[str]()
    async with running(path, slips=path.parent) as journal:
        waiting = journal.intend(decide(1), trio.current_time(), lambda: said.append("written"))
        assert said == ["written"]
        assert slip_of(path).stat().st_size > 0
        assert slip_of(path).stat().st_mode & 0o7777 == 0o600
        assert slip_of(path).parent.stat().st_mode & 0o7777 == 0o700
        disk.goes_on.set()
        assert await waiting
        assert slip_of(path).stat().st_size == 0
    assert (said, rows(path, ROWS)) == (["written"], [(decide(1).id, 1, 0)])
    assert not list(slip_of_folder(path).iterdir())


def slip_of_folder(path: Path) -> Path:
    return path.parent / f"reactor-{os.geteuid()}"


async def test_who_does_not_hurry_is_on_no_slip(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Stalled(monkeypatch)
    async with running(path, slips=path.parent) as journal:
        waiting = journal.intend(decide(1), trio.current_time())
        assert slip_of(path).stat().st_size == 0
        disk.goes_on.set()
        assert await waiting


@pytest.mark.parametrize("where", ["at once", "before the row", "before it is wiped"])
async def test_wherever_it_is_killed_the_next_one_knows_of_it_once(path: Path, where: str) -> None:
    command = [sys.executable, "-c", DIES, str(path), where]
    died = await trio.run_process(command, check=False, stderr=subprocess.DEVNULL)
    assert died.returncode == -signal.SIGKILL
    assert slip_of(path).stat().st_size > 0
    async with running(path, slips=path.parent) as journal:
        assert [intent.id for intent in journal.open_intents()] == [decide(1).id]
        assert (rows(path, ROWS), slip_of(path).stat().st_size) == ([(decide(1).id, 1, 0)], 0)
        journal.conclude(came_of(decide(1)))
        await journal.wait_written()
    async with running(path, slips=path.parent) as journal:
        assert journal.open_intents() == ()


async def test_what_has_come_to_its_end_is_not_begun_again(path: Path) -> None:
    """Killed after the outcome, before the slip was wiped: there is nothing left to do."""
    async with running(path, slips=path.parent) as journal:
        await journal.intend(decide(1), trio.current_time(), lambda: None)
        journal.conclude(came_of(decide(1)))
        await journal.wait_written()
    ((boot, boot_id, wall),) = rows(path, "SELECT boot, boot_id, wall FROM intents")
    slip, _ = opened(path)
    moment = Moment(0.0, wall, boot_id, boot)
    assert slip.put(intend(decide(1), moment))
    leave(slip)
    async with running(path, slips=path.parent) as journal:
        assert journal.open_intents() == ()
    assert rows(path, ROWS) == [(decide(1).id, 1, 1)]


async def test_the_same_decided_anew_is_open_again(path: Path) -> None:
    """After a restart a decision may have the same id as one that came to its end: it is another intent."""
    async with running(path, slips=path.parent) as journal:
        await journal.intend(decide(1), trio.current_time(), lambda: None)
        journal.conclude(came_of(decide(1)))
        await journal.wait_written()
    ((boot, boot_id, wall),) = rows(path, "SELECT boot, boot_id, wall FROM intents")
    slip, _ = opened(path)
    assert slip.put(intend(decide(1), Moment(0.0, wall + 60, boot_id, boot + 60)))
    leave(slip)
    async with running(path, slips=path.parent) as journal:
        assert [intent.id for intent in journal.open_intents()] == [decide(1).id]
    assert rows(path, ROWS) == [(decide(1).id, 2, 0)]


async def test_a_disk_that_takes_nothing_hides_nothing_that_was_left(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may lie frozen for it. It is written down as soon as that can be."""
    async with running(path):
        pass
    slip, _ = opened(path)
    assert slip.put(intend(decide(1), NOW))
    leave(slip)
    full, write = [True], Store.write

    def takes_nothing(store: Store, rows: "list[object]") -> None:
        if full:
            raise sqlite3.OperationalError("database or disk is full")
        write(store, rows)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(Store, "write", takes_nothing)
    async with running(path, slips=path.parent) as journal:
        (intent,) = journal.open_intents()
        assert (intent.id, intent.run) == (decide(1).id, decide(1).run)
        assert slip_of(path).stat().st_size > 0
        full.clear()
        await eventually(lambda: slip_of(path).stat().st_size == 0)
    assert rows(path, ROWS) == [(decide(1).id, 1, 0)]


def test_a_torn_record_hides_only_itself(path: Path) -> None:
    """Cut off after every byte: what is whole is read, and what follows then can be read again."""
    slip, left = opened(path)
    assert left == []
    ends = []
    for number in (1, 2):
        assert slip.put(intend(decide(number), NOW))
        ends.append(slip_of(path).stat().st_size)
    leave(slip)
    whole = slip_of(path).read_bytes()
    for cut in (*range(0, ends[0], 37), ends[0] - 1, *range(ends[0], ends[1], 37), ends[1]):
        slip_of(path).write_bytes(whole[:cut])
        slip, left = opened(path)
        assert left == [decide(number).id for number, end in zip((1, 2), ends, strict=True) if end <= cut]
        assert slip.put(intend(decide(3), NOW))
        leave(slip)
        slip, again = opened(path)
        assert again == [*left, decide(3).id]
        leave(slip)


def test_one_that_was_edited_is_no_intent() -> None:
    for wrong in (
        {"container": "web"},
        {"action": "explode"},
        {"id": 7},
        {"id": ""},
        {"boot": "soon"},
        {"name": ["c"]},
        {"reason": None},
    ):
        body = slipped(intend(decide(1), NOW)) | wrong
        assert enter(body) is None
    assert enter({}) is None
    written = slipped(intend(decide(1), NOW))
    del written["level"]
    made = enter(written | {"of a later version": 1})
    assert made is not None
    assert made.values[-2] == ""


def test_it_is_had_by_one_only_and_others_have_their_own(path: Path) -> None:
    slip, _ = opened(path)
    second = Slip(path.parent, path)
    assert (second.open(), second.is_open, second.put(intend(decide(1), NOW))) == ((), False, False)
    other, _ = opened(path.with_name("other.db"))
    assert other.is_open
    slip.close()
    other.close()
    assert (second.open(), second.is_open) == ((), True)
    second.close()
    assert not list(slip_of_folder(path).iterdir())


@pytest.mark.parametrize("wrong", ["open to others", "a link", "missing"])
def test_a_folder_that_may_be_anybodys_is_not_used(path: Path, wrong: str) -> None:
    """Whoever could write there could have containers ended."""
    lock_path(path).touch()
    folder = slip_of_folder(path)
    if wrong == "open to others":
        folder.mkdir()
        folder.chmod(0o777)
    elif wrong == "a link":
        (path.parent / "elsewhere").mkdir(0o700)
        folder.symlink_to(path.parent / "elsewhere")
    slip = Slip(path.parent if wrong != "missing" else path.parent / "nowhere", path)
    assert (slip.open(), slip.is_open) == ((), False)


def test_one_that_takes_no_more_says_so_and_keeps_what_it_has(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slip, _ = opened(path)
    assert slip.put(intend(decide(1), NOW))
    write = os.write

    def torn(descriptor: int, text: bytes) -> int:
        return write(descriptor, text[:20])

    def full(descriptor: int, text: bytes) -> int:
        raise OSError(errno.ENOSPC, "no space")

    for trouble in (torn, full):
        monkeypatch.setattr(os, "write", trouble)
        assert not slip.put(intend(decide(2), NOW))
        monkeypatch.undo()
    monkeypatch.setattr(slips, "MOST", slip_of(path).stat().st_size)
    assert not slip.put(intend(decide(2), NOW))
    monkeypatch.undo()
    assert slip.put(intend(decide(3), NOW))
    leave(slip)
    assert opened(path)[1] == [decide(1).id, decide(3).id]


async def test_without_one_the_journal_is_waited_for(path: Path) -> None:
    slip_of_folder(path).mkdir()
    slip_of_folder(path).chmod(0o777)
    said: list[str] = []
    async with running(path, slips=path.parent) as journal:
        waiting = journal.intend(decide(1), trio.current_time(), lambda: said.append("written"))
        assert said == []
        assert await waiting
        assert said == ["written"]


def test_empty_slips_of_those_who_never_come_back_are_taken_away(tmp_path: Path) -> None:
    """None that is in use, none with something on it, nothing that is no slip; and no link is followed."""
    path = tmp_path / "reactor.db"
    lock_path(path).touch()
    folder = slip_of_folder(path)
    folder.mkdir(0o700)
    empty, used, full, link, odd = (folder / f"{digit * 32}.slip" for digit in "abcd0")
    for each in (empty, used, folder / "notes.txt", folder / f"{'e' * 31}.slip"):
        each.touch()
    full.write_bytes(b"x")
    (tmp_path / "elsewhere").touch()
    link.symlink_to(tmp_path / "elsewhere")
    odd.mkdir()
    with used.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        slip, _ = opened(path)
        left = {each.name for each in folder.iterdir()}
        assert slip.place is not None
        assert empty.name not in left
        assert left == {
            slip.place.name,
            used.name,
            full.name,
            link.name,
            odd.name,
            "notes.txt",
            f"{'e' * 31}.slip",
        }
        slip.close()
    again, _ = opened(path)
    assert not used.exists()
    assert full.read_bytes() == b"x"
    again.close()


def test_whoever_comes_while_a_slip_is_taken_away_gets_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was opened already when another took it for left behind: that is waited for, and it is made anew."""
    path = tmp_path / "reactor.db"
    slip, _ = opened(path)
    place = slip.place
    assert place is not None
    leave(slip)
    with place.open("rb") as sweeper:
        fcntl.flock(sweeper, fcntl.LOCK_EX)

        def goes(_: float) -> None:
            place.unlink()
            fcntl.flock(sweeper, fcntl.LOCK_UN)

        monkeypatch.setattr("reactor.journal.slipfiles.time.sleep", goes)
        mine, _ = opened(path)
    assert mine.is_open
    assert place.exists()
    mine.close()


async def test_the_log_says_where_the_slip_is_or_why_there_is_none(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, whatever becomes of the journal later."""
    caplog.set_level(logging.INFO)
    async with running(path, slips=path.parent):
        (said,) = [each for each in caplog.records if "slip" in each.message]
        assert said.__dict__["slip"] == slip_of(path)
    caplog.clear()
    slip_of_folder(path).chmod(0o755)
    async with running(path, slips=path.parent):
        (why,) = [each.__dict__["why"] for each in caplog.records if "there is no slip" in each.message]
        assert "is not ours alone" in why
