"""What the core has to say beside its decisions: for the log, the journal and the counters.

The core does not log; it returns these, and the rooms above write them down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.cautions import (
    AcknowledgementRefused,
    BreakerClosed,
    BreakerOpened,
    BroughtBack,
    BudgetBack,
    BudgetSpent,
    GateHeld,
    GateOpened,
    HoldBegan,
    HoldOver,
    LabelIgnored,
    RuleBroken,
    RuleHeld,
    RuleReleased,
    SilenceBegan,
    SilenceOver,
)
from reactor.core.container import Container, ContainerId, Run
from reactor.core.decisions import Why
from reactor.core.facts import Witness
from reactor.core.protection import Standing


class Cause(StrEnum):
    """Why a run ended, as far as it can be known."""

    REACTOR = "reactor"
    OOM = "oom"
    ITSELF = "itself"
    ENGINE = "engine"  # by somebody's stop or kill through the engine, or by the engine going down
    UNSEEN = "unseen"  # the engine no longer knows how


class Basis(StrEnum):
    """What a cause rests on."""

    SEEN = ""  # on what was seen, or told by the engine
    CONTAINED = "contained"  # on our ending it directly, before the engine was asked
    INTENT = "intent"  # an earlier monitor meant it, and the end fits: likely, and not known


@dataclass(frozen=True, slots=True)
class Adopted:
    """A run is followed from now on. ``mains`` and ``task`` are the edges by which it is a sidecar."""

    at: float
    container: Container
    standing: Standing
    mains: frozenset[ContainerId] = frozenset()
    task: str = ""
    unreadable_image: bool = False
    awaited_image: bool = False
    vain_skip: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A run is over. Said again with a better cause when one becomes known.

    ``old`` means that it was over before we came, and that no earlier monitor followed it either.
    ``died`` is when the engine's word of the death came, None if it was found without one. ``basis`` is what
    the cause rests on.
    """

    at: float
    run: Run
    name: str
    cause: Cause
    exit_code: int | None = None
    oom: bool = False
    finished_at: str = ""
    again: bool = False
    old: bool = False
    died: float | None = None
    basis: Basis = Basis.SEEN


@dataclass(frozen=True, slots=True)
class OomSeen:
    """The kernel ended a process of this run for want of memory. ``by`` is who told of it first."""

    at: float
    run: Run
    by: Witness = Witness.ENGINE


@dataclass(frozen=True, slots=True)
class Matched:
    """A rule began to match a run, whether or not it comes to a decision."""

    at: float
    run: Run
    rule: str


@dataclass(frozen=True, slots=True)
class CannotTell:
    """A rule cannot be judged for a run; said once for each run and rule."""

    at: float
    run: Run
    name: str
    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class MainTold:
    """A sidecar is ended for its own breach; its main should know."""

    at: float
    main: Run
    sidecar: Run
    rule: str


@dataclass(frozen=True, slots=True)
class CascadeHeld:
    """A main's end did not come off, so its sidecars were left alone."""

    at: float
    run: Run
    why: Why
    sidecars: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What a snapshot found. ``left`` counts the alive containers that nothing is done about, by reason."""

    at: float
    number: int
    gap: bool
    blind: float
    listed: int
    adopted: int
    found_dead: int
    orphans: int
    acted_on: int
    left: Mapping[str, int] = field(hash=False)


Note = (
    Adopted
    | Ended
    | OomSeen
    | Matched
    | CannotTell
    | MainTold
    | CascadeHeld
    | Reconciled
    | LabelIgnored
    | RuleHeld
    | RuleReleased
    | GateHeld
    | GateOpened
    | AcknowledgementRefused
    | RuleBroken
    | BudgetSpent
    | BudgetBack
    | BreakerOpened
    | BroughtBack
    | BreakerClosed
    | HoldBegan
    | HoldOver
    | SilenceBegan
    | SilenceOver
)
