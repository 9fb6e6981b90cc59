"""What an operator lets rules call: webhooks, programs, the folder for notices. Records only.

A rule names them; where they are and what they need is said in the configuration, so that whoever may
edit rules can call nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from reactor.http.address import Address


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a message goes. ``target`` is path and query; messages are signed with the ``secret`` if there is
    one. ``timeout`` is for one try, ``keep`` for how long a message is tried, both in seconds."""

    address: Address
    target: str = "/"
    secret: bytes = field(default=b"", repr=False)
    timeout: float = 10.0
    keep: float = 900.0


@dataclass(frozen=True, slots=True)
class Notices:
    """Notices are written into the folder that a container has mounted at ``inside``, if it lies below
    ``root``; without a root none are. ``here`` is whether what containers have mounted is of this host."""

    root: Path | None = None
    inside: str = "/run/reactor"
    here: bool = True


@dataclass(frozen=True, slots=True)
class Means:
    """All of it. Programs are argument lists, never given to a shell; ``told`` stands in the environment of
    each, over what is passed on of ours."""

    webhooks: Mapping[str, Webhook] = field(default_factory=lambda: MappingProxyType({}))
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    notices: Notices = Notices()
    told: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
