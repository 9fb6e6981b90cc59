"""Which engine is meant, and how it is reached: flags, environment, contexts, TLS files.

The docker SDK reads hosts, contexts and certificate folders, because it is what people's tools
do; what it finds is then held to stricter rules: TLS is verified unless a flag says otherwise,
and a context is followed only if it was named. Nothing is connected to here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reactor.engine.errors import BadEndpoint
from reactor.engine.ssh import ssh_address
from reactor.engine.tls import TlsFiles, files_in, tls_files
from reactor.engine.written import Written
from reactor.http.address import Address

DEFAULT_SOCKET = "/var/run/docker.sock"
LONGEST_PATH = 107
"""The kernel's bound on the path of a socket, in bytes."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the engine is and who said so.

    ``named`` is False if nobody named an engine and the default socket was taken; ``exists``
    tells whether there is anything at the path (always True for a host). ``warnings`` are
    sentences that the operator should see once.
    """

    address: Address
    host: str
    source: str
    named: bool
    exists: bool = True
    tls: TlsFiles | None = None
    warnings: tuple[str, ...] = ()


def resolve(
    docker_host: str | None,
    environ: Mapping[str, str],
    context: str | None = None,
    *,
    tls_insecure: bool = False,
    flag: str = "--docker-host",
    certificates: str = "",
) -> Endpoint:
    """Find the engine: the flag, a context that was named, DOCKER_HOST, the default socket, in this order.

    ``flag`` is what the flag is called where the host was named, ``certificates`` a folder for TLS in the
    place of the environment's.
    """
    if docker_host and context:
        raise BadEndpoint("both --docker-host and --context are given; give one of them")
    if context:
        return _endpoint(_from_context(context, verify=not tls_insecure), verify=not tls_insecure)
    host = docker_host or environ.get("DOCKER_HOST", "")
    if not host:
        return _default(environ)
    source = flag if docker_host else "DOCKER_HOST"
    files = _files(host, environ, certificates, verify=not tls_insecure) if _kind(host) == "tcp" else None
    return _endpoint(Written(host.strip(), source, files), verify=not tls_insecure)


def _files(host: str, environ: Mapping[str, str], folder: str, *, verify: bool) -> TlsFiles | None:
    return files_in(folder, verify=verify) if folder else tls_files(host, environ, verify=verify)


def _kind(host: str) -> str:
    return host.strip().partition("://")[0]


def _default(environ: Mapping[str, str]) -> Endpoint:
    return Endpoint(
        Address.unix(DEFAULT_SOCKET),
        f"unix://{DEFAULT_SOCKET}",
        "the default socket",
        named=False,
        exists=_exists(DEFAULT_SOCKET),
        warnings=_context_not_followed(environ),
    )


def _context_not_followed(environ: Mapping[str, str]) -> tuple[str, ...]:
    if not environ.get("DOCKER_CONTEXT") and not _has_settings():
        # Nobody has chosen one, and the monitor does without what the SDK brings along: 7.5 MB.
        return ()
    from docker.context.config import get_current_context_name  # noqa: PLC0415 - a heavy import, rarely needed

    name = environ.get("DOCKER_CONTEXT") or get_current_context_name()
    if not isinstance(name, str) or name in {"", "default"}:
        return ()
    sentence = (
        f"the docker command uses the context {name!r} here; it is not followed, the default socket is "
        f"taken (--context follows it, --docker-host names another engine)"
    )
    return (sentence,)


def _has_settings() -> bool:
    """Whether there is a file in which the docker command may keep a context, where the SDK looks for it."""
    # Unlike Path.expanduser this does not raise for a user who has no home, as in an image.
    home, chosen = os.path.expanduser("~"), os.environ.get("DOCKER_CONFIG")
    places = [f"{home}/.docker/config.json", f"{home}/.dockercfg"]
    return any(_exists(place) for place in ([f"{chosen}/config.json", *places] if chosen else places))


def _from_context(name: str, *, verify: bool) -> Written:
    from docker.context import ContextAPI  # noqa: PLC0415 - a heavy import, rarely needed

    try:
        found = ContextAPI.get_context(name)
    except Exception as error:
        # The SDK raises bare Exceptions and KeyErrors here, for files that are not as they should be.
        raise BadEndpoint(
            f"the context {name!r} cannot be read; `docker context inspect` may say why"
        ) from error
    if found is None or not found.Host:
        raise BadEndpoint(f"there is no context {name!r}; `docker context ls` shows those that exist")
    return Written(found.Host, f"the context {name!r}", _context_files(found, name, verify=verify))


def _context_files(found: Any, name: str, *, verify: bool) -> TlsFiles | None:
    from docker.context.config import get_tls_dir  # noqa: PLC0415 - a heavy import, rarely needed

    if found.TLSConfig:
        return TlsFiles.of(found.TLSConfig, verify=verify)
    folder = Path(get_tls_dir(name, "docker"))
    # The SDK passes over an incomplete folder, and what was meant to be TLS would go out in the clear.
    if folder.is_dir() and any(folder.iterdir()):
        raise BadEndpoint(f"{folder} does not hold ca.pem, cert.pem and key.pem for the context {name!r}")
    return None


def _endpoint(named: Written, *, verify: bool) -> Endpoint:
    if _kind(named.host) == "unix":
        return _unix(named)
    if _kind(named.host) == "tcp":
        return _tcp(named, verify=verify)
    if _kind(named.host) == "ssh":
        return _ssh(named)
    raise BadEndpoint(
        f"{named} cannot be reached: only unix:///PATH, tcp://HOST:PORT and ssh://HOST are spoken here"
    )


def _ssh(named: Written) -> Endpoint:
    try:
        address = ssh_address(named.host)
    except ValueError as error:
        raise BadEndpoint(f"{named} is not of the form ssh://[USER@]HOST[:PORT]: {error}") from None
    return Endpoint(address, str(address), named.source, named=True)


def _unix(named: Written) -> Endpoint:
    path = named.host.removeprefix("unix://") or DEFAULT_SOCKET
    if not path.startswith("/") or "\0" in path:
        raise BadEndpoint(f"{named} must name an absolute path, as unix:///run/docker.sock does")
    if len(path.encode()) > LONGEST_PATH:
        raise BadEndpoint(f"{named} has a path of more than {LONGEST_PATH} bytes, which no socket can have")
    exists = _exists(path)
    return Endpoint(Address.unix(path), f"unix://{path}", named.source, named=True, exists=exists)


def _tcp(named: Written, *, verify: bool) -> Endpoint:
    host, port = _host_and_port(named)
    files = named.tls or (None if verify else TlsFiles(verify=False))
    address = Address.tcp(host, port, files.context() if files else None)
    warnings = _warnings(str(address), files)
    return Endpoint(address, str(address), named.source, named=True, tls=files, warnings=warnings)


def _warnings(host: str, files: TlsFiles | None) -> tuple[str, ...]:
    if files is None:
        return (f"{host} is spoken to without TLS: whoever can reach or imitate it rules its containers",)
    if not files.verify:
        return (f"the certificate of {host} is not verified, as --tls-insecure says",)
    return ()


def _host_and_port(named: Written) -> tuple[str, int]:
    from docker.errors import DockerException  # noqa: PLC0415 - a heavy import, not needed for a socket
    from docker.utils import parse_host  # noqa: PLC0415 - as above

    try:
        parts = urlsplit(parse_host(named.host))
        host, port = parts.hostname, parts.port
    except (DockerException, ValueError) as error:
        raise BadEndpoint(f"{named} is not of the form tcp://HOST:PORT") from error
    if not host or not port or parts.path or parts.username:
        raise BadEndpoint(f"{named} is not of the form tcp://HOST:PORT")
    return host, port


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:
        # Whoever may not even look for it is told so when connecting.
        return True
