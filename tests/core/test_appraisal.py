"""What every rule makes of one container, and how far away it is."""

import json
from dataclasses import asdict, replace

import pytest

from reactor.core.appraisal import NOT_SELECTED, Appraisal, RuleAppraisal, appraise, find
from reactor.core.container import ContainerId
from reactor.core.decisions import Result, Why
from reactor.core.language.distance import distances
from reactor.core.language.tree import Node
from reactor.core.outlook import Stand
from reactor.core.rules import Rule, RuleSet
from reactor.core.selector import Selector
from reactor.core.state import Setup
from tests.core.build import Story, anew, box, cid, over
from tests.core.written import MIB, condition, view

RULES = RuleSet(
    (
        Rule("safety/pids", "r:1", when=condition("pids > 200"), hold=10.0),
        Rule("safety/memory", "r:2", when=condition("memory > 80%")),
        Rule("safety/lifetime", "r:3", when=condition("age > 12h")),
        Rule("ml/old", "r:4", when=condition("age > 1h"), select=(Selector(label="team", value="ml"),)),
    )
)


def _tree(text: str) -> Node:
    tree = condition(text).tree
    assert tree is not None
    return tree


def test_distances_say_how_far_it_is() -> None:
    told = {
        text: [each.said for each in distances(condition(text).tree, view(**known))]  # type: ignore[arg-type]
        for text, known in {
            "pids > 200": {"pids": 187},
            "pids >= 200": {"pids": 200},
            "memory > 80%": {"memory": 400 * MIB, "memory_limit": 1000 * MIB},
            "memory > 512MiB": {},
            "memory > 90%": {"memory": 5},
            'age > 12h && name == "a"': {"age": 11 * 3600.0},
        }.items()
    }
    assert told == {
        "pids > 200": ["pids 187 of 200: 13 to go"],
        "pids >= 200": ["pids 200 of 200: beyond it"],
        "memory > 80%": ["memory 400 MiB of 800 MiB: 400 MiB to go"],
        "memory > 512MiB": ["memory is unknown"],
        "memory > 90%": ["it has no memory limit"],
        'age > 12h && name == "a"': ["age 11h of 12h: 1h to go"],
    }


def _of(story: Story, wanted: ContainerId, at: float) -> Appraisal:
    (entry,) = find(story.state, wanted)
    return appraise(story.setup, story.state, entry, at)


def _rule(appraisal: Appraisal, name: str) -> RuleAppraisal:
    return next(rule for rule in appraisal.rules if rule.rule == name)


def test_each_rule_says_where_it_stands() -> None:
    story, one = Story(Setup(RULES)), box(1, born=100.0 - 3600.0)
    story.snapshot(100.0, one, box(2))
    story.sample(100.0, one, pids=231, memory=100 * MIB, memory_limit=1000 * MIB)
    story.tick(104.0)
    told = _of(story, cid(1), 104.0)
    pids, memory, lifetime, ml = told.rules
    assert (pids.stand, pids.said, pids.held, pids.due_in) == (Stand.HOLDING, "pids 231 > 200", 4.0, 6.0)
    assert (memory.stand, memory.due_in) == (Stand.WITHIN, None)
    assert lifetime.stand == Stand.WITHIN
    assert lifetime.due_in == pytest.approx(11 * 3600.0 - 4.0)
    assert ml.stand == NOT_SELECTED
    assert told.kept_by == ""


@pytest.mark.parametrize(
    ("text", "due_in"),
    [
        ('name == "c1" && age > 12h', 11 * 3600.0),
        ('name == "other" && age > 12h', None),
        ("total_age > 12h", 11 * 3600.0),
        ("age > 2h && total_age > 12h", 11 * 3600.0),
        ("age > 2h || total_age > 12h", 3600.0),
        ("pids > 200 || age > 12h", 11 * 3600.0),
        ("pids > 200 && age > 12h", None),
        ('health == "starting" && age > 12h', None),
        ('labels["team"] == "ml" && age > 12h', None),
        ('!(age > 12h) && state == "paused"', None),
    ],
)
def test_the_moment_at_which_a_rule_acts_is_foreseen_only_if_age_alone_is_missing(
    text: str, due_in: float | None
) -> None:
    one = box(1, born=100.0 - 3600.0, created=100.0 - 3600.0, restarts=0)
    story = Story(Setup(RuleSet((Rule("g/r", "r:1", when=condition(text)),)))).snapshot(100.0, one)
    story.sample(100.0, one, pids=5)
    found = _rule(_of(story, cid(1), 100.0), "g/r")
    assert found.stand == Stand.WITHIN
    assert found.due_in == (None if due_in is None else pytest.approx(due_in))


def test_what_is_not_sampled_is_unknown_and_what_is_out_of_scope_says_so() -> None:
    story = Story(Setup(RULES)).snapshot(100.0, box(1), box(2, labels={}))
    assert _rule(_of(story, cid(1), 100.0), "safety/pids").stand == Stand.UNKNOWN
    assert _of(story, cid(2), 100.0).kept_by == "it is out of scope: it is only watched"


