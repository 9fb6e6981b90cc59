"""Whatever comes in whatever order: gone is only what stood still for the whole time before our eyes."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from reactor.core.owners import Presence
from reactor.owners.book import STALL
from reactor.owners.files import Mark
from reactor.owners.heartbeats import Heartbeats, LookHangs

from .inline import at_once

T = TypeVar("T")
TTL = 20.0
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("look"), st.sampled_from([0.5, 2.0, 2.0, 2.0, 4.5, 5.5, 60.0, 800.0])),
        st.tuples(st.just("beat"), st.integers(-(10**18), 10**18)),
        st.tuples(st.sampled_from(["hang", "unreadable"]), st.sampled_from([0.5, 2.0, 60.0])),
        st.tuples(st.just("looks"), st.integers(1, 12)),
    ),
    max_size=40,
)


class Stage:
    """One file, and beside it for how long we can have watched it stand."""

    def __init__(self) -> None:
        self.moment, self.why, self.hanging = 0, "", False
        self.shown: int | None = None
        self.looked = self.watched = 0.0
        self.beats = Heartbeats(Path("/nowhere"), TTL, self.aside)

    async def aside(self, _: Callable[[], T], /) -> T:
        """What a thread would find."""
        if self.hanging:
            raise LookHangs("hangs")
        mark = Mark(why=self.why) if self.why else Mark((1, 1), (1, 1, self.moment, 0))
        found: Any = {"job": mark}
        return await at_once(lambda: found)

    async def look(self) -> None:
        """Look, and compare with what can be known."""
        found = (await self.beats.look(["job"]))["job"].presence
        if self.hanging or self.why:
            assert found is Presence.UNKNOWN
            return
        now = trio.current_time()
        gap = now - self.looked if self.shown is not None else 0.0
        self.watched = self.watched + gap * (gap <= STALL) if self.moment == self.shown else 0.0
        self.looked, self.shown = now, self.moment
        assert (found is Presence.GONE) is (self.watched >= TTL)


async def _play(events: Sequence[tuple[str, Any]]) -> None:
    stage = Stage()
    for what, value in events:
        if what == "beat":
            stage.moment = value
            continue
        stage.hanging, stage.why = what == "hang", "no" if what == "unreadable" else ""
        for _ in range(value if what == "looks" else 1):
            await trio.sleep(2.0 if what == "looks" else value)
            await stage.look()
    stage.hanging, stage.why = False, ""
    for _ in range(int(TTL / 2) + 2):
        await trio.sleep(2)
        await stage.look()
    assert stage.watched >= TTL, "who is watched for so long and does not move is gone"


@given(EVENTS)
def test_gone_is_what_stood_still_before_our_eyes(events: Sequence[tuple[str, Any]]) -> None:
    trio.run(_play, events, clock=MockClock(autojump_threshold=0))
