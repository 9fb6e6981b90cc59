"""The four counters of every test: missed, doubled, wrong and late, from the engine's truth alone.

A test says who has to be ended and who must be left alone; nothing of what the monitor says about
itself comes in here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos.audit import nanoseconds
from tests.real.truth import Life, Truth, seconds

TOLD_LATE = 0.5
"""Seconds: an engine that has much to do knows a run to be over a moment before it tells of the death."""


@dataclass(frozen=True, slots=True)
class Guilt:
    """A run that has to be ended.

    ``life`` counts the container's runs from 0. ``promise`` is how many seconds there are for it from
    ``since`` (nanoseconds of the engine's clock; None for the beginning of the run) to its death, and
    ``not_before`` how many must pass first.
    """

    promise: float
    life: int = 0
    since: int | None = None
    not_before: float = 0.0


@dataclass(frozen=True, slots=True)
class Innocence:
    """A run that must go on: as it was when the test began to look after it."""

    started_at: str


@dataclass(frozen=True, slots=True)
class Score:
    """The four counters; each offence is a sentence, so that a failure says what happened."""

    missed: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


@dataclass(slots=True)
class Charges:
    """Who has to be ended, who must live, and who may end by itself but must not be touched."""

    names: dict[str, str] = field(default_factory=dict)
    guilty: dict[str, list[Guilt]] = field(default_factory=dict)
    innocent: dict[str, Innocence] = field(default_factory=dict)
    untouched: set[str] = field(default_factory=set)


def pending(truth: Truth, charges: Charges) -> list[str]:
    """The names of those who have not been ended yet."""
    return [
        charges.names[container]
        for container, each in charges.guilty.items()
        for guilt in each
        if took(truth, container, guilt) is None
    ]


def took(truth: Truth, container: str, guilt: Guilt) -> float | None:
    """Seconds from the breach to the death, by the engine's clock; None while it lives."""
    lives = truth.lives(container)
    if len(lives) <= guilt.life or lives[guilt.life].died is None:
        return None
    life = lives[guilt.life]
    return seconds((life.died or 0) - (life.began if guilt.since is None else guilt.since))


def judge(truth: Truth, charges: Charges) -> Score:
    """Count."""
    missed, doubled, wrong, late = [], [], [], []
    for container, each in charges.guilty.items():
        name, lives = charges.names[container], truth.lives(container)
        for guilt in each:
            lasted = took(truth, container, guilt)
            if lasted is None:
                missed.append(name)
            elif lasted > guilt.promise:
                late.append(f"{name}: {lasted:.2f} s, and {guilt.promise:g} s were promised")
            elif _is_too_soon(truth, container, guilt, lasted):
                wrong.append(f"{name}: ended after {lasted:.2f} s, before {guilt.not_before:g} s were over")
        guilty = {guilt.life for guilt in each}
        doubled += [f"{name}: {life.signals}" for life in lives if _is_doubled(life)]
        wrong += [
            f"{name}: run {number} got {life.signals}"
            for number, life in enumerate(lives)
            if number not in guilty and life.signals
        ]
    for container in charges.untouched:
        signals = [said.signal for said in truth.events(container, "kill")]
        wrong += [f"{charges.names[container]}: got {signals}"] if signals else []
    for container, innocence in charges.innocent.items():
        harm = _harm(truth, container, innocence)
        wrong += [f"{charges.names[container]}: {harm}"] if harm else []
    return Score(tuple(missed), tuple(doubled), tuple(wrong), tuple(late))


def _is_too_soon(truth: Truth, container: str, guilt: Guilt, lasted: float) -> bool:
    """Whether its time was not over yet, by the engine's record of its beginning, too.

    A start is told when the record of it is on the disk, which on a busy one takes long: whoever lived for as
    long as he may from his beginning on has lived for less from the event on.
    """
    least = guilt.not_before - (TOLD_LATE if guilt.since and not guilt.not_before else 0)
    if lasted >= least:
        return False
    lives, state = truth.lives(container), truth.state(container)
    if guilt.since is not None or guilt.life != len(lives) - 1 or not state:
        return True
    return seconds((lives[-1].died or 0) - nanoseconds(state["StartedAt"])) < least


def _is_doubled(life: Life) -> bool:
    """One hard signal and, before it, one polite one are all that a run may get."""
    return any(life.signals.count(signal) > 1 for signal in set(life.signals))


def _harm(truth: Truth, container: str, innocence: Innocence) -> str:
    harmed = truth.events(container, "kill", "stop", "die", "destroy")
    state = truth.state(container)
    if harmed:
        return "the engine said " + ", ".join(said.action for said in harmed)
    if not state.get("Running") or state["StartedAt"] != innocence.started_at:
        return f"it is {state.get('Status', 'gone')}, started at {state.get('StartedAt')}"
    return ""


def spans(truth: Truth, charges: Charges) -> Sequence[float]:
    """How long each of the guilty took, the quickest first, for whoever wants to read it."""
    return sorted(
        lasted
        for container, each in charges.guilty.items()
        for guilt in each
        if (lasted := took(truth, container, guilt)) is not None
    )
