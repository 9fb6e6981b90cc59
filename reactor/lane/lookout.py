"""When who is looked at: the tripwires at every look, everybody when one trips, whoever's bell has rung.

What belongs here is the order of looking and its budget. What a look at one run leads to is in ``crew``, what
is read in ``cgroups``. Nothing here waits or knows what time it is.
"""

from collections.abc import Callable, Iterable

from reactor.cgroups.descriptors import Budget
from reactor.cgroups.files import HOT, What
from reactor.lane.alarms import Alarms
from reactor.lane.bells import Bells
from reactor.lane.crew import NOTHING, Crew
from reactor.lane.crowd import Crowd
from reactor.lane.eye import Eye
from reactor.lane.pace import Seen
from reactor.lane.purse import Purse
from reactor.lane.rounds import (
    BEAT,
    CALM_BEAT,
    DUE_AT_ONCE,
    INFINITE,
    UNFORKED,
    Peaks,
    Sweeps,
    Turns,
    on_beat,
)
from reactor.lane.wires import Stir, Wire
from reactor.lane.words import Arm, Beat, Disarm, News

SWEEP_EVERY = BEAT
"""Seconds between two sweeps for which there is no reason, at least, and as long as the budget asks for."""
BLINDLY = 0.02
"""The same where no tripwire tells of anything."""
CLOSE_EVERY = 0.02
"""Seconds between two looks at the working set of those whose usage says nothing, or who are above a mark."""
QUIETLY = 0.25
"""The part of the budget that may be used for sweeps, or for peaks, for which there is no reason."""
HOT_FOR = 0.1
"""Seconds for which those who are looked at closely are so at every look: a bell rang, or one came nearer."""
DRAWN_FOR = 20.0
"""Seconds after which it is found out anew which parents there are."""
SELDOM = 5.0
"""Seconds within which each of those who rest is looked at, also while nothing stirs."""
URGENT_FOR = 0.01
"""Seconds after a ring in which whoever fills his memory at full speed passes what is left up to his mark."""


