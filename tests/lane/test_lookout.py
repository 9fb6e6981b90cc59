"""What is told when: at the tripwire, at a mark, behind page cache, after a peak that nobody saw."""

import os
from pathlib import Path

from reactor.cgroups.files import What
from reactor.lane.words import Arm, Disarm, Told
from tests.cgroups.build import MIB, run_of
from tests.lane.build import LIMIT, PIDS, Post, brief, post


def test_the_first_reading_is_told_and_then_nothing_for_a_while(here: Post) -> None:
    here.run(1)
    (first,) = here.arm(1).told
    assert (first.key, first.pids, first.pids_limit, first.memory) == (1, 3, 256, 4 * MIB)
    assert (first.memory_limit, first.cpu) == (LIMIT, 0.007)
    assert first.at == 1000.0
    told = [brief(here.look(0.5)) for _ in range(30)]
    assert [each for each in told if each] == [[(1, 3, 4)]] * 3, "once in five seconds"


def test_a_jump_of_the_parent_has_everybody_read_at_once(here: Post) -> None:
    """And who passed a mark is told, and nobody else: not the one that stands right at it."""
    for number, pids in ((1, 3), (2, 199), (3, 3)):
        here.run(number, pids=pids)
        here.arm(number)
    here.look()
    here.look(0.15)
    here.pids(1, 201)
    here.pids(3, 199)
    assert not here.look(), "the parent has not moved, and nobody's turn has come"
    here.parent(600)
    assert brief(here.look()) == [(1, 201, 4)]
    here.pids(2, 200)
    here.parent(620)
    assert brief(here.look()) == [(2, 200, 4)], "right at the mark: whoever asks >= has to know"
    here.pids(2, 201)
    here.parent(640)
    assert brief(here.look()) == [(2, 201, 4)]


def test_pressing_is_who_is_above_a_mark_and_a_peak_that_passed_one(here: Post) -> None:
    """And neither a first reading, nor one whose time has come, nor one that has come back."""
    here.run(1)
    here.run(2, pids=199)
    assert not here.arm(1).pressing
    assert not here.arm(2).pressing
    assert not any(here.look(0.5).pressing for _ in range(12))
    here.pids(1, 201)
    here.parent(600)
    assert here.look().pressing
    here.pids(1, 3, peak=201)
    back = here.look(0.03)
    assert back.told
    assert not back.pressing
    assert not any(here.look(0.1).pressing for _ in range(12))
    here.pids(1, 3, peak=230)
    told = [here.look(0.1) for _ in range(12)]
    assert [brief(each)[0] for each in told if each.pressing] == [(1, 230, 4)]


def test_who_is_above_a_mark_is_told_often_and_at_once_when_he_comes_back(here: Post) -> None:
    here.run(1, pids=230)
    assert brief(here.arm(1)) == [(1, 230, 4)]
    here.look()
    told = [brief(here.look(0.05)) for _ in range(42)]
    assert sum(map(len, told)) in {4, 5}, "twice a second, and the first of them early"
    here.pids(1, 200, peak=234)
    assert brief(here.look(0.03)) == [(1, 200, 4)]
    here.pids(1, 150, peak=234)
    assert brief(here.look(0.03)) == [(1, 150, 4)]
    assert not any(brief(here.look(0.05)) for _ in range(20))


def test_page_cache_does_not_hide_what_is_in_use(here: Post) -> None:
    """Usage is at the limit all the time; told is when the working set passes 80 %, and not before."""
    here.run(1)
    here.memory(1, LIMIT - MIB, inactive=60 * MIB)
    assert brief(here.arm(1)) == [(1, 3, 39)]
    here.look()
    here.memory(1, LIMIT - MIB, inactive=20 * MIB)
    assert not here.look(0.03), "79 MiB"
    here.memory(1, LIMIT - MIB, inactive=18 * MIB)
    assert brief(here.look(0.03)) == [(1, 3, 81)]
    here.memory(1, LIMIT - MIB, inactive=30 * MIB)
    assert brief(here.look(0.03)) == [(1, 3, 69)]


