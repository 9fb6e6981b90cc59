"""Health checks: probes at their moments, and the finding that follows from them.

The engine executes a probe and reports it as three events; it tells of a finding only when that
changes. Ending the probing, as a pause does, makes a container "unhealthy" without a word.
"""

from functools import partial

from reactor.core.container import State
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.traits import USUAL_RETRIES, HealthCheck


def begin(ground: Ground, box: Box, at: float) -> None:
    """Begin anew with a run: nothing is known until the first probe."""
    box.failing = 0
    box.health = "starting" if box.recipe.traits.health is not None else ""
    plan(ground, box, at)


def plan(ground: Ground, box: Box, at: float) -> None:
    """Plan the next probe of a container that runs."""
    check = box.recipe.traits.health
    if check is not None:
        box.probe = ground.timers.add(at + check.interval, partial(_probe, ground, box))


def _probe(ground: Ground, box: Box, at: float) -> None:
    check = box.recipe.traits.health
    if check is None or box.state is not State.RUNNING:
        return
    # The engine does the probing: while it is away, or its shim is stuck, nobody does.
    if ground.up and box.wedged is None:
        passed = _passes(check, box.ran(at)) if box.ill is None else not box.ill
        _execute(ground, box, at, check.command, code=0 if passed else 1)
        found(ground, box, at, passed=passed)
    plan(ground, box, at)


def _passes(check: HealthCheck, ran: float) -> bool:
    return check.passes and ran >= check.passes_after


def _execute(ground: Ground, box: Box, at: float, command: str, code: int) -> None:
    for action in ("exec_create", "exec_start"):
        ground.tell(box, f"{action}: /bin/sh -c {command}", at, execID="0" * 64)
    ground.tell(box, "exec_die", at, execID="0" * 64, exitCode=str(code))


def found(ground: Ground, box: Box, at: float, *, passed: bool) -> None:
    """Take in what a probe came to."""
    check = box.recipe.traits.health
    if passed:
        box.failing = 0
        _become(ground, box, at, "healthy")
    elif not (check and box.health == "starting" and box.ran(at) < check.start_period):
        box.failing += 1
        if box.failing >= retries(box):
            _become(ground, box, at, "unhealthy")


def put(ground: Ground, box: Box, at: float, health: str) -> None:
    """Let this be the finding from now on; the probes to come agree with it."""
    if health == "starting":
        box.health, box.failing, box.ill = health, 0, None
        return
    box.ill = health == "unhealthy"
    box.failing = retries(box) if box.ill else 0
    _become(ground, box, at, health)


def _become(ground: Ground, box: Box, at: float, health: str) -> None:
    before, box.health = box.health, health
    if before != health:
        ground.tell(box, f"health_status: {health}", at)


def retries(box: Box) -> int:
    """How many failures one after the other make it unhealthy."""
    check = box.recipe.traits.health
    return check.retries if check is not None else USUAL_RETRIES


def finding(box: Box) -> str:
    """What its health check has found; empty where the engine's "unhealthy" has no probes behind it."""
    if box.state is not State.RUNNING or (box.health == "unhealthy" and box.failing < retries(box)):
        return ""
    return box.health
