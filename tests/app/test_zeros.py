"""Everything that an alert or a board counts is there at nothing before it happens for the first time."""

from dataclasses import replace

from reactor.app.counting import Counting
from reactor.app.zeros import WHYS
from reactor.core.decisions import Call, Outcome, Result, Why
from reactor.core.facts import Acted, Fact, Held, Ordered, Resumed
from reactor.core.orders import Hold
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.state import Setup
from reactor.core.step import step
from reactor.core.verbs import ENDING, Action
from reactor.observe.names import Kind
from reactor.observe.tally import Exemplar, Tally
from tests.core.build import Story, box, over
from tests.core.written import condition
from tests.grafana.boards import counted as seen

KILL = Rule("g/pids", "f:1", when=condition("pids > 200"), digest="a", team="core")
AGE = Rule("g/age", "f:2", when=condition("age > 100s"), digest="b", action=Action.RESTART)
TOLD = Rule("g/told", "f:3", when=condition("pids > 150"), digest="c", action=Action.NOTICE)
DRY = Rule("g/dry", "f:4", when=condition("pids > 100"), digest="d", dry_run=True)
OOM = Rule("g/oom", "f:5", on=Trigger.OOM, digest="e")
LATER = Rule("g/later", "f:6", when=condition("memory > 80%"), digest="f", action=Action.STOP, team="ml")


class Watched(Tally):
    """A tally that notes what comes into being by an event, and not before it."""

    def __init__(self) -> None:
        super().__init__()
        self.born: set[tuple[str, tuple[str, ...]]] = set()

    def count(self, name: str, by: float = 1, /, **labels: str | bool) -> None:
        known = dict(self.freeze().counters.get(name, {})) if by else {}
        super().count(name, by, **labels)
        if by:
            self.born |= {(name, key) for key in self.freeze().counters[name] if key not in known}

    def observe(
        self, name: str, seconds: float, exemplar: Exemplar | None = None, /, **labels: str | bool
    ) -> None:
        known = dict(self.freeze().spreads.get(name, {}))
        super().observe(name, seconds, exemplar, **labels)
        self.born |= {(name, key) for key in self.freeze().spreads[name] if key not in known}


class Counted(Story):
    """A story whose steps are counted, and whose decisions come off unless ``came`` says otherwise."""

    def __init__(self, *rules: Rule) -> None:
        super().__init__(Setup(RuleSet(rules)))
        self.tally = Watched()
        self.counting = Counting(self.tally, self.setup.rules, 0.0)
        self.came = Result.DONE, Why.ENDED

    def tell(self, *facts: Fact) -> "Counted":
        for fact in facts:
            result = step(self.setup, self.state, fact)
            self.took(result)
            self.counting.step(result)
            self.counting.fact(fact, 0.00001)
            for decision in result.decisions:
                done = self.came if decision.ends else (Result.DONE, Why.CARRIED_OUT)
                if decision.dry_run:
                    done = Result.REFUSED, Why.DRY_RUN
                call = Call(decision.action, fact.at + 0.001, 0.002, 204)
                outcome = Outcome(decision, fact.at + 0.01, *done, calls=(call,))
                self.counting.outcome(outcome)
                self.tell(Acted(outcome.at, outcome))
        return self

    def reload(self, *rules: Rule) -> "Counted":
        """Other rules come into force, as a monitor has them."""
        self.setup = replace(self.setup, rules=RuleSet(rules))
        self.counting.put_in_force(self.setup.rules)
        return self


def born(story: Counted) -> set[tuple[str, tuple[str, ...]]]:
    """What came into being by an event; how long it took to decide on what ends nobody is not of interest."""
    counters = seen(Kind.COUNTER, Kind.HISTOGRAM)
    harmless = {("reactor_breach_duration_seconds", (rule.name,)) for rule in (DRY, TOLD)}
    return {each for each in story.tally.born - harmless if each[0] in counters}


