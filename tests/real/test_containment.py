"""Direct ends: of who breaks a rule and nobody else, before the engine is asked, which makes it official."""

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import trio

from reactor.cgroups.mounts import look_for_trees
from reactor.containment.keeping import FROZEN, NO_RECORD, NOT_HELD, Keeper
from reactor.core.container import ContainerId
from reactor.core.ports import Contained
from reactor.engine.calls import DockerEngine
from reactor.engine.endpoint import resolve
from tests.real import deeds
from tests.real.monitor import Monitor, clean_environment, program
from tests.real.scene import PROMISE, Scene
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.engine_cgroups import cgroup_roots
from tools.private_engine import PrivateEngine

PIDS: dict[str, Any] = {"pids": deeds.PIDS}
BY_CGROUP, BY_FREEZE = "contain by cgroup.kill", "contain by cgroup.freeze"
STORM_ON_A_SIGN = deeds.on_a_sign(deeds.STORM[-1])
"""Who storms before he is held, as a busy host may have it, is ended by the engine."""
LONG = 60.0
"""Seconds: the engine is made to stand still, and its containers' beginnings are far back."""
CLOSED = "SELECT * FROM intents WHERE container = ? AND final = 1"


def sign_in(scene: Scene) -> Path:
    """The folder in which a sign to all of them is given."""
    folder = scene.folder / "sign"
    folder.mkdir()
    return folder


def certificate(monitor: Monitor, container: str) -> dict[str, Any]:
    """What is on record of its end, when all of it is."""
    until(lambda: monitor.rows(CLOSED, container) and monitor.exits(container), 10, "it is on record")
    command = program("show", container, "--journal", str(monitor.journal_file), "--json")
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=clean_environment())
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def calls(told: dict[str, Any], what: str) -> list[float]:
    """When something was done, in seconds after the decision."""
    return [call["at"] for call in told["calls"] if call["what"] == what]


def first_process(scene: Scene, container: str) -> int:
    """The first process of a container, as the host numbers it."""
    return int(scene.truth.state(container)["Pid"])


def unified_of(pid: int) -> Path:
    """The directory of a process in the tree of version 2."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    path = next(line.removeprefix("0::") for line in lines if line.startswith("0::"))
    return cgroup_roots()["unified"] / path.lstrip("/")


def is_populated(folder: Path) -> bool:
    """Whether a process is in it."""
    return "populated 1" in _read(folder / "cgroup.events")


def is_frozen(folder: Path) -> bool:
    """Whether its processes stand still."""
    return "frozen 1" in _read(folder / "cgroup.events")


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def test_who_breaks_a_limit_is_contained_and_nobody_else(
    lone_scene: Scene, measured: Callable[[str], None]
) -> None:
    """A storm, one that would be restarted, one that lives among another's processes, and those near them."""
    with lone_scene.monitor() as monitor:
        who_breaks_a_limit_is_contained(lone_scene, monitor, measured)


def who_breaks_a_limit_is_contained(scene: Scene, monitor: Monitor, measured: Callable[[str], None]) -> None:
    """All are held when the sign is given: a monitor of their own knows how many they are."""
    sign = sign_in(scene)
    storming: dict[str, Any] = {**PIDS, **deeds.sees(sign)}
    host = scene.run(deeds.AT_THE_LIMIT, task="host", pids=deeds.PIDS)
    policed = scene.run(deeds.AT_THE_LIMIT, task="policed", restart="always", pids=deeds.PIDS)
    scene.innocent(host, policed)
    storm = scene.run(STORM_ON_A_SIGN, task="storm", **storming)
    again = scene.run(STORM_ON_A_SIGN, task="again", restart="always", **storming)
    guest = scene.run(STORM_ON_A_SIGN, task="guest", pid_mode=f"container:{host}", **storming)
    until(lambda: monitor.metric("reactor_containment_held") == 5, 20, "all are held")
    side = scene.run(deeds.SERVE, serves="storm")
    for each in (storm, again, guest):
        scene.guilty(each, since=scene.truth.now())
    (sign / "go").touch()
    until(lambda: scene.truth.lives(storm)[0].died, 2 * PROMISE, "the storm is ended")
    scene.guilty(side, since=scene.truth.lives(storm)[0].died)
    scene.verdict()
    for container, how, basis in (
        (storm, BY_CGROUP, "contained"),
        (again, BY_FREEZE, ""),
        (guest, BY_CGROUP, "contained"),
    ):
        told = certificate(monitor, container)
        assert (told["result"], told["why"], told["times"]) == ("done", "ended", 1)
        ending = told["ending"]
        assert (ending["exit_code"], ending["cause"], ending["basis"]) == (137, "reactor", basis)
        assert len(calls(told, how)) == 1, told["calls"]
        ((contained,), asked) = calls(told, how), calls(told, "kill")
        assert contained < min([*calls(told, "inspect"), *asked]), "before anything was asked of the engine"
        assert len(asked) == 1 if how == BY_FREEZE else len(asked) <= 1
        assert len(scene.truth.events(container, "die")) == 1
        assert scene.truth.state(container)["Running"] is False, "no policy has brought it back"
        took = f"{contained * 1000:.1f} ms after the decision, died after {ending['died'] * 1000:.0f} ms"
        measured(f"{scene.charges.names[container]}: {how}, {took}")
    assert "stop" in [said.action for said in scene.truth.events(side)], "a sidecar is asked to go"
    assert (monitor.metric("reactor_contained_total", how="cgroup.kill", outcome="ended") or 0) >= 2
    assert monitor.metric("reactor_contained_total", how="thaw", outcome="failed") == 0


