"""How a monitor stands, in the one line that ``systemctl status`` shows.

Only the words belong here. The worst comes first: the line is cut on the right.
"""

from reactor.app.numbers import Numbers
from reactor.core.container import State

_ALIVE = frozenset({State.RUNNING, State.PAUSED, State.RESTARTING})

BEGINS = "begins: the engine's containers have not been listed yet"
STOPS = "stops: what is in flight comes to its end"


def standing(numbers: Numbers, engine: str) -> str:
    """What is watched, and everything that keeps the monitor from doing its work."""
    parts = (_blind(numbers), *_restraints(numbers), _watched(numbers, engine))
    return "; ".join(part for part in parts if part)


def _blind(numbers: Numbers) -> str:
    # Without a number: each change of the line is news to everybody who listens to the manager.
    if numbers.sources.watch().blind_since is not None:
        return "blind: the engine's events do not come, and what happens is seen in its lists only, if at all"
    return numbers.why_not_ready()


def _restraints(numbers: Numbers) -> tuple[str, ...]:
    dry = numbers.sources.setup().dry_run
    return ("only observing: it runs dry and ends nothing" if dry else "", numbers.remark())


def _watched(numbers: Numbers, engine: str) -> str:
    entries = numbers.sources.state().entries.values()
    alive = sum(entry.container.state in _ALIVE for entry in entries)
    rules = len(numbers.sources.setup().rules.rules)
    return f"watching {alive} living containers of {engine} by {rules} rules"
