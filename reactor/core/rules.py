"""The third of the four records: what the user wrote, compiled. A rule holds no state.

What a rule looks like as text is the business of the ``ruleset`` room; how its condition
is checked and compiled is in ``checker`` and ``closures``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.language.tree import Node
from reactor.core.language.windows import Tracks, Window, no_tracks
from reactor.core.recipes import NO_PROVISIONS, Provisions
from reactor.core.selector import Selector
from reactor.core.stages import Stage, pace
from reactor.core.verbs import ENDING, Action

GROUPED = frozenset({"group_memory", "group_pids"})
"""What a condition reads of a whole task: its main and the sidecars of it."""


class Trigger(StrEnum):
    """What a rule can wait for instead of, or beside, a condition."""

    OOM = "oom"
    DIE = "die"
    UNHEALTHY = "unhealthy"
    START = "start"
    CREATE = "create"
    CRASH_LOOP = "crash-loop"
    ORPHANED = "orphaned"
    OWNER_GONE = "owner-gone"
    BLIND = "blind"


class Severity(StrEnum):
    """How bad it is, in the words of alerts."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Level(StrEnum):
    """Which part of a rule this is: a rule may have a soft and a hard level, which then share its name."""

    ONLY = "only"
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception to a rule: its author fixes the ``fields``, the site fills in the ``values``.

    Each of ``values`` is a tuple of globs, one for each field; a run is exempt if all of one tuple
    match. A field is ``name``, ``image``, ``state``, ``user`` or ``label.KEY``.
    """

    name: str
    fields: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """A condition about the whole, such as ``scope.pids > 4000``.

    ``whole`` is ``scope`` or ``owner`` (each value of the owner label for itself), ``field`` is ``pids``
    or ``memory``. What is not known counts nothing, so a total is "at least"; only ``>`` and ``>=`` are
    allowed. ``host.memory_available`` is the other way round: it is what is left, only ``<`` and ``<=``
    are allowed, and ``share`` tells that ``value`` is a percentage of the host's memory.
    """

    whole: str
    field: str
    sign: str
    value: float
    share: bool = False

    @property
    def is_left(self) -> bool:
        """Whether it is what is left, so that an end makes it more, and not what is used."""
        return self.whole == "host"

    @property
    def part(self) -> str:
        """What of each run goes into it, or comes back to it by the run's end: ``pids`` or ``memory``."""
        return "memory" if self.is_left else self.field


