"""What a task may use, what it uses, and what can become of it by itself.

Only these values belong here; the tasks that speak of them are in ``tasks``.
"""

from dataclasses import dataclass
from enum import Enum

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """What the kernel allows; None is no limit. ``host`` is the memory of the whole host.

    ``swap`` counts memory, and -1 says expressly that there is no limit of it. ``cpus`` is in cores;
    ``by_quota`` tells that it was given as a quota of a period.
    """

    pids: int | None = None
    memory: int | None = None
    host: int = 16 * GIB
    cpus: float | None = None
    swap: int | None = None
    by_quota: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What a task holds at a moment. ``cache`` is page cache that the kernel can take back."""

    pids: int = 1
    memory: int = 2 * MIB
    cache: int = 0
    cpu: float = 0.0


class Announced(Enum):
    """When the engine tells of an OOM kill, compared with the death that it causes."""

    BEFORE = "before"
    AFTER = "after"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Exit:
    """The main process ends by itself."""

    after: float
    code: int = 0


@dataclass(frozen=True, slots=True)
class Oom:
    """The kernel kills for lack of memory: the main process if ``fatal``, else a child."""

    after: float
    fatal: bool = True
    announced: Announced = Announced.BEFORE


Turn = Exit | Oom
