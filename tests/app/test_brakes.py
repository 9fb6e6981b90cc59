"""Hold, resume, release and silence at the desk of a whole monitor in virtual time, and after its restart."""

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from reactor.app import brakes, ordering
from reactor.app.braking import Brakes
from reactor.app.complaint import Complaint
from reactor.app.controlling import Desk
from reactor.app.history import page as history_page
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.options import parser
from reactor.app.reloading import Reloader
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.rules import Rule, RuleSet
from reactor.core.state import Setup
from reactor.journal.history import read_history
from reactor.journal.journal import Journal
from reactor.testing.tasks import Usage
from reactor.testing.world import World
from reactor.web.control import Refused
from reactor.web.extending import Extension
from tests.app.test_supervise import Running, running, task
from tests.core.build import age_over, pids_over

PIDS = Rule("g/pids", "f", pids_over(100))
OLD = Rule("g/age", "f", age_over(60))
WIDE = Budget(1000, 1.0)
ARMED = Setup(RuleSet((PIDS, OLD)), breaker=BreakerTerms(), budgets=BudgetTerms())


@dataclass
class At:
    running: Running
    desk: Desk
    brakes: Brakes
    kept: Callable[[], Awaitable[bool]]


@asynccontextmanager
async def monitor_at(world: World, folder: Path, setup: Setup) -> AsyncIterator[At]:
    """A monitor with its desk."""
    found: list[tuple[Desk, Brakes]] = []

    async def service(monitor: Monitor, numbers: Numbers, task_status: trio.TaskStatus[None]) -> None:
        desk = Desk(monitor, numbers, Reloader(lambda: RuleSet(()), monitor, frozenset), "e")
        found.append((desk, Brakes(monitor)))
        task_status.started()
        await trio.lowlevel.checkpoint()

    clock = trio.current_time
    journal = Journal(folder / "journal.db", boot_id="b", boot=clock, wall=clock, inline=True)
    async with running(world, folder, setup=setup, services=(service,), journal=journal) as monitor:
        yield At(monitor, *found[0], journal.kept)


def _gauge(at: At, name: str) -> int:
    return int(getattr(at.running.numbers.capture().readings, name))


