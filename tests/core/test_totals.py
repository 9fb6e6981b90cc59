"""Conditions about the whole."""

import pytest

from reactor.core.language.totals import exceeds, say_total
from reactor.core.rules import Total
from tests.core.written import condition, view


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("scope.pids > 4000", Total("scope", "pids", ">", 4000)),
        ("scope.memory >= 8GiB", Total("scope", "memory", ">=", 8 * 1024**3)),
        ("4000 < owner.pids", Total("owner", "pids", ">", 4000)),
        ("owner.memory > 1GB", Total("owner", "memory", ">", 10**9)),
        ("host.memory_available < 4GiB", Total("host", "memory_available", "<", 4 * 1024**3)),
        ("host.memory_available <= 1GB", Total("host", "memory_available", "<=", 10**9)),
        ("host.memory_available < 10%", Total("host", "memory_available", "<", 10, share=True)),
        ("7.5% >= host.memory_available", Total("host", "memory_available", "<=", 7.5, share=True)),
    ],
)
def test_total(text: str, total: Total) -> None:
    """A total is known by its parts, and says nothing of a single run."""
    made = condition(text)
    assert made.total == total
    assert made.test(view(pids=9_999, memory=10**12)) is None
    assert made.text == text


def test_other_conditions_have_none() -> None:
    assert condition("group.pids > 4000").total is None
    assert condition("group.pids > 4000").test(view(group_pids=4001)) is True


@pytest.mark.parametrize(
    ("text", "known", "said", "holds"),
    [
        ("scope.pids > 4000", 4120, "scope.pids 4120 > 4000", True),
        ("scope.pids > 4000", 4000, "scope.pids 4000 > 4000", False),
        ("scope.pids >= 4000", 4000, "scope.pids 4000 >= 4000", True),
        ("owner.memory > 8GiB", 8 * 1024**3 + 2**20, "owner.memory 8.001 GiB > 8 GiB", True),
        ("owner.memory > 8GiB", 8 * 1024**3 + 1, "owner.memory just over 8 GiB > 8 GiB", True),
        ("scope.memory > 8GiB", 8 * 1024**3 - 1, "scope.memory just under 8 GiB > 8 GiB", False),
    ],
)
def test_what_is_said_of_it(text: str, known: int, said: str, holds: bool) -> None:
    total = condition(text).total
    assert total is not None
    assert say_total(total, known) == said
    assert exceeds(total, known) is holds


@pytest.mark.parametrize(
    ("text", "known", "said", "holds"),
    [
        ("host.memory_available < 4GiB", 4 * 1024**3, "host.memory_available 4 GiB < 4 GiB", False),
        ("host.memory_available <= 4GiB", 4 * 1024**3, "host.memory_available 4 GiB <= 4 GiB", True),
        ("host.memory_available < 4GiB", 1024**3, "host.memory_available 1 GiB < 4 GiB", True),
        (
            "host.memory_available < 12.5%",
            2**30,
            "host.memory_available 12.5% (1 GiB of 8 GiB) < 12.5%",
            False,
        ),
        (
            "host.memory_available < 12.5%",
            2**30 - 2**20,
            "host.memory_available 12.49% (1023 MiB of 8 GiB) < 12.5%",
            True,
        ),
    ],
)
def test_what_is_left_is_enough_or_not(text: str, known: int, said: str, holds: bool) -> None:
    """The host has 8 GiB."""
    made = condition(text)
    total = made.total
    assert total is not None
    assert made.reads == {"memory"}
    assert made.relative == frozenset()
    assert say_total(total, known, of=8 * 1024**3) == said
    assert exceeds(total, known, 8 * 1024**3) is holds


def test_of_an_unknown_host_no_percentage_is_taken() -> None:
    total = condition("host.memory_available < 10%").total
    assert total is not None
    assert not exceeds(total, 0)
