"""Tables line up, durations read well, and a whole report comes out as text and as JSON."""

import json
from dataclasses import replace

from bench.machine import Machine
from bench.options import FULL, QUICK, parse
from bench.promises import judge
from bench.records import Bare, Scale
from bench.report import Report, machine_readable, text
from bench.table import duration, share, table
from bench.times import spreads
from tests.bench.build import part, passage

MACHINE = Machine("2026-01-02", 2, 2**34, "6.1", "20.10.24", "1.41", "1", "3.11.7", "7.2.0", 0.5)


def report() -> Report:
    reactor = part(passage(), passage(), bare=(Bare("b" * 64, 0.01, 0.04),))
    scale = Scale(100, 300.0, 5.0, [2.0], [20.0], 500.0, [250.0])
    consumer = replace(part(passage()), name="thread per container")
    poller = replace(part(passage()), name="poll loop", scale=scale)
    return Report(MACHINE, FULL, reactor, consumer, poller, judge(reactor))


def test_columns_line_up_and_a_single_cell_is_a_heading() -> None:
    lines = table([("", "n"), ("a very long heading",), ("first", "10"), ("second one", "5")])
    assert lines == ["             n", "a very long heading", "first       10", "second one   5"]


def test_durations_are_in_the_unit_in_which_they_read_best() -> None:
    found = [duration(seconds) for seconds in (None, 0.00042, 0.9994, 1.0, 9.994, 501.2)]
    assert found == ["-", "0.4 ms", "999.4 ms", "1.00 s", "9.99 s", "501 s"]


def test_a_share_of_no_time_is_unknown() -> None:
    assert (share(0.2, 10.0), share(0.0, 0.0)) == ("2.0 %", "-")


def test_the_text_begins_with_machine_and_ratios_and_says_what_was_scaled() -> None:
    lines = text(report()).splitlines()
    assert lines[0].startswith("2026-01-02: 2 cores, 16 GiB, Linux 6.1, engine 20.10.24")
    assert lines[3] == "RATIOS"
    assert lines[4].endswith("2.00 x")
    assert any("was not run in full" in line for line in lines)
    assert any("p99 is the maximum" in line for line in lines)


def test_the_json_holds_every_measurement_and_the_ratio() -> None:
    found = json.loads(machine_readable(report()))
    assert round(found["ratio"], 6) == 2.0
    assert len(found["parts"]["reactor"]["passages"]) == 2
    assert found["parts"]["reactor"]["spreads"]["breach → seen"]["n"] == 2
    assert found["options"]["containers"] == 100
    assert "json" not in found["options"]


def test_no_interval_has_the_name_of_another_one() -> None:
    """In the JSON the second one would take the place of the first."""
    names = [name.strip() for name, _ in spreads(report().reactor)]
    assert len(names) == len(set(names)) == 13


def test_options_given_stand_over_the_quick_ones() -> None:
    assert parse([]) == FULL
    assert parse(["--quick"]) == QUICK
    assert parse(["--quick", "--victims", "7", "--seconds", "0"]) == replace(QUICK, victims=7, seconds=0.0)
