"""Gathering evidence about a container within a time that is short and never exceeded.

What is gathered is here; when, and for whom, is decided in ``act``. Nothing here ends anything, and nothing
here raises because of what an engine or a kernel does: what could not be had is said in the evidence.
"""

import time
from typing import Protocol

import trio

from reactor.core.container import Container, ContainerId
from reactor.core.evidence import Evidence, EvidenceTerms
from reactor.core.ports import EngineError
from reactor.observe.processes import processes_of

THREADS = 4
"""Readers of processes at once. One that hangs keeps its place until the kernel lets it go."""
_limiter = trio.lowlevel.RunVar[trio.CapacityLimiter]("reactor_evidence_threads")


class Talker(Protocol):
    """What is asked of an engine for evidence."""

    async def tail(self, container: ContainerId, lines: int, most: int) -> str:
        """The last lines of a container's output."""
        ...


async def gather(
    engine: Talker, container: Container, budget: float, terms: EvidenceTerms | None = None
) -> Evidence:
    """Processes and last lines, within ``budget`` seconds: for a stage that asks for it before the end."""
    terms, began = terms or EvidenceTerms(), trio.current_time()
    # Each has its share, so that a process which hangs its readers does not cost the last lines.
    seen = await see_processes(container, budget / 2, terms)
    heard = await hear_last_lines(engine, container, began + budget - trio.current_time(), terms)
    return Evidence(
        began,
        trio.current_time() - began,
        seen.processes,
        seen.more,
        heard.log,
        seen.unseen,
        heard.unheard,
    )


async def see_processes(container: Container, budget: float, terms: EvidenceTerms) -> Evidence:
    """The processes alone. They are gone with the container, so this is only worth while before its end."""
    began, most = trio.current_time(), terms.processes
    if not most:
        return Evidence(began)
    until = time.monotonic() + budget
    found = None
    with trio.move_on_after(budget) as scope:
        found = await trio.to_thread.run_sync(
            lambda: processes_of(container.id, container.pid, most, until=until),
            abandon_on_cancel=True,
            limiter=_threads(),
        )
    took = trio.current_time() - began
    if found is None:
        why = "not read in time" if scope.cancelled_caught else "none can be seen from here"
        return Evidence(began, took, unseen=why)
    return Evidence(began, took, *found)


async def hear_last_lines(
    engine: Talker, container: Container, budget: float, terms: EvidenceTerms
) -> Evidence:
    """The last lines of output alone. They outlive the container until it is removed."""
    began, log, why = trio.current_time(), None, ""
    if not terms.log_lines:
        return Evidence(began)
    with trio.move_on_after(max(budget, 0.0)) as scope:
        try:
            log = await engine.tail(container.id, terms.log_lines, terms.log_bytes)
        except EngineError as error:
            why = str(error)
    if scope.cancelled_caught:
        why = "no answer in time"
    return Evidence(began, trio.current_time() - began, log=log, unheard=why)


def _threads() -> trio.CapacityLimiter:
    """The readers' own limiter, one for each run of the loop: nobody else lacks a thread because of them."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = trio.CapacityLimiter(THREADS)
        _limiter.set(limiter)
        return limiter