async def test_what_is_held_is_frozen_thawed_and_ended_and_who_is_beside_it_is_not(
    containers: Containers,
) -> None:
    """On this host's own cgroups, whoever made them; the engine ends who is frozen as it does others."""
    engine, one = DockerEngine(resolve(containers.docker_host, {})), deeds.processes(5)
    ids = [containers.run(one), *(containers.run(one, restart="always") for _ in range(3))]
    plain, policed, lucky, near = [await engine.inspect(ContainerId(each)) for each in ids]
    folders = {each.run: unified_of(each.pid) for each in (plain, policed, lucky, near)}
    keeper = Keeper(look_for_trees(), engine.inspect)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        keeper.want({each.run: each for each in (plain, policed, lucky)})
        with trio.fail_after(10):
            # Nobody tells that somebody is held now.
            while keeper.statistics().held < 3:  # noqa: ASYNC110
                await trio.sleep(0.05)
        assert keeper.contain(near.run, near).why == NOT_HELD
        assert keeper.contain(lucky.run, lucky, recorded=False) == Contained(why=NO_RECORD)
        for each in (policed, lucky):
            assert keeper.contain(each.run, each) == Contained("cgroup.freeze", frozen=True)
            until(partial(is_frozen, folders[each.run]), 10, "it stands still")
            assert keeper.contain(each.run, each) == Contained(why=FROZEN)
        assert keeper.thaw(lucky.run) == ""
        until(lambda: not is_frozen(folders[lucky.run]), 10, "it goes on")
        assert keeper.contain(plain.run, plain) == Contained("cgroup.kill", ended=True)
        until(lambda: not is_populated(folders[plain.run]), 10, "all of it has ended")
        await engine.kill(ContainerId(policed.id))
        until(lambda: not containers.is_running(policed.id), 10, "it has ended, frozen as it was")
        assert keeper.thaw(policed.run) == "", "nothing is left to be thawed, or all of it was"
        # That one ended without the engine, which finds out by itself.
        until(lambda: not containers.is_running(plain.id), 10, "the engine knows of the other end, too")
        nursery.cancel_scope.cancel()
    assert [containers.is_running(each) for each in ids] == [False, False, True, True]
    for each in (lucky, near):
        assert is_populated(folders[each.run])
        assert not is_frozen(folders[each.run])


def test_killed_in_between_it_is_ours_and_nothing_stays_frozen(
    private_engine: PrivateEngine, private_scene: Scene
) -> None:
    """The engine stands still, the monitor ends one, freezes another, and is killed: the next one goes on."""
    scene, sign = private_scene, sign_in(private_scene)
    storming: dict[str, Any] = {**PIDS, **deeds.sees(sign)}
    with scene.monitor(config="profile: normal\n") as monitor:
        near = scene.run(deeds.AT_THE_LIMIT, task="near", restart="always", pids=deeds.PIDS)
        scene.innocent(near)
        storm = scene.guilty(scene.run(STORM_ON_A_SIGN, task="storm", **storming), LONG)
        again = scene.guilty(scene.run(STORM_ON_A_SIGN, task="again", restart="always", **storming), LONG)
        until(lambda: monitor.metric("reactor_containment_held") == 3, 10, "all are held")
        assert monitor.said("containers can be ended directly")
        folders = {each: unified_of(first_process(scene, each)) for each in (storm, again)}
        private_engine.sigstop()
        try:
            (sign / "go").touch()
            until(
                lambda: not is_populated(folders[storm]),
                10,
                "the storm is over, and no engine had a hand in it",
            )
            until(lambda: is_frozen(folders[again]), 10, "the other one stands still")
            monitor.kill9()
            assert is_frozen(folders[again]), "nobody is there who could thaw it"
            # The engine may carry out what the monitor had told it as soon as it goes on.
            assert is_populated(folders[again]), "and nobody has ended it"
        finally:
            private_engine.sigcont()
        monitor.start()
        monitor.wait_ready()
        scene.verdict()
        # Or it is over before anybody could thaw it: by the call of the monitor that was killed, which the
        # engine carries out when it goes on, or by the next one's.
        until(
            lambda: (
                monitor.said("an earlier monitor left it frozen; it was thawed", container_id=again)
                or monitor.said("the container was over already", id=again[:12])
                or monitor.said("the container was ended", id=again[:12])
            ),
            10,
        )
        was_over = monitor.said("the container was over already", id=again[:12])
        for each, basis in ((storm, "intent"), (again, "intent" if was_over else "")):
            told = certificate(monitor, each)
            assert (told["result"], told["ending"]["cause"], told["ending"]["basis"]) == (
                "done",
                "reactor",
                basis,
            )
            assert len(scene.truth.events(each, "die")) == 1
            assert not is_frozen(folders[each])
            assert scene.truth.state(each)["Running"] is False
