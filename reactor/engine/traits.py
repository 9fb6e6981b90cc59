"""What an inspect says of a container besides its run, its state and its limits.

Nothing here is needed to know whether a container is there or who it is. So a field that is missing,
or of another type than expected, is unknown, and the rest of the answer still counts.
"""

import re
from typing import Any, TypeVar

import msgspec
from msgspec.json import Decoder

from reactor.core.container import State
from reactor.engine.wire import (
    ConfigBody,
    HealthBody,
    HostBody,
    LogBody,
    MountBody,
    NetworkBody,
    ProbeBody,
    StateBody,
)

HEALTHS = frozenset({"starting", "healthy", "unhealthy"})
MOST_PORTS = 100
"""Whole ranges can be published; of more than this the lowest are kept."""
USUAL_RETRIES = 3
LONGEST_COMMAND = 200
MOST_MOUNTS = 20
MOST_BINDS = 100

PORT = re.compile(r"([0-9]{1,5})/(?:tcp|udp|sctp)")
LISTED_HEALTH = re.compile(r"\((?:health: )?(starting|healthy|unhealthy)\)$")
NO_OWN_NETWORK = frozenset({"none", "host"})

Shape = TypeVar("Shape")

# A decoder that is made once is quicker than one that is looked up for each field.
FLAG = Decoder(bool)
NUMBER = Decoder(int)
TEXT = Decoder(str)
_HEALTH = Decoder(HealthBody)
_PROBE = Decoder(ProbeBody)
_LOG = Decoder(LogBody)
_NETWORK = Decoder(NetworkBody)
_PORTS = Decoder(dict[str, Any])
_WORDS = Decoder(list[str])
_MOUNTS = Decoder(list[MountBody])


def said(raw: msgspec.Raw, decoder: Decoder[Shape]) -> Shape | None:
    """What one field says, if it is there and of the decoder's shape."""
    if not raw:
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def count(raw: msgspec.Raw) -> int | None:
    """A count, which is never negative."""
    number = said(raw, NUMBER)
    return number if number is not None and number >= 0 else None


def health(state: StateBody, config: ConfigBody, status: State) -> str:
    """What the container's own health check has found; empty if it did not, or if there is none.

    Docker writes "unhealthy" when it ends the probing, as in a pause or at an exit, and lets it stand
    until a probe succeeds. That is no finding: one has as many failures behind it as it takes.
    """
    found = said(state.health, _HEALTH)
    if found is None or status is not State.RUNNING or found.status not in HEALTHS:
        return ""
    streak = found.failing_streak
    if found.status == "unhealthy" and streak is not None and streak < _retries(config):
        return ""
    return found.status


def _retries(config: ConfigBody) -> int:
    check = said(config.healthcheck, _PROBE)
    given = check.retries if check is not None else 0
    return given if given > 0 else USUAL_RETRIES


def has_health_check(state: StateBody, config: ConfigBody | None) -> bool | None:
    """Whether its health is checked, by its image's word or its own; None if that cannot be read."""
    found = said(state.health, _HEALTH)
    if found is not None and found.status in HEALTHS:
        return True
    if config is None:
        return None
    if not config.healthcheck or bytes(config.healthcheck) == b"null":
        return False
    check = said(config.healthcheck, _PROBE)
    # NONE switches off the image's check, and a check without a test is never made.
    return None if check is None else (check.test or ["NONE"])[0] != "NONE"


def listed_health(status: msgspec.Raw) -> str:
    """What a row of the list says of it, in the words of ``docker ps``: a hint that a look is due."""
    written = bytes(status)
    if not written.endswith(b')"') and b"\\" not in written:
        return ""
    found = LISTED_HEALTH.search(said(status, TEXT) or "")
    return found[1] if found else ""


def log_driver(host: HostBody) -> str:
    """The name of the log driver."""
    found = said(host.log_config, _LOG)
    return found.type if found is not None else ""


def ports(host: HostBody, network: msgspec.Raw) -> tuple[str, ...]:
    """The container's published ports, lowest first: those it has, and those it has when it runs."""
    present = said(network, _NETWORK)
    found = set(_published(said(present.ports, _PORTS) if present is not None else None))
    # Without a network of its own, a wish for a port comes to nothing.
    if host.network_mode not in NO_OWN_NETWORK and not host.network_mode.startswith("container:"):
        found |= set(_published(said(host.port_bindings, _PORTS)))
    return tuple(sorted(found, key=_number)[:MOST_PORTS])


def binds(mounts: msgspec.Raw) -> dict[str, str]:
    """The host's folders and files that the container has mounted, by where it has them."""
    bound = [each for each in said(mounts, _MOUNTS) or [] if each.type == "bind"]
    return {each.destination: each.source for each in bound[:MOST_BINDS]}


def _published(bindings: dict[str, Any] | None) -> list[str]:
    # A port that is only exposed stands there, too, with nothing behind it.
    return [port for port, at in (bindings or {}).items() if at and PORT.fullmatch(port)]


def command(path: msgspec.Raw, arguments: msgspec.Raw) -> str:
    """What the container runs: the beginning of it. A command line can be as long as a stranger likes."""
    words = [said(path, TEXT) or "", *(said(arguments, _WORDS) or [])]
    return " ".join(word[:LONGEST_COMMAND] for word in words[:LONGEST_COMMAND]).strip()[:LONGEST_COMMAND]


def mounts(raw: msgspec.Raw) -> tuple[str, ...]:
    """Where something of the host's is mounted, as the container sees it: never what it is there."""
    found = sorted(mount.destination[:LONGEST_COMMAND] for mount in said(raw, _MOUNTS) or [])
    return tuple(each for each in found if each)[:MOST_MOUNTS]


def _number(port: str) -> tuple[int, str]:
    number, _, protocol = port.partition("/")
    return int(number), protocol
