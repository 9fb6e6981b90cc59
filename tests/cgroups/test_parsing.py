"""Numbers out of what the kernel writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.cgroups.parsing import UNLIMITED, cpu_nanoseconds, keyed, limit, number, working_set
from reactor.engine.stats import MemoryBody, MemoryDetailBody
from reactor.engine.stats import working_set as as_the_engine_s

NO_NUMBERS = [
    b"",
    b"\n",
    b"max\n",
    b"-1\n",
    b"+1\n",
    b"1_0\n",
    b"1 2\n",
    b"0x1\n",
    b" 1\n",
    b"1.5\n",
    b"\xb2\n",
]


@pytest.mark.parametrize(("data", "found"), [(b"0\n", 0), (b"201\n", 201), (b"7", 7)])
def test_a_number(data: bytes, found: int) -> None:
    assert number(data) == found


@pytest.mark.parametrize("data", NO_NUMBERS)
def test_what_is_no_number_is_unknown(data: bytes) -> None:
    assert number(data) is None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"max\n", UNLIMITED),
        (b"9223372036854771712\n", UNLIMITED),
        (b"9223372036854710272\n", UNLIMITED),
        (b"18446744073709551615\n", UNLIMITED),
        (b"33554432\n", 33554432),
        (b"0\n", 0),
        (b"", None),
        (b"maximum\n", None),
        (b"-1\n", None),
    ],
)
def test_a_limit_is_known_none_or_unknown(data: bytes, found: int | None) -> None:
    """Pages of 4 and of 64 KiB."""
    assert limit(data) == found


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"oom 5\noom_kill 1\noom_group_kill 9\n", 1),
        (b"oom_kill 1\n", 1),
        (b"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", 3),
        (b"oom_group_kill 9\n", None),
        (b"x_oom_kill 9\n", None),
        (b"oom_kill\n", None),
        (b"oom_kill x\n", None),
        (b"oom 5\noom_kill 12", None),
        (b"", None),
    ],
)
def test_a_key_is_found_whole(data: bytes, found: int | None) -> None:
    """A number that may have been cut off is none."""
    assert keyed(data, b"oom_kill") == found


def test_processor_time_is_in_nanoseconds() -> None:
    assert cpu_nanoseconds(b"7000000\n", 1) == 7_000_000
    assert cpu_nanoseconds(b"usage_usec 7000\nuser_usec 1\n", 2) == 7_000_000
    assert cpu_nanoseconds(b"user_usec 1\n", 2) is None


@pytest.mark.parametrize(
    ("before", "stat", "after", "found"),
    [
        (100, b"inactive_file 1\ntotal_inactive_file 30\n", 100, 70),
        (100, b"inactive_file 30\n", 100, 70),
        (100, b"inactive_file 1\ntotal_inactive_file 100\n", 100, 0),
        (100, b"inactive_file 0\n", 100, 100),
        # Cache that came before it was counted, and after; and that was dropped before it was, and after.
        (40, b"total_inactive_file 30\n", 100, 10),
        (100, b"total_inactive_file 5\n", 40, 35),
        # More cache than there was memory in use is of two moments.
        (100, b"total_inactive_file 101\n", 200, None),
        (200, b"total_inactive_file 101\n", 100, None),
        (100, b"anon 30\n", 100, None),
        (100, b"", 100, None),
        (100, None, 100, None),
        (None, b"inactive_file 30\n", 100, None),
        (100, b"inactive_file 30\n", None, None),
    ],
)
def test_the_working_set(
    before: int | None, stat: bytes | None, after: int | None, found: int | None
) -> None:
    assert working_set(before, stat, after, stat) == found


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        # It was dropped before it was counted, and back when usage was read.
        (b"inactive_file 5\n", b"inactive_file 90\n", 10),
        (b"inactive_file 90\n", b"inactive_file 5\n", 10),
        (b"inactive_file 5\n", b"inactive_file 101\n", None),
        (b"inactive_file 5\n", b"", None),
        (b"inactive_file 5\n", None, None),
    ],
)
def test_cache_that_is_back_at_once_is_no_memory_in_use(
    first: bytes, second: bytes | None, found: int | None
) -> None:
    assert working_set(100, first, 100, second) == found


@given(st.integers(0, 300), st.integers(0, 300) | st.none(), st.integers(0, 300) | st.none())
def test_the_working_set_is_what_the_engine_s_frame_would_give(
    usage: int, total: int | None, own: int | None
) -> None:
    lines = {b"total_inactive_file": total, b"inactive_file": own}
    stat = b"".join(b"%s %d\n" % (key, value) for key, value in lines.items() if value is not None)
    if stat:
        frame = MemoryBody(usage=usage, stats=MemoryDetailBody(total_inactive_file=total, inactive_file=own))
        assert working_set(usage, stat, usage, stat) == as_the_engine_s(frame)


@given(st.binary(max_size=100))
def test_any_bytes_are_read(data: bytes) -> None:
    for found in (number(data), limit(data), keyed(data, b"a"), cpu_nanoseconds(data, 2)):
        assert found is None or found >= 0
