"""What is done next for a task's sidecars, from whatever half state: always the same in the end."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.asking import wanted_of
from reactor.core.container import Container, ContainerId, Limits, Run, State
from reactor.core.facts import Parting, Seen, Snapshot, Subscription, Vanished
from reactor.core.held_mains import LONGEST_HOLD
from reactor.core.made import made_of
from reactor.core.planning import plan
from reactor.core.protection import Policy
from reactor.core.provision_steps import Fail, Hold, Make, Part, Picture, Release, Remove, Start
from reactor.core.provisions import Memory, Phase, Tried, task_from, task_of
from reactor.core.recipes import (
    DIGEST_LABEL,
    TEMPLATE_LABEL,
    OnFailure,
    Probe,
    Provisions,
    Recipe,
    SidecarSet,
    Template,
    made_name,
)
from reactor.core.selector import Selector
from reactor.core.state import Alone, Setup
from reactor.core.taking_down import AFTER_END
from tests.core.build import Story, anew, box, cid, over, rules, started

LIMITS = Limits(pids=10, memory=1 << 28, cpu=1.0)
DB = Template("db", Recipe("", "db:1", LIMITS, probe=Probe(("CMD", "true"))))
API = Template("api", Recipe("", "api:1", LIMITS), needs=("db",), needs_healthy=frozenset({"db"}))
WEB = (Selector(label="tier", value="web"),)
GIVEN = Provisions((DB, API), (SidecarSet("s", ("db", "api"), WEB),))
MAIN = box(1, labels={"reactor.task": "t", "tier": "web"})


def beside(n: int, template: str, **changes: object) -> Container:
    """What was made for the task from a template, and runs."""
    labels = {"reactor.sidecar-of": "t", TEMPLATE_LABEL: template, DIGEST_LABEL: "now"}
    given = {"labels": labels, "name": made_name("t", template), "born": 5.0 + n, "created": 5.0 + n}
    return box(n, **{**given, "health_check": template == "db", **changes})


def healthy(n: int = 2, **changes: object) -> Container:
    """The database, ready."""
    return beside(n, "db", health="healthy", **changes)


@dataclass
class Desk:
    """A story and what is remembered of the task in it."""

    provisions: Provisions = GIVEN
    memory: Memory = field(default_factory=Memory)
    story: Story = field(default_factory=lambda: Story(Setup(rules())))
    digest: str = "now"

    def see(self, *containers: Container, at: float = 10.0) -> "Desk":
        """Look at these."""
        self.story.tell(*(Seen(at, each) for each in containers))
        return self

    def plan(self, at: float = 11.0) -> Picture:
        """What is to be done now."""
        setup, state = self.story.setup, self.story.state
        entries = [each for each in state.entries.values() if task_of(setup.policy, each) == "t"]
        task = task_from(setup.policy, "t", entries)
        wanted = wanted_of(self.provisions, task.mains)
        return plan(setup, wanted, task, self.memory, lambda _: self.digest, at)

    def failed(self, template: Template, n: int | None = None, **more: object) -> "Desk":
        """Remember a failure at 10, tried again from 20 on."""
        run = None if n is None else self.story.state.entries.get(cid(n))
        tried = Tried(template, 1, 10.0, 20.0, "ended", "it ended", run.run if run else None)
        tried = replace(tried, **more)  # type: ignore[arg-type]  # Its fields.
        self.memory = replace(self.memory, tried={template.name: tried})
        return self


def phases(picture: Picture) -> dict[str, str]:
    return {each.template: each.phase.value for each in picture.sidecars}


def test_they_are_made_one_after_the_other_when_those_before_are_ready() -> None:
    desk = Desk().see(MAIN)
    assert desk.plan().steps == (Make(DB),)
    created = beside(2, "db", run=Run(cid(2), ""), state=State.CREATED, born=None)
    assert desk.see(created).plan().steps == (Start(DB, created.run),)
    assert desk.see(beside(2, "db", health="starting")).plan().steps == ()
    assert phases(desk.plan()) == {"db": "starting", "api": "waiting"}
    assert desk.see(healthy()).plan().steps == (Make(API),)
    assert phases(desk.see(beside(3, "api")).plan()) == {"db": "ready", "api": "ready"}
    assert desk.plan().steps == ()


@pytest.mark.parametrize(
    "near",
    [
        {"name": made_name("t", "db") + "-2"},
        {"labels": {"reactor.sidecar-of": "t", TEMPLATE_LABEL: "db"}},
        {"labels": {TEMPLATE_LABEL: "db", DIGEST_LABEL: "now"}},
        {"image_labels": {TEMPLATE_LABEL: "db", DIGEST_LABEL: "now", "reactor.sidecar-of": "t"}},
        {"image_labels": {DIGEST_LABEL: "now"}},
    ],
)
def test_whoever_only_looks_like_it_is_nobody_of_ours(near: dict[str, object]) -> None:
    """Each lacks one thing; running or over, it is neither ended nor removed."""
    desk = Desk().see(MAIN, beside(2, "db", **near))
    assert desk.plan().steps == (Make(DB),)
    desk.see(over(beside(2, "db", **near)), over(MAIN), at=20.0)
    assert desk.plan(60.0) == Picture("t")


def test_what_is_not_certain_is_not_missing() -> None:
    """A container whose image cannot be read, or whose run could not be confirmed, may be the one."""
    unreadable = beside(2, "db", image_labels=None)
    desk = Desk().see(MAIN, unreadable)
    assert desk.plan().steps == ()
    assert "cannot be read" in desk.plan().sidecars[0].text
    desk = Desk().see(MAIN, healthy())
    listed = Snapshot(12.0, 12.0, 1, (MAIN,), unsure=frozenset({cid(2)}))
    desk.story.tell(Subscription(11.0, up=True), listed)
    assert desk.plan(13.0).steps == ()
    assert desk.plan(13.0).trouble.endswith(f"how these are: {cid(2)[:12]}")


HOLDING = replace(GIVEN, sets=(replace(GIVEN.sets[0], hold=True),))
HELD = Memory(held={MAIN.run: 11.0})
PAUSED = replace(MAIN, born=9.0, state=State.PAUSED)


def test_while_somebody_is_unsure_a_held_main_is_let_go_on_all_the_same() -> None:
    """When all that it waits for is ready, and at the latest in time; only for that it is looked at again."""
    second = box(9, labels={"reactor.task": "t"})
    desk = Desk(HOLDING, memory=HELD).see(PAUSED, second)
    unsure = Snapshot(12.0, 12.0, 1, (PAUSED,), unsure=frozenset({second.id}))
    desk.story.tell(Subscription(11.0, up=True), unsure)
    assert (desk.plan(13.0).steps, desk.plan(13.0).due) == ((), 11.0 + LONGEST_HOLD)
    late = Release(MAIN.run, "it was held for too long")
    assert desk.plan(11.0 + LONGEST_HOLD).steps == (late,)
    desk.see(healthy(), beside(3, "api"), at=14.0)
    assert desk.plan(15.0).steps == (Release(MAIN.run, "all its sidecars are ready"),)


def test_what_is_known_of_an_unsure_one_lets_nobody_go_on() -> None:
    """It may have ended, or still be as we left it: nobody knows."""
    api, news = beside(3, "api"), Subscription(11.0, up=True)
    desk = Desk(HOLDING, memory=HELD).see(PAUSED, healthy(), api)
    desk.story.tell(news, Snapshot(12.0, 12.0, 1, (PAUSED, api), unsure=frozenset({cid(2)})))
    assert desk.plan(13.0).steps == ()
    desk = Desk(HOLDING, memory=HELD).see(replace(PAUSED, state=State.RUNNING))
    desk.story.tell(news, Snapshot(12.0, 12.0, 1, (), unsure=frozenset({MAIN.id})))
    assert desk.plan(13.0).steps == ()


def test_whoever_looks_like_one_stands_in_the_way_of_that_one_only() -> None:
    """Its image cannot be read: a stranger who took a name of no use here stops nothing."""
    desk = Desk(HOLDING).see(PAUSED, beside(7, "x", image_labels=None))
    assert desk.plan().steps == (Make(DB),)
    assert desk.plan().trouble == ""
    other = Provisions((DB, replace(API, needs=())), GIVEN.sets)
    assert phases(Desk(other).see(MAIN, healthy(), beside(3, "api", image_labels=None)).plan()) == {
        "db": "ready",
        "api": "failed",
    }


BAD = Template("bad", Recipe("", "bad:1", LIMITS), on_failure=OnFailure.END)
ASKED = SidecarSet("asked", ("bad",), asked=True)
BESIDE = box(9, labels={"reactor.task": "t", "reactor.sidecars": "bad"}, born=9.0, created=-1.0)


def test_a_main_is_ended_only_for_what_it_is_to_have_itself() -> None:
    """Whoever joins a task asks for himself; what both are to have is had by both."""
    mixed = Provisions((DB, BAD), (replace(GIVEN.sets[0], templates=("db",)), ASKED))
    desk = Desk(mixed).see(MAIN, BESIDE, healthy()).failed(BAD)
    assert [step.run for step in desk.plan().steps if isinstance(step, Part)] == [BESIDE.run]
    both = replace(mixed, sets=(replace(GIVEN.sets[0], templates=("bad",)), ASKED))
    assert {step.run for step in replace(desk, provisions=both).plan().steps if isinstance(step, Part)} == {
        MAIN.run,
        BESIDE.run,
    }
    needing = replace(DB, needs=("bad",))
    through = Provisions((needing, BAD), mixed.sets)
    assert MAIN.run in {
        step.run for step in replace(desk, provisions=through).plan().steps if isinstance(step, Part)
    }


def test_a_main_is_held_only_for_what_it_is_to_have_itself() -> None:
    """And waits for nothing else: neither is held for the other, nor does one's failure keep the other's."""
    never = replace(BAD, on_failure=OnFailure.RETRY)
    mixed = Provisions((DB, never), (replace(GIVEN.sets[0], templates=("db",)), replace(ASKED, hold=True)))
    young = replace(MAIN, born=9.0)
    desk = Desk(mixed).see(young, BESIDE).failed(never)
    assert desk.plan().steps == (Hold(BESIDE.run), Make(DB))
    both = replace(mixed, sets=(replace(mixed.sets[0], hold=True), mixed.sets[1]))
    desk = replace(desk, provisions=both, memory=replace(desk.memory, held=HELD.held))
    desk.see(PAUSED, healthy())
    assert desk.plan().steps == (Hold(BESIDE.run), Release(MAIN.run, "all its sidecars are ready"))


def test_nothing_is_made_for_those_who_are_about_to_be_over() -> None:
    """Whoever waits is let go on in time, though."""
    desk = Desk(HOLDING, memory=HELD).see(PAUSED)
    second = box(9, labels=MAIN.labels)
    desk.see(second)
    entries = desk.story.state.entries
    for run in (MAIN.run, second.run):
        assert Make(DB) in desk.plan().steps
        entry = entries.get(run.id)
        assert entry is not None
        entries = entries.put(run.id, replace(entry, ending="d"))
        desk.story.state = replace(desk.story.state, entries=entries)
    assert desk.plan().steps == ()
    assert desk.plan(11.0 + LONGEST_HOLD).steps == (Release(MAIN.run, "it was held for too long"),)


def test_a_held_main_that_a_rule_pauses_is_not_let_go_on() -> None:
    """Neither when all are ready, nor when it is late: that is for the rule's people to say."""
    desk = Desk(HOLDING, memory=replace(HELD, ruled=frozenset({MAIN.run})))
    desk.see(PAUSED, healthy(), beside(3, "api"))
    assert desk.plan().steps == desk.plan(11.0 + LONGEST_HOLD).steps == ()


