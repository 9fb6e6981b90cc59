"""From a command line to a task, and from a probe to a health check, for containers that a client creates.

Only a handful of words are understood; anything else is a program that is not in the image
and fails to start, as on a real engine.
"""

import re
from collections.abc import Callable, Sequence

from reactor.core.recipes import Probe
from reactor.testing.tasks import (
    CannotStart,
    Exits,
    FillsCache,
    Forks,
    Grows,
    OomsChild,
    OomsMain,
    Serves,
    Sleeps,
    Task,
)
from reactor.testing.traits import USUAL_INTERVAL, USUAL_RETRIES, HealthCheck

TRAP = re.compile(r"trap '(?:exit )?(\d*)' TERM")
STEP = re.compile(r"\b(sleep|exit) +([0-9.]+|inf\w*)")
LOOKS_FOR = re.compile(r"(?:test|\[) -[ef] (\S+)")
FOR_EVER = re.compile(r"while (?:true|:)")


def parse_command(words: Sequence[str]) -> Task:
    """Find the task that a command line stands for.

    ``sleep N``, ``true``, ``false`` and ``sh -c`` with sleeps, an exit and a TERM trap are
    taken for what they are; ``forks N``, ``grows SHARE SECONDS``, ``fills-cache``, ``ooms``,
    ``ooms-child`` and ``serves`` stand for the tasks of those names.
    """
    match list(words):
        case ["sleep", seconds]:
            return _sleep(seconds)
        case ["true"]:
            return Exits(0.0)
        case ["false"]:
            return Exits(0.0, 1)
        case ["sh" | "/bin/sh", "-c", script]:
            return _script(script)
        case [name, *numbers]:
            return _own(name, numbers)
    return CannotStart()


def _sleep(seconds: str) -> Task:
    return Sleeps() if seconds.startswith("inf") else Exits(float(seconds))


def _script(script: str) -> Task:
    trap = TRAP.search(script)
    polite, code = (0.05, int(trap[1] or 0)) if trap else (None, 0)
    if FOR_EVER.search(script):
        return Sleeps(polite=polite, polite_code=code)
    after, end = 0.0, 0
    for word, number in STEP.findall(script if trap is None else script.replace(trap[0], "")):
        if word == "exit":
            end = int(number)
            break
        if number.startswith("inf"):
            return Sleeps(polite=polite, polite_code=code)
        after += float(number)
    return Exits(after, end, polite=polite, polite_code=code)


def _own(name: str, numbers: list[str]) -> Task:
    made: dict[str, Callable[..., Task]] = {
        "serves": Serves,
        "forks": Forks,
        "grows": Grows,
        "fills-cache": FillsCache,
        "ooms": OomsMain,
        "ooms-child": OomsChild,
    }
    return made[name](*(float(number) for number in numbers)) if name in made else CannotStart()


def parse_check(probe: Probe, words: Sequence[str]) -> HealthCheck | None:
    """A health check that can be understood: how a probe does in a container that runs ``words``.

    One whose last word is ``false`` or whose shell exits with 1 fails. One that looks for a file, as in
    ``test -e /ready``, passes once the container's script has come to ``touch /ready``, and others pass.
    """
    if not probe.test or probe.test[0] == "NONE":
        return None
    command = " ".join(probe.test[1:])
    looked_for = LOOKS_FOR.search(command)
    after = _touched(words, looked_for[1]) if looked_for else 0.0
    return HealthCheck(
        interval=probe.interval or USUAL_INTERVAL,
        retries=probe.retries or USUAL_RETRIES,
        start_period=probe.start_period,
        passes=after is not None and not command.endswith(("false", "exit 1")),
        command=command,
        passes_after=after or 0.0,
        test=probe.test,
        timeout=probe.timeout,
    )


def _touched(words: Sequence[str], path: str) -> float | None:
    """After how many seconds a script makes a file; None if it never does."""
    before, touch, _ = " ".join(words).partition(f"touch {path}")
    if not touch:
        return None
    return sum(float(number) for word, number in STEP.findall(before) if word == "sleep")
