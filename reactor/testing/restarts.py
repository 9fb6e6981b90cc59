"""When a container comes back by itself: the engine's restart policies, as a pure function.

Only the policy belongs here; who asks, and what a restart does, is in ``life``.
"""

from dataclasses import dataclass

FIRST_WAIT = 0.1
LONGEST_WAIT = 60.0
STEADY = 10.0
"""A run at least this long lets the waiting begin anew."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """The name of a policy and, for ``on-failure``, how many times (0 is for ever)."""

    name: str = "no"
    most: int = 0

    def wants(self, code: int, count: int) -> bool:
        """Whether a run that ended with ``code`` is followed by another, after ``count`` restarts."""
        if self.name in ("always", "unless-stopped"):
            return True
        return self.name == "on-failure" and code != 0 and (self.most == 0 or count < self.most)

    def returns_on_boot(self, *, by_hand: bool, code: int) -> bool:
        """Whether the engine starts the container when it starts itself.

        ``by_hand`` is that somebody killed or stopped it: ``always`` comes back all the same.
        ``code`` is the exit code of the last run.
        """
        if self.name == "always":
            return True
        if self.name == "unless-stopped":
            return not by_hand
        return self.name == "on-failure" and code != 0


def parse_policy(text: str) -> RestartPolicy:
    """Read ``no``, ``always``, ``unless-stopped``, ``on-failure`` or ``on-failure:3``."""
    name, _, most = text.partition(":")
    return RestartPolicy(name or "no", int(most or 0))


def next_wait(last: float, ran: float) -> float:
    """How long the engine waits before the next restart, after a wait of ``last`` and a run of ``ran``."""
    return FIRST_WAIT if last == 0 or ran >= STEADY else min(LONGEST_WAIT, last * 2)
