"""The tripwires: one for PIDs and one for memory, each with a purse of its own.

The memory of a busy host moves all the time; what that costs must not be missing where a fork storm begins.
Here is only whether there is a reason to look at the runs below; looking is for ``lookout``.
"""

from collections import Counter
from enum import IntEnum

from reactor.cgroups.files import What
from reactor.cgroups.finding import Home
from reactor.cgroups.tripwire import Jump, Tripwire, parents
from reactor.lane.purse import Purse

AT_A_TIME = 20
"""So many sweeps can be saved up for, however dear they are: storms do not come at a steady rate."""
FARTHEST = 16
"""So many times the least jump is worth a sweep also if everybody is far from a mark."""


class Stir(IntEnum):
    """Who there is a reason to look at."""

    NOBODY = 0
    NEAR = 1  # those who are near a mark
    ALL = 2


class Wire:
    """The parents of all runs that are read, for PIDs or for memory.

    ``waits`` is whether there was a reason to look at somebody that had to be put off.
    """

    def __init__(self, what: What, share: float, now: float) -> None:
        self.what = what
        self._least = Jump().of(what)
        self._most = FARTHEST * self._least
        self._purse = Purse(share, now)
        self._parents: Counter[tuple[str, What]] = Counter()
        self._tripwire = Tripwire(())
        self.slowed = 0
        self.waits = False
        self.is_blind = True

    def add(self, home: Home) -> None:
        """This run is read from now on."""
        known = len(self._parents)
        self._parents.update(self._of(home))
        if len(self._parents) != known:
            self._draw()

    def remove(self, home: Home) -> None:
        """It is not any more."""
        known = len(self._parents)
        self._parents -= Counter(self._of(home))
        if len(self._parents) != known:
            self._draw()

    def look(self, now: float) -> Stir:
        """Look at the parents; what is beyond the purse is put off, and counted."""
        wire, self.waits = self._tripwire, False
        if self.is_blind:
            return Stir.NOBODY
        stir = Stir.ALL if wire.look() else Stir.NEAR if wire.stirs else Stir.NOBODY
        if stir:
            self._purse.fill(now)
            if self._purse.is_empty:
                self.slowed += 1
                self.waits = True
                return Stir.NOBODY
        return stir

    @property
    def rose(self) -> int:
        """By how much the parents were higher at the last look than at the one before."""
        return self._tripwire.rose

    @property
    def cannot_tell(self) -> bool:
        """Whether there are parents, and one of them has no counter, as the root of a tree."""
        return self.is_blind and bool(self._parents)

    def swept(self, headroom: int) -> None:
        """All have been read since the last look; whom it matters of would have to grow by more than that.

        So the sum has grown by as much, or others have shrunk at the same time.
        """
        self._tripwire.set_jump(max(self._least, min(headroom, self._most)))
        self._tripwire.swept()

    def explain(self, growth: int) -> bool:
        """So much is known to be of whom; whether there is still a reason to look at everybody."""
        return self._tripwire.explain(growth)

    def can_pay(self, now: float) -> bool:
        """Whether something that was told anyway may be looked into right now."""
        self._purse.fill(now)
        return not self._purse.is_empty

    def spend(self, seconds: float) -> None:
        """So much was used for what this wire gave a reason for."""
        self._purse.spend(seconds)
        self._purse.make_room(AT_A_TIME * seconds)

    def close(self) -> None:
        """Look no more."""
        self._tripwire.close()

    def _of(self, home: Home) -> list[tuple[str, What]]:
        return [each for each in parents([home]) if each[1] is self.what]

    def _draw(self) -> None:
        self._tripwire.close()
        self._tripwire = Tripwire(self._parents)
        # Without anybody there is nothing to look at; where a parent has no counter, looking is of no use.
        self.is_blind = self._tripwire.blind or not self._parents
