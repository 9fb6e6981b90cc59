"""An operator's program: what it is told, and that nothing of it is left."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import trio

from reactor.act.calls import Calls
from reactor.act.case import Case
from reactor.act.config import ActConfig
from reactor.act.courier import Courier
from reactor.act.means import Means
from reactor.act.measures import Measures
from reactor.act.programs import environment, run_program
from reactor.core.container import ContainerId, Run
from reactor.core.stages import Stage
from reactor.core.verbs import Action
from reactor.testing.direct import DirectEngine
from reactor.testing.world import World

from .build import decide

RUN = Run(ContainerId("a" * 64), "2026-01-01T00:00:00Z")


async def test_it_is_told_what_it_is_about(tmp_path: Path) -> None:
    decision = decide(RUN)
    told = tmp_path / "told"
    script = f'echo "$REACTOR_CONTAINER $REACTOR_RULE $REACTOR_REASON ${{SECRET-none}}" > {told}'
    known = environment(decision, {"PATH": os.environ["PATH"], "SECRET": "x"})
    assert await run_program(["/bin/sh", "-c", script], known) == ""
    assert told.read_text() == f"{RUN.id} safety/pids pids 231 > 200 none\n"


async def test_a_strangers_name_is_one_argument_of_the_environment_and_no_command(tmp_path: Path) -> None:
    marker = tmp_path / "made"
    decision = decide(RUN)
    hostile = replace(decision, name=f"x\n$(touch {marker}); touch {marker}")
    known = environment(hostile, {})
    assert "\n" not in known["REACTOR_NAME"]
    assert await run_program(["/bin/echo", "$REACTOR_NAME"], known) == ""
    assert not marker.exists()


async def test_what_it_says_last_is_kept_when_it_fails() -> None:
    trouble = await run_program(["/bin/sh", "-c", "echo one; printf 'two\\033[31m\\n' >&2; exit 3"], {})
    assert trouble == "it ended with 3: two\\x1b[31m"


async def test_it_cannot_be_started() -> None:
    assert await run_program(["/nowhere/at/all"], {}) == "it cannot be started: No such file or directory"


async def test_endless_output_is_not_kept() -> None:
    """Eight megabytes go by."""
    trouble = await run_program(["/bin/sh", "-c", "head -c 8388608 /dev/zero; exit 1"], {})
    assert trouble.startswith("it ended with 1")
    assert len(trouble) < 300


async def test_when_its_time_is_over_it_is_ended_with_its_children(tmp_path: Path) -> None:
    """The child holds the output open, and would keep whoever reads it waiting."""
    pid = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {pid}.new; mv {pid}.new {pid}; wait"
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_program, ["/bin/sh", "-c", script], {"PATH": os.environ["PATH"]})
        await _until(pid.exists)
        child = int(pid.read_text())
        nursery.cancel_scope.cancel()
    await _until(lambda: not _is_there(child))


async def _until(holds: Callable[[], bool]) -> None:
    with trio.fail_after(10):
        while not holds():  # noqa: ASYNC110  # Another process does it, and tells nobody.
            await trio.sleep(0.01)


def _is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_an_earlier_monitor_may_have_begun_is_left_out_of_an_end(tmp_path: Path) -> None:
    """Only there: what leaves a run alive comes again for a reason of its own. The record says it."""
    told, world = tmp_path / "told", World()
    means = Means(programs={"note": ("/bin/sh", "-c", f'echo "$REACTOR_CONTAINER" >> {told}')})
    courier = Courier({}, wall=trio.current_time, jitter=lambda: 0.0)
    cut_off, fresh = decide(RUN), decide(replace(RUN, started_at="later"))
    alive = decide(RUN, Action.EXEC)
    measures = Measures(
        means,
        courier,
        ActConfig(),
        source="x",
        wall=trio.current_time,
        interrupted=frozenset({cut_off.id, alive.id}),
    )
    stage, records = Stage(Action.EXEC, target="note"), []
    for decision in (cut_off, fresh, alive):
        calls = Calls(DirectEngine(world), RUN.id)
        case = Case(decision, calls, polite=False, before_stop=trio.lowlevel.checkpoint)
        assert await measures.take(case, stage, None) == ""
        records.append([(call.what, call.note) for call in case.calls.record])
    assert told.read_text().splitlines() == [RUN.id] * 2
    assert records == [[("exec note", "left out: an earlier monitor may have begun it")], [], []]
