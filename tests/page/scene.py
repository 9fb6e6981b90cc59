"""A night on a host: thirty tasks of which some come near their limits, on the embedded engine, with the
page.

What is shown to people (pictures, a look at the page) and what tests ask is the same scene; the monitor is
the real one. ``python -m tests.page.scene`` plays it for whoever wants to look.
"""

import math
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from reactor.app.exporting import scraped
from reactor.app.feeding import Bulletin
from reactor.app.numbers import Numbers
from reactor.app.page.gazette import Gazette
from reactor.app.plan import Plan
from reactor.app.settings import Settings, Times
from reactor.app.supervise import supervise
from reactor.core.restraint import no_gate
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.http.server_routes import Routes
from reactor.journal.clocks import wall
from reactor.journal.journal import Journal
from reactor.observe.tally import Tally
from reactor.ruleset import load
from reactor.testing.api import serve_world
from reactor.testing.box import Box
from reactor.testing.tasks import MIB, Forks, Limits, OomsChild, Task
from reactor.testing.turns import Usage
from reactor.testing.world import World
from reactor.web.listen import Listen, open_listeners

HOUR = 3600.0
SHIPPED = Path(__file__).parents[2] / "rules"


@dataclass(frozen=True, slots=True)
class Breathes(Task):
    """Works as people's programs do: its memory and its processes go up and down about a level."""

    pids: int = 12
    memory: int = 60 * MIB
    swing: float = 0.1
    period: float = 40.0
    cores: float = 0.2
    polite: float | None = 0.1

    def usage(self, ran: float, limits: Limits) -> Usage:
        """The level, and a wave on it."""
        wave = math.sin(ran * 2 * math.pi / self.period) + 0.4 * math.sin(ran * 2 * math.pi / 7.3)
        pids = round(self.pids * (1 + self.swing * wave / 2))
        memory = round(self.memory * (1 + self.swing * wave))
        return Usage(pids=max(1, pids), memory=min(memory, limits.memory or memory), cpu=self.cores * ran)


@dataclass(frozen=True, slots=True)
class Part:
    """One container of the scene."""

    name: str
    task: Task = field(default_factory=Breathes)
    age: float = HOUR
    image: str = "runner/python:3.11"
    labels: dict[str, str] | None = None
    memory: int | None = 512 * MIB
    pids: int | None = 256
    of: str = ""

    @property
    def given(self) -> dict[str, str]:
        """Its labels."""
        if self.of:
            return {"reactor.sidecar-of": self.of}
        return {"reactor.task": self.name} if self.labels is None else self.labels


def _usual() -> list[Part]:
    owner = {"reactor.owner": "team-ml"}
    return [
        Part("embed-docs-4411", Breathes(pids=171, swing=0.05), 3 * HOUR, "ml/embed:2.4"),
        Part("finetune-llm-08", Breathes(memory=372 * MIB, swing=0.06, cores=1.7), 9.2 * HOUR, "ml/train:5.1",
             {"reactor.task": "finetune-llm-08", **owner}),
        Part("nightly-report", Breathes(memory=90 * MIB), 11.72 * HOUR, "bi/report:12"),
        Part("crawl-eu-west", Breathes(pids=88, swing=0.3, cores=0.6), 2.1 * HOUR, "crawl/worker:1.19"),
        Part("crawl-eu-west-proxy", Breathes(pids=9, memory=24 * MIB), 2.1 * HOUR, "envoy:1.29",
             of="crawl-eu-west"),
        Part("crawl-us-east", Breathes(pids=104, swing=0.2, cores=0.7), 1.4 * HOUR, "crawl/worker:1.19"),
        Part("crawl-us-east-proxy", Breathes(pids=9, memory=22 * MIB), 1.4 * HOUR, "envoy:1.29",
             of="crawl-us-east"),
        Part("ci-build-9921", Breathes(pids=61, memory=210 * MIB, cores=2.4), 0.2 * HOUR, "ci/builder:8"),
        Part("ci-build-9921-db", Breathes(pids=7, memory=70 * MIB), 0.2 * HOUR, "postgres:16",
             of="ci-build-9921"),
        Part("ci-build-9922", Breathes(pids=48, memory=190 * MIB, cores=1.9), 0.1 * HOUR, "ci/builder:8"),
        Part("ci-build-9922-db", Breathes(pids=7, memory=66 * MIB), 0.1 * HOUR, "postgres:16",
             of="ci-build-9922"),
        Part("notebook-anna", Breathes(memory=300 * MIB, swing=0.02), 7 * HOUR, "jupyter/lab:4",
             {"reactor.task": "notebook-anna", **owner}),
        Part("notebook-bo", Breathes(memory=140 * MIB), 5 * HOUR, "jupyter/lab:4",
             {"reactor.task": "notebook-bo", **owner}),
        Part("thumbnailer", Breathes(pids=33), 26 * 60, "media/thumb:3"),
        Part("transcode-1080p", Breathes(pids=24, memory=260 * MIB, cores=3.1), 44 * 60, "media/ffmpeg:6.1"),
        Part("etl-orders", Breathes(memory=120 * MIB, swing=0.4), 4 * HOUR, "etl/spark:3.5"),
        Part("etl-customers", Breathes(memory=100 * MIB, swing=0.3), 4 * HOUR, "etl/spark:3.5"),
        Part("mail-import", Breathes(pids=6, memory=18 * MIB, cores=0.01), 30 * 60),
        Part("geo-index", Breathes(memory=230 * MIB), 6 * HOUR, "geo/index:0.9", memory=None),
        Part("pdf-render", Breathes(pids=19), 12 * 60, "media/pdf:2"),
        Part("unlabelled-cron", Breathes(pids=4, memory=9 * MIB), 50 * HOUR, "alpine:3.19", {}),
        Part("postgres", Breathes(pids=28, memory=220 * MIB), 500 * HOUR, "postgres:16", {}, None, None),
        Part("grafana", Breathes(pids=14, memory=110 * MIB), 500 * HOUR, "grafana:11", {}, None, None),
        Part("deploy-agent", Breathes(pids=11), 300 * HOUR, "ops/agent:7",
             {"reactor.task": "deploy-agent", "reactor.skip": ""}),
    ]  # fmt: skip


