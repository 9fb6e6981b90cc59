"""Sidecars beside tasks in virtual time: in order and back, held for, failed, and never left behind."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from reactor.app.sidecars.service import Provisioning
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.container import State
from reactor.core.facts import Held, Resumed
from reactor.core.orders import Hold
from reactor.core.recipes import Bind, Folder, OnFailure, Port, Provisions, made_name, plain_name
from reactor.core.state import Setup
from reactor.testing.box import Box
from reactor.testing.faults import Kind
from reactor.testing.history import What
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.provided import (
    API,
    DB,
    WEB,
    Killed,
    alive,
    happened,
    life,
    main,
    named,
    provisions,
    setup,
    template,
    world_with,
)

BOTH = provisions(DB, API)


async def test_they_come_in_order_and_go_in_reverse(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Each is ready before the next is made; after the main's end each is over before the next is asked."""
    near = [
        world.spawn(name="other", labels={"reactor.task": "t2", "tier": "webs"}),
        world.spawn(name="stranger", labels={"reactor.template": "db", "reactor.sidecar-of": "t9"}),
    ]
    async with life(world, tmp_path, setup(BOTH)) as monitor:
        box = main(world)
        await trio.sleep(1)
        assert monitor.states() == {"db": "starting", "api": "waiting"}
        await trio.sleep(4)
        assert monitor.states() == {"db": "ready", "api": "ready"}
        assert happened(world, What.CREATED, What.STARTED)[-4:] == [
            ("created", "db"),
            ("started", "db"),
            ("created", "api"),
            ("started", "api"),
        ]
        world.use(box, Usage(pids=250))
        await trio.sleep(15)
    assert happened(world, What.STOP, What.DIED, What.REMOVED) == [
        ("died", "main"),
        ("stop", "api"),
        ("died", "api"),
        ("stop", "db"),
        ("died", "db"),
        ("removed", "api"),
        ("removed", "db"),
    ]
    assert all(each.state is State.RUNNING for each in near)


