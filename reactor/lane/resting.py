"""Those who are as they were told: not told again, but looked at in turn, so that it can be vouched for.

What belongs here is whose turn it is, and up to when it is known that all of them are as they were. What a
look consists of is in ``eye``, what comes of it in ``crew``. Whoever is the first in line was looked at the
longest ago: so one number says it for all, however many there are.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from reactor.lane.rounds import BEAT, CALM_BEAT, INFINITE, on_beat

AT_ONCE: Final = 200
"""So many are looked at one after the other; with more of them, that is done more often than on each beat."""
ANEW_AFTER: Final = 20.0
"""Seconds after which one is read whole although nothing has moved: what it used of processors, and the
working set may be others by then. It is told if they are."""
ANEW_A_SECOND, ANEW_AT_ONCE = 20.0, 20.0
"""So many of those are read in a second at most;"""
ANEW_WITHIN: Final = 60.0
"""and where there are so many that this would take longer, all of them within so many seconds."""
LEAST_PAUSE: Final = 0.05


class Resting:
    """Keys, in the order in which they were looked at. ``at`` is when somebody's next turn is."""

    def __init__(self) -> None:
        self.at = INFINITE
        self._line: OrderedDict[int, float] = OrderedDict()
        self._anew, self._filled = 0.0, 0.0

    def __contains__(self, key: int) -> bool:
        return key in self._line

    def put(self, key: int, at: float) -> None:
        """It was as it is told, at this moment."""
        self._line[key] = at
        self._line.move_to_end(key)
        if self.at == INFINITE:
            self.at = on_beat(at) + BEAT

    def drop(self, key: int) -> bool:
        """It is vouched for no more; whether it was."""
        return self._line.pop(key, None) is not None

    def as_of(self, now: float) -> float:
        """Up to when all of them are known to be as they were told."""
        return next(iter(self._line.values()), now)

    def turn(self, now: float, every: float) -> Iterator[int]:
        """Those whose turn it is, so that each has one ``every`` so many seconds; they are taken out."""
        count = len(self._line)
        beat = CALM_BEAT if every >= 4 * CALM_BEAT else BEAT
        pause = min(beat, max(LEAST_PAUSE, every * AT_ONCE / max(1, count)))
        self.at = on_beat(now, pause) + pause if pause in {BEAT, CALM_BEAT} else now + pause
        # Of many, as many each time, so that those who came at one moment do not all wait for the last one.
        quota = int(count * pause / every) + 1 if count > AT_ONCE else 0
        due = now + pause / 2 - every
        for number in range(max(AT_ONCE, quota)):
            key = next(iter(self._line), None)
            if key is None or (self._line[key] > due and number >= quota) or self._line[key] >= now:
                break
            del self._line[key]
            yield key

    def may_read_anew(self, now: float, read: float) -> bool:
        """Whether one who was read whole then is so again now; whoever asks does so if he may."""
        if now - read < ANEW_AFTER:
            return False
        pace = max(ANEW_A_SECOND, len(self._line) / ANEW_WITHIN)
        self._anew = min(max(ANEW_AT_ONCE, pace), self._anew + (now - self._filled) * pace)
        self._filled = now
        if self._anew < 1.0:
            return False
        self._anew -= 1.0
        return True
