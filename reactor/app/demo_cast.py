"""Who plays in the demo: every container, what it does, when, and what has to become of it.

Only the script is here. It is put on the engine in ``demo_play``; what became of it is held
against the script in ``demo_verdict``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reactor.core.container import nothing
from reactor.testing.box import Box
from reactor.testing.tasks import (
    GIB,
    MIB,
    Exits,
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


class Fate(StrEnum):
    """What has to become of a container."""

    ENDED = "ended"
    EXITS = "exits"
    STAYS = "stays"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One container of the script. ``comes`` is when it is started, in seconds; at 0 it is there before
    the monitor. ``age`` is for how many seconds it has been running then.

    ``network_of`` is whose network it shares, ``follows`` whose end has to be its own.
    ``ignored`` says why a limit that it breaks is none of the monitor's business.
    """

    name: str
    does: str
    task: Task
    fate: Fate = Fate.STAYS
    comes: float = 0.0
    age: float = 0.0
    labels: Mapping[str, str] = field(default_factory=nothing, hash=False)
    image: str = "runner/job:1"
    pids_limit: int | None = 256
    memory_limit: int | None = 250 * MIB
    network_of: str = ""
    restart_policy: str = "no"
    follows: str = ""
    ignored: str = ""
    within: float = SOON


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
    return (*_bystanders(), *_overdue(pace), *_runaways(pace), *_groups(pace), *_out_of_memory(pace))


def _task(name: str, **more: str) -> Mapping[str, str]:
    return {"reactor.task": name, **more}


def _sidecar(of: str) -> Mapping[str, str]:
    return {"reactor.sidecar-of": of}


def _bystanders() -> tuple[Part, ...]:
    """Those who break no rule, if only just, and those who are nobody's business."""
    return (
        Part(
            name="postgres",
            does="three weeks old, not in scope",
            task=Serves(),
            age=21 * 24 * HOUR,
            image="postgres:16",
            memory_limit=None,
            pids_limit=None,
            ignored="not in scope",
        ),
        Part(
            name="backup",
            does="900 processes, not in scope",
            task=Forks(per_second=300, most=900),
            image="backup:2",
            memory_limit=None,
            pids_limit=None,
            ignored="not in scope",
        ),
        Part(
            name="skipped",
            does="240 processes and the skip label",
            task=Forks(per_second=100, most=240),
            labels=_task("skipped", **{"reactor.skip": ""}),
            ignored="it carries the skip label",
        ),
        Part(
            name="two-hundred",
            does="exactly 200 processes",
            task=Forks(per_second=1000, most=200),
            labels=_task("two-hundred"),
        ),
        Part(
            name="eighty-percent",
            does="exactly 80 % of its memory",
            task=Grows(share=0.8, over=1),
            labels=_task("eighty-percent"),
        ),
        Part(
            name="page-cache",
            does="95 % of its memory is page cache",
            task=FillsCache(share=0.95, over=1),
            labels=_task("page-cache"),
        ),
        Part(
            name="unlimited",
            does="no memory limit, so no percentage",
            task=Grows(share=0.5, over=1),
            labels=_task("unlimited"),
            memory_limit=None,
        ),
        Part(
            name="almost-12h",
            does="11 h 59 min old",
            task=Sleeps(),
            age=LIFETIME - 60,
            labels=_task("almost-12h"),
        ),
    )


def _overdue(pace: float) -> tuple[Part, ...]:
    return (
        Part(
            name="overstayer",
            does="its twelve hours are over",
            task=Sleeps(),
            fate=Fate.ENDED,
            age=LIFETIME - 8 * pace,
            labels=_task("overstayer"),
        ),
    )


def _runaways(pace: float) -> tuple[Part, ...]:
    """Those who fork, or take memory, each in a way of its own."""
    return (
        Part(
            name="fork-bomb",
            does="forks 100 times a second",
            task=Forks(per_second=100),
            fate=Fate.ENDED,
            comes=2 * pace,
            labels=_task("fork-bomb"),
        ),
        Part(
            name="memory-hog",
            does="grows to 90 % of its memory",
            task=Grows(share=0.9, over=2.5),
            fate=Fate.ENDED,
            comes=4 * pace,
            labels=_task("memory-hog"),
        ),
        Part(
            name="phoenix",
            does="forks; restart policy: always",
            task=Forks(per_second=150),
            fate=Fate.ENDED,
            comes=15.5 * pace,
            labels=_task("phoenix"),
            restart_policy="always",
        ),
        Part(
            name="sneaky",
            does="forks; its image has the skip label",
            task=Forks(per_second=150),
            fate=Fate.ENDED,
            comes=17 * pace,
            labels=_task("sneaky"),
            image=SKIPPING_IMAGE,
        ),
    )


def _groups(pace: float) -> tuple[Part, ...]:
    """Tasks with sidecars: one that is ended, one that leaves its sidecar behind, one that goes on."""
    crawler, side = _task("crawler"), _sidecar("crawler")
    return (
        Part(
            name="job",
            does="finishes, leaves a sidecar behind",
            task=Exits(after=3 * pace),
            fate=Fate.EXITS,
            labels=_task("job"),
        ),
        Part(
            name="job-cache",
            does="the sidecar that job leaves behind",
            task=Serves(),
            fate=Fate.ENDED,
            labels=_sidecar("job"),
            follows="job",
            within=ORPHANED,
        ),
        Part(
            name="crawler",
            does="too many threads, two sidecars",
            task=Forks(per_second=100, after=0.5),
            fate=Fate.ENDED,
            comes=8.5 * pace,
            labels=crawler,
        ),
        Part(
            name="crawler-db",
            does="sidecar of crawler, by label",
            task=Serves(polite=0.3),
            fate=Fate.ENDED,
            comes=8.5 * pace,
            labels=side,
            follows="crawler",
            within=WITH_MAIN,
        ),
        Part(
            name="crawler-proxy",
            does="sidecar of crawler, by network",
            task=Serves(),
            fate=Fate.ENDED,
            comes=8.5 * pace,
            network_of="crawler",
            follows="crawler",
            within=WITH_MAIN,
        ),
        Part(name="api", does="behaves; has two sidecars", task=Serves(), labels=_task("api")),
        Part(name="api-db", does="behaves; sidecar of api", task=Serves(), labels=_sidecar("api")),
        Part(
            name="api-logger",
            does="forks; sidecar of api",
            task=Forks(per_second=150),
            fate=Fate.ENDED,
            comes=18.5 * pace,
            labels=_sidecar("api"),
        ),
    )


def _out_of_memory(pace: float) -> tuple[Part, ...]:
    """The kernel's OOM killer takes a child of one, and the main process of another with a sidecar."""
    return (
        Part(
            name="oom-child",
            does="loses a child to the OOM killer",
            task=OomsChild(after=0.5),
            fate=Fate.ENDED,
            comes=12.5 * pace,
            labels=_task("oom-child"),
            memory_limit=GIB,
        ),
        Part(
            name="oom-main",
            does="falls to the OOM killer itself",
            task=OomsMain(after=0.5),
            fate=Fate.EXITS,
            comes=14 * pace,
            labels=_task("oom-main"),
        ),
        Part(
            name="oom-main-db",
            does="sidecar of oom-main",
            task=Serves(),
            fate=Fate.ENDED,
            comes=14 * pace,
            labels=_sidecar("oom-main"),
            follows="oom-main",
            within=WITH_MAIN,
        ),
    )