JOINS = replace(API, recipe=replace(API.recipe, network_mode="main"), on_failure=OnFailure.END)
SERVED = replace(API, recipe=replace(API.recipe, network_mode="service:db"), on_failure=OnFailure.IGNORE)


@pytest.mark.parametrize("served", [False, True], ids=["main", "service"])
def test_what_lost_the_network_that_it_shares_is_made_anew(served: bool) -> None:
    """Whatever the template says of failures: who is joined began anew, or is another one."""
    joining, joined = (SERVED, healthy()) if served else (JOINS, MAIN)
    given = Provisions((DB, joining), GIVEN.sets)
    sidecar = beside(3, "api", joins=frozenset({joined.id}), run=Run(cid(3), started(5)))
    later = replace(joined, run=Run(joined.id, started(5)[:-10] + "040000000Z"))
    for well in (joined, later):
        assert Desk(given).see(MAIN, healthy(), sidecar, well).plan().steps == (), (
            "it began before, or at once"
        )
    other = healthy(8) if served else box(8, labels=MAIN.labels)
    for ill in (anew(joined, 6, 10.0), other):
        rest = [each for each in (MAIN, healthy()) if each.id != joined.id]
        desk = Desk(given).see(*rest, sidecar, ill)
        (fail,) = desk.plan().steps
        assert isinstance(fail, Fail)
        assert (fail.why, fail.run) == ("network", sidecar.run)
        (part,) = desk.failed(joining, 3, why="network").plan().steps
        assert isinstance(part, Part)
        assert (part.run, part.why) == (sidecar.run, Parting.NOT_READY)
        assert [type(each) for each in desk.see(over(sidecar, finished=19.0), at=19.0).plan(20.0).steps] == [
            Remove
        ]
        desk.story.tell(Vanished(20.0, sidecar.id))
        assert desk.plan(20.0).steps == (Make(joining),)