def test_memory_that_grows_is_told_at_its_mark(here: Post) -> None:
    here.run(1)
    here.arm(1)
    here.look()
    here.memory(1, 85 * MIB, inactive=10 * MIB)
    here.parent(10, 80 * MIB)
    assert not here.look(), "75 MiB in use"
    here.memory(1, 90 * MIB, inactive=5 * MIB)
    here.parent(10, 90 * MIB)
    assert brief(here.look(0.03)) == [(1, 3, 85)]


def test_a_peak_that_nobody_saw_is_told_and_what_is_there_now_after_it(here: Post) -> None:
    """Once; and not what was reached before the run was armed, nor what was seen anyway."""
    for number in (1, 2):
        here.run(number, pids=3)
        here.pids(number, 3, peak=250 if number == 2 else 7)
        assert here.arm(number).told
    assert not any(here.look(0.25).told for _ in range(8)), "history"
    here.pids(1, 3, peak=203)
    told = [each for _ in range(10) for each in brief(here.look(0.15))]
    at = told.index((1, 203, 4))
    assert told[at : at + 2] == [(1, 203, 4), (1, 3, 4)]
    assert all(pids == 3 for _, pids, _ in (*told[:at], *told[at + 1 :]))


def test_who_is_gone_is_said_once_and_its_files_are_closed(here: Post) -> None:
    here.run(1)
    here.run(2)
    before = len(os.listdir("/proc/self/fd"))
    here.arm(1)
    here.arm(2)
    here.look()
    here.lookout.obey([Disarm(2)])
    for name in ("pids", "memory", "cpuacct"):
        for file in (here.host.path / name).rglob("*"):
            if file.is_file() and file.parent.name.endswith("1"):
                # What the kernel answers by an error, a plain file does by having nothing in it.
                file.unlink()
    here.lookout.obey([Disarm(1)])
    here.lookout.close()
    assert here.budget.used == 0
    assert len(os.listdir("/proc/self/fd")) == before


def test_while_nothing_forks_all_are_read_and_their_peaks_seldom(here: Post) -> None:
    """And as soon as ever once something may have: no peak waits for longer than a second then."""
    here.run(1)
    here.lookout.obey([Arm(1, here.host.found(run_of(1)), 60.0, PIDS)])
    here.look(0.5)
    before = here.lookout.beat(0.0, 0.0).sweeps
    for _ in range(20):
        here.look(0.5, unforked=True)
    assert here.lookout.beat(0.0, 0.0).sweeps - before in {5, 6}, "each two seconds"
    here.pids(1, 3, peak=203)
    looks = (here.look(0.1, unforked=step > 0) for step in range(11))
    assert (1, 203, 4) in [each for said in looks for each in brief(said)]


def test_memory_that_is_found_by_looking_grows_without_a_fork(here: Post) -> None:
    here.run(1)
    here.arm(1, every=60.0)
    here.look(0.5)
    before = here.lookout.beat(0.0, 0.0).sweeps
    for _ in range(20):
        here.look(0.5, unforked=True)
    assert here.lookout.beat(0.0, 0.0).sweeps - before >= 19


def test_beyond_its_budget_a_jump_waits_for_the_next_turn(here: Post) -> None:
    """And that is counted. A reading that is due is told all the same."""
    here.run(1)
    here.arm(1)
    here.look()
    clock = iter(range(2000, 3000))
    # Every question for the time costs a second: whatever is done is too dear.
    here.lookout = type(here.lookout)(1e-9, here.budget, lambda: float(next(clock)))
    here.arm(1)
    here.lookout.look()
    here.parent(600)
    for _ in range(3):
        here.parent(900)
        here.lookout.look()
    assert here.lookout.beat(0.0, 0.0).slowed >= 1


