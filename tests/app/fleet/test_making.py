"""What is different for one of several engines: what its rules may call, and how much it may take."""

import resource
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.act.means import Means, Notices
from reactor.act.notices import NoNotice, folder_of
from reactor.act.programs import environment
from reactor.app.engines import Meant
from reactor.app.fleet.room import make_room
from reactor.app.fleet.watching import House
from reactor.app.front import open_front
from reactor.app.plan import Plan
from reactor.app.planning import draw_up
from reactor.app.settings import Settings
from reactor.app.systemd.notifying import Notifier
from reactor.containment.keeping import usual_most
from reactor.core.container import Run
from reactor.core.ports import EngineInfo
from reactor.core.rules import RuleSet
from reactor.engine.endpoint import resolve
from reactor.journal.clocks import wall
from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.act.build import decide
from tests.core.build import box, cid

RULES = RuleSet((), "v")
INFO = EngineInfo("id", "name", "20.10", "1.41", 0.0, 0)


async def planned(folder: Path, engines: int) -> Plan:
    """The plan of the first of so many engines."""
    found = [
        Meant(
            f"e{number}",
            resolve(f"unix://{folder}/{number}.sock", {}),
            Settings(journal=folder / f"{number}.db", listen="off"),
        )
        for number in range(engines)
    ]
    house = House(found, RULES, None, open_front(Settings(), None), Notifier())
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, World(epoch=wall()), folder / "0.sock")
        async with house.members()[0].prepare() as ready:
            plan = ready.plan
        nursery.cancel_scope.cancel()
    return plan


async def test_a_program_is_told_which_engine_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same id can be on two; and what the docker command would ask of itself is another one, perhaps."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://another:2375")
    plan = await planned(tmp_path, 2)
    found = environment(decide(Run(cid(1), "then")), {"DOCKER_HOST": "tcp://another:2375"}, plan.means.told)
    assert found["REACTOR_ENGINE"] == "e0"
    assert found["DOCKER_HOST"] == f"unix://{tmp_path}/0.sock"


@pytest.mark.parametrize("here", [True, False])
def test_nobody_on_another_host_is_told_by_a_folder_of_this_one(here: bool, tmp_path: Path) -> None:
    """The same path can be here, mounted by a container of another engine: that would hear of an end that is
    not its own."""
    settings = Settings(means=Means(notices=Notices(tmp_path)))
    host = resolve("tcp://10.0.0.1:2375", {}, tls_insecure=True)
    plan = draw_up(host, settings, RULES, INFO, tmp_path / "j.db", here=here)
    told = replace(box(1), binds={"/run/reactor": str(tmp_path)})
    if here:
        assert folder_of(told, plan.means.notices) == tmp_path
    else:
        with pytest.raises(NoNotice, match="not known to be on this host"):
            folder_of(told, plan.means.notices)


async def test_no_engine_takes_the_descriptors_that_a_kill_on_another_one_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (4000, 4000))
    for engines in (2, 8):
        plan = await planned(tmp_path, engines)
        held = usual_most(plan.containment.sharers) if plan.containment is not None else 0
        assert engines * plan.most_streams <= 2000
        assert engines * held <= 1000


def test_several_have_as_many_descriptors_as_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 65536))
    monkeypatch.setattr(resource, "setrlimit", lambda what, limits: asked.append((what, limits)))
    make_room()
    assert asked == [(resource.RLIMIT_NOFILE, (65536, 65536))]
