"""Owners that are gone: proved, for long enough, and nobody else's task goes for it."""

from dataclasses import replace

import pytest

from reactor.core.container import Container, State
from reactor.core.decisions import Result, Why
from reactor.core.facts import OwnersSeen
from reactor.core.leases import RULE, appraise_owner, wanted_owners
from reactor.core.owners import Kind, Presence, read_owner
from reactor.core.rules import Rule, RuleSet, Trigger
from reactor.core.state import Setup
from reactor.core.verbs import Action

from .build import Story, box, cid, over

GONE, ALIVE, UNKNOWN = Presence.GONE, Presence.ALIVE, Presence.UNKNOWN
SETUP = Setup(RuleSet(()), owners_enforced=True)


def owned(n: int, owner: str, **more: object) -> Container:
    return box(n, labels={"reactor.task": f"t{n}", "reactor.owner": owner}, **more)


def seen(at: float, presence: Presence, owner: str = "lease:a", **more: Presence) -> OwnersSeen:
    return OwnersSeen(at, {owner: presence, **{f"lease:{name}": each for name, each in more.items()}})


def told(setup: Setup = SETUP) -> Story:
    """A main of owner a and its sidecar, and neighbours of all kinds, at the age of 100 s."""
    side = box(2, labels={"reactor.sidecar-of": "t1"})
    inherited = owned(7, "lease:a", image_labels={"reactor.owner": "lease:a"})
    others = [owned(3, "lease:b"), owned(4, "lease:c"), owned(5, "a"), box(6), inherited]
    skipped = box(8, labels={"reactor.task": "t8", "reactor.owner": "lease:a", "reactor.skip": ""})
    unreadable = owned(9, "lease:a", image_labels=None)
    return Story(setup).snapshot(100, owned(1, "lease:a"), side, *others, skipped, unreadable)


def beat(story: Story, first: int, last: int, presence: Presence) -> Story:
    """Look every 10 s, and let time go on every second."""
    for at in range(first, last + 1):
        if (at - first) % 10 == 0:
            story.tell(seen(at, presence, b=ALIVE, c=UNKNOWN))
        story.tick(at)
    return story


def test_an_owner_that_is_gone_for_its_grace_takes_its_main_and_nobody_else() -> None:
    story = beat(told(), 110, 139, GONE)
    assert story.decisions == []
    beat(story, 140, 150, GONE)
    (decision,) = story.decisions
    assert (int(decision.run.id, 16), decision.rule, decision.action) == (1, RULE, Action.STOP)
    assert (decision.at, decision.seen, decision.grace, decision.dry_run) == (140, 110, 10, False)
    story.outcome(151, decision)
    assert story.ended() == [(1, RULE), (2, RULE)]


def test_unknown_and_alive_break_the_time() -> None:
    for presence in (UNKNOWN, ALIVE):
        story = beat(told(), 110, 135, GONE)
        beat(story, 136, 136, presence)
        beat(story, 137, 166, GONE)
        assert story.decisions == []
        assert beat(story, 167, 168, GONE).at() == [(1, 167)]


def test_what_was_seen_too_long_ago_is_known_no_more() -> None:
    story = told().tell(seen(110, GONE))
    for at in range(111, 600):
        story.tick(at)
    assert story.at() == [(1, 140)]
    story = told(replace(SETUP, owner_grace=40)).tell(seen(110, GONE))
    for at in range(111, 600):
        story.tick(at)
    assert story.decisions == []
    story.tell(seen(600, GONE)).tick(600)
    assert story.decisions == [], "nobody looked for a while: its time begins anew"


def test_a_young_main_is_left_in_peace() -> None:
    story = Story(SETUP).snapshot(100, owned(1, "lease:a", created=95.0))
    beat(story, 101, 154, GONE)
    assert story.decisions == []
    assert beat(story, 155, 156, GONE).at() == [(1, 155)]


def test_where_it_is_not_switched_on_it_is_said_once_and_again_when_it_went_again() -> None:
    story = beat(told(replace(SETUP, owners_enforced=False)), 110, 200, GONE)
    assert [(each.dry_run, each.at) for each in story.decisions] == [(True, 140)]
    beat(story, 201, 205, ALIVE)
    beat(story, 206, 240, GONE)
    assert [(each.dry_run, each.at) for each in story.decisions] == [(True, 140), (True, 236)]
    assert story.live() == []


def test_a_refusal_because_the_owner_was_back_is_no_pardon() -> None:
    story = beat(told(), 110, 140, GONE)
    story.tell(seen(141, ALIVE)).outcome(141, story.decisions[0], Result.REFUSED, Why.PROTECTED)
    beat(story, 142, 181, GONE)
    assert story.at() == [(1, 140), (1, 172)]


