"""One test taken through the core: facts at virtual times in, decisions out.

The play feeds what the monitor's graph would be fed: a list at the beginning and at the usual
intervals, a look for every event, a sample and a tick in each second. What is decided comes off at the
same moment, so that cascades and orphans follow. How far time may be skipped is in ``stillness``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reactor.core.container import Run
from reactor.core.container import State as ContainerState
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.facts import (
    Acted,
    Exited,
    Fact,
    Happened,
    Happening,
    OwnersSeen,
    Seen,
    Snapshot,
    Subscription,
    Tick,
    Vanished,
)
from reactor.core.layers import READ, wanted_layers
from reactor.core.leases import wanted_owners
from reactor.core.owners import Kind, Presence
from reactor.core.restraint import no_gate
from reactor.core.stages import Stage
from reactor.core.state import State
from reactor.core.step import step, wanted_samples, wanted_zombies
from reactor.core.verbs import Action
from reactor.ruletest.cast import Host, Part, cast_of, nano
from reactor.ruletest.script import (
    MEASURED,
    ZOMBIES,
    Asked,
    Case,
    Change,
    Events,
    Expected,
    HostChange,
    OwnersChange,
    Turn,
    What,
)
from reactor.ruletest.stillness import Stillness
from reactor.ruletest.values import Course
from reactor.ruletest.verdicts import Moment

KILLED = 137
STOPPED = 143


@dataclass(frozen=True, slots=True)
class Got:
    """A decision as a test speaks of it; ``because_of`` is the container whose end it followed."""

    at: float
    action: str
    box: str
    rule: str
    because: str
    because_of: str
    grace: float
    dry_run: bool
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a test.

    ``answers`` are the rules that each question found, ``why`` is what the rule of an expected
    decision said at that moment.
    """

    got: tuple[Got, ...]
    answers: dict[Asked, frozenset[str]]
    why: dict[Expected, str]


def play(case: Case) -> Played:
    """Take a test through the core from its beginning to its end."""
    stage = Play(case)
    stage.begin()
    at = 0.0
    for named in _named(case):
        while at < named:
            stage.moment(at)
            at = min(named, stage.next_second(at, named))
    stage.moment(at)
    return stage.played()


def _named(case: Case) -> list[float]:
    """Every moment that the test names, in order, and its end."""
    named = {moment.at for moment in case.moments}
    named |= {expected.at for expected in case.expected} | {asked.at for asked in case.asked}
    return sorted({*named, case.until})


def _has_zombies(case: Case) -> bool:
    """Whether a test says anything of zombies."""
    changes = (what for moment in case.moments for what in moment.what if isinstance(what, Change))
    courses = [*(box.courses for box in case.boxes), *(change.courses for change in changes)]
    return any(ZOMBIES in each for each in courses)


def _has_owners(case: Case) -> bool:
    """Whether a test says anything of owners."""
    return any(isinstance(what, OwnersChange) for moment in case.moments for what in moment.what)


