"""Defects of the core that a reviewer found, one test each: the smallest story that led to it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from reactor.core.container import Container, State
from reactor.core.decisions import Result, Why
from reactor.core.moments import nanoseconds
from reactor.core.notes import Cause, Ended
from reactor.core.protection import Policy
from reactor.core.rules import Rule, RuleSet
from reactor.core.selector import Selector
from reactor.core.state import Entry, Setup
from reactor.core.state import State as CoreState
from reactor.core.step import wanted_samples
from tests.core.build import Story, anew, box, cid, over, pids_over, rules, started

SIDE = {"reactor.sidecar-of": "t1"}
MAIN = {"reactor.task": "t1"}


# Wrong: somebody was ended whom no rule allowed.


def _ends(story: Story) -> Sequence[Ended]:
    return [note for note in story.notes if isinstance(note, Ended)]


def _long_after(story: Story, *containers: Container) -> Story:
    """Lists for two minutes: past every grace."""
    for at in range(0, 130, 5):
        story.snapshot(float(at), *containers)
        story.tick(at + 1.0)
    return story


def test_the_sidecar_of_a_skipped_main_that_lives_is_no_orphan() -> None:
    """The main runs: skipping it must not make its sidecar look left behind."""
    main = box(1, labels={**MAIN, "reactor.skip": ""})
    assert _long_after(Story(), main, box(2, labels=SIDE)).ended() == []


def test_the_sidecar_of_a_main_outside_the_scope_is_no_orphan() -> None:
    policy = Policy(scope=(Selector(label="ci"),))
    main = box(1, labels=MAIN)
    story = _long_after(Story(Setup(rules(), policy)), main, box(2, labels=SIDE))
    assert story.ended() == []


def test_a_main_that_began_anew_and_cannot_be_inspected_makes_nobody_an_orphan() -> None:
    """Its last run is known to be over, and the list says that it is alive: what it runs now is unknown."""
    story, main, side = Story(), box(1, labels=MAIN), box(2, labels=SIDE)
    story.snapshot(0, main, side).see(1, over(main))
    for at in (2, 12, 22, 32):
        story.snapshot(at, side, unsure=frozenset({cid(1)})).tick(at + 1)
    assert story.ended() == []


def test_a_main_that_lived_between_two_lists_was_not_gone_for_all_that_time() -> None:
    story, first, side = Story(), box(1, labels=MAIN), box(2, labels=SIDE)
    story.snapshot(0, first, side).see(1, over(first)).snapshot(2, over(first), side)
    second = box(3, labels=MAIN)
    story.see(4, second).tick(5).see(11, over(second)).snapshot(12, over(first), over(second), side)
    story.tick(13)
    assert story.ended() == [], "the second main ended two seconds ago"


def test_an_edge_of_old_brings_nobody_into_scope_whose_main_is_protected_now() -> None:
    """An earlier monitor captured it; the operator has since protected the main."""
    policy = Policy(protected_ids=frozenset({cid(1)}))
    setup = Setup(rules(), policy, remembered={cid(2): frozenset({cid(1)})})
    guest = box(2, labels={}, joins=frozenset({cid(1)}))
    story = Story(setup).snapshot(0, box(1, labels=MAIN), guest).sample(1, guest, pids=900)
    assert story.ended() == []


# Missed: a breach with good evidence was not ended.


def test_a_container_that_is_seen_alive_after_all_is_judged_again() -> None:
    """The truth is the newest look: an engine that once said 404 must not make a run immune."""
    story, one = Story(), box(1)
    story.see(0, one).vanish(1, 1).see(2, replace(one)).sample(3, one, pids=900)
    assert story.ended() == [(1, "safety/pids")]
    assert sum(not note.again for note in _ends(story)) == 1


def test_an_outcome_of_another_decision_frees_the_run_as_well() -> None:
    """Two decisions about one run and action are done once; what comes of it holds for both."""
    story, one = Story(), box(1)
    story.see(0, one).sample(1, one, pids=900)
    earlier = replace(story.decisions[0], id="0123456789abcdef")
    story.outcome(2, earlier, Result.FAILED, Why.GIVEN_UP)
    story.sample(70, one, pids=900)
    assert len(story.decisions) == 2


def test_an_oom_whose_kill_failed_is_acted_on_again() -> None:
    story, one = Story(), box(1)
    story.see(0, one).oom(1, 1)
    story.outcome(2, story.decisions[0], Result.FAILED, Why.FORBIDDEN)
    story.tick(65)
    assert story.ended() == [(1, "safety/oom")] * 2


def test_an_oom_while_another_decision_rests_is_not_forgotten() -> None:
    story, one = Story(), box(1)
    story.see(0, one).sample(1, one, pids=900)
    story.outcome(2, story.decisions[0], Result.FAILED, Why.GIVEN_UP)
    story.oom(3, 1).tick(65)
    assert story.ended() == [(1, "safety/pids"), (1, "safety/oom")]


def test_an_oom_of_a_run_that_was_not_seen_yet_counts_for_it() -> None:
    """The container restarted, and the event came before the look."""
    story, one = Story(), box(1)
    again = anew(one, 20, 5.0)
    story.see(0, one).see(1, over(one, finished_at=started(10)))
    story.oom(20.1, 1, second=21).see(20.2, again).tick(21)
    assert [decision.run for decision in story.decisions][-1:] == [again.run]


def test_a_container_that_began_and_ended_unseen_is_no_old_one() -> None:
    """It came after the first list: its exit counts, and its OOM takes its sidecars."""
    story = Story().snapshot(0, box(9))
    late = over(box(1, created=5.0), 137, oom_killed=True)
    story.see(6, late)
    assert [note.old for note in _ends(story)] == [False]
    assert story.ended() == [(1, "safety/oom")]


def test_a_rule_that_selects_a_container_after_a_rename_gets_its_samples() -> None:
    rule = Rule("r/web", "f:1", when=pids_over(10), select=(Selector(name="web*"),))
    story = Story(Setup(RuleSet((rule,)))).see(0, box(1))
    before = story.state.roster
    story.see(1, box(1, name="web1"))
    assert wanted_samples(story.state)
    assert story.state.roster != before


def test_an_oom_of_a_container_that_nobody_has_seen_yet_is_kept_for_it() -> None:
    """Created, started and short of memory before the first look came back."""
    story = Story().oom(1, 1).see(2, box(1))
    assert story.ended() == [(1, "safety/oom")]


def test_a_wedged_stranger_does_not_keep_an_orphan_for_ever() -> None:
    """It cannot be inspected, but the list shows whose main it is not."""
    story, main, side = Story(), box(1, labels=MAIN), box(2, labels=SIDE)
    wedged = {"unsure": frozenset({cid(9)}), "hints": {cid(9): {"reactor.task": "t9"}}}
    story.snapshot(0, main, side, **wedged).see(1, over(main))
    for at in (2, 12, 22):
        story.snapshot(at, side, **wedged).tick(at + 1)
    assert story.ended() == [(2, "orphan")]


def test_a_list_is_not_walked_through_once_for_each_sidecar(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a thousand mains and sidecars that stood still for 200 ms, and no kill went out."""
    walks = []
    living = CoreState.living

    def counted(state: CoreState) -> Iterator[Entry]:
        walks.append(state)
        return living(state)

    monkeypatch.setattr(CoreState, "living", counted)
    mains = [box(n, labels={"reactor.task": f"t{n}"}) for n in range(1, 101)]
    sides = [box(1000 + n, labels={"reactor.sidecar-of": f"t{n}"}) for n in range(1, 101)]
    Story().snapshot(0, *mains, *sides).snapshot(10, *sides, *map(over, mains)).tick(11)
    assert len(walks) < 20


