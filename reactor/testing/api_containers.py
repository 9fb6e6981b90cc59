"""The calls about containers: list, inspect, create and everything that changes one.

Only answering belongs here; what a change does is behind ``world``, shapes are in ``documents``.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from reactor.core.container import ALIVE
from reactor.http.server import Response
from reactor.testing.api_call import BY, Call, Filters
from reactor.testing.api_create import create, policy
from reactor.testing.box import Box
from reactor.testing.documents import inspected, row, sizes
from reactor.testing.outputs import entries, framed
from reactor.testing.refusals import Refused
from reactor.testing.updates import Change

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "WINCH": 28}
KNOWN_FILTERS = frozenset(
    {"ancestor", "before", "exited", "expose", "health", "id", "is-task", "isolation", "label"}
    | {"name", "network", "publish", "since", "status", "volume"}
)


async def listing(call: Call) -> list[dict[str, Any]]:
    """List containers, the youngest first; those that do not run only on request."""
    filters = call.filters()
    for name in filters:
        if name not in KNOWN_FILTERS:
            raise Refused(400, f"Invalid filter '{name}'")
    everything = call.flag("all") or "status" in filters
    boxes = (box for box in reversed(call.world.boxes) if everything or box.listed in ALIVE)
    return [row(call.world.ground, box) for box in boxes if _passes(box, filters)]


def _passes(box: Box, filters: Filters) -> bool:
    """Labels, states, names and ids are looked at; other filters are taken and let everything pass."""
    labels = {*box.recipe.labels, *(f"{key}={value}" for key, value in box.recipe.labels.items())}
    return (
        labels.issuperset(filters.get("label", ()))
        and _any(filters.get("status"), lambda wanted: wanted == box.listed)
        and _any(filters.get("name"), lambda wanted: wanted.strip("^/$") in box.name)
        and _any(filters.get("id"), box.id.startswith)
    )


def _any(wanted: list[str] | None, passes: Any) -> bool:
    return not wanted or any(passes(value) for value in wanted)


async def inspect(call: Call) -> dict[str, Any]:
    """Inspect one; of one whose shim is stuck no answer comes."""
    box = call.box()
    while box.wedged is not None and box.inspect_hangs:
        await box.wedged.wait()
    return inspected(box) | (sizes(box) if call.flag("size") else {})


async def start(call: Call) -> int:
    """Start one."""
    return call.world.start(call.box(), BY)


async def kill(call: Call) -> int:
    """Send a signal and, if it is the last one, wait for the end."""
    number = _signal(call.query.get("signal", "KILL"))
    try:
        box = call.box()
    except Refused as refused:
        raise Refused(
            refused.status, f"Cannot kill container: {call.parts['ref']}: {refused.message}"
        ) from None
    stuck, over = box.wedged, box.over
    status = call.world.kill(box, BY, number)
    if stuck is not None:
        await stuck.wait()
    if number == SIGNALS["KILL"] and box.has_process:
        await over.wait()
    return status


def _signal(text: str) -> int:
    number = int(text) if text.isdecimal() else SIGNALS.get(text.upper().removeprefix("SIG"), 0)
    if not 0 < number < 65:
        raise Refused(400, f"Invalid signal: {text}")
    return number


async def stop(call: Call) -> int:
    """Stop one and wait for the end. Hanging up does not call it off."""
    box = call.box()
    stuck, over = box.wedged, box.over
    status = call.world.stop(box, _grace(call, box), BY)
    if stuck is not None:
        await stuck.wait()
    if status != 304 and box.has_process:
        await over.wait()
    return status


def _grace(call: Call, box: Box) -> float:
    text = call.query.get("t", "")
    return float(text) if text else box.recipe.stop_timeout


async def restart(call: Call) -> int:
    """Stop one if it runs, and start it."""
    box = call.box()
    stuck, over = box.wedged, box.over
    call.world.begin_restart(box, _grace(call, box), BY)
    if stuck is not None:
        await stuck.wait()
    if box.has_process:
        await over.wait()
    return call.world.restart(box, BY)


async def pause(call: Call) -> int:
    """Freeze one."""
    return await _done(call.box(), partial(call.world.pause, by=BY))


async def unpause(call: Call) -> int:
    """Let one go on."""
    return await _done(call.box(), partial(call.world.unpause, by=BY))


async def _done(box: Box, action: Callable[[Box], int]) -> int:
    """Do it; where the shim is stuck it is owed, and the answer waits for it."""
    stuck = box.wedged
    status = action(box)
    if stuck is not None:
        await stuck.wait()
    return status


async def rename(call: Call) -> int:
    """Give one another name."""
    return call.world.rename(call.box(), f"/{call.query.get('name', '')}", BY)


async def update(call: Call) -> dict[str, Any]:
    """Give one other limits or another restart policy; what is not named stays."""
    box, given = call.box(), call.document()
    asked = given.get("RestartPolicy") or {}
    change = Change(
        given.get("PidsLimit"),
        *(given.get(name) or 0 for name in ("Memory", "MemorySwap", "NanoCpus", "CpuQuota", "CpuPeriod")),
    )
    restart = policy(asked) if asked.get("Name") else None
    await _done(box, partial(call.world.change, change=change, restart_policy=restart, by=BY))
    return {"Warnings": None}


async def logs(call: Call) -> Response:
    """What one has written so far; there is no following here."""
    box = call.box()
    if not (call.flag("stdout") or call.flag("stderr")):
        raise Refused(400, "Bad parameters: you must choose at least one stream")
    tail = call.query.get("tail", "")
    found = entries(box, int(tail) if tail.isdecimal() else None)
    return Response(200, framed(box, found), content_type="")


async def wait(call: Call) -> dict[str, Any]:
    """Wait until one does not run."""
    box = call.box()
    if box.has_process:
        await box.over.wait()
    return {"Error": None, "StatusCode": box.exit_code}


async def remove(call: Call) -> int:
    """Remove one, and wait until it is gone."""
    box = call.box()
    status = await _done(box, partial(call.world.remove, force=call.flag("force"), by=BY))
    await box.gone.wait()
    return status


ENDPOINTS = (
    ("GET", r"/containers/json", listing),
    ("POST", r"/containers/create", create),
    ("GET", r"/containers/(?P<ref>[^/]+)/json", inspect),
    ("POST", r"/containers/(?P<ref>[^/]+)/start", start),
    ("POST", r"/containers/(?P<ref>[^/]+)/kill", kill),
    ("POST", r"/containers/(?P<ref>[^/]+)/stop", stop),
    ("POST", r"/containers/(?P<ref>[^/]+)/restart", restart),
    ("POST", r"/containers/(?P<ref>[^/]+)/pause", pause),
    ("POST", r"/containers/(?P<ref>[^/]+)/unpause", unpause),
    ("POST", r"/containers/(?P<ref>[^/]+)/rename", rename),
    ("POST", r"/containers/(?P<ref>[^/]+)/update", update),
    ("POST", r"/containers/(?P<ref>[^/]+)/wait", wait),
    ("GET", r"/containers/(?P<ref>[^/]+)/logs", logs),
    ("DELETE", r"/containers/(?P<ref>[^/]+)", remove),
)
