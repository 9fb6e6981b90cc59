"""What goes in comes out again: after a restart, and for a stranger with sqlite3."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from reactor.core.container import Run
from reactor.core.decisions import Decision, Result, Why
from reactor.core.meant import Done, Meant
from reactor.core.notes import Basis, Cause, Ended
from reactor.core.ports import Anchor
from reactor.core.protection import Standing
from reactor.core.verbs import Action
from reactor.journal.journal import Journal
from reactor.journal.memory import KnownRun
from reactor.journal.papers import LONGEST
from reactor.journal.rows import END

from .build import box, came_of, change, cid, decide, end, rows, run_of, running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "reactor.db"


async def test_an_intent_is_on_the_disk_when_intend_says_so(path: Path) -> None:
    async with running(path) as journal:
        assert await journal.intend(decide(1), trio.current_time())
        assert rows(path, "SELECT container, rule, final, times FROM intents") == [
            (cid(1), "safety/pids", 0, 1)
        ]


async def test_an_outcome_closes_its_intent(path: Path) -> None:
    decision = decide(1, at=trio.current_time())
    async with running(path) as journal:
        await journal.intend(decision, trio.current_time())
        journal.conclude(came_of(decision))
    assert rows(path, "SELECT result, why, final, calls FROM intents") == [
        ("done", "ended", 1, json.dumps([["kill", 0.25, 0.5, 204, ""]]))
    ]
    async with running(path) as journal:
        assert journal.open_intents() == ()


async def test_an_intent_without_a_final_outcome_is_found_again(path: Path) -> None:
    """Also one whose run is in quarantine: it is not over."""
    async with running(path, boot=lambda: 1000.0, boot_id="b") as journal:
        now = trio.current_time()
        await journal.intend(decide(1, at=now - 0.5), now)
        await journal.intend(decide(2, at=now), now)
        journal.conclude(came_of(decide(2, at=now), final=False, why=Why.WEDGED))
    async with running(path, boot=lambda: 1007.0, boot_id="b") as journal:
        later = trio.current_time()
        first, second = journal.open_intents()
    assert (first.run, second.run) == (run_of(1), run_of(2))
    assert first == decide(1, at=first.at)
    assert first.at == pytest.approx(later - 7.5, abs=1.0)


async def test_when_a_run_was_told_to_stop_is_known_within_the_same_boot(path: Path) -> None:
    """Also if the next monitor intends it again; and never longer than the host is up, or the intent open."""
    ticking, left, closed = (decide(n) for n in (1, 2, 3))
    async with running(path, boot=lambda: 1000.0, boot_id="b") as journal:
        for decision in (ticking, left, closed):
            await journal.intend(decision, trio.current_time())
        await journal.note_asked(ticking)
        await journal.note_asked(closed)
        journal.conclude(came_of(closed))
        assert journal.asked() == {}
    for later in (1007.0, 1009.0):
        async with running(path, boot=lambda now=later: now, boot_id="b") as journal:
            at = trio.current_time() - (later - 1000.0)
            assert journal.asked() == {ticking.id: pytest.approx(at, abs=1.0)}
            await journal.intend(ticking, trio.current_time())
            await journal.note_asked(ticking)
    async with running(path, boot=lambda: 5.0, boot_id="c") as journal:
        assert journal.asked() == {}
        await journal.intend(ticking, trio.current_time())
    async with running(path, boot=lambda: 6.0, boot_id="c") as journal:
        assert journal.asked() == {}


async def test_open_intents_come_back_in_the_order_of_their_writing(path: Path) -> None:
    """A main before its sidecars, whatever the wall clock did meanwhile."""
    moments = iter(range(100, 0, -1))
    async with running(path, wall=lambda: float(next(moments))) as journal:
        for n in (3, 1, 2):
            await journal.intend(decide(n), 0.0)
    async with running(path) as journal:
        assert [decision.run for decision in journal.open_intents()] == [run_of(3), run_of(1), run_of(2)]


async def test_after_a_reboot_an_open_intent_is_as_old_as_now(path: Path) -> None:
    """The boot-time clock of another boot says nothing about this one."""
    async with running(path, boot=lambda: 90_000.0, boot_id="before") as journal:
        await journal.intend(decide(1), trio.current_time())
    async with running(path, boot=lambda: 10.0, boot_id="after") as journal:
        (found,) = journal.open_intents()
        assert found.at == pytest.approx(trio.current_time(), abs=1.0)
        assert found.at - found.seen == pytest.approx(2.0)


async def test_a_final_outcome_stays_final(path: Path) -> None:
    decision = decide(1)
    async with running(path) as journal:
        await journal.intend(decision, 0.0)
        journal.conclude(came_of(decision))
        journal.conclude(came_of(decision, final=False, why=Why.WEDGED))
    assert rows(path, "SELECT result, final FROM intents") == [("done", 1)]


async def test_the_same_intent_again_is_one_row_and_open(path: Path) -> None:
    decision = decide(1)
    async with running(path) as journal:
        await journal.intend(decision, 0.0)
        journal.conclude(came_of(decision))
        await journal.wait_written()
        await journal.intend(decision, 0.0)
    assert rows(path, "SELECT final, times, result, why FROM intents") == [(0, 2, None, None)]


async def test_what_was_only_said_and_is_now_done_stands_there_as_done(path: Path) -> None:
    async with running(path) as journal:
        journal.conclude(came_of(decide(1, dry_run=True)))
        await journal.wait_written()
        await journal.intend(decide(1), 0.0)
    assert rows(path, "SELECT dry_run, final FROM intents") == [(0, 0)]


async def test_what_names_no_container_by_its_full_id_is_left_out(path: Path) -> None:
    """Somebody edited the file: a name or a short id would mean another container, or none."""
    async with running(path) as journal:
        for n in (1, 2):
            await journal.intend(decide(n), 0.0)
            journal.adopt(box(n), Standing.SIDECAR, frozenset({cid(7)}), "t")
        end(journal, 3)
    change(path, "UPDATE intents SET container = 'web-1' WHERE rowid = 1")
    change(path, "UPDATE runs SET container = 'web-1' WHERE rowid = 1")
    change(path, "UPDATE exits SET container = 'web-1'")
    change(path, "UPDATE runs SET mains = '[\"web-2\", 7]'")
    async with running(path) as journal:
        assert [intent.run for intent in journal.open_intents()] == [run_of(2)]
        assert [known.run for known in journal.open_runs()] == [run_of(2)]
        assert journal.remembered() == {}
        assert journal.known_exits() == {}


async def test_a_run_that_turned_out_to_live_is_open_again(path: Path) -> None:
    async with running(path) as journal:
        journal.adopt(box(1), Standing.MAIN, frozenset(), "t1")
        end(journal, 1)
        journal.adopt(box(1), Standing.MAIN, frozenset(), "t1")
    assert rows(path, "SELECT over FROM runs") == [(0,)]


async def test_an_outcome_without_an_intent_is_a_row_of_its_own(path: Path) -> None:
    """A dry run is never intended, and yet it is on record."""
    async with running(path) as journal:
        journal.conclude(came_of(decide(1, dry_run=True)))
    assert rows(path, "SELECT dry_run, final FROM intents") == [(1, 1)]


async def test_runs_and_anchors_come_back(path: Path) -> None:
    known = KnownRun(
        run_of(1), "c1", "busybox:test", "sidecar", frozenset({cid(7)}), "t1", Anchor("boot", 12.5)
    )
    async with running(path) as journal:
        journal.keep(run_of(1), Anchor("boot", 12.5))
        journal.adopt(box(1), Standing.SIDECAR, frozenset({cid(7)}), "t1")
        journal.adopt(box(2), Standing.MAIN, frozenset(), "t2")
        end(journal, 2, code=3)
        assert journal.open_runs() == (known,)
    async with running(path) as journal:
        assert journal.open_runs() == (known,)
        assert journal.anchor(run_of(1)) == Anchor("boot", 12.5)
        assert journal.anchor(run_of(2)) is None
        assert journal.remembered() == {cid(1): frozenset({cid(7)})}
        assert journal.known_exits() == {run_of(2): Cause.ITSELF}


async def test_the_same_run_and_exit_twice_is_one_row(path: Path) -> None:
    async with running(path) as journal:
        for _ in range(2):
            journal.adopt(box(1), Standing.MAIN, frozenset(), "t1")
            end(journal, 1)
    assert rows(path, "SELECT count(*), max(over) FROM runs") == [(1, 1)]
    assert rows(path, "SELECT count(*) FROM exits") == [(1,)]


async def test_an_exit_only_gains(path: Path) -> None:
    async with running(path) as journal:
        end(journal, 1, code=None, cause=Cause.UNSEEN)
        end(journal, 1, code=137, cause=Cause.OOM, oom=True, finished_at="then")
        end(journal, 1, code=None)
    assert rows(path, "SELECT exit_code, cause, oom, finished_at FROM exits") == [(137, "oom", 1, "then")]


def test_the_statement_ranks_every_cause_in_order() -> None:
    assert END.count(f"'{Cause.UNSEEN},{Cause.ITSELF},{Cause.OOM},{Cause.ENGINE},{Cause.REACTOR}'") == 4
    assert len(Cause) == 5


async def test_strangers_words_can_always_be_stored(path: Path) -> None:
    """Half a surrogate, a NUL, a quote and a megabyte: none of them may stop the rows behind it."""
    async with running(path) as journal:
        for n, words in enumerate(("\ud800", "a\0b", "'; DROP TABLE runs; --", "x" * 2**20)):
            assert await journal.intend(decide(n, reason=words), 0.0)
        end(journal, 1, code=2**70, finished_at="\udfff")
    assert rows(path, "SELECT max(length(reason)) FROM intents") == [(LONGEST,)]
    assert rows(path, "SELECT exit_code, finished_at FROM exits") == [(None, "?")]


async def test_statistics_say_how_it_goes(path: Path) -> None:
    async with running(path) as journal:
        await journal.intend(decide(1), 0.0)
        await journal.wait_written()
        now = journal.statistics()
    assert (now.queued, now.written, now.dropped, now.failures, now.late) == (0, 1, 0, 0, 0)
    assert now.healthy
    assert 0 < now.last_commit_seconds < 1


async def test_what_is_queued_at_the_end_is_written(path: Path) -> None:
    async with running(path) as journal:
        for n in range(2000):
            end(journal, n)
    assert rows(path, "SELECT count(*) FROM exits") == [(2000,)]


async def test_inline_it_keeps_to_virtual_time(path: Path, autojump_clock: trio.testing.MockClock) -> None:
    async with running(path, inline=True) as journal:
        began = trio.current_time()
        assert await journal.intend(decide(1), began)
        assert trio.current_time() == began


async def test_the_rules_in_force_are_known_to_the_next_monitor(path: Path) -> None:
    """Only those that were in force last: a rule that was taken out is new when it comes back."""
    async with running(path) as journal:
        assert journal.proven() == frozenset()
        journal.prove({"p1": "safety/pids", "p2": "safety/oom"})
        journal.prove({"p2": "safety/oom", "p3": "safety/age"})
    assert rows(path, "SELECT proof, rule FROM proven ORDER BY proof") == [
        ("p2", "safety/oom"),
        ("p3", "safety/age"),
    ]
    async with running(path) as journal:
        assert journal.proven() == {"p2", "p3"}


async def test_what_was_meant_is_told_to_the_next_monitor_unless_the_end_is_known_to_be_ours(
    path: Path,
) -> None:
    """An open intent is a guess, an outcome without an exit is knowledge; what was only said is nothing."""
    async with running(path, wall=lambda: 1000.2) as journal:
        for n in range(1, 7):
            said = decide(n, dry_run=n == 5)
            await journal.intend(replace(said, id=f"{n:016x}"), trio.current_time())
        for n, why in ((2, Why.ENDED), (3, Why.ENDED), (4, Why.ALREADY_OVER)):
            journal.conclude(came_of(replace(decide(n), id=f"{n:016x}"), why=why))
        end(journal, 3, code=137, cause=Cause.REACTOR)
        end(journal, 6, code=137)
    async with running(path, wall=lambda: 2000.2) as journal:
        meant = Meant(Action.KILL, 1_000)
        assert _in_seconds(journal.meant()) == {
            run_of(1): meant,
            run_of(2): replace(meant, ended=True),
            run_of(6): meant,
        }
        await journal.intend(replace(decide(1), id=f"{1:016x}"), trio.current_time())
    async with running(path) as journal:
        assert _in_seconds(journal.meant())[run_of(1)] == meant, (
            "taken up again, it is still from when it was first written"
        )


def _in_seconds(found: Mapping[Run, Meant]) -> dict[Run, Meant]:
    return {run: replace(meant, at=meant.at // 10**9) for run, meant in found.items()}


async def test_a_cause_and_what_it_rests_on_are_replaced_together(path: Path) -> None:
    """A guess never takes the place of what is known, and a better word takes the guess's."""

    def ended(journal: Journal, cause: Cause, basis: Basis, died: float | None = None) -> None:
        journal.ended(Ended(0.0, run_of(1), "c1", cause, basis=basis, died=died))

    found = "SELECT cause, basis, boot - died FROM exits"
    async with running(path, boot=lambda: 50.0 + trio.current_time(), boot_id="b") as journal:
        ended(journal, Cause.ITSELF, Basis.SEEN)
        ended(journal, Cause.REACTOR, Basis.INTENT)
        await journal.wait_written()
        assert rows(path, found) == [("reactor", "intent", None)]
        ended(journal, Cause.ITSELF, Basis.SEEN)
        ended(journal, Cause.REACTOR, Basis.SEEN, died=-3.0)
        ended(journal, Cause.REACTOR, Basis.INTENT, died=-4.0)
    (row,) = rows(path, found)
    assert row[:2] == ("reactor", "")
    assert row[2] == pytest.approx(47.0)


