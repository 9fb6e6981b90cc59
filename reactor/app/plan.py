"""What a monitor is made of: one record that says all of it, and is put together by whoever starts one.

Only the record belongs here; ``running``, the demo or a test fill it in, and ``supervise`` makes it live.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from reactor.act.config import ActConfig
from reactor.act.means import Means
from reactor.app.monitor import Monitor, Observer, OnFact
from reactor.app.numbers import Numbers
from reactor.app.recorder import Recorder
from reactor.cgroups.mounts import Trees
from reactor.core.container import Run
from reactor.core.evidence import EvidenceTerms
from reactor.core.ports import Engine
from reactor.core.state import Setup
from reactor.engine.watch import WatchTimes
from reactor.journal.journal import Journal
from reactor.kernel.memory import PROC
from reactor.lane.terms import LaneTerms
from reactor.observe.tally import Tally
from reactor.owners.book import LeaseBook
from reactor.owners.heartbeats import Heartbeats

Export = Callable[[Numbers, Tally, trio.TaskStatus[None]], Awaitable[None]]
"""Something that shows the numbers to others: the web server, the push."""
Service = Callable[[Monitor, Numbers, trio.TaskStatus[None]], Awaitable[None]]
"""Something that asks the monitor, or tells it: the control socket, the signal. It ends with the sources."""


@dataclass(frozen=True, slots=True)
class Lane:
    """The trees of cgroups of the engine's host, and how the fast lane looks at them."""

    trees: Trees
    terms: LaneTerms = field(default_factory=LaneTerms)


@dataclass(frozen=True, slots=True)
class Containment:
    """The trees of cgroups of the engine's host. If not ``on``, nobody is ended directly; what an earlier
    monitor left frozen is thawed all the same. ``named`` tells when the engine had been asked that named this
    process of this run, by the clock of the host since its boot; ``sharers`` is how many monitors share the
    descriptors of this process."""

    trees: Trees
    on: bool = True
    named: Callable[[Run, int], float | None] = lambda _run, _pid: None
    sharers: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What to supervise. ``setup`` lacks only what the journal remembers; times are in seconds.

    ``acting_engine`` is the engine for those who act, if it is not to be the same. ``evidence`` says what is
    gathered around the ends that we bring; None is nothing. ``proc`` is where the kernel of the engine's
    host is read. ``means`` are what rules may call, ``source`` says in messages who we are. ``tell`` are the
    webhooks that hear of every outcome. ``book`` has the leases; without one nobody can renew any, and none
    runs out. ``heartbeats`` looks at the files of owners. ``lane`` is where cgroups are and how often they
    are looked at; without it the engine's streams are read. ``host`` is where cgroups are if the kernel is
    to tell of OOM kills, and it is to be tried out what it lets us do; without it the engine alone tells.
    ``containment`` is where runs can be ended directly, and whether they are.
    ``on_facts`` are told of every fact, as the recorder is.
    ``metric_labels`` are the keys of containers' labels that metrics show.
    ``claim`` keeps others from acting beside us. ``whose`` is the id of the only engine that this is for:
    with another one behind its address it ends; empty for any.
    ``attendants`` run from the first moment to the last.
    """

    setup: Setup
    engine: Engine
    journal: Journal
    acting_engine: Engine | None = None
    times: WatchTimes = field(default_factory=WatchTimes)
    acting: ActConfig = field(default_factory=ActConfig)
    exports: tuple[Export, ...] = ()
    services: tuple[Service, ...] = ()
    observers: tuple[Observer, ...] = ()
    on_facts: tuple[OnFact, ...] = ()
    recorder: Recorder | None = None
    evidence: EvidenceTerms | None = None
    means: Means = field(default_factory=Means)
    tell: tuple[str, ...] = ()
    source: str = "reactor"
    most_streams: int = 2000
    drain: float = 20.0
    chance: Random = field(default_factory=Random)
    proc: Path = PROC
    book: LeaseBook | None = None
    lane: Lane | None = None
    containment: Containment | None = None
    host: Trees | None = None
    heartbeats: Heartbeats | None = None
    metric_labels: tuple[str, ...] = ()
    claim: Callable[[], AbstractContextManager[object]] = nullcontext
    whose: str = ""
    attendants: tuple[Callable[[], Awaitable[None]], ...] = ()
