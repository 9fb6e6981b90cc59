"""From facts to decisions: what is ended, what is left alone, and why."""

from dataclasses import replace

import pytest

from reactor.core.container import State
from reactor.core.decisions import Result, Why
from reactor.core.notes import Adopted, CannotTell, CascadeHeld, Cause, Ended, MainTold, Matched, Reconciled
from reactor.core.protection import Policy, Standing
from reactor.core.rules import Rule, RuleSet, View
from reactor.core.selector import Selector
from reactor.core.state import Setup
from reactor.core.verbs import Action
from tests.core.build import Story, anew, box, cid, condition, over, pids_over, rules

GIB = 2**30


def test_a_run_over_the_limit_is_ended_and_its_neighbour_at_the_limit_is_not() -> None:
    a, b = box(1), box(2)
    story = Story().see(0, a, b).sample(1, a, pids=201).sample(1, b, pids=200)
    assert story.ended() == [(1, "safety/pids")]
    assert story.decisions[0].action is Action.KILL
    assert story.decisions[0].run == a.run


def test_a_second_breach_adds_no_second_decision() -> None:
    a = box(1)
    story = (
        Story()
        .see(0, a)
        .sample(1, a, pids=201)
        .sample(2, a, pids=256, memory=GIB, memory_limit=GIB)
        .oom(3, 1)
        .tick(50000)
    )
    assert story.ended() == [(1, "safety/pids")]


def test_a_container_out_of_scope_is_only_watched() -> None:
    a = box(1, labels={})
    story = Story().see(0, a).sample(1, a, pids=900).oom(2, 1).tick(1e6)
    assert story.ended() == []
    assert story.entry(1).standing is Standing.WATCHED


def test_the_lifetime_counts_from_the_start_and_ends_at_the_exact_moment() -> None:
    a, b = box(1, born=-43200.0 + 10), box(2, born=-43200.0 + 11)
    story = Story().see(0, a, b).tick(10).tick(10.5)
    assert story.ended() == [(1, "safety/lifetime")]


def test_an_unknown_age_ends_nobody() -> None:
    assert Story().see(0, box(1, born=None)).tick(1e9).ended() == []


def test_memory_without_a_limit_is_unknown_and_said_once() -> None:
    a = box(1)
    story = Story().see(0, a).sample(1, a, memory=90 * GIB).sample(2, a, memory=91 * GIB)
    assert story.ended() == []
    assert [note.why for note in story.notes if isinstance(note, CannotTell)] == ["it has no memory limit"]


def test_a_stale_sample_is_no_evidence() -> None:
    """A rule with ``for:`` does not fire on a value that was seen once and never again."""
    a = box(1)
    story = Story(Setup(RuleSet((Rule("g/r", "f:1", when=pids_over(200), hold=15),))))
    story.see(0, a).sample(1, a, pids=201).tick(16).tick(17)
    assert story.ended() == []


def test_for_fires_when_the_condition_has_held_long_enough() -> None:
    a = box(1)
    story = Story(Setup(RuleSet((Rule("g/r", "f:1", when=pids_over(200), hold=3),))))
    story.see(0, a).sample(1, a, pids=201).sample(2, a, pids=202).sample(3, a, pids=200)
    story.sample(4, a, pids=201).sample(6.9, a, pids=201)
    assert story.ended() == []
    story.tick(7)
    assert story.ended() == [(1, "g/r")]
    assert (story.decisions[0].seen, story.decisions[0].at) == (4, 7)


def test_a_frame_without_data_neither_fires_nor_forgets() -> None:
    a = box(1)
    story = Story(Setup(RuleSet((Rule("g/r", "f:1", when=pids_over(200), hold=2),))))
    story.see(0, a).sample(1, a, pids=201).sample(2, a, pids=None).sample(3, a, pids=201)
    assert story.ended() == [(1, "g/r")]


