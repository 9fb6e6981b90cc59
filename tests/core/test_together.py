"""What all use together, kept from tick to tick, is held against adding everybody up anew."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.columns import PARTS, column
from reactor.core.facts import Sample
from reactor.core.protection import Standing
from reactor.core.shelf import Shelf
from reactor.core.state import Entry, Freed, Together
from reactor.core.together import brought_up, column_of, gave_back, value_of
from tests.core.build import box, cid

KEYS = frozenset({"g/total", "g/other"})
NUMBERS = st.sampled_from([None, 0, 1, 7, 300])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """One of some containers, in any condition."""
    there = box(draw(st.integers(1, 9)))
    run = draw(st.sampled_from([there.run, there.run, replace(there.run, started_at="earlier")]))
    sample = Sample(draw(st.floats(0, 9)), run, draw(NUMBERS), 256, draw(NUMBERS), 1000)
    return Entry(
        there,
        there,
        draw(st.sampled_from([Standing.MAIN, Standing.SIDECAR, Standing.SKIPPED])),
        0.0,
        {},
        0.0,
        0.0,
        serves=draw(st.sampled_from(["", "", "task"])),
        sample=draw(st.sampled_from([None, sample, sample])),
        unsure=draw(st.sampled_from([False, False, True])),
        latched=draw(st.frozensets(st.sampled_from([*KEYS, "g/else"]))),
        ending=draw(st.sampled_from(["", "", "id"])),
        ended_at=draw(st.sampled_from([None, None, 3.0])),
        freed=draw(st.sampled_from([None, Freed(1.0, 5)])),
    )


MOVES = st.lists(st.one_of(entries(), st.integers(1, 9), st.just("look")), max_size=40)


@settings(max_examples=150, deadline=None)
@given(MOVES)
def test_what_is_kept_is_what_adding_up_gives(moves: list[Entry | int | str]) -> None:
    """Whatever comes, changes and goes between two looks, and however many do."""
    shelf: Shelf[Entry] = Shelf()
    kept: Together | None = None
    for move in [*moves, "look"]:
        if isinstance(move, Entry):
            shelf = shelf.put(move.run.id, move, quiet=bool(move.ending))
        elif isinstance(move, int):
            shelf = shelf.drop(cid(move))
        else:
            kept = brought_up(kept, shelf, KEYS)
            check(kept, list(shelf.values()))


def check(kept: Together, there: list[Entry]) -> None:
    """Everything in it, by the plain way."""
    members = [entry for entry in there if entry.alive and entry.governed]
    assert kept.members == {entry.run.id for entry in members}
    assert kept.sidecars == {entry.run.id for entry in members if entry.is_sidecar}
    assert kept.ending == {entry.run.id for entry in members if entry.ending}
    assert kept.back == {entry.run.id for entry in there if gave_back(entry)}
    for key in KEYS:
        assert kept.spoken[key] == {entry.run.id for entry in members if key in entry.latched}
    for part in PARTS:
        known = column_of(members, part)
        assert (kept.columns[part].values, kept.columns[part].total) == (known.values, known.total)
        assert all(kept.columns[part].oldest[by] <= at for by, at in known.oldest.items())
        fresh = [each for each in members if (value := value_of(each, part)) and 9.5 - value.at <= 2.0]
        assert kept.column(part, 9.5, 2.0).values == column_of(fresh, part).values


def test_who_is_asked_about_is_part_of_it() -> None:
    """Other rules about the whole: who has spoken is found out anew."""
    there = box(1)
    entry = Entry(there, there, Standing.MAIN, 0.0, {}, 0.0, 0.0, latched=frozenset({"g/new"}))
    shelf = Shelf[Entry]().put(entry.run.id, entry)
    kept = brought_up(brought_up(None, shelf, KEYS), shelf, frozenset({"g/new"}))
    assert kept.spoken == {"g/new": {entry.run.id}}


def test_nothing_new_is_the_same_one() -> None:
    kept = brought_up(None, Shelf(), KEYS)
    assert brought_up(kept, Shelf(), KEYS) is kept
    assert column({}) == kept.columns["pids"]