@dataclass(frozen=True, slots=True)
class Order:
    """In which order a total takes its victims: by a field, the largest first if ``largest``."""

    field: str
    largest: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """The values that an expression reads about one run; None is unknown.

    ``age`` and ``total_age`` are in seconds, memory in bytes, ``cpu`` in cores; ``pids_limit`` and
    ``memory_limit`` are also None where there is no limit, ``health`` where there is no health check.
    ``labels`` are those that the container was given, not its image's. ``exit_code`` is that of the end
    that a trigger is about. ``group_pids`` and ``group_memory`` are those of the main and its sidecars.
    ``ready`` tells whether its own health check is through with the start of this run; ``memory_limited`` and
    its neighbours whether it was given a limit at all; ``layer_writes`` are bytes in its own writable layer.
    ``tracks`` is what was kept for the windows of conditions, ``at`` the moment at which they end.
    ``host_memory_available`` and ``host_memory_total`` are there only for whoever asks about the whole.
    """

    name: str
    image: str
    state: str
    labels: Mapping[str, str]
    age: float | None = None
    pids: int | None = None
    pids_limit: int | None = None
    memory: int | None = None
    memory_limit: int | None = None
    total_age: float | None = None
    restarts: int | None = None
    exit_code: int | None = None
    health: str | None = None
    oom_kills: int | None = None
    cpu: float | None = None
    user: str | None = None
    privileged: bool | None = None
    init: bool | None = None
    log_driver: str | None = None
    ports: tuple[str, ...] | None = None
    group_pids: int | None = None
    group_memory: int | None = None
    zombies: int | None = None
    host_memory_available: int | None = None
    host_memory_total: int | None = None
    ready: bool | None = None
    memory_limited: bool | None = None
    pids_limited: bool | None = None
    cpu_limited: bool | None = None
    layer_writes: int | None = None
    tracks: Tracks = field(default_factory=no_tracks, hash=False)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Mark:
    """What a reading is compared with: ``over / under``, of the limit if ``relative``."""

    field: str
    over: int
    under: int
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression: ``test`` answers True, False or None for unknown and never raises.

    ``reads`` are the fields of View it needs; ``explain`` says it with its numbers filled in,
    such as ``pids 231 > 200``. ``relative`` are those read as a percentage of their limit.
    ``windows`` are what must be kept of a run for it. ``total`` is set where the condition is one about
    the whole; its ``test`` is unknown for every single run, and ``reads`` are what is added up.
    ``tighten``, where the condition is one comparison of a field with a constant, gives the condition with
    the constant of a label's text in its place if that is stricter, itself if it is not, and None if the
    text is no such constant. ``tree`` is what it was compiled from, for those who explain it. ``marks`` are
    the numbers that readings are compared with, None where more than these matters; ``ages`` are the
    seconds that an age is compared with, by its field, None where time may change more than that.
    """

    text: str
    test: Callable[[View], bool | None]
    explain: Callable[[View], str]
    reads: frozenset[str]
    relative: frozenset[str] = frozenset()
    total: Total | None = None
    tighten: Callable[[str], "Condition | None"] | None = None
    tree: Node | None = field(default=None, compare=False, repr=False)
    windows: frozenset[Window] = frozenset()
    marks: tuple[Mark, ...] | None = None
    ages: tuple[tuple[str, float], ...] | None = None


def _nothing(_: View) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``name`` is ``group/rule``; ``hold`` is its ``for:`` in seconds; ``place`` is ``file:line``.

    ``select`` narrows the scope, any of its selectors is enough, none means the whole scope.
    It can never widen it. ``when`` and ``on`` may stand together: the trigger counts only
    while the condition holds. ``digest`` is made of all that the rule says: the same digest is the same rule.
    ``keep`` (``keep_for:``) is for how long a break in the condition does not count as one; ``cooldown``
    is how long after a decision about a container the rule leaves its later runs alone; more than
    ``limit`` matches at once and the rule holds back. ``grace`` belongs to a stop, None is the usual one.
    ``fresh`` is how old a sample may be to be evidence, None the usual age. ``victims`` belongs to a
    condition about the whole. ``tighten`` is the label whose value may make the condition stricter.
    ``summarise`` and ``describe`` give ``summary`` and ``description`` with a run's values in the place of
    their references; they never raise.
    ``key`` is what the core remembers things by: two levels of a rule, or two versions, have two keys.
    ``then`` is the chain of what is done, ``action`` and ``grace`` those of its principal stage; an empty
    chain is that action alone.
    ``contain`` lets whoever carries it out end the container directly, where that is possible, before the
    engine is asked.
    ``waits`` tells that it is about more than one run, and so is judged when time goes on.
    """

    name: str
    place: str
    when: Condition | None = None
    on: Trigger | None = None
    select: tuple[Selector, ...] = ()
    hold: float = 0.0
    dry_run: bool = False
    action: Action = Action.KILL
    summary: str = ""
    digest: str = ""
    keep: float = 0.0
    cooldown: float = 0.0
    limit: int | None = None
    severity: Severity = Severity.WARNING
    team: str = ""
    description: str = ""
    grace: float | None = None
    level: Level = Level.ONLY
    exempt: tuple[Exemption, ...] = ()
    fresh: float | None = None
    victims: Order | None = None
    tighten: str = ""
    then: tuple[Stage, ...] = ()
    contain: bool = False
    summarise: Callable[[View], str] = field(default=_nothing, compare=False, repr=False)
    describe: Callable[[View], str] = field(default=_nothing, compare=False, repr=False)
    key: str = field(init=False)
    waits: bool = field(init=False)

    def __post_init__(self) -> None:
        level = "" if self.level is Level.ONLY else f"/{self.level}"
        digest = f"@{self.digest}" if self.digest else ""
        object.__setattr__(self, "key", self.name + level + digest)
        whole = self.when is not None and self.when.total is not None
        object.__setattr__(self, "waits", whole or bool(self.when and self.when.reads & GROUPED))

    @property
    def ends(self) -> bool:
        """Whether a run is over after what this rule does."""
        return self.action in ENDING

    @property
    def pace(self) -> Action:
        """KILL if it ends a run at once, STOP if in its own time."""
        return pace(self.action, self.then)


def rules_of(rules: Iterable[Rule], name: str, level: str = "") -> tuple[Rule, ...]:
    """What a decision by this name and level can be of: all levels, if that one is not known."""
    return tuple(rule for rule in rules if rule.name == name and level in {"", rule.level.value})


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in force, in the order of the files. ``version`` is a digest of what was read.

    ``texts`` are the files by name, as they were read: a recording keeps them. ``provisions`` are the
    templates and sets of the same files; no rule depends on them.
    """

    rules: tuple[Rule, ...]
    version: str = ""
    texts: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    provisions: Provisions = field(default=NO_PROVISIONS, hash=False)
