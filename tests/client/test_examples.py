"""The examples of the page for runners, run as they stand there, beside the real program."""

import asyncio
import re
from functools import partial
from pathlib import Path
from typing import Any

import docker
import pytest
import trio
import trio.testing

from reactor.client import Client, Refused, TooOld, Unreachable, labels
from reactor.testing.tasks import Usage
from tests.app.embedded import apart, monitored

PAGE = (Path(__file__).parents[2] / "docs" / "runners.md").read_text()
EXAMPLE = re.compile(r"<!-- example: (\w+) -->\n```python\n(.*?)```", re.DOTALL)
IMAGE = "busybox:test"


def example(name: str) -> dict[str, Any]:
    """What an example defines."""
    found = dict(EXAMPLE.findall(PAGE))
    space: dict[str, Any] = {}
    exec(compile(found[name], f"docs/runners.md: {name}", "exec"), space)  # noqa: S102 - the page is ours.
    return space


def run_one(run_task: Any, folder: Path, task: str, command: list[str]) -> Any:
    engine = docker.DockerClient(base_url=f"unix://{folder / 'd.sock'}", timeout=60)
    try:
        return run_task(engine, Client(str(folder / "control.sock")), task, IMAGE, command)
    finally:
        engine.close()


async def test_a_threaded_runner_learns_what_became_of_its_tasks(tmp_path: Path) -> None:
    """One that forks beyond the limit, and two that end by themselves."""
    told: dict[str, Any] = {}
    run_task = example("threads")["run_task"]

    async def run(task: str, *command: str) -> None:
        told[task] = await apart(partial(run_one, run_task, tmp_path, task, list(command)))

    async with monitored(tmp_path) as (world, _):
        world.add_image(IMAGE)
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(run, "storm", "forks", "400")
                nursery.start_soon(run, "good", "true")
                nursery.start_soon(run, "bad", "false")
    status, why = told.pop("storm")
    assert status == "cancelled"
    assert why.startswith("reactor ended it by g/pids: pids ")
    assert told == {"good": ("completed", "exit code 0"), "bad": ("failed", "exit code 1")}


async def test_a_runner_with_a_lease_runs_its_tasks_and_gives_it_up(tmp_path: Path) -> None:
    """Whatever it left behind goes then, and nobody else's: here a container that it never waited for."""
    run_tasks, codes = example("lease")["run_tasks"], dict[str, int]()
    config = "owners: {enforce: true}\ntimes: {owner_grace: 1s, creation_grace: 0s, sidecar_grace: 1s}\n"

    def run() -> None:
        engine = docker.DockerClient(base_url=f"unix://{tmp_path / 'd.sock'}", timeout=60)
        try:
            tasks = {"good": ["true"], "bad": ["false"]}
            codes.update(run_tasks(engine, Client(str(tmp_path / "control.sock")), tasks, IMAGE))
        finally:
            engine.close()

    async with monitored(tmp_path, config) as (world, _):
        world.add_image(IMAGE)
        left, others = (
            world.spawn(name=name, labels=dict(labels(task=name, owner=f"lease:{owner}")))
            for name, owner in (("left", "runner-1"), ("others", "runner-2"))
        )
        with trio.fail_after(30):
            await apart(partial(run))
            assert codes == {"good": 0, "bad": 1}
            while left.alive:
                await trio.testing.wait_all_tasks_blocked(0.02)
        assert others.alive


async def test_an_asyncio_runner_is_told_over_a_crash_of_the_monitor(tmp_path: Path) -> None:
    """Each once, in order; then it is cancelled, and nothing of it is left."""
    watch, heard = example("asyncio")["watch"], list[tuple[str, str]]()
    client = Client(str(tmp_path / "control.sock"))

    async def tell(task: str, status: str, _why: str) -> None:
        heard.append((task, status))
        if task == "second":
            raise asyncio.CancelledError

    def run(since: str) -> None:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(watch(client, since, tell))

    async with monitored(tmp_path) as (world, monitor), trio.open_nursery() as nursery:
        since = await apart(partial(client.now))
        nursery.start_soon(apart, partial(run, since))
        with trio.fail_after(30):
            _storm(world, "first")
            while not heard:
                await trio.testing.wait_all_tasks_blocked(0.02)
            monitor.kill9()
            _storm(world, "second")
            monitor.start()
            await apart(partial(monitor.wait_ready))
            while len(heard) < 2:
                await trio.testing.wait_all_tasks_blocked(0.02)
    assert heard == [("first", "cancelled"), ("second", "cancelled")]


def _storm(world: Any, name: str) -> None:
    world.use(world.spawn(name=name, labels=dict(labels(task=name))), Usage(pids=231))


async def test_refusals_are_told_apart(tmp_path: Path) -> None:
    client = Client(str(tmp_path / "control.sock"))
    with pytest.raises(Unreachable):
        client.now()
    async with monitored(tmp_path):
        with pytest.raises(TooOld) as old:
            await apart(partial(client.decisions, "00000000-7"))
        page = await apart(partial(client.decisions, old.value.oldest))
        assert (page.decisions, page.cursor) == ((), old.value.oldest)
        with pytest.raises(TooOld):
            await apart(partial(next, client.follow("00000000-7")))
        with pytest.raises(Refused):
            await apart(partial(client.certificate, "ffff"))


@pytest.mark.parametrize("given", [{}, {"task": "a\nb"}, {"task": " a"}, {"owner": "x"}])
def test_labels_that_say_nothing_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"task|line"):
        labels(**given)


def test_labels_are_those_that_are_read() -> None:
    assert labels(task="t", owner="o", lifetime="2h") == {
        "reactor.task": "t",
        "reactor.owner": "o",
        "reactor.lifetime": "2h",
    }


async def test_a_stream_that_waits_is_ended_from_another_thread(tmp_path: Path) -> None:
    """Beside one that waits for a monitor that is not there."""
    nobody = Client(str(tmp_path / "nobody.sock")).follow()
    async with monitored(tmp_path):
        client = Client(str(tmp_path / "control.sock"))
        waiting = client.follow(await apart(partial(client.now)))
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                for stream in (waiting, nobody):
                    nursery.start_soon(apart, partial(list, stream))
                await trio.testing.wait_all_tasks_blocked(0.3)
                waiting.close()
                nobody.close()
