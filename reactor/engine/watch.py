"""Reconcile on subscribe: the event stream wakes, list and inspect tell what is true.

Here is the loop that lists, inspects and lists again, that notices when the stream does
not say what the list shows, and that hands everything on as facts. What the facts mean is
the core's business; how a call is made, that of ``calls``.
"""

import logging
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import trio

from reactor.core.container import ContainerId, Listed
from reactor.core.facts import Fact, Happened, Happening, Seen, Subscription, Vanished
from reactor.core.ports import Engine, EngineError, EngineInfo, Event
from reactor.engine.deaths import Deaths
from reactor.engine.hearing import Hearing, HearingStatistics
from reactor.engine.inspecting import Inspector, Look
from reactor.engine.picture import Picture

log = logging.getLogger("reactor.engine")

ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGKILL, signal.SIGTERM})
HAPPENINGS = {happening.value: happening for happening in Happening}
LOOKED_AT = frozenset(
    {"create", "start", "restart", "die", "oom", "pause", "unpause", "destroy", "update", "rename"}
    | {"health_status"}
)
"""The events after which a container is inspected. Execs are not among them, nor is each probe of a
health check: an engine tells when its finding changes."""


@dataclass(frozen=True, slots=True)
class WatchTimes:
    """The moments of watching, in seconds.

    ``overlap`` is how far behind the last event a new subscription begins, in the engine's
    clock, and ``before_us`` how far the first one reaches back for what no list shows: a monitor that
    crashed was away for a while. ``second_list`` is when the list is taken again after subscribing,
    ``period`` how often after that. ``backoff`` is the first and the longest pause between subscriptions, and
    ``inspects`` how many inspects there are at once, ``slow_inspects`` how many more of containers
    that hung before. A snapshot waits for them at most ``patience`` seconds, and after a cut at
    most ``replay`` seconds to hear again what was heard last.
    """

    overlap: float = 5.0
    before_us: float = 600.0
    second_list: float = 1.5
    period: float = 10.0
    backoff: tuple[float, float] = (0.1, 5.0)
    inspects: int = 8
    slow_inspects: int = 2
    patience: float = 2.0
    replay: float = 0.05


@dataclass(frozen=True, slots=True)
class WatchStatistics:
    """What the watch has seen so far; times are on our monotonic clock."""

    hearing: HearingStatistics
    snapshots: int = 0
    gaps: int = 0
    overflows: int = 0
    deaf: int = 0
    list_failures: int = 0
    blind_seconds: float = 0.0
    blind_since: float | None = None
    last_snapshot_at: float | None = None
    reconcile_seconds: float = 0.0


