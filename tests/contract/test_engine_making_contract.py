"""What an engine owes those who make containers: all that was ordered, or a word why not; for every kind."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from reactor.core.container import Container, ContainerId, Limits, State
from reactor.core.ports import CannotMake, NoSuchContainer
from reactor.core.recipes import Bind, Port, Probe, Recipe
from tests.contract.benches import MIB, Bench
from tests.contract.test_engine_contract import UNKNOWN, actions, heard
from tests.contract.test_engine_traits_contract import until_health
from tests.tooling.containers import unique_name
from tests.tooling.patience import patient
from tools.private_engine import TEST_IMAGE

LIMITS = Limits(pids=40, memory=96 * MIB, swap=128 * MIB, cpu=0.5)
TAKES_4S = ("sh", "-c", "sleep 4; touch /ready; exec sleep 100000")
"""Long enough for a look before it is over."""
PROBE = Probe(("CMD", "test", "-e", "/ready"), interval=0.25, timeout=5.0, retries=100)
ANYWHERE = "0.0.0.0"  # noqa: S104 - Where there is nobody who could come in.
FOR_EVER = ("sleep", "100000")


def recipe(**given: Any) -> Recipe:
    """A container that does nothing, with a name of its own."""
    usual = Recipe(unique_name(), TEST_IMAGE, LIMITS, FOR_EVER, network_mode="none")
    return replace(usual, **given)


async def why_not(bench: Bench, wanted: Recipe) -> tuple[str, str]:
    """Why it is not created, in a word and in a sentence."""
    with pytest.raises(CannotMake) as refused:
        await bench.make(wanted)
    return refused.value.why, str(refused.value)


async def refused_start(bench: Bench, container: ContainerId) -> tuple[str, str]:
    """Why it does not start, in a word and in a sentence."""
    with pytest.raises(CannotMake) as refused:
        await bench.maker.start(container)
    return refused.value.why, str(refused.value)


async def test_what_is_made_is_what_was_ordered(bench: Bench, tmp_path: Path) -> None:
    """It is not started by that, and nothing of it is left to the engine's own taste."""
    (tmp_path / "data").mkdir()
    wanted = recipe(
        entrypoint=("sh", "-c"),
        command=("sleep 7",),
        environment={"PGDATA": "/data", "EMPTY": "", "LIKE": "a=b c"},
        labels={"reactor.sidecar-of": "t-1", "odd": 'a"b\n'},
        binds=(Bind(str(tmp_path / "data"), "/data"), Bind(str(tmp_path), "/all", read_only=True)),
        ports=(Port(80, 8080), Port(53, protocol="udp"), Port(80, 8081, address=ANYWHERE)),
        probe=PROBE,
        user="999:999",
        working_dir="/data",
        network_mode="bridge",
        stop_grace=2.5,
        restart="on-failure:3",
        read_only=True,
    )
    found = await bench.engine.inspect(await bench.make(wanted))
    assert (found.state, found.run.started_at, found.exit_code) == (State.CREATED, "", None)
    assert (found.name, found.image, found.command) == (wanted.name, TEST_IMAGE, "sh -c sleep 7")
    assert (found.limits, found.labels) == (LIMITS, wanted.labels)
    assert (found.user, found.init, found.restart_policy) == ("999:999", True, "on-failure")
    assert (found.health_check, found.privileged, found.auto_remove) == (True, False, False)
    assert found.ports == ("53/udp", "80/tcp")
    assert found.binds == {"/data": str(tmp_path / "data"), "/all": str(tmp_path)}
    check_document(await bench.document(found.id))


def check_document(found: dict[str, Any]) -> None:
    """What is only in the engine's own words."""
    config, host = found["Config"], found["HostConfig"]
    assert {"PGDATA=/data", "EMPTY=", "LIKE=a=b c"} <= set(config["Env"])
    assert (config["Entrypoint"], config["Cmd"], config["WorkingDir"]) == (["sh", "-c"], ["sleep 7"], "/data")
    assert (host["ReadonlyRootfs"], host["RestartPolicy"]["MaximumRetryCount"]) == (True, 3)
    assert {mount["Destination"]: mount["RW"] for mount in found["Mounts"]} == {"/data": True, "/all": False}
    assert host["PortBindings"]["80/tcp"] == [
        {"HostIp": "127.0.0.1", "HostPort": "8080"},
        {"HostIp": ANYWHERE, "HostPort": "8081"},
    ]
    assert host["PortBindings"]["53/udp"] == [{"HostIp": "127.0.0.1", "HostPort": ""}]
    check = config["Healthcheck"]
    assert (check["Test"], check["Interval"], check["Retries"]) == (list(PROBE.test), 250_000_000, 100)
    assert config["StopTimeout"] == 3


