"""The gate: new rules that would end too many at once wait for somebody."""

from dataclasses import replace

import pytest

from reactor.core.cautions import AcknowledgementRefused, GateHeld, GateOpened
from reactor.core.container import Container, Listed, State
from reactor.core.facts import Acknowledged, Reloaded
from reactor.core.gate import gated_rules, token
from reactor.core.protection import Policy
from reactor.core.restraint import GateTerms
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.selector import Selector
from reactor.core.verbs import Action
from tests.core.build import Story, age_over, anew, box, cid, over, pids_over, story

NEW = Rule("g/new", "f:1", when=pids_over(200), digest="n1")
OLD = Rule("g/old", "f:2", when=pids_over(500), digest="o1")
TEN = [box(n) for n in range(1, 11)]


def _story(*rules: Rule, boxes: list[Container] = TEN, terms: GateTerms | None = None) -> Story:
    told = story(*(rules or (NEW, OLD)), gate=terms or GateTerms(), proven=frozenset({"o1"}))
    return told.snapshot(0, *boxes)


def _samples(told: Story, at: float, over: int, boxes: list[Container] = TEN) -> Story:
    for number, each in enumerate(boxes):
        told.sample(at, each, pids=201 if number < over else 200)
    return told


def test_a_gated_rule_decides_nothing_until_the_count_is_done() -> None:
    told = _samples(_story(), 0.5, 3).tick(1).tick(1.9)
    assert told.live() == []
    assert told.state.curbs.gate.matches, "whom it would end is counted all the while"
    told.tick(2)
    assert told.at() == [(1, 2), (2, 2), (3, 2)]
    assert [note for note in told.notes if isinstance(note, GateOpened | GateHeld)] == [
        GateOpened(2, ("g/new",), frozenset({"n1"}), 3)
    ]
    told.sample(3, TEN[5], pids=201)
    assert told.at()[3:] == [(6, 3)], "it is open for good"


def _held(told: Story) -> bool:
    return told.state.curbs.gate.held


@pytest.mark.parametrize(
    ("running", "matching", "opens"),
    [
        (2, 2, True),  # fewer than at_least are always let through
        (3, 3, False),
        (10, 3, True),  # the share
        (10, 4, False),
        (100, 20, True),  # the most
        (100, 21, False),
    ],
)
def test_what_is_within_bounds_is_let_through_and_the_near_miss_is_not(
    running: int, matching: int, *, opens: bool
) -> None:
    boxes = [box(n) for n in range(1, running + 1)]
    told = _samples(_story(boxes=boxes), 0.5, matching, boxes).tick(2)
    assert len(told.live()) == (matching if opens else 0)
    assert len(told.said(GateHeld)) == (0 if opens else 1)


def test_the_share_is_of_what_is_in_scope() -> None:
    boxes = [*TEN[:9], *(box(n, labels={}) for n in range(20, 60))]
    assert _samples(_story(boxes=boxes), 0.5, 3, boxes).tick(2).live() == []


def test_while_it_is_shut_it_says_so_once_and_again_when_the_list_grows() -> None:
    told = _samples(_story(), 0.5, 4)
    for at in range(1, 9):
        told.tick(at)
    (note,) = told.said(GateHeld)
    assert isinstance(note, GateHeld)
    assert (note.at, note.rules, note.along, note.governed) == (2, ("g/new",), 0, 10)
    assert [(match.name, match.rule, match.reason) for match in note.matches] == [
        (f"c{n}", "g/new", "explained") for n in range(1, 5)
    ]
    _samples(told, 9, 6).tick(9)
    assert len(told.said(GateHeld)) == 1
    _samples(told, 10, 7).tick(10)
    assert len(told.said(GateHeld)) == 2


def test_fewer_matches_do_not_open_what_is_held() -> None:
    told = _samples(_story(), 0.5, 4).tick(2)
    _samples(told, 3, 0).tick(3)
    _samples(told, 4, 1).tick(4).tick(60)
    assert told.live() == []
    assert _held(told)


def test_an_acknowledgement_opens_it_and_ends_those_who_match_now() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    _samples(told, 20, 4)
    told.tell(Acknowledged(21, "kim"))
    assert told.at() == [(n, 21) for n in range(1, 5)], "and not the fifth"
    (note,) = told.said(GateOpened)
    assert isinstance(note, GateOpened)
    assert (note.by, note.digests) == ("kim", frozenset({"n1"}))
    told.tell(Acknowledged(22, "kim"))
    assert len(told.said(GateOpened)) == 1


