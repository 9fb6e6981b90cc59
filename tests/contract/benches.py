"""Benches: an engine with hands that make and break containers on it, the same for every kind of engine.

A contract test says what is to happen through the hands and looks at it through the engine. Nothing
of what an engine answers belongs here.
"""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from enum import Enum
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio
from docker.errors import APIError
from docker.types import LogConfig

from reactor.core.container import Container, ContainerId, State
from reactor.core.ports import Engine, Maker
from reactor.core.recipes import Recipe
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.endpoint import resolve
from reactor.engine.making import Making
from reactor.testing import tasks
from reactor.testing.api import serve_world
from reactor.testing.box import Box
from reactor.testing.direct import DirectEngine
from reactor.testing.documents import inspected
from reactor.testing.refusals import Refused
from reactor.testing.traits import PLAIN, Traits
from reactor.testing.world import World
from tests.tooling.containers import Containers, unique_name
from tests.tooling.patience import patient
from tools.private_engine import TEST_IMAGE, PrivateEngine

NO_LABELS: Mapping[str, str] = {}
MIB = 1024 * 1024
AGAIN = patient(0.02)
"""Seconds between two times of asking an engine."""
TAKES = 0.1
"""How long the end and the start of an embedded engine take: no real one does it in no time at all."""

GROW = "a=x; while true; do a=$a$a; done"

ESCAPED = r"\033[31mred\033[0m\n\377\376 no text\n\342\200\256reversed\n"
LONG = "head -c 1000000 /dev/zero | tr '\\0' x; echo"
LAST = r"printf '10%%\r20%%\r\nlast \303\244\n'; exec sleep 100000"
HOSTILE = (
    b"\x1b[31mred\x1b[0m\n\xff\xfe no text\n\xe2\x80\xaereversed\n"
    + 1_000_000 * b"x"
    + b"\n10%\r20%\r\nlast \xc3\xa4\n"
)
"""What such a command writes."""


class Job(Enum):
    """What a container does: as a command for a real engine, as a task for a world."""

    SLEEP = (("sleep", "100000"), tasks.Sleeps())
    SERVE = (
        ("sh", "-c", 'trap "exit 0" TERM; echo serves; while true; do sleep 0.05; done'),
        tasks.Serves(says=b"serves\n"),
    )
    EXIT_3 = (("sh", "-c", "sleep 0.3; exit 3"), tasks.Exits(after=0.3, code=3))
    FORK_20 = (
        (
            "sh",
            "-c",
            "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1000 & done; wait",
        ),
        tasks.Forks(per_second=1e6, most=21),
    )
    HOLD = (
        ("sh", "-c", "a=$(head -c 60000000 /dev/zero | tr '\\0' x); while true; do sleep 1000; done"),
        tasks.Grows(share=0.25, over=0),
    )
    OOM = (("sh", "-c", f"sleep 0.5; {GROW}"), tasks.OomsMain(after=0.5))
    OOM_CHILD = (("sh", "-c", f"sleep 0.5; ({GROW}); sleep 1000"), tasks.OomsChild(after=0.5))
    HOSTILE = (("sh", "-c", f"printf '{ESCAPED}'; {LONG}; {LAST}"), tasks.Sleeps(says=HOSTILE))
    NOWHERE = (("/no/such/program",), tasks.CannotStart())

    @property
    def command(self) -> tuple[str, ...]:
        """For a real engine."""
        command: tuple[str, ...] = self.value[0]
        return command

    @property
    def task(self) -> tasks.Task:
        """For a world."""
        task: tasks.Task = self.value[1]
        return task


