"""Whatever comes in whatever order: never two live decisions about a run, never one about a stranger."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container
from reactor.core.decisions import Outcome, Result, Why
from reactor.core.facts import (
    Acted,
    Exited,
    Fact,
    Happened,
    Happening,
    Sample,
    Seen,
    Snapshot,
    Tick,
    Vanished,
)
from reactor.core.notes import Ended
from tests.core.build import Story, anew, box, cid, over

BASE = 1767225600 * 10**9
KEPT = 9.0
"""Seconds for which what has vanished is remembered for certain."""

MAINS = [box(1), box(2), box(3, labels={"reactor.task": "t1"})]
SIDES = [
    box(4, labels={"reactor.sidecar-of": "t1"}),
    box(5, labels={}, joins=frozenset({cid(2)})),
    box(6, labels={"reactor.sidecar-of": "t2", "reactor.task": "t6"}),
]
STRANGERS = [
    box(7, labels={}),
    box(8, labels={"reactor.task": "t8", "reactor.skip": ""}),
    box(9, labels={"reactor.task": "t9"}, image_labels={"reactor.task": "t9"}),
]
ALL = [*MAINS, *SIDES, *STRANGERS]

OUTCOMES = st.sampled_from(
    [
        (Result.DONE, Why.ENDED),
        (Result.DONE, Why.ALREADY_OVER),
        (Result.REFUSED, Why.STALE),
        (Result.REFUSED, Why.PROTECTED),
        (Result.UNKNOWN, Why.WEDGED),
    ]
)


@st.composite
def moves(draw: st.DrawFn) -> list[tuple[str, int, int, tuple[Result, Why]]]:
    kinds = st.sampled_from(
        ["see", "over", "anew", "sample", "oom", "tick", "list", "gap", "vanish", "exit", "outcome"]
    )
    move = st.tuples(kinds, st.integers(0, len(ALL) - 1), st.integers(0, 300), OUTCOMES)
    return draw(st.lists(move, max_size=80))


class World:
    """The engine's side of the story: the present run of each container."""

    def __init__(self) -> None:
        self.runs: list[Container] = list(ALL)
        self.vanished: dict[int, float] = {}
        self.at = 0.0

    def fact(self, kind: str, n: int, value: int, story: Story, result: tuple[Result, Why]) -> Fact | None:
        self.at += 0.7
        self._replace_vanished()
        box_ = self.runs[n]
        match kind:
            case "see":
                return Seen(self.at, box_)
            case "over":
                self.runs[n] = over(box_, 137 if value % 2 else 0, oom_killed=value % 3 == 0)
                return Seen(self.at, self.runs[n])
            case "anew":
                self.runs[n] = anew(box_, (int(box_.run.started_at[17:19]) + 1) % 60, self.at)
                return Seen(self.at, self.runs[n])
            case "sample":
                return Sample(self.at, box_.run, pids=value)
            case "oom":
                return Happened(self.at, Happening.OOM, box_.id, BASE + value * 10**9)
            case "tick":
                self.at += value
                return Tick(self.at)
            case "list" | "gap":
                unsure = frozenset({box_.id}) if kind == "gap" else frozenset()
                rest = tuple(c for c in self.runs if c.id not in unsure)
                return Snapshot(self.at, self.at, story.snapshots + 1, rest, unsure, gap=kind == "gap")
            case "vanish":
                self.vanished.setdefault(n, self.at)
                return Vanished(self.at, box_.id)
            case "exit":
                return Exited(self.at, box_.run, value)
            case _:
                return self.acted(story, n, result)

    def _replace_vanished(self) -> None:
        for gone in [gone for gone, since in self.vanished.items() if self.at - since > KEPT]:
            # An engine that once did not know a container may err, but not for long.
            del self.vanished[gone]
            self.runs[gone] = anew(
                self.runs[gone], (int(self.runs[gone].run.started_at[17:19]) + 1) % 60, self.at
            )

    def acted(self, story: Story, n: int, result: tuple[Result, Why]) -> Fact | None:
        if not story.decisions:
            return None
        decision = story.decisions[n % len(story.decisions)]
        final = result[0] is not Result.UNKNOWN
        return Acted(self.at, Outcome(decision, self.at, *result, final=final))


def play(script: list[tuple[str, int, int, tuple[Result, Why]]]) -> Story:
    story, world = Story(), World()
    for kind, n, value, result in script:
        fact = world.fact(kind, n, value, story, result)
        if fact is not None:
            story.tell(fact)
    return story


@given(moves())
@settings(max_examples=150, deadline=None)
def test_strangers_are_never_decided_about(script: list[tuple[str, int, int, tuple[Result, Why]]]) -> None:
    strangers = {container.id for container in STRANGERS}
    assert not [decision for decision in play(script).decisions if decision.run.id in strangers]


@given(moves())
@settings(max_examples=150, deadline=None)
def test_a_run_is_decided_about_once_unless_the_decision_came_to_nothing(
    script: list[tuple[str, int, int, tuple[Result, Why]]],
) -> None:
    final = [move for move in script if move[3][0] in {Result.DONE, Result.UNKNOWN} or move[0] != "outcome"]
    story = play(final)
    assert all(count == 1 for count in Counter(decision.run for decision in story.decisions).values())


@given(moves())
@settings(max_examples=100, deadline=None)
def test_the_same_facts_give_the_same_decisions(
    script: list[tuple[str, int, int, tuple[Result, Why]]],
) -> None:
    first, second = play(script), play(script)
    assert first.decisions == second.decisions
    assert first.notes == second.notes


@given(moves())
@settings(max_examples=100, deadline=None)
def test_every_run_ends_on_record_at_most_once(
    script: list[tuple[str, int, int, tuple[Result, Why]]],
) -> None:
    notes = [note for note in play(script).notes if isinstance(note, Ended)]
    ends = Counter(note.run for note in notes if not note.again and not note.old)
    assert all(count == 1 for count in ends.values())


def test_ids_of_decisions_differ() -> None:
    story = Story().see(0, *MAINS)
    for container in MAINS:
        story.sample(1, container, pids=201)
    ids = {decision.id for decision in story.decisions}
    assert len(ids) == len(story.decisions) == 3
    assert all(len(decision.id) == 16 for decision in story.decisions)
