"""The example of the page about owners, in force: one main is told of, one killed, others go as usual."""

import re
from collections.abc import Mapping
from pathlib import Path

import trio
from trio.testing import MockClock

from reactor.core.state import Setup
from reactor.owners.heartbeats import Heartbeats
from reactor.ruleset import parse
from reactor.testing.world import World
from tests.app.test_supervise import Running, running
from tests.owners.inline import at_once

PAGE = (Path(__file__).parents[2] / "docs" / "owners.md").read_text()
RULES = re.findall(r"<!-- example: rules -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)[0]


def owners(monitor: Running) -> Mapping[tuple[str, str], int]:
    return monitor.numbers.capture().readings.owners


def counted(counts: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """What happened at all."""
    return {key: count for key, count in counts.items() if count}


async def test_a_rule_may_only_tell_where_an_owner_is_gone(autojump_clock: MockClock, tmp_path: Path) -> None:
    """And the built-in rule, which is not switched on here, only says."""
    world = World()
    (tmp_path / "beats").mkdir()
    for name in ("job", "other"):
        (tmp_path / "beats" / name).touch()
    for name, label, owner in (
        ("told", "com.example.batch", "job"),
        ("killed", "com.example.throwaway", "job"),
        ("kept", "com.example.throwaway", "never"),
        ("usual", "com.example.none", "job"),
    ):
        labels = {"reactor.task": name, "reactor.owner": f"file:{owner}", label: ""}
        world.spawn(name=name, labels=labels)
    setup = Setup(parse(RULES, "docs/owners.md"), creation_grace=5, owner_grace=30)
    beats = Heartbeats(tmp_path / "beats", 20.0, at_once)
    async with running(world, tmp_path, setup=setup, heartbeats=beats) as monitor:
        await trio.sleep(19 + 30)
        assert monitor.ended() == []
        await trio.sleep(5)
        assert monitor.ended() == ["killed"]
        await trio.sleep(100)
        assert monitor.ended() == ["killed"]
        assert owners(monitor) == {("file", "gone"): 1, ("file", "unknown"): 1}
        counters = monitor.numbers.capture().counts.counters
        assert counted(counters["reactor_owners_gone_total"]) == {("file",): 1}
        assert counters["reactor_orphans_ended_total"] == {("main",): 1, ("sidecar",): 0}
        counts = monitor.numbers.capture().counts.counters["reactor_decisions_total"]
        assert counted(counts) == {
            ("throwaway/end-at-once", "kill", "false"): 1,
            ("batch/tell", "webhook", "false"): 1,
            ("owner-gone", "stop", "true"): 1,
        }
