"""The actions behind ``then:``: how each is written, from its word and options to a stage.

``- kill``, ``- stop: {grace: 30s}`` and ``- webhook: oncall`` are entries; which of them go together is
checked in ``chains``. What an action does is the business of the ``act`` room.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pydantic_core import PydanticCustomError

from reactor.core.container import Limits
from reactor.core.language.problems import did_you_mean
from reactor.core.language.units import read_bytes
from reactor.core.stages import OnFailure, Stage
from reactor.core.verbs import Action
from reactor.ruleset.values import NAME_PATTERN, checked_duration, checked_text, wrong

LONGEST_GRACE = 600.0
LONGEST_TIMEOUT = 60.0
LEAST_MEMORY = 6 * 1024 * 1024
"""What an engine takes at least."""
_OF_A_STAGE = ("timeout", "on_failure")
OPTIONS: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.KILL: (),
        Action.STOP: ("grace",),
        Action.RESTART: ("grace",),
        Action.REMOVE: (),
        Action.PAUSE: _OF_A_STAGE,
        Action.LIMIT: ("pids", "memory", "swap", "cpu", "only_missing", *_OF_A_STAGE),
        Action.NOTICE: ("wait", *_OF_A_STAGE),
        Action.EVIDENCE: _OF_A_STAGE,
        Action.EXEC: ("program", *_OF_A_STAGE),
        Action.WEBHOOK: ("to",),
    }
)
"""The options of each action, in their canonical order."""
SHORT: Mapping[Action, str] = MappingProxyType({Action.EXEC: "program", Action.WEBHOOK: "to"})
"""The actions that need a name, and the option that holds it: ``webhook: oncall`` is short for it."""
USUAL = Stage(Action.KILL)
"""What is done where nothing is said."""
_EXAMPLES: Mapping[Action, str] = MappingProxyType(
    {
        Action.LIMIT: "pids: 256",
        Action.NOTICE: "wait: 30s",
        Action.EXEC: "program: dump",
        Action.WEBHOOK: "to: oncall",
    }
)


def stage(value: Any) -> Stage:
    """An entry of ``then``."""
    if isinstance(value, str):
        return _stage(_action(value), {})
    if not isinstance(value, dict) or len(value) != 1:
        raise wrong("an action is a word or a map with one key, as in 'kill' or 'stop: {grace: 30s}'")
    ((word, given),) = value.items()
    action = _action(word)
    return _stage(action, _options(action, given))


def _action(word: str) -> Action:
    if word == "freeze":
        raise wrong("there is no action 'freeze': write 'pause'")
    if word not in list(Action):
        raise wrong(f"there is no action '{word}': {did_you_mean(word, Action)}")
    return Action(word)


def _options(action: Action, given: Any) -> Mapping[str, Any]:
    known = OPTIONS[action]
    if given is None:
        return {}
    if isinstance(given, str) and action in SHORT:
        return {SHORT[action]: given}
    if not isinstance(given, dict):
        remedy = f"as in '{action}: {{{_example(action)}}}'" if known else f"write '{action}' alone"
        raise wrong(f"what stands behind '{action}' is a map of options: {remedy}", [action])
    for key in given:
        if key not in known:
            remedy = did_you_mean(key, known) if known else "it takes none"
            raise wrong(f"'{action}' has no option '{key}': {remedy}", [action, key])
    return given


def _example(action: Action) -> str:
    known = OPTIONS[action]
    return _EXAMPLES.get(action, "grace: 30s" if "grace" in known else "timeout: 5s")


def _stage(action: Action, given: Mapping[str, Any]) -> Stage:
    def read(key: str, reader: Callable[[Any, str], Any], missing: Any = None) -> Any:
        if key not in given:
            return missing
        try:
            return reader(given[key], key)
        except PydanticCustomError as error:
            raise wrong(str((error.context or {})["message"]), [action, key]) from None

    needed = SHORT.get(action)
    if needed is not None and needed not in given:
        example = _EXAMPLES[action].partition(": ")[2]
        raise wrong(f"'{action}' needs a name from the configuration: write such as '{action}: {example}'")
    limits = Limits(read("pids", _count), read("memory", _memory), read("swap", _memory), read("cpu", _cores))
    if action is Action.LIMIT:
        _check(limits)
    return Stage(
        action,
        timeout=read("timeout", _timeout),
        on_failure=read("on_failure", _on_failure, OnFailure.CONTINUE),
        grace=read("grace", _grace),
        wait=read("wait", _wait, 0.0),
        target=read(needed, _name, "") if needed else "",
        limits=limits,
        missing=read("only_missing", _truth, missing=False),
    )


def _check(limits: Limits) -> None:
    if limits == Limits():
        raise wrong("'limit' needs a limit to set: pids, memory, swap or cpu", [Action.LIMIT])
    if limits.swap is not None and (limits.memory is None or limits.swap < limits.memory):
        message = "'swap' is memory and swap together: it stands beside 'memory' and is not less than it"
        raise wrong(message, [Action.LIMIT, "swap"])


def _grace(value: Any, key: str) -> float:
    seconds = checked_duration(value, key)
    if seconds > LONGEST_GRACE:
        raise wrong(f"'{key}' is at most 10m: what breaks a rule is not left running for {value}")
    return seconds


def _wait(value: Any, key: str) -> float:
    return _grace(value, key)


def _timeout(value: Any, key: str) -> float:
    seconds = checked_duration(value, key)
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise wrong(f"'{key}' is more than 0s and at most 1m: what comes after it waits for so long")
    return seconds


def _on_failure(value: Any, key: str) -> OnFailure:
    found = checked_text(value, key)
    if found not in list(OnFailure):
        raise wrong(f"'{key}' is continue or stop, not '{found}'")
    return OnFailure(found)


def _name(value: Any, key: str) -> str:
    found = checked_text(value, key)
    if not NAME_PATTERN.fullmatch(found):
        raise wrong(
            f"'{key}' is a name from the configuration, of a-z, 0-9 and -: nothing else can be called"
        )
    return found


def _truth(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(f"'{key}' is true or false")
    return value


def _count(value: Any, key: str) -> int:
    found = checked_text(value, key)
    if found.isascii() and found.isdigit() and len(found) < 10 and int(found) >= 1:
        return int(found)
    raise wrong(f"'{key}' is a whole number, at least 1")


def _memory(value: Any, key: str) -> int:
    amount = read_bytes(checked_text(value, key))
    if amount is None:
        raise wrong(f"'{key}' is an amount of memory, such as 512MiB or 8GiB")
    if amount < LEAST_MEMORY:
        raise wrong(f"'{key}' is at least 6MiB: engines take no less")
    return amount


def _cores(value: Any, key: str) -> float:
    found = checked_text(value, key)
    try:
        cores = float(found)
    except ValueError:
        cores = 0.0
    if not 0.01 <= cores <= 100_000:
        raise wrong(f"'{key}' is a number of cores, such as 2 or 0.5")
    return cores