def test_nobody_is_ended_by_an_acknowledgement_on_old_evidence() -> None:
    told = _samples(_story(), 0.5, 5).tick(2).tell(Acknowledged(11, "kim")).tick(12)
    assert told.live() == []


def test_what_was_not_counted_yet_cannot_be_acknowledged() -> None:
    told = _samples(_story(), 0.5, 5).tell(Acknowledged(1, "kim")).tick(1.5)
    assert told.live() == []
    told.tick(2)
    assert _held(told)


def _token(told: Story, at: float = 2.0) -> str:
    return str(token(told.setup, told.state, at))


def _refusals(told: Story) -> list[str]:
    return [
        note.why for note in told.said(AcknowledgementRefused) if isinstance(note, AcknowledgementRefused)
    ]


def test_an_acknowledgement_of_what_was_read_opens_it() -> None:
    told = _samples(_story(), 0.5, 4).tick(2)
    read = _token(told)
    assert [note.token for note in told.said(GateHeld) if isinstance(note, GateHeld)] == [read]
    assert read.endswith("-4")
    _samples(told, 20, 6)
    told.tell(Acknowledged(21, "kim", read))
    assert sorted(told.live()) == [1, 2, 3, 4, 5, 6], "two more than were read: the gate lets two through"
    assert [note.by for note in told.said(GateOpened) if isinstance(note, GateOpened)] == ["kim"]


def test_what_came_to_match_since_it_was_read_is_held_to_the_bounds_of_the_gate() -> None:
    """Counted at the moment of the acknowledgement: no tick was between."""
    boxes = [box(n) for n in range(1, 12)]
    told = _samples(_story(boxes=boxes), 0.5, 4, boxes).tick(2)
    read = _token(told)
    _samples(told, 20, 8, boxes)
    told.tell(Acknowledged(21, "kim", read))
    assert told.live() == []
    assert _refusals(told) == ["4 containers were read, and it is about 8 by now: see reactor status again"]
    told.tell(Acknowledged(22, "kim", _token(told)))
    assert sorted(told.live()) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_fewer_than_were_read_are_let_through() -> None:
    told = _samples(_story(), 0.5, 9).tick(2)
    read = _token(told)
    _samples(told, 20, 1)
    assert told.tell(Acknowledged(21, "kim", read)).live() == [1]


def test_what_was_read_of_other_rules_opens_nothing() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    read = _token(told)
    _reload(told, 3, replace(NEW, when=pids_over(100), digest="n2"), OLD)
    _samples(told, 4, 5).tick(4).tick(5)
    assert _held(told)
    told.tell(Acknowledged(6, "kim", read))
    assert told.live() == []
    assert _refusals(told) == [
        "other rules are held by now than those that were read: see reactor status again"
    ]


@pytest.mark.parametrize("text", ["yes", "1234abcd", "1234abcd-", "1234abcd--1", "x234abcd-1", "1234abcd-١"])  # noqa: RUF001  # A digit that is none of ours.
def test_what_is_no_token_opens_nothing(text: str) -> None:
    told = _samples(_story(), 0.5, 5).tick(2).tell(Acknowledged(6, "kim", text))
    assert told.live() == []
    assert "is no token" in _refusals(told)[0]


def test_what_is_not_known_was_read_as_well() -> None:
    """Nobody was read by then; all ten could match, and that is what was said."""
    told = _story()
    for at in range(1, 12):
        told.tick(at)
    read = _token(told)
    assert read.endswith("-10")
    _samples(told, 12, 10).tell(Acknowledged(12.5, "kim", read))
    assert len(told.live()) == 10


def test_sidecars_that_would_go_along_are_read_too() -> None:
    sides = [box(20 + n, labels={"reactor.sidecar-of": f"t{n}"}) for n in range(1, 6)]
    boxes = [*TEN[:4], *sides]
    told = _samples(_story(boxes=boxes), 0.5, 4, boxes).tick(2)
    assert _token(told).endswith("-8")


def test_what_was_asked_for_unread_is_on_record() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    told.tell(Acknowledged(3, "kim", _token(told), unread=True))
    assert [note.unread for note in told.said(GateOpened) if isinstance(note, GateOpened)] == [True]