# The record.


def test_what_was_only_said_has_an_id_of_its_own() -> None:
    """The journal keeps one row for each id: a live intent must not inherit that of a dry run."""
    dry = Story(Setup(rules(), dry_run=True)).see(0, box(1)).sample(1, box(1), pids=900)
    live = Story().see(0, box(1)).sample(1, box(1), pids=900)
    assert dry.decisions[0].id != live.decisions[0].id


def test_a_run_that_could_not_be_confirmed_at_the_start_did_not_end_unseen() -> None:
    """The list shows it alive: unknown is not dead."""
    one = box(1)
    story = Story(Setup(rules(), away={one.run: "c1"}))
    story.snapshot(0, unsure=frozenset({one.id}))
    assert _ends(story) == []


def test_an_exit_code_that_is_found_later_goes_on_record() -> None:
    """The list said that it is over, and its inspect failed at first."""
    story, one = Story(), box(1)
    story.snapshot(0, one).snapshot(10, replace(one, state=State.EXITED)).see(12, over(one, 3))
    last = _ends(story)[-1]
    assert (last.exit_code, last.cause, last.again) == (3, Cause.ITSELF, True)


def test_a_year_that_does_not_exist_is_no_moment() -> None:
    assert nanoseconds("0000-01-01T00:00:00Z") is None
