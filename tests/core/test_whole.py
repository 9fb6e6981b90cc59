"""Rules about the whole: the founding incident in small, and what a task uses together."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reactor.core.cautions import GateHeld, RuleHeld
from reactor.core.container import Container, State
from reactor.core.decisions import Result, Why
from reactor.core.groups import Groups
from reactor.core.protection import Policy
from reactor.core.restraint import GateTerms, Place
from reactor.core.rules import Exemption, Level, Order, Rule
from reactor.core.selector import Selector
from reactor.core.step import wanted_samples
from reactor.core.verbs import Action
from tests.core.build import Story, box, cid, condition, over, pids_over, story, total_over

TOTAL = Rule("host/pids", "f:1", when=total_over(4000))
TWENTY = [box(n) for n in range(1, 21)]


def _samples(told: Story, at: float, values: Mapping[int, int | None]) -> Story:
    for n, value in values.items():
        entry = told.entry(n)
        told.sample(at, entry.container, pids=value)
    return told


def test_many_within_their_limits_and_together_over_the_total() -> None:
    """Twenty of 200 each are exactly the bound; with one of 201 one goes, and not one more."""
    own = Rule("safety/pids", "f:2", when=pids_over(250))
    told = story(TOTAL, own).see(0, *TWENTY)
    _samples(told, 1, dict.fromkeys(range(1, 21), 200)).tick(1)
    assert told.ended() == []
    _samples(told, 2, {**dict.fromkeys(range(1, 21), 200), 7: 201}).tick(2)
    assert told.at() == [(7, 2)]
    assert told.decisions[0].reason == "scope.pids 4001 > 4000, of which this is 201"
    for at in range(3, 9):
        _samples(told, at, {**dict.fromkeys(range(1, 21), 200), 7: 201}).tick(at)
    assert told.at() == [(7, 2)], "its part counts as gone already"


def test_victims_are_taken_until_the_rest_is_within_the_bound_and_not_one_more() -> None:
    told = story(TOTAL).see(0, *TWENTY)
    values = {n: 100 + 10 * n for n in range(1, 21)}  # 4100 together
    _samples(told, 1, values).tick(1)
    assert told.live() == [20]
    more = {**values, 1: 600}  # 4590: less 300 it is 4290, and less 600 as well it is 3690
    _samples(told, 2, more).tick(2)
    assert told.live() == [20, 1]


@pytest.mark.parametrize(("sign", "value", "victims"), [(">", 300, []), (">=", 300, [3]), (">", 299, [3])])
def test_the_bound_itself(sign: str, value: int, victims: list[int]) -> None:
    told = story(Rule("g/r", "f:1", when=total_over(value, sign=sign))).see(0, *TWENTY[:3])
    _samples(told, 1, {1: 90, 2: 100, 3: 110}).tick(1)
    assert told.live() == victims


def test_after_a_start_victims_are_chosen_when_all_are_read() -> None:
    """The first readings alone are too much already; the largest comes last."""
    told = story(Rule("g/r", "f:1", when=total_over(100))).snapshot(0, *TWENTY[:3])
    _samples(told, 0.4, {1: 60, 2: 50}).tick(0.5)
    assert told.live() == []
    _samples(told, 0.7, {3: 500}).tick(1.5)
    assert told.live() == [3, 1]


def test_of_equals_the_youngest_goes_first_and_then_the_first_id() -> None:
    boxes = [box(1, born=1.0), box(2, born=3.0), box(3, born=3.0), box(4, born=None), box(5, born=2.0)]
    for bound, victims in (
        (400, [2]),
        (300, [2, 3]),
        (200, [2, 3, 5]),
        (100, [2, 3, 5, 1]),
        (0, [2, 3, 5, 1, 4]),
    ):
        told = story(Rule("g/r", "f:1", when=total_over(bound))).see(5, *boxes)
        _samples(told, 6, dict.fromkeys(range(1, 6), 100)).tick(6)
        assert told.live() == victims


@pytest.mark.parametrize(
    ("order", "victims"),
    [
        (Order("age"), [1, 2]),
        (Order("age", largest=False), [3, 2]),
        (Order("memory"), [2, 3]),
        (Order("pids", largest=False), [1, 2]),
    ],
)
def test_the_order_of_victims_is_the_rules(order: Order, victims: list[int]) -> None:
    told = story(Rule("g/r", "f:1", when=total_over(140), victims=order))
    told.see(5, *(box(n, born=float(n)) for n in (1, 2, 3)))
    for n, pids, memory in ((1, 90, 1), (2, 100, 3), (3, 110, 2)):
        told.sample(6, box(n), pids=pids, memory=memory)
    told.tick(6)
    assert told.live() == victims


def test_who_is_ended_by_another_rule_counts_as_gone() -> None:
    told = story(Rule("g/one", "f:2", when=pids_over(500)), TOTAL).see(0, *TWENTY)
    _samples(told, 1, {**dict.fromkeys(range(1, 21), 190), 9: 700}).tick(1)
    assert told.ended() == [(9, "g/one")]


def test_an_end_that_fails_is_reconsidered_at_the_next_tick() -> None:
    told = story(TOTAL).see(0, *TWENTY)
    values: dict[int, int | None] = {**dict.fromkeys(range(1, 21), 200), 7: 250, 8: 240}
    _samples(told, 1, values).tick(1)
    assert told.live() == [7]
    told.outcome(2, told.decisions[0], Result.FAILED, Why.GIVEN_UP)
    _samples(told, 2.5, values).tick(3)
    assert told.live() == [7, 8]


def test_what_is_not_known_is_not_added_and_nobody_is_ended_for_it() -> None:
    told = story(Rule("g/r", "f:1", when=total_over(250)), gate=GateTerms(off=True, longest=0)).see(
        0, *TWENTY[:4]
    )
    _samples(told, 1, {1: 200, 2: None, 3: 50}).tick(1)
    assert told.live() == []
    told.snapshot(2, *TWENTY[1:4], unsure=frozenset({cid(1)}))
    _samples(told, 2, {3: 51, 2: 200}).tick(2)
    assert told.live() == [2], "the one that is unsure neither counts nor goes"
    sums = told.state.curbs.sums[Place("g/r")]
    assert (sums.amount, sums.known, sums.unknown) == (251, 2, 2)


def test_a_stale_part_is_no_part() -> None:
    told = story(Rule("g/r", "f:1", when=total_over(250), fresh=3)).see(0, *TWENTY[:2])
    _samples(told, 1, {1: 200}).sample(4.5, box(2), pids=100).tick(4.5)
    assert told.live() == []
    _samples(told, 5, {1: 200}).tick(5)
    assert told.live() == [1]


def test_out_of_scope_counts_nothing_and_an_exempt_one_counts_and_stays() -> None:
    spare = Exemption("e", ("name",), (("c1",),))
    told = story(Rule("g/r", "f:1", when=total_over(250), exempt=(spare,)))
    told.see(0, *TWENTY[:3], box(9, labels={}))
    told.sample(1, box(9, labels={}), pids=9000)
    _samples(told, 1, {1: 200, 2: 30, 3: 20}).tick(1)
    assert told.live() == []
    _samples(told, 2, {1: 200, 2: 30, 3: 21}).tick(2)
    assert told.live() == [2]


def test_a_rule_that_selects_takes_its_victims_from_those_and_adds_up_all() -> None:
    rule = Rule("g/r", "f:1", when=total_over(250), select=(Selector(name="c[23]"),))
    told = story(rule).see(0, *TWENTY[:3])
    assert wanted_samples(told.state) == {each.run for each in TWENTY[:3]}
    _samples(told, 1, {1: 200, 2: 30, 3: 21}).tick(1)
    assert told.live() == [2]


def test_for_and_keep_count_for_the_whole() -> None:
    told = story(Rule("g/r", "f:1", when=total_over(250), hold=4, keep=2)).see(0, *TWENTY[:2])
    for at, value in ((1, 200), (2, 1), (3, 200), (4, 200)):
        _samples(told, at, {1: value, 2: 100}).tick(at)
    assert told.live() == []
    _samples(told, 5, {1: 200, 2: 100}).tick(5)
    assert told.at() == [(1, 5)]


def _owned(n: int, owner: str | None, **more: object) -> Container:
    labels = {"reactor.task": f"t{n}"} | ({"reactor.owner": owner} if owner is not None else {})
    return box(n, labels=labels, **more)


def test_each_owner_has_a_total_of_its_own() -> None:
    rule = Rule("g/r", "f:1", when=total_over(250, whole="owner"))
    told = story(rule).see(
        0,
        *(
            _owned(1, "kim"),
            _owned(2, "kim"),
            _owned(3, "lee"),
            _owned(4, "lee"),
            _owned(5, None),
            _owned(6, ""),
        ),
        _owned(7, "lee", image_labels={"reactor.owner": "lee"}),
    )
    _samples(told, 1, {1: 150, 2: 101, 3: 150, 4: 100, 5: 900, 6: 900, 7: 900}).tick(1)
    assert told.live() == [1, 7]
    assert [decision.reason for decision in told.decisions] == [
        "owner.pids 251 > 250 of owner 'kim', of which this is 150",
        "owner.pids 1150 > 250 of owner 'lee' (by its image's word), of which this is 900",
    ]


LEE = {"reactor.owner": "lee"}
OWNED = Rule("g/r", "f:1", when=total_over(250, whole="owner"))


@pytest.mark.parametrize("image_labels", [LEE, None])
def test_what_an_image_says_of_the_owner_ends_nobody_elses_container(
    image_labels: Mapping[str, str] | None,
) -> None:
    """A stranger's image with my name, or one that cannot be read: it goes alone, however small it is."""
    told = story(OWNED).see(
        0, _owned(1, "lee"), _owned(2, "lee"), *(_owned(n, "lee", image_labels=image_labels) for n in (3, 4))
    )
    for at in range(1, 9):
        _samples(told, at, {1: 150, 2: 100, 3: 900, 4: 1}).tick(at)
    assert told.live() == [3, 4]
    sums = told.state.curbs.sums
    assert {place: found.amount for place, found in sums.items()} == {
        Place("g/r", "lee"): 250,
        Place("g/r", "lee", claimed=True): 1151,
    }
    _samples(told, 9, {1: 151, 2: 100}).tick(9)
    assert told.live() == [3, 4, 1], "the owner's own are too many by themselves"


