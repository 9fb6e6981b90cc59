"""What the numbers say of rules and containers, worked out of the real core's state."""

import threading
from dataclasses import replace

import pytest

from reactor.app.figures import Figures, budgets
from reactor.core.budgets import BudgetTerms
from reactor.core.container import Limits, State
from reactor.core.facts import Held, Silenced
from reactor.core.language.thresholds import Threshold, thresholds
from reactor.core.orders import Hold, Silence
from reactor.core.restraint import MOST_BROKEN, GateTerms
from reactor.core.rules import Level, Rule, RuleSet, Trigger
from reactor.core.state import Setup
from reactor.core.verbs import Action
from reactor.observe.labels import Shown
from reactor.observe.readings import ContainerReading, Near, RuleReading
from tests.core.build import Story, anew, box, cid, story
from tests.core.written import condition

PIDS = Rule("g/pids", "f:1", when=condition("pids > 200"), digest="a", team="core")
MEMORY = Rule("g/memory", "f:2", when=condition("memory > 80%"), digest="b")
AGE = Rule("g/age", "f:3", when=condition("age > 100s"), digest="c")
SOFT = replace(PIDS, level=Level.SOFT, action=Action.NOTICE, when=condition("pids > 100"), digest="d")
HARD = replace(PIDS, level=Level.HARD)


def figures(told: Story, at: float, *labels: str) -> tuple[dict[str, ContainerReading], list[RuleReading]]:
    worked = Figures(told.setup, told.state, at, 1000.0, Shown(labels))
    containers = {each.name: each for each in worked.containers()}
    return containers, list(worked.rules())


def near(reading: ContainerReading) -> dict[tuple[str, str], float]:
    return {(each.rule, each.level): round(each.ratio, 6) for each in reading.near}


def test_a_container_is_shown_with_all_that_is_known() -> None:
    one = replace(box(1), limits=Limits(cpu=1.5), restarts=3, health="healthy", born=5.0, created=2.0)
    odd = replace(box(2), health="<script>", labels={"reactor.task": "t2", "team": "x"})
    told = story(PIDS).snapshot(10, one, odd)
    told.sample(11, one, pids=50, memory=10, memory_limit=100)
    containers, _ = figures(told, 12, "team")
    shown, other = containers["c1"], containers["c2"]
    assert (shown.threads, shown.memory, shown.cores_max, shown.restarts) == (50, 10, 1.5, 3)
    assert (shown.state, shown.health, shown.uptime) == ("running", "healthy", 7.0)
    assert (shown.created, shown.read_at, shown.oom_kills) == (1002.0, 1011.0, 0)
    assert (shown.labels, other.labels) == (("",), ("x",))
    # Nobody read it: all of that is unknown. A health in words of its own is none of the engine's.
    assert (other.threads, other.memory, other.read_at, other.near, other.health) == (
        None,
        None,
        None,
        (),
        "",
    )
    stale, _ = figures(told, 22, "team")
    assert (stale["c1"].threads, stale["c1"].near, stale["c1"].read_at) == (None, (), None)


def test_the_nearest_rule_is_that_with_the_greatest_share() -> None:
    told = story(PIDS, MEMORY, AGE).snapshot(10, box(1), box(2))
    told.sample(11, box(1), pids=50, memory=60, memory_limit=100)
    told.sample(11, box(2), pids=190)
    containers, rules = figures(told, 12)
    assert near(containers["c1"]) == {("g/memory", "only"): 0.75}
    assert near(containers["c2"]) == {("g/pids", "only"): 0.95}
    assert [round(each.near or 0, 6) for each in rules] == [0.95, 0.75, 0.12]
    assert [each.unknown for each in rules] == [0, 1, 0]
    assert [(each.selected, each.state, each.team) for each in rules] == [
        (2, "enabled", "core"),
        (2, "enabled", ""),
        (2, "enabled", ""),
    ]
    assert all(each.judging is not None and 0 <= each.judging < 0.01 for each in rules)


