"""Whoever is left alone because nothing can be said of him is held against judging everybody always.

The naive reference is the same step, made to forget all calm before each fact: then each tick judges
everybody by all rules, and so does each sample.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.breaker import BreakerTerms, no_breaker
from reactor.core.budgets import Budget, BudgetTerms, no_budgets
from reactor.core.container import Container, ContainerId
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.facts import (
    Acted,
    Exited,
    Extended,
    Fact,
    Happened,
    Happening,
    Held,
    HostSeen,
    LayerSized,
    OwnersSeen,
    Released,
    Reloaded,
    Resumed,
    Sample,
    Seen,
    Silenced,
    Snapshot,
    Subscription,
    Tick,
    Vanished,
    Witness,
    ZombiesSeen,
)
from reactor.core.orders import Hold, Silence
from reactor.core.owners import Presence
from reactor.core.restraint import GateTerms, no_gate
from reactor.core.rules import Condition, Exemption, Level, Rule, RuleSet, Trigger
from reactor.core.shelf import Shelf
from reactor.core.state import Entry, Setup, Step
from reactor.core.state import State as CoreState
from reactor.core.step import step
from reactor.core.verbs import Action
from tests.core.build import anew, box, cid, over
from tests.core.written import condition

CONDITIONS = (
    "pids > 20",
    "pids >= 20",
    "pids > 50%",
    "memory > 80%",
    "memory > 80% && age > 10s",
    "memory > 100B || pids > 30",
    "pids * 2 > 30",
    "pids_limit < 50",
    "cpu > 0.5",
    "age > 7s",
    "age - 4s > 3s",
    "total_age > 9s || pids > 25",
    "max(pids, 6s) > 20",
    "changes(restarts, 8s) > 1",
    "zombies > 2",
    "!init",
    'name == "c1"',
    'health == "unhealthy"',
    "group.pids > 40",
    "scope.pids > 60",
    "owner.pids > 30",
    "host.memory_available < 50B",
    "oom_kills > 0",
    "layer_writes > 20B",
    "age == 7s",
    "rate(pids, 4s) > 1",
    "ready",
    "pids > 20 && zombies > 2",
)
COMPILED = {text: condition(text) for text in (*CONDITIONS, "pids > 15", "memory > 50%", "age > 9s")}
BASE = 1767225600 * 10**9
WHO = range(1, 5)
LEASE = "lease:x"


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Some rules of all kinds."""
    texts = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=6, unique=True))
    found = [_rule(draw, number, COMPILED[text]) for number, text in enumerate(texts)]
    triggers = draw(st.lists(st.sampled_from(list(Trigger)), max_size=4, unique=True))
    return (*found, *(_of(draw, each) for each in triggers))


def _of(draw: st.DrawFn, trigger: Trigger) -> Rule:
    text = draw(st.sampled_from(["", "", "pids > 20", "cpu > 0.5", "zombies > 2", "age > 7s"]))
    return Rule(
        f"t/{trigger}",
        "f:1",
        when=COMPILED[text] if text else None,
        on=trigger,
        hold=draw(st.sampled_from([0.0, 4.0])) if trigger is Trigger.BLIND else 0.0,
        dry_run=draw(st.booleans()),
        action=draw(st.sampled_from([Action.KILL, Action.NOTICE, Action.NOTICE])),
        cooldown=draw(st.sampled_from([0.0, 0.0, 4.0])),
    )


def _rule(draw: st.DrawFn, number: int, when: Condition) -> Rule:
    durations = st.sampled_from([0.0, 0.0, 3.0])
    return Rule(
        f"g/{number}",
        "f:1",
        when=when,
        hold=draw(durations),
        keep=draw(durations),
        dry_run=draw(st.booleans()),
        fresh=draw(st.sampled_from([None, None, 2.0, 9.0])) if when.total is None else None,
        action=draw(st.sampled_from([Action.KILL, Action.NOTICE, Action.STOP])),
        level=draw(st.sampled_from([Level.ONLY, Level.ONLY, Level.HARD])),
        limit=draw(st.sampled_from([None, None, 1])) if when.total is None else None,
        cooldown=draw(st.sampled_from([0.0, 0.0, 4.0])),
        digest=draw(st.sampled_from(["new", "old", "old"])),
        exempt=draw(st.sampled_from([(), (), (Exemption("e", ("name",), (("c3",),)),)])),
    )


