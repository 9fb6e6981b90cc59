"""Who is held, and what is done by it: on hosts of plain files, with real processes where one is held."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from reactor.cgroups.beginnings import TICK, now
from reactor.containment import handles
from reactor.containment import keeping as keeping_room
from reactor.containment.handles import Handle, open_handle
from reactor.containment.keeping import AT_ONCE, FROZEN, NOT_HELD, Keeper
from reactor.containment.proving import was_there
from reactor.containment.thawing import thaw_left
from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.ports import Contained, EngineUnreachable, NoSuchContainer
from tests.cgroups.build import FakeHost, HostV1, HostV2, run_of

FILES = {"cgroup.kill": "", "cgroup.freeze": "0\n", "cgroup.procs": ""}
RUN, NEXT = run_of(1), run_of(1, 7)
NOBODYS = 1 << 30
"""A number that no process has on any host: a real one is not to be held by chance."""
HOSTS = pytest.mark.parametrize("kind", [HostV1, HostV2])


def tree(host: FakeHost) -> str:
    """The tree of version 2."""
    return "unified" if isinstance(host, HostV1) else "tree"


def path(run: Run) -> str:
    """Where a container lies in it."""
    return f"/docker/{run.id}"


def place(host: FakeHost, run: Run = RUN, pid: int = NOBODYS) -> Container:
    """A container with all that a kernel has for its cgroup."""
    assert isinstance(host, HostV1 | HostV2)
    host.container(path(run), pid)
    host.write(f"{tree(host)}{path(run)}", FILES)
    return Container(run, "c", "i", State.RUNNING, pid=pid)


def read(host: FakeHost, name: str, run: Run = RUN, folder: str = "") -> str:
    """What stands in a file of it."""
    return (host.path / (folder or tree(host)) / path(run).strip("/") / name).read_text().strip()


class Answers:
    """An engine that is asked for containers."""

    def __init__(self, *containers: Container) -> None:
        self.known = {each.id: each for each in containers}
        self.fails = self.asked = 0
        self.hangs: set[ContainerId] = set()

    async def inspect(self, container: ContainerId) -> Container:
        await trio.lowlevel.checkpoint()
        self.asked += 1
        if container in self.hangs:
            await trio.sleep_forever()
        if self.fails:
            self.fails -= 1
            raise EngineUnreachable("it is away")
        if container not in self.known:
            raise NoSuchContainer("gone")
        return self.known[container]


@asynccontextmanager
async def keeping(
    host: FakeHost, *wanted: Container, answers: Answers | None = None
) -> AsyncIterator[Keeper]:
    """A keeper that has been told of these, and has had its time; nothing of it is open afterwards."""
    before = len(os.listdir("/proc/self/fd"))
    keeper = Keeper(host.trees(), (answers or Answers(*wanted)).inspect, proc=host.proc)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        keeper.want({each.run: each for each in wanted})
        await trio.testing.wait_all_tasks_blocked()
        yield keeper
        nursery.cancel_scope.cancel()
    assert len(os.listdir("/proc/self/fd")) == before


@contextmanager
def process() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that does nothing."""
    started = subprocess.Popen([sys.executable, "-ISc", "import time; time.sleep(1000)"])
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def first(host: FakeHost, container: Container, numbers: str) -> None:
    """Say what the kernel says of its process."""
    (host.proc / str(container.pid) / "status").write_text(f"Name:\tx\nNSpid:\t{numbers}\n")


@HOSTS
async def test_it_is_ended_by_its_cgroup_and_its_neighbour_is_not(
    kind: type[FakeHost], tmp_path: Path
) -> None:
    host = kind(tmp_path)
    one, near = place(host), place(host, run_of(2), 4243)
    async with keeping(host, one, near) as keeper:
        assert keeper.statistics().held == 2
        assert keeper.contain(RUN, one) == Contained("cgroup.kill", ended=True)
        assert (read(host, "cgroup.kill"), read(host, "cgroup.kill", near.run)) == ("1", "")


