"""Whose owner is gone for certain goes: {runner, monitor, engine} x {crash, clean stop, reboot} x leases.

In virtual time, to the second, each with innocents: an owner that is there, some of which nothing is known,
and a label that came with an image. Connections that hold a lease are the web room's, without a socket.
"""

import json
import os
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
from reactor.http.server import Answer, Handler, Request, Response, StreamingResponse, Writer, sentence
from reactor.journal.journal import Journal
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats
from reactor.testing.box import Box
from reactor.testing.direct import BY, DirectEngine
from reactor.testing.world import World
from reactor.web.leases import PATH, LeaseDesk, with_leases
from tests.app.test_supervise import plan
from tests.owners import proc as host
from tests.owners.inline import at_once

GRACE = 30.0
SETUP = Setup(RuleSet(()), creation_grace=5, sidecar_grace=2, owner_grace=GRACE, owners_enforced=True)
TTL = 20.0
"""Of leases that are renewed, and files that are written to, every five seconds."""


class Line(Writer):
    """A connection that nobody breaks but the one who opened it. ``said`` is what came over it first."""

    def __init__(self, heard: Callable[[bytes], None]) -> None:
        self._heard = heard

    async def send(self, data: bytes) -> None:
        """Hand it over."""
        self._heard(data)
        await trio.lowlevel.checkpoint()


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
    holding: set[str] = field(default_factory=set)
    lines: dict[str, trio.CancelScope] = field(default_factory=dict)
    beating: set[str] = field(default_factory=set)
    beats: int = 1_000_000_000
    victim: Box | None = None

    async def start_monitor(self) -> None:
        """A monitor with the journal of the one before it."""
        journal = Journal(self.folder / "journal.db", boot_id="b", boot=trio.current_time, inline=True)
        book = LeaseBook(journal.keep_lease)
        self.stop = trio.Event()
        made = plan(self.world, self.folder, journal=journal, setup=SETUP, book=book, proc=self.proc)
        beats = Heartbeats(self.files, TTL, at_once)
        made = replace(made, engine=self.engine, heartbeats=beats)
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
        for line in self.lines.values():
            line.cancel()
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
            for name in sorted(self.beating):
                self.beat(name)
            await trio.sleep(5)

    @property
    def files(self) -> Path:
        """The folder of heartbeats."""
        return self.folder / "beats"

    def beat(self, name: str) -> None:
        """Write to the file of an owner, as it does."""
        self.beats += 1
        (self.files / name).touch()
        os.utime(self.files / name, ns=(self.beats, self.beats))

    def handler(self) -> Handler:
        """What answers about leases."""

        async def other(_: Request) -> Answer:
            await trio.lowlevel.checkpoint()
            return sentence(404, "")

        assert self.book is not None
        return with_leases(other, LeaseDesk(self.book, trio.lowlevel.checkpoint))

    async def hold(self, name: str) -> None:
        """What a runner does that holds a connection, and comes back when that is broken."""
        while name in self.holding:
            if self.book is not None:
                with trio.CancelScope() as self.lines[name]:
                    await self._hold_once(name)
            await trio.sleep(1)

    async def _hold_once(self, name: str) -> None:
        token = {"token": self.tokens[name]} if name in self.tokens else {}
        asked = json.dumps({"ttl": TTL, **token}).encode()
        answer = await self.handler()(Request("POST", f"{PATH}/{name}/hold", {}, {}, asked))
        assert isinstance(answer, StreamingResponse)

        def heard(data: bytes) -> None:
            if data.strip():
                self.tokens[name] = json.loads(data)["token"]

        await answer.body(Line(heard))

    async def give_up(self, name: str) -> None:
        """What a runner says that stops cleanly."""
        query = {"token": str(self.tokens[name])}
        answer = await self.handler()(Request("DELETE", f"{PATH}/{name}", query, {}))
        assert isinstance(answer, Response)
        assert answer.status == 200

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
        fall_silent(scene)
    await trio.lowlevel.checkpoint()


def fall_silent(scene: Scene) -> None:
    """Whatever the runner did to be known to live, it does no more."""
    for each in (scene.renewing, scene.beating, scene.holding):
        each.discard("job")
    if "job" in scene.lines:
        scene.lines["job"].cancel()


async def runner_stops(scene: Scene, kind: str) -> None:
    """Cleanly, as far as the kind of lease has such a thing."""
    await runner_crashes(scene, kind)
    if kind in {"lease", "held"}:
        await scene.give_up("job")
    elif kind == "file":
        (scene.files / "job").unlink()


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
    fall_silent(scene)
    await trio.sleep(59)
    host.write_proc(scene.proc, scene.engine_info(), boot=host.ELSEWHERE.replace("9", "8"))
    host.run(scene.proc, 700, 5000)
    scene.world.boot()
    await scene.start_monitor()