def test_a_gap_in_the_evidence_longer_than_a_sample_keeps_starts_for_again() -> None:
    a = box(1)
    story = Story(Setup(RuleSet((Rule("g/r", "f:1", when=pids_over(200), hold=12),))))
    story.see(0, a).sample(1, a, pids=201).sample(14, a, pids=201)
    assert story.ended() == []


def test_a_dry_rule_says_once_what_it_would_do_and_shadows_no_live_one() -> None:
    a = box(1)
    dry = Rule("g/dry", "f:1", when=pids_over(100), dry_run=True)
    story = Story(Setup(RuleSet((dry, *rules().rules)))).see(0, a)
    story.sample(1, a, pids=150).sample(2, a, pids=160).sample(3, a, pids=201)
    assert [(d.rule, d.dry_run) for d in story.decisions] == [("g/dry", True), ("safety/pids", False)]


def test_a_rule_with_a_select_leaves_the_others_alone() -> None:
    a, b = box(1, name="ci-1"), box(2, name="db")
    rule = Rule("g/r", "f:1", when=pids_over(10), select=(Selector(name="ci-*"),))
    story = Story(Setup(RuleSet((rule,)))).see(0, a, b).sample(1, a, pids=11).sample(1, b, pids=11)
    assert story.ended() == [(1, "g/r")]


def test_a_sample_of_an_earlier_run_says_nothing_about_this_one() -> None:
    a = box(1)
    story = Story().see(0, a, anew(a, 9, at=9)).sample(10, a, pids=250)
    assert story.ended() == []


# Out of memory


def test_an_oom_event_ends_the_run_it_belongs_to() -> None:
    story = Story().see(0, box(1), box(2)).oom(1, 1)
    assert story.ended() == [(1, "safety/oom")]


def test_an_oom_before_the_start_was_seen_counts_for_the_first_run() -> None:
    created = box(1, state=State.CREATED, run=replace(box(1).run, started_at=""), born=None)
    story = Story().see(0, created).oom(0.1, 1, second=0)
    assert story.ended() == []
    story.see(0.2, box(1))
    assert story.ended() == [(1, "safety/oom")]


def test_an_oom_of_the_run_before_does_not_end_the_new_run() -> None:
    a = box(1)
    story = Story().see(0, a, anew(a, 40, at=40)).oom(41, 1, second=39)
    assert story.ended() == []


def test_an_oom_reported_after_the_death_still_reaches_the_record() -> None:
    """The event may come after the die event; the flag is then false."""
    a = box(1)
    story = Story().see(0, a, over(a, 137)).oom(2, 1)
    assert [(n.cause, n.again) for n in story.notes if isinstance(n, Ended)] == [
        (Cause.ITSELF, False),
        (Cause.OOM, True),
    ]
    assert story.ended() == [(1, "safety/oom")], "the sidecars hang on it"


def test_what_was_over_before_we_came_is_on_record_and_calls_for_nothing() -> None:
    story = Story().snapshot(0, over(box(1), 137, oom_killed=True)).tick(1)
    assert story.ended() == []
    assert [n.cause for n in story.notes if isinstance(n, Ended)] == [Cause.OOM]


def test_the_engines_flag_counts_where_no_event_came() -> None:
    a = box(1)
    story = Story().see(0, a, over(a, 137, oom_killed=True))
    assert story.ended() == [(1, "safety/oom")]
    assert [(n.cause, n.oom) for n in story.notes if isinstance(n, Ended)] == [(Cause.OOM, True)]


def test_an_old_flag_does_not_count_for_the_next_run() -> None:
    a = box(1)
    b = anew(a, 10, at=10)
    story = Story().see(0, a).oom(1, 1).see(2, over(a, 137, oom_killed=True), b, over(b, 0, oom_killed=True))
    assert [n.oom for n in story.notes if isinstance(n, Ended)] == [True, False]


# Cascades


