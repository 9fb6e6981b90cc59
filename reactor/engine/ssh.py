"""An engine behind ssh, reached as the docker command reaches it: by ``docker system dial-stdio`` over there.

Only the words of that program belong here; whom it trusts, by which key it shows who we are, and whether
connections are shared are the business of the user's own configuration of ssh.
"""

import re
from urllib.parse import urlsplit

from reactor.http.address import Address

PORT = 22
CONNECT_WITHIN = 10
"""Seconds after which ssh gives up a host that does not answer."""
MOST_STREAMS = 32
"""Streams of readings over ssh: each is a process here and a connection there."""
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def ssh_address(written: str) -> Address:
    """The address of ``ssh://[USER@]HOST[:PORT]``. Raises ValueError with a reason."""
    try:
        parts = urlsplit(written)
        host, user, port = parts.hostname or "", parts.username or "", parts.port
    except ValueError:
        # What the library says of it has a part of it in quotes, and that may be one of a password.
        raise ValueError("host and port cannot be told apart in it") from None
    if parts.password is not None:
        raise ValueError("a password does not belong in an address; ssh finds a key by itself")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("nothing may stand behind the host")
    # Both become words of a command line, and the configuration of ssh may hand them to a shell.
    if not _HOST.fullmatch(host):
        raise ValueError("the host is a name or a number, and does not begin with '-'")
    if parts.username is not None and not _USER.fullmatch(user):
        raise ValueError("the user is a name that does not begin with '-'")
    # Aliases in the configuration of ssh may have capitals, which a parsed address has lost.
    at = parts.netloc.lower().rindex(host)
    host = parts.netloc[at : at + len(host)]
    return Address.behind(ssh_words(host, user, port), "ssh", host, port or PORT)


def ssh_words(host: str, user: str = "", port: int | None = None) -> tuple[str, ...]:
    """The program and its words. It asks nobody anything, and gives up in time."""
    return (
        "ssh",
        "-T",
        *("-o", "BatchMode=yes"),
        *("-o", f"ConnectTimeout={CONNECT_WITHIN}"),
        *(("-l", user) if user else ()),
        *(("-p", str(port)) if port else ()),
        "--",
        host,
        *("docker", "system", "dial-stdio"),
    )
