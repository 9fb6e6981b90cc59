"""Whoever is left alone because nothing can be said of him is held against judging everybody always.

The naive reference is the same step, made to forget all calm before each fact: then each tick judges
everybody by all rules, and so does each sample.
"""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container, ContainerId
from reactor.core.facts import (
    Extended,
    Fact,
    Happened,
    Happening,
    Reloaded,
    Sample,
    Seen,
    Silenced,
    Snapshot,
    Subscription,
    Tick,
    Vanished,
    ZombiesSeen,
)
from reactor.core.orders import Silence
from reactor.core.rules import Condition, Level, Rule, RuleSet, Trigger
from reactor.core.shelf import Shelf
from reactor.core.state import Entry, Setup, Step
from reactor.core.state import State as CoreState
from reactor.core.step import step
from reactor.core.verbs import Action
from tests.core.build import box, cid
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
)
COMPILED = {text: condition(text) for text in CONDITIONS}
BASE = 1767225600 * 10**9
WHO = range(1, 5)


@st.composite
def rules(draw: st.DrawFn) -> tuple[Rule, ...]:
    """Some rules of all kinds."""
    texts = draw(st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=6, unique=True))
    found = [_rule(draw, number, COMPILED[text]) for number, text in enumerate(texts)]
    triggers = draw(st.lists(st.sampled_from([Trigger.BLIND, Trigger.OOM, Trigger.ORPHANED]), unique=True))
    found += [
        Rule(
            f"t/{each}",
            "f:1",
            on=each,
            hold=draw(st.sampled_from([0.0, 4.0])) if each is Trigger.BLIND else 0.0,
        )
        for each in triggers
    ]
    return tuple(found)


def _rule(draw: st.DrawFn, number: int, when: Condition) -> Rule:
    durations = st.sampled_from([0.0, 0.0, 3.0])
    return Rule(
        f"g/{number}",
        "f:1",
        when=when,
        hold=draw(durations),
        keep=draw(durations),
        dry_run=draw(st.booleans()),
        fresh=draw(st.sampled_from([None, None, 2.0])) if when.total is None else None,
        action=draw(st.sampled_from([Action.KILL, Action.NOTICE])),
        level=Level.ONLY,
        limit=draw(st.sampled_from([None, None, 1])) if when.total is None else None,
    )


def _one(n: int) -> Container:
    labels = {"reactor.sidecar-of": "t1"} if n == 4 else {"reactor.task": f"t{n}", "reactor.owner": "o"}
    return box(n, labels=labels, restarts=0, init=n != 2, health_check=True)


class Teller:
    """Tells what is seen of four containers, mostly nothing new."""

    def __init__(self) -> None:
        self.at, self.number = 0.5, 1
        self.now = {n: _one(n) for n in WHO}
        self.readings: dict[int, int | None] = dict.fromkeys(WHO, 5)
        self.facts: list[Fact] = [Snapshot(self.at, self.at, 1, tuple(self.now.values()))]

    def tell(self, kind: str, pause: float, n: int, value: int | None, limit: int | None) -> None:
        """One fact more."""
        self.at += pause
        self.facts.append(self._looked(kind, n) or self._read(kind, n, value, limit) or self._other(kind, n))

    def _looked(self, kind: str, n: int) -> Fact | None:
        box_, at = self.now[n], self.at
        match kind:
            case "ill" | "well" | "restart":
                health = {"ill": "unhealthy", "well": "healthy"}.get(kind, box_.health)
                restarts = (box_.restarts or 0) + (kind == "restart")
                self.now[n] = replace(box_, health=health, restarts=restarts)
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
        if kind not in {"sample", "move"}:
            return None
        if kind == "move":
            self.readings[n] = value
        read = self.readings[n]
        return Sample(self.at, run, read, limit, read, 2 * limit if limit else None, self.at / 4)

    def _other(self, kind: str, n: int) -> Fact:
        at = self.at
        match kind:
            case "oom":
                return Happened(at, Happening.OOM, cid(n), BASE + int(at * 1e9))
            case "deaf" | "heard":
                return Subscription(at, up=kind == "heard")
            case "extend":
                return Extended(at, cid(n), 5.0, at + 6.0)
            case "silence":
                return Silenced(at, Silence(f"s{at}", at, at + 5.0, "me", "", container=cid(n)))
            case "reload":
                return Reloaded(at)
            case _:
                return Tick(at)


SELDOM = ("ill", "well", "restart", "doubt", "list", "vanish", "zombies", "oom", "deaf", "heard", "extend")
KINDS = (*["tick"] * 8, *["sample"] * 10, *["move"] * 4, *SELDOM, "silence", "reload")
MOVES = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from([0.1, 0.5, 1.0, 1.0, 2.0, 5.0]),
    st.sampled_from(list(WHO)),
    st.sampled_from([None, 1, 5, 15, 16, 19, 20, 21, 26, 31, 90]),
    st.sampled_from([None, 32, 64]),
)


@st.composite
def stories(draw: st.DrawFn) -> list[Fact]:
    """What is seen in half a minute or so."""
    teller = Teller()
    for move in draw(st.lists(MOVES, max_size=60)):
        teller.tell(*move)
    return teller.facts


def forgetful(state: CoreState) -> CoreState:
    """The state with nobody calm, so that everybody is judged."""
    entries: Shelf[Entry] = state.entries
    awake = {entry.run.id: replace(entry, calm=None) for entry in entries.values()}
    return replace(state, entries=entries.put_all(awake), weather=None)


def told(setup: Setup, facts: Iterable[Fact], *, naive: bool) -> list[Step]:
    """The steps that these facts lead to."""
    state, steps = CoreState(), list[Step]()
    for fact in facts:
        steps.append(step(setup, forgetful(state) if naive else state, fact))
        state = steps[-1].state
    return steps


@settings(max_examples=60, deadline=None)
@given(rules(), stories())
def test_the_calm_are_judged_as_everybody_is(made: tuple[Rule, ...], facts: list[Fact]) -> None:
    """The same decisions and notes, in the same order; and the same memory in the end."""
    setup = Setup(RuleSet(made), stale_after=6.0, creation_grace=5.0, orphan_after=4.0)
    facts = [*facts, *(Tick(facts[-1].at + seconds) for seconds in range(1, 12))]
    quick, slow = told(setup, facts, naive=False), told(setup, facts, naive=True)
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