def test_all_of_a_fresh_run_is_news_but_for_what_the_engine_begins_it_with(here: Post) -> None:
    """A storm right at the start that is over before anybody looks; and one that was there before us."""
    for number, peak in ((1, 250), (2, 32), (3, 250)):
        here.run(number, pids=3)
        here.pids(number, 3, peak=peak)
    assert brief(here.arm(1, fresh=True)) == [(1, 3, 4), (1, 250, 4), (1, 3, 4)]
    home = here.host.found(run_of(2))
    low = here.lookout.obey([Arm(2, home, 5.0, pids=((10, 1),), fresh=True)])
    assert brief(low) == [(2, 3, 4)], "32 may have been the engine's own, also where 10 would be too many"
    assert brief(here.arm(3)) == [(3, 3, 4)]
    assert brief(here.arm(1, fresh=True)) == [(1, 3, 4)], "by other numbers: it is known already"
    told = [each for _ in range(20) for each in brief(here.look(0.25))]
    assert {pids for _, pids, _ in told} == {3}


def test_a_peak_right_after_arming_is_news_for_all(here: Post) -> None:
    here.run(1, pids=3)
    here.arm(1)
    here.pids(1, 3, peak=203)
    assert brief(here.look()) == [(1, 203, 4), (1, 3, 4)]


def test_a_small_growth_of_the_sum_is_no_reason_to_look_at_all_while_all_are_far(here: Post) -> None:
    """It has to be as much as one of them needs for half of its way; then that one is looked at closely."""
    for number in (1, 2):
        here.run(number)
        here.arm(number)
    here.look()
    before = here.lookout.beat(0.0, 0.0).sweeps
    here.pids(1, 90)
    here.parent(97)
    here.look()
    assert here.lookout.beat(0.0, 0.0).sweeps == before, "3 and 87 more, and it would be told above 200"
    here.pids(1, 110)
    here.parent(117)
    here.look()
    assert here.lookout.beat(0.0, 0.0).sweeps == before + 1
    for pids in (150, 190, 201):
        here.pids(1, pids)
        here.parent(pids + 7)
        told = here.look()
    assert brief(told) == [(1, 201, 4)]
    assert here.lookout.beat(0.0, 0.0).sweeps == before + 1, "it was known who grew"


def test_who_creeps_up_while_others_shrink_is_told_all_the_same(here: Post) -> None:
    """The sum says nothing; half of the way is noticed, and then the next half."""
    here.run(1)
    here.arm(1)
    for pids in range(3, 201, 6):
        here.pids(1, pids, peak=pids)
        assert not any(each.pids != pids for each in here.look(0.5).told)
    here.look(0.5)
    here.pids(1, 201, peak=201)
    assert brief(here.look(0.03)) == [(1, 201, 4)]


def test_who_comes_near_in_small_steps_is_looked_at_closely_from_then_on(here: Post) -> None:
    """Eight before the mark, found by any sweep: the last steps are seen within 20 ms."""
    here.run(1, pids=186)
    here.arm(1)
    here.look()
    here.pids(1, 192, peak=192)
    here.parent(12)
    here.look(0.5)
    here.pids(1, 201, peak=201)
    assert brief(here.look(0.03)) == [(1, 201, 4)]


def test_what_a_look_says_of_the_next_one(here: Post) -> None:
    here.run(1)
    here.arm(1)
    here.look()
    here.look(0.6)
    assert 0 < here.lookout.seen.turn - here.now <= 0.5
    assert (here.lookout.seen.stirs, here.lookout.seen.rest) == (False, 0.0), "memory has no bell here"
    here.parent(19)
    here.look()
    assert here.lookout.seen.rose == 9
    here.look()
    assert here.lookout.seen.rose == 0
    here.lookout.obey([Disarm(1)])
    assert here.lookout.seen.rest == float("inf")


def test_who_is_at_rest_is_told_seldom_and_who_moves_at_each_turn(here: Post) -> None:
    """A sum is the same as long as its parts are. Who moved is told within a second of it."""
    for number in (1, 2):
        here.run(number)
        here.arm(number, every=1.0, at_rest=5.0)
    here.look()
    told: list[tuple[int, int | None, int | None]] = []
    for step in range(1, 41):
        if step % 2 == 0:
            here.pids(2, 3 + step, peak=60)
        told += brief(here.look(0.5))
    assert 4 <= sum(key == 1 for key, _, _ in told) <= 5
    assert 19 <= sum(key == 2 for key, _, _ in told) <= 21
    here.memory(1, 6 * MIB)
    assert any((1, 3, 6) in brief(here.look(0.5)) for _ in range(3)), "memory alone is a move as well"