def test_a_container_that_was_given_another_owner_than_its_image_says_is_that_ones() -> None:
    told = story(OWNED).see(0, _owned(1, "lee"), _owned(2, "kim", image_labels=LEE))
    _samples(told, 1, {1: 250, 2: 250}).tick(1)
    assert told.live() == []
    _samples(told, 2, {2: 251}).tick(2)
    assert told.live() == [2]


def test_nobody_escapes_the_total_by_an_image_that_says_the_same() -> None:
    """Then nobody can tell who said it; among themselves the order is the rule's."""
    told = story(OWNED).see(0, *(_owned(n, "lee", image_labels=LEE) for n in (1, 2, 3)))
    _samples(told, 1, {1: 100, 2: 110, 3: 120}).tick(1)
    assert told.live() == [3]


def test_the_labels_of_a_trusted_image_are_as_good_as_given() -> None:
    told = story(OWNED, policy=Policy(trusted_images=("busybox:*",)))
    told.see(0, _owned(1, "lee"), _owned(2, "lee", image_labels=LEE), _owned(3, "lee", image_labels=None))
    _samples(told, 1, {1: 150, 2: 100, 3: 10}).tick(1)
    assert told.live() == [1]


def test_a_stranger_who_is_too_much_does_not_use_up_the_owners_for() -> None:
    """An exempt claimant keeps the common total exceeded; the owner's own have 5 s from their own breach."""
    rule = replace(OWNED, hold=5, exempt=(Exemption("e", ("name",), (("c3",),)),))
    told = story(rule).see(0, _owned(1, "lee"), _owned(2, "lee"), _owned(3, "lee", image_labels=LEE))
    for at in range(1, 26):
        _samples(told, at, {1: 150, 2: 101 if at >= 20 else 100, 3: 900}).tick(at)
    assert told.at() == [(1, 25)]