def test_what_ends_and_what_only_tells_are_apart() -> None:
    """Near the end is another thing than near a remark."""
    farther = replace(SOFT, name="g/farther", when=condition("pids > 140"), digest="e")
    told = story(SOFT, farther, HARD).snapshot(10, box(1)).sample(11, box(1), pids=150)
    containers, rules = figures(told, 12)
    assert near(containers["c1"]) == {("g/pids", "soft"): 1.5, ("g/pids", "hard"): 0.75}
    assert {each.action for each in containers["c1"].near} == {"notice", "kill"}
    assert [(each.level, each.matching) for each in rules] == [("soft", 1), ("soft", 1), ("hard", 0)]


def test_what_runs_dry_hides_nothing_that_acts() -> None:
    """Nor in a hold, which has everything run dry; where nothing else stands, it is said that it does."""
    dry = replace(PIDS, dry_run=True)
    told = story(dry, AGE).snapshot(10, box(1)).sample(11, box(1), pids=2000)
    containers, rules = figures(told, 12)
    assert containers["c1"].near == (Near("g/age", "only", "kill", 0.12),)
    assert [(each.state, each.near) for each in rules] == [("dry-run", 10), ("enabled", 0.12)]
    told.tell(Held(12, Hold("h", 12, "ada", "")))
    assert figures(told, 12)[0]["c1"].near == (Near("g/age", "only", "kill", 0.12),)
    alone = story(dry).snapshot(10, box(1)).sample(11, box(1), pids=2000)
    assert figures(alone, 12)[0]["c1"].near == (Near("g/pids", "only", "kill", 10, dry_run=True),)


def stale(told: Story, at: float) -> int:
    worked = Figures(told.setup, told.state, at, 1000.0, Shown())
    list(worked.containers())
    return worked.stale


def test_readings_that_do_not_come_are_stale_and_those_that_are_not_due_are_not() -> None:
    """A run that has just begun has none yet, nor has one that no rule reads, or that is to be restarted."""
    told = story(PIDS).snapshot(10, box(1), box(2), box(3, labels={}))
    assert stale(told, 39) == 0
    told.sample(39, box(1), pids=3)
    assert [stale(told, at) for at in (40, 41, 49, 50)] == [0, 1, 1, 2]
    told.sample(51, box(2), pids=3).sample(51, box(1), pids=3)
    assert stale(told, 52) == 0
    # The next run of a container is another one, and has its own time.
    told.snapshot(60, anew(box(1), 50, 55), replace(box(2), state=State.RESTARTING), box(3, labels={}))
    assert [stale(told, at) for at in (70, 90, 91)] == [0, 0, 1]
    assert stale(story(AGE).snapshot(10, box(1)), 500) == 0


def test_out_of_scope_nobody_is_near_anything() -> None:
    told = story(AGE).snapshot(
        10, box(1, labels={}), box(2, labels={"reactor.task": "t", "reactor.skip": ""})
    )
    containers, (rule,) = figures(told, 50)
    assert [each.near for each in containers.values()] == [(), ()]
    assert (rule.selected, rule.near) == (0, None)


def test_an_event_is_not_near() -> None:
    """It may come at any time, or never; what stands beside it is no distance to it."""
    oom = Rule("g/oom", "f:4", on=Trigger.OOM, when=condition("memory > 50%"))
    told = story(oom).snapshot(10, box(1)).sample(11, box(1), memory=49, memory_limit=100)
    containers, (rule,) = figures(told, 12)
    assert containers["c1"].near == ()
    assert rule.near is None
    assert rule.thresholds == (Threshold("memory", ">", "ratio", 0.5),)


def test_the_whole_is_as_near_as_its_sum() -> None:
    total = Rule("g/total", "f:5", when=condition("scope.pids > 400"))
    told = story(total).snapshot(10, box(1), box(2))
    told.sample(10.5, box(1), pids=100).sample(10.5, box(2), pids=200).tick(11)
    _, (rule,) = figures(told, 11)
    assert rule.near == 0.75
    assert rule.thresholds == (Threshold("scope.pids", ">", "count", 400.0),)


