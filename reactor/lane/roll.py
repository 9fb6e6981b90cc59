"""The roll: who is wanted, who is read here and by which numbers, and who is left to others for a while.

Only the account is here. Who finds their cgroups and talks to the lane is ``watching``.
"""

from dataclasses import dataclass
from itertools import count

from reactor.cgroups.finding import Home
from reactor.core.container import Run
from reactor.core.language.bounds import Bound
from reactor.core.watched import Watched
from reactor.lane.marks import Ratio
from reactor.lane.words import Arm, Disarm

LOOK_AGAIN = 2.0
"""Seconds after which a cgroup that is gone, or was not found, is looked for once more."""
LONGEST_AGAIN = 60.0
MOST_NUMBERS = 256
"""Different bounds whose numbers are kept: nearly all runs have the same ones."""
Ratios = tuple[Ratio, ...]


@dataclass(frozen=True, slots=True)
class _Left:
    """One who is not read here: until when, how long that is, and whether it was, and its cgroup is gone."""

    until: float
    pause: float
    gone: bool


class Roll:
    """A key stands for one run and for one time of reading it, and for no other.

    ``lasting`` is whether somebody hears what the lane vouches for.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self._lasting = lasting
        self._keys = count(1)
        self._wanted: dict[Run, Watched] = {}
        self._armed: dict[Run, Arm] = {}
        self._meant: dict[Run, Watched] = {}
        self._runs: dict[int, Run] = {}
        self._told: set[Run] = set()
        self._left: dict[Run, _Left] = {}
        # Those who are not read, or otherwise than is wanted: nearly always nobody.
        self._open: dict[Run, Watched] = {}
        self._has_gone = False
        self._numbers: dict[frozenset[Bound], tuple[Ratios, Ratios, Ratios, Ratios]] = {}

    @property
    def here(self) -> int:
        """How many are read."""
        return len(self._armed)

    @property
    def elsewhere(self) -> int:
        """How many are not, and should be."""
        return len(self._wanted) - len(self._armed)

    def want(self, wanted: frozenset[Watched]) -> None:
        """These, and no others. Those who were wanted before keep their places, the newest come last."""
        now = {each.run: each for each in wanted}
        known = {run: now[run] for run in self._wanted if run in now}
        self._has_gone = self._has_gone or len(known) < len(self._wanted)
        self._wanted = known | now
        self._left = {run: left for run, left in self._left.items() if run in now}
        self._reopen()

    def _reopen(self) -> None:
        self._open = {run: each for run, each in self._wanted.items() if self._differs(run, each)}

    def is_wanted(self, watched: Watched) -> bool:
        """Whether this is still what is wanted of its run."""
        return self._wanted.get(watched.run) is watched

    def no_longer_wanted(self) -> dict[Run, Disarm]:
        """Take those off the roll who are read for nobody."""
        if not self._has_gone:
            return {}
        self._has_gone, words = False, dict[Run, Disarm]()
        for run in self._armed.keys() - self._wanted.keys():
            key = self._armed.pop(run).key
            self._meant.pop(run, None)
            self._told.discard(run)
            del self._runs[key]
            words[run] = Disarm(key)
        return words

    def not_read(self, now: float) -> list[Watched]:
        """Those who are not read, or not as it is wanted by now. The newest first: they are in a hurry."""
        return [
            each
            for run, each in reversed(self._open.items())
            if run not in self._left or self._left[run].until <= now
        ]

    def _differs(self, run: Run, watched: Watched) -> bool:
        """Whether it is not read, or not like that. Nearly always it was asked before."""
        armed = self._armed.get(run)
        if armed is None:
            return True
        if self._meant.get(run) is not watched:
            if armed != self._word(armed.key, armed.home, watched, fresh=armed.fresh):
                return True
            self._meant[run] = watched
        return False

    def armed(self, run: Run) -> Arm | None:
        """How it is read."""
        return self._armed.get(run)

    def arm(self, watched: Watched, home: Home, *, fresh: bool) -> Arm:
        """It is read from now on, or by other numbers."""
        run, old = watched.run, self._armed.get(watched.run)
        self._left.pop(run, None)
        if self.is_wanted(watched):
            self._open.pop(run, None)
        word = self._word(old.key if old is not None else next(self._keys), home, watched, fresh=fresh)
        self._armed[run], self._meant[run] = word, watched
        self._runs[word.key] = run
        return word

    def run_of(self, key: int) -> Run | None:
        """Whom it stands for; None if that one is not read any more."""
        return self._runs.get(key)

    def hear_of(self, run: Run) -> None:
        """Something was told of it."""
        self._told.add(run)

    def has_heard_of(self, run: Run) -> bool:
        """Whether something was told of it since it is read."""
        return run in self._told

    def lose(self, key: int, now: float) -> None:
        """Its cgroup is gone: most likely the run is over, and the engine will say so."""
        run = self._runs.pop(key, None)
        if run is not None:
            self._armed.pop(run, None)
            self._meant.pop(run, None)
            self._told.discard(run)
            self.leave(run, now, gone=True)

    def leave(self, run: Run, now: float, *, gone: bool) -> None:
        """Do not look for this one for a while, for longer each time."""
        before = self._left.get(run)
        pause = LOOK_AGAIN if before is None or before.gone else min(2 * before.pause, LONGEST_AGAIN)
        self._left[run] = _Left(now + pause, pause, gone)
        if (watched := self._wanted.get(run)) is not None and run not in self._armed:
            self._open[run] = watched

    def clear(self) -> None:
        """Nobody is read any more."""
        self._armed.clear()
        self._told.clear()
        self._meant.clear()
        self._runs.clear()
        self._reopen()

    def others(self, *, on: bool) -> frozenset[Run]:
        """Whom others have to read: everybody while there is no lane, else those who were not found."""
        if not on:
            return frozenset(self._wanted)
        return frozenset(run for run, left in self._left.items() if not left.gone)

    def _word(self, key: int, home: Home, watched: Watched, *, fresh: bool) -> Arm:
        if len(self._numbers) >= MOST_NUMBERS:
            self._numbers.clear()
        numbers = self._numbers.get(watched.bounds)
        if numbers is None:
            numbers = self._numbers[watched.bounds] = _numbers(watched.bounds)
        lasts = self._lasting and watched.lasts
        return Arm(key, home, watched.every, *numbers, fresh=fresh, at_rest=watched.at_rest, lasts=lasts)


def _numbers(bounds: frozenset[Bound]) -> tuple[Ratios, Ratios, Ratios, Ratios]:
    """Of PIDs and of memory, and of both in parts of the limit."""

    def of(field: str, *, relative: bool) -> Ratios:
        wanted = (bound for bound in bounds if (bound.field, bound.relative) == (field, relative))
        return tuple(sorted(bound.ratio for bound in wanted))

    absolute, shares = ((of("pids", relative=each), of("memory", relative=each)) for each in (False, True))
    return *absolute, *shares