class Lookout:
    """Looks when it is told to, and says what there is to tell.

    ``used`` is the clock by which its budget counts: that of the processor, since on a busy machine others
    take turns while a sweep is under way. Else it is ``clock``.
    """

    def __init__(
        self,
        share: float,
        budget: Budget,
        clock: Callable[[], float],
        bells: Bells | None = None,
        used: Callable[[], float] | None = None,
    ) -> None:
        self._clock, self._budget, self._bells = clock, budget, bells
        self._used = used or clock
        now = clock()
        self._wires = tuple(Wire(what, share, now) for what in HOT)
        self._pids, self._memory = (self._wires[HOT.index(what)] for what in (What.PIDS, What.MEMORY))
        self._crew = Crew(budget, clock, Alarms(self._wires, bells))
        self._purse, self._quiet = Purse(share, now), Purse(share * QUIETLY, now)
        self._turns = Turns()
        self._peaks: Peaks[Eye] = Peaks()
        self._sweeping = Sweeps()
        self._close_at = self._next = 0.0
        self._hot_until = self._urgent_until = self._looked = 0.0
        self.is_stirring = False
        self._looks = self._sweeps = self._rings = 0
        self._crowd, self._drawn_until = Crowd(), 0.0
        self._rest_every, self._loud_until = BEAT, 0.0

    @property
    def seen(self) -> Seen:
        """What the last look says of the next one."""
        turn = min(self._next, self._close_at) if self._crew.close else self._next
        told = self._memory.is_blind and not any(wire.waits for wire in self._wires)
        rest = INFINITE if told else 0.0
        urgent = self._pids.rose > 0 or self._looked < self._urgent_until
        return Seen(self.is_stirring, urgent, self._pids.rose, turn, rest)

    def obey(self, words: Iterable[Arm | Disarm]) -> News:
        """Begin, or cease, to read runs; the first reading of each is told at once."""
        for word in words:
            if isinstance(word, Disarm):
                self._crew.drop(word.key)
                continue
            # It is one number for all whose readings last: so many need no more of each.
            self._rest_every = word.every if word.lasts else self._rest_every
            if (eye := self._crew.arm(word)) is not None:
                self._await(eye, eye.due)
        self._next = self._drawn_until = 0.0
        return self._said()

    def look(self, *, unforked: bool = False) -> News:
        """Look once: at the parents, and at whoever there is a reason to look at.

        ``unforked`` is whether the kernel is known to have told of no fork since the look before.
        """
        self._looks += 1
        if not unforked:
            self._sweeping.forked()
            self._peaks.forked()
            self._next = min(self._next, self._sweeping.at, self._peaks.at)
        now = self._looked = self._clock()
        self.is_stirring = now < self._hot_until
        for wire in self._wires:
            if not wire.is_blind and (stir := wire.look(now)):
                self.is_stirring = True
                self._look_at_once(wire, stir)
        if self.is_stirring and now < self._hot_until and self._memory.can_pay(now):
            self._look_at_once(self._memory, Stir.NEAR)
        if now >= self._next or (self._crew.close and now >= self._close_at):
            self._look_around(now)
        elif not self.is_stirring:
            # Nearly always: a look costs a read or two and nothing else.
            return NOTHING
        return self._said()

    def ring(self, bells: Iterable[int]) -> News:
        """The kernel told of something: look at whom it is about."""
        now, began = self._clock(), self._used()
        for bell in bells:
            if self._bells is not None and bell == self._bells.door:
                self._crew.hang_up()
            elif self._crew.ring(bell, can_pay=self._memory.can_pay(now)):
                self._rings += 1
                self._hot_until, self._urgent_until = now + HOT_FOR, now + URGENT_FOR
        self._memory.spend(self._used() - began)
        self._next = 0.0
        return self._said()

    def beat(self, busy: float, late: float) -> Beat:
        """That it is there, and how it goes."""
        return Beat(
            runs=len(self._crew.eyes),
            kept=self._budget.used,
            looks=self._looks,
            sweeps=self._sweeps,
            told=self._crew.count,
            slowed=sum(wire.slowed for wire in self._wires),
            busy=busy,
            late=late,
            bells=len(self._bells) if self._bells is not None else 0,
            rings=self._rings,
            as_of=self._crew.rest.as_of(self._clock()),
        )

    def close(self) -> None:
        """Read nobody any more."""
        for key in tuple(self._crew.eyes):
            self._crew.drop(key)
        for wire in self._wires:
            wire.close()
        self._crowd.close()

    def _look_at_once(self, wire: Wire, stir: Stir) -> None:
        """Something has moved: by enough for a look at everybody, or at those who are near a mark."""
        began = self._used()
        # Whoever grows is looked at closely soon, and then it need not be everybody every time.
        grown = self._look_closely() if self._crew.close else {}
        if stir is Stir.ALL and wire.explain(grown.get(wire.what, 0)):
            self._sweep(usage=wire is self._memory, tripped=True)
        wire.spend(self._used() - began)

    def _look_closely(self) -> dict[What, int]:
        """At those who are near a mark. Whoever comes nearer is looked at again at every look for a while."""
        grown = self._crew.look_closely()
        if self._crew.climbs:
            self._hot_until, self.is_stirring = self._looked + HOT_FOR, True
        return grown

    def _look_around(self, now: float) -> None:
        """At everybody whose time has come."""
        if now >= self._sweeping.at:
            self._sweep_everybody(now)
        if self._crew.close and now >= self._close_at:
            began = self._used()
            self._look_closely()
            self._close_at = now + self._purse.period(self._used() - began, CLOSE_EVERY)
        if now >= self._peaks.at:
            self._look_at_peaks(now)
        told, rest = self._crew.count, self._crew.rest
        if now >= rest.at:
            self._look_at_rest(now)
        for key in self._turns.now(now):
            if self._crew.count - told < DUE_AT_ONCE:
                self._beat(key, now)
            else:
                self._turns.add(now, key)
        self._next = min(self._sweeping.at, self._peaks.at, self._turns.at, rest.at)

    def _sweep_everybody(self, now: float) -> None:
        """Without a reason; and when the next time is. Memory that nobody tells of grows without a fork."""
        took = self._sweep(usage=True)
        if any(wire.cannot_tell for wire in self._wires):
            soon = late = now + self._purse.period(took, BLINDLY)
        else:
            soon = late = on_beat(now + self._quiet.period(took, SWEEP_EVERY))
            if self._memory.is_blind:
                late = on_beat(now + UNFORKED, CALM_BEAT)
        self._sweeping.done(soon, late)

    def _look_at_rest(self, now: float) -> None:
        """At those who were told for good: each in some seconds, and as often as is wanted if one stirs."""
        if now >= self._drawn_until:
            if not self._drawn_until or not self._crowd.renew():
                self._crowd.draw(eye.word.home for eye in self._crew.eyes.values())
            self._drawn_until = now + DRAWN_FOR
        if self._crowd.is_loud():
            self._loud_until = now + 2 * self._rest_every
        every = self._rest_every if now < self._loud_until else max(SELDOM, self._rest_every)
        told = self._crew.count
        for key in self._crew.rest.turn(now, every):
            may_tell = self._crew.count - told < DUE_AT_ONCE
            self._crew.look_at_rest(key, now, tell=may_tell, closely=every >= SELDOM)

    def _said(self) -> News:
        """What there is to say; who rests no more has a turn from now on."""
        stirred = self._crew.stirred
        while stirred:
            eye = stirred.pop()
            if eye.word.key not in self._crew.rest:
                self._await(eye, eye.due)
        return self._crew.said()

    def _await(self, eye: Eye, at: float) -> None:
        """Have it looked at then, at the latest."""
        if not eye.waits:
            eye.waits = True
            self._turns.add(at, eye.word.key)
            self._next = min(self._next, at)

    def _sweep(self, *, usage: bool, tripped: bool = False) -> float:
        began = self._used()
        self._crew.sweep_all(usage=usage, tripped=tripped)
        self._sweeps += 1
        return self._used() - began

    def _look_at_peaks(self, now: float) -> None:
        """At some each time, so that everybody has had his turn in a second, and no look takes long."""
        began = self._used()
        self._crew.look_at_peaks(self._peaks.turn(self._crew.eyes.values()))
        took = self._used() - began
        self._peaks.done(now, len(self._crew.eyes), self._quiet.period(took, 0.0))

    def _beat(self, key: int, now: float) -> None:
        eye = self._crew.eyes.get(key)
        if eye is None:
            return
        eye.waits = False
        if key in self._crew.rest:
            return
        if eye.due < now + BEAT and not eye.rests(now, self._crew.sweep.pids[eye.index]):
            eye.due = now
            self._crew.meet(eye)
        if self._crew.eyes.get(key) is eye and key not in self._crew.rest:
            beat = on_beat(eye.due)
            self._await(eye, beat if beat > now else max(eye.due, now))