def test_what_goes_for_the_owners_own_total_is_gone_for_the_common_one() -> None:
    """400 and 90 of 300: the 250 go, and 240 are left."""
    rule = Rule("g/r", "f:1", when=total_over(300, whole="owner"), limit=1)
    told = story(rule).see(0, _owned(1, "lee"), _owned(2, "lee"), _owned(3, "lee", image_labels=LEE))
    _samples(told, 1, {1: 150, 2: 250, 3: 90}).tick(1)
    assert told.live() == [2]
    assert told.said(RuleHeld) == []


def test_memory_is_said_in_its_units() -> None:
    rule = Rule("g/r", "f:1", when=total_over(2**30, "memory"))
    told = (
        story(rule)
        .see(0, box(1), box(2))
        .sample(1, box(1), memory=2**30)
        .sample(1, box(2), memory=2**29)
        .tick(1)
    )
    assert told.decisions[0].reason == "scope.memory 1.5 GiB > 1 GiB, of which this is 1 GiB"


def test_the_sidecars_that_go_along_are_counted_as_gone() -> None:
    side = box(5, labels={"reactor.sidecar-of": "t1"})
    told = story(Rule("g/r", "f:1", when=total_over(400))).see(0, *TWENTY[:3], side)
    _samples(told, 1, {1: 300, 2: 250, 3: 50, 5: 200}).tick(1)
    assert told.live() == [1], "with its sidecar 300 of 800 are left"
    told.outcome(2, told.decisions[0]).tick(3)
    assert told.live() == [1, 5]


