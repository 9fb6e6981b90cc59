"""Nobody else is ended in the victim's place, on any engine: names that are ids, later runs, lost answers.

The workers act here as in the monitor; which of them is to be ended is decided by the test.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio

from reactor.act.workers import Workers
from reactor.core.container import Container, State
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.ports import Engine
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from reactor.testing.proxy import Proxy, serve_proxy
from reactor.testing.proxy_faults import Cut, Swallow
from tests.act.build import Notebook, anybody, decide
from tests.contract.benches import Bench

behind_a_socket = pytest.mark.parametrize(
    "kind", ["embedded", pytest.param("docker", marks=pytest.mark.real)], indirect=True
)
QUIET = 1.5
"""Seconds in which a second call would come; the workers look back after one."""


@dataclass
class Acting:
    """Workers on one engine, and what they reported."""

    workers: Workers
    outcomes: list[Outcome] = field(default_factory=list)
    returned: list[Container] = field(default_factory=list)

    async def final(self) -> Outcome:
        """Wait for the end of the one decision that was put."""
        with trio.fail_after(30):
            while not self.outcomes or not self.outcomes[-1].final:  # noqa: ASYNC110 - waits in quarantine, too
                await trio.sleep(0.01)
        (final,) = [outcome for outcome in self.outcomes if outcome.final]
        return final


@asynccontextmanager
async def acting(engine: Engine) -> AsyncIterator[Acting]:
    """Workers that may end anybody."""
    outcomes, returned = list[Outcome](), list[Container]()
    async with trio.open_nursery() as nursery:
        workers = Workers(
            engine,
            Notebook(),
            anybody,
            nursery,
            outcomes.append,
            jitter=lambda: 0.0,
            returned=returned.append,
        )
        workers.start()
        yield Acting(workers, outcomes, returned)
        nursery.cancel_scope.cancel()


async def test_who_is_named_with_the_victims_ids_lives_while_the_victim_dies(bench: Bench) -> None:
    """An engine looks for names before it looks for beginnings of ids."""
    victim = await bench.run()
    others = [await bench.run(name=victim), await bench.run(name=victim[:12])]
    runs = [(await bench.engine.inspect(other)).run for other in others]
    async with acting(bench.engine) as desk:
        desk.workers.put(decide((await bench.engine.inspect(victim)).run))
        assert (await desk.final()).why is Why.ENDED
    await bench.until(victim, State.EXITED)
    for other, run in zip(others, runs, strict=True):
        found = await bench.engine.inspect(other)
        assert (found.run, found.state) == (run, State.RUNNING)


async def test_who_bears_the_victims_id_after_its_removal_lives(bench: Bench) -> None:
    """The name answers in the place of the id that is gone; the decision was made before."""
    victim = await bench.run()
    decision = decide((await bench.engine.inspect(victim)).run)
    await bench.remove(victim)
    impostor = await bench.run(name=victim)
    run = (await bench.engine.inspect(impostor)).run
    async with acting(bench.engine) as desk:
        desk.workers.put(decision)
        final = await desk.final()
        assert (final.result, final.why) == (Result.REFUSED, Why.IMPOSTOR)
        await trio.sleep(QUIET)
    found = await bench.engine.inspect(impostor)
    assert (found.run, found.state) == (run, State.RUNNING)


@behind_a_socket
async def test_the_run_that_was_started_after_a_swallowed_answer_lives(bench: Bench, tmp_path: Path) -> None:
    """The kill was done and its answer lost; nobody could be asked until somebody had started it again."""
    assert isinstance(bench.engine, DockerEngine)
    proxy, path = Proxy(bench.engine.endpoint.address.path), tmp_path / "p.sock"
    victim = await bench.run()
    first = (await bench.engine.inspect(victim)).run
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_proxy, proxy, path)
        async with acting(DockerEngine(resolve(f"unix://{path}", {}))) as desk:
            proxy.fault("kill", Swallow(), 1)
            desk.workers.put(decide(first))
            with trio.fail_after(20):
                while not proxy.counts["kill"]:  # noqa: ASYNC110 - the proxy counts, and tells nobody
                    await trio.sleep(0.001)
            for kind in ("inspect", "list"):
                proxy.fault(kind, Cut())
            await bench.until(victim, State.EXITED)
            await bench.start(victim)
            again = await bench.until(victim, State.RUNNING)
            proxy.heal()
            final = await desk.final()
            await trio.sleep(QUIET)
            assert (final.result, final.why) == (Result.DONE, Why.ENDED)
            assert [container.run for container in desk.returned] == [again.run]
            assert proxy.counts["kill"] == 1
        nursery.cancel_scope.cancel()
    found = await bench.engine.inspect(victim)
    assert (found.run, found.state) == (again.run, State.RUNNING)
    assert again.run != first