async def main_restarts(scene: Scene, kind: str) -> None:
    assert scene.victim is not None
    scene.world.restart(scene.victim)
    await trio.lowlevel.checkpoint()


Span = tuple[float, float] | None
KINDS = ("process", "container", "lease", "file", "held")
MATRIX: tuple[tuple[Deed, tuple[Span, Span, Span, Span, Span]], ...] = (
    # For each kind the span, in seconds after the deed, in which the main ends; None where it lives.
    (nothing, (None,) * 5),
    (runner_crashes, ((30, 33), (40, 51), (45, 53), (45, 54), (50, 53))),
    (runner_stops, ((30, 33), (40, 51), (30, 33), (30, 33), (30, 33))),
    (monitor_crashes, (None,) * 5),
    (monitor_stops, (None,) * 5),
    (main_restarts, (None,) * 5),
    (engine_crashes, (None,) * 5),
    (engine_crashes_with_live_restore, (None,) * 5),
    (engine_stops, (None,) * 5),
    # What is proved while the engine is away waits for it; with it a stopped runner may come back.
    (runner_then_engine, ((135, 170), None, (135, 170), (135, 170), (135, 170))),
    # The next two: from the next monitor's start on everything anew: two lists, the whole time of a lease.
    (host_reboots, ((90, 94), None, (110, 114), (110, 114), (110, 114))),
    (runner_then_monitor, ((331, 334), (332, 346), (351, 354), (351, 354), (351, 354))),
)


@pytest.mark.parametrize(
    ("deed", "kind", "within"),
    [(deed, kind, within) for deed, row in MATRIX for kind, within in zip(KINDS, row, strict=True)],
    ids=[f"{deed.__name__}-{kind}" for deed, _ in MATRIX for kind in KINDS],
)
async def test_who_goes_and_when(
    autojump_clock: MockClock,
    tmp_path: Path,
    deed: Deed,
    kind: str,
    within: Span,
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


@pytest.mark.parametrize("booted", [True, False])
async def test_a_file_that_went_while_nobody_watched_says_nothing(
    autojump_clock: MockClock, tmp_path: Path, *, booted: bool
) -> None:
    """Its runner stopped cleanly while no monitor was there; or it was on what a boot empties."""
    async with trio.open_nursery() as nursery:
        scene = await _scene(nursery, tmp_path, "file")
        await trio.sleep(20)
        await scene.end_monitor(cleanly=False)
        fall_silent(scene)
        if booted:
            scene.world.crash()
        for file in ("job", "other"):
            (scene.files / file).unlink(missing_ok=True)
        await trio.sleep(60)
        if booted:
            scene.world.boot()
        await scene.start_monitor()
        await trio.sleep(300)
        assert scene.ended() == []
        # Whoever comes back and goes then, goes before our eyes.
        scene.beat("job")
        await trio.sleep(10)
        (scene.files / "job").unlink()
        await trio.sleep(40)
        assert sorted(scene.ended()) == ["main", "side"]
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
        "held": ("lease:job", "lease:other"),
        "file": ("file:job", "file:other"),
    }
    mine, theirs = owners[kind]
    scene.victim = scene.task("main", mine)
    world.spawn(name="side", labels={"reactor.sidecar-of": "main"}, restart_policy="always")
    scene.task("alive", theirs)
    (scene.files / "in").mkdir(parents=True)
    (scene.files / "elsewhere").symlink_to(folder / "journal.db")
    os.mkfifo(scene.files / "pipe")
    unknowns = (f"process:700@1@{host.ELSEWHERE}", "lease:never-held", "kim", "lease:a/b")
    unknown_files = ("file:never", "file:in", "file:elsewhere", "file:pipe", "file:../journal.db")
    for n, unknown in enumerate((*unknowns, *unknown_files)):
        scene.task(f"unknown-{n}", unknown)
    world.add_image("owned:1", {"reactor.owner": mine})
    world.spawn(name="inherited", image="owned:1", labels={"reactor.task": "i"}, restart_policy="always")
    await scene.start_monitor()
    for name in ("job", "other"):
        _begin(scene, kind, name)
    nursery.start_soon(scene.renew)
    return scene


def _begin(scene: Scene, kind: str, name: str) -> None:
    """A runner says by its kind of lease that it lives."""
    assert scene.book is not None
    if kind == "file":
        scene.beat(name)
        scene.beating.add(name)
    elif kind == "held":
        scene.holding.add(name)
        scene.nursery.start_soon(scene.hold, name)
    else:
        scene.tokens[name] = scene.book.take(name, TTL, "", trio.current_time()).kept.token
        scene.renewing.add(name)