def test_a_dry_total_says_once_whom_it_would_take() -> None:
    told = story(replace(TOTAL, dry_run=True)).see(0, *TWENTY)
    for at in range(1, 6):
        _samples(told, at, {**dict.fromkeys(range(1, 21), 200), 7: 201}).tick(at)
    assert [(int(d.run.id, 16), d.dry_run) for d in told.decisions] == [(7, True)]


def test_a_stop_by_a_total_has_its_grace() -> None:
    told = story(replace(TOTAL, action=Action.STOP, grace=20)).see(0, *TWENTY)
    _samples(told, 1, dict.fromkeys(range(1, 21), 201)).tick(1)
    assert [(d.action, d.grace) for d in told.decisions] == [(Action.STOP, 20)]


def test_a_total_with_a_limit_takes_all_of_its_victims_or_none() -> None:
    for limit, victims in ((3, 0), (4, 4)):
        told = story(replace(TOTAL, limit=limit)).see(0, *TWENTY)
        _samples(told, 1, dict.fromkeys(range(1, 21), 250)).tick(1)
        assert len(told.live()) == victims
        assert len(told.said(RuleHeld)) == (victims == 0)


def test_a_total_waits_at_the_gate_like_any_other_rule() -> None:
    for each, victims in ((211, 2), (350, 0)):
        told = story(replace(TOTAL, digest="t"), gate=GateTerms()).snapshot(0, *TWENTY)
        _samples(told, 1, dict.fromkeys(range(1, 21), each)).tick(1.5)
        assert told.live() == []
        told.tick(2)
        assert len(told.live()) == victims
        assert len(told.said(GateHeld)) == (victims == 0)


def test_a_run_that_ended_is_no_part() -> None:
    told = story(TOTAL).see(0, *TWENTY)
    _samples(told, 1, {**dict.fromkeys(range(1, 21), 200), 7: 201})
    told.see(1.1, over(TWENTY[2])).tick(1.5)
    assert told.live() == []


# What a task uses together


def _task(**more: object) -> Story:
    sides = (
        box(5, labels={"reactor.sidecar-of": "t1"}),
        box(6, labels={}, joins=frozenset({cid(5)}), **more),
        box(7, labels={"reactor.sidecar-of": "t2"}),
    )
    return story(Rule("g/r", "f:1", when=pids_over(10**6))).snapshot(0, box(1), box(2), *sides)


def _sums(told: Story, n: int, at: float = 1, fresh: float = 10) -> tuple[int | None, int | None]:
    return Groups(told.state, at).sums(told.entry(n), fresh)


def test_a_task_is_its_main_and_all_living_sidecars() -> None:
    told = _task()
    for n, pids in ((1, 1), (2, 20), (5, 300), (6, 4000), (7, 50000)):
        told.sample(1, told.entry(n).container, pids=pids, memory=pids * 2)
    assert [_sums(told, n) for n in (1, 5, 6)] == [(4301, 8602)] * 3
    assert [_sums(told, n) for n in (2, 7)] == [(50020, 100040)] * 2
    told.see(1, over(told.entry(6).container))
    assert _sums(told, 1) == (301, 602)


