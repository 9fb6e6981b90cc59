"""Who has which port of the host: what is published by whoever runs, as a test of a start.

Only the question whether a port is taken belongs here; what ports look like is in ``trait_documents``.
"""

from reactor.core.recipes import Port
from reactor.testing.box import Box
from reactor.testing.ground import Ground
from reactor.testing.traits import has_own_network

ANYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - So a client writes it.


def taken(ground: Ground, box: Box) -> str:
    """Which of its ports somebody else has, in an engine's words; empty if none."""
    wanted = _bound(box)
    held = [port for other in ground.boxes.values() if other.has_process and wanted for port in _bound(other)]
    for port in wanted:
        if any(_clash(port, other) for other in held):
            where = f"{port.address or '0.0.0.0'}:{port.host}"  # noqa: S104 - So an engine writes it.
            return (
                "driver failed programming external connectivity on endpoint "
                f"{box.name} ({box.id}): Bind for {where} failed: port is already allocated"
            )
    return ""


def _bound(box: Box) -> tuple[Port, ...]:
    """The ports that have to be the ones that were asked for."""
    if not has_own_network(box.recipe.network_mode):
        return ()
    return tuple(port for port in box.recipe.traits.bound if port.host)


def _clash(one: Port, other: Port) -> bool:
    same = (one.host, one.protocol) == (other.host, other.protocol)
    return same and (one.address == other.address or bool({one.address, other.address} & ANYWHERE))
