"""Whatever the engine, the containers and their owners do: at most one effective kill for a run,
none for a run that nobody decided about, and "done" only of what is over."""

from collections import Counter
from collections.abc import Callable
from random import Random

import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from reactor.act.config import ActConfig
from reactor.core.container import Run
from reactor.core.decisions import Result
from reactor.core.ports import EngineAnswered, EngineUnreachable, GivenUp
from reactor.testing.box import Box
from reactor.testing.direct import BY
from reactor.testing.faults import Delay, Fail, Fault, Hang, Kind, Script, Swallow
from reactor.testing.tasks import Exits

from .build import Bench, acting

BAD: list[Fault] = [
    Hang(),
    Fail(EngineAnswered(500, "no")),
    Fail(EngineUnreachable("broken")),
    Fail(GivenUp("not waited for")),
]
FAULTS: dict[Kind, list[Fault]] = {
    # A kill that is late on its way is not among them: between the last look and the engine nobody can look.
    Kind.KILL: [*BAD, Swallow()],
    Kind.INSPECT: [*BAD, Delay(0.3)],
    Kind.LIST: [*BAD, Delay(0.3)],
}

faults = st.sampled_from(
    [("fault", kind, fault, times) for kind, kinds in FAULTS.items() for fault in kinds for times in (1, 3)]
)
deeds = ["again", "exit", "start", "pause", "wedge", "free"]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("decide"), st.integers(0, 3)),
        faults,
        st.tuples(st.sampled_from(deeds), st.integers(0, 3)),
        faults,
        st.tuples(st.sampled_from(["crash", "boot", "nudge"])),
        st.tuples(st.just("wait"), st.integers(0, 60)),
    ),
    min_size=4,
    max_size=40,
)


class Story:
    """Plays a list of steps. Its moments are odd, so that nothing falls between a look and its call."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.boxes = [bench.world.spawn(), bench.world.spawn()]
        self.boxes.append(bench.world.spawn(Exits(after=7.003, code=1), restart_policy="always"))
        self.boxes.append(bench.world.spawn(restart_policy="unless-stopped"))
        self.decided: set[Run] = set()

    async def play(self, step: tuple[object, ...]) -> None:
        await trio.sleep(0.01371)
        match step:
            case ("fault", Kind() as kind, fault, int(times)):
                self.bench.engine.script.next(kind, fault, times)  # type: ignore[arg-type]  # one of FAULTS
            case ("wait", int(tenths)):
                await trio.sleep(tenths * 0.10317)
            case ("nudge",):
                self.bench.workers.nudge()
            case ("crash",):
                self.bench.world.crash()
            case ("boot",):
                self.bench.world.boot(live_restore=True)
            case (str(what), int(number)):
                self._do(what, self.boxes[number])

    def _do(self, what: str, box: Box) -> None:
        world = self.bench.world
        do: dict[str, Callable[[], object]] = {
            "decide": lambda: self._decide(box),
            "again": lambda: self._decide(box, 3),
            "exit": lambda: world.exit(box),
            "start": lambda: world.start(box),
            "pause": lambda: world.pause(box),
            # A shim that is stuck belongs to one run, and what it owes is done to that run.
            "wedge": lambda: world.wedge(box, inspect_hangs=False),
            "free": lambda: world.free(box),
        }
        running = box.has_process and box.wedged is None and world.ground.up
        if what == "start":
            possible = not box.has_process and box.wedged is None and world.ground.up
        else:
            possible = what in {"free", "decide", "again"} or (running and box.state == "running")
        if possible:
            do[what]()

    def _decide(self, box: Box, times: int = 1) -> None:
        self.decided.add(box.run)
        for _ in range(times):
            self.bench.put(box)

    async def end_well(self) -> None:
        """Everything works again."""
        world = self.bench.world
        self.bench.engine.script = Script()
        world.boot(live_restore=True)
        for box in self.boxes:
            world.free(box)
        await trio.sleep(400)


async def play(story_steps: list[tuple[object, ...]], seed: int) -> None:
    config = ActConfig(kill_slots=2, quarantine_slots=2)
    jitter = Random(seed).random  # noqa: S311 - pauses are no secret
    async with acting(config, jitter=jitter) as bench:
        story = Story(bench)
        for step in story_steps:
            await story.play(step)
        await story.end_well()
        effective = Counter(entry.run for entry in bench.world.history.effective(BY))
        assert all(count == 1 for count in effective.values())
        assert set(effective) <= story.decided
        alive = {box.run for box in story.boxes if box.alive}
        assert not {outcome.decision.run for outcome in bench.finals if outcome.result is Result.DONE} & alive
        now = bench.workers.statistics()
        assert (now.queued, now.in_flight, now.quarantined, now.waiting, now.overdue) == (0, 0, 0, 0, 0)
        assert not alive & story.decided
        assert bench.journal.open_intents == []


@settings(max_examples=300, deadline=None, derandomize=True)
@given(steps, st.integers(0, 2**16))
def test_no_run_is_ended_twice_and_none_without_a_decision(
    story_steps: list[tuple[object, ...]], seed: int
) -> None:
    trio.run(play, story_steps, seed, clock=MockClock(autojump_threshold=0))
