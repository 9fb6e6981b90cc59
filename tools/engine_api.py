"""The few calls of the Docker Engine API that preparing a test engine takes, made with `http.client`.

Belongs here: asking whether an engine answers, importing an image without a registry. Does not belong here:
anything that reactor itself does with an engine; its own client is what the tests are about, so it is not
used to set them up.
"""

import http.client
import io
import json
import socket
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tools.patience import patient


class EngineCallError(Exception):
    """The engine refused a call; the message carries its status and its words, `status` is 0 without one."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; the host name is only there to fill the header."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's path in place of a host and a port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(docker_host: str, timeout: float) -> http.client.HTTPConnection:
    address = urlsplit(docker_host)
    if address.scheme == "unix":
        return _UnixConnection(address.path, timeout)
    if address.scheme == "tcp" and address.hostname:
        return http.client.HTTPConnection(address.hostname, address.port or 2375, timeout=timeout)
    raise EngineCallError(f"{docker_host!r} is not an address for tests; unix:///path or tcp://host:port is")


def call(docker_host: str, method: str, path: str, body: bytes | None = None, timeout: float = 30.0) -> bytes:
    """Send one request on a connection of its own and return the body of a 2xx answer.

    A body that begins as a JSON object does is said to be one: without that an engine takes none.
    """
    connection = _connection(docker_host, patient(timeout))
    headers = {"Content-Type": "application/json"} if body is not None and body.startswith(b"{") else {}
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if not 200 <= response.status < 300:
        raise EngineCallError(f"{method} {path}: {response.status} {content[:500]!r}", response.status)
    return content


def answers(docker_host: str, timeout: float = 1.0) -> bool:
    """Say whether something at this address takes a request and calls itself ready."""
    try:
        return call(docker_host, "GET", "/_ping", timeout=timeout) == b"OK"
    except (OSError, http.client.HTTPException, EngineCallError):
        return False


def version(docker_host: str) -> dict[str, Any]:
    """Return what the engine says about itself."""
    said: dict[str, Any] = json.loads(call(docker_host, "GET", "/version"))
    return said


def has_image(docker_host: str, reference: str) -> bool:
    """Say whether the engine knows this image."""
    wanted = quote(json.dumps({"reference": [reference]}))
    return bool(json.loads(call(docker_host, "GET", f"/images/json?filters={wanted}")))


def import_image(docker_host: str, rootfs: bytes, reference: str, changes: Sequence[str] = ()) -> None:
    """Make an image out of a tar archive; `changes` are Dockerfile lines such as `LABEL reactor.skip=x`."""
    repository, _, tag = reference.partition(":")
    query = urlencode({"fromSrc": "-", "repo": repository, "tag": tag, "changes": list(changes)}, doseq=True)
    progress = call(docker_host, "POST", f"/images/create?{query}", body=rootfs, timeout=60.0)
    # The engine answers 200 before it begins; what went wrong afterwards is an object inside the body.
    if b'"errorDetail"' in progress:
        raise EngineCallError(f"import of {reference}: {progress[-500:]!r}")


def busybox_rootfs(busybox: Path) -> bytes:
    """Pack a root file system of one static program and a link to it for each of its applets."""
    listed = subprocess.run(
        (str(busybox), "--list"), capture_output=True, text=True, check=True
    ).stdout.split()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder, mode in (("bin", 0o755), ("tmp", 0o1777)):
            archive.addfile(_entry(folder, tarfile.DIRTYPE, mode))
        program = _entry("bin/busybox", tarfile.REGTYPE, 0o755)
        program.size = busybox.stat().st_size
        archive.addfile(program, io.BytesIO(busybox.read_bytes()))
        # A link named `busybox` would replace the program by a link to itself.
        for applet in sorted(set(listed) - {"busybox"}):
            archive.addfile(_entry(f"bin/{applet}", tarfile.SYMTYPE, 0o777, target="busybox"))
    return packed.getvalue()


def _entry(name: str, kind: bytes, mode: int, target: str = "") -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.linkname = kind, mode, target
    return entry
