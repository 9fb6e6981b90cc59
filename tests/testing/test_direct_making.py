"""Making containers in the engine of this process, in virtual time."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import trio
from trio.testing import MockClock

from reactor.core.container import ContainerId, Limits, State
from reactor.core.ports import CannotMake, DeadlinePassed, EngineUnreachable, NoSuchContainer
from reactor.core.recipes import Bind, Port, Probe, Recipe
from reactor.testing.direct import DirectEngine
from reactor.testing.faults import Hang, Kind, Swallow
from reactor.testing.tasks import MIB, CannotStart, Serves
from reactor.testing.world import World

PLAIN = Recipe("made", "app:1", Limits(40, 64 * MIB, None, 0.5))


@pytest.fixture
async def engine() -> AsyncIterator[DirectEngine]:
    """Give an engine with one image, on a world that happens by itself."""
    made = DirectEngine(World())
    made.world.add_image("app:1", {}, ("serves",))
    async with trio.open_nursery() as nursery:
        await nursery.start(made.world.run)
        yield made
        nursery.cancel_scope.cancel()


async def refusal(engine: DirectEngine, recipe: Recipe) -> str:
    """Why it cannot be created."""
    with pytest.raises(CannotMake) as refused:
        await engine.create(recipe)
    return refused.value.why


async def refused_start(engine: DirectEngine, recipe: Recipe) -> tuple[str, State, int | None]:
    """Why it cannot be started, and how it is left."""
    made = await engine.create(recipe)
    with pytest.raises(CannotMake) as refused:
        await engine.start(made)
    found = await engine.inspect(made)
    return refused.value.why, found.state, found.exit_code


async def test_without_a_command_it_runs_what_its_image_says(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    made = await engine.create(PLAIN)
    assert (await engine.inspect(made)).state is State.CREATED
    await engine.start(made)
    await engine.start(made)
    found = await engine.inspect(made)
    assert (found.state, found.command, found.limits) == (
        State.RUNNING,
        "serves",
        Limits(40, 64 * MIB, 64 * MIB, 0.5),
    )
    assert isinstance(engine.world.find(made).recipe.task, Serves)
    other = await engine.create(replace(PLAIN, name="other", entrypoint=("/else",)))
    assert isinstance(engine.world.find(other).recipe.task, CannotStart), "not with the image's words"


async def test_what_it_says_of_its_making(engine: DirectEngine, autojump_clock: MockClock) -> None:
    world = engine.world
    assert await refusal(engine, replace(PLAIN, image="app:2")) == "image"
    world.ground.has_path = {"/there"}.__contains__
    away, there = (replace(PLAIN, binds=(Bind(source, "/data"),)) for source in ("/away", "/there"))
    assert await refusal(engine, away) == "bind"
    await engine.create(there)
    assert await refusal(engine, PLAIN) == "name"
    assert await refusal(engine, replace(PLAIN, name="no/name")) == "refused"
    assert await refusal(engine, replace(PLAIN, name="small", limits=Limits(9, MIB, None, 1.0))) == "refused"
    assert await refusal(engine, replace(PLAIN, name="free", limits=Limits(9, 64 * MIB))) == "refused"
    assert (
        await refusal(engine, replace(PLAIN, name="none", limits=Limits(0, 64 * MIB, None, 1.0))) == "refused"
    )
    assert [box.name for box in world.boxes] == ["made"]


async def test_a_port_is_taken_as_long_as_somebody_who_has_it_runs(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    one = replace(PLAIN, ports=(Port(80, 8080), Port(81)))
    first = await engine.create(one)
    await engine.start(first)
    assert await refused_start(engine, replace(one, name="b1")) == ("port", State.CREATED, 128)
    everywhere = replace(one, name="c1", ports=(Port(9, 8080, address="0.0.0.0"),))  # noqa: S104 - a wish
    assert await refused_start(engine, everywhere) == ("port", State.CREATED, 128)
    for name, port in (("d1", Port(80, 8081)), ("e1", Port(80, 8080, "udp")), ("f1", Port(80))):
        await engine.start(await engine.create(replace(one, name=name, ports=(port,))))
    await engine.start(
        await engine.create(replace(one, name="g1", ports=(Port(80, 8080, address="127.0.0.2"),)))
    )
    await engine.kill(first)
    await engine.start(engine.world.find("b1").id)


async def test_a_start_that_fails_leaves_it_created(engine: DirectEngine, autojump_clock: MockClock) -> None:
    assert await refused_start(engine, replace(PLAIN, command=("/no/such",), init=False)) == (
        "start",
        State.CREATED,
        127,
    )
    main = await engine.create(replace(PLAIN, name="main"))
    joined = replace(PLAIN, name="joined", network_mode=f"container:{main}")
    assert await refused_start(engine, joined) == ("start", State.CREATED, 128)
    await engine.remove(main, force=True)
    with pytest.raises(CannotMake) as refused:
        await engine.start(engine.world.find("joined").id)
    assert refused.value.why == "start", "it is there, and the other one is not"
    with pytest.raises(NoSuchContainer):
        await engine.start(ContainerId("f" * 64))
    with pytest.raises(ValueError, match="full id"):
        await engine.start(ContainerId("joined"))


async def test_health_comes_with_the_first_probe_that_passes(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    words = ("sh", "-c", "sleep 2; touch /ready; exec sleep 100000")
    probe = Probe(("CMD", "test", "-e", "/ready"), interval=0.5, retries=20)
    ready = await engine.create(replace(PLAIN, command=words, probe=probe))
    never = await engine.create(
        replace(PLAIN, name="never", command=("sleep", "inf"), probe=replace(probe, retries=3))
    )
    for each in (ready, never):
        await engine.start(each)
    await trio.sleep(1.9)
    assert [(await engine.inspect(each)).health for each in (ready, never)] == ["starting", "unhealthy"]
    await trio.sleep(0.2)
    assert [(await engine.inspect(each)).health for each in (ready, never)] == ["healthy", "unhealthy"]


async def test_an_answer_that_is_lost_leaves_the_name_in_the_list(
    engine: DirectEngine, autojump_clock: MockClock
) -> None:
    engine.script.next(Kind.CREATE, Swallow())
    with pytest.raises(EngineUnreachable):
        await engine.create(PLAIN)
    assert [row.name for row in await engine.list()] == ["made"]
    assert await refusal(engine, PLAIN) == "name"
    engine.script.next(Kind.START, Hang())
    with pytest.raises(DeadlinePassed):
        await engine.start(engine.world.find("made").id)
    engine.world.crash()
    with pytest.raises(EngineUnreachable):
        await engine.create(PLAIN)
