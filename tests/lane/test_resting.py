"""Who is not told again is vouched for, and nothing is vouched for that is not so."""

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.lane.resting import ANEW_AFTER, Resting
from reactor.lane.words import Arm, News, Told
from tests.cgroups.build import MIB, HostV1, run_of
from tests.lane.build import PIDS, SHARE, Post

LIMIT = 200
WHO = (1, 2, 3)
AS_OF_AGE, KNOWN_WITHIN = 6.0, 6.5


@dataclass
class Ledger:
    """What the monitor believes, held against what was so at which moment."""

    post: Post
    told: dict[int, Told] = field(default_factory=dict)
    truth: dict[int, list[tuple[float, int, int]]] = field(default_factory=dict)
    count: int = 0

    def arm(self, number: int, every: float) -> None:
        """One more, with 3 PIDs and 4 MiB."""
        self.post.run(number)
        self.set(number, 3, 4 * MIB)
        home = self.post.host.found(run_of(number))
        self.hear(
            self.post.lookout.obey([Arm(number, home, every, PIDS, (), (), SHARE, at_rest=5.0, lasts=True)])
        )

    def set(self, number: int, pids: int, usage: int) -> None:
        """From now on it is so."""
        self.post.pids(number, pids, peak=LIMIT // 4)
        self.post.memory(number, usage)
        self.truth.setdefault(number, []).append((self.post.now, pids, usage))

    def hear(self, said: News) -> None:
        """Take in what the lane says."""
        self.count += len(said.told)
        self.told |= {each.key: each for each in said.told}
        for key in (*said.gone, *said.moved):
            self.told.pop(key, None)

    def look(self, seconds: float) -> None:
        """Let time go on, and see whether all that is believed is so."""
        self.hear(self.post.look(seconds))
        as_of = self.post.lookout.beat(0.0, 0.0).as_of
        assert self.post.now - as_of <= AS_OF_AGE
        for key, told in self.told.items():
            since = max(told.at, as_of) if told.lasts else told.at
            assert (told.pids, told.memory) in self.so_since(key, since)

    def so_since(self, number: int, since: float) -> list[tuple[int, int]]:
        """All that was so at some moment since then."""
        known = self.truth[number]
        ends = [*(at for at, _, _ in known[1:]), self.post.now + 1]
        return [
            (pids, usage) for (_, pids, usage), end in zip(known, ends, strict=True) if end > since - 0.001
        ]


def ledger(folder: Path) -> Ledger:
    made = Ledger(Post(HostV1(folder)))
    made.post.parent(10)
    return made


MOVES = st.tuples(
    st.sampled_from(["look"] * 6 + ["move", "ends"]),
    st.sampled_from(WHO),
    st.sampled_from([3, 4, 7, 30]),
    st.sampled_from([4, 5, 40]),
    st.sampled_from([0.005, 0.1, 0.5, 0.5, 1.0]),
)


@settings(max_examples=12, deadline=None)
@given(st.lists(MOVES, max_size=50), st.sampled_from([1.0, 5.0]))
def test_nothing_is_vouched_for_that_is_not_so(
    moves: list[tuple[str, int, int, int, float]], every: float
) -> None:
    """And who has moved is told of in time, also where only he did and his parent does not show it."""
    folder = Path(mkdtemp())
    here, there = ledger(folder), set(WHO)
    try:
        for number in WHO:
            here.arm(number, every)
        for kind, number, pids, usage, seconds in moves:
            if kind == "ends" and number in there:
                # Nobody is in it any more, which is no reading of nothing.
                there.discard(number)
                here.set(number, 0, 4 * MIB)
            elif kind == "move" and number in there:
                here.set(number, pids, usage * MIB)
            here.look(seconds)
        for _ in range(int(KNOWN_WITHIN / 0.5)):
            here.look(0.5)
        for number in WHO:
            last = here.truth[number][-1][1:] if number in there else None
            told = here.told.get(number)
            assert (told and (told.pids, told.memory)) == last
    finally:
        here.post.lookout.close()
        shutil.rmtree(folder)


def test_who_does_not_move_is_told_twice_and_vouched_for_from_then_on(tmp_path: Path) -> None:
    """The second time tells how much it works. It is read whole again and again all the same."""
    here = ledger(tmp_path)
    for number in WHO:
        here.arm(number, 1.0)
    for _ in range(int(4.5 * ANEW_AFTER / 0.5)):
        here.look(0.5)
    assert here.count == 2 * len(WHO)
    assert all(each.lasts for each in here.told.values())
    here.post.set(2, "memory", "memory.stat", f"cache 1\ntotal_inactive_file {MIB}")
    here.post.set(2, "cpuacct", "cpuacct.usage", int(0.008e9))
    here.post.set(3, "cpuacct", "cpuacct.usage", int(0.047e9))
    for _ in range(int(1.5 * ANEW_AFTER / 0.5)):
        here.post.look(0.5)
    assert here.post.lookout.beat(0.0, 0.0).told == 2 * len(WHO) + 1, "not who used 40 ms in twenty seconds"


def test_who_works_less_than_he_was_told_to_is_told_anew(here: Post) -> None:
    """It is no move, and whoever shows how much of a core it is would show that for ever."""
    here.run(1)
    here.memory(1, 4 * MIB)
    word = Arm(1, here.host.found(run_of(1)), 1.0, PIDS, (), (), SHARE, at_rest=5.0, lasts=True)
    here.lookout.obey([word])
    used, told = 1.0, dict[int, float | None]()
    for step in range(320):
        used += 0.004 if step < 160 else 0.0
        here.set(1, "cpuacct", "cpuacct.usage", int(used * 1e9))
        for each in here.look(0.5).told:
            told[step] = each.cpu
    at = [step for step in told if step >= 160]
    assert [told[step] for step in at] == pytest.approx([used] * len(at))
    assert 1 <= len(at) <= 3
    assert max(at) <= 160 + 3 * ANEW_AFTER / 0.5


def test_while_the_parents_count_moves_who_moved_is_told_within_a_second(tmp_path: Path) -> None:
    """As long as nothing stirs it is looked at less often than a sum wants."""
    here = ledger(tmp_path)
    for number in WHO:
        here.arm(number, 1.0)
    for _ in range(20):
        here.look(0.5)
    here.set(2, 25, 5 * MIB)
    here.post.parent(32)
    for _ in range(4):
        here.look(0.5)
    assert (here.told[2].pids, here.told[2].memory) == (25, 5 * MIB)


def test_who_is_above_a_mark_is_told_again_and_again(tmp_path: Path) -> None:
    here = ledger(tmp_path)
    here.arm(1, 1.0)
    here.set(1, LIMIT + 10, 4 * MIB)
    here.post.parent(LIMIT + 20)
    before = here.count
    for _ in range(10):
        here.look(0.5)
    assert here.count - before >= 9
    assert not here.told[1].lasts


@pytest.mark.parametrize(("many", "every"), [(50, 1.0), (1000, 1.0), (1000, 5.0), (10000, 5.0)])
def test_each_has_a_turn_in_time(many: int, every: float) -> None:
    rest, now = Resting(), 100.0
    for key in range(many):
        rest.put(key, now)
    oldest, looks = 0.0, 0
    while now < 130.0:
        now = max(now + 0.001, rest.at)
        oldest = max(oldest, now - rest.as_of(now))
        for key in rest.turn(now, every):
            rest.put(key, now)
            looks += 1
    assert oldest <= every + 0.5
    # And no more of them than that takes.
    assert looks <= many * (30.0 / every + 1) * 1.2


SELDOM_READ = 21.0


@pytest.mark.parametrize("count", [1, 500])
def test_a_limit_that_was_lowered_is_told_of_however_many_there_are(here: Post, count: int) -> None:
    """Whoever stands still may break a rule about a part of his limit, by the limit alone."""
    known: dict[int, float] = {}
    for number in range(1, count + 1):
        here.run(number)
        here.pids(number, 95)
        here.set(number, "pids", "pids.max", 1000)
        word = Arm(
            number, here.host.found(run_of(number)), 5.0, (), (), ((9, 10),), (), at_rest=5.0, lasts=True
        )
        assert here.lookout.obey([word]).told[0].lasts
    for _ in range(80):
        here.look(0.1)
    began = here.now
    for number in range(1, count + 1):
        here.set(number, "pids", "pids.max", 100)
    while here.now - began < SELDOM_READ + AS_OF_AGE:
        for told in here.look(0.1).told:
            if told.pids_limit == 100:
                known.setdefault(told.key, here.now - began)
    assert len(known) == count
    assert max(known.values()) <= SELDOM_READ + AS_OF_AGE


def test_of_whom_the_working_set_is_not_known_nothing_lasts(here: Post) -> None:
    """It was read at two moments: the next look tells, and not the one after twenty seconds."""
    here.run(1)
    here.pids(1, 5)
    here.memory(1, 4 * MIB, inactive=5 * MIB)
    word = Arm(1, here.host.found(run_of(1)), 1.0, PIDS, (), (), SHARE, at_rest=5.0, lasts=True)
    (told,) = here.lookout.obey([word]).told
    assert (told.memory, told.lasts) == (None, False)
    here.memory(1, 4 * MIB, inactive=MIB)
    said = [each for _ in range(60) for each in here.look(0.1).told]
    assert [(each.memory, each.lasts) for each in said[:1]] == [(3 * MIB, True)]


def test_who_is_armed_anew_with_nobody_in_it_is_not_vouched_for(here: Post) -> None:
    here.run(1)
    here.pids(1, 5)
    here.memory(1, 4 * MIB)
    word = Arm(1, here.host.found(run_of(1)), 5.0, PIDS, (), (), (), at_rest=5.0, lasts=True)
    assert here.lookout.obey([word]).told[0].lasts
    for _ in range(80):
        here.look(0.1)
    here.pids(1, 0)
    assert here.lookout.obey([replace(word, pids=((300, 1),))]).moved == (1,)
