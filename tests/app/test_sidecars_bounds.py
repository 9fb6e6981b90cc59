"""What sidecars may not cost or reach: no hot loop, no folder outside, and little of a stranger's words."""

import logging
import os
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.sidecars.seeing import Sight
from reactor.app.sidecars.working import Work
from reactor.core.container import ContainerId, State
from reactor.core.ports import EngineUnreachable
from reactor.core.provisions import Task
from reactor.core.recipes import Bind, Folder, Template, plain_name
from reactor.testing.faults import Hang, Kind
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.provided import DB, life, main, named, provisions, setup, template


class Count:
    """How often something was made, and the calls of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made, make = 0, Work._make

        async def counted(work: Work, task: Task, template: Template) -> None:
            self.made += 1
            await make(work, task, template)

        monkeypatch.setattr(Work, "_make", counted)


async def test_a_main_that_is_being_ended_makes_no_hot_loop(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be ended for now, and a sidecar of its is to be had: nobody tries that all the time."""
    count = Count(monkeypatch)
    async with life(world, tmp_path, setup(provisions(template("gone", image="away:1")))) as monitor:
        box = main(world)
        await trio.sleep(5)
        for script in (monitor.watching.script, monitor.hands.script):
            script.always(Kind.KILL, Hang())
            script.always(Kind.STOP, Hang())
        before = count.made
        world.use(box, Usage(pids=250))
        await trio.sleep(20)
        assert box.state is State.RUNNING
        assert count.made - before <= 21


async def test_a_step_that_is_refused_leads_to_a_pause(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is planned: a moment later is soon enough, and then it is done at once."""
    count, refused = Count(monkeypatch), [True]
    may = Sight.may_act
    monkeypatch.setattr(Sight, "may_act", lambda sight: not refused and may(sight))
    async with life(world, tmp_path, setup(provisions(DB))) as monitor:
        main(world)
        await trio.sleep(10)
        assert 5 <= count.made <= 11
        refused.clear()
        await trio.sleep(5)
        assert monitor.states() == {"db": "ready"}


@pytest.mark.usefixtures("_folders_take_no_time")
async def test_a_bind_is_looked_at_again_before_each_start(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is a link by the time of the second try: it is never started, and an error on the task."""
    root, outside = tmp_path / "data", tmp_path / "etc"
    root.mkdir(mode=0o755)
    outside.mkdir()
    whose = Folder("pg", os.getuid(), os.getgid())
    bound = template("db", binds=(Bind("${REACTOR_DATA}/pg", "/pg"),), folders=(whose,))
    pg = root.resolve() / "tasks" / plain_name("t1") / "pg"
    async with life(world, tmp_path, setup(provisions(bound)), data=root) as monitor:
        tries: list[ContainerId] = []
        start = monitor.hands.start

        async def once(container: ContainerId) -> None:
            tries.append(container)
            if len(tries) > 1:
                return await start(container)
            pg.rename(pg.with_name("before"))
            pg.symlink_to(outside)
            raise EngineUnreachable("the engine is away for a moment")

        monkeypatch.setattr(monitor.hands, "start", once)
        main(world)
        await trio.sleep(20)
        assert pg.is_symlink()
        assert [box.state for box in named(world, "db") if box.state is not State.CREATED] == []
        assert len(tries) == 1
        assert monitor.told()["db"]["why"] in {"bind", "data"}


async def test_so_much_of_a_strangers_words_is_read_and_told(
    autojump_clock: MockClock, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The sixty-fourth is heard, the next is not; one line tells of those that nobody offers."""
    strange = ["\x1b[2J" + "x" * 5000, *(f"w{number}" for number in range(62))]
    async with life(world, tmp_path, setup(provisions(DB, asked=True))) as monitor:
        for task, words in (("t1", [*strange, "db"]), ("t2", [*strange, "more", "db"])):
            labels = {"reactor.task": task, "reactor.sidecars": ",".join(words)}
            world.spawn(name=task, labels=labels, pids_limit=256)
        await trio.sleep(10)
        assert monitor.states() == {"db": "ready"}
        assert monitor.states("t2") == {}
    said = [each for each in caplog.records if "that no set offers" in each.message]
    assert [each.levelno for each in said] == [logging.WARNING] * 2
    told = sorted(each.__dict__["template"] for each in said)
    assert [each.rpartition(" and ")[2] for each in told] == ["58 more", "59 more"]
    assert all(len(each) < 200 and "\x1b" not in each and "xxx" in each for each in told)