async def test_a_start_is_one_start_however_often_and_health_comes_when_it_comes(bench: Bench) -> None:
    """Of one that is paused a start is refused, and wakes nobody."""
    info = await bench.engine.identify()
    made = await bench.make(recipe(command=TAKES_4S, probe=PROBE))
    began = trio.current_time()
    await bench.maker.start(made)
    await bench.maker.start(made)
    first = await bench.engine.inspect(made)
    assert (first.state, first.health) == (State.RUNNING, "starting")
    ready = await until_health(bench, made, "healthy")
    assert 3.5 < trio.current_time() - began < patient(20)
    assert ready.run == first.run
    await bench.engine.pause(made)
    assert (await refused_start(bench, made))[0] == "start"
    assert (await bench.engine.inspect(made)).state is State.PAUSED
    told = actions(await heard(bench, info.now - 1, "pause", of=made))
    assert told == ["create", "start", "health_status", "pause"]


async def test_each_reason_not_to_make_one_is_said_and_nothing_is_left(bench: Bench, tmp_path: Path) -> None:
    away = str(tmp_path / "away")
    bench.lack(away)
    good = recipe()
    made = await bench.make(good)
    before = {row.id for row in await bench.engine.list()}
    why, said = await why_not(bench, recipe(image="nobody/has-it:1"))
    assert (why, "nobody/has-it:1" in said) == ("image", True)
    why, said = await why_not(bench, good)
    assert (why, good.name in said) == ("name", True)
    why, said = await why_not(bench, recipe(binds=(Bind(away, "/data"),)))
    assert (why, away in said) == ("bind", True)
    assert not await trio.Path(away).exists(), "it would be root's own"
    for wrong in (
        recipe(name="no/name"),
        recipe(name='quote"&all=1#?'),
        recipe(network_mode=f"container:{made}", ports=(Port(80, 8080),)),
        recipe(limits=replace(LIMITS, memory=MIB, swap=MIB)),
        recipe(limits=replace(LIMITS, pids=None)),
        recipe(command=()),
    ):
        assert (await why_not(bench, wrong))[0] == "refused"
    assert {row.id for row in await bench.engine.list()} == before


async def test_more_cpus_than_there_are_is_all_of_them(bench: Bench) -> None:
    """The usual limit is two, and a host may have one."""
    found = await bench.engine.inspect(await bench.make(recipe(limits=replace(LIMITS, cpu=4096.0))))
    assert found.limits.cpu is not None
    assert 1 <= found.limits.cpu < 4096


async def test_who_cannot_be_started_stays_as_it_was_made(bench: Bench) -> None:
    """Created, never started, with a code; whoever plans takes it away."""
    lone, gone = await bench.make(recipe()), await bench.make(recipe())
    cases = {
        await bench.make(recipe(command=("/no/such/program",), init=False)): 127,
        await bench.make(recipe(network_mode=f"container:{lone}")): 128,
        await bench.make(recipe(network_mode=f"container:{gone}")): 128,
    }
    assert await bench.engine.remove(gone, force=True) == 204
    for container, code in cases.items():
        assert (await refused_start(bench, container))[0] == "start"
        left: Container = await bench.engine.inspect(container)
        assert (left.state, left.exit_code, left.run.started_at) == (State.CREATED, code, "")
        assert await bench.engine.remove(container, force=True) == 204
    with pytest.raises(NoSuchContainer):
        await bench.maker.start(next(iter(cases)))
    with pytest.raises(NoSuchContainer):
        await bench.maker.start(UNKNOWN)
    assert (await bench.engine.inspect(lone)).state is State.CREATED


async def test_an_init_finds_out_by_itself_that_there_is_no_program(bench: Bench) -> None:
    """The start is good then, and so is the container, for a moment."""
    made = await bench.make(recipe(command=("/no/such/program",)))
    await bench.maker.start(made)
    assert (await bench.until(made, State.EXITED)).exit_code == 127


async def test_a_port_that_somebody_else_has_is_said_and_free_again_with_his_end(
    publishing_bench: Bench,
) -> None:
    bench = publishing_bench
    wanted = Port(80, 8080, address=ANYWHERE)
    first = await bench.make(recipe(network_mode="bridge", ports=(wanted, Port(81, address=ANYWHERE))))
    await bench.maker.start(first)
    assert (await bench.engine.inspect(first)).ports == ("80/tcp", "81/tcp")
    second = await bench.make(recipe(network_mode="bridge", ports=(wanted,)))
    why, said = await refused_start(bench, second)
    assert (why, "8080" in said) == ("port", True)
    left = await bench.engine.inspect(second)
    assert (left.state, left.exit_code) == (State.CREATED, 128)
    await bench.engine.kill(first)
    # A kill may be answered before the port is given back; who is seen to be over has nothing any more.
    await bench.until(first, State.EXITED)
    await bench.maker.start(second)
    assert (await bench.engine.inspect(second)).state is State.RUNNING
