"""At a stop: first what is in flight comes to its end, then the last numbers, traces and lines are sent."""

from dataclasses import replace
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.app.numbers import Numbers
from reactor.core.rules import Rule, RuleSet
from reactor.core.verbs import Action
from reactor.observe.sending import Sender, Sink
from reactor.observe.tally import Tally
from reactor.testing.tasks import Sleeps
from reactor.testing.world import World
from tests.app.test_supervise import SETUP, TASK, running
from tests.core.build import age_over


def unopened() -> Sink[str]:
    """A sink that nobody needs here."""
    raise AssertionError


async def test_the_last_words_are_sent_when_those_who_act_have_done_so(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    """A stop that takes its ten seconds is over before; the words themselves delay nobody's end."""
    world = World()
    old, young = world.spawn(Sleeps(), name="old", labels=TASK), world.spawn(name="young")
    rule = Rule("g/old", "f:1", when=age_over(20), action=Action.STOP, grace=10.0)
    seen: list[tuple[float, bool]] = []

    async def send() -> None:
        seen.append((trio.current_time(), old.alive))

    async def export(_: Numbers, tally: Tally, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await Sender[str]("metrics", "http://a", unopened, tally).run(trio.sleep_forever, send)

    setup = replace(SETUP, rules=RuleSet((rule,)))
    async with running(world, tmp_path, setup=setup, exports=(export,)):
        await trio.sleep(25)
        assert old.alive
        assert not seen
    assert [(25 < at < 36, alive) for at, alive in seen] == [(True, False)]
    assert young.alive