class Bench(ABC):
    """Hands for one engine, and the maker on it that is put to the test as well."""

    engine: Engine
    maker: Maker
    image = TEST_IMAGE
    """What the engine calls the test image."""
    usual_pids: int | None = None
    """The limit of PIDs that a container has for which none was given."""
    refuses = 409
    """The status for what cannot be done in this state."""

    @abstractmethod
    async def create(
        self,
        job: Job = Job.SLEEP,
        *,
        name: str = "",
        labels: Mapping[str, str] = NO_LABELS,
        image: str = "",
        memory: int | None = None,
        pids: int | None = None,
        cpus: float | None = None,
        quota: bool = False,
        network: str = "none",
        pid_mode: str = "",
        restart: str = "",
        auto_remove: bool = False,
        traits: Traits = PLAIN,
    ) -> ContainerId:
        """Create a container."""

    async def make(self, recipe: Recipe) -> ContainerId:
        """Let the maker create it."""
        return await self.maker.create(recipe)

    @abstractmethod
    async def document(self, container: ContainerId) -> dict[str, Any]:
        """All that an inspect says of it."""

    @abstractmethod
    def lack(self, path: str) -> None:
        """Let nothing be at this path of the engine's host, where in truth there is nothing either."""

    @abstractmethod
    async def start(self, container: ContainerId) -> None:
        """Start it; a program that is not there is no error here."""

    @abstractmethod
    async def pause(self, container: ContainerId) -> None:
        """Freeze it."""

    @abstractmethod
    async def remove(self, container: ContainerId) -> None:
        """Remove it by force."""

    @abstractmethod
    async def execute(self, container: ContainerId) -> None:
        """Execute a command in it, and wait for its end."""

    @abstractmethod
    async def write(self, container: ContainerId, mebibytes: int) -> None:
        """Write a new file of this size to its own layer."""

    @abstractmethod
    async def ail(self, container: ContainerId, *, ill: bool = True) -> None:
        """Let the probes of its health check fail from now on, or pass again."""

    @abstractmethod
    async def update(self, container: ContainerId, memory: int, pids: int) -> None:
        """Give it other limits."""

    @abstractmethod
    async def unpause(self, container: ContainerId) -> None:
        """Let it go on."""

    @abstractmethod
    async def add_image(self, labels: Mapping[str, str]) -> str:
        """Make an image that carries labels, and return its tag."""

    @abstractmethod
    async def crash(self) -> None:
        """Kill the engine, not its containers."""

    @abstractmethod
    async def boot(self) -> None:
        """Start it again."""

    @abstractmethod
    async def wedge(self, container: ContainerId) -> None:
        """Let the part of the engine that holds this container get stuck."""

    @abstractmethod
    async def free(self, container: ContainerId) -> None:
        """Let it go on."""

    def pids_without_limit(self) -> int | None:
        """The limit of PIDs that readings tell of whoever was given none."""
        return None

    async def run(self, job: Job = Job.SLEEP, **options: Any) -> ContainerId:
        """Create and start."""
        container = await self.create(job, **options)
        await self.start(container)
        return container

    async def until(self, container: ContainerId, state: State, within: float = 20.0) -> Container:
        """Look at it until it is in this state."""
        with trio.fail_after(within):
            while (found := await self.engine.inspect(container)).state is not state:  # noqa: ASYNC110 - no event
                await trio.sleep(AGAIN)
        return found

    async def serve(self, **options: Any) -> ContainerId:
        """Create and start one that ends politely, and wait for its word: before it, a signal is lost."""
        container = await self.run(Job.SERVE, **options)
        with trio.fail_after(20):
            while await self.engine.tail(container, 1, 100) != "serves":  # noqa: ASYNC110 - no event
                await trio.sleep(AGAIN)
        return container


class WorldBench(Bench):
    """Hands for a world; the engine in front of it may be in this process or behind a socket."""

    def __init__(self, world: World, engine: DirectEngine | DockerEngine) -> None:
        self.world = world
        self.engine = engine
        self.maker = engine if isinstance(engine, DirectEngine) else Making.on(engine)
        world.add_image(TEST_IMAGE)

    async def document(self, container: ContainerId) -> dict[str, Any]:
        return inspected(self._box(container))

    def lack(self, path: str) -> None:
        self.world.ground.has_path = lambda asked: asked != path

    async def create(
        self,
        job: Job = Job.SLEEP,
        *,
        name: str = "",
        labels: Mapping[str, str] = NO_LABELS,
        image: str = "",
        memory: int | None = None,
        pids: int | None = None,
        cpus: float | None = None,
        quota: bool = False,
        network: str = "none",
        pid_mode: str = "",
        restart: str = "",
        auto_remove: bool = False,
        traits: Traits = PLAIN,
    ) -> ContainerId:
        return self.world.create(
            job.task,
            name=name,
            labels=labels,
            image=image or "busybox:test",
            memory_limit=memory,
            pids_limit=pids,
            cpus=cpus,
            cpu_by_quota=quota,
            network_mode=network,
            pid_mode=pid_mode,
            restart_policy=restart or "no",
            auto_remove=auto_remove,
            traits=traits,
        ).id

    async def start(self, container: ContainerId) -> None:
        box = self._box(container)
        try:
            self.world.start(box)
        except Refused:
            if box.recipe.task.refuses is None:
                raise

    async def pause(self, container: ContainerId) -> None:
        self.world.pause(self._box(container))

    async def unpause(self, container: ContainerId) -> None:
        self.world.unpause(self._box(container))

    async def write(self, container: ContainerId, mebibytes: int) -> None:
        self.world.write(self._box(container), mebibytes * MIB)

    async def ail(self, container: ContainerId, *, ill: bool = True) -> None:
        self.world.ail(self._box(container), ill=ill)

    async def update(self, container: ContainerId, memory: int, pids: int) -> None:
        box = self._box(container)
        had = box.recipe.limits
        self.world.update(box, replace(had, pids=pids, memory=memory, swap=memory))

    async def remove(self, container: ContainerId) -> None:
        self.world.remove(self._box(container), force=True)

    async def execute(self, container: ContainerId) -> None:
        self.world.flood(self._box(container), 1)

    async def add_image(self, labels: Mapping[str, str]) -> str:
        return self.world.add_image("labelled:test", labels).tag

    async def crash(self) -> None:
        self.world.crash()
        await trio.sleep(TAKES)

    async def boot(self) -> None:
        self.world.boot()
        await trio.sleep(TAKES)

    async def wedge(self, container: ContainerId) -> None:
        self.world.wedge(self._box(container))

    async def free(self, container: ContainerId) -> None:
        self.world.free(self._box(container))

    def _box(self, container: ContainerId) -> Box:
        return next(box for box in self.world.boxes if box.id == container)


