"""Rows, their order, filters, and the lines of the last minutes, without an engine."""

import math
from dataclasses import replace

import pytest
import trio

from reactor.app.page.lines import MOST_RUNS, POINTS, Lines
from reactor.app.page.listing import Listings
from reactor.app.page.nearest import Measures, Nearest
from reactor.app.page.overview import Overview, Overviews
from reactor.app.page.rows import Row, Status, nearness, row_of, words_of
from reactor.app.page.slices import Slices
from reactor.core.facts import Sample
from reactor.core.protection import Standing
from reactor.core.rules import Rule, RuleSet
from reactor.core.shelf import Shelf
from reactor.core.state import Entry, Setup, State
from reactor.web.queries import Wanted
from tests.core.build import box
from tests.core.written import condition

RULES = (
    Rule("safety/pids", "f:1", when=condition("pids > 200")),
    Rule("safety/memory", "f:2", when=condition("memory > 80%")),
    Rule("dry/pids", "f:3", when=condition("pids > 100"), dry_run=True),
)
SETUP = Setup(RuleSet(RULES))


def entry(n: int, pids: int | None = None, memory: int | None = None, **changes: object) -> Entry:
    """A governed run with a reading of moment 100."""
    container = box(n)
    sample = Sample(100.0, container.run, pids, 256, memory, 1000) if pids is not None else None
    base = Entry(
        container, container, Standing.MAIN, 100.0, container.labels, 0.0, 0.0, rules=RULES, sample=sample
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # The fields are checked by the dataclass's users.


def state(*entries: Entry) -> State:
    return State(entries=Shelf[Entry]().put_all({each.run.id: each for each in entries}))


def row(given: Entry, at: float = 101.0, setup: Setup = SETUP) -> Row:
    return row_of(setup, state(given), given, at, Measures())[0]


def test_the_nearest_rule_is_one_that_acts() -> None:
    """What only says so may be nearer: that is another thing than being near the end."""
    shown = row(entry(1, pids=99, memory=100)).nearest
    assert isinstance(shown, Nearest)
    assert (shown.rule, shown.value, shown.bound, shown.share, shown.dry_run) == (
        "safety/pids", 99, 200.0, 0.495, False,
    )  # fmt: skip
    dry = row(replace(entry(1, pids=99), rules=RULES[2:])).nearest
    assert isinstance(dry, Nearest)
    assert (dry.rule, dry.dry_run) == ("dry/pids", True)


def test_unknown_is_no_number() -> None:
    """No reading, or an old one: nothing is shown, and the status says so."""
    for shown in (row(entry(1)), row(entry(1, pids=5, memory=5), at=150.0)):
        assert (shown.pids, shown.memory, shown.cpu, shown.nearest) == (None, None, None, None)
        assert shown.status == Status.UNKNOWN
    assert row(entry(1, pids=0, memory=0)).pids == 0


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (entry(1, pids=10, memory=1), "ok"),
        (entry(1, pids=160, memory=1), "near"),
        (entry(1, pids=159, memory=1), "ok"),
        (entry(1, pids=200, memory=1), "near"),
        (entry(1, pids=201, memory=1), "breaching"),
        (entry(1, pids=201, memory=1, latched=frozenset({"safety/pids"})), "held"),
        (entry(1, pids=201, memory=1, ending="ab"), "ending"),
        (entry(1, pids=201, memory=1, ending="ab", vain=True), "stuck"),
        (entry(1, pids=10, memory=1, unsure=True), "unknown"),
        (entry(1, pids=900, memory=1, standing=Standing.WATCHED, rules=()), "watched"),
        (entry(1, pids=900, memory=1, standing=Standing.SKIPPED), "skipped"),
    ],
)
def test_the_status_of_a_row(given: Entry, status: str) -> None:
    assert row(given).status == status


@pytest.mark.parametrize(
    ("pids", "status", "share"),
    [(10, "ok", 0.05), (150, "ok", 0.75), (160, "near", 0.8), (201, "held", 1.005), (900, "held", 4.5)],
)
def test_a_monitor_that_runs_dry_shows_who_would_be_ended(pids: int, status: str, share: float) -> None:
    """It is how one gets to know what rules would do: who is beyond a bound is never shown as being well."""
    given = entry(1, pids=pids, memory=1)
    dry, live = row(given, setup=replace(SETUP, dry_run=True)), row(given)
    assert dry.status == status
    assert dry.nearest == live.nearest
    assert dry.nearest is not None
    assert (dry.nearest.rule, dry.nearest.dry_run) == ("safety/pids", False)
    assert dry.nearest.share == pytest.approx(share)
    assert nearness(dry) < nearness(row(entry(2, pids=9, memory=1), setup=replace(SETUP, dry_run=True)))


