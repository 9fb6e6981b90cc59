"""Small builders for facts, so that a test says only what it is about."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.decisions import Decision, Outcome, Result, Why
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
from reactor.core.notes import Note
from reactor.core.rules import Condition, Rule, RuleSet, Total, Trigger, View
from reactor.core.state import Entry, Setup, Step
from reactor.core.state import State as CoreState
from reactor.core.step import step


def cid(n: int) -> ContainerId:
    """A full id; neighbours differ in their last digit only."""
    return ContainerId(f"{n:064x}")


def started(n: int = 0) -> str:
    return f"2026-01-01T00:00:{n:02d}.000000000Z"


def box(n: int, **changes: object) -> Container:
    """A running container in scope, born at 0."""
    base = Container(
        run=Run(cid(n), started()),
        name=f"c{n}",
        image="busybox:test",
        state=State.RUNNING,
        labels={"reactor.task": f"t{n}"},
        born=0.0,
        created=0.0,
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # The fields are checked by the dataclass's users.


def over(container: Container, code: int = 0, **changes: object) -> Container:
    """The same run, ended."""
    gone = replace(container, state=State.EXITED, exit_code=code, finished_at=started(30))
    return replace(gone, **changes)  # type: ignore[arg-type]  # As above.


def anew(container: Container, second: int, at: float) -> Container:
    """The next run of the same container."""
    return replace(container, run=Run(container.id, started(second)), born=at, state=State.RUNNING)


def condition(test: Callable[[View], bool | None], *reads: str, relative: Iterable[str] = ()) -> Condition:
    return Condition("text", test, lambda _: "explained", frozenset(reads), frozenset(relative))


def pids_over(limit: int) -> Condition:
    return condition(lambda view: None if view.pids is None else view.pids > limit, "pids")


def memory_over(percent: float) -> Condition:
    def test(view: View) -> bool | None:
        if view.memory is None or view.memory_limit is None:
            return None
        return view.memory * 100 > percent * view.memory_limit

    return condition(test, "memory", "memory_limit", relative=["memory"])


def age_over(seconds: float) -> Condition:
    return condition(lambda view: None if view.age is None else view.age > seconds, "age")


def total_over(value: float, field_: str = "pids", whole: str = "scope", sign: str = ">") -> Condition:
    """A condition about the whole: for a single run it is unknown."""
    total = Total(whole, field_, sign, value)
    return replace(condition(lambda _: None, field_), total=total)


def rules() -> RuleSet:
    """The four rules of the shipped file, without its text."""
    return RuleSet(
        (
            Rule("safety/lifetime", "f:1", when=age_over(43200)),
            Rule("safety/pids", "f:2", when=pids_over(200)),
            Rule("safety/memory", "f:3", when=memory_over(80)),
            Rule("safety/oom", "f:4", on=Trigger.OOM),
        )
    )


def story(*rules_: Rule, **setup: object) -> "Story":
    """A story under these rules."""
    return Story(Setup(RuleSet(rules_), **setup))  # type: ignore[arg-type]  # As above.


@dataclass
class Story:
    """Facts told one after another; keeps the decisions and the notes."""

    setup: Setup = field(default_factory=lambda: Setup(rules()))
    state: CoreState = field(default_factory=CoreState)
    decisions: list[Decision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    snapshots: int = 0

    def tell(self, *facts: Fact) -> "Story":
        for fact in facts:
            self.took(step(self.setup, self.state, fact))
        return self

    def took(self, result: Step) -> None:
        self.state = result.state
        self.decisions += result.decisions
        self.notes += result.notes

    def see(self, at: float, *containers: Container) -> "Story":
        """Somebody comes, after a first list in which nobody was: soft verdicts wait for that one."""
        if not self.state.snapshots:
            self.state = replace(self.state, snapshots=1)
        return self.tell(*(Seen(at, container) for container in containers))

    def tick(self, at: float) -> "Story":
        return self.tell(Tick(at))

    def oom(self, at: float, n: int, second: int = 20) -> "Story":
        return self.tell(Happened(at, Happening.OOM, cid(n), (1767225600 + second) * 10**9))

    def sample(self, at: float, container: Container, **values: int | None) -> "Story":
        return self.tell(Sample(at, container.run, **values))  # type: ignore[arg-type]  # The names are those of its fields.

    def snapshot(self, at: float, *containers: Container, **more: object) -> "Story":
        self.snapshots += 1
        fact = Snapshot(at, at, self.snapshots, containers)
        return self.tell(replace(fact, **more))  # type: ignore[arg-type]  # As above.

    def exited(self, at: float, container: Container, code: int) -> "Story":
        return self.tell(Exited(at, container.run, code))

    def vanish(self, at: float, n: int) -> "Story":
        return self.tell(Vanished(at, cid(n)))

    def outcome(
        self,
        at: float,
        decision: Decision,
        result: Result = Result.DONE,
        why: Why = Why.ENDED,
        *,
        final: bool = True,
    ) -> "Story":
        return self.tell(Acted(at, Outcome(decision, at, result, why, final=final)))

    def entry(self, n: int) -> Entry:
        entry = self.state.entries.get(cid(n))
        assert entry is not None
        return entry

    def said(self, kind: type[Note]) -> list[Note]:
        return [note for note in self.notes if isinstance(note, kind)]

    def live(self) -> list[int]:
        """Whom it was decided to end, and not only said so."""
        return [int(decision.run.id, 16) for decision in self.decisions if not decision.dry_run]

    def at(self) -> list[tuple[int, float]]:
        """Whom it was decided to end, and when."""
        return [(int(decision.run.id, 16), decision.at) for decision in self.decisions]

    def ended(self) -> list[tuple[int, str]]:
        """Whom it was decided to end, and by which rule."""
        return [(int(decision.run.id, 16), decision.rule) for decision in self.decisions]