def test_a_proven_rule_is_not_held_back_by_one_that_is_not() -> None:
    told = _samples(_story(), 0.5, 5).sample(0.7, TEN[8], pids=501)
    assert told.ended() == [(9, "g/old")]
    told.tick(2).sample(3, TEN[7], pids=501)
    assert told.ended() == [(9, "g/old"), (8, "g/old")]


def test_a_dry_rule_needs_no_gate() -> None:
    told = _samples(_story(replace(NEW, dry_run=True), OLD), 0.5, 9)
    assert len(told.decisions) == 9
    assert gated_rules(told.setup, told.state) == ()


def test_the_count_waits_for_samples_of_all_and_not_for_ever() -> None:
    told = _samples(_story(), 0.5, 4, TEN[:9])
    for at in range(1, 10):
        _samples(told, at, 4, TEN[:9]).tick(at)
    assert told.said(GateHeld) == []
    _samples(told, 10, 4, TEN[:9]).tick(10)
    assert [note.at for note in told.said(GateHeld)] == [10]
    quick = _samples(_story(), 0.5, 4, TEN[:9]).tick(2).sample(2.5, TEN[9], pids=1).tick(3)
    assert [note.at for note in quick.said(GateHeld)] == [3]


def test_before_the_first_list_nothing_is_counted() -> None:
    told = story(NEW, gate=GateTerms()).see(0, *TEN)
    _samples(told, 1, 1).tick(50)
    assert told.live() == []
    told.snapshot(60, *TEN)
    _samples(told, 61, 1).tick(61).tick(62)
    assert told.at() == [(1, 62)]


def test_for_is_disregarded_in_the_count_and_kept_in_the_act() -> None:
    lasting = replace(NEW, hold=30)
    held, opened = _story(lasting), _story(lasting)
    _samples(held, 0.5, 4).tick(2)
    assert _held(held)
    for at in range(1, 32):
        _samples(opened, at, 2).tick(at)
    assert opened.at() == [(1, 31), (2, 31)]


@pytest.mark.parametrize(("others", "opens"), [(13, True), (12, False)])
def test_sidecars_that_would_go_along_count_for_the_share(others: int, *, opens: bool) -> None:
    """Three mains match and three sidecars would go with them: 6 of 20, or 6 of 19."""
    sides = [box(20 + n, labels={"reactor.sidecar-of": f"t{n}"}) for n in range(1, 4)]
    boxes = [*TEN[:4], *(box(n) for n in range(30, 30 + others)), *sides]
    told = _samples(_story(boxes=boxes), 0.5, 3, boxes).tick(2)
    assert told.live() == ([1, 2, 3] if opens else [])
    assert [note.along for note in told.said(GateHeld) if isinstance(note, GateHeld)] == (
        [] if opens else [3]
    )


def test_a_run_that_two_new_rules_match_counts_once() -> None:
    second = Rule("g/second", "f:3", when=pids_over(150), digest="n2")
    told = _story(NEW, second, boxes=TEN[:2])
    _samples(told, 0.5, 2, TEN[:2]).tick(1.5)
    assert len(told.state.curbs.gate.matches) == 4
    told.tick(2)
    assert sorted(told.live()) == [1, 2]


def test_who_is_being_ended_anyway_is_not_counted() -> None:
    told = _samples(_story(), 0.5, 5)
    told.sample(0.7, TEN[0], pids=501).sample(0.7, TEN[1], pids=501)
    told.tick(2)
    assert sorted(told.live()) == [1, 2, 3, 4, 5]


def test_an_age_needs_no_samples_to_be_counted() -> None:
    told = _story(
        Rule("g/age", "f:1", when=age_over(100), digest="a"), boxes=[box(n, born=-200.0) for n in range(1, 6)]
    )
    told.tick(1).tick(2)
    assert told.said(GateHeld)[0].at == 2
    assert told.live() == []


def test_triggers_pass_the_gate_too() -> None:
    loop = Rule("g/oom", "f:1", on=Trigger.OOM, digest="t")
    held, opened = _story(loop), _story(loop)
    for n in range(1, 5):
        held.oom(1, n)
    held.tick(2).tick(3)
    assert (held.live(), len(held.said(GateHeld))) == ([], 1)
    opened.oom(1, 1).tick(1.5)
    assert opened.live() == []
    opened.tick(2)
    assert opened.at() == [(1, 2)]


