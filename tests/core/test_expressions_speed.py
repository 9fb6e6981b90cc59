"""How long a condition takes. Printed, not asserted: the machine is shared, and the number is for people."""

import timeit

import pytest

from tests.core.written import condition, view

_CONDITIONS = (
    "pids > 200",
    "memory > 80%",
    "age > 12h",
    "pids > 200 && memory > 80%",
    'labels["team"] == "ml" || pids > 200',
)


def test_speed(capsys: pytest.CaptureFixture[str]) -> None:
    """Every condition of the list can be judged; the microseconds that it takes are printed."""
    seen = view(pids=231, pids_limit=256, memory=914, memory_limit=1000, age=43_380.0)
    for text in _CONDITIONS:
        test = condition(text).test
        assert test(seen) is True
        took = min(timeit.repeat("test(seen)", globals={"test": test, "seen": seen}, number=20_000, repeat=3))
        with capsys.disabled():
            print(f"\n{took / 20_000 * 1e6:.3f} µs  {text}", end="")
