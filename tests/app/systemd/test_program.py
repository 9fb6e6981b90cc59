"""The real program under a service manager: ready when it watches, fed while it works, told of the rest."""

import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import trio

from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.proxy import Proxy, serve_proxy
from reactor.testing.proxy_faults import BlackHole, Cut
from reactor.testing.world import World
from tests.app.embedded import apart, rules_in
from tests.app.systemd.manager import Manager, managing
from tests.real.monitor import Monitor
from tests.real.waiting import until

WATCHDOG = 4.0
"""It is fed twice in that time: a busy machine may keep it, or whoever hears of it, waiting for the rest."""
READY_WITHIN = 30.0

# The program itself, in a process whose loop stands still for as long as a signal's handler does: the handler
# is Python's, runs in the loop's own thread, and all other threads go on.
_BLOCKABLE = """
import signal, sys, time
signal.signal(signal.SIGUSR2, lambda *_: time.sleep(120))
from reactor.app.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Managed(Monitor):
    """A monitor whose loop can be blocked from outside."""

    def command(self) -> list[str]:
        """The same arguments, for a program that knows one more signal."""
        return [sys.executable, "-c", _BLOCKABLE, *super().command()[3:]]

    def block(self) -> None:
        """From now on its loop does not turn."""
        self._running.send_signal(signal.SIGUSR2)


@asynccontextmanager
async def managed(folder: Path, *, hold: bool = False) -> AsyncIterator[tuple[Proxy, Managed, Manager]]:
    """A monitor that was begun by a manager; ``hold`` keeps the engine's list back."""
    world, proxy = World(epoch=wall()), Proxy(folder / "inner.sock")
    world.spawn(name="job", labels={"reactor.task": "t1"})
    if hold:
        proxy.fault("list", BlackHole())
    with managing(folder) as manager:
        told = {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": f"{WATCHDOG * 1e6:.0f}"}
        monitor = Managed(folder, f"unix://{folder}/d.sock", rules=rules_in(folder), environ=told)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_world, world, folder / "inner.sock")
            await nursery.start(serve_proxy, proxy, folder / "d.sock")
            try:
                monitor.start()
                yield proxy, monitor, manager
            finally:
                monitor.end()
            nursery.cancel_scope.cancel()


async def wait_for(
    manager: Manager, pid: int, key: str, value: str = "", within: float = READY_WITHIN
) -> None:
    def came() -> bool:
        return any(said.startswith(value) for said in manager.all_of(key, pid))

    await apart(partial(until, came, within, f"{key}={value} was said"))


async def test_ready_comes_after_the_first_reconcile_and_the_rest_is_told(
    tmp_path: Path,
) -> None:
    """The engine takes the question for its list and does not answer, until it is let go."""
    async with managed(tmp_path, hold=True) as (proxy, monitor, manager):
        asked = partial(until, lambda: proxy.underway("list") > 0, READY_WITHIN, "the list was asked for")
        await apart(asked)
        await wait_for(manager, monitor.pid, "EXTEND_TIMEOUT_USEC")
        await wait_for(manager, monitor.pid, "WATCHDOG")
        assert manager.all_of("READY") == []
        assert manager.status().startswith("begins: ")
        proxy.heal()
        proxy.strike("list", Cut())
        await wait_for(manager, monitor.pid, "READY")
        await wait_for(manager, monitor.pid, "STATUS", "watching 1 living containers of embedded by 1 rules")
        assert proxy.counts["inspect"] > 0
        await _reload(monitor, manager)
        await _reload_a_mistake(tmp_path, monitor, manager)
        pid = monitor.pid
        monitor.terminate()
        await wait_for(manager, monitor.pid, "STOPPING")
        assert await apart(partial(monitor.wait_ended)) == 0
        assert {said.pid for said in manager.said()} == {pid}, "nobody else spoke"


async def _reload(monitor: Managed, manager: Manager) -> None:
    for by_order in (False, True):
        manager.forget()
        if by_order:
            await apart(partial(monitor.order, "reload"))
        else:
            monitor.hang_up()
        await wait_for(manager, monitor.pid, "READY")
        order = [key for said in manager.said() for key in said.fields if key in {"RELOADING", "READY"}]
        assert order == ["RELOADING", "READY"]


async def _reload_a_mistake(folder: Path, monitor: Managed, manager: Manager) -> None:
    rules_in(folder, "groups: 5\n")
    manager.forget()
    refused = await apart(partial(monitor.order, "reload"))
    assert refused.returncode == 1
    await wait_for(manager, monitor.pid, "READY")
    assert manager.status().startswith("the last reload of the rules failed, and those before are in force")


async def test_a_blocked_loop_feeds_no_watchdog(tmp_path: Path) -> None:
    async with managed(tmp_path) as (_, monitor, manager):
        await wait_for(manager, monitor.pid, "READY")
        manager.forget()
        fed = partial(until, lambda: len(manager.all_of("WATCHDOG")) > 3, 30, "it is fed again and again")
        await apart(fed)
        times = [said.at for said in manager.said() if "WATCHDOG" in said.fields]
        assert max(after - before for before, after in pairwise(times)) < WATCHDOG
        monitor.block()
        await trio.sleep(WATCHDOG)
        manager.forget()
        await trio.sleep(2 * WATCHDOG)
        assert manager.said() == []
        monitor.kill9()
