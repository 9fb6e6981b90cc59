"""The engine's written moments."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.moments import nanoseconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1)),
    st.integers(0, 999),
    st.integers(-12 * 60, 12 * 60),
)
def test_it_agrees_with_the_standard_library(moment: datetime, nanos: int, zone: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=zone)))
    text = f"{aware:%Y-%m-%dT%H:%M:%S.%f}{nanos:03d}"
    hours, minutes = divmod(abs(zone), 60)
    text += f"{'-' if zone < 0 else '+'}{hours:02d}:{minutes:02d}" if zone else "Z"
    expected = (aware - EPOCH) // timedelta(microseconds=1) * 1000 + nanos
    assert nanoseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01", "yesterday", "2026-01-01T00:00:00"],
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert nanoseconds(text) is None


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    assert nanoseconds(text) is None or "T" in text
