"""Missed, doubled, wrong, late: what became of every run, from the engine's words alone.

A signal is the monitor's if the same engine process was told to kill or to stop that container during that
run (``audit``); every other signal is the engine's own, or ours when we remove. A death is the monitor's if
such a signal came before it, the engine's if it came with an outage. Only judging belongs here.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import pairwise
from typing import Any

from tests.chaos.audit import Told, nanoseconds
from tests.chaos.cast import CREATION_GRACE, ORPHAN_AFTER, Fate
from tests.chaos.faults import Faults
from tests.chaos.stage import Subject
from tests.real.truth import Life, seconds

_FULL = re.compile(r"[0-9a-f]{64}")
PROMISE = 10.0
"""Seconds from the end of the last fault, or from the breach, whichever is later; for a loaded machine."""
NOBODY: Mapping[str, Sequence[int]] = {}
NEVER = "0001-01-01T00:00:00Z"
SLACK = 50_000_000
"""Nanoseconds by which the engine's log may be behind its events."""
EARLY = 500_000_000
"""Nanoseconds: the event of a start is told a little after the start itself."""
WITH_AN_OUTAGE = 5 * 10**9
"""Nanoseconds after its return in which an engine that lets nobody live may still report deaths."""


class End(Enum):
    """By whom a run ended."""

    NOT_YET = auto()
    MONITOR = auto()
    ENGINE = auto()
    ITSELF = auto()


@dataclass(frozen=True, slots=True)
class Trial:
    """One run and what is to be said of it. ``acted`` is the moment of the monitor's first signal, ``breach``
    the one from which it was to be ended, 0 if it never was; ``late`` are the seconds from the breach, or
    from the end of the last fault after it, to its death, None if the monitor did not end it; ``calm`` are
    those between the last fault and a breach after it, None without a fault before it. What was told
    of it is ``forgotten`` if the engine that told it was killed afterwards, or never told it. A sidecar is
    ``lonely`` if its main never ran, or was over when the monitor acted: then it may go, too."""

    subject: Subject
    number: int
    life: Life
    end: End
    signals: tuple[str, ...]
    calls: tuple[str, ...]
    acted: int = 0
    breach: int = 0
    after_a_fault: bool = False
    forgotten: bool = False
    lonely: bool = False
    late: float | None = None
    calm: float | None = None

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.subject.name} ({self.subject.id[:12]}), run {self.number}"

    @property
    def doubled(self) -> bool:
        """Whether one signal had an effect twice."""
        return any(self.signals.count(signal) > 1 for signal in self.signals)

    @property
    def repeats(self) -> int:
        """Calls beyond the first of their kind that had no effect."""
        extra = sum(self.calls.count(verb) - 1 for verb in set(self.calls))
        return max(0, extra - sum(self.signals.count(signal) - 1 for signal in set(self.signals)))


@dataclass(frozen=True, slots=True)
class Offences:
    """The four counters, each offence a sentence, and what could not be judged."""

    missed: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()

    def __add__(self, other: "Offences") -> "Offences":
        return Offences(
            self.missed + other.missed,
            self.doubled + other.doubled,
            self.wrong + other.wrong,
            self.late + other.late,
            self.unexplained + other.unexplained,
        )


def followed(lives: Sequence[Life]) -> list[Life]:
    """A run after which another one began is over, whether its end was told or not."""
    known = list(lives)
    for number, (life, later) in enumerate(pairwise(lives)):
        if life.died is None:
            known[number] = replace(life, died=later.began)
    return known


def completed(lives: Sequence[Life], state: Mapping[str, Any]) -> list[Life]:
    """The runs with what an inspect adds to them: an outage can swallow events."""
    known, started = followed(lives), state.get("StartedAt", NEVER)
    if not state and known and known[-1].died is None:
        # It was removed, after an end that nobody heard of.
        known[-1] = replace(known[-1], died=known[-1].began)
    if started == NEVER:
        return known
    began = nanoseconds(started)
    if not known or began > max(known[-1].died or 0, known[-1].began + EARLY):
        if known and known[-1].died is None:
            known[-1] = replace(known[-1], died=began)
        known.append(Life(began))
    if known[-1].died is None and not state.get("Running"):
        known[-1] = replace(known[-1], died=nanoseconds(state["FinishedAt"]))
    return known


def try_all(
    lives: Mapping[str, Sequence[Life]],
    subjects: Sequence[Subject],
    calls: Sequence[Told],
    faults: Faults,
    ooms: Mapping[str, Sequence[int]] = NOBODY,
) -> list[Trial]:
    """Every run of every subject; ``lives`` are their runs by id, ``ooms`` when the engine told of one."""
    told: dict[str, list[Told]] = {}
    for call in calls:
        told.setdefault(call.id, []).append(call)
    ids = {subject.name: subject.id for subject in subjects}
    deaths = {
        name: [life.died for life in lives[container] if life.died is not None]
        for name, container in ids.items()
        if lives[container]
    }
    trials = [
        _try(subject, number, lives[subject.id], told.get(subject.id, []), deaths, faults)
        for subject in subjects
        for number in range(len(lives[subject.id]))
    ]
    return [_remembered(trial, ooms.get(trial.subject.id, ()), faults) for trial in trials]