@HOSTS
async def test_with_a_policy_it_is_frozen_and_thawed(kind: type[FakeHost], tmp_path: Path) -> None:
    host = kind(tmp_path)
    one = replace(place(host), restart_policy="always")
    async with keeping(host, one) as keeper:
        assert keeper.contain(RUN, one) == Contained("cgroup.freeze", frozen=True)
        assert (read(host, "cgroup.freeze"), read(host, "cgroup.kill")) == ("1", "")
        assert keeper.thaw(RUN) == ""
        assert read(host, "cgroup.freeze") == "0"
        assert keeper.thaw(RUN) == "", "again does no harm"


async def test_a_second_rule_does_not_freeze_it_in_another_way(tmp_path: Path) -> None:
    """It would be thawed once, and stand still by the other one for ever."""
    host = HostV1(tmp_path)
    one = replace(place(host), restart_policy="always")
    host.write(f"freezer{path(RUN)}", {"freezer.state": "THAWED\n"})
    async with keeping(host, one) as keeper:
        assert keeper.contain(RUN, one).frozen
        assert keeper.contain(RUN, one) == Contained(why=FROZEN)
        assert keeper.thaw(RUN) == ""
        found = read(host, "cgroup.freeze"), read(host, "freezer.state", folder="freezer")
        assert found == ("0", "THAWED")
        assert keeper.contain(RUN, one).frozen, "that was then"


