"""What a browser may be made to do by a page of somebody else's: nothing here.

A page can have a browser ask whatever the browser can reach. By a name of its own that it lets point to this
machine it could even read the answers; so on loopback only names of this machine are answered. And whatever
changes something is taken only from a page of ours, or from a program that is no browser.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from reactor.http.server_messages import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
_JSON = "application/json"


def foreign_host(request: Request, names: frozenset[str], *, local: bool) -> str:
    """Why this host's name is not answered to; empty if it is. ``local`` is a listener on loopback.

    Where names are configured these count everywhere, else any name does on other listeners than local ones.
    """
    if request.peer.address == "" or not (local or names):
        return ""
    # Only a request of HTTP/1.0 can be without, and browsers send none of these.
    host = _name(request.headers.get("host", "localhost"))
    if host in names or host == "localhost" or _is_loopback(host):
        return ""
    return "this name is not answered to here: use localhost, or have the name in 'hosts' of 'web'"


def foreign_page(request: Request) -> str:
    """Why something that changes is not taken from there; empty if it is, or if it changes nothing."""
    if request.method in SAFE:
        return ""
    headers = request.headers
    if headers.get("sec-fetch-site", "none") not in _OURS or not _is_ours(headers, tls=request.peer.tls):
        return "this comes from a page of somebody else's"
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        return f"the content type has to be {_JSON}"
    return ""


def _is_ours(headers: Mapping[str, str], *, tls: bool) -> bool:
    origin = headers.get("origin")
    return origin is None or origin == f"{'https' if tls else 'http'}://{headers.get('host', '')}"


def _name(host: str) -> str:
    """The name without its port, in lower case; what is none is one that nobody has."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
