"""The call that creates a container: from a client's document to the world's words.

Only reading that document belongs here; which task a command stands for is in ``commands``.
"""

from typing import Any

from reactor.core.recipes import Port, Probe
from reactor.testing.api_call import BY, Call
from reactor.testing.box import USUAL_GRACE
from reactor.testing.clock import SECOND
from reactor.testing.commands import parse_check, parse_command
from reactor.testing.orders import Order, checked
from reactor.testing.traits import HealthCheck, Traits
from reactor.testing.updates import Change


async def create(call: Call) -> tuple[int, dict[str, Any]]:
    """Create one from an image that is there."""
    given = call.document()
    host = given.get("HostConfig") or {}
    grace = given.get("StopTimeout")
    words = checked(call.world.ground, _order(given, host))
    box = call.world.create(
        parse_command(words),
        name=call.query.get("name", ""),
        labels=given.get("Labels") or {},
        image=str(given.get("Image", "")),
        memory_limit=host.get("Memory") or None,
        pids_limit=limit(host.get("PidsLimit")),
        swap_limit=host.get("MemorySwap") or 2 * (host.get("Memory") or 0) or None,
        cpus=(limit(host.get("NanoCpus")) or 0) / SECOND or None,
        network_mode=host.get("NetworkMode") or "default",
        pid_mode=host.get("PidMode") or "",
        ipc_mode=host.get("IpcMode") or "private",
        restart_policy=policy(host.get("RestartPolicy") or {}),
        auto_remove=bool(host.get("AutoRemove")),
        command=words,
        stop_timeout=USUAL_GRACE if grace is None else float(grace),
        traits=_traits(given, host, words),
        by=BY,
    )
    return 201, {"Id": box.id, "Warnings": []}


def _order(given: dict[str, Any], host: dict[str, Any]) -> Order:
    bindings = (host.get("PortBindings") or {}).values()
    limits = (host.get(name) or 0 for name in ("Memory", "MemorySwap", "NanoCpus", "CpuQuota", "CpuPeriod"))
    return Order(
        str(given.get("Image", "")),
        Change(host.get("PidsLimit"), *limits),
        _words(given.get("Entrypoint")),
        _words(given.get("Cmd")),
        tuple(mount["Source"] for mount in _mounted(host) if not _is_made(mount)),
        host.get("NetworkMode") or "",
        any(bindings),
    )


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(word) for word in value or ()]


def _mounted(host: dict[str, Any]) -> list[dict[str, Any]]:
    return [mount for mount in host.get("Mounts") or () if mount.get("Type") == "bind"]


def _is_made(mount: dict[str, Any]) -> bool:
    """Whether an engine would make the folder if it is not there."""
    return bool((mount.get("BindOptions") or {}).get("CreateMountpoint"))


def _traits(given: dict[str, Any], host: dict[str, Any], words: tuple[str, ...]) -> Traits:
    bindings = host.get("PortBindings") or {}
    mounted = _mounted(host)
    return Traits(
        health=_health(given.get("Healthcheck") or {}, words),
        privileged=bool(host.get("Privileged")),
        init=host.get("Init"),
        user=given.get("User") or "",
        tty=bool(given.get("Tty")),
        log_driver=(host.get("LogConfig") or {}).get("Type") or "json-file",
        ports=tuple(sorted(port for port, at in bindings.items() if at)),
        bound=tuple(
            _bound(inside, at) for inside, each in bindings.items() for at in each or () if any(at.values())
        ),
        binds=dict(_bind(each) for each in host.get("Binds") or ())
        | {mount["Target"]: mount["Source"] for mount in mounted},
        sealed=frozenset(mount["Target"] for mount in mounted if mount.get("ReadOnly")),
        environment=dict(_variable(each) for each in given.get("Env") or ()),
        working_dir=given.get("WorkingDir") or "",
        entrypoint=tuple(_words(given.get("Entrypoint"))),
        read_only=bool(host.get("ReadonlyRootfs")),
    )


def _bind(written: str) -> tuple[str, str]:
    """Where it is mounted, and what: from ``source:inside`` or ``source:inside:mode``."""
    source, _, rest = written.partition(":")
    return rest.partition(":")[0], source


def _variable(written: str) -> tuple[str, str]:
    name, _, value = written.partition("=")
    return name, value


def _bound(inside: str, at: dict[str, str]) -> Port:
    """One wish for a port of the host."""
    number, _, protocol = inside.partition("/")
    return Port(int(number), int(at.get("HostPort") or 0), protocol or "tcp", at.get("HostIp") or "")


def _health(given: dict[str, Any], words: tuple[str, ...]) -> HealthCheck | None:
    interval, timeout, start = (
        (given.get(name) or 0) / SECOND for name in ("Interval", "Timeout", "StartPeriod")
    )
    probe = Probe(tuple(_words(given.get("Test"))), interval, timeout, start, given.get("Retries") or 0)
    return parse_check(probe, words)


def limit(value: Any) -> int | None:
    """A limit as a client writes it; 0 and less are none."""
    return int(value) if value and int(value) > 0 else None


def policy(given: dict[str, Any]) -> str:
    """A restart policy in one word."""
    name, most = given.get("Name") or "no", given.get("MaximumRetryCount") or 0
    return f"{name}:{most}" if most else str(name)
