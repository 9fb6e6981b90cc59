"""What a certificate consists of. Records only; they are put together in ``certificates``.

All moments are in seconds after the first evidence, by our monotonic clock, unless they are called ``wall``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class MadeCall:
    """A call to the engine: what, when it began, how long it took, the HTTP status, and a note if none."""

    what: str
    at: float
    took: float
    status: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample."""

    at: float
    pids: int | None
    memory: int | None
    cpu: float | None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the run ended. ``at`` is when we knew, ``died`` when the engine's word of the death came. ``basis``
    is ``intent`` where the cause is only likely, ``contained`` where we ended it directly."""

    exit_code: int | None
    cause: str
    oom: bool
    finished_at: str
    at: float | None = None
    died: float | None = None
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Along:
    """A decision that followed from this one."""

    certificate: str
    name: str
    container: str
    action: str
    result: str
    why: str
    exit_code: int | None
    at: float | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One decision with all that belongs to it; what is not known is empty or None.

    ``times`` is how often the intent was written: more than once where a monitor took over from one that was
    killed. ``decided`` and ``concluded`` are moments like those of the calls. ``grounds`` is what was
    written when it was decided, ``processes`` and ``log`` what was gathered around the end.
    """

    id: str
    trace: str
    container: str
    started_at: str
    name: str
    action: str
    rule: str
    reason: str
    summary: str
    cause: str
    dry_run: bool
    wall: float
    decided: float
    grace: float
    times: int
    result: str
    why: str
    detail: str
    final: bool
    concluded: float | None
    calls: tuple[MadeCall, ...] = ()
    readings: tuple[Reading, ...] = ()
    grounds: Mapping[str, Any] = field(default_factory=dict)
    processes: Mapping[str, Any] = field(default_factory=dict)
    log: Mapping[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
    along: tuple[Along, ...] = ()
