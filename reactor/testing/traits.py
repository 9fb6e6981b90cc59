"""What a container was given besides its task, its limits and its ties: ports, rights, a health check.

Only values belong here; how health is probed is in ``health``, what it all looks like in ``documents``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reactor.core.container import nothing
from reactor.core.recipes import Port

USUAL_RETRIES = 3
USUAL_INTERVAL = 30.0
NO_OWN_NETWORK = frozenset({"none", "host"})


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Probes every ``interval`` seconds; ``retries`` failures one after the other are ill health.

    ``passes`` is what a probe finds as long as nobody has said otherwise of the container, and
    ``command`` what the engine calls it in its events; ``test`` are a client's own words, and ``timeout`` (0
    is none given) its own number, which no probe here comes near.
    Failures within ``start_period`` of a container that was never healthy do not count, and before
    ``passes_after`` seconds of its run no probe passes.
    """

    interval: float = USUAL_INTERVAL
    retries: int = USUAL_RETRIES
    start_period: float = 0.0
    passes: bool = True
    command: str = "true"
    passes_after: float = 0.0
    test: tuple[str, ...] = ()
    timeout: float = 0.0


@dataclass(frozen=True, slots=True)
class Traits:
    """What a container is given at its creation.

    ``init`` is None for the engine's default, ``user`` is empty for root. ``ports`` are wished to
    be published, such as ``80/tcp``; without a network of its own a container publishes none. Those of them
    that are to be at a certain address or port of the host are in ``bound``. With ``tty`` it has a terminal.
    ``binds`` are folders of the host by where they are mounted, and those in ``sealed`` are read-only.
    """

    health: HealthCheck | None = None
    privileged: bool = False
    init: bool | None = None
    user: str = ""
    log_driver: str = "json-file"
    ports: tuple[str, ...] = ()
    binds: Mapping[str, str] = field(default_factory=nothing, hash=False)
    tty: bool = False
    bound: tuple[Port, ...] = ()
    sealed: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=nothing, hash=False)
    working_dir: str = ""
    entrypoint: tuple[str, ...] = ()
    read_only: bool = False


PLAIN = Traits()


def has_own_network(mode: str) -> bool:
    """Whether a container in this network mode can publish ports."""
    return mode not in NO_OWN_NETWORK and not mode.startswith("container:")
