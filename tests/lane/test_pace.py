"""When the lane looks next: no storm waits for a turn, and no amount of forking costs more than looking."""

from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.lane.pace import BUSY_FOR, DEAF_FOR, QUICK, SPURTS, STIRRING, UNHEARD, Pace, Seen

PERIOD, CALM, TURN = 0.005, 0.014, 0.5
FAR = float("inf")
EPSILON = 1e-9


@dataclass
class Rope:
    """In place of the kernel's bell: rings at each ``every`` forks. A deaf one never does."""

    every: int = 4
    deaf: bool = False
    forks: int = 0
    pending: bool = False
    heard: bool = False
    hears_moves: bool = True

    def fork(self) -> None:
        self.forks += 1
        if self.forks % self.every == 0 and not self.deaf:
            self.pending = True

    def rang(self) -> bool:
        rang, self.pending = self.pending, False
        return rang

    def listen(self) -> None:
        self.heard = True

    def mute(self) -> None:
        self.heard = False


@dataclass
class Watch:
    """The lane's loop on a clock of its own; so many forks between two looks are a stir."""

    rope: Rope = field(default_factory=Rope)
    now: float = 100.0
    rest: float = FAR
    stirs_at: int = 10**9
    ours: bool = True
    looks: list[float] = field(default_factory=list)
    pace: Pace = field(init=False)
    found: int = 0

    def __post_init__(self) -> None:
        self.pace = Pace(PERIOD, CALM, self.now)
        self.pace.take(self.rope, self.now)
        self.look()

    def look(self) -> None:
        self.pace.begin()
        rose, self.found = self.rope.forks - self.found, self.rope.forks
        self.looks.append(self.now)
        turn = (self.now + TURN + EPSILON) // TURN * TURN
        ours = rose > 0 and self.ours
        seen = Seen(rose >= self.stirs_at, ours, rose if self.ours or rose < UNHEARD else 0, turn, self.rest)
        self.pace.seen(self.now, seen)

    def until(self, at: float) -> None:
        """Time goes on without a fork."""
        while True:
            if self.rope.heard and self.rope.pending:
                self.rope.pending = False
                self.pace.ring(self.now)
            if self.pace.due > at:
                break
            self.now = max(self.now, self.pace.due)
            self.look()
        self.now = at

    def fork(self, at: float) -> None:
        self.until(at)
        self.rope.fork()
        self.until(at)


def test_nobody_is_looked_at_while_nothing_forks() -> None:
    watch = Watch()
    watch.until(110.0)
    assert len(watch.looks) <= 22, "but whose turn it is"
    assert watch.rope.heard


def test_a_storm_is_looked_at_from_its_beginning_and_at_the_full_rate() -> None:
    watch = Watch()
    watch.until(100.3)
    before = len(watch.looks)
    for number in range(200):
        watch.fork(100.3 + number * 0.00005)
    first, *others = watch.looks[before:]
    assert first == 100.3 + 3 * 0.00005, "the fourth of them rang"
    assert 8 <= len(others) <= 10, "a look each millisecond"
    assert max(late - early for early, late in pairwise([first, *others])) <= QUICK + EPSILON
    last = watch.looks[-1]
    watch.until(101.0)
    assert watch.looks[watch.looks.index(last) + 1] - last <= PERIOD + EPSILON, "and once more after it"


def test_a_storm_elsewhere_is_looked_at_not_more_often_than_at_the_full_rate() -> None:
    """The bell rings for all of the host; the counters of whom we watch stay."""
    watch = Watch(ours=False)
    watch.until(100.3)
    before = len(watch.looks)
    for number in range(200):
        watch.fork(100.3 + number * 0.00005)
    first, *others = watch.looks[before:]
    assert [round(at - first, 6) for at in others] == [PERIOD]


def test_looks_in_a_hurry_are_for_a_storm_now_and_then() -> None:
    watch = Watch(stirs_at=1)
    while watch.now < 110.0:
        watch.fork(watch.now + 0.0005)
    assert len(watch.looks) <= 10 / PERIOD + SPURTS + 10 * 20


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 300), st.floats(0.00002, 0.03), st.floats(0.0, 2.0)), max_size=6),
    st.sampled_from([20, 10**9]),
)
def test_whatever_forks_no_more_than_a_few_are_unseen_for_long(
    storms: list[tuple[int, float, float]], stirs_at: int
) -> None:
    """And in each second it is not looked more often than at the full rate, nor for long if nothing stirs."""
    watch = Watch(stirs_at=stirs_at)
    unseen: list[float] = []
    for count, apart, pause in storms:
        for _ in range(count):
            watch.fork(watch.now + apart)
            unseen = [at for at in [*unseen, watch.now] if at > watch.looks[-1]]
            assert len([at for at in unseen if at < watch.now - CALM - EPSILON]) < UNHEARD
        watch.until(watch.now + pause)
    gaps = [late - early for early, late in pairwise(watch.looks)]
    assert all(gap >= QUICK - EPSILON for gap in gaps[1:])
    seconds = watch.now - watch.looks[0]
    assert sum(gap < PERIOD - EPSILON for gap in gaps[1:]) <= SPURTS + 20 * seconds + 1
    assert max(gaps, default=0.0) <= TURN + EPSILON
    assert watch.pace.misses == 0, "it told of everything"


