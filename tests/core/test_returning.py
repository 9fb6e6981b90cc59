"""What an orchestrator brings back whenever it is ended: recognised, said, and who waits for how long."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.cautions import BroughtBack, BudgetSpent
from reactor.core.comebacks import SLACK, ComebackTerms
from reactor.core.container import Container
from reactor.core.returning import brought_back_of_late
from reactor.core.rules import Rule, Trigger
from reactor.core.services import service_of
from tests.core.build import Story, age_over, box, over, pids_over, story

SOON = Rule("g/soon", "f:1", when=age_over(1))
PIDS = Rule("g/pids", "f:2", when=pids_over(200))
WEB, OTHER = "web00000000000000000000id", "oth00000000000000000000id"
TASK = "tsk00000000000000000000id"
TERMS = ComebackTerms()
DELAY = 5.0
"""After how many seconds Swarm brings a task back, if nothing else is said."""


def swarm(service: str = WEB, name: str = "web", **more: str) -> dict[str, str]:
    """The labels that Swarm writes on the containers of its tasks."""
    return {
        "com.docker.swarm.service.id": service,
        "com.docker.swarm.service.name": name,
        "com.docker.swarm.task.id": TASK,
        "com.docker.swarm.node.id": "nod00000000000000000000id",
        "reactor.task": "t",
        **more,
    }


def _task(n: int, at: float, labels: dict[str, str] | None = None, **changes: object) -> Container:
    made: dict[str, object] = {"born": at, "created": at, "labels": labels or swarm(), "image_id": "sha256:1"}
    return box(n, **{**made, **changes})


def _told(*rules: Rule, **terms: object) -> Story:
    return story(*(rules or (SOON, PIDS)), comebacks=replace(TERMS, **terms))  # type: ignore[arg-type]  # As in build.


def _soon(told: Story, task: Container, since: float) -> float:
    """When a task that breaks the soft rule one second after its start is ended."""
    told.see(since, task)
    for quarter in range(4, 4 * 200):
        at = since + quarter / 4
        before = len(told.decisions)
        told.tick(at)
        if len(told.decisions) > before:
            assert told.decisions[-1].run == task.run
            told.see(at, over(task, 137)).vanish(at, int(task.id, 16))
            return at
    raise AssertionError("it was never ended")


def _waits(told: Story, rounds: int, delay: float = DELAY, **task: object) -> list[float]:
    """How long each task lived: the first, and those that came in its place."""
    at, lived = 10.0, []
    for n in range(1, rounds + 1):
        end = _soon(told, _task(n, at, **task), at)  # type: ignore[arg-type]  # As above.
        lived.append(end - at)
        at = end + delay
    return lived


def test_soft_ends_grow_apart_up_to_a_minute() -> None:
    # A life that is ended at once lasts 1.25 s here, and follows the end before by 6.25.
    told = _told()
    assert _waits(told, 11) == [1.25, 1.25, 1.25, 1.25, 5, 15, 35, 55, 55, 55, 55]
    assert len(told.decisions) == 11, "each of them was ended, once"


def test_without_a_service_nobody_waits() -> None:
    assert set(_waits(_told(), 9, labels={"reactor.task": "t"})) == {1.25}


def test_it_can_be_switched_off() -> None:
    told = _told(off=True)
    assert set(_waits(told, 9)) == {1.25}
    assert told.said(BroughtBack) == []


def test_who_comes_back_late_was_not_brought_back_at_once() -> None:
    told = _told()
    assert set(_waits(told, 9, delay=TERMS.back_within + 0.25)) == {1.25}
    assert told.said(BroughtBack) == []


def test_what_is_seldom_is_forgotten() -> None:
    """With a minute between them there are never three within 90 seconds."""
    told = _told(window=90.0)
    assert set(_waits(told, 9, delay=59.0)) == {1.25}


def test_a_hard_verdict_never_waits() -> None:
    """A fork storm that comes back for the hundredth time is ended as the first one was: with its reading."""
    told = _told()
    at = 10.0
    for n in range(1, 101):
        storm = _task(n, at)
        told.see(at, storm).sample(at + 0.5, storm, pids=201)
        assert told.at()[-1] == (n, at + 0.5)
        told.see(at + 0.5, over(storm, 137)).vanish(at + 0.5, n)
        at += DELAY
    assert len(told.decisions) == 100
    (again,) = brought_back_of_late(told.setup, told.state, at)
    assert (again.kind, again.name, again.rule, again.times) == ("Swarm", "web", "g/pids", 64)
    assert told.said(BudgetSpent) == []


def test_a_hard_verdict_goes_while_a_soft_one_of_the_same_service_waits() -> None:
    told = _told()
    _waits(told, 9)
    at = told.decisions[-1].at + DELAY
    storm = _task(10, at)
    told.see(at, storm).tick(at + 2)
    assert len(told.decisions) == 9, "the soft one waits"
    told.sample(at + 2.5, storm, pids=201).tick(at + 2.75)
    assert told.ended()[9:] == [(10, "g/pids")]


def test_a_hard_verdict_that_waits_for_a_token_waits_for_nothing_else() -> None:
    """Where hard ones are too many they go when time goes on, beside the soft ones: as soon as they may."""
    told = story(SOON, PIDS, comebacks=TERMS, budgets=BudgetTerms(hard=Budget(1, 1.0)))
    at = 10.0
    for n in range(1, 10):
        storm = _task(n, at)
        told.see(at, storm).sample(at + 0.5, storm, pids=201).see(at + 0.5, over(storm, 137)).vanish(
            at + 0.5, n
        )
        at += DELAY
    other, storm = _task(21, at, {"reactor.task": "t"}), _task(22, at)
    told.see(at, other, storm).sample(at + 0.25, other, pids=201).sample(at + 0.25, storm, pids=201)
    assert told.ended()[9:] == [(21, "g/pids")], "there is one token, and it is spent"
    told.tick(at + 0.5)
    assert len(told.decisions) == 10
    told.tick(at + 1.25)
    assert told.ended()[10:] == [(22, "g/pids")]


def test_it_is_said_aloud_at_the_third_and_at_each_doubling() -> None:
    told = _told()
    _waits(told, 8)
    notes = [each for each in told.said(BroughtBack) if isinstance(each, BroughtBack)]
    assert [each.times for each in notes] == [1, 2, 3, 4, 5, 6, 7]
    assert [each.times for each in notes if each.loud] == [3, 6]
    third = told.decisions[3]
    assert third.reason.endswith(
        "; Swarm brought service web back 3 times in 19s: "
        "docker service scale web=0, or mend it with docker service update web"
    )
    assert [";" in each.reason for each in told.decisions[:3]] == [False] * 3


def test_the_remedy_is_the_limit_that_the_rule_is_about() -> None:
    told = _told()
    for n in range(1, 5):
        storm = _task(n, n * 6.0)
        told.see(n * 6.0, storm).sample(n * 6.0 + 1, storm, pids=201)
    assert "docker service update --limit-pids N web" in told.decisions[-1].reason


def test_others_of_the_service_that_ran_before_do_not_wait() -> None:
    """Five replicas that break the rule together came in nobody's place."""
    told = _told()
    told.see(10, *(_task(n, 10.0) for n in range(1, 9))).tick(12)
    assert sorted(told.live()) == list(range(1, 9))
    assert told.said(BroughtBack) == []