@st.composite
def setups(draw: st.DrawFn) -> tuple[Setup, ...]:
    """Two that take turns with each reload: of the second, some rules are others."""
    made = draw(rules())
    other = tuple(_other(draw, rule) for rule in made)
    restrained = draw(st.booleans())
    few = BudgetTerms(Budget(1, 6.0), Budget(1, 6.0), Budget(2, 6.0), Budget(1, 3.0))
    setup = Setup(
        RuleSet(made),
        stale_after=6.0,
        creation_grace=5.0,
        orphan_after=4.0,
        owner_grace=3.0,
        owners_enforced=True,
        layer_every=4.0,
        crash_ends=2,
        again_after=draw(st.sampled_from([3.0, 60.0])),
        gate=GateTerms(1, 0.3, 1, 1.0, 4.0) if draw(st.booleans()) else no_gate(),
        proven=frozenset({"", *(rule.digest for rule in (*made, *other) if rule.digest.startswith("old"))}),
        budgets=few if restrained else no_budgets(),
        breaker=BreakerTerms(2, 0.4, 5.0) if restrained else no_breaker(),
    )
    return setup, replace(setup, rules=RuleSet(other))


def _other(draw: st.DrawFn, rule: Rule) -> Rule:
    if rule.when is None or rule.on is not None or draw(st.booleans()):
        return rule
    # Another condition makes it another rule, as another digest does in a file.
    other = COMPILED[draw(st.sampled_from(["pids > 15", "memory > 50%", "age > 9s"]))]
    return replace(rule, when=other, fresh=None, limit=None, digest=f"{rule.digest} {other.text}")


