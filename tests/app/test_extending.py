"""``reactor extend``: checked, on record, listed, and still in force after a restart."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.controlling import Desk
from reactor.app.extending import lines
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.reloading import Reloader
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from reactor.testing.world import World
from reactor.web.control import Refused
from reactor.web.extending import Extension
from tests.app.test_supervise import running, task
from tests.core.build import age_over

SETUP = Setup(RuleSet((Rule("g/age", "f:1", when=age_over(100)),)))


async def test_an_extension_outlives_the_monitor_that_gave_it(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """And whoever was not extended goes at the moment of the rule."""
    world, desks = World(), list[Desk]()

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        desks.append(Desk(monitor, numbers, Reloader(lambda: RuleSet(()), monitor, frozenset), "e"))
        task_status.started()
        await trio.lowlevel.checkpoint()

    kept = task(world, "kept")
    task(world, "kept-not")
    began = trio.current_time()
    async with running(world, tmp_path, setup=SETUP, services=(service,)) as monitor:
        await trio.sleep(50)
        for asked, why in (
            (Extension("nobody", "2m", "ada", "x"), "no container is known"),
            (Extension("kept", "8d", "ada", "x"), "at most 7d"),
            (Extension("kept", "-1h", "ada", "x"), "name a duration"),
            (Extension("kept", "soon", "ada", "x"), "name a duration"),
            (Extension("kept", "2m", "ada", " "), "say why"),
        ):
            with pytest.raises(Refused, match=why):
                desks[0].extend(asked)
        assert desks[0].status()["extensions"] == []
        told = desks[0].extend(Extension("kept", "2m", "ada\x1b", "a\nbackup"))
        assert (told["id"], told["seconds"]) == (kept.id, 120)
        (line,) = lines(desks[0].status())
        assert line == f"may live longer: kept ({kept.id[:12]}), for another 2m: ada\\u001b: a\\nbackup"
        await trio.sleep(60)
        with pytest.raises(Refused, match="more than 7d together"):
            desks[0].extend(Extension("kept", "7d", "ada", "x"))
        assert desks[0].extend(Extension("kept", "2m", "ada", "more"))["seconds"] == 120
        assert monitor.ended() == ["kept-not"]
    async with running(world, tmp_path, setup=SETUP, services=(service,)) as monitor:
        await trio.sleep(230 - (trio.current_time() - began) - 2)
        assert monitor.ended() == ["kept-not"]
        assert desks[1].explain("kept")["extended"].startswith("rules see its age less by 4m")
        await trio.sleep(4)
        assert monitor.ended() == ["kept-not", "kept"]
        assert desks[1].status()["extensions"] == []