def test_a_person_means_a_full_id_first_then_a_name_then_the_beginning_of_an_id() -> None:
    story = Story(Setup(RULES))
    story.snapshot(100.0, box(1, name=cid(2)), box(2, name="web"), box(3, name="webx"))
    assert [entry.run.id for entry in find(story.state, cid(2))] == [cid(2)]
    assert [entry.run.id for entry in find(story.state, "web")] == [cid(2)]
    assert find(story.state, "nobody") == ()
    assert len(find(story.state, "0000")) == 3


def test_what_never_gets_there_is_said_without_an_infinite_number() -> None:
    """A machine that reads the answer as JSON knows no infinity."""
    pace = condition("time_to(memory, memory_limit) < 1m")
    told = Story(Setup(RuleSet((Rule("g/pace", "r:1", when=pace),)))).see(0, box(1))
    for at in range(1, 30):
        told.sample(at, box(1), pids=5, memory=100, memory_limit=1000)
    (rule,) = appraise(told.setup, told.state, told.entry(1), 30).rules
    json.dumps(asdict(rule), allow_nan=False)
    assert [far.said for far in rule.distances] == ["time_to(memory, memory_limit): never, as it goes on now"]


def test_of_one_that_cannot_be_ended_it_is_said() -> None:
    story = Story().see(0, box(1)).sample(1, box(1), pids=201)
    assert _of(story, cid(1), 2.0).kept_by == "a decision about this run is being carried out"
    story.outcome(16, story.decisions[0], Result.UNKNOWN, Why.WEDGED, final=False)
    assert _of(story, cid(1), 17.0).kept_by.startswith("the engine does not get it ended")


def test_the_moment_is_not_before_a_cooldown_is_over_and_never_where_all_was_said() -> None:
    rule = Rule("g/r", "r:1", when=condition("age > 20s"), cooldown=100, hold=5)
    story = Story(Setup(RuleSet((rule,)))).see(0, box(1)).tick(21).tick(23).tick(25).tick(26)
    assert len(story.decisions) == 1
    later = anew(box(1), 40, at=40)
    story.see(41, over(box(1))).see(42, later)
    found = _rule(_of(story, cid(1), 42.0), "g/r")
    assert (found.stand, found.due_in) == (Stand.WITHIN, 126.0 - 42.0), "20 s and 5 s are over before"
    dry = replace(rule, dry_run=True, when=condition("age > 20s && pids > 5"), hold=0)
    said = Story(Setup(RuleSet((dry,)))).see(0, box(1)).sample(30, box(1), pids=6).sample(31, box(1), pids=1)
    assert len(said.decisions) == 1
    assert _rule(_of(said, cid(1), 32.0), "g/r").due_in is None


def test_a_total_of_an_owner_is_said_as_the_one_that_it_may_be_ended_for() -> None:
    """Of what an image says of the owner, the owner's own containers hear nothing."""
    lee = {"reactor.owner": "lee"}
    scope = Rule("g/scope", "r:1", when=condition("scope.pids > 100"), hold=60)
    owner = Rule("g/owner", "r:2", when=condition("owner.pids > 500"))
    given, claimed = (
        box(n, labels={"reactor.task": f"t{n}", **lee}, image_labels=images)
        for n, images in ((1, {}), (2, lee))
    )
    story = Story(Setup(RuleSet((scope, owner)))).see(0, given, claimed, box(3))
    story.sample(1, given, pids=90).sample(1, claimed, pids=20).tick(2)
    said = [[rule.said for rule in _of(story, cid(n), 4.0).rules] for n in (1, 2, 3)]
    assert said == [
        ["scope.pids 110 > 100", "owner.pids 90 > 500 of owner 'lee'"],
        ["scope.pids 110 > 100", "owner.pids 110 > 500 of owner 'lee' (by its image's word)"],
        ["scope.pids 110 > 100", "owner.pids > 500"],
    ]
    assert [rule.held for rule in _of(story, cid(1), 4.0).rules] == [2.0, None]


@pytest.mark.parametrize(
    ("text", "changes", "sentence", "far"),
    [
        (
            "memory > 80%",
            {"memory_limited": False},
            "unknown, as it has no memory limit",
            ["it has no memory limit"],
        ),
        ("memory > 80%", {"memory_limited": True}, "unknown", ["memory is unknown"]),
        ("memory > 80%", {}, "unknown", ["memory is unknown"]),
        (
            "memory_limit - memory < 100MiB",
            {"memory_limited": False},
            "unknown, as it has no memory limit",
            ["memory_limit - memory is unknown"],
        ),
        (
            "pids > 90% || memory > 80%",
            {"memory_limited": False, "pids_limited": False},
            "unknown, as it has no memory limit and it has no pids limit",
            ["it has no pids limit", "it has no memory limit"],
        ),
    ],
)
def test_a_limit_that_there_is_not_is_said_before_the_first_reading(
    text: str, changes: dict[str, object], sentence: str, far: list[str]
) -> None:
    told = Story(Setup(RuleSet((Rule("g/r", "r:1", when=condition(text)),)))).snapshot(0, box(1, **changes))
    rule = _rule(_of(told, cid(1), 0), "g/r")
    assert (rule.stand, rule.sentence) == (Stand.UNKNOWN, sentence)
    assert [each.said for each in rule.distances] == far
    told.sample(1, box(1), pids=5, memory=100)
    assert _rule(_of(told, cid(1), 1), "g/r").sentence.startswith("unknown, as it has no")