def test_orphans_wait_at_the_gate_of_their_rule() -> None:
    rule = Rule("g/orphaned", "f:1", on=Trigger.ORPHANED, action=Action.STOP, digest="x")
    sides = [box(20 + n, labels={"reactor.sidecar-of": f"t{n}"}) for n in range(1, 5)]
    told = story(rule, gate=GateTerms(), proven=frozenset()).snapshot(0, *TEN[:4], *sides)
    told.snapshot(1, *sides).snapshot(2, *sides)
    for at in range(3, 14):
        told.tick(at)
    assert told.live() == [21, 22, 23, 24], "the gate opened with nothing to count, long before"
    late = story(rule, gate=GateTerms(shortest=20, longest=20)).snapshot(0, *TEN[:4], *sides)
    late.snapshot(1, *sides).snapshot(2, *sides)
    for at in range(3, 25):
        late.tick(at)
    assert late.live() == []
    assert _held(late)


def test_a_switched_off_gate_gates_nothing() -> None:
    told = _samples(_story(terms=GateTerms(off=True)), 0.5, 9)
    assert len(told.live()) == 9


# Reload


def _reload(told: Story, at: float, *rules: Rule) -> Story:
    told.setup = replace(told.setup, rules=RuleSet(rules))
    return told.tell(Reloaded(at))


def test_a_changed_rule_is_gated_and_an_unchanged_one_is_not() -> None:
    told = _samples(_story(), 0.5, 0).tick(2)
    changed = replace(NEW, when=pids_over(100), digest="n2")
    _reload(told, 10, changed, OLD)
    _samples(told, 11, 0).tick(11).sample(11.5, TEN[9], pids=501)
    assert told.ended() == [(10, "g/old")]
    told.tick(12)
    assert _held(told), "ten of ten are above 100"
    _reload(told, 20, NEW, OLD)
    _samples(told, 21, 2)
    assert sorted(told.live()) == [1, 2, 10], "what was let through before needs no second time"


def test_what_was_let_through_stays_so_when_others_are() -> None:
    told = _samples(_story(), 0.5, 0).tick(2)
    _samples(_reload(told, 10, replace(NEW, digest="n2"), OLD), 11, 0).tick(12)
    assert len(told.said(GateOpened)) == 2
    _samples(_reload(told, 20, NEW, OLD), 20.5, 5)
    assert len(told.live()) == 5


def test_a_reload_ends_what_was_held_and_counts_anew() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    assert _held(told)
    better = replace(NEW, when=pids_over(300), digest="n3")
    _reload(told, 10, better, OLD)
    assert not _held(told)
    _samples(told, 11, 5).tick(11.9)
    assert told.said(GateOpened) == []
    told.tick(12)
    assert [note.at for note in told.said(GateOpened)] == [12]


def test_a_reload_with_the_held_rules_is_no_way_around() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    _reload(told, 3, NEW, OLD)
    _samples(told, 4, 5).tick(4).tick(5)
    assert told.live() == []
    assert len(told.said(GateHeld)) == 2


def test_a_later_run_is_counted_by_what_it_does_itself() -> None:
    told = _samples(_story(), 0.5, 5).tick(2)
    told.see(3, over(TEN[0]), anew(TEN[0], 3, at=3)).tick(3)
    assert {match.name for match in told.state.curbs.gate.matches} == {"c2", "c3", "c4", "c5"}


def test_readings_that_come_late_do_not_go_round_the_gate() -> None:
    """Nobody was judged when the longest count was over: that is no proof that nobody matches."""
    told = _story()
    for at in range(1, 13):
        told.tick(at)
    _samples(told, 12.5, 10).tick(13)
    assert told.live() == []
    assert _held(told)
    assert [len(note.matches) for note in told.said(GateHeld) if isinstance(note, GateHeld)] == [0, 10]


def test_what_is_held_for_the_unknown_alone_opens_once_all_is_known() -> None:
    told = _story()
    for at in range(1, 15):
        told.tick(at)
    assert _held(told)
    (note,) = told.said(GateHeld)
    assert isinstance(note, GateHeld)
    assert (note.at, note.matches, note.unknown) == (10, (), 10)
    _samples(told, 15, 2, TEN[:7]).tick(15)
    assert told.live() == [], "two that match, and three that may"
    told.sample(15.5, TEN[7], pids=1).sample(15.5, TEN[8], pids=None).tick(16)
    assert told.live() == [], "a frame without data tells nothing"
    told.sample(16.5, TEN[8], pids=1).tick(17)
    assert told.live() == [1, 2]