def test_another_service_image_or_rule_is_another_line() -> None:
    told = _told()
    _waits(told, 9)
    at = told.decisions[-1].at + DELAY
    others = [
        _task(21, at, swarm(OTHER, "web")),
        _task(22, at, image_id="sha256:2"),
        _task(23, at, {"reactor.task": "t"}),
    ]
    told.see(at, *others).tick(at + 1.25)
    assert sorted(told.live()[9:]) == [21, 22, 23]


def test_one_whose_creation_is_unknown_does_not_wait() -> None:
    told = _told()
    _waits(told, 9)
    at = told.decisions[-1].at + DELAY
    told.see(at, _task(31, at, created=None)).tick(at + 1.25)
    assert told.live()[9:] == [31]


def test_a_dry_rule_brings_nothing_back() -> None:
    told = _told(replace(SOON, dry_run=True))
    for n in range(1, 6):
        told.see(n * 6.0, _task(n, n * 6.0)).tick(n * 6.0 + 2)
    assert told.said(BroughtBack) == []


def test_an_image_says_nothing_about_services() -> None:
    """Labels that came with the image, or may have, are not read."""
    assert service_of(_task(1, 0.0)) is not None
    assert service_of(_task(1, 0.0, image_labels=swarm())) is None
    assert service_of(_task(1, 0.0, image_labels=None)) is None


