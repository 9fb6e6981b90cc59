"""Who plays in the demo: every container, what it does, when, and what has to become of it.

Only the script is here. It is put on the engine in ``play``; what became of it is held
against the script in ``verdict``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reactor.testing.box import Box
from reactor.testing.tasks import (
    MIB,
    FillsCache,
    Forks,
    Grows,
    OomsChild,
    OomsMain,
    Serves,
    Sleeps,
    Task,
)

HOUR = 3600.0
LIFETIME = 12 * HOUR
SKIPPING_IMAGE = "vendor/tool:3"
"""An image that carries the skip label itself, and may not exempt anybody by that."""
IMAGE_LABELS: Mapping[str, Mapping[str, str]] = {SKIPPING_IMAGE: {"reactor.skip": "true"}}

SOON, WITH_MAIN, ORPHANED = 3.0, 5.0, 12.0
"""Within how many seconds an end is promised: of a breach, of the main's, of having lost the main."""
OUT_OF_SCOPE, SKIPPED = "not in scope", "it carries the skip label"
"""Why a limit that is broken is none of the monitor's business."""


class Fate(StrEnum):
    """What has to become of a container."""

    ENDED = "ended"
    EXITS = "exits"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Part:
    """One container of the script.

    ``comes`` is when it is started, in seconds since the monitor watches (0: it is there before),
    and ``age`` for how many seconds it has been running then; ``leaves`` is when it exits by itself,
    if it does. ``follows`` is whose end has to be its own, ``within`` how soon. ``limited`` says
    whether it has limits of memory and processes.
    """

    name: str
    does: str
    task: Task
    fate: Fate = Fate.STAYS
    comes: float = 0.0
    age: float = 0.0
    leaves: float | None = None
    sidecar_of: str = ""
    network_of: str = ""
    ignored: str = ""
    image: str = "runner/job:1"
    limited: bool = True
    restart_policy: str = "no"
    follows: str = ""
    within: float = SOON

    @property
    def labels(self) -> dict[str, str]:
        """What its runner labelled it with."""
        if self.sidecar_of:
            return {"reactor.sidecar-of": self.sidecar_of}
        if self.network_of or self.ignored == OUT_OF_SCOPE:
            return {}
        return {"reactor.task": self.name} | ({"reactor.skip": ""} if self.ignored == SKIPPED else {})

    @property
    def memory_limit(self) -> int | None:
        """In bytes; so that 80 % of it is a whole number."""
        return 250 * MIB if self.limited else None

    @property
    def pids_limit(self) -> int | None:
        """The hard limit, somewhat above the one in the rules."""
        return 256 if self.limited else None


@dataclass(frozen=True, slots=True)
class Breach:
    """When a limit was broken, what was seen, and what it may be at most (empty if that is said already)."""

    at: float
    what: str
    most: str = ""


@dataclass(slots=True)
class Role:
    """A part as it is played: its container, and its first breach, in truth."""

    part: Part
    box: Box
    breach: Breach | None = None


def cast(pace: float = 1.0) -> tuple[Part, ...]:
    """All parts. ``pace`` stretches the pauses between them; what a task does takes its own time."""
    return (*_bystanders(), *_loners(pace), *_groups(pace), *_out_of_memory(pace))


def _bystanders() -> tuple[Part, ...]:
    """Those who break no rule, if only just, and those who are nobody's business."""
    return (
        Part(
            "postgres", "three weeks old, not in scope", Serves(), age=21 * 24 * HOUR,
            image="postgres:16", limited=False, ignored=OUT_OF_SCOPE,
        ),
        Part(
            "backup", "900 processes, not in scope", Forks(300, most=900),
            image="backup:2", limited=False, ignored=OUT_OF_SCOPE,
        ),
        Part("skipped", "240 processes and the skip label", Forks(100, most=240), ignored=SKIPPED),
        Part("two-hundred", "exactly 200 processes", Forks(1000, most=200)),
        Part("eighty-percent", "exactly 80 % of its memory", Grows(0.8, over=1)),
        Part("page-cache", "95 % of its memory is page cache", FillsCache(0.95, over=1)),
        Part("unlimited", "no memory limit, so no percentage", Grows(0.5, over=1), limited=False),
        Part("almost-12h", "11 h 59 min old", Sleeps(), age=LIFETIME - 60),
    )  # fmt: skip


def _loners(pace: float) -> tuple[Part, ...]:
    """Those who get too old, fork, or take memory, each in a way of its own."""
    end = Fate.ENDED
    return (
        Part("overstayer", "its twelve hours are over", Sleeps(), end, age=LIFETIME - 8 * pace),
        Part("fork-bomb", "forks 100 times a second", Forks(100), end, 2 * pace),
        Part("memory-hog", "grows to 90 % of its memory", Grows(0.9, over=2.5), end, 4 * pace),
        Part(
            "phoenix", "forks; restart policy: always", Forks(150), end, 15.5 * pace,
            restart_policy="always",
        ),
        Part(
            "sneaky", "forks; its image has the skip label", Forks(150), end, 17 * pace,
            image=SKIPPING_IMAGE,
        ),
    )  # fmt: skip


def _groups(pace: float) -> tuple[Part, ...]:
    """Tasks with sidecars: one that leaves its sidecar behind, one that is ended, one that goes on."""
    end, entrance = Fate.ENDED, 8.5 * pace
    return (
        Part("job", "finishes, leaves a sidecar behind", Serves(), Fate.EXITS, leaves=3 * pace),
        Part(
            "job-cache", "the sidecar that job leaves behind", Serves(), end,
            sidecar_of="job", follows="job", within=ORPHANED,
        ),
        Part("crawler", "too many threads, two sidecars", Forks(100, after=0.5), end, entrance),
        Part(
            "crawler-db", "sidecar of crawler, by label", Serves(polite=0.3), end, entrance,
            sidecar_of="crawler", follows="crawler", within=WITH_MAIN,
        ),
        Part(
            "crawler-proxy", "sidecar of crawler, by network", Serves(), end, entrance,
            network_of="crawler", follows="crawler", within=WITH_MAIN,
        ),
        Part("api", "behaves; has two sidecars", Serves()),
        Part("api-db", "behaves; sidecar of api", Serves(), sidecar_of="api"),
        Part("api-logger", "forks; sidecar of api", Forks(150), end, 18.5 * pace, sidecar_of="api"),
    )  # fmt: skip


def _out_of_memory(pace: float) -> tuple[Part, ...]:
    """The kernel's OOM killer takes a child of one, and the main process of another with a sidecar."""
    return (
        Part("oom-child", "loses a child to the OOM killer", OomsChild(0.5), Fate.ENDED, 12.5 * pace),
        Part("oom-main", "falls to the OOM killer itself", OomsMain(0.5), Fate.EXITS, 14 * pace),
        Part(
            "oom-main-db", "sidecar of oom-main", Serves(), Fate.ENDED, 14 * pace,
            sidecar_of="oom-main", follows="oom-main", within=WITH_MAIN,
        ),
    )  # fmt: skip