def test_runs_that_nobody_could_confirm_are_counted_as_if_they_matched() -> None:
    aged = Rule("g/age", "f:1", when=age_over(5), digest="a1")
    hidden = frozenset(each.id for each in TEN[1:])
    for told in (story(aged, gate=GateTerms()), story(aged, gate=GateTerms()).see(0, *TEN)):
        told.snapshot(10, TEN[0], unsure=hidden)
        for at in range(11, 22):
            told.tick(at)
        told.snapshot(22, *(replace(each) for each in TEN)).tick(23)
        assert told.live() == []
        assert _held(told)


def _row(container: Container, **changes: object) -> Listed:
    row = Listed(container.id, container.name, container.image, "", State.RUNNING, container.labels)
    return replace(row, **changes)  # type: ignore[arg-type]  # Fields of the row.


@pytest.mark.parametrize(
    ("changes", "scope", "counts"),
    [
        ({"labels": {}}, (), False),
        ({"labels": {"reactor.owner": "t1", "reactor.skip": ""}}, (), False),
        ({}, (), True),
        ({"labels": {"reactor.sidecar-of": "t1"}}, (), True),
        ({"labels": {}, "joined": True}, (), True),
        ({"labels": {}}, (Selector(name="c*"),), True),
        ({"labels": {}}, (Selector(name="job-*"),), False),
        ({"labels": {"team": "ml"}}, (Selector(label="team", value="m*"),), True),
        ({"labels": {"team": "web"}}, (Selector(label="team", value="m*"),), False),
    ],
)
def test_of_those_that_nobody_could_look_at_only_those_count_that_may_be_in_scope(
    changes: dict[str, object], scope: tuple[Selector, ...], *, counts: bool
) -> None:
    """Five strangers whose inspect hangs, beside ten in scope of which one matches."""
    hung = [_row(box(n), **changes) for n in range(20, 25)]
    policy = Policy(scope=(Selector(label="reactor.task"), *scope) if scope else ())
    told = story(NEW, gate=GateTerms(), policy=policy)
    rows = {row.id: row for row in hung}
    told.snapshot(0, *TEN, unsure=frozenset(rows), rows=rows)
    for at in range(1, 12):
        _samples(told, at - 0.5, 1).tick(at)
    assert told.live() == ([] if counts else [1])
    assert told.state.curbs.gate.unknown == (5 if counts else 0)


def test_what_is_protected_by_its_id_does_not_count_and_what_was_joined_once_does() -> None:
    hung = [_row(box(n)) for n in range(20, 25)]
    rows, ids = {row.id: row for row in hung}, frozenset(row.id for row in hung)
    told = story(NEW, gate=GateTerms(), policy=Policy(protected_ids=ids))
    assert _samples(told.snapshot(0, *TEN, unsure=ids, rows=rows), 1, 1).tick(2).live() == [1]
    bare = {row.id: replace(row, labels={}) for row in hung}
    told = story(NEW, gate=GateTerms(), remembered={key: frozenset({cid(1)}) for key in ids})
    assert _samples(told.snapshot(0, *TEN, unsure=ids, rows=bare), 1, 1).tick(2).live() == []


def test_a_doubtful_run_for_which_there_is_no_new_rule_does_not_count() -> None:
    """They were over when they were last looked at; by the list they run again."""
    new = replace(NEW, select=(Selector(name="c1"),))
    told = story(new, OLD, gate=GateTerms(), proven=frozenset({"o1"})).see(
        0, *(over(each) for each in TEN[1:])
    )
    told.snapshot(1, TEN[0], unsure=frozenset(each.id for each in TEN[1:]))
    told.sample(1.5, TEN[0], pids=201).tick(2).tick(3)
    assert told.live() == [1]


def test_what_no_new_rule_reads_is_not_waited_for() -> None:
    aged = Rule("g/age", "f:1", when=age_over(5), digest="a1")
    boxes = [*TEN[:2], *(replace(each, born=100.0) for each in TEN[2:])]
    told = story(aged, OLD, gate=GateTerms(), proven=frozenset({"o1"})).snapshot(10, *boxes).tick(12)
    assert told.live() == [1, 2]


def test_a_few_that_are_never_known_do_not_hold_it_for_ever() -> None:
    told = _samples(_story(), 9.5, 1, TEN[:8]).tick(10)
    assert told.live() == [1]