def test_what_shares_the_network_of_one_that_is_away_waits_for_it() -> None:
    given = Provisions((DB, SERVED), GIVEN.sets)
    sidecar = beside(3, "api", joins=frozenset({cid(2)}))
    desk = Desk(given).see(MAIN, sidecar)
    assert (desk.plan().steps, phases(desk.plan())) == ((Make(DB),), {"db": "making", "api": "waiting"})


def test_another_text_leaves_the_running_and_replaces_those_that_are_over() -> None:
    desk = Desk(digest="later").see(MAIN, healthy(), beside(3, "api"))
    assert desk.plan().steps == ()
    assert [each.stale for each in desk.plan().sidecars] == [True, True]
    assert [type(each) for each in desk.see(over(healthy()), at=20.0).plan(21.0).steps] == [Remove]


@pytest.mark.parametrize(("policy", "then"), [("retry", []), ("ignore", [Make]), ("end", [Part])])
def test_what_follows_when_one_cannot_be_made(policy: str, then: list[type]) -> None:
    failing = replace(DB, on_failure=OnFailure(policy))
    desk = Desk(Provisions((failing, API), GIVEN.sets)).see(MAIN).failed(failing)
    assert [type(each) for each in desk.plan().steps] == then
    assert desk.plan().due == (20.0 if policy == "retry" else 12.0 if policy == "end" else None)
    later = [type(each) for each in desk.plan(20.0).steps]
    assert later == ([Make] if policy == "retry" else then)