async def test_a_policy_that_was_given_later_counts(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    one = place(host)
    async with keeping(host, one) as keeper:
        assert keeper.contain(RUN, replace(one, restart_policy="on-failure")).frozen


@pytest.mark.parametrize("how", ["forgotten", "cancelled"])
async def test_nothing_stays_frozen(how: str, tmp_path: Path) -> None:
    """Neither when it is not wanted any more, nor when the keeper ends."""
    host = HostV1(tmp_path)
    one = replace(place(host), restart_policy="always")
    async with keeping(host, one) as keeper:
        assert keeper.contain(RUN, one).frozen
        if how == "forgotten":
            keeper.want({})
            assert read(host, "cgroup.freeze") == "0"
            assert keeper.contain(RUN, one).why == NOT_HELD
    assert read(host, "cgroup.freeze") == "0"


async def test_the_freezer_of_version_1_is_used_where_there_is_no_other(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    one = replace(place(host), restart_policy="always")
    (tmp_path / "unified" / path(RUN).strip("/") / "cgroup.freeze").unlink()
    async with keeping(host, one) as keeper:
        assert keeper.contain(RUN, one).how == "freezer"
        assert read(host, "freezer.state", folder="freezer") == "FROZEN"
        assert keeper.thaw(RUN) == ""
        assert read(host, "freezer.state", folder="freezer") == "THAWED"


@HOSTS
async def test_who_is_frozen_by_others_is_not_touched(kind: type[FakeHost], tmp_path: Path) -> None:
    host = kind(tmp_path)
    one = replace(place(host), restart_policy="always")
    host.write(f"{tree(host)}{path(RUN)}", {"cgroup.freeze": "1\n"})
    host.write(f"freezer{path(RUN)}", {"freezer.state": "FROZEN\n"})
    async with keeping(host, one) as keeper:
        assert "somebody has frozen it already" in keeper.contain(RUN, one).why
    assert read(host, "cgroup.freeze") == "1"


async def test_other_cgroups_below_its_own_are_spared(tmp_path: Path) -> None:
    """They may be another container's, by its ``--cgroup-parent``."""
    host = HostV2(tmp_path)
    one = place(host)
    async with keeping(host, one) as keeper:
        host.write(f"tree{path(RUN)}/{run_of(3).id}", FILES)
        contained = keeper.contain(RUN, one)
        assert not contained.ended
        assert contained.why == "cgroup.kill: there are other cgroups below its own"
        assert not keeper.contain(RUN, replace(one, restart_policy="always")).frozen
    assert (read(host, "cgroup.kill"), read(host, "cgroup.freeze")) == ("", "0")


async def test_the_next_run_has_the_same_path_and_is_not_meant(tmp_path: Path) -> None:
    """What is held is the directory that was found, and not whatever has its name by now."""
    host = HostV2(tmp_path)
    one = place(host)
    async with keeping(host, one) as keeper:
        folder = tmp_path / "tree" / path(RUN).strip("/")
        folder.rename(tmp_path / "gone")
        for left in (tmp_path / "gone").iterdir():
            left.unlink()
        place(host)
        contained = keeper.contain(RUN, one)
        assert (contained.ended, contained.why) == (False, "cgroup.kill: its cgroup is gone")
        assert keeper.contain(NEXT, replace(one, run=NEXT)).why == NOT_HELD
        assert keeper.contain(RUN, replace(one, run=NEXT)).why == NOT_HELD
        assert read(host, "cgroup.kill") == ""


def test_a_directory_that_came_in_between_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the path that was found, and is another one."""
    host = HostV2(tmp_path)
    one = place(host)
    home = host.found(RUN, one.pid)
    (tmp_path / "tree" / path(RUN).strip("/")).rename(tmp_path / "gone")
    place(host)
    monkeypatch.setattr(handles, "find", lambda *_, **__: home)
    handle = open_handle(host.trees(), one, host.proc)
    assert isinstance(handle, Handle)
    assert (handle.unified, handle.count) == (-1, 0)


@pytest.mark.parametrize(
    "now",
    [
        lambda one: replace(one, run=NEXT),
        lambda one: replace(one, pid=one.pid + 1),
    ],
    ids=["another run", "another process"],
)
async def test_the_engine_has_to_name_it_afterwards(now: "object", tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    one = place(host)
    assert callable(now)
    async with keeping(host, one, answers=Answers(now(one))) as keeper:
        assert keeper.statistics().held == 0
        assert keeper.contain(RUN, one).why == NOT_HELD


@contextmanager
def running(host: FakeHost, since: float | None = None) -> Iterator[Container]:
    """A container with a process that lives, and began so many seconds after boot; None for what it did."""
    with process() as one:
        container = replace(place(host, pid=one.pid), own_pids=True)
        first(host, container, f"{one.pid} 1")
        began = (Path("/proc") / str(one.pid) / "stat").read_text()
        if since is not None:
            name, _, rest = began.rpartition(")")
            words = rest.split()
            words[19] = str(round(since / TICK))
            began = f"{name}) {' '.join(words)}"
        (host.proc / str(one.pid) / "stat").write_text(began)
        yield container
        if one.poll() is None:
            one.kill()


async def test_who_was_there_before_the_engine_was_asked_of_him_needs_no_second_question(
    tmp_path: Path,
) -> None:
    """However long the engine would take to answer it: who storms at once is held at once."""
    host = HostV2(tmp_path)
    with running(host) as one:
        # Later than it is: the kernel tells by ticks.
        asked, answers = now() + 2 * TICK, Answers()
        keeper = Keeper(
            host.trees(),
            answers.inspect,
            named=lambda run, pid: asked if (run, pid) == (one.run, one.pid) else None,
            proc=host.proc,
        )
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keeper.run)
            keeper.want({one.run: one})
            await trio.testing.wait_all_tasks_blocked()
            assert (keeper.statistics().held, answers.asked) == (1, 0)
            assert keeper.contain(RUN, one) == Contained("cgroup.kill", ended=True)
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize("asked", [1000.0, 1000.0 + TICK / 2, None], ids=["after", "same tick", "not known"])
async def test_who_began_after_the_engine_was_asked_is_asked_about_again(
    asked: float | None, tmp_path: Path
) -> None:
    """Another process may have had the number when the engine spoke of it; here the engine says so."""
    host = HostV2(tmp_path)
    with running(host, since=1000.0) as one:
        answers = Answers(replace(one, run=NEXT))
        keeper = Keeper(host.trees(), answers.inspect, named=lambda _run, _pid: asked, proc=host.proc)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keeper.run)
            keeper.want({one.run: one})
            await trio.testing.wait_all_tasks_blocked()
            assert (keeper.statistics().held, answers.asked) == (0, 1)
            nursery.cancel_scope.cancel()


def test_who_ends_while_it_is_looked_at_is_no_proof(tmp_path: Path) -> None:
    """What is read by a number after its end may be another's."""
    host = HostV2(tmp_path)
    with running(host, since=1000.0) as one:
        handle = open_handle(host.trees(), one, host.proc)
        assert isinstance(handle, Handle)
        assert was_there(handle, one.pid, 1001.0, host.proc)
        assert not was_there(replace(handle, init=-1), one.pid, 1001.0, host.proc)
        os.kill(one.pid, signal.SIGKILL)
        select.select([handle.init], [], [], 10)
        assert not was_there(handle, one.pid, 1001.0, host.proc)
        handle.close()


async def test_an_engine_that_is_away_is_asked_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    host = HostV2(tmp_path)
    one = place(host)
    answers = Answers(one)
    answers.fails = 2
    async with keeping(host, one, answers=answers) as keeper:
        assert keeper.statistics().held == 0
        await trio.sleep(10)
        assert keeper.statistics().held == 1


async def test_without_its_process_nothing_is_held(tmp_path: Path) -> None:
    """Where its directory is, is not enough; nor is a process in another cgroup."""
    host = HostV2(tmp_path)
    one = place(host, pid=0)
    host.process(4242, f"0::{path(run_of(2))}\n")
    assert isinstance(open_handle(host.trees(), one, host.proc), str)
    assert isinstance(open_handle(host.trees(), replace(one, pid=4242), host.proc), str)
    assert isinstance(open_handle(host.trees(), replace(one, pid=4243), host.proc), str)


@pytest.mark.parametrize(
    ("own", "numbers", "held"),
    [(True, "4242 1", True), (False, "4242 1", False), (True, "4242 7", False), (True, "1", False)],
    ids=["its own first", "another's namespace", "not the first", "no namespace of its own"],
)
async def test_the_first_process_is_held_only_where_its_end_ends_nobody_else(
    own: bool, numbers: str, held: bool, tmp_path: Path
) -> None:
    host = HostV2(tmp_path)
    with process() as running:
        one = replace(place(host, pid=running.pid), own_pids=own)
        first(host, one, numbers)
        handle = open_handle(host.trees(), one, host.proc)
        assert isinstance(handle, Handle)
        assert handle.init >= 0
        assert handle.ends_all is held
        handle.close()


async def test_without_cgroup_kill_its_first_process_is_ended(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    with process() as running:
        one = replace(place(host, pid=running.pid), own_pids=True)
        first(host, one, f"{running.pid} 1")
        (tmp_path / "unified" / path(RUN).strip("/") / "cgroup.kill").unlink()
        async with keeping(host, one) as keeper:
            assert keeper.contain(RUN, one) == Contained("pidfd", ended=True)
            assert running.wait(10) == -signal.SIGKILL
            assert keeper.contain(RUN, one).why == "its first process is over"


async def test_it_is_waited_for_until_it_is_gone_also_if_it_is_let_go_of_meanwhile(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    with process() as running:
        one = replace(place(host, pid=running.pid), own_pids=True)
        first(host, one, f"{running.pid} 1")
        async with keeping(host, one) as keeper, trio.open_nursery() as nursery:
            over = trio.Event()

            async def wait() -> None:
                await keeper.wait_over(RUN)
                over.set()

            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            keeper.want({})
            assert not over.is_set()
            running.kill()
            with trio.fail_after(10):
                await over.wait()
            await keeper.wait_over(RUN)  # There is nothing to wait by any more.


async def test_there_are_never_more_descriptors_than_allowed(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    all_of_them = [place(host, run_of(n), NOBODYS + n) for n in range(9)]
    keeper = Keeper(host.trees(), Answers(*all_of_them).inspect, proc=host.proc, most=6)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        keeper.want({each.run: each for each in all_of_them})
        await trio.testing.wait_all_tasks_blocked()
        assert 1 <= keeper.statistics().held <= 6
        nursery.cancel_scope.cancel()


async def test_one_that_hangs_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """Whoever comes and goes meanwhile, its inspect is under way once."""
    host = HostV2(tmp_path)
    stuck, late = place(host), place(host, run_of(2), 4243)
    answers = Answers(stuck, late)
    answers.hangs.add(stuck.id)
    async with keeping(host, stuck, answers=answers) as keeper:
        for _ in range(AT_ONCE):
            keeper.want({stuck.run: stuck})
            await trio.testing.wait_all_tasks_blocked()
        keeper.want({stuck.run: stuck, late.run: late})
        await trio.testing.wait_all_tasks_blocked()
        assert keeper.contain(late.run, late).ended


async def test_who_found_no_room_is_held_when_there_is_some(tmp_path: Path) -> None:
    host = HostV2(tmp_path)
    first_one, second = place(host), place(host, run_of(2), 4243)
    keeper = Keeper(host.trees(), Answers(first_one, second).inspect, proc=host.proc, most=3)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        for wanted in ([first_one], [first_one, second], [second]):
            keeper.want({each.run: each for each in wanted})
            await trio.testing.wait_all_tasks_blocked()
        assert keeper.contain(second.run, second).ended
        nursery.cancel_scope.cancel()


async def test_of_whom_nothing_can_be_opened_is_not_held_and_tried_again(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process may have run out of descriptors for a moment."""
    host = HostV2(tmp_path)
    one = place(host)
    none_left = [True]
    opened = handles.open_handle

    def open_one(*given: Any) -> Handle | str:
        return Handle(RUN) if none_left else opened(*given)

    monkeypatch.setattr(keeping_room, "open_handle", open_one)
    async with keeping(host, one) as keeper:
        assert keeper.statistics().held == 0
        none_left.clear()
        await trio.sleep(10)
        assert keeper.contain(RUN, one).ended


@pytest.mark.parametrize("policy", ["", "always"])
async def test_what_outlived_its_first_process_is_not_touched(policy: str, tmp_path: Path) -> None:
    """Who is in its cgroup by then may be the next run: a directory that cannot be removed is used again."""
    host = HostV2(tmp_path)
    with process() as running:
        one = replace(place(host, pid=running.pid), restart_policy=policy)
        async with keeping(host, one) as keeper:
            running.kill()
            running.wait()
            assert "its first process is over" in keeper.contain(RUN, one).why
    assert (read(host, "cgroup.kill"), read(host, "cgroup.freeze")) == ("", "0")


async def test_without_a_record_it_is_not_frozen(tmp_path: Path) -> None:
    """If we died then, nobody would know that it is to be thawed; an end needs no thaw."""
    host = HostV2(tmp_path)
    one = place(host)
    async with keeping(host, one) as keeper:
        policed = replace(one, restart_policy="always")
        assert not keeper.contain(RUN, policed, recorded=False).frozen
        assert read(host, "cgroup.freeze") == "0"
        assert keeper.contain(RUN, one, recorded=False).ended


@pytest.mark.parametrize(
    ("kind", "state", "thawed"),
    [
        (HostV1, State.RUNNING, True),
        (HostV1, State.PAUSED, True),
        (HostV2, State.RUNNING, True),
        (HostV2, State.PAUSED, False),
    ],
)
async def test_what_an_earlier_monitor_froze_is_thawed(
    kind: type[FakeHost], state: State, thawed: bool, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """On version 2 alone the engine freezes there, too, and says then that it is paused."""
    host = kind(tmp_path)
    one = replace(place(host), state=state)
    host.write(f"{tree(host)}{path(RUN)}", {"cgroup.freeze": "1\n"})
    answers = Answers(one)
    answers.fails = 1
    await thaw_left([RUN, run_of(9), NEXT], host.trees(), answers.inspect, lambda _: False, host.proc)
    assert read(host, "cgroup.freeze") == ("0" if thawed else "1")


async def test_a_pause_by_its_owner_is_left_alone(tmp_path: Path) -> None:
    host = HostV1(tmp_path)
    one = replace(place(host), state=State.PAUSED)
    host.write(f"freezer{path(RUN)}", {"freezer.state": "FROZEN\n"})
    await thaw_left([RUN], host.trees(), Answers(one).inspect, lambda _: False, host.proc)
    assert read(host, "freezer.state", folder="freezer") == "FROZEN"


async def test_what_this_monitor_froze_is_its_own_business(tmp_path: Path) -> None:
    """A look at what was left must not thaw what has been frozen anew in the meantime."""
    host = HostV2(tmp_path)
    one = place(host)
    host.write(f"tree{path(RUN)}", {"cgroup.freeze": "1\n"})
    await thaw_left([RUN], host.trees(), Answers(one).inspect, lambda run: run == RUN, host.proc)
    assert read(host, "cgroup.freeze") == "1"


async def test_while_there_is_nobody_to_be_held_nobody_wakes(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Four of them woke once a second, for nothing."""
    host = HostV2(tmp_path)
    one = place(host)
    answers = Answers(one)
    answers.fails = 1
    async with keeping(host, one, answers=answers) as keeper:
        await trio.sleep(2)
        assert keeper.statistics().held == 1, "while somebody is to be tried again it is"
        deadline = trio.lowlevel.current_statistics().seconds_to_next_deadline
        assert deadline > 3600