@dataclass(slots=True)
class Scene:
    """The scene while it is played."""

    world: World
    port: int
    boxes: dict[str, Box]

    def enter(self, part: Part) -> Box:
        """Start one more."""
        world = self.world
        world.clock.jump(-part.age)
        box = world.spawn(
            part.task,
            name=part.name,
            labels=part.given,
            image=part.image,
            memory_limit=part.memory,
            pids_limit=part.pids,
            cpus=4.0,
        )
        world.clock.jump(part.age)
        self.boxes[part.name] = box
        return box

    async def storm(self, task: Task, name: str, image: str = "ci/builder:8") -> None:
        """Somebody goes wrong, and is ended."""
        box = self.enter(Part(name, task, 60.0, image))
        with trio.fail_after(20):
            while box.has_process:  # noqa: ASYNC110 - the world has no event for it.
                await trio.sleep(0.05)


def as_it_is(routes: Routes) -> Routes:
    """The page of the only engine stands at the top."""
    return routes


@asynccontextmanager
async def scene(
    folder: Path,
    rules: Path = SHIPPED,
    parts: list[Part] | None = None,
    port: int = 0,
    mounted: Callable[[Routes], Routes] = as_it_is,
) -> AsyncIterator[Scene]:
    """The engine, the monitor and the page, until the block ends. ``mounted`` says where the page stands."""
    world = World(seed="scene", epoch=wall(), kill_takes=0.03)
    listeners = await open_listeners(Listen("127.0.0.1", port))
    socket, journal = folder / "docker.sock", Journal(folder / "journal.db")
    bulletin = Bulletin(folder / "journal.db")
    gazette = Gazette(bulletin.feed(), "build-host-3")
    settings = Settings(times=Times(sidecar_grace=2.0), gate=no_gate())
    played = Scene(world, listeners[0].socket.getsockname()[1], {})
    for part in _usual() if parts is None else parts:
        played.enter(part)
    stop, over = trio.Event(), trio.Event()

    async def watch(plan: Plan, task_status: trio.TaskStatus[object]) -> None:
        await supervise(plan, stop.wait, task_status=task_status)
        over.set()

    def pages(numbers: Numbers, tally: Tally) -> Routes:
        return mounted(gazette.routes(numbers, tally))

    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, world, socket)
        engine = DockerEngine(resolve(f"unix://{socket}", {}), journal)
        plan = Plan(
            settings.setup(load([rules])),
            engine,
            journal,
            times=settings.watch_times(),
            acting=settings.acting(),
            evidence=settings.evidence,
            exports=(scraped(listeners, more=pages), gazette.keep_lines),
            observers=(bulletin, gazette),
            drain=1.0,
        )
        await nursery.start(watch, plan)
        yield played
        stop.set()
        with trio.move_on_after(5):
            await over.wait()
        nursery.cancel_scope.cancel()


async def mishaps(played: Scene) -> None:
    """What went wrong before somebody looked."""
    await played.storm(Forks(400, after=1.0), "fuzz-parser-77", "ci/fuzz:3")
    await played.storm(OomsChild(0.5), "dedupe-images", "media/dedupe:1")
    played.enter(Part("ci-build-9920-cache", Breathes(), 300, "redis:7", of="ci-build-9919"))


async def main(port: int) -> None:
    """Play until somebody ends it."""
    with tempfile.TemporaryDirectory(prefix="scene-") as name:
        async with scene(Path(name), port=port) as played:
            print(f"http://127.0.0.1:{played.port}/", flush=True)
            await mishaps(played)
            await trio.sleep(3600)


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 9711)