def test_one_that_ends_is_a_failure_once_and_then_removed_and_made_anew() -> None:
    desk = Desk().see(MAIN, healthy()).see(over(healthy(), 1), at=20.0)
    (failed,) = desk.plan(21.0).steps
    assert isinstance(failed, Fail)
    assert (failed.why, failed.text) == ("ended", "it ended with exit code 1")
    desk.failed(DB, 2, until=30.0)
    assert [type(each) for each in desk.plan(21.0).steps] == [Remove]
    desk.story.tell(Vanished(22.0, cid(2)))
    assert desk.plan(22.0).steps == ()
    assert desk.plan(30.0).steps == (Make(DB),)


def test_one_that_does_not_get_ready_is_ended_first() -> None:
    desk = Desk().see(MAIN, beside(2, "db", health="starting"))
    assert desk.plan(66.0).due == 67.0
    assert [type(each) for each in desk.plan(67.0).steps] == [Fail]
    (part,) = desk.failed(DB, 2).plan(67.0).steps
    assert isinstance(part, Part)
    assert part.why is Parting.NOT_READY


def test_an_older_one_that_is_ill_has_been_ready_before() -> None:
    """A new monitor does not take away what an earlier one had found ready."""
    assert Desk().see(MAIN, beside(2, "db", health="unhealthy"), at=100.0).plan(101.0).steps == (Make(API),)


