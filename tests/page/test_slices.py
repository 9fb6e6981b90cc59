"""Long work in slices: sorted rightly, taken in turns, made once for all who ask, and never a long hold."""

import gc
import math
from collections.abc import Iterator
from itertools import pairwise

import msgspec
import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from reactor.app.page.answers import MOST_WAITING, Answers
from reactor.app.page.encoding import array, table
from reactor.app.page.slices import SLICE, Crowded, Slices, Turns, let_go
from reactor.app.page.sorting import in_order
from reactor.web.control import Refused
from tests.page.holds import holds

MANY = 2000


@given(st.lists(st.integers(0, 9) | st.integers(), max_size=400), st.integers(1, 12))
def test_any_list_is_sorted_and_equals_keep_their_order(values: list[int], by: int) -> None:
    """Also one in which most are the same."""
    things = [*enumerate(values * by)]

    async def ordered() -> list[tuple[int, int]]:
        return await in_order(things, lambda each: each[1], Slices(0.0))

    assert trio.run(ordered) == sorted(things, key=lambda each: each[1])


async def test_what_is_encoded_in_slices_is_the_same_json() -> None:
    things = {f"n\n{number}": {"x": [number, None, "\u202e\0"]} for number in range(100)}
    assert msgspec.json.decode(await array(things.values(), Slices(0.0))) == [*things.values()]
    assert msgspec.json.decode(await table(things, Slices(0.0))) == things
    assert (bytes(await array((), Slices())), bytes(await table({}, Slices()))) == (b"[]", b"{}")


async def test_one_works_at_a_time_and_rests_after_it(autojump_clock: trio.abc.Clock) -> None:
    turns, at = Turns(rests=1e6), []

    async def work() -> None:
        async with turns.turn() as slices:
            at.append(trio.current_time())
            while slices.used < 1e-4:
                pass

    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(work)
    # A ten-thousandth of a second of work, a million times, is a hundred seconds.
    assert all(later - before >= 100 for before, later in pairwise(at))
    with pytest.raises(Crowded):
        async with turns.turn(0):
            raise AssertionError


async def test_a_thousand_readers_cost_what_one_does(autojump_clock: trio.abc.Clock) -> None:
    """Who asks for something else waits for his turn, and is told to come back where too many do."""
    made, told, refused = [], [], []

    async def ask(answers: Answers, question: str) -> None:
        async def make(slices: Slices) -> msgspec.Raw:
            made.append(question)
            await trio.sleep(1)
            return msgspec.Raw(question.encode())

        try:
            told.append(bytes(await answers.to(question, lambda: 1, make)))
        except Refused as error:
            refused.append(error.status)

    answers = Answers(Turns())
    await ask(answers, "same")
    async with trio.open_nursery() as nursery:
        for number in range(1000):
            nursery.start_soon(ask, answers, "same")
            if number < 100:
                nursery.start_soon(ask, answers, f"other {number}")
    assert told.count(b"same") == 1001
    assert (made.count("same"), len(made) - 1, refused) == (1, MOST_WAITING + 1, [503] * (99 - MOST_WAITING))
    answers.forget()
    await ask(answers, "same")
    assert made.count("same") == 2


async def test_what_is_given_back_is_given_back_in_slices() -> None:
    things = [*range(1000)]
    await let_go(things, Slices(0.0))
    assert things == []


@pytest.fixture
def no_collections() -> Iterator[None]:
    """A full collection over all that tests have loaded is not what is measured; a monitor keeps it short."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def test_no_question_holds_the_loop_for_long(no_collections: None) -> None:
    """Beside the same work done in one go, in the same run."""
    whole = max((await holds(MANY, math.inf)).values())
    cut = max((await holds(MANY, SLICE)).values())
    assert cut < whole / 8, f"{cut * 1e3:.2f} ms of {whole * 1e3:.2f} ms"