def test_the_mains_end_takes_its_sidecars_last_started_first() -> None:
    main, s1, s2 = (
        box(1),
        box(2, labels={"reactor.sidecar-of": "t1"}, born=1.0),
        box(3, labels={"reactor.sidecar-of": "t1"}, born=2.0),
    )
    other = box(4, labels={"reactor.sidecar-of": "t9"})
    story = Story().see(3, main, s1, s2, other).sample(4, main, pids=201)
    assert story.ended() == [(1, "safety/pids")], "not before the main's end has come off"
    story.outcome(5, story.decisions[0])
    assert story.ended()[1:] == [(3, "safety/pids"), (2, "safety/pids")]
    assert {d.action for d in story.decisions[1:]} == {Action.STOP}
    assert {d.cause for d in story.decisions[1:]} == {story.decisions[0].id}


def test_a_chain_of_namespaces_goes_with_its_head() -> None:
    main = box(1)
    s1 = box(2, labels={}, joins=frozenset({cid(1)}), born=1.0)
    s2 = box(3, labels={}, joins=frozenset({cid(2)}), born=2.0)
    story = Story().snapshot(3, s2, s1, main).sample(4, main, pids=201)
    story.outcome(5, story.decisions[0])
    assert [n for n, _ in story.ended()] == [1, 3, 2]


def test_a_shared_sidecar_stays_while_another_main_lives() -> None:
    a, b = box(1, labels={"reactor.task": "t"}), box(2, labels={"reactor.task": "t"})
    shared = box(3, labels={"reactor.sidecar-of": "t"})
    story = Story().see(0, a, b, shared).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0]).see(3, over(a, 137)).sample(4, b, pids=201)
    story.outcome(5, story.decisions[-1])
    assert story.ended() == [(1, "safety/pids"), (2, "safety/pids"), (3, "safety/pids")]


def test_a_main_of_another_task_in_the_same_namespace_is_no_sidecar() -> None:
    a, b = box(1), box(2, joins=frozenset({cid(1)}))
    story = Story().see(0, a, b).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0])
    assert story.ended() == [(1, "safety/pids")]


def test_a_cycle_of_labels_comes_to_an_end() -> None:
    a = box(1, labels={"reactor.task": "x", "reactor.sidecar-of": "y"})
    b = box(2, labels={"reactor.task": "y", "reactor.sidecar-of": "x"})
    story = Story().see(0, a, b).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0])
    assert [n for n, _ in story.ended()] == [1, 2]


def test_a_sidecars_own_breach_ends_the_sidecar_and_tells_the_main() -> None:
    main, side = box(1), box(2, labels={"reactor.sidecar-of": "t1"})
    story = Story().see(0, main, side).sample(1, side, pids=201)
    story.outcome(2, story.decisions[0])
    assert story.ended() == [(2, "safety/pids")]
    assert [note.main for note in story.notes if isinstance(note, MainTold)] == [main.run]


def test_sidecars_stay_when_their_main_could_not_be_ended() -> None:
    main, side = box(1), box(2, labels={"reactor.sidecar-of": "t1"})
    story = Story().see(0, main, side).sample(1, main, pids=201)
    story.outcome(2, story.decisions[0], Result.FAILED, Why.FORBIDDEN)
    assert story.ended() == [(1, "safety/pids")]
    assert [note.sidecars for note in story.notes if isinstance(note, CascadeHeld)] == [1]


def test_a_failed_decision_rests_and_is_then_taken_again() -> None:
    a = box(1)
    story = Story().see(0, a).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0], Result.FAILED, Why.GIVEN_UP).sample(30, a, pids=201)
    assert len(story.decisions) == 1
    story.sample(62, a, pids=201)
    assert len(story.decisions) == 2
    assert story.decisions[0].id != story.decisions[1].id


def test_a_stale_decision_waits_until_the_new_run_was_seen() -> None:
    a = box(1)
    story = Story().see(0, a).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0], Result.REFUSED, Why.STALE).sample(3, a, pids=201)
    assert len(story.decisions) == 1
    story.snapshot(4, a).sample(4.5, a, pids=201)
    assert len(story.decisions) == 1, "a list with an old look does not take the doubt away"
    b = anew(a, 5, at=5)
    story.see(5, b).sample(6, b, pids=201)
    assert [d.run for d in story.decisions] == [a.run, b.run]


