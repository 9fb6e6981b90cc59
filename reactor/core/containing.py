"""Which runs may have to be ended directly, by the rules in force: those to be got ready for.

Only the wish belongs here. How that is done, and whether it can be, is for the room ``containment``.
"""

from collections.abc import Mapping

from reactor.core.container import Container, Run
from reactor.core.state import Setup, State


def wanted_containment(setup: Setup, state: State) -> Mapping[Run, Container]:
    """The living runs of which a rule that acts would have one ended directly, as they were seen last."""
    if setup.dry_run or not any(rule.contain for rule in setup.rules.rules):
        return {}
    return {
        entry.run: entry.container
        for entry in state.living()
        if entry.governed and any(rule.contain and not setup.runs_dry(rule) for rule in entry.rules)
    }
