"""How far time may be skipped without missing anything: a test of 13 hours need not tick 47,000 times.

Time is skipped only after everything has been still for as long as any rule remembers, and
while only ages change. Then whatever reads an age is asked for each second to come, and the
play goes on well before the first answer that differs. Where in doubt, nothing is skipped.
"""

from collections.abc import Iterator
from dataclasses import replace

from reactor.core.judging import fresh_sample, view_of
from reactor.core.rules import Rule, Trigger
from reactor.core.state import Entry, Setup, State

AGEING = frozenset({"age", "total_age"})
"""The fields that change while nothing happens."""
_SHORTEST = 10.0


class Stillness:
    """Says from where a still play goes on."""

    def __init__(self, setup: Setup, reconcile_every: float, *, skips: bool = True) -> None:
        self._setup = setup
        # What a list shows counts when the next one shows it, too.
        self._memory = memory(setup) + 2 * reconcile_every
        self._restless = 0.0
        self._can_skip = skips and all(rule.on is not Trigger.BLIND for rule in setup.rules.rules)

    def disturbed(self, at: float) -> None:
        """Something happens at this moment, or up to it."""
        self._restless = max(self._restless, at)

    def next_second(self, state: State, at: float, end: float) -> float:
        """The second to go on with; ``end`` is the next moment at which something is to happen."""
        following = float(int(at) + 1)
        if not self._can_skip or at - self._restless <= self._memory or end - at <= 2 * self._memory:
            return following
        if not all(_is_still(entry, at) for entry in state.living()):
            return following
        # An age may have made a difference just now, which is not over yet.
        change = self._first_change(state, int(at - self._memory), end)
        self.disturbed(change)
        return max(following, float(int(change - self._memory)))

    def _first_change(self, state: State, begin: int, end: float) -> float:
        """The first second at which a rule that reads an age says something else, or the end."""
        return min((self._change_of(entry, begin, end) for entry in state.living()), default=end)

    def _change_of(self, entry: Entry, begin: int, end: float) -> float:
        tests = [rule.when.test for rule in entry.rules if rule.when and rule.when.reads & AGEING]
        if not tests or entry.container.born is None:
            return end
        ageing = _Ageing(self._setup, entry, float(begin))
        before = [test(ageing.view) for test in tests]
        for second in range(begin + 1, int(end) + 1):
            ageing.grow()
            if [test(ageing.view) for test in tests] != before:
                return float(second)
        return end


class _Ageing:
    """A view of which only the ages change. It is asked a million times, so that it is made only once."""

    def __init__(self, setup: Setup, entry: Entry, at: float) -> None:
        if entry.sample is not None and fresh_sample(setup, entry, at + setup.stale_after) is not None:
            # The same readings come in every second.
            entry = replace(entry, sample=replace(entry.sample, at=at))
        if entry.zombies is not None:
            entry = replace(entry, zombies=replace(entry.zombies, at=at))
        self.view = view_of(setup, entry, at)
        self._ages = [name for name in AGEING if getattr(self.view, name, None) is not None]

    def grow(self) -> None:
        """Let a second pass."""
        for name in self._ages:
            object.__setattr__(self.view, name, getattr(self.view, name) + 1.0)


def _is_still(entry: Entry, at: float) -> bool:
    return entry.alone is None and not entry.ending and not entry.due and entry.quiet_until <= at


def memory(setup: Setup) -> float:
    """For how many seconds what has happened can still count for a rule."""
    lengths = [length for rule in setup.rules.rules for length in _lengths(setup, rule)]
    return _SHORTEST + setup.stale_after + max(lengths, default=0.0)


def _lengths(setup: Setup, rule: Rule) -> Iterator[float]:
    yield rule.hold + rule.keep
    yield rule.cooldown
    yield rule.fresh or 0.0
    if rule.on is Trigger.CRASH_LOOP:
        yield setup.crash_within
    for window in rule.when.windows if rule.when is not None else ():
        yield window.seconds
