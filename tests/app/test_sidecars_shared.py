"""Sidecars of tasks that others reach into: who asks, pauses or cannot be read does so for himself only."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.sidecars.working import Labour, Work
from reactor.core.container import State
from reactor.core.ports import EngineAnswered
from reactor.core.provisions import Task
from reactor.core.recipes import OnFailure, Provisions, SidecarSet, made_name
from reactor.core.rules import Rule, RuleSet
from reactor.core.selector import Selector
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from reactor.testing.faults import Fail, Hang, Kind
from reactor.testing.history import What
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.provided import (
    API,
    DB,
    PROBE,
    happened,
    life,
    main,
    named,
    provisions,
    setup,
    template,
)
from tests.core.build import pids_over

LATE = template(
    "late",
    command=("sh", "-c", "sleep 20; touch /ready; exec sleep 100000"),
    probe=replace(PROBE, retries=100),
)
"""One that is ready after 20 s."""


async def test_whoever_joins_a_task_asks_for_himself(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """What he asks for ends him and holds him, and nobody else."""
    bad = template("bad", image="nope:1", on_failure=OnFailure.END)
    chosen = SidecarSet("s", ("db",), (Selector(label="tier", value="web"),))
    sets = (SidecarSet("t", ("bad",), asked=True), chosen, SidecarSet("u", ("late",), asked=True, hold=True))
    near = {"reactor.task": "t1", "reactor.sidecars": "bad"}
    async with life(world, tmp_path, setup(Provisions((DB, bad, LATE), sets))) as monitor:
        box = main(world)
        await trio.sleep(6)
        stranger = world.spawn(name="stranger", labels=near, pids_limit=256)
        waiting = world.spawn(name="waiting", labels={**near, "reactor.sidecars": "late"}, pids_limit=256)
        await trio.sleep(10)
        assert [each.state for each in (box, stranger, waiting)] == [
            State.RUNNING,
            State.EXITED,
            State.PAUSED,
        ]
        await trio.sleep(20)
        assert (waiting.state, monitor.states()) == (State.RUNNING, {"db": "ready", "late": "ready"})
    assert ("paused", "main") not in happened(world, What.PAUSED)


async def test_nothing_is_tried_for_a_main_that_is_being_ended(
    autojump_clock: MockClock, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end hangs; until it is over its sidecar is not asked for again and again."""
    rounds: list[str] = []
    work = Work.do

    async def counted(self: Work, task: Task, steps: Sequence[Labour]) -> None:
        rounds.append(task.name)
        await work(self, task, steps)

    monkeypatch.setattr(Work, "do", counted)
    async with life(world, tmp_path, setup(provisions(template("db", image="nope:1")))) as monitor:
        box = main(world)
        await trio.sleep(5)
        for script in (monitor.watching.script, monitor.hands.script):
            script.always(Kind.KILL, Hang())
            script.always(Kind.STOP, Hang())
        world.use(box, Usage(pids=250))
        await trio.sleep(3)
        entry, before = monitor.monitor.state.entries.get(box.id), len(rounds)
        assert entry is not None
        assert (bool(entry.ending), entry.alive, before > 0) == (True, True, True)
        await trio.sleep(20)
        assert len(rounds) == before


@pytest.mark.parametrize("well", [True, False], ids=["done", "failed"])
async def test_what_a_rule_has_paused_is_not_let_go_on_by_us(
    autojump_clock: MockClock, world: World, tmp_path: Path, *, well: bool
) -> None:
    """It is the rule's from then on, also for the next monitor; unless the rule did not come to it."""
    rule = Rule("g/p", "f:3", when=pids_over(150), action=Action.PAUSE, then=(Stage(Action.PAUSE),))
    given = setup(provisions(LATE, hold=True), RuleSet((rule,)))
    async with life(world, tmp_path, given) as monitor:
        box = main(world)
        await trio.sleep(2)
        assert box.state is State.PAUSED
        if not well:
            monitor.hands.script.always(Kind.INSPECT, Fail(EngineAnswered(500, "busy")))
        world.use(box, Usage(pids=200))
        await trio.sleep(3)
        if not well:
            world.use(box, Usage(pids=20))
            await trio.sleep(3)
            monitor.hands.script.always(Kind.INSPECT, None)
        await trio.sleep(40)
        assert monitor.states() == {"late": "ready"}
        assert (box.state is State.PAUSED) is well
    async with life(world, tmp_path, given):
        await trio.sleep(30)
        assert (box.state is State.PAUSED) is well


async def test_one_whose_image_cannot_be_read_stands_in_nobodys_way(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """It has the name of a sidecar that is not asked for; the main is held no longer for it."""
    async with life(world, tmp_path, setup(provisions(DB, API, hold=True))) as monitor:
        box = main(world)
        await trio.sleep(0.5)
        assert box.state is State.PAUSED
        world.add_image("odd:1", {}, ("serves",))
        labels = {"reactor.sidecar-of": "t1", "reactor.template": "x"}
        world.spawn(name=made_name("t1", "x"), image="odd:1", labels=labels)
        world.drop_image("odd:1")
        await trio.sleep(10)
        assert (box.state, monitor.states()) == (State.RUNNING, {"db": "ready", "api": "ready"})


async def test_networks_that_are_shared_are_those_of_now(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """After a restart of the main, and after a sidecar that others join was made anew."""
    joins = template("joins", network_mode="main", on_failure=OnFailure.END)
    served = template("served", needs=("db",), network_mode="service:db", on_failure=OnFailure.IGNORE)
    given = provisions(DB, joins, served)
    async with life(world, tmp_path, setup(given)) as monitor:
        box = main(world)
        await trio.sleep(6)
        before = {name: named(world, name)[0].id for name in monitor.states()}
        world.restart(box)
        await trio.sleep(20)
        after = {name: named(world, name)[0].id for name in monitor.states()}
        assert [name for name in before if before[name] != after[name]] == ["joins"]
        world.kill(named(world, "db")[0])
        await trio.sleep(30)
        assert monitor.states() == dict.fromkeys(("db", "joins", "served"), "ready")
        entry = monitor.monitor.state.entries.get(named(world, "served")[0].id)
        assert entry is not None
        assert entry.container.joins == {named(world, "db")[0].id}
        assert box.state is State.RUNNING


async def test_a_network_is_joined_of_who_asked_for_it(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Whoever says that he is of the task, and was there before, gets nobody into his network."""
    given = provisions(template("joins", network_mode="main"))
    async with life(world, tmp_path, setup(given)) as monitor:
        world.spawn(name="stranger", labels={"reactor.task": "t1"}, pids_limit=256)
        await trio.sleep(2)
        box = main(world)
        await trio.sleep(8)
        assert monitor.states() == {"joins": "ready"}
        entry = monitor.monitor.state.entries.get(named(world, "joins")[0].id)
        assert entry is not None
        assert entry.container.joins == {box.id}