def test_what_is_of_an_earlier_time_of_the_task_is_no_failure() -> None:
    second = box(9, labels=MAIN.labels, born=50.0, created=50.0)
    desk = Desk().see(second, over(healthy(), 137, finished=40.0), at=51.0)
    assert [type(each) for each in desk.plan(52.0).steps] == [Remove]


def test_they_go_in_reverse_when_the_last_main_is_over_and_does_not_come_back() -> None:
    desk = Desk().see(MAIN, healthy(), beside(3, "api")).see(over(MAIN), at=20.0)
    assert desk.plan(21.0).steps == ()
    assert desk.plan(21.0).due == 20.0 + AFTER_END
    (part,) = desk.plan(23.0).steps
    assert isinstance(part, Part)
    assert (part.run.id, part.why) == (cid(3), Parting.TASK_OVER)
    assert desk.see(anew(MAIN, 22, 22.0), at=22.5).plan(30.0).steps == ()
    desk.see(over(anew(MAIN, 22, 22.0)), over(beside(3, "api")), at=40.0)
    (part,) = desk.plan(43.0).steps
    assert isinstance(part, Part)
    assert part.run.id == cid(2)
    desk.see(over(healthy()), at=44.0)
    assert [step.run.id for step in desk.plan(45.0).steps if isinstance(step, Remove)] == [cid(3), cid(2)]


def test_of_a_main_that_nobody_saw_end_only_what_is_over_is_removed_and_late() -> None:
    """After a restart of the monitor: the living are left to the rule for orphans."""
    desk = Desk(memory=Memory(alone=Alone(20.0, 1))).see(over(beside(3, "api")), at=20.0)
    assert desk.plan(100.0).steps == (), "it was missing in one list only"
    desk.memory = Memory(alone=Alone(20.0, 2))
    assert desk.plan(29.0).steps == ()
    assert [type(each) for each in desk.plan(30.0).steps] == [Remove]
    assert desk.see(healthy(), at=30.0).plan(100.0).steps == ()


def test_a_main_is_held_early_and_let_go_on_in_any_case() -> None:
    holding = replace(GIVEN, sets=(replace(GIVEN.sets[0], hold=True),))
    desk = Desk(holding).see(replace(MAIN, born=9.0))
    assert desk.plan().steps == (Hold(MAIN.run), Make(DB))
    assert desk.plan(50.0).steps == (Make(DB),), "it has long done without"
    desk.memory = Memory(held={MAIN.run: 11.0})
    desk.see(replace(MAIN, born=9.0, state=State.PAUSED))
    assert desk.plan(12.0).steps == (Make(DB),)
    assert Release(MAIN.run, "it was held for too long") in desk.plan(11.0 + LONGEST_HOLD).steps
    desk.provisions = GIVEN
    assert Release(MAIN.run, "it is not to be held any more") in desk.plan(12.0).steps
    desk.provisions = holding
    desk.see(healthy(), beside(3, "api"))
    assert desk.plan(12.0).steps == (Release(MAIN.run, "all its sidecars are ready"),)
    desk.memory = Memory(released=frozenset({MAIN.run}))
    assert desk.see(over(healthy()), at=12.0).plan(12.0).steps[0] != Hold(MAIN.run)


def test_who_asks_gets_what_is_offered() -> None:
    asked = replace(GIVEN, sets=(replace(GIVEN.sets[0], select=(), asked=True),))
    desk = Desk(asked).see(MAIN)
    assert desk.plan() == Picture("t")
    asking = box(1, labels={**MAIN.labels, "reactor.sidecars": "api, nobody"})
    entry = desk.see(asking).story.state.entries.get(cid(1))
    assert entry is not None
    wanted = wanted_of(asked, (entry,))
    assert ([each.name for each in wanted.templates], wanted.unknown) == (["db", "api"], ("nobody",))


# From any half state to the same end


