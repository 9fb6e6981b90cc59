"""The engine's JSON as engines of several kinds write it, for the tests of the decoders."""

import json
from typing import Any

A = "a" * 64
B = "b" * 64
C = "c" * 64
IMAGE = "sha256:" + "1" * 64
STARTED = "2026-11-21T04:17:22.533522825Z"


def inspect(**changes: Any) -> dict[str, Any]:
    """A running container as 20.10 answers; a change ``state__Status`` goes into the part of that name."""
    body: dict[str, Any] = {
        "Id": A,
        "Created": "2026-11-21T04:17:22.231058978Z",
        "Path": "sleep",
        "State": {
            "Status": "running",
            "Running": True,
            "Paused": False,
            "Restarting": False,
            "OOMKilled": False,
            "Dead": False,
            "Pid": 4242,
            "ExitCode": 0,
            "Error": "",
            "StartedAt": STARTED,
            "FinishedAt": "0001-01-01T00:00:00Z",
        },
        "Image": IMAGE,
        "Name": "/task-1",
        "RestartCount": 0,
        "HostConfig": {
            "NetworkMode": "none",
            "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
            "AutoRemove": False,
            "IpcMode": "private",
            "PidMode": "",
            "Memory": 67108864,
            "PidsLimit": 50,
            "Privileged": False,
            "LogConfig": {"Type": "json-file", "Config": {}},
            "PortBindings": None,
        },
        "Config": {"Image": "busybox:test", "Labels": {"reactor.task": "7"}, "User": ""},
        "NetworkSettings": {"Networks": {}, "Ports": {}},
    }
    parts = {"state": body["State"], "host": body["HostConfig"], "config": body["Config"]}
    parts["network"] = body["NetworkSettings"]
    for key, value in changes.items():
        part, _, name = key.rpartition("__")
        (parts[part] if part else body)[name] = value
    return body


def event(action: str = "start", container: str = A, **attributes: str) -> dict[str, Any]:
    """An event as 20.10 writes it, its parts in the engine's order."""
    return {
        "status": action,
        "id": container,
        "from": "busybox:test",
        "Type": "container",
        "Action": action,
        "Actor": {"ID": container, "Attributes": {"image": "busybox:test", "name": "task-1", **attributes}},
        "scope": "local",
        "time": 1795234642,
        "timeNano": 1795234642533522825,
    }


def modern_event(action: str = "start", container: str = A, **attributes: str) -> dict[str, Any]:
    """An event as engines from API 1.52 on write it."""
    return {
        k: v for k, v in event(action, container, **attributes).items() if k not in {"status", "id", "from"}
    }


def line(body: Any) -> bytes:
    """As one line of a stream, in the compact form that engines write."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


FRAME_V1: dict[str, Any] = {
    "read": "2026-11-21T04:17:25.565848032Z",
    "preread": "0001-01-01T00:00:00Z",
    "pids_stats": {"current": 7, "limit": 50},
    "cpu_stats": {"cpu_usage": {"total_usage": 27793156}, "online_cpus": 2},
    "memory_stats": {
        "usage": 60_000_000,
        "max_usage": 61_000_000,
        "stats": {"inactive_file": 3, "total_inactive_file": 50_000_000, "cache": 59_000_000},
        "limit": 67108864,
    },
    "name": "/task-1",
    "id": A,
}

FRAME_V2: dict[str, Any] = {
    "read": "2026-11-21T04:17:25.565848032Z",
    "pids_stats": {"current": 7, "limit": 18446744073709551615},
    "cpu_stats": {"cpu_usage": {"total_usage": 27793000}, "online_cpus": 2},
    "memory_stats": {
        "usage": 60_000_000,
        "stats": {"inactive_file": 20_000_000, "active_file": 1},
        "limit": 25276502016,
    },
}

FRAME_PODMAN: dict[str, Any] = {
    "read": "2026-11-21T05:17:25.565848032+01:00",
    "pids_stats": {"current": 7, "limit": 0},
    "cpu_stats": {"cpu_usage": {"total_usage": 27793000, "percpu_usage": None}},
    "memory_stats": {"usage": 60_000_000, "limit": 25276502016},
}

FRAME_ZERO: dict[str, Any] = {
    "read": "0001-01-01T00:00:00Z",
    "pids_stats": {},
    "cpu_stats": {"cpu_usage": {"total_usage": 0}},
    "memory_stats": {},
}
