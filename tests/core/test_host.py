"""What the host has left: who goes so that it is enough, who does not, and when nobody knows."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reactor.core.appraisal import appraise
from reactor.core.cautions import GateOpened, RuleHeld
from reactor.core.decisions import Result, Why
from reactor.core.facts import HostSeen
from reactor.core.outlook import Stand
from reactor.core.restraint import GateTerms
from reactor.core.rules import Order, Rule
from reactor.core.state import Setup
from reactor.core.step import wanted_samples, wants_host
from tests.core.build import Story, anew, box, over, story
from tests.core.unknown import unknown_by_rule
from tests.core.written import condition

MIB = 1024**2
TOTAL = 10_000 * MIB
LEFT = Rule("host/left", "f:1", when=condition("host.memory_available < 1000MiB"))
TEN = [box(n) for n in range(1, 11)]
SIZES = {n: 100 + 10 * n for n in range(1, 11)}
"""110 to 200 MiB; 1550 together."""


def host(told: Story, at: float, available: float) -> Story:
    return told.tell(HostSeen(at, TOTAL, int(available * MIB)))


def read(told: Story, at: float, sizes: Mapping[int, int | None] = SIZES) -> Story:
    """Samples, in MiB."""
    for n, size in sizes.items():
        told.sample(at, told.entry(n).container, memory=None if size is None else size * MIB)
    return told


def second(told: Story, at: float, available: float, sizes: Mapping[int, int | None] = SIZES) -> Story:
    """A second as it usually is: samples, a look at the host, a tick."""
    return host(read(told, at, sizes), at, available).tick(at)


def alive(told: Story) -> dict[int, int | None]:
    return {n: size for n, size in SIZES.items() if told.entry(n).alive}


def test_enough_is_left_and_nobody_goes() -> None:
    """The bound itself is enough."""
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 1000)
    assert told.decisions == []
    assert wants_host(told.setup)
    assert wanted_samples(told.state) == {each.run for each in TEN}


@pytest.mark.parametrize(
    ("available", "victims"),
    [(999, [10]), (801, [10]), (800, [10]), (799, [10, 9]), (610, [10, 9]), (609, [10, 9, 8])],
)
def test_the_largest_go_until_what_they_give_back_is_enough(available: int, victims: list[int]) -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, available)
    assert told.live() == victims


def test_or_equal_takes_one_at_the_bound_itself() -> None:
    told = story(Rule("g/r", "f:1", when=condition("host.memory_available <= 1000MiB"))).see(0, *TEN)
    second(told, 1, 1000)
    assert told.live() == [10]
    told = story(Rule("g/r", "f:1", when=condition("host.memory_available <= 1000MiB"))).see(0, *TEN)
    second(told, 1, 800)
    assert told.live() == [10, 9], "800 and 200 are 1000, which is not more than 1000"


def test_a_percentage_is_one_of_the_hosts_memory() -> None:
    told = story(Rule("g/r", "f:1", when=condition("host.memory_available < 10%"))).see(0, *TEN)
    second(told, 1, 1000)
    assert told.decisions == []
    second(told, 2, 950)
    assert told.live() == [10]
    said = "host.memory_available 9.5% (950 MiB of 9.77 GiB) < 10%, and this gives back 200 MiB"
    assert told.decisions[0].reason == said


def test_the_reason_has_both_numbers() -> None:
    told = story(Rule("g/r", "f:1", when=condition("host.memory_available < 4GiB"))).see(0, *TEN)
    second(told, 1, 1.2 * 1024)
    assert told.decisions[0].reason == "host.memory_available 1.2 GiB < 4 GiB, and this gives back 200 MiB"


def test_whoever_has_used_it_up_only_those_in_scope_go_in_the_order_of_the_rule() -> None:
    """Strangers and skipped ones have most of it; one whose memory is not known gives nothing back."""
    stranger, skipped = box(1, labels={}), box(2, labels={"reactor.task": "t", "reactor.skip": ""})
    rule = replace(LEFT, victims=Order("memory", largest=False))
    told = story(rule, gate=GateTerms(off=True, longest=0))
    told.see(0, stranger, skipped, *TEN[2:6])
    for at in (1, 2):
        read(told, at, {1: 5000, 2: 5000, 3: 300, 4: 200, 5: None, 6: 400})
        host(told, at, 600).tick(at)
    assert told.live() == [4, 3]


def test_what_is_being_ended_counts_as_given_back() -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    for at in range(2, 8):
        second(told, at, 850)
    assert told.live() == [10]


def test_what_an_end_gave_back_counts_until_the_host_was_asked_again() -> None:
    """Between an end and the next reading the host looks as bad as before: nobody else goes for it."""
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.see(1.3, over(TEN[9])).outcome(1.4, told.decisions[0])
    for at in (1.5, 1.9):
        read(told, at, alive(told)).tick(at)
    assert told.live() == [10]
    # The truth is that it gave back less: something else took 150 MiB meanwhile.
    second(told, 2, 900, alive(told))
    assert told.live() == [10, 9]


def test_the_truth_after_an_end_is_enough() -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.see(1.3, over(TEN[9])).outcome(1.4, told.decisions[0])
    for at in range(2, 20):
        second(told, at, 1050, alive(told))
    assert told.live() == [10]


def test_a_reading_from_before_the_end_that_comes_after_it_is_not_the_truth() -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.see(2.0, over(TEN[9])).outcome(2.0, told.decisions[0])
    host(told, 2.0, 850)
    read(told, 2.1, alive(told)).tick(2.1)
    assert told.live() == [10]
    host(told, 2.2, 850).tick(2.2)
    assert told.live() == [10, 9]


def test_a_container_that_begins_anew_at_once_gave_back_what_it_had() -> None:
    """By a restart policy: its next run is there before the host is asked again."""
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.see(1.2, anew(TEN[9], 5, 1.2)).outcome(1.3, told.decisions[0])
    read(told, 1.5, {**SIZES, 10: 1}).tick(1.5)
    assert told.live() == [10]
    second(told, 2, 1040, {**SIZES, 10: 1})
    assert told.live() == [10]


def test_one_that_vanished_gave_back_what_it_had() -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.vanish(1.2, 10).outcome(1.3, told.decisions[0])
    read(told, 1.5, alive(told)).tick(1.5)
    assert told.live() == [10]


def test_what_ended_by_itself_gave_back_what_it_had() -> None:
    told = story(replace(LEFT, hold=1.0)).see(0, *TEN)
    second(told, 1, 850)
    told.see(1.9, over(TEN[3]), over(TEN[4]))
    read(told, 2.5, alive(told)).tick(2.5)
    assert told.decisions == [], "850 and 290 are enough"


def test_an_end_that_fails_gives_nothing_back() -> None:
    told = story(LEFT).see(0, *TEN)
    second(told, 1, 850)
    told.outcome(1.5, told.decisions[0], Result.FAILED, Why.GIVEN_UP)
    second(told, 2, 850)
    assert told.live() == [10, 9]


def test_unknown_acts_on_nobody() -> None:
    """Never seen, or seen too long ago; readings of all containers are there."""
    told = story(LEFT).see(0, *TEN)
    for at in range(1, 30):
        read(told, at).tick(at)
    assert told.decisions == []
    told = story(replace(LEFT, hold=20.0)).see(0, *TEN)
    second(told, 1, 100)
    for at in range(2, 60):
        read(told, at).tick(at)
    assert told.decisions == []
    for at in range(60, 81):
        second(told, at, 100)
    assert {at for _, at in told.at()} == {80}, "and it begins anew when it is known again"


def test_freshness_of_a_rule_counts_for_the_host_as_well() -> None:
    told = story(replace(LEFT, fresh=2.0)).see(0, *TEN)
    host(told, 0.5, 850)
    read(told, 2.9).tick(2.9)
    assert told.decisions == []
    host(told, 3, 850).tick(3.5)
    assert told.live() == [10]


def test_for_limit_and_dry_run_hold_as_for_other_totals() -> None:
    told = story(replace(LEFT, hold=10.0)).see(0, *TEN)
    for at in range(1, 12):
        second(told, at, 850)
    assert told.at() == [(10, 11)]
    told = story(replace(LEFT, limit=1)).see(0, *TEN)
    for at in range(1, 5):
        second(told, at, 700)
    assert told.live() == []
    assert len(told.said(RuleHeld)) == 1
    told = story(replace(LEFT, dry_run=True)).see(0, *TEN)
    for at in range(1, 5):
        second(told, at, 700)
    assert told.live() == []
    assert [n for n, _ in told.at()] == [10, 9], "said once, and not one more"


def test_after_a_start_all_are_read_first() -> None:
    told = story(LEFT).snapshot(0, *TEN)
    host(told, 0.4, 850)
    read(told, 0.4, {1: 110, 2: 120}).tick(0.5)
    assert told.decisions == []
    second(told, 1.5, 850)
    assert told.live() == [10]


def gated(*rules: Rule) -> Story:
    digested = [replace(rule, digest=f"d{n}") for n, rule in enumerate(rules)]
    return story(*digested, gate=GateTerms())


def test_at_the_gate_it_waits_until_the_host_is_known_and_keeps_no_other_rule_waiting() -> None:
    """Nobody could say whom it would cost; that the host turns out to be short later is no way around it."""
    told = gated(LEFT, Rule("g/old", "f:2", when=condition("age > 12s"))).snapshot(0, *TEN[:4])
    for at in range(1, 12):
        read(told, at, dict.fromkeys(range(1, 5), 200)).tick(at)
    (opened,) = told.said(GateOpened)
    assert isinstance(opened, GateOpened)
    assert opened.rules == ("g/old",)
    told = gated(LEFT).snapshot(0, *TEN[:4])
    for at in range(1, 30):
        read(told, at, dict.fromkeys(range(1, 5), 200)).tick(at)
    assert told.said(GateOpened) == []
    for at in range(30, 40):
        second(told, at, 300, dict.fromkeys(range(1, 5), 200))
    assert told.decisions == []
    assert told.state.curbs.gate.held
    assert len(told.state.curbs.gate.matches) == 4


def test_a_few_are_let_through_the_gate() -> None:
    told = gated(LEFT).snapshot(0, *TEN)
    for at in range(1, 5):
        second(told, at, 850)
    assert told.at() == [(10, 2)]


def test_what_explain_says_of_it() -> None:
    told = story(LEFT).see(0, *TEN)

    def said(at: float) -> tuple[str, str]:
        (rule,) = appraise(told.setup, told.state, told.entry(1), at).rules
        return rule.stand, rule.said

    read(told, 1).tick(1)
    assert said(1) == (Stand.UNKNOWN, "host.memory_available unknown < 1000MiB")
    assert _unknown(told, 1) == 10
    second(told, 2, 1500)
    (rule,) = appraise(told.setup, told.state, told.entry(1), 2).rules
    assert (rule.stand, rule.sentence) == (Stand.WHOLE, "does not hold for the whole")
    assert rule.said == "host.memory_available 1.46 GiB < 1000 MiB"
    assert [each.said for each in rule.distances] == [
        "host.memory_available 1.46 GiB of 1000 MiB: 500 MiB above it"
    ]
    assert rule.remarks == ("this container's end would give back 110 MiB",)
    second(told, 3, 850)
    assert said(3) == (Stand.WHOLE, "host.memory_available 850 MiB < 1000 MiB")
    assert _unknown(told, 3) == 0
    told.tick(13.5)
    assert said(13.5)[0] == Stand.UNKNOWN


def _unknown(told: Story, at: float) -> int:
    return unknown_by_rule(told.setup, told.state, at)["host/left"]


def test_nobody_asks() -> None:
    rule = Rule("g/r", "f:1", when=condition("scope.memory > 1GiB"))
    assert not wants_host(Setup(story(rule).setup.rules))
