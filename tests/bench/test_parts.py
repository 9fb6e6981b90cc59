"""What is measured beside the race: rows are read and shown, histograms become figures, nothing is lost."""

import json
import math
from pathlib import Path

import pytest
import trio

from bench import replay
from bench.machine import foreign
from bench.monitor import buckets
from bench.programs import CHECKOUT
from bench.race import parts, tables
from bench.race.ratios import targets
from bench.race.records import Arming
from bench.race.result import arming, quantile
from bench.scrape import EACH, OWN, SERIES, astray, phase
from reactor.app.rulefiles import load_rules
from tests.bench.racing import whole

BUCKETS = [(0.01, 0), (0.02, 50), (0.04, 100), (math.inf, 100)]


@pytest.mark.parametrize(("part", "value"), [(0.5, 0.02), (0.25, 0.015), (0.75, 0.03), (1.0, 0.04)])
def test_a_quantile_lies_within_its_bucket(part: float, value: float) -> None:
    assert quantile(BUCKETS, part) == pytest.approx(value)


def test_what_is_beyond_the_last_bound_is_said_to_be_there() -> None:
    assert quantile([(0.01, 1), (0.02, 1), (math.inf, 10)], 0.99) == 0.02


def test_turns_are_added_up_and_who_armed_nobody_is_not_there() -> None:
    found = [
        Arming("reactor, normal", BUCKETS),
        Arming("reactor, normal", BUCKETS),
        Arming("reactor, fast", ()),
    ]
    (row,) = arming(found)
    assert (row["contender"], row["n"], row["p50"]) == ("reactor, normal", 200, pytest.approx(0.02))


def test_buckets_are_read_with_and_without_exemplars() -> None:
    text = (
        'one_bucket{le="0.5"} 3.0 # {id="x"} 0.3\none_bucket{le="+Inf"} 4\none_count 4\ntwo_bucket{le="1"} 9'
    )
    assert buckets(text, "one") == [(0.5, 3), (math.inf, 4)]


def test_the_table_has_the_parts_and_their_targets() -> None:
    document = whole()
    text = tables.text(document)
    for title in (
        "A RECORDING, FROM ITS BYTES",
        "CONTAINERS THAT ARE NOT THERE",
        "UNTIL THE FAST LANE READS IT",
    ):
        assert title in text
    found = {target.name: target.reached for target in targets(document)}
    assert found["CPU, 1,000 containers on made cgroups"] is False
    assert found["memory, 1,000 containers"] is True
    assert found["memory, 10,000 containers"] is None
    assert found["a recording: facts a second on one core"] is True
    assert found["a recording: decisions lost"] is True
    assert found["reactor, normal: container start → armed p99"] is True
    document["parts"]["replay"][0]["decisions"] -= 1
    assert {target.name: target.reached for target in targets(document)}[
        "a recording: decisions lost"
    ] is False


def test_a_run_that_was_cut_short_says_so() -> None:
    document = whole() | {"cut": "it was interrupted"}
    assert "not played to its end: it was interrupted" in tables.text(document)


def test_rows_are_found_among_whatever_a_program_says() -> None:
    said = 'hello\n{"a": 1}\n[{"b": 2}, {"c": 3}]\n{"half": '
    assert parts.rows_in(said) == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_every_part_is_a_program_with_columns_and_a_title() -> None:
    assert parts.PARTS.keys() == parts.SMALL.keys() == parts.COLUMNS.keys() == parts.TITLES.keys()
    for words in (*parts.PARTS.values(), *parts.SMALL.values()):
        assert (CHECKOUT / (words[0].replace(".", "/") + ".py")).is_file()


def test_a_phase_counts_what_came_after_its_beginning() -> None:
    lines = [{"at": at, "hold": at / 100, "delays": [at / 1000]} for at in (1.0, 2.0, 3.0)]
    said = "\n".join(map(json.dumps, lines)) + '\n{"at": 4.0, "ho'
    found = phase("in a thread", said, 1.5, 77, [])
    assert (found.hold_most, found.readings, found.told_p99) == (0.03, 2, 0.003)
    assert not found.scraped


@pytest.mark.parametrize(("series", "fits"), [(8_100, True), (11_900, True), (7_900, False), (19_288, False)])
def test_a_scrape_of_other_series_than_are_meant_is_no_figure(series: int, fits: bool) -> None:
    one = phase("in a thread", "", 0.0, series, [])
    said = astray([one], round((SERIES - OWN) / EACH))
    assert (said == []) is fits
    assert all(f"{series:,} series of 610 containers, and not about 9,995" in each for each in said)


def test_others_use_no_less_than_nothing_of_the_machine() -> None:
    assert foreign(0.02) >= 0.0


def test_a_recording_leads_to_the_same_decisions_by_the_quick_and_the_slow_way(tmp_path: Path) -> None:
    rules = load_rules([CHECKOUT / "rules"])
    found = trio.run(replay.replayed, rules, 12, 16, tmp_path / "r")
    assert found.ok, found
    assert found.decisions >= 12


def test_a_decision_that_is_lost_is_noticed() -> None:
    found = replay.Replayed(1, 1, 1.0, 1.0, 4, 5, same=False)
    assert not found.ok
