"""What the keys of services mean together: each may be right, and the service still make no sense.

Which tasks get them is in ``sets``; what a stack has beyond that, in ``stack``.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic_core import PydanticCustomError

from reactor.core.language.problems import did_you_mean
from reactor.core.language.units import write_bytes
from reactor.core.templating import MAIN, SERVICE
from reactor.ruleset.compose.folders import folder_path
from reactor.ruleset.compose.limits import USUAL, limits_of
from reactor.ruleset.compose.models import ServiceText
from reactor.ruleset.compose.needs import circles
from reactor.ruleset.compose.texts import NAME_PATTERN
from reactor.ruleset.drafts import ServiceDraft, Spot
from reactor.ruleset.errors import RuleError

_ALONE = {MAIN: "the main's", "none": "no"}


def complaints(services: Sequence[ServiceDraft], what: str, *, unread: bool = False) -> Iterator[RuleError]:
    """All that is wrong with services; ``what`` they are called. With ``unread`` some may be elsewhere."""
    known = {service.name: service for service in services}
    for service in services:
        if not NAME_PATTERN.fullmatch(service.name):
            message = f"the name of {what} is made of a-z, 0-9, _, . and -, begins with a letter or digit,"
            yield service.spot.at_key(f"{message} and has at most 63 characters")
        if service.text is not None:
            yield from _alone(service.spot, service.text)
            yield from _needs(service.name, service.spot, service.text, known, unread=unread)
    for circle in circles(list(known), {name: needs_of(each.text) for name, each in known.items()}):
        if len(circle) == 1:
            # That was said at its key.
            continue
        way = " → ".join([*circle, circle[0]])
        yield known[circle[0]].spot.at_key(f"these wait for each other, and none can begin: {way}")


def needs_of(text: ServiceText | None) -> tuple[str, ...]:
    """All that has to be there first: what is named, and whose network is shared."""
    if text is None:
        return ()
    joined = text.network_mode.removeprefix(SERVICE) if text.network_mode.startswith(SERVICE) else ""
    return tuple(dict.fromkeys([*text.depends_on, *([joined] if joined else [])]))


def _alone(spot: Spot, text: ServiceText) -> Iterator[RuleError]:
    """What is wrong with a service whatever others there are."""
    yield from _limits(spot, text)
    yield from _network(spot, text)
    yield from _health(spot.below("healthcheck"), text)
    yield from _folders(spot.below("x-reactor", "folders"), text)
    yield from _twice(spot.below("volumes"), [bind.target for bind in text.volumes], "is bound here")
    taken = [f"{port.address}:{port.host}/{port.protocol}" if port.host else "" for port in text.ports]
    yield from _twice(spot.below("ports"), taken, "is published here")


def _twice(spot: Spot, values: Sequence[str], said: str) -> Iterator[RuleError]:
    for index, value in enumerate(values):
        if value and value in values[:index]:
            yield spot.below(index).at_value(f"{value} {said} twice")


def _limits(spot: Spot, text: ServiceText) -> Iterator[RuleError]:
    deployed = text.deploy.resources.limits
    for key, own in (("memory", "mem_limit"), ("cpus", "cpus"), ("pids", "pids_limit")):
        if getattr(deployed, key) is not None and getattr(text, own) is not None:
            inner = spot.below("deploy", "resources", "limits", key)
            yield inner.at_key(f"'{own}' says this already: leave one of them out")
    limits = limits_of(text)
    if limits.swap is not None and limits.memory is not None and limits.swap < limits.memory:
        usual = ", the usual one" if limits.memory == USUAL.memory else ""
        message = f"'memswap_limit' is memory and swap together, and memory is {write_bytes(limits.memory)}"
        yield spot.below("memswap_limit").at_value(f"{message}{usual}: write at least that")


def _network(spot: Spot, text: ServiceText) -> Iterator[RuleError]:
    mode = text.network_mode
    if text.ports and (mode in _ALONE or mode.startswith(SERVICE)):
        whose = _ALONE.get(mode, f"{mode.removeprefix(SERVICE)}'s")
        remedy = (
            "leave 'ports' out" if mode == "none" else "publish the ports there, or leave one of them out"
        )
        yield spot.below("ports").at_key(f"it has {whose} network: {remedy}")


def _health(spot: Spot, text: ServiceText) -> Iterator[RuleError]:
    check = text.healthcheck
    if "healthcheck" not in text.model_fields_set:
        return
    if check.disable and len(check.model_fields_set) > 1:
        yield spot.below("disable").at_key("'disable' stands alone: there is no check to be described")
    elif not check.disable and not check.test:
        yield spot.at_key("'healthcheck' needs 'test' with a command, or 'disable: true'")


def _folders(spot: Spot, text: ServiceText) -> Iterator[RuleError]:
    seen: dict[tuple[str, bool], str] = {}
    for name, folder in text.reactor.folders.items():
        try:
            path = folder_path(name)
        except PydanticCustomError as error:
            yield spot.below(name).at_key(str((error.context or {})["message"]))
            continue
        if (path, folder.shared) in seen:
            yield spot.below(name).at_key(f"this is the folder '{seen[path, folder.shared]}' again")
        seen[path, folder.shared] = name


def _needs(
    name: str, spot: Spot, text: ServiceText, known: Mapping[str, ServiceDraft], *, unread: bool
) -> Iterator[RuleError]:
    for at, other in enumerate(text.depends_on):
        inner = _place(spot.below("depends_on"), at, other)
        if other == name:
            yield inner.at_key("it cannot wait for itself")
        elif other not in known:
            if not unread:
                yield inner.at_key(_unknown(other, known))
        elif text.depends_on[other] and is_unwatched(known[other].text):
            yield inner.at_key(f"'{other}' has no health check: write service_started")
    if text.network_mode.startswith(SERVICE):
        other, inner = text.network_mode.removeprefix(SERVICE), spot.below("network_mode")
        if other == name:
            yield inner.at_value("it cannot share the network with itself")
        elif other not in known and not unread:
            yield inner.at_value(_unknown(other, known))


def is_unwatched(text: ServiceText | None) -> bool:
    """Whether it is known that nothing says whether it is healthy. Its image may bring a check along."""
    return text is not None and (text.healthcheck.disable or text.healthcheck.test == ("NONE",))


def _place(spot: Spot, at: int, name: str) -> Spot:
    """Where a name stands in a list, or in a map."""
    named = spot.below(name)
    return named if named.path in spot.document.keys else spot.below(at)


def _unknown(name: str, known: Mapping[str, ServiceDraft]) -> str:
    return f"there is no '{name}' here: {did_you_mean(name, known)}"