def test_nothing_follows_from_what_is_only_said() -> None:
    """An earlier monitor's end may come off under one that runs dry; the sidecars are not its business."""
    side = box(2, labels={"reactor.sidecar-of": "t1"})
    live = Story().see(0, box(1), side).sample(1, box(1), pids=201)
    dry = Story(Setup(rules(), dry_run=True)).see(0, box(1), side).outcome(2, live.decisions[0])
    said = Story().see(0, box(1), side).outcome(2, replace(live.decisions[0], dry_run=True))
    assert dry.ended() == said.ended() == []


# Orphans


def test_a_sidecar_whose_main_is_gone_in_two_lists_for_ten_seconds_is_an_orphan() -> None:
    main, side, other = box(1), box(2, labels={"reactor.sidecar-of": "t1"}), box(3)
    story = Story().snapshot(0, main, side, other).see(5, over(main, 0))
    story.snapshot(6, over(main, 0), side, other).tick(16.5)
    assert story.ended() == [], "one list is not enough"
    story.snapshot(17, over(main, 0), side, other).tick(17.5)
    assert story.ended() == [(2, "orphan")]
    assert story.decisions[0].action is Action.STOP


def test_a_sidecar_that_was_created_first_has_its_grace() -> None:
    side = box(2, labels={"reactor.sidecar-of": "t1"}, created=0.0)
    story = Story().snapshot(1, side).snapshot(11, side).tick(12).tick(59)
    assert story.ended() == []
    story.tick(60)
    assert story.ended() == [(2, "orphan")]


def test_a_main_that_could_not_be_inspected_makes_nobody_an_orphan() -> None:
    side = box(2, labels={"reactor.sidecar-of": "t1"}, created=-100.0)
    story = Story()
    for at in (0, 10, 20, 30):
        story.snapshot(at, side, unsure=frozenset({cid(1)})).tick(at + 5)
    assert story.ended() == []


def test_a_paused_or_restarting_main_is_not_gone() -> None:
    side = box(3, labels={"reactor.sidecar-of": "t1"}, created=-100.0)
    for state in (State.PAUSED, State.RESTARTING):
        story = Story()
        for at in (0, 10, 20, 30):
            story.snapshot(at, box(1, state=state), side).tick(at + 5)
        assert story.ended() == []


def test_edges_captured_before_a_restart_make_a_lonely_namespace_sharer_an_orphan() -> None:
    """The main was removed while the monitor was away; only the journal remembers whose it was."""
    side = box(2, labels={}, joins=frozenset({cid(1)}), created=-100.0)
    forgotten = Story().snapshot(0, side).snapshot(10, side).snapshot(20, side).tick(21)
    assert forgotten.ended() == []
    story = Story(Setup(rules(), remembered={cid(2): frozenset({cid(1)})}))
    story.snapshot(0, side).snapshot(10, side).snapshot(20, side).tick(21)
    assert story.ended() == [(2, "orphan")]


# Scope and protection


@pytest.mark.parametrize(
    ("labels", "image_labels", "standing"),
    [
        ({"reactor.task": "t", "reactor.skip": ""}, {}, Standing.SKIPPED),
        ({"reactor.task": "t", "reactor.skip": "false"}, {}, Standing.SKIPPED),
        ({"reactor.task": "t", "reactor.skip": "1"}, {"reactor.skip": "1"}, Standing.MAIN),
        ({"reactor.task": "t", "reactor.skip": "2"}, {"reactor.skip": "1"}, Standing.MAIN),
        ({"reactor.task": "t", "reactor.skip": "1"}, None, Standing.MAIN),
        ({"reactor.task": "t"}, {"reactor.task": "t"}, Standing.WATCHED),
        ({"reactor.task": "mine"}, {"reactor.task": "t"}, Standing.MAIN),
        ({"reactor.sidecar-of": "t"}, {"reactor.sidecar-of": "t"}, Standing.WATCHED),
    ],
)
def test_what_came_with_the_image_neither_exempts_nor_brings_into_scope(
    labels: dict[str, str], image_labels: dict[str, str] | None, standing: Standing
) -> None:
    story = Story().see(0, box(1, labels=labels, image_labels=image_labels))
    assert story.entry(1).standing is standing


