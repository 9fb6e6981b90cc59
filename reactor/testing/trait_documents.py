"""Ports, health checks, logs and shares of CPU time of containers as parts of an engine's JSON documents.

Only shapes belong here; the documents that they are parts of are in ``documents``.
"""

from typing import Any

from reactor.testing.box import Box
from reactor.testing.clock import SECOND
from reactor.testing.traits import has_own_network
from reactor.testing.turns import Limits

Document = dict[str, Any]
PERIOD = 100_000
ANYWHERE = "0.0.0.0"  # noqa: S104 - So an engine writes it.
FIRST_CHOSEN = 32_768


def listed_ports(box: Box) -> list[Document]:
    """The ports as a row of the list has them."""
    return [
        {
            "IP": at["HostIp"],
            "PrivatePort": int(port.partition("/")[0]),
            "PublicPort": int(at["HostPort"]),
            "Type": port.partition("/")[2],
        }
        for port, where in open_ports(box).items()
        for at in where
    ]


def open_ports(box: Box) -> dict[str, list[dict[str, str]]]:
    """The ports that are published while it runs; without a wish, at a port that the engine chose."""
    if not box.has_process or not has_own_network(box.recipe.network_mode):
        return {}
    wanted = enumerate(box.recipe.traits.ports, FIRST_CHOSEN)
    return {port: [_opened(at, number) for at in _wishes(box, port)] for number, port in wanted}


def _opened(wish: dict[str, str], chosen: int) -> dict[str, str]:
    return {"HostIp": wish["HostIp"] or ANYWHERE, "HostPort": wish["HostPort"] or str(chosen)}


def _wishes(box: Box, port: str) -> list[dict[str, str]]:
    """Where of the host it is to be, in a client's words; empty is wherever the engine likes."""
    bound = [each for each in box.recipe.traits.bound if f"{each.inside}/{each.protocol}" == port]
    wishes = [{"HostIp": each.address, "HostPort": str(each.host) if each.host else ""} for each in bound]
    return wishes or [{"HostIp": "", "HostPort": ""}]


def spoken_health(box: Box) -> str:
    """The health as a row of the list says it, in words."""
    word = "health: starting" if box.health == "starting" else box.health
    return f" ({word})" if word else ""


def healthcheck(box: Box) -> Document:
    """How its health is probed."""
    check = box.recipe.traits.health
    if check is None:
        return {}
    given = {
        "Test": list(check.test) or ["CMD-SHELL", check.command],
        "Interval": round(check.interval * SECOND),
        "Timeout": round(check.timeout * SECOND),
        "StartPeriod": round(check.start_period * SECOND),
        "Retries": check.retries,
    }
    # An engine leaves out what is zero.
    return {"Healthcheck": {key: value for key, value in given.items() if value}}


def wished_ports(box: Box) -> Document | None:
    """The ports that it is to publish."""
    return {port: _wishes(box, port) for port in box.recipe.traits.ports} or None


def logging(box: Box) -> Document:
    """Where its output goes."""
    return {"Type": box.recipe.traits.log_driver, "Config": {}}


def mounts(box: Box) -> list[Document]:
    """The folders of the host that it has mounted."""
    return [
        {
            "Type": "bind",
            "Source": source,
            "Destination": inside,
            "Mode": "",
            "RW": inside not in box.recipe.traits.sealed,
            "Propagation": "rprivate",
        }
        for inside, source in box.recipe.traits.binds.items()
    ]


def ordered_mounts(box: Box) -> Document:
    """The same as they were asked for; an engine says nothing where nothing was."""
    sealed = box.recipe.traits.sealed
    found = [
        {"Type": "bind", "Source": source, "Target": inside}
        | ({"ReadOnly": True} if inside in sealed else {})
        for inside, source in box.recipe.traits.binds.items()
    ]
    return {"Mounts": found} if found else {}


def cpu(limits: Limits) -> Document:
    """How much CPU time it may have, in the one of two ways in which that was said."""
    if limits.cpus is None:
        return {}
    if limits.by_quota:
        return {"CpuQuota": round(limits.cpus * PERIOD), "CpuPeriod": PERIOD}
    return {"NanoCpus": round(limits.cpus * SECOND)}
