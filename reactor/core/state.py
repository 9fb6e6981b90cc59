"""What the core remembers: one entry for each container that matters, and what it was set up with.

Only the shape of the memory is here. How it changes is in ``adopting``, ``verdicts``,
``orphans``, ``tick`` and ``following``; ``step`` puts them together. An entry is dropped when its
container is gone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reactor.core.breaker import BreakerTerms, no_breaker
from reactor.core.budgets import BudgetTerms, no_budgets
from reactor.core.columns import NOBODY, PARTS, Column
from reactor.core.comebacks import ComebackTerms, no_comebacks
from reactor.core.container import ALIVE, Container, ContainerId, Run
from reactor.core.deadlines import Deadlines
from reactor.core.decisions import Decision
from reactor.core.earlier import Earlier, nothing_earlier
from reactor.core.facts import Extended, Happened, HostSeen, LayerSized, Sample
from reactor.core.holding import Holding
from reactor.core.language.windows import Tracks, no_tracks
from reactor.core.meant import Done, Meant
from reactor.core.notes import Note
from reactor.core.orders import Silence
from reactor.core.owners import Presence
from reactor.core.protection import GOVERNED, Policy, Standing
from reactor.core.ranges import Room
from reactor.core.restraint import Curbs, GateTerms, Place, no_gate
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.shelf import Shelf
from reactor.core.verbs import Action

OWNER_FRESH = 30.0
"""For how many seconds a look at an owner is evidence, at least."""
SELDOM = 3.0
"""Seconds between two readings, or two looks at the clock, that are no gap in the evidence."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What does not change from one reload to the next. All times are in seconds.

    ``orphan_after`` and ``creation_grace`` are the meanings of "main gone"; ``stale_after`` is
    the age at which a sample is no evidence any more; ``keep`` is how long the entry of an
    ended run waits for a late OOM event; ``again_after`` how long a failed decision rests.
    ``remembered`` are edges that an earlier monitor captured, ``away`` the runs (and their
    names) whose end it did not see, ``meant`` what it intended for runs whose end it did not write down,
    ``done`` what its rules did to runs that they left alive.
    ``crash_ends`` ends of one container within ``crash_within``
    are a crash loop. ``gate`` is for rules whose digest is not among the ``proven``, which were in
    force before; a monitor arms it with ``GateTerms()``. ``layer_every`` is how often a layer is measured.
    ``leftovers_after`` is how long what is over lies about before it is removed, None for ever.
    ``owner_grace`` is for how long an owner has to be gone, ``owner_fresh`` how old a look at one may be;
    unless ``owners_enforced``, it is only said.
    ``budgets``, ``breaker`` and ``comebacks`` are armed by a monitor as well; ``silences`` are put
    in by ``ordering``.
    """

    rules: RuleSet
    policy: Policy = field(default_factory=Policy)
    orphan_after: float = 10.0
    creation_grace: float = 60.0
    sidecar_grace: float = 10.0
    stale_after: float = 10.0
    keep: float = 10.0
    again_after: float = 60.0
    dry_run: bool = False
    remembered: Mapping[ContainerId, frozenset[ContainerId]] = field(default_factory=dict)
    away: Mapping[Run, str] = field(default_factory=dict)
    meant: Mapping[Run, Meant] = field(default_factory=dict)
    done: Mapping[Run, tuple[Done, ...]] = field(default_factory=dict)
    crash_ends: int = 5
    crash_within: float = 60.0
    gate: GateTerms = field(default_factory=no_gate)
    proven: frozenset[str] = frozenset()
    layer_every: float = 300.0
    leftovers_after: float | None = None
    owner_grace: float = 30.0
    owner_fresh: float = OWNER_FRESH
    owners_enforced: bool = False
    budgets: BudgetTerms = field(default_factory=no_budgets)
    breaker: BreakerTerms = field(default_factory=no_breaker)
    comebacks: ComebackTerms = field(default_factory=no_comebacks)
    silences: tuple[Silence, ...] = ()

    def fresh_for(self, rule: Rule) -> float:
        """How old a sample may be to be evidence for this rule."""
        return self.stale_after if rule.fresh is None else rule.fresh

    def patience_for(self, rule: Rule) -> float:
        """For how long nothing need be known of what is to last: readings come once a second, not always."""
        return max(self.fresh_for(rule), SELDOM)

    def runs_dry(self, rule: Rule) -> bool:
        """Whether this rule only says what it would do."""
        return self.dry_run or rule.dry_run


@dataclass(frozen=True, slots=True)
class Alone:
    """Since when, and in how many lists, a sidecar has had no living main."""

    since: float
    lists: int


@dataclass(frozen=True, slots=True)
class Zombies:
    """How many zombies a run has, and when that was first seen: each look finds it so until it is another."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class Calm:
    """That nothing is to be said of a run, found ``at`` this moment: see ``core.calm``.

    It lasts ``until`` then, or until the last sample is as old as one of ``fresh``; and it outlasts samples
    within these bounds of ``pids`` and ``memory``, unless rules have to be ``asked`` with every one. Rules
    that are ``moving`` hold by evidence of any moment, those that are ``resting`` by that of the last sample.
    ``turn`` is when it was to be looked at again.
    """

    at: float
    until: float
    pids: Room
    memory: Room
    fresh: tuple[float, ...] = ()
    asked: tuple[Rule, ...] = ()
    moving: frozenset[str] = frozenset()
    resting: frozenset[str] = frozenset()
    turn: float = 0.0


