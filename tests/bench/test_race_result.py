"""What the race makes of its measurements: costs, latencies, counts, ratios, targets, comparison."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from bench import compare
from bench.race.costs import costs
from bench.race.names import FAST, LOOP, NORMAL, THREADS
from bench.race.ratios import SHARE, Ratio, cost, latency, ratios, targets
from bench.race.records import Loop
from bench.race.result import counts, latencies
from tests.bench.racing import attack, whole, window


def value(document: dict[str, Any], name: str) -> float:
    return next(ratio.value for ratio in ratios(document) if ratio.name == name)


def test_the_engines_share_is_what_it_uses_more_than_when_nobody_watches() -> None:
    document = whole()
    assert cost(document, THREADS, 100, "share") == pytest.approx(0.19)
    assert cost(document, THREADS, 100, "total") == pytest.approx(0.21)
    assert cost(document, NORMAL, 100, "share") == 0


def test_without_that_window_the_share_is_unknown_and_not_zero() -> None:
    (row,) = costs([window(THREADS)], Loop(300.0, 4.0, (), ()))
    assert (row["share"], row["total"]) == (None, None)


def test_several_windows_give_their_median() -> None:
    rows = list(costs([window(cpu=cpu) for cpu in (0.001, 0.004, 0.9)], Loop(300.0, 4.0, (), ())))
    assert [(row["windows"], row["cpu"]) for row in rows] == [(3, 0.004)]


def test_a_poll_loop_sleeps_most_of_its_time() -> None:
    """With 100 containers it looks for 200 s and sleeps for 300 s."""
    document = whole()
    assert cost(document, LOOP, 100, "duty") == pytest.approx(0.4)
    assert cost(document, LOOP, 100, "total") == pytest.approx(0.4 * (0.001 + 0.02))


def test_attacks_at_the_start_and_those_that_the_kernel_ended_are_kept_apart() -> None:
    some = [
        attack(verdict=0.002),
        attack(verdict=0.004, oom=True, died=9.0),
        attack(at_start=True, verdict=0.03),
    ]
    rows = {(row["group"], row["interval"]): row for row in latencies(some)}
    verdicts, deaths = rows["PIDs", "breach → verdict"], rows["PIDs", "breach → die"]
    assert (verdicts["n"], round(verdicts["max"], 6)) == (2, 0.004)
    assert (deaths["n"], round(deaths["max"], 6)) == (1, 0.05)
    assert rows["PIDs, at the start", "breach → verdict"]["p50"] == pytest.approx(0.03)
    assert ("PIDs", "breach → contained") not in rows


def test_who_was_missed_and_where_the_kernel_was_faster_is_counted() -> None:
    some = [
        attack(kind="hog at full speed"),
        attack(kind="hog at full speed", oom=True),
        attack(kind="hog at full speed", at_start=True, oom=True),
        attack(kind="5 ms transient", verdict=None),
        attack(kind="5 ms transient", verdict=0.3),
        attack(kind="5 ms transient", at_start=True, verdict=None),
        attack(died=None),
        attack(),
    ]
    (row,) = counts(some)
    assert (row["hogs_running_ended_first"], row["hogs_running"]) == (1, 2)
    assert (row["hogs_ended_first"], row["hogs"]) == (1, 3)
    assert (row["transients_running_missed"], row["transients_running"]) == (1, 2)
    assert (row["transients_missed"], row["transients"]) == (2, 3)
    assert (row["lasting_missed"], row["lasting"]) == (1, 2)


def test_ratios_are_quotients_within_the_run() -> None:
    document = whole()
    assert value(document, f"PIDs, breach → verdict p50: {THREADS} : {NORMAL}") == pytest.approx(0.5 / 0.004)
    what = f"CPU with the engine's share, 100 containers: {THREADS} : {NORMAL}"
    assert value(document, what) == pytest.approx(42)
    assert value(document, f"PIDs, breach → die p50: {NORMAL} : the engine's bare kill") == pytest.approx(
        1.25
    )
    mine = document["latencies"]
    (gone,) = (
        row["p50"]
        for row in mine
        if (row["contender"], row["group"], row["interval"])
        == (NORMAL, "PIDs", "verdict → last process gone")
    )
    alone = value(document, f"PIDs, verdict → last process gone p50: {NORMAL} : the kernel alone")
    assert alone == pytest.approx(gone / 0.02)
    # 100 looks of 2 s and 300 s of sleep, and the round in which 8 s were measured took 10 s.
    scaled = f"PIDs, breach → verdict p50: {LOOP} (scaled) : {NORMAL}"
    assert value(document, scaled) == pytest.approx(8 * 50 / 0.004)


def test_a_target_that_was_not_measured_is_neither_reached_nor_missed() -> None:
    found = {target.name: target for target in targets(whole())}
    assert found[f"{NORMAL}: PIDs, breach → verdict p50"].reached is True
    assert found[f"{FAST}: PIDs, breach → verdict p50"].reached is False
    assert found[f"transients of 5 ms missed: {FAST}"].reached is None
    assert found[f"PIDs, breach → verdict p50: {THREADS} : {NORMAL}"].reached is True
    assert found[f"PIDs, breach → verdict p50: {THREADS} : {FAST}"].reached is False


def test_the_document_is_plain_json_and_says_the_same_afterwards() -> None:
    document = whole()
    again = json.loads(json.dumps(document))
    assert ratios(again) == ratios(document)
    assert latency(again, NORMAL, "memory", "breach → verdict", "p50") is not None


WORSE_BY = pytest.mark.parametrize(
    ("ratio", "new", "worse"),
    [
        (Ratio("times sooner", 100, more=True), 70, False),
        (Ratio("times sooner", 100, more=True), 60, True),
        (Ratio("times sooner", 100, more=True), 1000, False),
        (Ratio("die p50", 1.2, more=False), 1.7, False),
        (Ratio("die p50", 1.2, more=False), 1.9, True),
        (Ratio("die p99", 1.2, more=False), 3.5, False),
        (Ratio("die p99", 1.2, more=False), 3.7, True),
        (Ratio("hogs ended", 0.95, more=True, unit=SHARE), 0.86, False),
        (Ratio("hogs ended", 0.95, more=True, unit=SHARE), 0.84, True),
        (Ratio("missed", 0.0, more=False, unit=SHARE), 0.11, True),
        (Ratio("missed", 0.5, more=False, unit=SHARE), 0.0, False),
        (Ratio("missed", 0.5, more=False, unit=SHARE), None, False),
    ],
)


@WORSE_BY
def test_worse_is_by_more_than_is_tolerated_in_the_ratios_own_direction(
    ratio: Ratio, new: float | None, *, worse: bool
) -> None:
    assert compare.Compared(ratio, new, 1.5, 0.10).is_worse is worse


def test_the_comparison_says_what_got_worse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    document = whole()
    old.write_text(json.dumps(document))
    new.write_text(json.dumps(document))
    assert compare.main([str(old), str(new)]) == 0
    slower = copy.deepcopy(document)
    for row in slower["latencies"]:
        if (row["contender"], row["group"], row["interval"]) == (NORMAL, "memory", "breach → verdict"):
            row["p50"] *= 4
    slower["latencies"] = [row for row in slower["latencies"] if row["contender"] != LOOP]
    for row in slower["latencies"]:
        if (row["contender"], row["group"]) == (NORMAL, "PIDs"):
            row["p50"] *= 4
    new.write_text(json.dumps(slower))
    capsys.readouterr()
    assert compare.main([str(old), str(new)]) == 1
    said = capsys.readouterr().out
    (line,) = [
        line
        for line in said.splitlines()
        if line.startswith("PIDs, breach → verdict p50: thread per") and "WORSE" in line
    ]
    assert "125 x" in line
    assert "31 x" in line
    assert any(LOOP in line and "not measured" in line for line in said.splitlines())
    assert compare.main([str(old), str(new), "--times", "5"]) == 0


def test_what_cannot_be_compared_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad, empty = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "empty.json"
    good.write_text(json.dumps(whole()))
    bad.write_text('{"other": 1}')
    nothing = whole() | {"latencies": [], "costs": [], "counts": [], "bare": None}
    empty.write_text(json.dumps(nothing))
    assert compare.main([str(good), str(bad)]) == 2
    assert compare.main([str(good), str(tmp_path / "absent.json")]) == 2
    assert compare.main([str(good), str(empty)]) == 2
    assert "no ratio in common" in capsys.readouterr().err