@dataclass
class Engine:
    """Containers of one task, as an engine has them, and how often each was made."""

    boxes: dict[ContainerId, Container] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    at: float = 10.0
    number: int = 1

    def do(self, step: object) -> None:
        """What a step comes to. A name is given once, and again does no harm."""
        self.at += 1.0
        match step:
            case Make(template):
                if made_name("t", template.name) not in {each.name for each in self.boxes.values()}:
                    self.made.append(template.name)
                    self.number += 1
                    created = beside(self.number, template.name, born=None, created=self.at)
                    self.put(replace(created, run=Run(cid(self.number), ""), state=State.CREATED))
            case Start(_, run):
                self._start(run)
            case Remove(_, run, _):
                if run.id in self.boxes and not self.boxes[run.id].alive:
                    del self.boxes[run.id]
            case Part(run, _, _, _):
                if run.id in self.boxes and self.boxes[run.id].run == run:
                    self.put(over(self.boxes[run.id], finished=self.at))
            case _:
                pass

    def _start(self, run: Run) -> None:
        found = self.boxes.get(run.id)
        if found is not None and found.state is State.CREATED:
            running = replace(found, run=Run(run.id, started(1)), state=State.RUNNING, born=self.at)
            self.put(replace(running, health="starting" if running.health_check else ""))

    def put(self, container: Container) -> None:
        """Be it so."""
        self.boxes[container.id] = container

    def get_well(self) -> None:
        """Every health check passes."""
        for each in list(self.boxes.values()):
            if each.alive and each.health_check:
                self.put(replace(each, health="healthy"))


DEEDS = st.lists(st.sampled_from(["do", "lost", "twice", "crash", "well"]), max_size=30)


@given(first=DEEDS, then=DEEDS)
@settings(max_examples=60)
def test_whatever_happens_on_the_way_the_end_is_the_same(first: list[str], then: list[str]) -> None:
    """Crashes, answers that are lost, steps done twice: both are there, made once; and none in the end."""
    engine = Engine({MAIN.id: MAIN})
    desk = _through(engine, Desk(), first)
    desk = _to_rest(engine, desk)
    assert sorted(engine.made) == ["api", "db"]
    assert sorted(each.name for each in engine.boxes.values() if each.alive) == sorted(
        [MAIN.name, made_name("t", "db"), made_name("t", "api")]
    )
    engine.put(over(MAIN, finished=engine.at))
    _to_rest(engine, _through(engine, _shown(engine, desk), then))
    assert set(engine.boxes) == {MAIN.id}
    assert sorted(engine.made) == ["api", "db"]


def _through(engine: Engine, desk: Desk, deeds: list[str]) -> Desk:
    for deed in deeds:
        if deed == "crash":
            desk = _next_life(engine)
        if deed != "lost":
            _shown(engine, desk)
        if deed == "well":
            engine.get_well()
        engine.at += 1.0
        steps = desk.plan(engine.at).steps
        if not _shows(engine, desk):
            continue
        for step in steps if deed != "twice" else steps * 2:
            engine.do(step)
    return desk


def _next_life(engine: Engine) -> Desk:
    """A monitor that knows nothing. Whose main it never saw alive are ended by the rule for orphans."""
    if engine.boxes[MAIN.id].alive:
        return Desk()
    for each in [each for each in engine.boxes.values() if each.alive]:
        engine.put(over(each, 137, finished=engine.at))
    return Desk(memory=Memory(alone=Alone(engine.at - 100.0, 2)))


def _to_rest(engine: Engine, desk: Desk) -> Desk:
    for _ in range(12):
        engine.get_well()
        _shown(engine, desk)
        engine.at += AFTER_END
        for step in desk.plan(engine.at).steps:
            engine.do(step)
    return desk


def _shows(engine: Engine, desk: Desk) -> bool:
    """Whether a first look was taken: without one nothing is done."""
    return desk.story.state.entries.get(MAIN.id) is not None


def _shown(engine: Engine, desk: Desk) -> Desk:
    """Look at everything there is."""
    gone = [each.run.id for each in desk.story.state.entries.values() if each.run.id not in engine.boxes]
    desk.see(*engine.boxes.values(), at=engine.at)
    desk.story.tell(*(Vanished(engine.at, key) for key in gone))
    return desk


def test_it_is_known_by_all_its_marks() -> None:
    made = made_of(Policy(), beside(2, "db"))
    assert made is not None
    assert (made.task, made.template, made.digest) == ("t", "db", "now")
    assert Phase.READY in Phase
