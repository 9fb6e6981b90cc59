"""The whole monitor in virtual time where the host runs out of memory, by the kernel's own files."""

from dataclasses import replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.core.rules import Rule, RuleSet
from reactor.testing.box import Box
from reactor.testing.tasks import MIB, Usage
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, running, task
from tests.core.written import condition
from tests.kernel.build import KIB, RELEASE, FakeProc

RULE = Rule("host/left", "f:1", when=condition("host.memory_available < 1000MiB"), digest="d")
ONLY = replace(SETUP, rules=RuleSet((RULE,)))
SIZES = (100, 200, 300, 400)


def host(folder: Path, world: World, *, kernel: str = RELEASE) -> FakeProc:
    """The engine's host, as its kernel shows it."""
    world.ground.host_kernel = kernel
    return FakeProc(folder)


async def play_kernel(proc: FakeProc, world: World, boxes: list[Box], left: list[int]) -> None:
    """What is left is so many MiB, and what those had that are over."""
    sizes = dict(zip((box.id for box in boxes), SIZES, strict=True))
    while True:
        back = sum(sizes[box.id] for box in boxes if not box.alive)
        proc.memory(world.ground.host_memory // KIB, (left[0] + back) * 1024)
        await trio.sleep(0.1)


async def test_those_go_that_it_takes_and_the_truth_is_waited_for(
    autojump_clock: MockClock, tmp_path: Path, nursery: trio.Nursery
) -> None:
    world, left = World(), [1200]
    proc = host(tmp_path / "proc", world)
    boxes = [task(world, f"job-{size}", memory_limit=1000 * MIB) for size in SIZES]
    stranger = world.spawn(name="stranger", memory_limit=9000 * MIB)
    for box, size in zip(boxes, SIZES, strict=True):
        world.use(box, Usage(memory=size * MIB))
    world.use(stranger, Usage(memory=8000 * MIB))
    nursery.start_soon(play_kernel, proc, world, boxes, left)
    async with running(world, tmp_path, setup=ONLY, proc=proc.path) as monitor:
        await trio.sleep(20)
        assert monitor.ended() == []
        left[0] = 450
        await trio.sleep(30)
        assert monitor.ended() == ["job-400", "job-300"]
        left[0] = 290  # 990 with what came back: one more, and 1190 is enough.
        await trio.sleep(30)
        assert monitor.ended() == ["job-400", "job-300", "job-200"]
        readings = monitor.numbers.capture().readings
        assert readings.host_memory_known is True
        assert readings.host_memory_available == 1190 * MIB
        assert stranger.alive


async def test_of_another_host_nothing_is_known_and_nobody_goes(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    proc = host(tmp_path / "proc", world, kernel="another")
    proc.memory(world.ground.host_memory // KIB, 1)
    job = task(world, "job")
    world.use(job, Usage(memory=50 * MIB))
    async with running(world, tmp_path, setup=ONLY, proc=proc.path) as monitor:
        await trio.sleep(60)
        assert monitor.ended() == []
        readings = monitor.numbers.capture().readings
        assert readings.host_memory_known is False
        assert readings.host_memory_available is None
        assert readings.rule_unknown == {"host/left": 1}