class Play:
    """One test, being played."""

    def __init__(self, case: Case) -> None:
        self._case = case
        # The gate is for what is new to a host; in a test every rule is.
        self.setup = replace(case.terms.setup(case.rules), gate=no_gate())
        self.state = State()
        self.cast = cast_of(case.boxes)
        self.host = Host({key: (course, 0.0) for key, course in case.host.items()})
        self.got: list[Got] = []
        self._decided: dict[str, str] = {}
        self._moments: dict[float, list[What]] = {}
        for moment in case.moments:
            self._moments.setdefault(moment.at, []).extend(moment.what)
        self._stillness = Stillness(self.setup, case.terms.reconcile_every, skips=not _has_owners(case))
        for courses in (case.host, *(box.courses for box in case.boxes)):
            self._disturb(courses, 0.0)
        self._with_zombies = _has_zombies(case)
        self._with_owners = _has_owners(case)
        self._owners: dict[str, Presence] = {}
        self._answers: dict[Asked, frozenset[str]] = {}
        self._why: dict[Expected, str] = {}
        self._snapshots = 0
        self._wanted: tuple[int, frozenset[Run]] = (-1, frozenset())
        self._measures = any(rule.when and READ in rule.when.reads for rule in case.rules.rules)

    def begin(self) -> None:
        """Let the monitor find what is there."""
        self._list(0.0)

    def moment(self, at: float) -> None:
        """Let everything happen that is due at this moment, a full second or not."""
        decided = len(self.got)
        spoke = self._happen(at)
        whole = at.is_integer()
        self._sample(self.cast.parts.values() if whole else spoke, at)
        self._look(at)
        self._measure(self.cast.parts.values() if whole else spoke, at)
        if at and at % self._case.terms.reconcile_every == 0:
            self._list(at)
        if whole:
            self._feed(Tick(at))
        self._ask(at)
        if at in self._moments or len(self.got) > decided:
            self._stillness.disturbed(at)

    def next_second(self, at: float, end: float) -> float:
        """The second to go on with, before the end: the next, unless nothing can happen for a while."""
        return self._stillness.next_second(self.state, at, end)

    def played(self) -> Played:
        """What has come of it."""
        return Played(tuple(self.got), self._answers, self._why)

    # What happens

    def _happen(self, at: float) -> list[Part]:
        changed = []
        for what in self._moments.get(at, ()):
            if isinstance(what, Change):
                changed.append(self._change(what, at))
            elif isinstance(what, HostChange):
                self._change_host(what, at)
            elif isinstance(what, OwnersChange):
                self._owners |= what.known
            elif isinstance(what, Events):
                self._feed(Subscription(at, up=what.up))
            else:
                self._turn(what, at)
        return changed

    def _change(self, change: Change, at: float) -> Part:
        before = self.cast.parts[change.box].container
        part = self.cast.change(change, at)
        self._disturb(change.courses, at)
        if part.container is not before and part.listed:
            self._feed(Seen(at, part.container))
        return part

    def _change_host(self, change: HostChange, at: float) -> None:
        self.host.change(change, at)
        self._disturb(change.courses, at)

    def _disturb(self, courses: Mapping[str, Course], at: float) -> None:
        """Values change from now on, until the last of them is seen to have come to its end."""
        for key, course in courses.items():
            late = self.setup.layer_every if key == MEASURED else 0.0
            self._stillness.disturbed(at + course.seconds + late)

    def _turn(self, turn: Turn, at: float) -> None:
        part = self.cast.parts[turn.box]
        match turn.what:
            case "oom":
                part.oomed = True
                self._feed(Happened(at, Happening.OOM, part.container.id, nano(at)))
            case "dies":
                self._die(turn.box, at, turn.exit_code)
            case "starts":
                self._start(turn.box, at)
            case "created":
                self._create(turn.box, at)
            case "removed":
                part.listed = False
                self._feed(Vanished(at, part.container.id))
            case _:
                part.silent = True

    def _create(self, key: str, at: float) -> None:
        part = self.cast.create(key, at)
        self._feed(Happened(at, Happening.CREATE, part.container.id, nano(at)))
        self._feed(Seen(at, part.container))

    def _start(self, key: str, at: float) -> None:
        if not self.cast.parts[key].listed:
            self._create(key, at)
        part = self.cast.start(key, at)
        self._feed(Happened(at, Happening.START, part.container.id, nano(at)))
        self._feed(Seen(at, part.container))

    def _die(self, key: str, at: float, code: int) -> None:
        part = self.cast.parts[key]
        if not part.container.alive:
            return
        run = part.container.run
        self.cast.die(key, at, code)
        self._feed(Happened(at, Happening.DIE, run.id, nano(at)))
        self._feed(Exited(at, run, code))
        self._feed(Seen(at, part.container))

    # What the monitor is told

    def _list(self, at: float) -> None:
        self._snapshots += 1
        self._feed(Snapshot(at, at, self._snapshots, self.cast.listed()))

    def _sample(self, parts: Iterable[Part], at: float) -> None:
        if self._wanted[0] != self.state.roster:
            self._wanted = (self.state.roster, wanted_samples(self.state))
        for part in parts:
            if part.is_sampled and not part.silent and part.container.run in self._wanted[1]:
                self._feed(self.cast.sample(part, at))

    def _look(self, at: float) -> None:
        """Let the kernel say what is asked of it."""
        host = self.host.seen(at)
        if host is not None:
            self._feed(host)
        wanted = wanted_zombies(self.setup, self.state) if self._with_zombies else frozenset()
        if wanted:
            self._feed(self.cast.zombies(at, wanted))
        if self._with_owners:
            self._feed(self._owners_seen(at))

    def _owners_seen(self, at: float) -> OwnersSeen:
        """What a look at all owners finds; those that are containers are found in lists."""
        owners = wanted_owners(self.setup, self.state).items()
        texts = [text for text, owner in owners if owner.kind is not Kind.CONTAINER]
        return OwnersSeen(at, {text: self._owners.get(text, Presence.UNKNOWN) for text in texts})

    def _measure(self, parts: Iterable[Part], at: float) -> None:
        if not self._measures:
            return
        wanted = wanted_layers(self.setup, self.state)
        for part in parts:
            if part.container.run in wanted:
                measured = self.cast.measure(part, at, self.setup.layer_every)
                if measured is not None:
                    self._feed(measured)

    def _feed(self, fact: Fact) -> None:
        result = step(self.setup, self.state, fact)
        self.state = result.state
        for decision in result.decisions:
            self._note(decision)
        for decision in result.decisions:
            self._answer(decision, fact.at)

    # What is decided

    def _note(self, decision: Decision) -> None:
        box = self.cast.part_of(decision.run.id).box.key
        self._decided[decision.id] = box
        self.got.append(
            Got(
                decision.at,
                decision.action.value,
                box,
                decision.rule,
                decision.reason,
                self._decided.get(decision.cause, "") if decision.cause else "",
                decision.grace,
                decision.dry_run,
                decision.summary,
            )
        )

    def _answer(self, decision: Decision, at: float) -> None:
        if decision.dry_run:
            self._feed(Acted(at, Outcome(decision, at, Result.REFUSED, Why.DRY_RUN)))
            return
        part = self.cast.part_of(decision.run.id)
        for stage in decision.stages:
            self._change_run(part.box.key, stage, at)
        if not decision.ends:
            self._feed(Acted(at, Outcome(decision, at, Result.DONE, Why.CARRIED_OUT)))
            return
        if part.container.alive:
            self.host.returned += part.readings(at).get("memory") or 0
        self._die(part.box.key, at, KILLED if decision.action == "kill" else STOPPED)
        self._feed(Acted(at, Outcome(decision, at, Result.DONE, Why.ENDED)))
        if decision.action is Action.RESTART:
            self._start(part.box.key, at)
        elif decision.action is Action.REMOVE:
            part.listed = False
            self._feed(Vanished(at, part.container.id))

    def _change_run(self, key: str, stage: Stage, at: float) -> None:
        """What a stage does to the run beside ending it; a test takes it that all comes off."""
        part = self.cast.parts[key]
        before = part.container
        if stage.action is Action.LIMIT and before.alive:
            self.cast.limit(key, stage, at)
        elif stage.action is Action.PAUSE and before.state is ContainerState.RUNNING:
            part.container = replace(before, state=ContainerState.PAUSED)
        if part.container is not before:
            self._feed(Seen(at, part.container))

    # What is asked

    def _ask(self, at: float) -> None:
        now = Moment(self.setup, self.state, at)
        for asked in self._case.asked:
            if asked.at == at:
                found = now.verdicts(self.cast.parts[asked.box].container.id)
                self._answers[asked] = found.unknown if asked.what == "unknown" else found.hold
        for expected in self._case.expected:
            if expected.at == at and expected.rule:
                self._why[expected] = now.why_not(self.cast.parts[expected.box].container.id, expected.rule)