def _one(n: int) -> Container:
    labels = {"reactor.task": f"t{n}", "reactor.owner": LEASE if n == 1 else "o"}
    labels = {"reactor.sidecar-of": "t1"} if n == 4 else labels
    return box(n, labels=labels, restarts=0, init=n != 2, health_check=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of the last decision about this one; if there was none, time goes on."""

    at: float
    n: int
    result: Result
    why: Why

    def fact(self, decisions: Iterable[Decision]) -> Fact:
        """What is told."""
        mine = [each for each in decisions if each.run.id == cid(self.n)]
        final = self.why is not Why.WEDGED
        outcome = Outcome(mine[-1], self.at, self.result, self.why, final=final) if mine else None
        return Acted(self.at, outcome) if outcome is not None else Tick(self.at)


class Teller:
    """Tells what is seen of four containers, mostly nothing new."""

    def __init__(self, *, apart: bool) -> None:
        self.apart = apart
        self.at, self.number, self.starts = 0.5, 1, 1
        self.now = {n: _one(n) for n in WHO}
        self.readings: dict[int, int | None] = dict.fromkeys(WHO, 5)
        self.facts: list[Fact | Answer] = [Snapshot(self.at, self.at, 1, tuple(self.now.values()))]

    def tell(self, kind: str, pause: float, n: int, value: int | None, limit: int | None) -> None:
        """One fact more."""
        self.at += pause
        looked = self._looked(kind, n) or self._read(kind, n, value, limit)
        self.facts.append(looked or self._ordered(kind, n, value) or self._other(kind, n))

    def _looked(self, kind: str, n: int) -> Fact | None:
        box_, at = self.now[n], self.at
        match kind:
            case "ill" | "well" | "restart":
                health = {"ill": "unhealthy", "well": "healthy"}.get(kind, box_.health)
                restarts = (box_.restarts or 0) + (kind == "restart")
                self.now[n] = replace(box_, health=health, restarts=restarts)
                return Seen(at, self.now[n])
            case "over" if box_.alive:
                self.now[n] = over(box_, 1)
                return Seen(at, self.now[n])
            case "anew":
                self.starts += 1
                self.now[n] = replace(anew(box_, self.starts, at), exit_code=None, finished_at="")
                return Seen(at, self.now[n])
            case "renamed" | "relabelled":
                name = "c3" if kind == "renamed" else box_.name
                labels = {"reactor.sidecar-of": "t1"} if kind == "relabelled" else box_.labels
                self.now[n] = replace(box_, name=name, labels=labels)
                return Seen(at, self.now[n])
            case "doubt" | "list":
                self.number += 1
                unsure = frozenset({cid(n)}) if kind == "doubt" else frozenset[ContainerId]()
                there = tuple(each for each in self.now.values() if each.id not in unsure)
                return Snapshot(at, at, self.number, there, unsure=unsure)
            case "vanish":
                return Vanished(at, cid(n))
            case _:
                return None

    def _read(self, kind: str, n: int, value: int | None, limit: int | None) -> Fact | None:
        run = self.now[n].run
        if kind == "zombies":
            return ZombiesSeen(self.at, self.at, {run: value or 0})
        if kind == "layer":
            return LayerSized(self.at, run, value or 0)
        if kind not in {"sample", "move"}:
            return None
        if kind == "move":
            self.readings[n] = value
        read = self.readings[n]
        memory = (read * 7 % 100 if self.apart else read) if read is not None else None
        return Sample(self.at, run, read, limit, memory, 2 * limit if limit else None, self.at / 4)

    def _ordered(self, kind: str, n: int, value: int | None) -> Fact | Answer | None:
        at = self.at
        match kind:
            case "done":
                return Answer(at, n, Result.DONE, Why.ENDED)
            case "failed":
                return Answer(at, n, Result.FAILED, Why.GIVEN_UP)
            case "wedged":
                return Answer(at, n, Result.UNKNOWN, Why.WEDGED)
            case "refused":
                return Answer(at, n, Result.REFUSED, Why.PROTECTED)
            case "hold":
                return Held(at, Hold("h", at, "me", "", at + 4.0))
            case "resume":
                return Resumed(at, "me")
            case "release":
                return Released(at, "me")
            case "host":
                return HostSeen(at, 1000, value or 0)
            case "owner-gone" | "owner":
                return OwnersSeen(at, {LEASE: Presence.GONE if kind == "owner-gone" else Presence.ALIVE})
            case _:
                return None

    def _other(self, kind: str, n: int) -> Fact:
        at = self.at
        match kind:
            case "oom":
                return Happened(at, Happening.OOM, cid(n), BASE + int(at * 1e9))
            case "oom-of-host":
                return Happened(at, Happening.OOM, cid(n), BASE + int(at * 1e9), Witness.HOST)
            case "oom-in-log":
                return Happened(at, Happening.OOM, cid(n), BASE + int(at * 1e9), Witness.LOG)
            case "exited":
                return Exited(at, self.now[n].run, 1)
            case "deaf" | "heard":
                return Subscription(at, up=kind == "heard")
            case "extend":
                return Extended(at, cid(n), 5.0, at + 6.0)
            case "unextend":
                return Extended(at, cid(n), 0.0, at)
            case "silence":
                return Silenced(at, Silence(f"s{at}", at, at + 5.0, "me", "", container=cid(n)))
            case "reload":
                return Reloaded(at)
            case _:
                return Tick(at)


SELDOM = ("ill", "well", "restart", "doubt", "list", "list", "vanish", "zombies", "oom", "deaf", "heard")
OTHERS = ("extend", "unextend", "silence", "reload", "over", "anew", "renamed", "relabelled", "layer", "hold")
ANSWERS = (
    "done",
    "failed",
    "wedged",
    "refused",
    "resume",
    "release",
    "host",
    "owner-gone",
    "owner",
    "exited",
)
KINDS = (
    *["tick"] * 18,
    *["sample"] * 16,
    *["move"] * 10,
    *SELDOM,
    *OTHERS,
    *ANSWERS,
    "oom",
    "oom-of-host",
    "oom-in-log",
)
MOVES = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.0, 2.0, 5.0, 13.0]),
    st.sampled_from(list(WHO)),
    st.sampled_from([None, 1, 5, 15, 16, 19, 20, 21, 26, 31, 90]),
    st.sampled_from([None, 32, 64]),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Fact | Answer]:
    """What is seen in half a minute or so."""
    teller = Teller(apart=draw(st.booleans()))
    for move in draw(st.lists(MOVES, max_size=60)):
        teller.tell(*move)
    return teller.facts


def forgetful(state: CoreState) -> CoreState:
    """The state with nobody calm, so that everybody is judged."""
    entries: Shelf[Entry] = state.entries
    awake = {entry.run.id: replace(entry, calm=None) for entry in entries.values()}
    return replace(state, entries=entries.put_all(awake), weather=None)


def told(setups: tuple[Setup, ...], facts: Iterable[Fact | Answer], *, naive: bool) -> list[Step]:
    """The steps that these facts lead to; with each reload, the next of the setups is in force."""
    state, steps, reloads, decisions = CoreState(), list[Step](), 0, list[Decision]()
    for each in facts:
        fact = each.fact(decisions) if isinstance(each, Answer) else each
        reloads += isinstance(fact, Reloaded)
        setup = setups[reloads % len(setups)]
        steps.append(step(setup, forgetful(state) if naive else state, fact))
        state = steps[-1].state
        decisions += steps[-1].decisions
    return steps


@settings(max_examples=60, deadline=None)
@given(setups(), stories())
def test_the_calm_are_judged_as_everybody_is(made: tuple[Setup, ...], facts: list[Fact | Answer]) -> None:
    """The same decisions and notes, in the same order; and the same memory in the end."""
    facts = [*facts, *(Tick(facts[-1].at + seconds) for seconds in range(1, 12))]
    quick, slow = told(made, facts, naive=False), told(made, facts, naive=True)
    for one, other in zip(quick, slow, strict=True):
        assert one.decisions == other.decisions
        assert one.notes == other.notes
    assert remembered(quick[-1].state) == remembered(slow[-1].state)


def remembered(state: CoreState) -> list[Entry]:
    """What is known of each, but for what only says who is calm, and up to when somebody has looked."""
    return [
        replace(
            entry, calm=None, holding={key: replace(each, last=0.0) for key, each in entry.holding.items()}
        )
        for entry in state.entries.values()
    ]