async def test_a_hold_survives_a_restart_and_then_they_go(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    bad, near = task(world, "bad"), task(world, "near", labels={"reactor.task": "t2"})
    world.use(near, Usage(pids=100))
    setup = Setup(RuleSet((PIDS,)))
    async with monitor_at(world, tmp_path, setup) as at:
        await trio.sleep(3)
        at.brakes.hold({"who": "ada", "why": "a look at it"})
        world.use(bad, Usage(pids=101))
        await trio.sleep(10)
        assert at.running.ended() == []
        assert at.desk.status()["hold"]["who"] == "ada"
        assert at.running.numbers.remark() == "held by an operator: nothing is done"
        assert _gauge(at, "held") == 1
        assert at.desk.explain("bad")["kept_by"] == "ada holds the monitor, and all is only said"
    async with monitor_at(world, tmp_path, setup) as at:
        await trio.sleep(10)
        assert at.running.ended() == []
        assert at.desk.status()["hold"]["why"] == "a look at it"
        assert at.desk.status()["hold"]["for"] > 10
        at.brakes.resume({"who": "kim"})
        await trio.sleep(3)
        assert at.running.ended() == ["bad"]
        assert near.alive
        with pytest.raises(Refused, match="there is no hold"):
            at.brakes.resume({})
    async with monitor_at(world, tmp_path, setup) as at:
        await trio.sleep(1)
        assert at.desk.status()["hold"] is None


async def test_a_hold_that_ended_while_nobody_ran_is_over(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    setup = Setup(RuleSet((PIDS,)))
    async with monitor_at(world, tmp_path, setup) as at:
        at.brakes.hold({"who": "ada", "for": "5s"})
        await trio.sleep(4)
        assert at.desk.status()["hold"]["left"] == 1
        await trio.sleep(2)
        assert at.desk.status()["hold"] is None
        at.brakes.hold({"who": "ada"})
        at.brakes.hold({"who": "kim", "why": "longer"})
        await trio.sleep(1)
        assert at.desk.status()["hold"]["who"] == "kim"
    async with monitor_at(world, tmp_path, setup) as at:
        assert at.desk.status()["hold"]["who"] == "kim"


async def test_a_silence_survives_a_restart_and_ends_in_time(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    spared, other = task(world, "spared"), task(world, "other", labels={"reactor.task": "t2"})
    setup = Setup(RuleSet((PIDS,)))
    async with monitor_at(world, tmp_path, setup) as at:
        await trio.sleep(3)
        told = at.brakes.silence({"container": "spared", "for": "1m", "why": "a long build", "who": "ada"})
        assert told["container"] == spared.id
        for each in (spared, other):
            world.use(each, Usage(pids=101))
        await trio.sleep(10)
        assert at.running.ended() == ["other"]
        appraisal = at.desk.explain("spared")
        assert appraisal["kept_by"] == "ada silenced it for 50s more"
        assert appraisal["rules"][0]["remarks"] == ["silenced by ada for 50s more: a long build"]
        assert _gauge(at, "silences") == 1
    async with monitor_at(world, tmp_path, setup) as at:
        await trio.sleep(5)
        (only,) = at.brakes.silences({})["silences"]
        assert (only["id"], only["name"], only["who"]) == (told["id"], "spared", "ada")
        assert 40 < only["left"] < 46
        await trio.sleep(only["left"] - 1)
        assert spared.alive
        await trio.sleep(3)
        assert at.running.ended() == ["other", "spared"]
        assert at.brakes.silences({})["silences"] == []


async def test_a_rule_can_be_silenced_and_heard_again(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    world.use(task(world, "bad"), Usage(pids=101))
    silenced = Setup(RuleSet((replace(PIDS, hold=5),)))
    async with monitor_at(world, tmp_path, silenced) as at:
        told = at.brakes.silence({"rule": "g/pids", "for": "7d", "why": "it is wrong"})
        await trio.sleep(30)
        assert at.running.ended() == []
        with pytest.raises(Refused, match="there is no silence"):
            at.brakes.unsilence({"id": "nobody"})
        at.brakes.unsilence({"id": told["id"], "who": "ada"})
        await trio.sleep(2)
        assert at.running.ended() == ["bad"], "its window was fed meanwhile"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"for": "1h", "why": "x"}, "either a container or a rule"),
        ({"container": "c1", "rule": "g/pids", "for": "1h", "why": "x"}, "either a container or a rule"),
        ({"container": "nobody", "for": "1h", "why": "x"}, "no container is known as nobody"),
        ({"rule": "g/other", "for": "1h", "why": "x"}, "no rule in force is named g/other"),
        ({"container": "c1", "for": "8d", "why": "x"}, "at most 7d"),
        ({"container": "c1", "for": "soon", "why": "x"}, "a duration such as 2h, not 'soon'"),
        ({"container": "c1", "why": "x"}, "a duration such as 2h"),
        ({"container": "c1", "for": "1h", "why": " "}, "needs a reason"),
    ],
)
async def test_a_silence_that_is_none_is_refused_with_a_remedy(
    query: dict[str, str], why: str, autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    task(world, "c1")
    async with monitor_at(world, tmp_path, Setup(RuleSet((PIDS,)))) as at:
        with pytest.raises(Refused, match=why):
            at.brakes.silence(query)
        assert at.brakes.silences({})["silences"] == []


async def test_the_breaker_holds_back_a_crowd_and_lets_a_storm_be_ended(
    autojump_clock: MockClock, tmp_path: Path
) -> None:
    world = World()
    crowd = [task(world, f"old{n}", labels={"reactor.task": f"t{n}"}) for n in range(12)]
    await trio.sleep(40)
    young = [task(world, f"new{n}", labels={"reactor.task": f"n{n}"}) for n in range(18)]
    async with monitor_at(world, tmp_path, ARMED) as at:
        await trio.sleep(22)
        assert at.running.ended() == []
        (opened,) = at.desk.status()["breakers"]
        assert (opened["owner"], opened["matches"], opened["of"]) == ("", 12, 30)
        assert (_gauge(at, "breakers_open"), _gauge(at, "brakes_waiting")) == (1, 12)
        (_, age) = at.desk.explain("old3")["rules"]
        assert age["remarks"][0].startswith("it waits for the breaker, which is open, for ")
        assert at.running.numbers.remark() == "the breaker is open: only hard verdicts go on"
        world.use(young[0], Usage(pids=101))
        await trio.sleep(3)
        assert at.running.ended() == ["new0"]
        assert at.brakes.release({"who": "ada"}) == {"released": 12}
        await trio.sleep(3)
        assert sorted(at.running.ended()[1:]) == sorted(each.name for each in crowd)
        with pytest.raises(Refused, match="no breaker is open"):
            at.brakes.release({})


async def test_a_budget_that_is_spent_shows_everywhere(autojump_clock: MockClock, tmp_path: Path) -> None:
    world = World()
    for n in range(5):
        task(world, f"c{n}", labels={"reactor.task": f"t{n}"})
    terms = BudgetTerms(rule=WIDE, owner=WIDE, host=Budget(2, 60.0), hard=WIDE)
    async with monitor_at(world, tmp_path, replace(ARMED, budgets=terms)) as at:
        await trio.sleep(62)
        first = at.running.ended()
        assert len(first) == 2
        (left, *_) = sorted({"c0", "c1", "c2", "c3", "c4"} - {*first})
        assert at.desk.status()["budgets"] == {"host": 3}
        assert at.running.numbers.remark() == "3 containers wait for a token of a budget"
        (_, age) = at.desk.explain(left)["rules"]
        assert age["remarks"][0].startswith("it waits for a token of the budget: host, for ")
        counters = at.running.numbers.capture().counts.counters["reactor_budget_shortages_total"]
        assert sum(counters.values()) == 1
        await trio.sleep(92)
        assert sorted(at.running.ended()) == ["c0", "c1", "c2", "c3", "c4"]


Asked = list[tuple[str, dict[str, str]]]
SILENCE: Mapping[str, Any] = {
    "id": "12ab",
    "container": "1" * 64,
    "name": "c1",
    "rule": "",
    "who": "ada",
    "why": "a build",
    "left": 3600.0,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What a monitor was asked."""
    found: Asked = []
    answers: Mapping[str, Mapping[str, Any]] = {
        "POST /v1/hold": {},
        "POST /v1/resume": {"lasted": 60.0},
        "POST /v1/release": {"released": 12},
        "POST /v1/silences": SILENCE,
        "GET /v1/silences": {"silences": [SILENCE, {**SILENCE, "container": "", "rule": "g/r"}]},
        "POST /v1/unsilence": {"removed": "12ab"},
    }

    def ask(_: Path, method: str, path: str, **query: str) -> Mapping[str, Any]:
        found.append((f"{method} {path}", query))
        return answers[f"{method} {path}"]

    monkeypatch.setattr(brakes, "ask", ask)
    return found


def _order(*line: str) -> int:
    options = parser().parse_args([*line])
    command = {"hold": brakes.hold, "resume": brakes.resume, "silence": brakes.silence}[options.command]
    return command(options)


def test_what_is_typed_is_what_is_asked(asked: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    for line in (
        ("hold", "--why", "a look", "--for", "1h", "--who", "ada"),
        ("resume", "--who", "ada"),
        ("resume", "--breaker", "--who", "ada"),
        ("silence", "c1", "--for", "1h", "--why", "a build", "--who", "ada"),
        ("silence", "--rule", "g/r", "--for", "1h", "--why", "a build", "--who", "ada"),
        ("silence", "--list"),
        ("silence", "--remove", "12ab", "--who", "ada"),
    ):
        assert _order(*line) == 0
    assert asked == [
        ("POST /v1/hold", {"who": "ada", "why": "a look", "for": "1h"}),
        ("POST /v1/resume", {"who": "ada"}),
        ("POST /v1/release", {"who": "ada"}),
        ("POST /v1/silences", {"who": "ada", "container": "c1", "for": "1h", "why": "a build"}),
        ("POST /v1/silences", {"who": "ada", "rule": "g/r", "for": "1h", "why": "a build"}),
        ("GET /v1/silences", {}),
        ("POST /v1/unsilence", {"who": "ada", "id": "12ab"}),
    ]
    assert capsys.readouterr().out.splitlines() == [
        "held: nothing is done from now on; what is under way is not undone",
        "resumed after 1m",
        "12 waited for the breaker, and may be acted on now",
        "silence 12ab: c1 (111111111111), 1h more, by ada: a build",
        "silence 12ab: c1 (111111111111), 1h more, by ada: a build",
        "silence 12ab: c1 (111111111111), 1h more, by ada: a build",
        "silence 12ab: rule g/r, 1h more, by ada: a build",
        "silence 12ab is over",
    ]


@pytest.mark.parametrize("line", [("silence",), ("silence", "c1", "--rule", "g/r")])
def test_a_silence_of_nothing_or_of_two_things_is_a_complaint(line: tuple[str, ...], asked: Asked) -> None:
    with pytest.raises(Complaint, match="name a container, or a rule"):
        _order(*line)
    assert asked == []


def test_the_status_says_what_brakes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: Mapping[str, Any] = {
        "engine": "e",
        "rules": 1,
        "version": "v",
        "not_ready": "",
        "reload_errors": [],
        "reading": None,
        "held_rules": [],
        "hold": {"id": "h", "who": "ada", "why": "a look", "for": 5.0, "left": None},
        "silences": [SILENCE],
        "breakers": [{"owner": "o", "for": 3.0, "matches": 12, "of": 30}],
        "budgets": {"host": 3},
    }
    monkeypatch.setattr(ordering, "ask", lambda *_args, **_more: told)
    assert ordering.status(argparse.Namespace(control=Path("x"), json=False)) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "HELD by ada: a look; nothing is done, until reactor resume",
        (
            "the breaker is open for owner o: 12 of 30 match, only hard verdicts go; to let them act: "
            "reactor resume --breaker; else mend the rules, or reactor hold"
        ),
        "3 wait for a token of the budget: host",
        "silence 12ab: c1 (111111111111), 1h more, by ada: a build",
    ]


async def test_who_ordered_what_is_in_the_history(autojump_clock: MockClock, tmp_path: Path) -> None:
    """A hold that lasts, one that was lifted, a silence whose time was up, an extension, a release."""
    world = World()
    for n in range(12):
        task(world, f"b{n}", labels={"reactor.task": f"t{n}"})
    async with monitor_at(world, tmp_path, replace(ARMED, budgets=BudgetTerms(off=True))) as at:
        at.brakes.hold({"who": "ada", "why": "a look"})
        await trio.sleep(5)
        at.brakes.resume({"who": "kim"})
        await trio.sleep(0.5)
        at.brakes.silence({"container": "b1", "for": "8s", "why": "a build", "who": "lee"})
        await trio.sleep(0.5)
        at.desk.extend(Extension("b2", "2h", "lee", "a backup"))
        await trio.sleep(60)
        assert at.desk.status()["breakers"]
        at.brakes.release({"who": "ada"})
        assert await at.kept()
    lines = read_history(tmp_path / "journal.db")
    orders = [(each.action, each.who, each.name, each.over) for each in lines if each.kind == "order"]
    assert orders == [
        ("hold", "ada", "", False),
        ("hold", "kim", "", True),
        ("silence", "lee", "b1", False),
        ("extension", "lee", "b2", False),
        ("silence", "", "b1", True),
        ("release", "ada", "", False),
    ]
    shown = "\n".join(history_page(lines))
    assert "until it is lifted: a look" in shown
    assert "8s: a build" in shown
    assert "over: its time was up" in shown
    assert "2h: a backup" in shown
    assert {each.name for each in read_history(tmp_path / "journal.db", container="b2") if each.name} == {
        "b2"
    }
