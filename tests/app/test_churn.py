"""Ten thousand containers come and go through the real core: what is left of them in metrics and memory."""

import gc
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.app.counting import Counting
from reactor.app.figures import Figures
from reactor.app.numbers import Numbers
from reactor.core.container import Run
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.facts import Acted, Fact
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from reactor.core.step import step
from reactor.observe.crowd import Crowd
from reactor.observe.labels import Shown
from reactor.observe.own import OwnCost
from reactor.observe.prometheus import Format, render
from reactor.observe.readings import Readings
from reactor.observe.snapshot import Captured, collect
from reactor.observe.tally import Tally
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.test_supervise import running, task
from tests.core.build import Story, box, cid, over, started
from tests.core.written import condition

ROOT = Path(__file__).parents[2]
AT_ONCE, READ, ALL, FIRST = 250, 25, 10_250, 1_500
RULES = RuleSet(
    (
        Rule("safety/pids", "f:1", when=condition("pids > 200"), digest="a"),
        Rule("safety/memory", "f:2", when=condition("memory > 80%"), digest="b"),
        Rule("safety/lifetime", "f:3", when=condition("age > 12h"), digest="c", dry_run=True),
    )
)


class Counted(Story):
    """A story whose steps are counted, as those of a monitor are."""

    def __init__(self) -> None:
        super().__init__(Setup(RULES))
        self.tally = Tally()
        self.counting = Counting(self.tally, RULES, 0.0)

    def tell(self, *facts: Fact) -> "Counted":
        for fact in facts:
            result = step(self.setup, self.state, fact)
            self.state = result.state
            self.counting.step(result)
            self.counting.fact(fact, 0.00001)
            for decision in result.decisions:
                why = Why.DRY_RUN if decision.dry_run else Why.ENDED
                done = Result.REFUSED if decision.dry_run else Result.DONE
                outcome = Outcome(decision, fact.at + 0.01, done, why)
                self.counting.outcome(outcome)
                self.state = step(self.setup, self.state, Acted(outcome.at, outcome)).state
        return self

    def text(self, at: float) -> bytes:
        figures = Figures(self.setup, self.state, at, 1e9, Shown(("team",)))
        crowd = Crowd(figures.containers())
        now = Readings(at + 1e9, "0.1.0", labels=("team",), rules=figures.rules())
        snapshot = collect(Captured(now, self.tally.freeze(), 1e9, crowd), OwnCost())
        return render(snapshot, Format.OPENMETRICS)


def churn(story: Counted, first: int, last: int) -> None:
    """Many at a time come, some are read, one breaks a rule, and all go; each has a label of its own."""
    for start in range(first, last, AT_ONCE):
        at = float(start)
        boxes = [
            replace(box(n, labels={"reactor.task": f"t{n}", "team": f"x{n}"}))
            for n in range(start, start + AT_ONCE)
        ]
        boxes = [replace(each, run=Run(each.id, started(n % 60)), born=at) for n, each in enumerate(boxes)]
        story.snapshot(at, *boxes)
        for number, each in enumerate(boxes[:READ]):
            story.sample(at + 1, each, pids=201 if number == 7 else 3, memory=5, memory_limit=100)
        story.tick(at + 2)
        text = story.text(at + 2)
        assert text.count(b"\ncontainer_threads{") == READ
        assert text.count(b"\nreactor_container_info{") == AT_ONCE
        assert cid(start).encode() in text
        story.snapshot(at + 10, *(over(each) for each in boxes))
        story.snapshot(at + 30)
        story.tick(at + 60)


def series(text: bytes) -> set[bytes]:
    """Which there are, without their numbers and exemplars."""
    lines = (line.partition(b" # ")[0] for line in text.splitlines() if not line.startswith(b"#"))
    return {line.rpartition(b" ")[0] for line in lines}


async def test_metrics_of_a_whole_monitor_have_those_who_live_and_nobody_else(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """Five hundred come and go on the embedded engine, one of ten is ended; three others stay."""
    world, waves = World(), 10
    stays = [task(world, f"stays-{number}") for number in range(3)]
    async with running(world, tmp_path) as monitor:
        for wave in range(waves):
            boxes = [task(world, f"w{wave}-{n}", labels={"reactor.task": f"t{wave}-{n}"}) for n in range(50)]
            for box in boxes[::10]:
                world.use(box, Usage(pids=201))
            await trio.sleep(10)
            living = {each.id for each in world.boxes if each.alive}
            assert len(living) == 45 + len(stays)
            assert shown(monitor.numbers) == living
            for each in boxes:
                world.remove(each, force=True)
            await trio.sleep(10)
            assert shown(monitor.numbers) == {each.id for each in stays}
        assert len(monitor.ended()) == 5 * waves


def shown(numbers: Numbers) -> set[str]:
    """Who has a series on ``/metrics``; each has one of each kind that is there at all."""
    text = render(collect(numbers.capture(), OwnCost())).decode()
    by_id = re.findall(r'^reactor_container_info\{.*?container_id="(\w+)"', text, re.MULTILINE)
    assert len(by_id) == len(set(by_id))
    assert set(re.findall(r'container_id="(\w+)"', text)) == set(by_id)
    return set(by_id)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a process holds: its resident memory in bytes, and in how many blocks Python has its objects."""

    memory: int
    blocks: int


def weight() -> Weight:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Weight(pages * os.sysconf("SC_PAGE_SIZE"), sys.getallocatedblocks())


def weigh() -> None:
    """The churn in a process that has nothing else; what it came to is written for the test to read."""
    story = Counted()
    churn(story, AT_ONCE, FIRST)
    before, held = series(story.text(FIRST + 90.0)), weight()
    churn(story, FIRST, ALL)
    text, now = story.text(ALL + 90.0), weight()
    found = {
        "containers": text.count(b"container_id="),
        "kills": b"\nreactor_kills_total{" in text,
        "other series": [each.decode() for each in series(text) ^ before],
        "memory": now.memory / held.memory,
        "blocks": now.blocks - held.blocks,
    }
    print(json.dumps(found))


def test_churn_leaves_nothing_behind() -> None:
    """The series of none, and the memory of before within 2 %: after ten thousand as after the first."""
    command = [sys.executable, "-c", "from tests.app.test_churn import weigh; weigh()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(f"{ALL - FIRST} containers later: {found}")
    assert (found["containers"], found["kills"], found["other series"]) == (0, True, [])
    assert found["memory"] < 1.02
    assert found["blocks"] < (ALL - FIRST) / 10