class Watch:
    """Follows one engine and feeds what it sees to ``feed``, which must not wait.

    ``on_open`` is told of each subscription, ``on_reconciled`` how many seconds a reconcile took.
    """

    def __init__(
        self,
        engine: Engine,
        feed: Callable[[Fact], None],
        times: WatchTimes | None = None,
        *,
        chance: random.Random | None = None,
        on_open: Callable[[EngineInfo], None] = lambda _: None,
        on_reconciled: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._times = times or WatchTimes()
        self._chance = chance or random.Random()  # noqa: S311 - Jitter needs no secrecy.
        self._engine = engine
        self._feed = feed
        self._told_open = on_open
        self._told_reconciled = on_reconciled
        self._picture = Picture()
        self._inspector = Inspector(engine, self._looked, self._overflowed)
        self._deaths = Deaths(self._picture, self._inspector, feed)
        self._hearing = Hearing(
            engine,
            overlap=self._times.overlap,
            before_us=self._times.before_us,
            backoff=self._times.backoff,
            chance=self._chance,
            on_open=self._opened,
            on_event=self._heard,
            on_lost=self._lost,
        )
        self._stats = WatchStatistics(self._hearing.statistics())
        self._recent: set[ContainerId] = set()
        self._unannounced: set[ContainerId] = set()
        self._whole = True
        self._gap = self._counted = self._warned = False
        self._soon = False
        self._wake = trio.Event()

    def statistics(self) -> WatchStatistics:
        """The counters."""
        return replace(self._stats, hearing=self._hearing.statistics())

    def look(self, container: ContainerId) -> None:
        """Have a container inspected soon: somebody met another run than the one that is known."""
        self._inspector.ask_nowait(container)

    async def run(
        self, nursery: trio.Nursery, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Watch until cancelled; ``task_status`` is told when the first snapshot has been fed."""
        for _ in range(self._times.inspects):
            nursery.start_soon(self._inspector.work)
        for _ in range(self._times.slow_inspects):
            nursery.start_soon(partial(self._inspector.work, slow=True))
        nursery.start_soon(self._deaths.watch)
        nursery.start_soon(self._hearing.listen)
        while not self._stats.snapshots:
            await self._wait_until_due()
            await self._reconcile()
        task_status.started()
        while True:
            await self._wait_until_due()
            await self._reconcile()

    # What the subscription says

    def _opened(self, info: EngineInfo) -> None:
        self._told_open(info)
        self._feed(Subscription(trio.current_time(), up=True))
        self._recent.clear()
        self._unannounced.clear()
        self._list_now()

    def _lost(self, why: str, ended: bool) -> None:
        self._tell_lost(why, ended)
        if self._stats.blind_since is None:
            self._feed(Subscription(trio.current_time(), up=False))
            self._stats = replace(self._stats, blind_since=trio.current_time())
        self._gap = True

    def _tell_lost(self, why: str, ended: bool) -> None:
        """An end alone is no news: a proxy may cut what is quiet. Not to be let in again is."""
        if self._warned:
            return
        if ended:
            log.info("the event stream ended and is opened again", extra={"why": why})
        else:
            log.warning("the event stream is lost", extra={"why": why})
        self._warned = not ended

    def _heard(self, event: Event) -> None:
        now = trio.current_time()
        self._recent.add(event.id)
        self._unannounced.discard(event.id)
        happening = HAPPENINGS.get(event.action)
        quiet = happening is Happening.DIE and self._deaths.heard(event, now)
        if happening is not None and (happening is not Happening.KILL or self._ends(event)):
            self._feed(Happened(now, happening, event.id, event.time_nano))
        if event.action in LOOKED_AT and not quiet:
            self._inspector.ask_nowait(event.id)

    def _ends(self, event: Event) -> bool:
        """Whether the signal that was sent is one that ends; a label of that name would hide which it was."""
        container = self._picture.get(event.id)
        return event.signal in ENDING_SIGNALS and not (container and "signal" in container.labels)

    # What a look says

    def _looked(self, look: Look) -> None:
        if look.error:
            log.warning("a container could not be inspected", extra={"container": look.id, "why": look.error})
            self._picture.missed(look.id, look.at)
        elif look.container is None:
            self._picture.lost(look.id)
            self._deaths.gone(look.id)
            self._feed(Vanished(look.at, look.id))
        else:
            before = self._picture.get(look.id)
            self._picture.saw(look.container, look.at)
            self._deaths.looked(before, look.container, look.at)
            self._feed(Seen(look.at, look.container))

    def _overflowed(self) -> None:
        """More looks were wished for than can be kept: look at everything instead."""
        self._stats = replace(self._stats, overflows=self._stats.overflows + 1)
        self._gap = True
        self._list_now()

    # The list

    def _list_now(self) -> None:
        self._whole = True
        self._wake.set()

    async def _wait_until_due(self) -> None:
        # Also at the start, when no events come: they only wake us up, and the list is the truth.
        with trio.move_on_after(self._times.second_list if self._soon else self._times.period):
            await self._wake.wait()
        self._wake = trio.Event()
        self._soon = self._whole

    async def _reconcile(self) -> None:
        # While no events come, nobody says that a container began another run; the list does not either.
        whole, self._whole = self._whole or not self._hearing.statistics().subscribed, False
        began = trio.current_time()
        try:
            rows = await self._engine.list()
        except EngineError as error:
            await self._not_listed(str(error))
            return
        surprises = self._picture.surprises(rows)
        looks = self._picture.to_look_at(rows, all_alive=whole)
        self._inspector.ask_all_nowait(looks)
        late = await self._inspector.wait_settled(looks, self._times.patience)
        for key in late:
            self._picture.missed(key, trio.current_time())
        if self._gap:
            with trio.move_on_after(self._times.replay):
                await self._hearing.wait_continuous()
        self._hand_on(rows, began)
        self._listen_for([] if whole else surprises)

    async def _not_listed(self, why: str) -> None:
        log.warning("the engine could not be listed", extra={"why": why})
        self._stats = replace(self._stats, list_failures=self._stats.list_failures + 1)
        await trio.sleep(self._times.backoff[1] * self._chance.uniform(0.1, 0.2))
        self._list_now()

    def _hand_on(self, rows: Sequence[Listed], began: float) -> None:
        now = trio.current_time()
        lost = self._stats.blind_since
        gap = self._gap and not self._hearing.is_continuous
        seeing = self._hearing.statistics().subscribed
        blind = now - lost if lost is not None and seeing else 0.0
        snapshot = self._picture.snapshot(rows, at=now, began=began, number=self._stats.snapshots + 1)
        self._stats = replace(
            self._stats,
            snapshots=snapshot.number,
            # Once for each time without events, however often all is listed in it.
            gaps=self._stats.gaps + (gap and not self._counted),
            blind_seconds=self._stats.blind_seconds + blind,
            blind_since=None if seeing else lost,
            last_snapshot_at=now,
            reconcile_seconds=now - began,
        )
        self._gap, self._counted = self._gap and not seeing, gap and not seeing
        self._warned = self._warned and not seeing
        self._feed(replace(snapshot, gap=gap, blind=blind))
        self._told_reconciled(now - began)

    def _listen_for(self, surprises: Sequence[ContainerId]) -> None:
        """What the list shows and no event said must still be said soon, or the stream is deaf."""
        if self._unannounced and self._hearing.statistics().subscribed:
            self._stats = replace(self._stats, deaf=self._stats.deaf + 1)
            self._unannounced.clear()
            self._hearing.drop("the stream does not say what the list shows")
            return
        self._unannounced = {key for key in surprises if key not in self._recent}
        self._soon = self._soon or bool(self._unannounced)
        self._recent.clear()