@pytest.mark.parametrize("exempts", [{"reactor.skip": ""}, {"team": "ops"}])
def test_who_is_exempt_by_his_own_label_is_so_while_his_image_is_only_slow(exempts: dict[str, str]) -> None:
    """And no longer: when it does not come at all, the label may be the image's."""
    policy = Policy(protect=(Selector(label="team", value="ops"),))
    slow = box(1, labels={"reactor.task": "t", **exempts}, image_labels=None, image_awaited=True)
    near = box(2, labels={"reactor.task": "u", "team": "opx"}, image_labels=None, image_awaited=True)
    story = Story(Setup(rules(), policy=policy)).see(0, slow, near)
    story.sample(1, slow, pids=300).sample(1, near, pids=300)
    assert story.at() == [(2, 1)]
    story.see(30, replace(slow, image_awaited=False)).sample(31, slow, pids=300)
    assert story.at() == [(2, 1), (1, 31)]


def test_protected_ids_and_selectors_win_in_cascades_too() -> None:
    policy = Policy(protected_ids=frozenset({cid(3)}), protect=(Selector(name="db-*"),))
    main = box(1)
    sides = [
        box(2, labels={"reactor.sidecar-of": "t1", "reactor.skip": ""}),
        box(3, labels={"reactor.sidecar-of": "t1"}),
        box(4, labels={"reactor.sidecar-of": "t1"}, name="db-1"),
        box(5, labels={"reactor.sidecar-of": "t1"}),
    ]
    story = Story(Setup(rules(), policy)).see(0, main, *sides).sample(1, main, pids=201)
    story.outcome(2, story.decisions[0])
    assert [n for n, _ in story.ended()] == [1, 5]


def test_a_label_of_the_image_decides_nothing_in_a_condition() -> None:
    def spared(view: View) -> bool | None:
        return view.pids is not None and view.pids > 200 and "spare-me" not in view.labels

    rule = Rule("g/r", "f:1", when=condition(spared, "pids", "labels"))
    told = box(1, labels={"reactor.task": "t", "spare-me": ""})
    claims = box(2, labels={"reactor.task": "t", "spare-me": ""}, image_labels={"spare-me": ""})
    story = Story(Setup(RuleSet((rule,)))).see(0, told, claims)
    story.sample(1, told, pids=201).sample(1, claims, pids=201)
    assert story.ended() == [(2, "g/r")]


# Runs, ends and reports


def test_a_run_that_is_in_no_list_any_more_ended_unseen() -> None:
    a, b = box(1), box(2)
    story = Story().snapshot(0, a, b).snapshot(10, b)
    assert [(n.run, n.cause, n.exit_code) for n in story.notes if isinstance(n, Ended)] == [
        (a.run, Cause.UNSEEN, None)
    ]
    report = [note for note in story.notes if isinstance(note, Reconciled)][-1]
    assert (report.found_dead, report.adopted, report.left) == (1, 0, {"within-rules": 1})


def test_an_exit_code_that_can_be_trusted_survives_a_quick_restart() -> None:
    a = box(1)
    story = Story().see(0, a).exited(5, a, 3).see(6, anew(a, 6, at=6))
    assert [(n.exit_code, n.cause) for n in story.notes if isinstance(n, Ended)] == [(3, Cause.ITSELF)]