@pytest.mark.parametrize(
    "labels",
    [
        {**swarm(), "com.docker.swarm.service.id": "x"},
        {**swarm(), "com.docker.swarm.service.id": WEB.upper()},
        {**swarm(), "com.docker.swarm.service.id": f"{WEB}\n"},
        {**swarm(), "com.docker.swarm.task.id": ""},
        {key: value for key, value in swarm().items() if not key.endswith("task.id")},
        {
            "com.docker.compose.project": "p",
            "com.docker.compose.service": "s",
            "com.docker.compose.oneoff": "True",
        },
        {"com.docker.compose.project": "p q", "com.docker.compose.service": "s"},
        {"com.hashicorp.nomad.job_name": "$(reboot)", "com.hashicorp.nomad.task_name": "t"},
        {"com.hashicorp.nomad.job_name": "j"},
    ],
)
def test_what_no_orchestrator_writes_is_no_service(labels: dict[str, str]) -> None:
    assert service_of(_task(1, 0.0, labels)) is None


@pytest.mark.parametrize(
    ("labels", "kind", "name"),
    [
        (swarm(), "Swarm", "web"),
        (swarm(name="`reboot`; \x1b[2J"), "Swarm", WEB),
        ({"com.docker.compose.project": "p", "com.docker.compose.service": "s"}, "Compose", "p/s"),
        (
            {
                "com.docker.compose.project": "p",
                "com.docker.compose.service": "s",
                "com.docker.compose.oneoff": "False",
            },
            "Compose",
            "p/s",
        ),
        ({"com.hashicorp.nomad.job_name": "j", "com.hashicorp.nomad.task_name": "t"}, "Nomad", "j/t"),
    ],
)
def test_what_they_write(labels: dict[str, str], kind: str, name: str) -> None:
    service = service_of(_task(1, 0.0, labels))
    assert service is not None
    assert (service.kind, service.name) == (kind, name)


def test_a_container_under_somebody_elses_service_only_has_others_wait_less() -> None:
    """It takes the place that the true one would have taken: that one does not wait at all then."""
    told = _told()
    _waits(told, 9)
    at = told.decisions[-1].at + DELAY
    false, true = _task(41, at), _task(42, at + 0.5)
    told.see(at, false).sample(at + 0.25, false, pids=201).see(at + 0.5, true)
    told.tick(at + 1).tick(at + 2)
    assert told.ended()[9] == (41, "g/pids")
    assert (42, "g/soon") not in told.ended(), "another rule is another line"
    told.tick(told.decisions[8].at + 60)
    assert told.at()[-1] == (42, told.decisions[8].at + 60)


_STEPS = st.lists(
    st.tuples(
        st.sampled_from([WEB, OTHER, ""]),
        st.sampled_from([SOON, PIDS]),
        st.floats(0.25, 20).map(lambda seconds: round(seconds * 4) / 4),
    ),
    max_size=25,
)


@settings(max_examples=25)
@given(_STEPS)
def test_nobody_waits_longer_than_a_minute_after_his_creation(steps: list[tuple[str, Rule, float]]) -> None:
    """Whatever others were labelled, and ended by: the bound holds, and hard ones go at once."""
    told = _told()
    at = 1.0
    for n, (service, rule, later) in enumerate(steps, 1):
        each = _task(n, at, swarm(service) if service else {"reactor.task": "t"})
        told.see(at, each)
        if rule is PIDS:
            told.sample(at + 0.25, each, pids=201)
            assert told.at()[-1] == (n, at + 0.25)
            told.see(at + 0.25, over(each, 137)).vanish(at + 0.25, n)
        at += later
        told.tick(at)
    for _ in range(70):
        at += 1
        told.tick(at)
    when = dict(told.at())
    created = {int(entry.run.id, 16): entry.container.created for entry in told.state.entries.values()}
    assert len(told.decisions) == len(steps), "nobody is missed, and nobody is ended twice"
    for n, born in created.items():
        assert born is not None
        assert when[n] <= born + TERMS.longest + SLACK + max(1.0, *(later for *_, later in steps))


@settings(max_examples=10)
@given(st.integers(0, 40), st.floats(0, 1e6))
def test_the_place_that_one_took_is_the_earliest(count: int, since: float) -> None:
    """So that more ends, whoever lied for them, never have anybody wait longer."""
    told = _told()
    for n in range(1, count + 1):
        told.see(since, _task(n, since))
    told.tick(since + 2)
    task = _task(99, since + 7)
    told.see(since + 7, task)
    for second in range(70):
        told.tick(since + 7 + second)
    assert dict(told.at())[99] <= since + 8 + TERMS.longest + SLACK


def test_a_trigger_is_no_condition_and_has_a_remedy_as_well() -> None:
    told = _told(Rule("g/oom", "f:3", on=Trigger.OOM))
    for n in range(1, 6):
        told.see(n * 6.0, _task(n, n * 6.0)).oom(n * 6.0 + 1, n)
    assert [each.rule for each in told.decisions] == ["g/oom"] * 5
    assert "docker service update --limit-memory SIZE web" in told.decisions[-1].reason
