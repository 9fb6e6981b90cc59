"""Small builders for the journal's tests, and a plain look into its file."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import trio

from reactor.core.container import Container, ContainerId, Run, State
from reactor.core.decisions import Call, Decision, Outcome, Result, Why, decision_id
from reactor.core.notes import Cause, Ended
from reactor.core.verbs import Action
from reactor.journal import writer
from reactor.journal.journal import Journal


def cid(n: int) -> ContainerId:
    return ContainerId(f"{n:064x}")


def run_of(n: int) -> Run:
    return Run(cid(n), "2026-01-01T00:00:00.000000000Z")


def box(n: int) -> Container:
    return Container(run=run_of(n), name=f"c{n}", image="busybox:test", state=State.RUNNING)


def decide(n: int, *, at: float = 0.0, dry_run: bool = False, reason: str = "pids 231 > 200") -> Decision:
    run = run_of(n)
    return Decision(
        id=decision_id(run, Action.KILL, "safety/pids", "", 1),
        at=at,
        run=run,
        name=f"c{n}",
        action=Action.KILL,
        rule="safety/pids",
        reason=reason,
        seen=at - 2.0,
        dry_run=dry_run,
    )


def came_of(decision: Decision, *, final: bool = True, why: Why = Why.ENDED) -> Outcome:
    calls = (Call("kill", decision.at + 0.25, 0.5, 204),)
    result = Result.DONE if final else Result.UNKNOWN
    return Outcome(decision, decision.at + 1, result, why, calls=calls, final=final)


@asynccontextmanager
async def running(path: Path, *, last_words: float = 20.0, **options: Any) -> AsyncIterator[Journal]:
    """A journal at work, ended in good order. It is patient: a busy machine is no reason to fail a test.

    So it is at its end, where it has so many seconds for its ``last_words``: what still waits to be written.
    """
    journal = Journal(path, **{"patience": 10.0, **options})
    with patch.object(writer, "LAST_WORDS", last_words):
        async with trio.open_nursery() as nursery:
            await nursery.start(lambda task_status: journal.run(task_status=task_status))
            yield journal
            nursery.cancel_scope.cancel()


def end(
    journal: Journal,
    n: int,
    *,
    code: int | None = 0,
    cause: Cause = Cause.ITSELF,
    oom: bool = False,
    finished_at: str = "",
) -> None:
    """A run that is over."""
    journal.ended(Ended(trio.current_time(), run_of(n), f"c{n}", cause, code, oom, finished_at))


async def eventually(true: Callable[[], bool]) -> None:
    """Look until it is so: what a file holds has no event to wait for."""
    with trio.fail_after(10):
        while not true():  # noqa: ASYNC110 - see above
            await trio.sleep(0.01)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """What stands in the file, read as a stranger would."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def change(path: Path, statement: str) -> None:
    """Edit the file as a stranger would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