def counted(story: Counted, name: str) -> dict[tuple[str, ...], float]:
    return {key: value for key, value in story.tally.freeze().counters[name].items() if value}


def test_the_first_of_everything_is_an_increase() -> None:
    """Kills and their cascade, orphans, a restart, a notice, dry runs, an order, an OOM, a failure."""
    story = Counted(KILL, AGE, TOLD, DRY, OOM)
    main, sidecar = box(1, born=500.0), box(2, born=500.0, labels={"reactor.sidecar-of": "t1"})
    orphan = box(3, born=500.0, labels={"reactor.sidecar-of": "nobody"})
    others = [box(number, born=500.0) for number in (4, 5, 6, 7, 8)]
    story.snapshot(501, main, sidecar, orphan, *others)
    story.sample(502, main, pids=201).snapshot(503, over(main), over(sidecar), orphan, *others)
    story.snapshot(520, orphan, *others).tick(571).snapshot(572, orphan, *others).tick(573)
    story.tell(Ordered(592, others[0].run, "ada", "enough", cascade=True))
    story.oom(593, 5)
    story.came = Result.FAILED, Why.FORBIDDEN
    story.sample(594, others[2], pids=250)
    story.came = Result.DONE, Why.ENDED
    story.tell(Held(595, Hold("h", 595, "ada", ""))).sample(596, others[3], pids=250)
    story.tell(Resumed(597, "ada")).tick(610)
    assert set(counted(story, "reactor_kills_total")) >= {
        ("g/pids", "kill", "core"),
        ("g/pids", "stop", "core"),
        ("orphan", "stop", ""),
        ("operator+sidecars", "kill", ""),
        ("g/age", "restart", ""),
    }
    assert ("kill", "failed", "forbidden") in counted(story, "reactor_outcomes_total")
    assert ("notice", "done", "carried-out") in counted(story, "reactor_outcomes_total")
    assert ("g/pids", "kill", "true") in counted(story, "reactor_decisions_total")
    assert ("g/dry", "kill", "true") in counted(story, "reactor_decisions_total")
    assert born(story) == set()


def test_rules_that_come_later_begin_at_nothing_too() -> None:
    story = Counted(KILL)
    story.snapshot(10, box(1)).sample(11, box(1), pids=201)
    story.reload(LATER).snapshot(12, box(1), box(2)).sample(13, box(2), memory=90, memory_limit=100)
    assert counted(story, "reactor_kills_total") == {
        ("g/pids", "kill", "core"): 1,
        ("g/later", "stop", "ml"): 1,
    }
    assert born(story) == set()


def test_each_reason_goes_with_one_result() -> None:
    """So that nothing can come of a decision that had no series."""
    told = [why for whys in WHYS.values() for why in whys]
    assert sorted(told) == sorted(Why)
    assert set(WHYS) == set(Result)


def test_failures_of_all_that_ends_are_there_from_the_start() -> None:
    """Those are what an alert goes by."""
    outcomes = Counted(KILL, AGE).tally.freeze().counters["reactor_outcomes_total"]
    for action in (Action.KILL, Action.STOP, Action.REMOVE, Action.RESTART):
        assert action in ENDING
        for why in (Why.FORBIDDEN, Why.GIVEN_UP, Why.INTERRUPTED):
            assert outcomes[action, "failed", why] == 0


def test_what_was_left_over_is_not_ended_once_more() -> None:
    """It is removed, long after its end."""
    story = Counted(KILL)
    story.setup = replace(story.setup, leftovers_after=60.0)
    story.snapshot(10, box(1)).snapshot(20, over(box(1))).snapshot(21, over(box(1))).tick(200)
    story.snapshot(201, over(box(1))).tick(300)
    assert ("remove", "done", "ended") in counted(story, "reactor_outcomes_total")
    assert counted(story, "reactor_kills_total") == {}
    assert born(story) == set()
