"""What runs inside a container of this world: programs as functions of the time they ran.

A task says what it uses after so many seconds of running, when it ends by itself and how it
takes a polite signal. It holds no state; who it runs in, and since when, is in ``box``.
"""

import math
from dataclasses import dataclass

from reactor.testing.turns import GIB, MIB, Announced, Exit, Limits, Oom, Turn, Usage

__all__ = [
    "GIB",
    "MIB",
    "Announced",
    "CannotStart",
    "Exit",
    "Exits",
    "FillsCache",
    "Forks",
    "Grows",
    "Limits",
    "Oom",
    "OomsChild",
    "OomsMain",
    "Serves",
    "Sleeps",
    "Task",
    "Turn",
    "Usage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A program. As it stands it sleeps for ever and, being PID 1 without a handler, ignores TERM.

    ``polite`` is how many seconds after a TERM it ends, with ``polite_code``; None ignores it.
    ``refuses`` is the exit code of a program that cannot even be started, else None. ``says`` is what it
    writes at its start.
    """

    polite: float | None = None
    polite_code: int = 0
    refuses: int | None = None
    says: bytes = b""

    def usage(self, ran: float, limits: Limits) -> Usage:
        """What it holds after having run for ``ran`` seconds."""
        del limits
        return Usage(cpu=0.001 * ran)

    def turns(self, limits: Limits) -> tuple[Turn, ...]:
        """What becomes of it by itself, in the order of time."""
        del limits
        return ()


@dataclass(frozen=True, slots=True)
class Sleeps(Task):
    """Sleeps for ever and ignores TERM."""


@dataclass(frozen=True, slots=True)
class Serves(Task):
    """A well-behaved service: works a little and ends soon after a TERM."""

    polite: float | None = 0.1

    def usage(self, ran: float, limits: Limits) -> Usage:
        """A few processes, a little memory and some page cache."""
        del limits
        return Usage(pids=5, memory=24 * MIB, cache=8 * MIB, cpu=0.05 * ran)


@dataclass(frozen=True, slots=True)
class Exits(Task):
    """Ends by itself; with a code other than 0 and a restart policy it makes a crash loop."""

    after: float = 1.0
    code: int = 0

    def turns(self, limits: Limits) -> tuple[Turn, ...]:
        """One exit."""
        del limits
        return (Exit(self.after, self.code),)


@dataclass(frozen=True, slots=True)
class CannotStart(Task):
    """Its program is not there: the start fails and no event tells of it."""

    refuses: int | None = 127


@dataclass(frozen=True, slots=True)
class Forks(Task):
    """A fork storm: grows by ``per_second`` processes until ``most`` or the limit stops it."""

    per_second: float = 100.0
    after: float = 0.0
    most: int = 4_000_000

    def usage(self, ran: float, limits: Limits) -> Usage:
        """As many processes as the kernel lets it have."""
        wanted = 1 + math.floor(self.per_second * max(0.0, ran - self.after))
        pids = min(wanted, self.most, self.most if limits.pids is None else limits.pids)
        return Usage(pids=pids, memory=2 * MIB + pids * 100 * 1024, cpu=ran)


@dataclass(frozen=True, slots=True)
class Grows(Task):
    """Takes memory evenly up to a share of its limit (of the host without one) and holds it.

    A share of 1 or more ends in an OOM kill of the main process.
    """

    share: float = 0.9
    over: float = 10.0
    after: float = 0.0

    def usage(self, ran: float, limits: Limits) -> Usage:
        """The part of the way that it has come."""
        most = limits.host if limits.memory is None else limits.memory
        way = 1.0 if self.over <= 0 else min(1.0, max(0.0, ran - self.after) / self.over)
        return Usage(memory=min(most, max(MIB, int(most * self.share * way))), cpu=ran)

    def turns(self, limits: Limits) -> tuple[Turn, ...]:
        """An OOM kill when the limit is reached."""
        del limits
        if self.share < 1:
            return ()
        return (Oom(self.after + self.over / self.share),)


@dataclass(frozen=True, slots=True)
class FillsCache(Task):
    """Reads files: page cache fills a share of the limit, its own memory stays small."""

    share: float = 0.95
    over: float = 5.0

    def usage(self, ran: float, limits: Limits) -> Usage:
        """Little memory, much cache."""
        most = limits.host if limits.memory is None else limits.memory
        way = 1.0 if self.over <= 0 else min(1.0, ran / self.over)
        return Usage(memory=2 * MIB, cache=int(most * self.share * way), cpu=0.1 * ran)


@dataclass(frozen=True, slots=True)
class OomsMain(Task):
    """The kernel kills its main process for lack of memory, at once or later."""

    after: float = 0.0
    announced: Announced = Announced.BEFORE

    def turns(self, limits: Limits) -> tuple[Turn, ...]:
        """One OOM kill, which is the end."""
        del limits
        return (Oom(self.after, announced=self.announced),)


@dataclass(frozen=True, slots=True)
class OomsChild(Task):
    """The kernel kills a child of it; it goes on and may end well, ``lasts`` seconds later."""

    after: float = 0.0
    lasts: float | None = None
    code: int = 0
    times: int = 1

    def turns(self, limits: Limits) -> tuple[Turn, ...]:
        """OOM kills that do not end it and perhaps an exit."""
        del limits
        kills: tuple[Turn, ...] = tuple(Oom(self.after, fatal=False) for _ in range(self.times))
        return kills if self.lasts is None else (*kills, Exit(self.after + self.lasts, self.code))
