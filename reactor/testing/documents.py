"""Containers and events as JSON documents, as an engine of API 1.41 writes them.

Only shapes belong here. The long constant part of an inspect document is in ``blanks``, ports and
health in ``trait_documents``; stats frames are in ``frames``, images in ``image_documents``.
"""

from shlex import quote
from typing import Any

from reactor.core.container import State
from reactor.testing.blanks import CONFIG, HOST_CONFIG, NETWORK, NETWORK_SETTINGS
from reactor.testing.box import USUAL_GRACE, Box
from reactor.testing.clock import SECOND, written
from reactor.testing.events import Message
from reactor.testing.ground import Ground
from reactor.testing.trait_documents import (
    cpu,
    healthcheck,
    listed_ports,
    logging,
    mounts,
    open_ports,
    ordered_mounts,
    spoken_health,
    wished_ports,
)

Document = dict[str, Any]

IMAGE_SIZE = 1_000_000
"""Bytes that every image of this world has."""


def row(ground: Ground, box: Box) -> Document:
    """One row of the list: what the list knows, which can lag behind."""
    recipe = box.recipe
    own = not recipe.network_mode.startswith("container:")
    return {
        "Id": box.id,
        "Names": [f"/{box.name}"],
        "Image": recipe.image_ref,
        "ImageID": recipe.image.id,
        "Command": " ".join(quote(word) for word in recipe.command),
        "Created": box.created // SECOND,
        "Ports": listed_ports(box),
        "Labels": dict(sorted(recipe.labels.items())),
        "State": box.listed,
        "Status": _status(ground, box),
        "HostConfig": {"NetworkMode": recipe.network_mode},
        "NetworkSettings": {"Networks": {recipe.network_mode: NETWORK} if own else {}},
        "Mounts": mounts(box),
    }


def _status(ground: Ground, box: Box) -> str:
    now = ground.clock.nanos()
    match box.listed:
        case State.RUNNING:
            return f"Up {spoken((now - box.started) // SECOND)}{spoken_health(box)}"
        case State.PAUSED:
            return f"Up {spoken((now - box.started) // SECOND)} (Paused)"
        case State.RESTARTING:
            return f"Restarting ({box.exit_code}) {spoken((now - box.finished) // SECOND)} ago"
        case State.EXITED:
            return f"Exited ({box.exit_code}) {spoken((now - box.finished) // SECOND)} ago"
        case State.REMOVING:
            return "Removal In Progress"
        case _:
            return box.listed.capitalize()


def spoken(seconds: int) -> str:
    """A span of time as the engine says it."""
    minutes, hours = seconds // 60, seconds // 3600
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    return f"{hours // 24} days"


def inspected(box: Box) -> Document:
    """The inspect document: what is so, without a lag."""
    recipe = box.recipe
    path, *arguments = recipe.command or ("sleep", "infinity")
    return {
        "Id": box.id,
        "Created": written(box.created),
        "Path": path,
        "Args": arguments,
        "State": _state(box),
        "Image": recipe.image.id,
        "Name": f"/{box.name}",
        "RestartCount": box.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": None,
        "HostConfig": _host_config(box),
        "GraphDriver": {"Data": None, "Name": "overlay2"},
        "Mounts": mounts(box),
        "Config": _config(box),
        "NetworkSettings": _network_settings(box),
    }


def sizes(box: Box) -> Document:
    """What an inspect with ``size=1`` has more: its own layer, and all of its layers together."""
    return {"SizeRw": box.layer, "SizeRootFs": IMAGE_SIZE + box.layer}


def _state(box: Box) -> Document:
    health = {"Status": box.health, "FailingStreak": box.failing, "Log": []}
    return ({"Health": health} if box.health else {}) | {
        "Status": box.state,
        # An engine calls a container running while it is frozen, and also between two runs.
        "Running": box.alive,
        "Paused": box.state is State.PAUSED,
        "Restarting": box.state is State.RESTARTING,
        "OOMKilled": box.oom_killed,
        "Dead": box.state in (State.DEAD, State.REMOVING),
        "Pid": box.pid,
        "ExitCode": box.exit_code,
        "Error": box.error,
        "StartedAt": box.started_at,
        "FinishedAt": box.finished_at,
    }


def _host_config(box: Box) -> Document:
    recipe, traits = box.recipe, box.recipe.traits
    policy = {"Name": recipe.policy.name, "MaximumRetryCount": recipe.policy.most}
    limits = recipe.limits
    return (
        HOST_CONFIG
        | ({} if traits.init is None else {"Init": traits.init})
        | ordered_mounts(box)
        | {
            "Privileged": traits.privileged,
            "LogConfig": logging(box),
            "PortBindings": wished_ports(box),
            "ReadonlyRootfs": traits.read_only,
            "NetworkMode": recipe.network_mode,
            "PidMode": recipe.pid_mode,
            "IpcMode": recipe.ipc_mode,
            "RestartPolicy": policy,
            "AutoRemove": recipe.auto_remove,
            "Memory": limits.memory or 0,
            "MemorySwap": limits.swap or 0,
            "PidsLimit": limits.pids,
        }
        | cpu(limits)
    )


def _config(box: Box) -> Document:
    recipe = box.recipe
    return (
        CONFIG
        | healthcheck(box)
        | ({} if recipe.stop_timeout == USUAL_GRACE else {"StopTimeout": int(recipe.stop_timeout)})
        | {
            "Hostname": box.id[:12],
            "User": recipe.traits.user,
            "Tty": recipe.traits.tty,
            "Entrypoint": list(recipe.traits.entrypoint) or None,
            "Cmd": list(recipe.command[len(recipe.traits.entrypoint) :]) or None,
            "Env": [f"{name}={value}" for name, value in recipe.traits.environment.items()] or None,
            "WorkingDir": recipe.traits.working_dir,
            "Image": recipe.image_ref,
            "Labels": dict(sorted(recipe.labels.items())),
        }
    )


def _network_settings(box: Box) -> Document:
    mode = box.recipe.network_mode
    networks = {} if mode.startswith("container:") else {mode: NETWORK}
    return NETWORK_SETTINGS | {"Networks": networks, "Ports": open_ports(box)}


def event(message: Message) -> Document:
    """One line of the event stream. Only those of containers have the older fields, too."""
    older: Document = {}
    if message.type == "container":
        older = {"status": message.action, "id": message.id, "from": message.attributes.get("image", "")}
    return older | {
        "Type": message.type,
        "Action": message.action,
        "Actor": {"ID": message.id, "Attributes": dict(sorted(message.attributes.items()))},
        "scope": message.scope,
        "time": message.nanos // SECOND,
        "timeNano": message.nanos,
    }