@dataclass(frozen=True, slots=True)
class Vouched:
    """Up to when a reader has said that all is as he told it: see ``core.lasting``."""

    by: int
    as_of: float


@dataclass(frozen=True, slots=True)
class Weather:
    """What matters to all and is no one's own: the rules and what is beside them, and how well we hear."""

    setup: Setup
    broken: Mapping[str, frozenset[ContainerId]]
    deaf: float | None
    awake: float | None
    lull: bool = False
    uncounted: bool = False


@dataclass(frozen=True, slots=True)
class Freed:
    """Memory that a run gave back by its end, in bytes, and when it was seen to be over."""

    at: float
    memory: int


@dataclass(frozen=True, slots=True)
class OomsTold:
    """Who told of the OOM kills of a run: what it takes to count one once, whoever tells of it.

    ``kernel`` and ``engine`` are the moments of the latest that each told of, in the engine's nanoseconds, 0
    if there was none. ``unpaired`` is how many the engine told of, and the kernel not (yet). ``host`` tells
    that the whole host was short of memory at one of them.
    """

    kernel: int = 0
    engine: int = 0
    unpaired: int = 0
    host: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """All that is known of one container and its present (or last) run.

    ``source`` is the last look as it came in. ``first_seen`` is when the container was,
    ``adopted_at`` when this run was, ``seen_at`` the last time.
    ``own`` are the labels that count; ``task`` is the task that it names as its own, in scope or
    not, and ``serves`` the task whose sidecar it is, both empty if none. ``mains`` are the containers whose
    namespaces it shares, captured while they were governed. ``rules`` are those that select it.
    ``unsure`` means that its present run could not be confirmed: nothing is decided.
    ``ending`` is the id of the decision under way and ``under_way`` its action; ``preempted`` is the id
    of a milder one that it overtook; ``decided`` is how many there were about this run.
    ``vain`` means that the engine does not get it ended, or does not let us.
    ``settled`` means that the decision came off, ``killed`` that it was our call that ended the
    run, ``contained`` that it was ended directly. ``old_oom`` tells that the engine's OOM flag may still be
    an earlier run's. ``ooms`` counts the OOM kills of this run, ``last_oom`` is the engine's moment of the
    latest, ``ooms_told`` who told of them. ``due`` are
    the triggers that came and were not judged to the end. ``last_exit`` is an exit code that came
    with a die event and may be trusted. ``gone_at`` is when the engine was found not to know the container
    any more; ``revived`` tells that the run was taken for over once and was seen alive after that.
    ``heard`` is when a reading of this run last told anything, ``asked`` since when readings are wanted,
    ``told`` when the numbers of the last sample were read: it can be evidence of later, see ``core.lasting``.
    ``earlier`` is what is remembered of earlier runs.
    ``cores`` is the processor time per second from ``metered``, an earlier sample, to the last one.
    ``series`` is what is kept for the windows of its rules, ``past`` how long its earlier runs lasted
    together, None if not certain.
    ``zombies`` is since when it has had how many of them, ``freed`` what the run before this one gave back by
    its end.
    ``came_up`` is what its health check has said of this run: False once it was starting, True once it was
    healthy. ``layer`` is the last measure of its writable layer.
    ``recent`` are the latest samples of this run, packed, for the record. ``struck`` is when the engine last
    told of a signal that ends, ``died`` when it told of the death. ``extended`` lets it live longer.
    ``meant`` is what an earlier monitor intended for this run. ``calm`` is what was found at the last
    judgement; it says nothing of an entry that was changed since.
    """

    container: Container
    source: Container
    standing: Standing
    seen_at: float
    own: Mapping[str, str]
    first_seen: float
    adopted_at: float
    task: str = ""
    serves: str = ""
    mains: frozenset[ContainerId] = frozenset()
    rules: tuple[Rule, ...] = ()
    sample: Sample | None = None
    unsure: bool = False
    holding: Mapping[str, Holding] = field(default_factory=dict)
    latched: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    ending: str = ""
    under_way: Action | None = None
    preempted: str = ""
    decided: int = 0
    quiet_until: float = 0.0
    vain: bool = False
    settled: bool = False
    killed: bool = False
    contained: bool = False
    old_oom: bool = False
    ooms: int = 0
    due: frozenset[Trigger] = frozenset()
    last_oom: int = 0
    ooms_told: OomsTold = OomsTold()
    last_exit: int | None = None
    ended_at: float | None = None
    gone_at: float | None = None
    revived: bool = False
    met_main: bool = False
    alone: Alone | None = None
    heard: float | None = None
    asked: float | None = None
    told: float | None = None
    earlier: Earlier = field(default_factory=nothing_earlier)
    cores: float | None = None
    metered: Sample | None = None
    series: Tracks = field(default_factory=no_tracks)
    past: float | None = None
    zombies: Zombies | None = None
    freed: Freed | None = None
    came_up: bool | None = None
    layer: LayerSized | None = None
    recent: bytes = b""
    struck: float | None = None
    died: float | None = None
    extended: Extended | None = None
    meant: Meant | None = None
    calm: Calm | None = None

    @property
    def run(self) -> Run:
        """The present or last run."""
        return self.container.run

    @property
    def alive(self) -> bool:
        """Whether the run is under way, as far as is known."""
        return self.ended_at is None and self.container.alive

    @property
    def governed(self) -> bool:
        """Whether rules may act on it."""
        return self.standing in GOVERNED

    @property
    def judged(self) -> bool:
        """Whether there are rules for it: those of people, or the one for canaries."""
        return self.governed or self.standing is Standing.CANARY

    @property
    def is_sidecar(self) -> bool:
        """Whether it lives for another container."""
        return self.governed and (bool(self.serves) or bool(self.mains))


