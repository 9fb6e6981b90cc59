"""What a web configuration says, as a record. How it is written is in ``models``, how read in ``reading``."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """Who is let in. ``context`` is None without TLS, ``users`` are empty where no password is asked for.

    ``certificates`` tells that nobody gets a connection without a certificate that our authority signed;
    ``authorities`` are those that are believed.
    ``headers`` go with every answer. ``files`` are those that all this was read from.
    """

    context: ssl.SSLContext | None = field(default=None, repr=False)
    certificates: bool = False
    authorities: frozenset[bytes] = field(default=frozenset(), repr=False)
    users: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()

    @property
    def secured(self) -> bool:
        """Whether nobody in between can read or change what is said."""
        return self.context is not None

    @property
    def authenticated(self) -> bool:
        """Whether everybody who is answered has shown who he is."""
        return bool(self.users) or self.certificates

    @property
    def asks_for(self) -> tuple[str, ...]:
        """What has to be there before somebody is answered."""
        asked = {"TLS": self.secured, "a certificate": self.certificates, "a password": bool(self.users)}
        return tuple(name for name, is_asked in asked.items() if is_asked)


OPEN = Access()
"""Without a file: everybody who can connect, and in the clear."""
