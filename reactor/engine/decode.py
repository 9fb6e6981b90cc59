"""From the engine's JSON to the records of the core.

Whatever is unclear is left unknown or refused here; nothing is guessed that could make a
container look dead, unlimited or harmless. Moments come in from ``ages``, image labels from
``images``; what of an inspect may be garbage without harm is read in ``traits``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reactor.core.container import NOTHING, Container, ContainerId, Listed, Run, State
from reactor.core.swift import shared
from reactor.engine import limits, traits
from reactor.engine.errors import EngineSaidNonsense, quoted
from reactor.engine.images import UNREAD, Image
from reactor.engine.wire import (
    ConfigBody,
    CreatedBody,
    HostBody,
    InspectedBody,
    ListedBody,
    SizedBody,
    StateBody,
    parse,
)

FULL_ID = re.compile(r"[0-9a-f]{64}")
NEVER = "0001-01-01T00:00:00"
ALIASES = {"configured": "created", "initialized": "created", "stopped": "exited", "stopping": "running"}
"""Podman's words where they differ from Docker's."""

STATES = {state.value: state for state in State}
OWN_PIDS = frozenset({"", "private"})
"""The words for a process namespace of its own, Docker's and Podman's."""
ENDED = frozenset({State.EXITED, State.DEAD, State.REMOVING, State.RESTARTING})


@dataclass(frozen=True, slots=True)
class Context:
    """What an inspect does not say of a container itself."""

    born: float | None = None
    created: float | None = None
    finished: float | None = None
    image: Image = UNREAD


def full_id(text: str) -> ContainerId:
    """The text as an id; ValueError if it is not 64 hex digits: the engine would take it for a name."""
    if not FULL_ID.fullmatch(text):
        raise ValueError(f"{quoted(text)!r} is not a full container id")
    return ContainerId(text)


def listed(body: bytes) -> list[Listed]:
    """The rows of a list. One bad row spoils it: a list with holes is not the truth."""
    return [_row(row) for row in parse(body, list[ListedBody], "the list of containers")]


def _row(row: ListedBody) -> Listed:
    # A state that we do not know counts as alive here: it is then inspected, and stays unsure.
    state = _state(row.state) or State.RUNNING
    return Listed(
        id=_id(row.id),
        name=_own_name(row.names or []),
        image=row.image,
        image_id=row.image_i_d,
        state=state,
        labels=_labels(row.labels),
        health=traits.listed_health(row.status),
        joined=row.host_config is not None and row.host_config.network_mode.startswith("container:"),
    )


def inspected(body: bytes) -> InspectedBody:
    """An inspect's answer, with an id and a state that make sense."""
    found = parse(body, InspectedBody, "an inspect")
    _id(found.id)
    if _state(_status(found)) is None:
        raise EngineSaidNonsense(f"the engine says that a container is {quoted(_status(found))!r}")
    return found


def created(body: bytes) -> ContainerId:
    """The id of a container that was just created."""
    return _id(parse(body, CreatedBody, "a creation").id)


def container(body: InspectedBody, context: Context) -> Container:
    """The record of a container. The caller compares its id with the one that was asked for.

    Long, because a record has that many fields: one line for each, and nothing is decided here.
    """
    state, config, host = (
        body.state or StateBody(),
        body.config or ConfigBody(),
        body.host_config or HostBody(),
    )
    status = _state(state.status) or State.RUNNING
    return Container(
        run=run(body),
        name=body.name.removeprefix("/"),
        image=config.image,
        image_id=body.image,
        state=status,
        labels=_labels(config.labels),
        image_labels=context.image.labels,
        image_awaited=context.image.awaited,
        born=context.born,
        created=context.created,
        joins=_joins(host),
        auto_remove=host.auto_remove,
        restart_policy=_policy(host),
        pid=state.pid,
        pids_limit=limits.limit(host.pids_limit),
        memory_limit=limits.limit(host.memory),
        exit_code=_exit_code(state, status),
        oom_killed=state.o_o_m_killed,
        finished_at=finished_at(body),
        finished=context.finished,
        limits=limits.read(host),
        restarts=traits.count(body.restart_count),
        health=traits.health(state, config, status),
        privileged=traits.said(host.privileged, traits.FLAG),
        init=traits.said(host.init, traits.FLAG),
        user=traits.said(config.user, traits.TEXT) or "",
        log_driver=traits.log_driver(host),
        ports=traits.ports(host, body.network_settings),
        binds=traits.binds(body.mounts),
        health_check=traits.has_health_check(state, body.config),
        memory_limited=limits.limited(host.memory),
        pids_limited=limits.limited(host.pids_limit),
        cpu_limited=limits.cpu_limited(host),
        command=traits.command(body.path, body.args),
        mounts=traits.mounts(body.mounts),
        own_pids=body.host_config is not None and host.pid_mode in OWN_PIDS,
    )


def run(body: InspectedBody) -> Run:
    """Which run of which container was seen."""
    return Run(_id(body.id), _moment(body.state.started_at if body.state else ""))


def finished_at(body: InspectedBody) -> str:
    """When its last run ended, in the engine's words; empty if none has."""
    return _moment(body.state.finished_at if body.state else "")


def layer_size(body: bytes, container: ContainerId) -> int | None:
    """The bytes of a container's own layer; None if there are none to be had, or it is another's answer."""
    sized = parse(body, SizedBody, "an inspect with the size")
    return traits.count(sized.size_rw) if sized.id == container else None


def _exit_code(state: StateBody, status: State) -> int | None:
    # A container whose start failed stays "created" and has a code; the zero of a running one says nothing.
    failed_start = status is State.CREATED and state.exit_code != 0
    return state.exit_code if status in ENDED or failed_start else None


def _policy(host: HostBody) -> str:
    name = host.restart_policy.name if host.restart_policy else ""
    return "" if name == "no" else name


def _joins(host: HostBody) -> frozenset[ContainerId]:
    modes = (host.network_mode, host.pid_mode, host.ipc_mode)
    found = (mode.removeprefix("container:") for mode in modes if mode.startswith("container:"))
    # The engine writes ids here. What is still a name was never resolved, and could be anybody's.
    return shared(frozenset(ContainerId(text) for text in found if FULL_ID.fullmatch(text)))


def _own_name(names: list[str]) -> str:
    # A second slash makes a link: the name under which another container knows this one. Most have no link.
    if len(names) == 1 and names[0].rfind("/") <= 0:
        return names[0].removeprefix("/")
    own = (name for name in names if "/" not in name.removeprefix("/"))
    return next(own, "").removeprefix("/")


def _id(text: str) -> ContainerId:
    if not FULL_ID.fullmatch(text):
        raise EngineSaidNonsense(f"the engine calls {quoted(text)!r} a container id")
    return ContainerId(text)


def _status(body: InspectedBody) -> str:
    return body.state.status if body.state else ""


def _state(word: str) -> State | None:
    return STATES.get(ALIASES.get(word, word))


def _moment(text: str) -> str:
    return "" if text.startswith(NEVER) else text


def _labels(labels: dict[str, str] | None) -> Mapping[str, str]:
    return MappingProxyType(labels) if labels else NOTHING