@dataclass(frozen=True, slots=True)
class OwnerKnown:
    """What was last seen of an owner, since when without a break, and in how many lists it was missing."""

    presence: Presence
    at: float
    since: float
    why: str = ""
    lists: int = 0


@dataclass(frozen=True, slots=True)
class Together:
    """Everybody in scope who lives, as the entries were when this was brought up to date.

    ``members`` are they, ``sidecars`` whether they live for others. ``ending`` are those who are being ended,
    ``spoken`` those about whom a rule has spoken, by its key. ``back`` are those, in scope or not, whose end
    may have given something back.
    """

    entries: Shelf[Entry] = field(default_factory=Shelf)
    keys: frozenset[str] = frozenset()
    members: frozenset[ContainerId] = frozenset()
    sidecars: frozenset[ContainerId] = frozenset()
    columns: Mapping[str, Column] = field(default_factory=lambda: {part: Column() for part in PARTS})
    ending: frozenset[ContainerId] = frozenset()
    spoken: Mapping[str, frozenset[ContainerId]] = field(default_factory=dict)
    back: frozenset[ContainerId] = frozenset()

    def column(self, part: str, at: float, fresh: float, vouched: Vouched | None = None) -> Column:
        """What is known for certain of a field."""
        said = (vouched.by, vouched.as_of) if vouched is not None else NOBODY
        return self.columns[part].fresh(at, fresh, said)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the core remembers.

    ``roster`` changes whenever the living runs do, or the rules for them. ``began`` is when the
    first list was taken. ``early`` are the latest OOM events of containers that nobody has seen yet,
    ``words`` what was told of their signals and deaths.
    ``deaf`` is since when no events have come in, None while they do; ``returned`` is when they came back, if
    nothing was listed since, and ``unlisted`` when they first did. ``wholes`` are the holdings of
    rules about the whole; ``curbs`` is what holds rules back. ``unconfirmed`` were alive
    in the last list and may be in scope, and what run they are in could not be found out. ``ticked`` is when
    time last went on, ``awake`` since when it has done so without a break: what was not seen in a break is
    not our news. ``host`` is what was last seen of the host, ``owners`` what of owners, by their texts.
    ``extensions`` are those in force, also of containers that nobody has seen yet. ``deadlines`` are the
    ends of everybody's calm, and ``weather`` is what it was when time last went on. ``together`` is what all
    in scope used together then. ``vouched`` is what was last said of readings that last, ``lull`` whether
    that was long ago when time last went on. ``counted`` is when zombies were last counted, and ``uncounted``
    whether that was too long ago.
    """

    entries: Shelf[Entry] = field(default_factory=Shelf)
    roster: int = 0
    snapshots: int = 0
    began: float | None = None
    early: tuple[Happened, ...] = ()
    words: tuple[Happened, ...] = ()
    deaf: float | None = None
    returned: float | None = None
    unlisted: float | None = None
    wholes: Mapping[Place, Holding] = field(default_factory=dict)
    curbs: Curbs = field(default_factory=Curbs)
    unconfirmed: frozenset[ContainerId] = frozenset()
    ticked: float | None = None
    awake: float | None = None
    host: HostSeen | None = None
    owners: Mapping[str, OwnerKnown] = field(default_factory=dict)
    extensions: Mapping[ContainerId, Extended] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    weather: Weather | None = None
    together: Together | None = None
    vouched: Vouched | None = None
    lull: bool = False
    counted: float | None = None
    uncounted: bool = False

    def living(self) -> Iterator[Entry]:
        """The entries of runs under way."""
        for entry in self.entries.values():
            if entry.ended_at is None and entry.container.state in ALIVE:
                yield entry


@dataclass(frozen=True, slots=True)
class Step:
    """What one fact led to."""

    state: State
    decisions: tuple[Decision, ...] = ()
    notes: tuple[Note, ...] = ()