async def test_what_rules_did_to_runs_that_live_is_told_to_the_next_monitor(path: Path) -> None:
    """What was written last counts; what failed, was only said, ended its run, or is over says nothing."""
    rule = "safety/pids"

    def limit(n: int, nth: int = 0, *, dry_run: bool = False) -> Decision:
        made = decide(n, dry_run=dry_run)
        return replace(made, id=f"{n:08x}{nth:08x}", action=Action.LIMIT, level="only")

    async with running(path) as journal:
        for n in range(1, 8):
            journal.adopt(box(n), Standing.MAIN, frozenset(), "t")
        for n in (1, 2, 3, 6, 7):
            await journal.intend(limit(n), 0.0)
        await journal.intend(limit(2, 1), 0.0)
        journal.conclude(came_of(limit(1), why=Why.CARRIED_OUT))
        journal.conclude(came_of(limit(2), why=Why.CARRIED_OUT))
        journal.conclude(replace(came_of(limit(3), why=Why.STAGE_FAILED), result=Result.FAILED))
        journal.conclude(came_of(limit(4, dry_run=True), why=Why.CARRIED_OUT))
        await journal.intend(decide(5), 0.0)
        journal.conclude(came_of(limit(6), why=Why.CARRIED_OUT))
        journal.conclude(replace(came_of(limit(7), why=Why.INTERRUPTED), result=Result.FAILED))
        end(journal, 6)
    async with running(path) as journal:
        assert journal.done() == {
            run_of(1): (Done(rule, "only", certain=True),),
            run_of(2): (Done(rule, "only", certain=False),),
            run_of(7): (Done(rule, "only", certain=False),),
        }
