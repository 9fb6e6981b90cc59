"""Whose owner is gone for certain goes: {runner, monitor, engine} x {crash, clean stop, reboot} x leases.

In virtual time, to the second, each with innocents: an owner that is there, one of which nothing is known,
and a label that came with an image.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.supervise import supervise
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.core.state import Setup
from reactor.journal.journal import Journal
from reactor.owners.book import LeaseBook
from reactor.testing.box import Box
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.world import World
from tests.app.test_supervise import plan
from tests.owners import proc as host

GRACE = 30.0
SETUP = Setup(RuleSet(()), creation_grace=5, sidecar_grace=2, owner_grace=GRACE, owners_enforced=True)
TTL = 20.0
"""Of leases that are renewed every five seconds."""


@dataclass
class Scene:
    """One engine and its host; monitors and runners that come and go."""

    world: World
    folder: Path
    nursery: trio.Nursery
    engine: DirectEngine
    proc: Path
    monitor: trio.CancelScope | None = None
    stop: trio.Event = field(default_factory=trio.Event)
    book: LeaseBook | None = None
    tokens: dict[str, int] = field(default_factory=dict)
    renewing: set[str] = field(default_factory=set)
    victim: Box | None = None

    async def start_monitor(self) -> None:
        """A monitor with the journal of the one before it."""
        journal = Journal(self.folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
        book = LeaseBook(journal.keep_lease)
        self.stop = trio.Event()
        made = plan(self.world, self.folder, journal=journal, setup=SETUP, book=book, proc=self.proc)
        made = replace(made, engine=self.engine)
        scope = self.monitor = trio.CancelScope()
        stop = self.stop

        async def run(task_status: trio.TaskStatus[object]) -> None:
            with scope:
                await supervise(made, stop.wait, task_status=task_status)

        await self.nursery.start(run)
        book.open(trio.current_time())
        self.book = book

    async def end_monitor(self, *, cleanly: bool) -> None:
        """By a signal, or in the midst of whatever it does."""
        assert self.monitor is not None
        self.book = None
        if cleanly:
            self.stop.set()
        else:
            self.monitor.cancel()
        await trio.sleep(1)

    async def renew(self) -> None:
        """What runners do, for those that are there."""
        while True:
            for name in sorted(self.renewing):
                if self.book is not None and name in self.tokens:
                    self.book.renew(name, self.tokens[name], TTL, trio.current_time())
            await trio.sleep(5)

    def task(self, name: str, owner: str) -> Box:
        labels = {"reactor.task": name, "reactor.owner": owner}
        return self.world.spawn(name=name, labels=labels, restart_policy="always")

    def engine_info(self) -> EngineInfo:
        return EngineInfo(
            "e", "embedded", "", "", 0.0, self.world.ground.host_memory, kernel=self.world.ground.host_kernel
        )

    def ended(self) -> list[str]:
        return [entry.name for entry in self.world.history.effective(BY)]


Deed = Callable[[Scene, str], Awaitable[None]]


async def runner_crashes(scene: Scene, kind: str) -> None:
    if kind == "process":
        host.end(scene.proc, 700)
    elif kind == "container":
        scene.world.stop(scene.world.find("runner"), grace=0)
    else:
        scene.renewing.discard("job")
    await trio.lowlevel.checkpoint()


async def runner_stops(scene: Scene, kind: str) -> None:
    """Cleanly, as far as the kind of lease has such a thing."""
    if kind != "lease":
        await runner_crashes(scene, kind)
        return
    scene.renewing.discard("job")
    assert scene.book is not None
    scene.book.give_up("job", scene.tokens["job"], trio.current_time())


async def monitor_crashes(scene: Scene, kind: str) -> None:
    await scene.end_monitor(cleanly=False)
    await trio.sleep(300)
    await scene.start_monitor()


async def monitor_stops(scene: Scene, kind: str) -> None:
    await scene.end_monitor(cleanly=True)
    await trio.sleep(300)
    await scene.start_monitor()


async def nothing(scene: Scene, kind: str) -> None:
    await trio.lowlevel.checkpoint()


async def runner_then_monitor(scene: Scene, kind: str) -> None:
    """The runner goes while no monitor is there."""
    await scene.end_monitor(cleanly=False)
    await runner_crashes(scene, kind)
    await trio.sleep(300)
    await scene.start_monitor()


async def engine_crashes(scene: Scene, kind: str) -> None:
    scene.world.crash()
    await trio.sleep(120)
    scene.world.boot()


async def engine_crashes_with_live_restore(scene: Scene, kind: str) -> None:
    scene.world.crash()
    await trio.sleep(120)
    scene.world.boot(live_restore=True)


async def engine_stops(scene: Scene, kind: str) -> None:
    scene.world.shut_down()
    await trio.sleep(120)
    scene.world.boot()


async def runner_then_engine(scene: Scene, kind: str) -> None:
    """The runner goes, and the engine within its grace."""
    await runner_crashes(scene, kind)
    await trio.sleep(15)
    scene.world.crash()
    await trio.sleep(120)
    scene.world.boot(live_restore=True)


async def host_reboots(scene: Scene, kind: str) -> None:
    """All of them at once; the other runner comes back, as far as its kind of lease lets it."""
    scene.world.crash()
    await scene.end_monitor(cleanly=False)
    for pid in (700, 701):
        host.end(scene.proc, pid)
    scene.renewing.discard("job")
    await trio.sleep(59)
    host.write_proc(scene.proc, scene.engine_info(), boot=host.ELSEWHERE.replace("9", "8"))
    host.run(scene.proc, 700, 5000)
    scene.world.boot()
    await scene.start_monitor()


async def main_restarts(scene: Scene, kind: str) -> None:
    assert scene.victim is not None
    scene.world.restart(scene.victim)
    await trio.lowlevel.checkpoint()


MATRIX: tuple[tuple[Deed, dict[str, tuple[float, float] | None]], ...] = (
    # For each kind the span, in seconds after the deed, in which the main ends; None where it lives.
    (nothing, {"process": None, "container": None, "lease": None}),
    (runner_crashes, {"process": (30, 33), "container": (40, 51), "lease": (45, 53)}),
    (runner_stops, {"process": (30, 33), "container": (40, 51), "lease": (30, 33)}),
    (monitor_crashes, {"process": None, "container": None, "lease": None}),
    (monitor_stops, {"process": None, "container": None, "lease": None}),
    # 301 s without a monitor, and from then on everything anew: two lists, or the whole time of a lease.
    (main_restarts, {"process": None, "container": None, "lease": None}),
    (engine_crashes, {"process": None, "container": None, "lease": None}),
    (engine_crashes_with_live_restore, {"process": None, "container": None, "lease": None}),
    (engine_stops, {"process": None, "container": None, "lease": None}),
    # What is proved while the engine is away waits for it; with it a stopped runner may come back.
    (runner_then_engine, {"process": (135, 170), "container": None, "lease": (135, 170)}),
    (host_reboots, {"process": (90, 94), "container": None, "lease": (110, 114)}),
    (runner_then_monitor, {"process": (331, 334), "container": (332, 346), "lease": (351, 354)}),
)


@pytest.mark.parametrize(
    ("deed", "kind", "within"),
    [(deed, kind, within) for deed, row in MATRIX for kind, within in row.items()],
    ids=[f"{deed.__name__}-{kind}" for deed, row in MATRIX for kind in row],
)
async def test_who_goes_and_when(
    autojump_clock: MockClock,
    tmp_path: Path,
    deed: Deed,
    kind: str,
    within: tuple[float, float] | None,
) -> None:
    async with trio.open_nursery() as nursery:
        scene = await _scene(nursery, tmp_path, kind)
        await trio.sleep(20)
        assert scene.ended() == []
        began = trio.current_time()
        await deed(scene, kind)
        await trio.sleep(90)
        if within is None:
            assert scene.ended() == []
        else:
            # With the host every process is gone, the neighbour's owner too; it has no sidecar.
            others = ["alive"] if deed is host_reboots and kind == "process" else []
            assert sorted(scene.ended()) == sorted(["main", "side", *others])
            died = next(each.at for each in scene.world.history.effective(BY) if each.name == "main")
            assert within[0] <= died - began <= within[1]
        assert scene.world.history.repeated(BY) == []
        scene.stop.set()
        await trio.sleep(5)
        nursery.cancel_scope.cancel()


async def _scene(nursery: trio.Nursery, folder: Path, kind: str) -> Scene:
    world = World()
    world.ground.host_kernel = "6.1"
    await nursery.start(world.run)
    engine = DirectEngine(world)
    proc = host.write_proc(folder / "proc", await engine.identify())
    host.run(proc, 700, 5000)
    host.run(proc, 701, 5000)
    scene = Scene(world, folder, nursery, engine, proc)
    runner = world.spawn(name="runner", restart_policy="always")
    neighbour = world.spawn(name="neighbour", restart_policy="always")
    owners = {
        "process": (f"process:700@5000@{host.BOOT}", f"process:701@5000@{host.BOOT}"),
        "container": (f"container:{runner.id}", f"container:{neighbour.id}"),
        "lease": ("lease:job", "lease:other"),
    }
    mine, theirs = owners[kind]
    scene.victim = scene.task("main", mine)
    world.spawn(name="side", labels={"reactor.sidecar-of": "main"}, restart_policy="always")
    scene.task("alive", theirs)
    for n, unknown in enumerate((f"process:700@1@{host.ELSEWHERE}", "lease:never-held", "kim", "lease:a/b")):
        scene.task(f"unknown-{n}", unknown)
    world.add_image("owned:1", {"reactor.owner": mine})
    world.spawn(name="inherited", image="owned:1", labels={"reactor.task": "i"}, restart_policy="always")
    await scene.start_monitor()
    assert scene.book is not None
    for name in ("job", "other"):
        scene.tokens[name] = scene.book.take(name, TTL, "", trio.current_time()).kept.token
        scene.renewing.add(name)
    nursery.start_soon(scene.renew)
    return scene
