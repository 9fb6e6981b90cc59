"""Where a server is: a socket in the file system, a host and a port with TLS or without, or behind a program.

How an address is found (flags, environment, contexts) is not known here.
"""

import ssl
from dataclasses import dataclass

LONGEST_PATH = 107
"""So many bytes may the path of a unix socket have, for those who listen and for those who connect."""


@dataclass(frozen=True, slots=True)
class Address:
    """A unix socket if ``path`` is given, else a host and a port, spoken to in TLS if ``tls`` is given.

    With a ``program`` each connection is one run of it, by its standard input and output; then ``host`` and
    ``port`` are only what the address is called, as ``scheme://host:port``.
    """

    path: str = ""
    host: str = ""
    port: int = 0
    tls: ssl.SSLContext | None = None
    program: tuple[str, ...] = ()
    scheme: str = "tcp"

    def __post_init__(self) -> None:
        if bool(self.path) == bool(self.host):
            raise ValueError("an address is either a path or a host with a port")

    @classmethod
    def unix(cls, path: str) -> "Address":
        """The socket at this path."""
        return cls(path=path)

    @classmethod
    def tcp(cls, host: str, port: int, tls: ssl.SSLContext | None = None) -> "Address":
        """This host (a name or a number, IPv6 without brackets) and port."""
        return cls(host=host, port=port, tls=tls)

    @classmethod
    def behind(cls, program: tuple[str, ...], scheme: str, host: str, port: int) -> "Address":
        """Whoever answers on the standard input and output of this program; no shell reads the words."""
        return cls(host=host, port=port, program=program, scheme=scheme)

    @property
    def local(self) -> bool:
        """Whether it is a socket of this machine. A tunnel may still end elsewhere."""
        return bool(self.path)

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        if self.path:
            return "localhost"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"unix://{self.path}" if self.path else f"{self.scheme}://{self.authority}"
