"""What a decision rests on: the rule as it stood, the container as it was seen, the latest readings.

The record is made at the moment of the decision and only written down; nothing is decided on it.
"""

from dataclasses import dataclass
from hashlib import sha256

from reactor.core.container import Container
from reactor.core.decisions import Decision
from reactor.core.facts import Sample
from reactor.core.recent import unpacked
from reactor.core.rules import Rule
from reactor.core.state import Setup, State


@dataclass(frozen=True, slots=True)
class Grounds:
    """What one decision rests on.

    ``version`` is that of the rule set; ``rule`` is None for what no rule of it decided: an orphan, or
    a sidecar that goes with its main. ``container`` is None where another run has begun meanwhile.
    ``task`` is the task it is the main of, ``serves`` the one whose sidecar it is.
    """

    decision: Decision
    version: str
    rule: Rule | None = None
    container: Container | None = None
    standing: str = ""
    task: str = ""
    serves: str = ""
    samples: tuple[Sample, ...] = ()


def grounds(setup: Setup, state: State, decision: Decision) -> Grounds:
    """What this decision, which was just made, rests on."""
    rule = _rule(setup, decision)
    entry = state.entries.get(decision.run.id)
    if entry is None or entry.run != decision.run:
        return Grounds(decision, setup.rules.version, rule)
    return Grounds(
        decision,
        setup.rules.version,
        rule,
        entry.container,
        str(entry.standing),
        entry.task,
        entry.serves,
        unpacked(entry.recent, entry.run),
    )


def _rule(setup: Setup, decision: Decision) -> Rule | None:
    """The rule; of two levels with one name the one that does what was decided."""
    if decision.cause:
        return None
    named = [rule for rule in setup.rules.rules if rule.name == decision.rule]
    return next((rule for rule in named if rule.action is decision.action), named[0] if named else None)


def trace_id(root: str) -> str:
    """The trace that a decision belongs to, in 32 hex digits; ``root`` is the id of the one that began it."""
    return sha256(f"trace\n{root}".encode()).hexdigest()[:32]