def overview(*entries: Entry) -> Overview:
    rows = sorted(map(row, entries), key=nearness)
    return Overview(1, 0.0, 0.0, tuple(rows), tuple(map(words_of, rows)))


SEEN = overview(
    entry(1, pids=10, memory=500),
    entry(2, pids=199, memory=10),
    entry(3),
    entry(4, pids=230, memory=20),
    entry(5, pids=120, memory=700),
)


async def names(wanted: Wanted) -> list[str]:
    rows, _ = await Listings().listed(SEEN, wanted, Slices())
    return [each.name for each in rows]


async def total(wanted: Wanted) -> int:
    return (await Listings().listed(SEEN, wanted, Slices()))[1]


async def test_rows_are_sorted_and_what_is_unknown_comes_last() -> None:
    assert await names(Wanted()) == ["c4", "c2", "c5", "c1", "c3"]
    assert await names(Wanted(sort="pids", reverse=True)) == ["c4", "c2", "c5", "c1", "c3"]
    assert await names(Wanted(sort="pids")) == ["c1", "c5", "c2", "c4", "c3"]
    assert await names(Wanted(sort="name", reverse=True)) == ["c5", "c4", "c3", "c2", "c1"]
    assert await names(Wanted(sort="memory", limit=2, offset=1)) == ["c4", "c1"]


async def test_filters_narrow_and_the_total_says_how_many_there_would_be() -> None:
    assert await total(Wanted(text="c2")) == 1
    assert await names(Wanted(status=frozenset({"near", "breaching"}))) == ["c4", "c2", "c5"]
    assert (await names(Wanted(rule="safety/pids")))[:2] == ["c4", "c2"]
    assert await total(Wanted(limit=1)) == 5
    assert await names(Wanted(text="nobody")) == []
    assert await names(Wanted(text="c", sort="name", limit=2, offset=1)) == ["c2", "c3"]


async def test_the_same_question_about_the_same_overview_is_answered_once() -> None:
    """And an order is found once for all who want it; the next overview begins anew."""
    listings, wanted = Listings(), Wanted(sort="memory", text="c")
    first = await listings.listed(SEEN, wanted, Slices())
    assert await listings.listed(SEEN, wanted, Slices()) is first
    later = replace(SEEN, number=2, rows=SEEN.rows[:2], words=SEEN.words[:2])
    assert (await listings.listed(later, wanted, Slices()))[1] == 2


async def test_an_overview_is_good_for_a_while_and_taken_in_slices(autojump_clock: trio.abc.Clock) -> None:
    """Whoever comes within a second gets the same one; the loop goes round while it is taken."""
    turns = 0

    async def go_round() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    many = state(*(entry(n, pids=n % 180, memory=5) for n in range(1, 1500)))
    views = Overviews(lambda: SETUP, lambda: many, lambda: 5.0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(go_round)
        first = await views.latest()
        nursery.cancel_scope.cancel()
    assert turns > 5
    assert len(first.rows) == 1499
    assert first.rules["safety/pids/only"].selects == 1499
    assert await views.latest() is first
    await trio.sleep(1000)
    assert (await views.latest()).number == 2


async def test_lines_keep_the_last_points_of_who_lives(autojump_clock: trio.abc.Clock) -> None:
    """Bounded in points; a gap is a gap; who is gone leaves nothing."""
    await trio.sleep(100 - trio.current_time() + 1)
    now = [state(entry(1, pids=7, memory=9), entry(2))]
    lines = Lines(lambda: SETUP, lambda: now[0])
    key = box(1).run.id
    for _ in range(POINTS + 5):
        await lines.keep()
    slices = Slices()
    found = await lines.of([key, box(2).run.id], slices)
    assert list(found) == [key]
    assert (found[key].pids, found[key].memory) == ([7] * POINTS, [9] * POINTS)
    assert len((await lines.of([key], slices, {key: lines.round - 2}))[key].pids) == 2
    await trio.sleep(60)
    await lines.keep()
    assert (await lines.of([key], slices, {key: lines.round - 1}))[key].pids == [None]
    now[0] = state(entry(2))
    await lines.keep()
    assert await lines.of([key], slices) == {}
    assert MOST_RUNS >= 1000
    assert not math.isnan(lines.every)
