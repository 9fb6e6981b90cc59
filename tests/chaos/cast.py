"""The parts that containers play: what each does, and what must become of it.

Only describing belongs here; who is cast when comes from ``plan``. Every guilty part has an innocent twin
that nearly does the same.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Any

from tests.real import deeds
from tests.real.scene import SHORT

LIFETIME = 6.0
"""Seconds of the rule for those who have the label for it."""
PROTECTED = "chaos-protected-"
RULES = f"""\
groups:
  - name: safety
    rules:
      - {{name: pids, when: pids > 200}}
      - {{name: memory, when: memory > 80%}}
      - {{name: oom, on: oom}}
  - name: short
    select: [{{label: {SHORT}}}]
    rules: [{{name: lifetime, when: age > {LIFETIME:g}s}}]
"""
ORPHAN_AFTER = 3.0
CREATION_GRACE = 20.0
CONFIG = f"""\
gate: {{off: true}}
breaker: {{off: true}}
budgets: {{off: true}}
times:
  orphan_after: {ORPHAN_AFTER:g}s
  creation_grace: {CREATION_GRACE:g}s
  sidecar_grace: 1s
  reconcile_every: 2s
protect: {{containers: [{{name: "{PROTECTED}*"}}]}}
"""
"""The brakes are off because half of all break the rules here, on purpose."""


class Fate(Enum):
    """What must become of every run of a container."""

    ENDED = auto()  # it breaks a rule
    TAKEN = auto()  # it is a sidecar, and goes when its main has gone
    SPARED = auto()  # nobody may touch it


@dataclass(frozen=True, slots=True)
class Member:
    """One container. ``after`` is how many seconds a run has until its breach, and before that it must not be
    ended. ``main`` is whose sidecar it is while that one runs, ``joins`` whose network it is in. Whoever
    ``leaves`` ends by itself; then comes another one with the same name, ``heirs`` times. ``paused`` is
    paused as soon as it runs. The breach of one that is ``told`` shows in an event alone."""

    name: str
    command: Sequence[str] = ("sleep", "100000")
    fate: Fate = Fate.SPARED
    labels: Mapping[str, str] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    after: float = 0.0
    main: str = ""
    joins: str = ""
    leaves: bool = False
    heirs: int = 0
    paused: bool = False
    told: bool = False


Part = Callable[[str, Random], tuple[Member, ...]]
"""From a name to the containers of one part; the one that gives it its name comes first or last."""

TASK, SIDECAR, SKIP = "reactor.task", "reactor.sidecar-of", "reactor.skip"
FEW = {"PidsLimit": deeds.PIDS}
SMALL = {"Memory": 64 << 20, "MemorySwap": 64 << 20, "ShmSize": 64 << 20}
TINY = {"Memory": 32 << 20, "MemorySwap": 32 << 20}
LESS = deeds.sh("dd if=/dev/zero of=/dev/shm/held bs=1M count=44; sleep 100000")
"""About 70 %: what starts a container counts as its own memory for a moment, a few MiB of it."""
STAY = deeds.sh("sleep 100000")


def _storm(name: str, chance: Random) -> tuple[Member, ...]:
    return (Member(name, deeds.STORM, Fate.ENDED, {TASK: name}, FEW),)


def _late_storm(name: str, chance: Random) -> tuple[Member, ...]:
    after = chance.uniform(1, 6)
    command = deeds.sh(f"sleep {after:.2f}; {deeds.STORM[-1]}")
    return (Member(name, command, Fate.ENDED, {TASK: name}, FEW, after),)


def _lasting_storm(name: str, chance: Random) -> tuple[Member, ...]:
    """The engine starts it again whenever it comes back."""
    host = {**FEW, "RestartPolicy": {"Name": "always"}}
    return (Member(name, deeds.STORM, Fate.ENDED, {TASK: name}, host),)


def _memory(name: str, chance: Random) -> tuple[Member, ...]:
    return (Member(name, deeds.SHARED_RAMP, Fate.ENDED, {TASK: name}, SMALL),)


def _oom(name: str, chance: Random) -> tuple[Member, ...]:
    """A child runs out of memory, and the main process lives on."""
    return (Member(name, deeds.OOM_CHILD, Fate.ENDED, {TASK: name}, TINY, 0.5, told=True),)


def _old(name: str, chance: Random) -> tuple[Member, ...]:
    labels = {TASK: name, SHORT: ""}
    return (Member(name, STAY, Fate.ENDED, labels, after=LIFETIME, paused=chance.random() < 0.2),)


def _with_sidecars(name: str, chance: Random) -> tuple[Member, ...]:
    """Sidecars that answer to a stop and one that does not, by label and by network."""
    side, main = f"{name}-side", f"{name}-main"
    own = {SIDECAR: name}
    deaf = Member(f"{name}-deaf", STAY, Fate.TAKEN, own, main=main)
    joined = Member(f"{name}-joined", deeds.SERVE, Fate.TAKEN, main=main, joins=main)
    return (
        Member(side, deeds.SERVE, Fate.TAKEN, own, main=main),
        *([deaf] if chance.random() < 0.5 else []),
        Member(main, STAY, Fate.ENDED, {TASK: name, SHORT: ""}, after=LIFETIME),
        *([joined] if chance.random() < 0.5 else []),
    )


def _sharing(name: str, chance: Random) -> tuple[Member, ...]:
    """Two mains of one task, of which one is guilty: the sidecar serves the other one still."""
    return (
        Member(f"{name}-shared", deeds.SERVE, Fate.SPARED, {SIDECAR: name}, main=f"{name}-good"),
        Member(f"{name}-good", STAY, Fate.SPARED, {TASK: name}),
        Member(f"{name}-bad", deeds.STORM, Fate.ENDED, {TASK: name}, FEW),
    )


def _at_the_limit(name: str, chance: Random) -> tuple[Member, ...]:
    return (Member(name, deeds.AT_THE_LIMIT, labels={TASK: name}, host=FEW),)


def _nearly_full(name: str, chance: Random) -> tuple[Member, ...]:
    return (Member(name, LESS, labels={TASK: name}, host=SMALL),)


def _skipped(name: str, chance: Random) -> tuple[Member, ...]:
    command = chance.choice((deeds.STORM, STAY))
    return (Member(name, command, labels={TASK: name, SKIP: "", SHORT: ""}, host=FEW),)


def _protected(name: str, chance: Random) -> tuple[Member, ...]:
    return (Member(PROTECTED + name, labels={TASK: name, SHORT: ""}, host=FEW),)


def _out_of_scope(name: str, chance: Random) -> tuple[Member, ...]:
    """Under nearly the right label, or by a name that looks like a task."""
    command = chance.choice((deeds.STORM, STAY, STAY))
    return (Member(name, command, labels={f"{TASK}x": name, f"x{TASK}": "", SHORT: ""}, host=FEW),)


def _same_name(name: str, chance: Random) -> tuple[Member, ...]:
    """Each life is much shorter than allowed; one name lives longer than that."""
    command = deeds.sh(f"sleep {LIFETIME / 3:g}")
    return (Member(name, command, labels={TASK: name, SHORT: ""}, leaves=True, heirs=3),)


def _young(name: str, chance: Random) -> tuple[Member, ...]:
    """Leaves just before its time is over, with any exit code."""
    command = deeds.exits(chance.randrange(256), after=LIFETIME - chance.uniform(1, 3))
    return (Member(name, command, labels={TASK: name, SHORT: ""}, leaves=True),)


def _calm(name: str, chance: Random) -> tuple[Member, ...]:
    """A task that does nothing wrong, with a sidecar."""
    return (
        Member(f"{name}-side", deeds.SERVE, labels={SIDECAR: name}, main=f"{name}-main"),
        Member(f"{name}-main", STAY, labels={TASK: name}, host={"RestartPolicy": {"Name": "always"}}),
    )


GUILTY: Mapping[str, Part] = {
    "storm": _storm,
    "late-storm": _late_storm,
    "lasting-storm": _lasting_storm,
    "memory": _memory,
    "oom": _oom,
    "old": _old,
    "with-sidecars": _with_sidecars,
    "sharing": _sharing,
}
INNOCENT: Mapping[str, Part] = {
    "at-the-limit": _at_the_limit,
    "nearly-full": _nearly_full,
    "skipped": _skipped,
    "protected": _protected,
    "out-of-scope": _out_of_scope,
    "same-name": _same_name,
    "young": _young,
    "calm": _calm,
}
