"""Quantities: what is read as what, and what is not read at all."""

import pytest

from reactor.core.language.units import (
    read_bytes,
    read_duration,
    say_bytes,
    say_duration,
    say_percent,
    write_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0.0),
        ("500ms", 0.5),
        ("7ms", 0.007),
        ("12h", 43_200.0),
        ("1h30m", 5_400.0),
        ("1.5h", 5_400.0),
        ("1w2d3h4m5s6ms", 788_645.006),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "h",
        "1H",
        "1h ",
        " 1h",
        "-1h",
        "1h1h",
        "30m1h",
        "1.h",
        ".5h",
        "1,5h",
        "1y",
        "1us",
        "\u0661h",
        "1" * 40 + "s",
    ],
)
def test_no_durations(text: str) -> None:
    """What could mean two things, or nothing, is no duration."""
    assert read_duration(text) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0B", 0),
        ("17B", 17),
        ("1kB", 1000),
        ("1KiB", 1024),
        ("1.5GiB", 1_610_612_736),
        ("8GB", 8_000_000_000),
        ("2PiB", 2 * 1024**5),
        ("0.1MiB", 104_858),
    ],
)
def test_sizes(text: str, amount: int) -> None:
    assert read_bytes(text) == amount


@pytest.mark.parametrize(
    "text", ["", "8", "8G", "8Gi", "8gib", "8kb", "1KB", "1kiB", "8 GiB", "-8B", "8GiB1B", "\u0668B"]
)
def test_no_sizes(text: str) -> None:
    """A unit is spelt in one way only."""
    assert read_bytes(text) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (say_duration(0), "0s"),
        (say_duration(43_380), "12h 3m"),
        (say_duration(-90), "-1m 30s"),
        (say_duration(0.25), "250ms"),
        (say_duration(8 * 86_400 + 3_600), "8d 1h"),
        (say_duration(3_723), "1h 2m"),
        (say_duration(3_723, 1), "1h 2m 3s"),
        (say_bytes(0), "0 B"),
        (say_bytes(1000 * 1024**2), "1000 MiB"),
        (say_bytes(1536 * 1024**2), "1.5 GiB"),
        (say_bytes(10**30), "888178419700125 PiB"),
        (say_percent(914, 1000), "91.4%"),
        (say_percent(1, 3, 2), "33.333%"),
        (write_duration(36 * 3_600), "36h"),
        (write_duration(7 * 86_400), "7d"),
        (write_duration(0.0001), "0.0001s"),
    ],
)
def test_wording(said: str, expected: str) -> None:
    """Quantities are said in the way in which people say them."""
    assert said == expected