def test_behind_page_cache_nobody_is_at_rest(here: Post) -> None:
    """Usage stays at the limit, and what is in use may be anything."""
    here.run(1)
    here.memory(1, LIMIT - MIB, inactive=60 * MIB)
    here.arm(1, every=1.0, at_rest=5.0)
    here.look()
    here.look(0.5)
    here.memory(1, LIMIT - MIB, inactive=40 * MIB)
    assert any((1, 3, 59) in brief(here.look(0.5)) for _ in range(3))


def test_a_look_that_was_put_off_is_not_left_until_something_forks_again(tmp_path: Path) -> None:
    """The storm may be over by then, and nothing would ring any more."""
    poor = post(tmp_path, share=1e-9)
    poor.run(1)
    poor.lookout.obey([Arm(1, poor.host.found(run_of(1)), 5.0, PIDS)])
    poor.look()
    poor.look(0.1)
    assert poor.lookout.seen.rest == float("inf")
    poor.lookout._pids.spend(1.0)
    poor.parent(600)
    assert not poor.look()
    assert poor.lookout.beat(0.0, 0.0).slowed == 1
    assert poor.lookout.seen.rest == 0.0
    poor.lookout.close()


def test_whoever_has_been_given_more_is_told_of_by_what_he_has_now(here: Post) -> None:
    """Limits are read seldom. 90 MiB of 100 would be too much, and of 1,000 they are not."""
    here.run(1)
    here.arm(1)
    here.look()
    here.set(1, "memory", "memory.limit_in_bytes", 10 * LIMIT)
    here.memory(1, 90 * MIB)
    here.parent(10, 90 * MIB)
    told = [each for _ in range(4) for each in here.look(0.03).told]
    assert all(each.memory_limit == 10 * LIMIT for each in told)
    here.memory(1, 850 * MIB)
    here.parent(10, 850 * MIB)
    (now,) = here.look(0.03).told
    assert (now.memory, now.memory_limit) == (850 * MIB, 10 * LIMIT), "by the new one he is above"
    here.set(1, "memory", "memory.limit_in_bytes", 20 * LIMIT)
    told = [each for _ in range(30) for each in here.look(0.03).told]
    assert told, "who is above is told of now and then"
    assert {each.memory_limit for each in told} == {20 * LIMIT}


def test_of_limits_that_are_others_each_time_nothing_is_known(here: Post) -> None:
    here.run(1)
    here.arm(1)
    here.look()
    gauge = next(iter(here.lookout._crew.eyes.values())).gauge
    read, limits = gauge.drawer.read, iter(range(LIMIT - 100, LIMIT))

    def other(what: What) -> bytes | None:
        return b"%d" % next(limits) if what is What.MEMORY_LIMIT else read(what)

    gauge.drawer.read = other  # type: ignore[method-assign]  # A limit that somebody changes all the time.
    here.memory(1, 95 * MIB)
    here.parent(10, 95 * MIB)
    told = here.look(0.03).told
    assert told
    assert all(each.memory_limit is None for each in told)


def test_a_peak_is_no_breach_of_a_limit_that_is_not_the_one_it_was_reached_under(here: Post) -> None:
    """Told is that it was there: a bound in whole PIDs is broken by it, a part of a limit is not known."""
    here.run(1)
    home = here.host.found(run_of(1))
    here.lookout.obey([Arm(1, home, 5.0, (), (), ((9, 10),))])
    here.look()
    here.pids(1, 3, peak=240)
    assert [each.pids_limit for each in _told_of(here, 240)] == [256]
    here.set(1, "pids", "pids.max", 5000)
    here.pids(1, 3, peak=250)
    assert [each.pids_limit for each in _told_of(here, 250)] == [None]


def _told_of(here: Post, pids: int) -> list[Told]:
    return [each for _ in range(10) for each in here.look(0.15).told if each.pids == pids]