def test_our_kill_is_the_cause_on_record_whichever_news_comes_first() -> None:
    for first in ("die", "outcome"):
        a = box(1)
        story = Story().see(0, a).sample(1, a, pids=201)
        if first == "die":
            story.see(2, over(a, 137)).outcome(3, story.decisions[0])
        else:
            story.outcome(2, story.decisions[0]).see(3, over(a, 137))
        assert [(n.cause, n.exit_code) for n in story.notes if isinstance(n, Ended)] == [(Cause.REACTOR, 137)]


def test_a_run_that_was_over_before_our_call_ended_by_itself() -> None:
    a = box(1)
    story = Story().see(0, a).sample(1, a, pids=201).see(2, over(a, 137))
    story.outcome(3, story.decisions[0], why=Why.ALREADY_OVER)
    assert [n.cause for n in story.notes if isinstance(n, Ended)] == [Cause.REACTOR, Cause.ITSELF]


def test_no_second_decision_between_the_kill_and_the_news_of_the_death() -> None:
    a = box(1)
    story = Story().see(0, a).sample(1, a, pids=201)
    story.outcome(2, story.decisions[0]).sample(2.1, a, pids=250).tick(3).see(3.5, a).tick(4)
    assert len(story.decisions) == 1


def test_an_entry_is_dropped_when_its_container_has_left_the_engine() -> None:
    a = box(1)
    story = Story().snapshot(0, a).vanish(1, 1).tick(5)
    assert len(story.state.entries) == 1, "late news may still come"
    story.tick(12)
    assert len(story.state.entries) == 0


def test_what_could_not_be_confirmed_is_not_judged_until_it_is_seen_again() -> None:
    a = box(1)
    story = Story().snapshot(0, a).snapshot(10, unsure=frozenset({cid(1)}), gap=True).sample(11, a, pids=201)
    assert story.ended() == []
    story.snapshot(20, a).sample(21, a, pids=201)
    assert story.ended() == []
    story.snapshot(30, replace(a)).sample(31, a, pids=201)
    assert story.ended() == [(1, "safety/pids")]


def test_the_report_says_what_was_left_and_why() -> None:
    story = Story().snapshot(
        0,
        box(1),
        box(2, labels={}),
        box(3, labels={"reactor.skip": "", "reactor.task": "t"}),
        box(4, labels={"reactor.sidecar-of": "gone"}, created=-100.0),
        gap=True,
        blind=2.5,
    )
    report = story.notes[-1]
    assert isinstance(report, Reconciled)
    assert report.left == {"orphan-waiting": 1, "skipped": 1, "watched": 1, "within-rules": 1}
    assert (report.gap, report.blind, report.adopted, report.orphans) == (True, 2.5, 4, 1)


def test_runs_that_ended_while_nobody_watched_are_found_dead() -> None:
    """One is still there with its exit code, one was removed, one has begun another run, one lives on."""
    there, removed, again, alive = box(1), box(2), box(3), box(4)
    away = {container.run: container.name for container in (there, removed, again, alive)}
    story = Story(Setup(rules(), away=away)).snapshot(0, over(there, 3), anew(again, 9, at=-1.0), alive)
    ends = {
        (int(n.run.id, 16), n.run.started_at[-14:-11], n.exit_code, n.cause)
        for n in story.notes
        if isinstance(n, Ended)
    }
    assert ends == {
        (1, ":00", 3, Cause.ITSELF),
        (2, ":00", None, Cause.UNSEEN),
        (3, ":00", None, Cause.UNSEEN),
    }
    report = story.notes[-1]
    assert isinstance(report, Reconciled)
    assert (report.found_dead, report.adopted) == (3, 2)
    assert len([n for n in story.snapshot(10, over(there, 3), alive).notes if isinstance(n, Ended)]) == 4


def test_adoption_is_said_once_for_each_run() -> None:
    a = box(1)
    story = Story().snapshot(0, a).see(1, a).snapshot(2, a).see(3, anew(a, 3, at=3))
    assert len(story.said(Adopted)) == 2
    assert story.said(Matched) == []
