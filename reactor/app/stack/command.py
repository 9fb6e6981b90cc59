"""``reactor stack up|down|status``: from the command line to what is said at the end, and the exit code."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping

import trio

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.invocation import find_endpoint
from reactor.app.stack import lowering, raising, standing
from reactor.app.stack.looking import SETTLED, Tools
from reactor.app.stack.raising import Raising
from reactor.app.stack.reading import Wanted, wanted
from reactor.app.stack.terminal import view_for
from reactor.app.stack.views import View
from reactor.core.language.printing import tame
from reactor.core.ports import EngineError
from reactor.core.stackplans import Fate
from reactor.engine.calls import DockerEngine
from reactor.engine.making import Making
from reactor.engine.premises import Premises

BROKEN_OFF = 130
REMEDY = "Name one with --docker-host or DOCKER_HOST"
_LONGEST = 500


def stack(options: argparse.Namespace) -> int:
    """Carry out ``reactor stack``."""
    return trio.run(carry_out, options)


async def carry_out(options: argparse.Namespace, settled: float = SETTLED) -> int:
    """What the command does, with ``settled`` as in Tools; the exit code."""
    asked = wanted(options)
    endpoint = find_endpoint(options, os.environ, remedy=REMEDY)
    engine = DockerEngine(endpoint)
    tools = Tools(engine, Making.on(engine), Premises.on(engine), settled)
    verbs = {"up": _up, "down": _down, "status": _status}
    try:
        return await verbs[options.verb](tools, asked, options)
    except EngineError as error:
        raise Complaint(tame(f"reactor: {error}", _LONGEST)) from None


async def _up(tools: Tools, asked: Wanted, options: argparse.Namespace) -> int:
    view = view_for(as_json=options.json)
    work = Raising(tools, asked, view, remove_orphans=options.remove_orphans)
    whole = await _watched(work.run, view)
    raised = work.raised
    if options.json:
        _print({**raising.document(asked, raised), "broken_off": not whole})
    else:
        _say_up(asked, work, options, whole=whole)
    if not whole:
        return BROKEN_OFF
    return OK if raised.failed is None else FOUND


def _say_up(asked: Wanted, work: Raising, options: argparse.Namespace, *, whole: bool) -> None:
    raised, name, file = work.raised, asked.stack.name, options.file
    if not options.remove_orphans:
        _say_orphans(tuple(each.name for each in raised.orphans))
    if not whole:
        print(f"broken off: 'reactor stack status {file}' says how far it came, and 'up' goes on from there")
    elif raised.failed is not None:
        print(f"stack {name} is not up; see 'reactor stack status {file}'", file=sys.stderr)
    else:
        fates = [lot.fate for lot in raised.lots.values()]
        counts = ", ".join(f"{fates.count(each)} {each}" for each in Fate if each in fates)
        print(f"stack {name} is up: {counts or 'it has no services'}")


async def _down(tools: Tools, asked: Wanted, options: argparse.Namespace) -> int:
    view, lowered = view_for(as_json=options.json), lowering.Lowered()

    async def work() -> None:
        await lowering.lower(tools.engine, asked, view, lowered, remove_orphans=options.remove_orphans)

    whole = await _watched(work, view)
    if options.json:
        _print({**lowering.document(asked, lowered), "broken_off": not whole})
    else:
        left = [
            each.name for each in lowered.seen.orphans(asked.stack) if each.service not in lowered.removed
        ]
        _say_orphans(tuple(left))
        number = len(lowered.removed)
        ended = f"{number} container{'' if number == 1 else 's'} removed" if number else "nothing was there"
        if not whole:
            print(f"broken off: 'reactor stack down {options.file}' goes on")
        elif not lowered.failed:
            kept = f"; its data is kept below {asked.data}" if asked.data else ""
            print(f"stack {asked.stack.name} is down: {ended}{kept}")
    if not whole:
        return BROKEN_OFF
    return FOUND if lowered.failed else OK


async def _status(tools: Tools, asked: Wanted, options: argparse.Namespace) -> int:
    lines = await standing.stand(tools, asked)
    if options.json:
        _print(standing.document(asked, lines))
    else:
        print(raising.title(asked))
        standing.shown(lines)
    return FOUND if any(each.differs for each in lines) else OK


def _say_orphans(names: tuple[str, ...]) -> None:
    if names:
        shown = ", ".join(tame(each, _LONGEST) for each in names)
        print(f"not in the file any more, and left as they are: {shown}; --remove-orphans removes them")


def _print(document: Mapping[str, object]) -> None:
    json.dump(document, sys.stdout, indent=2)
    print()


async def _watched(work: Callable[[], Awaitable[None]], view: View) -> bool:
    """Do it while it is shown; False if a signal broke it off."""
    broken = False

    async def listen(task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        nonlocal broken
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            task_status.started()
            async for _ in signals:
                broken = True
                nursery.cancel_scope.cancel()

    try:
        # Structural: the picture and the ear for signals end with the work.
        async with trio.open_nursery() as nursery:
            await nursery.start(listen)
            nursery.start_soon(view.run)
            await work()
            nursery.cancel_scope.cancel()
    except* (EngineError, Complaint) as group:
        raise _first(group) from None
    finally:
        view.close()
    return not broken


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """One is enough to mend."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