class DockerBench(Bench):
    """Hands for a real engine. The SDK blocks: each of its calls is made in a thread, one after the other."""

    def __init__(self, containers: Containers, power: PrivateEngine | None = None) -> None:
        self._containers = containers
        self._power = power
        self._shims: dict[ContainerId, int] = {}
        self._images: list[str] = []
        engine = DockerEngine(resolve(containers.docker_host, {}), deadlines=None if power else _patient())
        self.engine = engine
        self.maker = Making.on(engine)

    async def make(self, recipe: Recipe) -> ContainerId:
        made = await super().make(recipe)
        self._containers.ids.append(made)
        return made

    async def document(self, container: ContainerId) -> dict[str, Any]:
        return await trio.to_thread.run_sync(self._containers.inspect, container)

    def pids_without_limit(self) -> int | None:
        """What systemd gives every unit, and the kernel holds it to, where it makes the cgroups."""
        if self._containers.client.info()["CgroupDriver"] != "systemd":
            return None
        asked = ("systemctl", "show", "--value", "--property=DefaultTasksMax")
        return int(subprocess.run(asked, capture_output=True, check=True).stdout)

    def lack(self, path: str) -> None:
        """What is not there is not there."""

    async def create(
        self,
        job: Job = Job.SLEEP,
        *,
        name: str = "",
        labels: Mapping[str, str] = NO_LABELS,
        image: str = "",
        memory: int | None = None,
        pids: int | None = None,
        cpus: float | None = None,
        quota: bool = False,
        network: str = "none",
        pid_mode: str = "",
        restart: str = "",
        auto_remove: bool = False,
        traits: Traits = PLAIN,
    ) -> ContainerId:
        create = partial(
            self._containers.create,
            job.command,
            name=name or None,
            labels=labels,
            mem=f"{memory}b" if memory else None,
            pids=pids,
            network_mode=network,
            restart=restart or None,
            **({"image": image} if image else {}),
            **_cpu(cpus, quota=quota),
            **({"pid_mode": pid_mode} if pid_mode else {}),
            auto_remove=auto_remove,
            **_given(traits),
        )
        return ContainerId(await trio.to_thread.run_sync(create))

    async def start(self, container: ContainerId) -> None:
        try:
            await trio.to_thread.run_sync(self._containers.client.api.start, container)
        except APIError as error:
            if error.status_code not in {400, 404}:
                raise

    async def pause(self, container: ContainerId) -> None:
        await trio.to_thread.run_sync(self._containers.client.api.pause, container)

    async def unpause(self, container: ContainerId) -> None:
        await trio.to_thread.run_sync(self._containers.client.api.unpause, container)

    async def write(self, container: ContainerId, mebibytes: int) -> None:
        name = f"of=/{unique_name()}"
        await self._exec(container, ["dd", "if=/dev/zero", name, "bs=1M", f"count={mebibytes}"])

    async def ail(self, container: ContainerId, *, ill: bool = True) -> None:
        await self._exec(container, ["touch", "/ill"] if ill else ["rm", "-f", "/ill"])

    async def update(self, container: ContainerId, memory: int, pids: int) -> None:
        api = self._containers.client.api
        wanted = {"Memory": memory, "MemorySwap": memory, "PidsLimit": pids}
        # The SDK's own method knows no limit of PIDs.
        post = partial(api.post, f"{api.base_url}/v1.41/containers/{container}/update", json=wanted)
        (await trio.to_thread.run_sync(post)).raise_for_status()

    async def remove(self, container: ContainerId) -> None:
        remove = partial(self._containers.client.api.remove_container, container, force=True)
        await trio.to_thread.run_sync(remove)

    async def execute(self, container: ContainerId) -> None:
        await self._exec(container, ["sh", "-c", "echo; echo x:y"])

    async def _exec(self, container: ContainerId, command: list[str]) -> None:
        api = self._containers.client.api
        made = await trio.to_thread.run_sync(api.exec_create, container, command)
        await trio.to_thread.run_sync(api.exec_start, made["Id"])

    async def add_image(self, labels: Mapping[str, str]) -> str:
        container = await self.create()
        changes = [f"LABEL {key}={value}" for key, value in labels.items()]
        name = unique_name()
        commit = partial(self._containers.client.api.commit, container, name, "labelled", changes=changes)
        await trio.to_thread.run_sync(commit)
        self._images.append(f"{name}:labelled")
        return self._images[-1]

    async def clear(self) -> None:
        """Take away the images that were made here; their containers go with whoever made those."""
        for image in self._images:
            remove = partial(self._containers.client.api.remove_image, image, force=True)
            await trio.to_thread.run_sync(remove)

    async def crash(self) -> None:
        await trio.to_thread.run_sync(self._engine.kill9)

    async def boot(self) -> None:
        await trio.to_thread.run_sync(self._engine.restart)

    @property
    def _engine(self) -> PrivateEngine:
        assert self._power is not None, "only a private engine may be broken"
        return self._power

    async def wedge(self, container: ContainerId) -> None:
        self._shims[container] = self._engine.shim_pid(container)
        os.kill(self._shims[container], signal.SIGSTOP)

    async def free(self, container: ContainerId) -> None:
        os.kill(self._shims.pop(container), signal.SIGCONT)


