"""When the lane looks next: when the fork bell rings, when somebody's turn is, or else at a steady rate.

Only the choice of that moment is here, and whether the bell is listened to; what a look is, is in
``lookout``. As long as nothing forks nobody is looked at but whose turn it is. Nothing here waits.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from reactor.lane.eye import NEAR_PIDS

STIRRING: Final = 0.1
"""Seconds for which it looks at its full rate after something has stirred."""
BUSY_FOR: Final = 1.0
"""Seconds for which a bell that rings too often is not listened to; then it is seen whether it still does."""
CALM_AGAIN: Final = 0.25
"""It is listened to again if it would have rung before fewer than this part of the looks meanwhile."""
DEAF_FOR: Final = 10.0
"""Seconds for which a bell that missed something is not relied on."""
QUICK: Final = 0.001
"""Seconds between two looks while something grows that is watched: a storm takes ten from nothing to 200."""
SPURTS, SPURTS_A_SECOND = 60.0, 20.0
"""So many of those can be saved up, and so many come by in a second: enough for a storm now and then."""
UNHEARD: Final = NEAR_PIDS
"""Fewer forks than this may go without a ring: who is farther from a mark cannot have passed it by them."""


class Bell(Protocol):
    """The fork bell, as far as it matters here."""

    @property
    def hears_moves(self) -> bool:
        """Whether it rings as well for whoever is moved into another cgroup."""
        ...

    def rang(self) -> bool:
        """Whether it rang since this was asked last."""
        ...

    def listen(self) -> None:
        """Wake the lane from now on, and at once if it has rung since it was asked last."""
        ...

    def mute(self) -> None:
        """Do not wake the lane."""
        ...


@dataclass(slots=True)
class Seen:
    """What a look has to say of the next one.

    ``stirs`` is whether something moves, ``rose`` by how many PIDs the parents rose since the look before,
    ``turn`` when somebody's turn is, and ``rest`` for how many seconds nobody has to look for what no bell
    tells of, if nothing stirs. ``urgent`` is whether somebody seems to be on the way to a mark right now.
    """

    stirs: bool
    urgent: bool
    rose: int
    turn: float
    rest: float


class Pace:
    """``period`` and ``calm`` are seconds between two looks: if something stirs, and without a bell.

    ``due`` is when to look next. ``rings`` counts what the bell led to, ``misses`` what it should have told.
    """

    def __init__(self, period: float, calm: float, now: float, bell: Bell | None = None) -> None:
        self._period, self._calm = period, calm
        self._bell = bell
        self.due = self._looked = now
        self.rings = self.misses = 0
        self.is_heard = False
        self._rung = self._is_dense = self._is_doubtful = False
        self._is_new, self._is_deaf = True, False
        self._stirs_until = self._busy_until = self._deaf_until = 0.0
        # Looks of which the bell was the reason: so many at once, and half as many as looking would cost.
        self._most = 1 / period
        self._left = self._most
        self._looks = self._rung_looks = 0
        self._spurts = SPURTS

    def take(self, bell: Bell | None, now: float) -> None:
        """Have another bell from now on, or none. What the old one did not tell of is looked at."""
        self._bell, self.is_heard, self._is_new = bell, False, True
        self.at_once(now)

    def has_missed(self) -> bool:
        """Whether the bell was found to have missed something since this was asked last."""
        missed, self._is_deaf = self._is_deaf, False
        return missed

    def ring(self, now: float) -> None:
        """The bell has rung. Looked at once, but not more often than at the full rate."""
        self._rung = True
        at = self._looked + self._period
        if now < at:
            self._is_dense = True
            self._mute()
        self.due = min(self.due, max(at, now))

    def stir(self, now: float) -> None:
        """Something else was told of: look soon."""
        self.due = min(self.due, max(self._looked + self._period, now))

    def at_once(self, now: float) -> None:
        """Look right now."""
        self.due = min(self.due, now)

    def begin(self) -> None:
        """A look begins: what rang before it is answered by it."""
        if self._bell is not None and self._bell.rang():
            self._rung = True

    @property
    def is_unforked(self) -> bool:
        """Whether the bell is relied on, and has not rung since the look before the one that begins.

        So fewer than ``UNHEARD`` came about since it last rang, however long ago that is.
        """
        bell = self._bell
        if bell is None or self._rung or self._is_new or self._is_doubtful:
            return False
        return bell.hears_moves and self._looked >= self._deaf_until

    def seen(self, now: float, seen: Seen) -> None:
        """A look was made, at ``now``: when the next one is due."""
        rung, self._rung = self._rung, False
        before, self._looked = self._looked, now
        if seen.stirs:
            self._stirs_until = now + STIRRING
        self._left = min(self._most, self._left + (now - before) * 0.5 / self._calm)
        self._spurts = min(SPURTS, self._spurts + (now - before) * SPURTS_A_SECOND)
        is_heard = self._bell is not None and self._tells_all(now, seen.rose, rung=rung)
        if seen.urgent and self._spurts >= 1 and self._period > QUICK:
            self._spurts -= 1
            self._mute()
            self.due = now + QUICK
        elif now < self._stirs_until:
            self._go_on(self._period, now)
        elif not is_heard or seen.rest <= self._calm or self._is_busy(now, rung=rung):
            self._go_on(self._calm, now)
        elif self._is_doubtful or (rung and self._is_dense):
            self._go_on(self._period, now)
        else:
            self._listen()
            self.due = max(min(seen.turn, now + seen.rest), now + self._period)

    def _go_on(self, seconds: float, now: float) -> None:
        self._mute()
        self.due = max(self.due + seconds, now)

    def _tells_all(self, now: float, rose: int, *, rung: bool) -> bool:
        """Whether the bell is to be relied on: not if more came than it may keep to itself.

        It is given until the next look to tell of them: they may have come while that was begun.
        """
        if now < self._deaf_until:
            return False
        if self._is_new:
            # What came before it was hung up is not its to tell.
            self._is_new = self._is_doubtful = False
            return True
        if self._is_doubtful and not rung:
            self.misses += 1
            self._is_deaf = True
            self._deaf_until = now + DEAF_FOR
        self._is_doubtful = rose >= UNHEARD and not rung and now >= self._deaf_until
        return now >= self._deaf_until

    def _is_busy(self, now: float, *, rung: bool) -> bool:
        """Whether so much is forked that looking at a steady rate costs less than listening."""
        if now < self._busy_until:
            self._looks += 1
            self._rung_looks += rung
            return True
        if self._looks:
            is_calm = self._rung_looks < CALM_AGAIN * self._looks
            self._looks = self._rung_looks = 0
            self._left = self._most
            if not is_calm:
                self._busy_until = now + BUSY_FOR
        elif rung:
            self.rings += 1
            self._left -= 1
            if self._left < 0:
                self._busy_until = now + BUSY_FOR
        return now < self._busy_until

    def _listen(self) -> None:
        self._is_dense = False
        if not self.is_heard and self._bell is not None:
            self.is_heard = True
            self._bell.listen()

    def _mute(self) -> None:
        if self.is_heard and self._bell is not None:
            self._bell.mute()
        self.is_heard = False
