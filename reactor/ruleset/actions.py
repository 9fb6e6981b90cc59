"""The actions behind ``then:``, from how they are written to what they are.

``- kill``, ``- stop`` and ``- stop: {grace: 30s}`` are entries; which of them go together is checked
in ``together``. What an action does is the business of the ``act`` room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic_core import PydanticCustomError

from reactor.core.decisions import Action
from reactor.core.language.problems import did_you_mean
from reactor.ruleset.values import checked_duration, wrong

ACTIONS: Mapping[str, Action] = MappingProxyType({"kill": Action.KILL, "stop": Action.STOP})
"""The actions that a rule can ask for, by the words for them."""
STRENGTH: Mapping[Action, int] = MappingProxyType({Action.STOP: 1, Action.KILL: 2})
"""Which of two actions is the stronger."""
LONGEST_GRACE = 600.0
_OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"kill": (), "stop": ("grace",)})


@dataclass(frozen=True, slots=True)
class Ending:
    """An action that ends a run, with the grace of a stop if it was given."""

    action: Action
    grace: float | None = None

    @classmethod
    def usual(cls) -> "Ending":
        """What is done where nothing is said."""
        return cls(Action.KILL)


def ending(value: Any) -> Ending:
    """An entry of ``then``."""
    if isinstance(value, str):
        return Ending(_action(value))
    if not isinstance(value, dict) or len(value) != 1:
        raise wrong("an action is a word or a map with one key, as in 'kill' or 'stop: {grace: 30s}'")
    ((word, options),) = value.items()
    return Ending(_action(word), _grace(word, options))


def _action(word: str) -> Action:
    if word not in ACTIONS:
        raise wrong(f"there is no action '{word}': {did_you_mean(word, ACTIONS)}")
    return ACTIONS[word]


def _grace(word: str, options: Any) -> float | None:
    known = _OPTIONS[word]
    if options is None:
        return None
    if not isinstance(options, dict):
        remedy = f"as in '{word}: {{grace: 30s}}'" if known else f"write '{word}' alone"
        raise wrong(f"what stands behind '{word}' is a map of options: {remedy}", [word])
    for key in options:
        if key not in known:
            remedy = did_you_mean(key, known) if known else "it takes none"
            raise wrong(f"'{word}' has no option '{key}': {remedy}", [word, key])
    return _seconds(word, options["grace"]) if "grace" in options else None


def _seconds(word: str, value: Any) -> float:
    try:
        seconds = checked_duration(value, "grace")
    except PydanticCustomError as error:
        raise wrong(str((error.context or {})["message"]), [word, "grace"]) from None
    if seconds > LONGEST_GRACE:
        message = f"'grace' is at most 10m: what breaks a rule is not left running for {value}"
        raise wrong(message, [word, "grace"])
    return seconds
