"""Conditions as they are written, under the core: totals, tasks, windows, and labels that tighten."""

from reactor.core.cautions import LabelIgnored
from reactor.core.facts import Reloaded
from reactor.core.rules import Rule, RuleSet, Trigger
from tests.core.build import Story, box, story
from tests.core.written import condition as written


def _labelled(n: int, **labels: str) -> dict[str, str]:
    return {"reactor.task": f"t{n}", **labels}


def test_a_total_as_it_is_written() -> None:
    told = story(Rule("host/pids", "f:1", when=written("scope.pids > 4000"))).see(
        0, *(box(n) for n in range(1, 21))
    )
    for n in range(1, 21):
        told.sample(1, box(n), pids=200 + (n == 7))
    told.tick(1)
    assert told.ended() == [(7, "host/pids")]


def test_an_owners_memory_as_it_is_written() -> None:
    boxes = [
        box(n, labels=_labelled(n, **{"reactor.owner": owner}))
        for n, owner in ((1, "kim"), (2, "kim"), (3, "lee"))
    ]
    told = story(Rule("g/r", "f:1", when=written("owner.memory >= 3GiB"))).see(0, *boxes)
    for each, memory in zip(boxes, (2**30, 2**31, 3 * 2**30 - 1), strict=True):
        told.sample(1, each, memory=memory)
    told.tick(1)
    assert told.ended() == [(2, "g/r")]
    assert told.decisions[0].reason == "owner.memory 3 GiB >= 3 GiB of owner 'kim', of which this is 2 GiB"


def test_a_task_as_it_is_written() -> None:
    told = story(Rule("g/task", "f:1", when=written('group.pids > 300 && "main" in labels')))
    told.see(0, box(1, labels=_labelled(1, main="")), box(2, labels=_labelled(2, main="")))
    told.see(0, box(5, labels={"reactor.sidecar-of": "t1"}))
    for n, pids in ((1, 101), (5, 200), (2, 300)):
        told.sample(1, told.entry(n).container, pids=pids)
    told.tick(1)
    assert told.ended() == [(1, "g/task")]
    assert "group.pids 301 > 300" in told.decisions[0].reason


def test_a_label_tightens_a_condition_as_it_is_written() -> None:
    rule = Rule("g/age", "f:1", when=written("age > 12h"), tighten="reactor.lifetime")
    told = story(rule).see(
        0,
        box(1, labels=_labelled(1, **{"reactor.lifetime": "2h"})),
        box(2, labels=_labelled(2, **{"reactor.lifetime": "48h"})),
        box(3, labels=_labelled(3, **{"reactor.lifetime": "2 hours"})),
        box(4),
    )
    assert [note.name for note in told.said(LabelIgnored) if isinstance(note, LabelIgnored)] == ["c3"]
    told.tick(7200).tick(7200.5).tick(43200)
    assert told.at() == [(1, 7200.5)]
    told.tick(43201)
    assert sorted(told.live()) == [1, 2, 3, 4]


def _rising(told: Story, first: int, last: int) -> Story:
    for at in range(first, last + 1):
        told.sample(at, box(1), pids=20 * at).sample(at, box(2), pids=10 * at)
    return told


def test_a_window_goes_on_over_a_reload_of_the_same_rule() -> None:
    def rule(digest: str = "d") -> Rule:
        return Rule("g/rate", "f:1", when=written("rate(pids, 8s) > 10"), hold=2, digest=digest)

    for digest, ended in (("d", 7.0), ("e", 9.0)):
        told = _rising(story(rule()).see(0, box(1), box(2)), 1, 6)
        assert told.at() == []
        told.setup = type(told.setup)(RuleSet((rule(digest),)))
        told.tell(Reloaded(6.5))
        _rising(told, 7, 9)
        assert told.at() == [(1, ended)], "the readings are kept, and for begins anew"


def test_restarts_as_they_are_written_and_a_trigger_beside_them() -> None:
    rule = Rule("g/start", "f:1", when=written("restarts >= 3"), on=Trigger.UNHEALTHY)
    told = story(rule).see(0, box(1, restarts=3), box(2, restarts=2))
    told.see(1, box(1, restarts=3, health="unhealthy"), box(2, restarts=2, health="unhealthy"))
    assert told.ended() == [(1, "g/start")]
    assert told.decisions[0].reason.startswith("it became unhealthy, restarts 3")
