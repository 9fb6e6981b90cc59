"""The call that creates a container: from a client's document to the world's words.

Only reading that document belongs here; which task a command stands for is in ``commands``.
"""

from typing import Any

from reactor.testing.api_call import BY, Call
from reactor.testing.commands import parse_command
from reactor.testing.refusals import Refused


async def create(call: Call) -> tuple[int, dict[str, Any]]:
    """Create one from an image that is there."""
    given = call.document()
    host = given.get("HostConfig") or {}
    image = str(given.get("Image", ""))
    command = [*_words(given.get("Entrypoint")), *_words(given.get("Cmd"))]
    call.world.find_image(image)
    if not command:
        raise Refused(400, "No command specified")
    box = call.world.create(
        parse_command(command),
        name=call.query.get("name", ""),
        labels=given.get("Labels") or {},
        image=image,
        memory_limit=host.get("Memory") or None,
        pids_limit=_limit(host.get("PidsLimit")),
        network_mode=host.get("NetworkMode") or "default",
        pid_mode=host.get("PidMode") or "",
        ipc_mode=host.get("IpcMode") or "private",
        restart_policy=_policy(host.get("RestartPolicy") or {}),
        auto_remove=bool(host.get("AutoRemove")),
        command=tuple(command),
        stop_timeout=float(given.get("StopTimeout") or 10),
        by=BY,
    )
    return 201, {"Id": box.id, "Warnings": []}


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(word) for word in value or ()]


def _limit(value: Any) -> int | None:
    return int(value) if value and int(value) > 0 else None


def _policy(given: dict[str, Any]) -> str:
    name, most = given.get("Name") or "no", given.get("MaximumRetryCount") or 0
    return f"{name}:{most}" if most else str(name)
