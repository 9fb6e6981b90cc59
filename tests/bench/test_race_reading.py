"""What the race reads: an attacker's page, the journal, stats frames, the kernel's counts."""

import json
import os
import re
import threading
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
import trio

from bench.race import usage
from bench.race.assaults import plan, spread_over
from bench.race.entrants import first_for
from bench.race.gone import Gone
from bench.race.judging import broken
from bench.race.kinds import SOURCES, TRANSIENT
from bench.race.options import FULL
from bench.race.stamps import FIELDS, SIZE, Page, Stamps, clock_ahead, read
from bench.race.verdicts import verdict, verdicts
from reactor.core.decisions import Call, Outcome, Result, Why
from tests.journal.build import cid, decide, running


def test_both_sides_know_the_same_page() -> None:
    """In the order in which C has them; what is not read comes last."""
    source = (SOURCES / "stamp.h").read_text()
    names = re.findall(r"uint64_t (\w+);", source)
    assert names[:6] == ["ready", "begun", "breach", "last", "amount", "over"]
    assert {field.name for field in fields(Stamps)} == {*names[:6], "counted"} == {*names} - {"next"}
    (slots,) = re.findall(r"#define SLOTS (\d+)", source)
    assert 8 * len(names) + int(slots) == SIZE


def test_stamps_come_over_to_our_clock_and_nothing_stays_nothing() -> None:
    page = FIELDS.pack(1_000_000_000, 2_000_000_000, 0, 3_500_000_000, 256, 0, 9, 2_250_000_000)
    assert read(page, 0.5) == Stamps(1.5, 2.5, None, 4.0, None, 256, 2.75)


def test_a_page_is_seen_by_whoever_maps_the_same_file(tmp_path: Path) -> None:
    with Page(tmp_path / "stamp") as page:
        assert page.read().begun is None
        with page.path.open("r+b") as other:
            other.write(FIELDS.pack(0, int(1e9), 0, 0, 7, 0, 0, 0))
        said = page.read()
        assert said.begun == pytest.approx(1 + clock_ahead(), abs=0.1)
        assert said.amount == 7
    assert not page.path.exists()


async def test_verdicts_are_read_out_of_a_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    offset = 5000.0 - trio.current_time()
    async with running(path, boot=lambda: trio.current_time() + offset) as journal:
        at = trio.current_time()
        decision = replace(decide(1, at=at), seen=at - 0.25)
        journal_calls = (Call("inspect", at, 0.001, 200), Call("kill", at + 0.004, 0.05, 204))
        await journal.intend(decision, at)
        journal.conclude(Outcome(decision, at + 1, Result.DONE, Why.ENDED, calls=journal_calls))
        await journal.wait_written()
    (found,) = verdicts(path)
    assert found.container == cid(1)
    assert found.rule == decision.rule.rpartition("/")[2]
    assert found.seen - found.decided == pytest.approx(-0.25, abs=2e-3)
    assert found.called is not None
    assert found.returned is not None
    assert (found.called - found.decided, found.returned - found.decided) == pytest.approx(
        (0.004, 0.054), abs=2e-3
    )
    assert found.contained is None


def test_a_direct_end_is_when_it_is_over_and_no_call_to_the_engine() -> None:
    direct, by_engine = ["contain by cgroup.kill", 0.0002, 0.0001, 0, ""], ["kill", 0.002, 0.03, 204, ""]
    found = verdict("a", "bench/pids", 100.0, 0.0, 0.05, json.dumps([direct, by_engine]))
    assert (found.rule, found.verified) == ("pids", 100.05)
    assert found.contained == pytest.approx(100.0003)
    assert found.returned == pytest.approx(100.032)
    assert first_for([found], "a", "memory") is None
    assert first_for([found], "a", "pids") is found


@pytest.mark.parametrize(
    "step",
    [
        ["contain", 0.0002, 0.0001, 0, "it is not held"],
        ["contain by cgroup.kill", 0.0002, 0.0001, 0, "no such device"],
        ["inspect", 0.0002, 0.0001, 200, ""],
    ],
)
def test_a_direct_step_that_could_not_be_taken_has_contained_nobody(step: list[object]) -> None:
    assert verdict("a", "bench/pids", 100.0, 0.0, None, json.dumps([step])).contained is None


@pytest.mark.parametrize(
    ("frame", "rule"),
    [
        ({"pids_stats": {"current": 201}}, "pids"),
        ({"pids_stats": {"current": 200}}, None),
        ({"memory_stats": {"usage": 81, "limit": 100, "stats": {"total_inactive_file": 0}}}, "memory"),
        ({"memory_stats": {"usage": 80, "limit": 100, "stats": {}}}, None),
        ({"memory_stats": {"usage": 95, "limit": 100, "stats": {"inactive_file": 20}}}, None),
        ({"pids_stats": {}, "memory_stats": {}}, None),
    ],
)
def test_the_contenders_rule_is_that_of_docker_stats(frame: dict[str, object], rule: str | None) -> None:
    assert broken(frame) == rule


def test_a_process_is_counted_with_its_threads_and_who_is_gone_is_not() -> None:
    worked, over = threading.Event(), threading.Event()

    def work() -> None:
        while time.thread_time() < 0.02:
            continue
        worked.set()
        # While it lives, its time is there to be read.
        over.wait()

    thread = threading.Thread(target=work)
    before = usage.used([os.getpid(), 2**22 + 1])
    thread.start()
    worked.wait()
    after = usage.used([os.getpid()])
    over.set()
    thread.join()
    assert os.getpid() in before
    assert 2**22 + 1 not in before
    own = thread.native_id
    assert own is not None
    assert own not in before
    assert after[own].cpu >= 0.018
    pss, rss = usage.memory([os.getpid()])
    assert 0 < pss <= rss
    assert os.getpid() in usage.with_children(os.getppid())


def test_who_came_later_counts_from_its_beginning_and_who_left_not_at_all() -> None:
    before, after = (
        {1: usage.Used(1.0, 10), 3: usage.Used(9.0, 90)},
        {1: usage.Used(1.5, 12), 2: usage.Used(0.25, 3)},
    )
    assert usage.since(before, after) == usage.Used(0.75, 5)


def test_the_last_process_is_gone_only_where_there_was_one(tmp_path: Path) -> None:
    """An empty cgroup that nobody was in yet is not one that everybody left."""
    count = tmp_path / "pids.current"
    count.write_text("0\n")
    with count.open("r+b", buffering=0) as file:
        assert Gone(tmp_path / "no events", count).close(0.02) is None
        os.pwrite(file.fileno(), b"2\n", 0)
        assert Gone(tmp_path / "no events", count).close(0.02) is None
        watch = Gone(tmp_path / "no events", count)
        timer = threading.Timer(0.05, os.pwrite, (file.fileno(), b"0\n", 0))
        timer.start()
        assert watch.close(5) is not None
        timer.join()


def test_half_of_each_kind_come_at_the_start_and_bare_kills_lie_in_between() -> None:
    planned = list(plan(FULL, "reactor, fast"))
    assert sum(at_start for _, at_start in planned) * 2 == len(planned)
    assert sum(kind is TRANSIENT for kind, _ in planned) == FULL.mix["reactor, fast"][4]
    assert spread_over(40, 3) == {10, 20, 30}
