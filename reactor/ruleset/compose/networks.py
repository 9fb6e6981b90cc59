"""Values about networks: which one a container is in, and which ports are published."""

import re
from ipaddress import ip_address
from typing import Any

from reactor.core.recipes import Port
from reactor.core.templating import MAIN, SERVICE
from reactor.ruleset.compose.references import plain, text_at
from reactor.ruleset.values import checked_text, wrong

_PORT = re.compile(
    r"(?:(?P<address>\[[0-9a-fA-F:.]+\]|[0-9]+\.[0-9.]+):)?(?:(?P<host>[0-9]+):)?"
    r"(?P<inside>[0-9]+)(?:/(?P<kind>[a-z]+))?"
)
_RANGE = re.compile(r"[0-9]-[0-9]")
LOOPBACK = "127.0.0.1"
"""Where a port is published that names no address: nobody beyond this host reaches it."""
_KINDS = ("tcp", "udp")
_LAST = 65535
_PLAIN_MODES = ("none", "bridge", MAIN)


def network_mode(value: Any) -> str:
    """Where the container is reached."""
    found = plain(checked_text(value, "network_mode"), "network_mode")
    if found in _PLAIN_MODES or (found.startswith(SERVICE) and found != SERVICE):
        return found
    if found == "host":
        raise wrong("nothing here gets the host's network: write bridge, main or service:NAME, with 'ports'")
    if found.startswith("container:"):
        raise wrong("a container is not named by its id here: write 'main', or 'service:NAME'")
    raise wrong(f"'network_mode' is none, bridge, main or service:NAME, not '{found}'")


def port(value: Any) -> Port:
    """An entry of ``ports``, published on the loopback address unless it names another."""
    if isinstance(value, dict):
        raise wrong('a port is written in one text here, as in "8080:80" or "127.0.0.1:8080:80/tcp"')
    text = plain(text_at(value, "ports", ()), "ports")
    if _RANGE.search(text):
        raise wrong("ports are written one by one here: write an entry for each")
    found = _PORT.fullmatch(text)
    kind = (found["kind"] or "tcp") if found else ""
    if not found or (found["address"] and not found["host"]):
        raise wrong(f'\'{text}\' is no port: write "80", "8080:80" or "127.0.0.1:8080:80/tcp"')
    if kind not in _KINDS:
        raise wrong(f"'{kind}' is no protocol for a port: write tcp or udp")
    inside, host = _number(found["inside"]), _number(found["host"]) if found["host"] else 0
    return Port(inside, host, kind, _address(found["address"]))


def _number(text: str) -> int:
    if len(text) > 5 or not 1 <= int(text) <= _LAST:
        raise wrong(f"a port is a number from 1 to {_LAST}")
    return int(text)


def _address(text: str | None) -> str:
    if text is None:
        return LOOPBACK
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise wrong(f"'{text}' is no address: write such as 127.0.0.1") from None