def _try(
    subject: Subject,
    number: int,
    own: Sequence[Life],
    told: Sequence[Told],
    deaths: Mapping[str, Sequence[int]],
    faults: Faults,
) -> Trial:
    life = own[number]
    until = own[number + 1].began if number + 1 < len(own) else None
    during = [call for call in told if life.began <= call.nano and (until is None or call.nano < until)]
    ours = [
        (signal, nano)
        for signal, nano in zip(life.signals, life.moments, strict=True)
        if _was_told(nano, during, faults.launches)
    ]
    signals, acted = tuple(signal for signal, _ in ours), ours[0][1] if ours else 0
    calls = tuple(call.verb for call in during)
    trial = Trial(subject, number, life, _end(subject, life, signals, faults), signals, calls, acted)
    return _timed(trial, deaths, faults)


def _was_told(nano: int, calls: Sequence[Told], launches: Sequence[int]) -> bool:
    """Whether this engine process was told before to do it: what it was told before it died, it forgot."""
    launched = launches[max(0, bisect_right(launches, nano) - 1)]
    return any(launched <= call.nano <= nano + SLACK for call in calls)


def _end(subject: Subject, life: Life, ours: Sequence[str], faults: Faults) -> End:
    if life.died is None:
        return End.NOT_YET
    if ours:
        return End.MONITOR
    if subject.member.leaves:
        return End.ITSELF
    with_engine = any(each.began <= life.died <= each.ended + WITH_AN_OUTAGE for each in faults.outages)
    return End.ENGINE if with_engine else End.ITSELF


def _timed(trial: Trial, deaths: Mapping[str, Sequence[int]], faults: Faults) -> Trial:
    trial = replace(trial, lonely=_is_lonely(trial, deaths))
    breach = breach_of(trial.subject, trial.life, deaths)
    if breach is None:
        return trial
    died = trial.life.died
    fault = faults.last_end(died) if died is not None else 0
    since = max(breach, fault)
    late = seconds(died - since) if died is not None and trial.end is End.MONITOR else None
    before = faults.last_end(breach)
    calm = seconds(breach - before) if before else None
    return replace(trial, breach=breach, after_a_fault=fault > breach, late=late, calm=calm)


def _remembered(trial: Trial, ooms: Sequence[int], faults: Faults) -> Trial:
    """What only an event tells is good evidence for as long as the engine remembers it."""
    if not trial.subject.member.told:
        return trial
    last = max((nano for nano in ooms if nano >= trial.life.began), default=0)
    return replace(trial, forgotten=not last or any(each.began > last for each in faults.outages))


def _is_lonely(trial: Trial, deaths: Mapping[str, Sequence[int]]) -> bool:
    member = trial.subject.member
    if member.fate is not Fate.SPARED or not member.main:
        return False
    of_main = deaths.get(member.main)
    return of_main is None or any(died < trial.acted for died in of_main)


def breach_of(subject: Subject, life: Life, deaths: Mapping[str, Sequence[int]]) -> int | None:
    """When this run began to break a rule, or lost its main, by the engine's clock; None if it never did."""
    member = subject.member
    if member.fate is Fate.ENDED:
        return life.began + int(member.after * 1e9)
    if member.fate is Fate.TAKEN:
        of_main = deaths.get(member.main)
        after = [died for died in of_main or () if died >= life.began]
        if not after and (of_main or of_main is None):
            # Its main was over already, or never ran. It may wait for another one, from its creation on, and
            # how long before its start that was is not known here.
            return life.began + int(CREATION_GRACE / 2 * 1e9)
        return min(after, default=None)
    return None


def offences(trials: Sequence[Trial], strays: Sequence[Told]) -> Offences:
    """Count. ``strays`` are calls about containers that nobody knows.

    Whether it may kill is asked with an id that nobody has: that is a full one, by which nobody is named.
    """
    judged = sum((_offences(trial) for trial in trials), Offences())
    wrong = [call for call in strays if call.verb != "kill" or not _FULL.fullmatch(call.id)]
    return judged + Offences(wrong=tuple(f"the engine was told to {call.verb} {call.id}" for call in wrong))


def _offences(trial: Trial) -> Offences:
    member, end = trial.subject.member, trial.end
    missed = wrong = late = unexplained = ""
    doubled = f"{trial.name}: {trial.signals}" if trial.doubled else ""
    if trial.lonely:
        pass
    elif not trial.breach:
        wrong = f"{trial.name}: told to {', '.join(trial.calls)}" if trial.calls else ""
    elif trial.acted and trial.acted < trial.breach - EARLY:
        wrong = f"{trial.name}: {seconds(trial.breach - trial.acted):.2f} s before its time"
    elif end is End.NOT_YET and not trial.forgotten:
        missed = trial.name
    elif trial.late is not None and trial.late > promise_of(trial):
        late = f"{trial.name}: {trial.late:.2f} s"
    if end is End.ITSELF and not member.leaves:
        unexplained = f"{trial.name}: ended by nobody"
    return Offences(*((text,) if text else () for text in (missed, doubled, wrong, late, unexplained)))


def promise_of(trial: Trial) -> float:
    """How long it may take. Whose main went while the monitor was away is an orphan first."""
    return PROMISE + (ORPHAN_AFTER if trial.subject.member.fate is Fate.TAKEN else 0.0)