def test_forking_that_goes_on_is_looked_at_as_often_as_without_a_bell_and_not_for_ever() -> None:
    watch = Watch(ours=False)
    while watch.now < 130.0:
        watch.fork(watch.now + 0.001)
    looks = [at for at in watch.looks if 120.0 <= at < 130.0]
    assert len(looks) <= 10 / CALM * 1.1
    assert watch.rope.heard is False
    watch.until(130.0 + 2 * BUSY_FOR)
    assert watch.pace.is_heard, "calm again"
    before = len(watch.looks)
    watch.until(140.0)
    assert len(watch.looks) - before <= 20


def test_a_bell_that_does_not_tell_of_what_came_is_not_relied_on_for_a_while() -> None:
    watch = Watch(Rope(deaf=True))
    watch.until(100.7)
    for _ in range(UNHEARD):
        watch.fork(100.7)
    watch.until(101.0 + 2 * PERIOD)
    assert watch.pace.misses == 1
    assert watch.pace.has_missed()
    assert not watch.pace.has_missed(), "said once"
    watch.until(101.0 + DEAF_FOR - 1)
    looks = [at for at in watch.looks if at >= 102.0]
    assert max(late - early for early, late in pairwise(looks)) <= CALM + EPSILON
    watch.until(120.0)
    assert watch.rope.heard


def test_what_comes_while_a_look_is_begun_is_no_miss() -> None:
    watch = Watch()
    watch.until(100.7)
    watch.rope.every = 1
    watch.rope.pending = False
    for _ in range(UNHEARD):
        watch.rope.fork()
    pending, watch.rope.pending = watch.rope.pending, False
    watch.look()
    watch.rope.pending = pending
    watch.until(101.0)
    assert watch.pace.misses == 0


def test_where_something_else_has_to_be_looked_for_it_is_at_a_steady_rate() -> None:
    """As memory of which no bell tells, or what the budget did not allow before."""
    watch = Watch(rest=0.0)
    watch.until(101.0)
    assert len(watch.looks) >= 1 / CALM - 1
    assert not watch.rope.heard
    watch.rest = FAR
    watch.until(110.0)
    assert len([at for at in watch.looks if at > 105.0]) <= 11


def test_without_a_bell_it_is_looked_at_a_steady_rate_and_at_the_full_one_when_it_stirs() -> None:
    watch = Watch(stirs_at=5)
    watch.pace.take(None, watch.now)
    watch.until(101.0)
    assert abs(len(watch.looks) - 1 / CALM) < 3
    for _ in range(5):
        watch.rope.fork()
    before = len(watch.looks)
    watch.until(101.0 + STIRRING)
    assert abs(len(watch.looks) - before - STIRRING / PERIOD) < 4


def test_what_another_bell_tells_of_is_looked_at_soon_and_an_order_at_once() -> None:
    watch = Watch()
    watch.until(100.2)
    watch.pace.stir(watch.now)
    assert watch.pace.due == watch.now
    watch.until(100.2)
    watch.until(100.201)
    watch.pace.stir(watch.now)
    assert abs(watch.pace.due - 100.2 - PERIOD) < EPSILON
    watch.pace.at_once(watch.now)
    assert watch.pace.due == watch.now


def unforked(watch: Watch) -> bool:
    """Whether it is known that nothing forked."""
    return watch.pace.is_unforked


def test_nothing_has_forked_only_by_a_bell_that_is_relied_on_and_has_not_rung() -> None:
    watch = Watch()
    watch.until(101.3)
    assert unforked(watch)
    for _ in range(4):
        watch.rope.fork()
    watch.pace.begin()
    assert not unforked(watch)
    watch.look()
    watch.until(103.0)
    assert unforked(watch)
    watch.rope.hears_moves = False
    assert not unforked(watch), "who is moved into a cgroup came about before"


def test_of_a_bell_that_missed_something_or_is_new_nobody_knows_what_forked() -> None:
    watch = Watch(rope=Rope(deaf=True))
    watch.until(101.3)
    for _ in range(UNHEARD):
        watch.rope.fork()
    watch.until(102.0)
    assert not unforked(watch)
    watch.until(102.0 + DEAF_FOR)
    watch.pace.take(watch.rope, watch.now)
    assert not unforked(watch)
    watch.pace.take(None, watch.now)
    watch.until(watch.now + 3.0)
    assert not unforked(watch)