def test_a_container_that_is_an_owner_is_gone_after_two_lists_without_it() -> None:
    owner, other = box(20, labels={}), box(21, labels={})
    mains = [owned(1, f"container:{owner.id}"), owned(3, f"container:{other.id}")]
    story = Story(SETUP).snapshot(100, *mains, owner, other).snapshot(110, *mains, over(owner), other)
    for at in range(110, 120):
        story.tick(at)
    story.snapshot(120, *mains, over(owner), other)
    for at in range(120, 150):
        if at % 10 == 0:
            story.snapshot(at, *mains, over(owner), other)
        story.tick(at)
    assert story.decisions == []
    assert story.snapshot(150, *mains, over(owner), other).tick(150).at() == [(1, 150)]


@pytest.mark.parametrize("way", ["unsure", "gap", "back", "paused", "seldom"])
def test_a_container_that_may_be_there_is_not_gone(way: str) -> None:
    """Its run cannot be confirmed; events were lost; it is back between two lists; nobody listed for long."""
    owner = box(20, labels={})
    main = owned(1, f"container:{owner.id}")
    story = Story(SETUP).snapshot(100, main, owner)
    for n in range(11, 19):
        at = n * 10
        if n % 2 == 0 and way == "unsure":
            story.snapshot(at, main, unsure=frozenset({owner.id}))
        elif n % 2 == 0 and way == "gap":
            story.snapshot(at, main, gap=True)
        elif n == 12 and way == "back":
            story.snapshot(at, main).see(at + 1, owner)
        elif way == "paused":
            story.snapshot(at, main, replace(owner, state=State.PAUSED))
        elif way == "seldom":
            at = 100 + 31 * (n - 10)
            story.snapshot(at, main)
        else:
            story.snapshot(at, main) if way != "back" or n < 13 else story.snapshot(at, main, owner)
        story.tick(at).tick(at + 5)
    assert story.decisions == []


def test_only_leases_of_living_mains_are_looked_for() -> None:
    assert sorted(wanted_owners(SETUP, told().state)) == ["lease:a", "lease:b", "lease:c"]


def test_explain_says_what_is_known() -> None:
    story = told(replace(SETUP, owners_enforced=False)).tell(seen(110, GONE))
    found = {n: appraise_owner(SETUP, story.state, story.entry(n), 112) for n in (1, 3, 5, 6, 7)}
    assert found[6] is None
    shown = {n: (each.kind, each.state, each.since) for n, each in found.items() if each is not None}
    assert shown == {
        1: ("lease", "gone", 2),
        3: ("lease", "unknown", 0),
        5: ("name", "", None),
        7: ("lease", "", None),
    }


def test_explain_does_not_say_that_it_is_only_said_where_a_rule_acts() -> None:
    for rules, only_said in (((), True), ((Rule("g/gone", "f:1", on=Trigger.OWNER_GONE),), False)):
        setup = replace(SETUP, owners_enforced=False, rules=RuleSet(rules))
        story = told(setup).tell(seen(110, GONE))
        found = appraise_owner(setup, story.state, story.entry(1), 112)
        assert found is not None
        assert ("only said" in found.said) is only_said


@pytest.mark.parametrize(
    ("text", "kind", "flawed"),
    [
        ("kim", Kind.NAME, False),
        ("team:kim", Kind.NAME, False),
        ("process", Kind.NAME, False),
        ("lease:" + "a" * 600, Kind.NAME, False),
        ("lease:ci.job_7-x", Kind.LEASE, False),
        ("lease:../x", Kind.LEASE, True),
        ("lease:", Kind.LEASE, True),
        ("process:7@500@1111-2222", Kind.PROCESS, False),
        ("process:0@500@1111-2222", Kind.PROCESS, True),
        ("process:7", Kind.PROCESS, True),
        ("process:7@500@1111-2222\n", Kind.PROCESS, True),
        (f"container:{cid(1)}", Kind.CONTAINER, False),
        (f"container:{cid(1)[:12]}", Kind.CONTAINER, True),
        ("container:web", Kind.CONTAINER, True),
        ("file:a/b", Kind.FILE, False),
        ("file:../b", Kind.FILE, True),
        ("file:/b", Kind.FILE, True),
        ("file:", Kind.FILE, True),
    ],
)
def test_what_a_label_names(text: str, kind: Kind, *, flawed: bool) -> None:
    owner = read_owner(text)
    assert (owner.kind, bool(owner.flaw), owner.text) == (kind, flawed, text)