async def test_a_main_that_ends_by_itself_takes_them_along_too(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """In reverse order, soon, and not when it is only restarted, or while another main of the task lives."""
    async with life(world, tmp_path, setup(BOTH)) as monitor:
        one, two = main(world), main(world, "second")
        await trio.sleep(6)
        world.restart(one)
        await trio.sleep(10)
        world.kill(one)
        await trio.sleep(20)
        assert monitor.states() == {"db": "ready", "api": "ready"}
        assert happened(world, What.DIED)[2:] == []
        assert two.state is State.RUNNING
        world.kill(two)
        await trio.sleep(8)
        assert alive(world) == []
    assert happened(world, What.DIED, What.REMOVED)[-4:] == [
        ("died", "api"),
        ("died", "db"),
        ("removed", "api"),
        ("removed", "db"),
    ]


async def test_a_main_is_held_until_all_are_ready(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Paused as soon as it is seen, let go on when they are ready, and left alone by us from then on."""
    async with life(world, tmp_path, setup(provisions(DB, API, hold=True))):
        box = main(world)
        await trio.sleep(1)
        assert is_paused(box)
        await trio.sleep(4)
        assert box.state is State.RUNNING
        world.pause(box)
        await trio.sleep(30)
        assert is_paused(box), "whoever pauses it later is somebody else"
    async with life(world, tmp_path, setup(provisions(DB, API, hold=True))):
        await trio.sleep(30)
        assert is_paused(box)


async def test_a_clean_stop_lets_the_held_go_on(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """And so does a reload that takes the set away."""
    async with life(world, tmp_path, setup(provisions(DB, hold=True))):
        box = main(world)
        await trio.sleep(1)
        assert is_paused(box)
    assert box.state is State.RUNNING
    other = main(world, "other", labels={**WEB, "reactor.task": "t2"})
    async with life(world, tmp_path, setup(provisions(DB, hold=True))) as monitor:
        await trio.sleep(1)
        assert is_paused(other)
        monitor.monitor.reload(setup(provisions()))
        await trio.sleep(1)
        assert other.state is State.RUNNING


async def test_a_rule_ends_a_held_main_and_the_next_monitor_lets_one_go_on(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Its rules may have changed meanwhile; what somebody else has paused stays so."""
    never = replace(DB, recipe=replace(DB.recipe, command=("serves",)))
    held = setup(provisions(never, hold=True))
    script = Killed(0, after=False)
    theirs = world.spawn(name="theirs", labels={"reactor.task": "t3"})
    world.pause(theirs)
    async with life(world, tmp_path, held, script=script):
        bad, good = main(world, "bad"), main(world, "good", labels={**WEB, "reactor.task": "t2"})
        await trio.sleep(3)
        assert is_paused(bad)
        world.use(bad, Usage(pids=250))
        await trio.sleep(10)
        assert bad.state is State.EXITED
        assert is_paused(good)
        script.dead.set()
        await trio.sleep(1000)
    assert is_paused(good)
    async with life(world, tmp_path, setup(Provisions())):
        await trio.sleep(3)
        assert good.state is State.RUNNING
        assert is_paused(theirs)


@pytest.mark.parametrize("policy", list(OnFailure))
async def test_what_becomes_of_a_task_whose_sidecar_cannot_be_had(
    autojump_clock: MockClock, world: World, tmp_path: Path, policy: OnFailure
) -> None:
    """Its image is not there: tried again with growing pauses, the task ended, or gone on without."""
    gone = template("gone", image="away:1", on_failure=policy)
    async with life(world, tmp_path, setup(provisions(gone, API))) as monitor:
        box = main(world)
        await trio.sleep(20)
        made = monitor.hands.script.counts[Kind.CREATE]
        told = monitor.told().get("gone", {})
        if policy is OnFailure.END:
            assert (box.state, told) == (State.EXITED, {})
            return
        assert box.state is State.RUNNING
        assert "pull it there first" in told["error"]
        assert (told["state"], made) == (("failed", 5) if policy is OnFailure.RETRY else ("ignored", 2))
        assert named(world, "api") == [] if policy is OnFailure.RETRY else alive(world)[1:]
        world.add_image("away:1", {}, ("serves",))
        await trio.sleep(70)
        if policy is OnFailure.RETRY:
            assert monitor.states() == {"gone": "ready", "api": "ready"}


async def test_one_that_does_not_get_ready_is_taken_away_and_made_anew(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """So is one that ends later; the main knows nothing of it."""
    never = replace(DB, recipe=replace(DB.recipe, command=("serves",)), ready_within=5.0)
    async with life(world, tmp_path, setup(provisions(never))) as monitor:
        box = main(world)
        await trio.sleep(30)
        told = monitor.told()["db"]
        assert (told["why"], box.state) == ("not-ready", State.RUNNING)
        assert "not ready within 5 s" in told["error"]
        assert happened(world, What.CREATED).count(("created", "db")) >= 3
        assert len(named(world, "db")) <= 1
        monitor.monitor.reload(setup(provisions(DB)))
        await trio.sleep(30)
        assert monitor.states() == {"db": "ready"}
        world.kill(named(world, "db")[0])
        await trio.sleep(10)
        assert monitor.states() == {"db": "ready"}


async def test_a_port_that_is_taken_and_a_name_are_errors_and_strangers_stay(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Nothing is left of the one that does not start; whoever has the name is left alone."""
    first = template("first", ports=(Port(80, 8080),))
    clash = template("clash", ports=(Port(80, 8080),), on_failure=OnFailure.IGNORE)
    named_so = template("taken", on_failure=OnFailure.IGNORE)
    stranger = world.spawn(name=made_name("t1", "taken"), labels={"reactor.template": "taken"})
    async with life(world, tmp_path, setup(provisions(first, clash, named_so))) as monitor:
        main(world)
        await trio.sleep(5)
        assert {name: each["why"] for name, each in monitor.told().items()} == {
            "first": "",
            "clash": "port",
            "taken": "name",
        }
        assert named(world, "clash") == []
        assert stranger.state is State.RUNNING


async def test_a_monitor_that_is_held_or_runs_dry_makes_nothing(
    autojump_clock: MockClock, world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It says what it would make, once; when it is resumed it goes on from there."""
    said = "a sidecar would be made, if this monitor were not held and did not run dry"
    box = main(world)
    async with life(world, tmp_path, setup(provisions(DB, hold=True), dry_run=True)):
        await trio.sleep(20)
        assert (happened(world, What.CREATED, What.PAUSED), box.state) == (
            [("created", "main")],
            State.RUNNING,
        )
    assert [each.message for each in caplog.records].count(said) == 1
    async with life(world, tmp_path, setup(BOTH)) as monitor:
        monitor.monitor.feed(Held(trio.current_time(), Hold("h", trio.current_time(), "me", "")))
        await trio.sleep(15)
        assert alive(world) == ["main"] or "db" in monitor.states()
        made = len(world.boxes)
        world.kill(box)
        await trio.sleep(15)
        assert len(world.boxes) == made
        monitor.monitor.feed(Resumed(trio.current_time(), "me"))
        await trio.sleep(15)
        assert alive(world) == []


@pytest.mark.usefixtures("_folders_take_no_time")
async def test_data_is_made_before_and_kept_after(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """The folder with its mode; a link out of the root is an error, and nothing is made."""
    root = tmp_path / "data"
    kept = template("kept", binds=(Bind("${REACTOR_DATA}/pg", "/d"),), folders=(Folder("pg", mode=0o750),))
    out = template("out", binds=(Bind("${REACTOR_SHARED}/link", "/d"),), on_failure=OnFailure.IGNORE)
    (root / "shared").mkdir(parents=True)
    (root / "shared" / "link").symlink_to("/etc")
    async with life(world, tmp_path, setup(provisions(kept, out)), data=root) as monitor:
        box = main(world)
        await trio.sleep(5)
        assert monitor.states() == {"kept": "ready", "out": "ignored"}
        assert monitor.told()["out"]["why"] == "bind"
        world.kill(box)
        await trio.sleep(10)
        assert alive(world) == []
    folder = root / "tasks" / plain_name("t1") / "pg"
    assert folder.stat().st_mode & 0o777 == 0o750


async def test_a_task_is_ended_within_the_budgets(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """An edit that breaks a template ends no more tasks at once than a rule could."""
    gone = template("gone", image="away:1", on_failure=OnFailure.END)
    tight = BudgetTerms(rule=Budget(2, 3600.0))
    boxes = [main(world, f"m{number}", labels={**WEB, "reactor.task": f"t{number}"}) for number in range(5)]
    async with life(world, tmp_path, setup(provisions(gone), budgets=tight)):
        await trio.sleep(30)
        assert [box.state for box in boxes].count(State.EXITED) == 2


async def test_without_sets_a_fact_costs_a_look_at_its_kind(
    autojump_clock: MockClock, world: World, tmp_path: Path
) -> None:
    """Nobody is put on the roster, and nothing waits to be looked at."""
    async with life(world, tmp_path, setup(Provisions())) as monitor:
        boxes = [main(world, f"m{number}") for number in range(20)]
        await trio.sleep(30)
        for box in boxes:
            world.kill(box)
        await trio.sleep(30)
        service = next(each for each in monitor.monitor.observers if isinstance(each, Provisioning))
        assert (len(service.roster), service.waiting) == (0, 0)
    assert monitor.hands.script.counts[Kind.INSPECT] == 0


def is_paused(box: Box) -> bool:
    """Whether it is paused now."""
    return box.state is State.PAUSED


STEPS = (Kind.CREATE, Kind.START, Kind.PAUSE, Kind.UNPAUSE, Kind.STOP, Kind.REMOVE)
"""The calls by which a task's sidecars come and go; looks change nothing."""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_monitor_that_is_killed_at_any_call_changes_nothing_in_the_end(
    autojump_clock: MockClock, tmp_path: Path, *, after: bool
) -> None:
    """Its next life goes on from what it finds: all made once, and in the end nobody is left, or paused."""
    given, calls = setup(provisions(DB, API, hold=True)), 0
    for nth in range(1, 100):
        world = world_with()
        folder = tmp_path / f"{nth}"
        folder.mkdir()
        async with trio.open_nursery() as nursery:
            await nursery.start(world.run)
            script = Killed(nth, after=after, counted=STEPS)
            box = main(world)
            world.spawn(name="next", labels={"reactor.task": "t2"})
            near = world.spawn(name="near", labels={"reactor.sidecar-of": "t2", "reactor.template": "db"})
            if not await _lives(world, folder, given, script, box):
                calls = nth - 1
            assert (box.state, near.state) == (State.EXITED, State.RUNNING), nth
            assert alive(world) == ["near", "next"], nth
            assert [each.name for each in world.boxes] == ["main", "next", "near"], nth
            made = happened(world, What.CREATED)
            assert (made.count(("created", "db")), made.count(("created", "api"))) == (1, 1), nth
            nursery.cancel_scope.cancel()
        if calls:
            break
    assert calls == 10, "two made, started, stopped and removed, one paused and let go on"


async def _lives(world: World, folder: Path, given: Setup, script: Killed, box: Box) -> bool:
    """One life until it is killed, or over, and another one; whether the first was killed."""
    async with life(world, folder, given, script=script):
        await _a_day(world, box)
    if not script.dead.is_set():
        return False
    async with life(world, folder, given):
        await _a_day(world, box)
    return True


async def _a_day(world: World, box: Box) -> None:
    """The main lives for a while with all that it needs, and then ends by itself."""
    await trio.sleep(10)
    if box.state is not State.EXITED:
        made = [named(world, each)[0].name for each in ("db", "api")]
        assert alive(world) == sorted(["main", "near", "next", *made])
        assert box.state is State.RUNNING
        world.kill(box)
    await trio.sleep(30)
