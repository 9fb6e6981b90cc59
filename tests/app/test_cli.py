"""The command line as a whole: what holds for every command."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("arguments", [("schema",), ("check", "rules/"), ("check", "--json", "rules/")])
def test_a_reader_that_stops_reading_is_no_failure(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "reactor", *arguments], stdout=nobody, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (141, b"")
