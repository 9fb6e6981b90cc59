"""The limits of what is made here: what a service says of them, and the usual ones for the rest."""

from reactor.core.container import Limits
from reactor.ruleset.compose.models import ServiceText

USUAL = Limits(pids=256, memory=8 << 30, swap=8 << 30, cpu=2.0)
"""The same that the shipped rule gives whoever was made without any."""


def limits_of(text: ServiceText) -> Limits:
    """All four of them: nothing is made without a limit."""
    deployed = text.deploy.resources.limits
    memory = text.mem_limit or deployed.memory or USUAL.memory
    return Limits(
        pids=text.pids_limit or deployed.pids or USUAL.pids,
        memory=memory,
        swap=text.memswap_limit or memory,
        cpu=text.cpus or deployed.cpus or USUAL.cpu,
    )