class PodmanBench(DockerBench):
    """Hands for a real podman."""

    image = f"docker.io/library/{TEST_IMAGE}"
    usual_pids = 2048
    refuses = 500

    async def add_image(self, labels: Mapping[str, str]) -> str:
        """It commits only where it finds its signature policy, and imports by that which it was given."""
        reference = f"{unique_name()}:labelled"
        changes = [f"LABEL {key}={value}" for key, value in labels.items()]
        await trio.to_thread.run_sync(self._engine.import_busybox, reference, changes)
        self._images.append(f"docker.io/library/{reference}")
        return reference


def _patient() -> Deadlines:
    """How long each call may take on a slow host; who breaks an engine counts on the usual ones."""
    return Deadlines(**{call: patient(seconds) for call, seconds in asdict(Deadlines()).items()})


def _cpu(cores: float | None, *, quota: bool) -> dict[str, Any]:
    """A share of CPU time, in one of the two ways to say it."""
    if cores is None:
        return {}
    return (
        {"cpu_quota": round(cores * 50_000), "cpu_period": 50_000}
        if quota
        else {"nano_cpus": round(cores * 1e9)}
    )


def _given(traits: Traits) -> dict[str, Any]:
    """The traits as the SDK takes them; a probe passes unless somebody made the container ill."""
    given: dict[str, Any] = {
        "privileged": traits.privileged,
        "user": traits.user or None,
        "init": traits.init,
        "tty": traits.tty,
    }
    given["log_config"] = LogConfig(type=traits.log_driver)
    given["ports"] = dict.fromkeys(traits.ports)
    if traits.health is not None:
        test = "test ! -e /ill" if traits.health.passes else "false"
        interval = round(traits.health.interval * 1e9)
        given["healthcheck"] = {"test": ["CMD-SHELL", test], "interval": interval, "timeout": 5_000_000_000}
        given["healthcheck"]["retries"] = traits.health.retries
    return given


@asynccontextmanager
async def direct_bench() -> AsyncIterator[Bench]:
    """A world, and the engine in this process."""
    async with trio.open_nursery() as nursery:
        world = World()
        await nursery.start(world.run)
        yield WorldBench(world, DirectEngine(world))
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def embedded_bench() -> AsyncIterator[Bench]:
    """A world, and its engine behind a socket."""
    with TemporaryDirectory(prefix="rx-") as folder:
        async with trio.open_nursery() as nursery:
            world = World()
            path = await nursery.start(serve_world, world, Path(folder) / "d.sock")
            yield WorldBench(world, DockerEngine(resolve(f"unix://{path}", {})))
            nursery.cancel_scope.cancel()