def test_a_sum_of_which_a_part_is_not_known_is_not_known() -> None:
    told = _task()
    for n in (1, 2, 5, 7):
        told.sample(1, told.entry(n).container, pids=1)
    assert (_sums(told, 1), _sums(told, 2)) == ((None, None), (2, None))
    told.sample(9, told.entry(6).container, pids=1)
    assert _sums(told, 1, at=9) == (3, None)
    assert _sums(told, 1, at=9, fresh=7) == (None, None)


def test_a_sidecar_of_two_mains_is_of_no_one_task() -> None:
    mains = [box(n, labels={"reactor.task": "t"}) for n in (1, 2)]
    told = story(Rule("g/r", "f:1", when=pids_over(9))).see(
        0, *mains, box(5, labels={"reactor.sidecar-of": "t"})
    )
    for n in (1, 2, 5):
        told.sample(1, told.entry(n).container, pids=10)
    assert _sums(told, 5) == (None, None)
    assert _sums(told, 1) == (20, None), "to each of them it is a sidecar"


def test_a_rule_about_the_task_is_judged_when_time_goes_on() -> None:
    together = condition(
        lambda view: None if view.group_pids is None else view.group_pids > 300, "group_pids"
    )
    told = story(Rule("g/task", "f:1", when=together, select=(Selector(label="reactor.task"),)))
    told.see(0, box(1), box(2), box(5, labels={"reactor.sidecar-of": "t1"}), box(6, state=State.CREATED))
    for n, pids in ((1, 101), (5, 200), (2, 300)):
        told.sample(1, told.entry(n).container, pids=pids)
    assert told.ended() == []
    told.tick(1.5)
    assert told.at() == [(1, 1.5)]


def test_two_totals_and_not_one_more_than_both_of_them_need() -> None:
    """The victim of the first is enough for the second, whichever it would have taken itself."""
    pids, memory = (
        Rule("g/p", "f:1", when=total_over(1000)),
        Rule("g/m", "f:2", when=total_over(1000, "memory")),
    )
    for rules, victims in (((pids, memory), [1]), ((memory, pids), [2])):
        told = story(*rules).see(0, *TWENTY[:10])
        for n in range(1, 11):
            told.sample(1, box(n), pids=102 if n == 1 else 100, memory=102 if n == 2 else 100)
        told.tick(1)
        assert told.live() == victims


def test_who_goes_by_a_rule_with_a_limit_counts_as_gone_in_the_same_moment() -> None:
    named = Rule("g/l", "f:2", when=condition(lambda view: view.name == "c2"), limit=5)
    told = story(Rule("g/p", "f:1", when=total_over(1000)), named).see(0, *TWENTY[:10])
    _samples(told, 1, dict.fromkeys(range(1, 11), 101)).tick(1)
    assert told.ended() == [(2, "g/l")]


def test_the_hard_level_of_a_total_does_not_wait_for_the_soft_one() -> None:
    """Those who are being stopped are there still; they go before anybody else does."""
    soft = Rule(
        "g/m", "f:1", when=total_over(1000), action=Action.STOP, grace=600, level=Level.SOFT, digest="s"
    )
    hard = Rule("g/m", "f:2", when=total_over(1500), level=Level.HARD, digest="h")
    told = story(soft, hard).see(0, *TWENTY[:6])
    _samples(told, 1, dict.fromkeys(range(1, 7), 240)).tick(1)
    assert [(n, action) for (n, _), action in zip(told.at(), _actions(told), strict=True)] == [
        (1, Action.STOP),
        (2, Action.STOP),
    ]
    values: dict[int, int | None] = {**dict.fromkeys(range(3, 7), 241), 1: 280, 2: 270}  # 1514
    _samples(told, 2, values).tick(2)
    assert told.at()[2:] == [(1, 2)], "and not the second, which the rest does not need"
    assert _actions(told)[2:] == [Action.KILL]
    _samples(told, 3, values).tick(3)
    assert len(told.at()) == 3


def _actions(told: Story) -> list[Action]:
    return [decision.action for decision in told.decisions]
