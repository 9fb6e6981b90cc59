"""Connections to a monitor: by its control socket, by http or https; and what is shown there.

What is asked over them is in ``asking``.
"""

import base64
import socket
import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

WHERE = "a monitor is at the path of its control socket, at http://HOST:PORT or at https://HOST:PORT[/PATH]"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Files for TLS: whose certificates are believed (else the system's), and a certificate of our own."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def context(self) -> ssl.SSLContext:
        """What a connection is made with. Raises OSError where a file is not as it must be."""
        made = ssl.create_default_context(cafile=self.ca_file or None)
        # Newer Pythons insist on extensions that the certificates of most private authorities lack.
        made.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if self.cert_file:
            made.load_cert_chain(self.cert_file, self.key_file or None)
        return made


class _Unix(HTTPConnection):
    """A connection to a socket in the file system."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the path."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def connection_to(where: str, timeout: float, secrets: Secrets) -> HTTPConnection:
    """A connection that is not made yet. Raises ValueError where this is no address."""
    if where.startswith("/"):
        return _Unix(where, timeout)
    parts = urlsplit(where)
    unfit = parts.username or parts.password or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or unfit:
        raise ValueError(WHERE)
    if parts.scheme == "http":
        return HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    return HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=secrets.context())


def below(where: str) -> str:
    """The path that stands before all others at an address: that of one of several engines, say."""
    return "" if where.startswith("/") else urlsplit(where).path.rstrip("/")


def shown(token: str, user: str, password: str) -> dict[str, str]:
    """The headers of every call: who we are, and that we are no page in a browser."""
    sent = {"Content-Type": "application/json"}
    if user:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {**sent, "Authorization": f"Basic {pair}"}
    return {**sent, "Authorization": f"Bearer {token}"} if token else sent
