"""What is done next for a task's sidecars, from whatever half state: always the same in the end."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container, ContainerId, Limits, Run, State
from reactor.core.facts import Parting, Seen, Snapshot, Subscription, Vanished
from reactor.core.made import made_of
from reactor.core.planning import plan
from reactor.core.protection import Policy
from reactor.core.providing import LONGEST_HOLD
from reactor.core.provision_steps import Fail, Hold, Make, Part, Picture, Release, Remove, Start
from reactor.core.provisions import Memory, Phase, Tried, task_from, task_of, wanted_of
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
    assert Desk().see(MAIN, unreadable).plan().steps == ()
    desk = Desk().see(MAIN, healthy())
    listed = Snapshot(12.0, 12.0, 1, (MAIN,), unsure=frozenset({cid(2)}))
    desk.story.tell(Subscription(11.0, up=True), listed)
    assert desk.plan(13.0).steps == ()


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
    _to_rest(engine, _through(engine, _shown(engine, desk), [each for each in then if each != "crash"]))
    assert set(engine.boxes) == {MAIN.id}
    assert sorted(engine.made) == ["api", "db"]


def _through(engine: Engine, desk: Desk, deeds: list[str]) -> Desk:
    for deed in deeds:
        if deed == "crash":
            desk = Desk()
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
