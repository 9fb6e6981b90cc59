"""What runners are told of decisions: read from the journal, and looked for at once when something came.

The journal alone says what is told, so that nothing is told twice, or lost, or forgotten by a restart; an
outcome only rings a bell. The words that runners use are found here, too. How it goes over HTTP is in
``web.api``.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import trio

from reactor.act.messages import about
from reactor.core.container import ContainerId, Run
from reactor.core.decisions import Decision, Outcome
from reactor.core.leftovers import RULE as LEFTOVERS
from reactor.core.notes import Cause
from reactor.core.state import Step
from reactor.core.verbs import ENDING, Action
from reactor.journal.certificates import NoCertificate, read_certificate
from reactor.journal.errors import JournalError
from reactor.journal.news import LATEST, News, Page, UnknownCursor, read_news
from reactor.observe.text import plain
from reactor.web.api import Batch, Feed
from reactor.web.control import Refused

AT_ONCE = 4
"""How many read the file at the same time."""
LINGER = 4.0
"""For so long after an outcome it is looked for again and again: it is on its way to the disk."""
LOOK_EVERY = 0.2
SETTLE = 0.03
LARGEST_BATCH = 100
_BAD, _NONE, _GONE, _NOT_NOW = 400, 404, 410, 503

Answer = TypeVar("Answer")

_OVER = {
    Cause.OOM: "it ran out of memory and the kernel ended it",
    Cause.ENGINE: "somebody ended it through the engine",
    Cause.UNSEEN: "it is over, and nobody saw how",
}


class Bulletin:
    """The feed of one journal. It is told of outcomes, as an observer is."""

    def __init__(self, journal: Path, wall: Callable[[], float] = time.time) -> None:
        self._journal = journal
        self._wall = wall
        self._bell = trio.Event()
        self._rung = -math.inf
        self._limiter = trio.CapacityLimiter(AT_ONCE)

    def feed(self) -> Feed:
        """What can be asked of it."""
        return Feed(self.page, self.more, self.certificate, self.before)

    def step(self, _step: Step) -> None:
        """What was decided is told when it is known what came of it."""

    def outcome(self, outcome: Outcome) -> None:
        """Something is on its way to the journal."""
        if outcome.final:
            self._rung = trio.current_time()
            self._bell.set()
            self._bell = trio.Event()

    async def page(self, since: str, limit: int) -> Batch:
        """What is behind a cursor."""
        page: Page = await self._read(partial(read_news, self._journal, since, limit, self._wall()))
        return Batch(tuple(map(told, page.news)), page.cursor)

    async def before(self, cursor: str, limit: int) -> Batch:
        """The last ones before a cursor, the oldest first, and the cursor of those before these.

        Decisions are numbered as they are written, so that going back is counting back.
        """
        if cursor == LATEST:
            cursor = (await self.page(LATEST, 1)).cursor
        epoch, dash, number = cursor.rpartition("-")
        if not (dash and number.isascii() and number.isdigit() and len(number) <= 18):
            raise Refused(_BAD, {"error": "a cursor is what a decision has as such, or 'now'"})
        since = f"{epoch}-{max(0, int(number) - limit)}"
        try:
            batch = await self.page(since, min(limit, int(number)) or 1)
        except Refused as refused:
            since = str(refused.told.get("oldest", ""))
            if not since or since.rpartition("-")[0] != epoch:
                raise
            batch = await self.page(since, limit)
        found = [each for each in batch.entries if int(str(each["cursor"]).rpartition("-")[2]) <= int(number)]
        return Batch(tuple(found), since)

    async def more(self, since: str, within: float) -> Batch:
        """What is behind a cursor, as soon as there is something; nothing if there is none in time."""
        until = trio.current_time() + within
        while True:
            batch = await self.page(since, LARGEST_BATCH)
            if batch.entries or trio.current_time() >= until:
                return batch
            await self._rest(until)

    async def certificate(self, wanted: str) -> Mapping[str, Any]:
        """All that is known of one decision."""
        if not wanted or len(wanted) > 64 or not set(wanted) <= set("0123456789abcdef"):
            raise Refused(_BAD, {"error": "a decision's id is hexadecimal digits"})
        return asdict(await self._read(partial(read_certificate, self._journal, wanted)))

    async def _rest(self, until: float) -> None:
        now = trio.current_time()
        busy = now - self._rung < LINGER
        with trio.move_on_at(min(until, now + LOOK_EVERY) if busy else until):
            await self._bell.wait()
            # A row is on the disk a moment after its bell, and a crowd of bells is one look.
            await trio.sleep(SETTLE)

    async def _read(self, read: Callable[[], Answer]) -> Answer:
        try:
            return await trio.to_thread.run_sync(read, abandon_on_cancel=True, limiter=self._limiter)
        except UnknownCursor as error:
            raise Refused(_GONE, {"error": str(error), "oldest": error.oldest}) from None
        except NoCertificate as error:
            raise Refused(_NONE, {"error": str(error)}) from None
        except JournalError as error:
            raise Refused(_NOT_NOW, {"error": str(error)}) from None


def told(news: News) -> Mapping[str, Any]:
    """One entry as plain values. The keys are a promise to whoever reads them by machine."""
    status, why = status_of(news)
    return {
        "cursor": news.cursor,
        "at": news.at,
        **about(_decision(news)),
        "root": news.root,
        "task": plain(news.task),
        "result": news.result,
        "why": news.why,
        "detail": plain(news.detail, 500),
        "exit_code": news.exit_code,
        "ended_by": news.ended_by,
        "status": status,
        "status_reason": plain(why, 700),
    }


def status_of(news: News) -> tuple[str, str]:
    """What a runner shows: ``cancelled``, ``failed``, ``completed``, or nothing while it goes on; and why."""
    if news.dry_run or news.result != "done" or news.action not in ENDING or news.action == Action.RESTART:
        return "", "the run goes on, as far as this decision is concerned"
    if news.rule == LEFTOVERS:
        return "", "it was over long before; only what was left of it was removed"
    if news.ended_by == Cause.REACTOR or (not news.ended_by and news.why == "ended"):
        return "cancelled", f"reactor ended it by {news.rule}: {news.reason}"
    if news.ended_by == Cause.ITSELF:
        code = "an unknown exit code" if news.exit_code is None else f"exit code {news.exit_code}"
        return ("completed" if news.exit_code == 0 else "failed"), f"it ended by itself with {code}"
    cause = Cause(news.ended_by) if news.ended_by else Cause.UNSEEN
    return "failed", _OVER[cause]


def _decision(news: News) -> Decision:
    return Decision(
        id=news.id,
        at=0.0,
        run=Run(ContainerId(news.container), news.started_at),
        name=news.name,
        action=Action(news.action),
        rule=news.rule,
        reason=news.reason,
        seen=0.0,
        cause=news.cause,
        dry_run=news.dry_run,
    )