def test_a_rule_has_one_state() -> None:
    """The first that is true: disabled, silenced, unknown, held, dry, enabled."""
    told = story(PIDS).snapshot(10, box(1)).tick(11)
    assert figures(told, 12)[1][0].state == "unknown"
    told.sample(12, box(1), pids=3)
    assert figures(told, 13)[1][0].state == "enabled"
    told.setup = replace(told.setup, dry_run=True)
    assert figures(told, 13)[1][0].state == "dry-run"
    told.setup = replace(told.setup, dry_run=False, gate=GateTerms())
    assert figures(told, 13)[1][0].state == "held"
    told.tell(Silenced(13, Silence("s", 13, 99, "me", "why", rule="g/pids")))
    assert figures(told, 14)[1][0].state == "silenced"
    assert figures(told, 99.5)[1][0].state == "unknown"
    broken = {PIDS.key: frozenset(cid(n) for n in range(MOST_BROKEN))}
    told.state = replace(told.state, curbs=replace(told.state.curbs, broken=broken))
    assert figures(told, 14)[1][0].state == "disabled"


def test_a_defect_of_one_rule_hides_no_number() -> None:
    def broken(_: object) -> bool:
        raise ZeroDivisionError

    bad = replace(PIDS, name="g/bad", when=replace(condition("pids > 1"), test=broken))
    told = story(AGE).snapshot(10, box(1))
    told.setup = Setup(RuleSet((bad, AGE)))
    entry = replace(told.entry(1), rules=(bad, AGE))
    told.state = replace(told.state, entries=told.state.entries.put(cid(1), entry))
    containers, rules = figures(told, 60)
    assert near(containers["c1"]) == {("g/age", "only"): 0.6}
    assert [each.unknown for each in rules] == [0, 0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pids > 200", [("pids", ">", "count", 200)]),
        ("4GiB <= memory", [("memory", ">=", "bytes", 4 * 1024**3)]),
        ("memory > 80% || pids >= 90%", [("memory", ">", "ratio", 0.8), ("pids", ">=", "ratio", 0.9)]),
        ("pids > 300 || (pids > 200 && name == 'x')", [("pids", ">", "count", 200)]),
        ("age < 1m && age < 5m", [("age", "<", "seconds", 300)]),
        ("cpu > 1.5", [("cpu", ">", "cores", 1.5)]),
        ("name == 'x' && exit_code != 3", []),
        ("host.memory_available < 10%", [("host.memory_available", "<", "ratio", 0.1)]),
        ("owner.memory > 1GiB", [("owner.memory", ">", "bytes", 1024**3)]),
    ],
)
def test_thresholds_are_numbers_in_base_units(text: str, expected: list[tuple[str, str, str, float]]) -> None:
    tree = condition(text).tree
    assert tree is not None
    assert [(each.field, each.sign, each.unit, each.value) for each in thresholds(tree)] == expected


def test_budgets_show_the_emptiest_of_each_kind() -> None:
    told = story(*(replace(AGE, name=f"g/{n}") for n in range(2)), budgets=BudgetTerms())
    told.snapshot(0, box(1), box(2)).tick(101)
    tokens = budgets(told.setup, told.state, told.decisions[0].at)
    assert len(told.decisions) == 2
    assert tokens["host"] == (118.0, 120.0)
    assert tokens["rule"][1] == 60.0
    assert tokens["rule"][0] < 60.0
    assert tokens["hard"] == (200.0, 200.0)


def test_it_can_be_worked_out_in_any_thread_and_later() -> None:
    """The state that was taken hold of does not change, whatever is told meanwhile."""
    told = story(PIDS).snapshot(10, box(1)).sample(11, box(1), pids=50)
    worked, found = Figures(told.setup, told.state, 12, 0.0, Shown()), list[ContainerReading]()
    told.sample(12, box(1), pids=180).snapshot(13)
    thread = threading.Thread(target=lambda: found.extend(worked.containers()))
    thread.start()
    thread.join()
    assert [(each.name, each.threads) for each in found] == [("c1", 50)]
