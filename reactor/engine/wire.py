"""The shapes of the engine's JSON, as far as anything of it is read here.

Fields that may be missing have a default, because engines and versions differ; a field that is
there with another type is an error, unless it is kept raw: such a field is read by itself, in
``traits``. What the fields mean is in ``decode``, ``traits``, ``events`` and ``stats``.
"""

from typing import TypeVar

import msgspec

from reactor.engine.errors import EngineSaidNonsense, quoted

ABSENT = msgspec.Raw(b"")
"""A raw field that is not there."""


class VersionBody(msgspec.Struct, rename="pascal"):
    """GET /version."""

    api_version: str = ""
    oldest: str = msgspec.field(name="MinAPIVersion", default="")
    version: str = ""
    components: "list[ComponentBody] | None" = None


class ComponentBody(msgspec.Struct, rename="pascal"):
    """One part of an engine, such as "Podman Engine"."""

    name: str = ""


class InfoBody(msgspec.Struct):
    """GET /info."""

    id: str = msgspec.field(name="ID", default="")
    name: str = msgspec.field(name="Name", default="")
    system_time: str = msgspec.field(name="SystemTime", default="")
    memory: int = msgspec.field(name="MemTotal", default=0)
    kernel: str = msgspec.field(name="KernelVersion", default="")
    cpus: int = msgspec.field(name="NCPU", default=0)
    memory_limit: bool = msgspec.field(name="MemoryLimit", default=True)
    swap_limit: bool = msgspec.field(name="SwapLimit", default=True)
    pids_limit: bool = msgspec.field(name="PidsLimit", default=True)
    cpu_quota: bool = msgspec.field(name="CpuCfsQuota", default=True)
    cgroup_version: str = msgspec.field(name="CgroupVersion", default="")
    cgroup_driver: str = msgspec.field(name="CgroupDriver", default="")
    root: str = msgspec.field(name="DockerRootDir", default="")


class ListedHostBody(msgspec.Struct, rename="pascal"):
    """The one thing that a row says of shared namespaces."""

    network_mode: str = ""


class ListedBody(msgspec.Struct, rename="pascal"):
    """One row of GET /containers/json."""

    id: str = ""
    names: list[str] | None = None
    image: str = ""
    image_i_d: str = ""
    state: str = ""
    status: msgspec.Raw = ABSENT
    labels: dict[str, str] | None = None
    host_config: ListedHostBody | None = None


class StateBody(msgspec.Struct, rename="pascal"):
    """What an inspect says of the last run."""

    status: str = ""
    pid: int = 0
    exit_code: int = 0
    o_o_m_killed: bool = False
    started_at: str = ""
    finished_at: str = ""
    health: msgspec.Raw = ABSENT


class HealthBody(msgspec.Struct, rename="pascal"):
    """What the health check of a container has found."""

    status: str = ""
    failing_streak: int | None = None


class ProbeBody(msgspec.Struct, rename="pascal"):
    """How a container's health is checked."""

    retries: int = 0
    test: list[str] | None = None


class RestartBody(msgspec.Struct, rename="pascal"):
    """What is to happen after an exit."""

    name: str = ""


class LogBody(msgspec.Struct, rename="pascal"):
    """Where a container's output goes."""

    type: str = ""


class HostBody(msgspec.Struct, rename="pascal"):
    """What an inspect says of limits, of shared namespaces and of the ties to the host."""

    network_mode: str = ""
    pid_mode: str = ""
    ipc_mode: str = ""
    auto_remove: bool = False
    memory: int | msgspec.UnsetType = msgspec.UNSET
    memory_swap: int | None = None
    pids_limit: int | msgspec.UnsetType | None = msgspec.UNSET
    nano_cpus: msgspec.Raw = ABSENT
    cpu_quota: msgspec.Raw = ABSENT
    cpu_period: msgspec.Raw = ABSENT
    restart_policy: RestartBody | None = None
    privileged: msgspec.Raw = ABSENT
    init: msgspec.Raw = ABSENT
    log_config: msgspec.Raw = ABSENT
    port_bindings: msgspec.Raw = ABSENT


class ConfigBody(msgspec.Struct, rename="pascal"):
    """What an inspect says of the container as it was created."""

    image: str = ""
    labels: dict[str, str] | None = None
    user: msgspec.Raw = ABSENT
    tty: msgspec.Raw = ABSENT
    healthcheck: msgspec.Raw = ABSENT


class NetworkBody(msgspec.Struct, rename="pascal"):
    """How a running container can be reached."""

    ports: msgspec.Raw = ABSENT


class MountBody(msgspec.Struct, rename="pascal"):
    """A folder of the host, or a volume, in a container."""

    type: str = ""
    source: str = ""
    destination: str = ""


class InspectedBody(msgspec.Struct, rename="pascal"):
    """GET /containers/ID/json."""

    id: str = ""
    name: str = ""
    image: str = ""
    created: str = ""
    state: StateBody | None = None
    host_config: HostBody | None = None
    config: ConfigBody | None = None
    path: msgspec.Raw = ABSENT
    args: msgspec.Raw = ABSENT
    mounts: msgspec.Raw = ABSENT
    restart_count: msgspec.Raw = ABSENT
    network_settings: msgspec.Raw = ABSENT


class CreatedBody(msgspec.Struct, rename="pascal"):
    """POST /containers/create."""

    id: str = ""


class SizedBody(msgspec.Struct, rename="pascal"):
    """GET /containers/ID/json?size=1, as far as it is about the size."""

    id: str = ""
    size_rw: msgspec.Raw = ABSENT


class ErrorBody(msgspec.Struct):
    """What goes with an error status, or stands in a stream that went wrong."""

    message: str = ""


Body = TypeVar("Body")


def parse(body: bytes, shape: type[Body], what: str) -> Body:
    """The body in its shape; EngineSaidNonsense, naming ``what`` was asked, if it has another."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EngineSaidNonsense(
            f"the engine's answer to {what} cannot be read: {quoted(str(error))}"
        ) from error


def message(body: bytes) -> str:
    """What an error answer says, fit for a sentence. Proxies answer in HTML, which is not worth showing."""
    return quoted(reason(body)) or "no reason given"


def reason(body: bytes) -> str:
    """What an error answer says, word for word: never to be shown as it is."""
    try:
        return msgspec.json.decode(body, type=ErrorBody).message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
