"""Making containers on an engine: what it is told of a new one, and what its refusals mean.

No image is ever pulled, and a folder of the host that is not there is never made: the engine would make it as
root's own, wherever it was told to. Which containers are made, and when, is decided above.
"""

import math
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from reactor.core.container import ContainerId
from reactor.core.making import NOT_THE_ENGINE, Why, is_gone, not_created, not_started, refuse_unlimited
from reactor.core.ports import CannotMake, EngineAnswered, NoSuchContainer
from reactor.core.recipes import Bind, Port, Probe, Recipe
from reactor.engine import decode, limits
from reactor.engine.aside import call
from reactor.engine.calls import DockerEngine
from reactor.engine.deadlines import Deadlines
from reactor.engine.wire import message, reason
from reactor.http.client import Client, Response

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Making:
    """A ``core.ports.Maker`` on an engine, with connections of its own.

    A call whose answer is lost (DeadlinePassed, EngineUnreachable) may have come to something, and whoever
    makes looks at the list before trying again: the name is in it, and the same name is not given twice.
    """

    engine: DockerEngine
    client: Client
    deadlines: Deadlines

    @classmethod
    def on(cls, engine: DockerEngine, deadlines: Deadlines | None = None) -> "Making":
        """Make containers on this engine; nobody who watches or acts waits for it."""
        return cls(engine, Client(engine.endpoint.address), deadlines or Deadlines())

    async def create(self, recipe: Recipe) -> ContainerId:
        """Create a container, which does not run yet."""
        refuse_unlimited(recipe.limits)
        # How many CPUs there are is known once a version was agreed on.
        await self.engine.versioned("/containers/create")
        path, body = _written(recipe, self.engine.cpus)
        answer = await self._post(path, self.deadlines.create, body)
        if answer.status != 201:
            raise not_created(answer.status, reason(answer.body))
        return decode.created(answer.body)

    async def start(self, container: ContainerId) -> None:
        """Start it; again does no harm. One that cannot be started stays where it is, never started."""
        path = f"/containers/{decode.full_id(container)}/start"
        answer = await self._post(path, self.deadlines.start)
        if answer.status in {204, 304}:
            return
        words = reason(answer.body)
        if is_gone(answer.status, words, container):
            raise NoSuchContainer(f"POST {path}: the engine does not know this container")
        raise not_started(answer.status, words)

    async def _post(self, path: str, within: float, body: bytes = b"") -> Response:
        answer = await call(self.engine, self.client, "POST", path, within=within, body=body)
        if answer.status in NOT_THE_ENGINE:
            raise EngineAnswered(answer.status, message(answer.body))
        return answer


def _written(recipe: Recipe, cpus: int) -> tuple[str, bytes]:
    """What is asked for, and what goes with it."""
    try:
        path = f"/containers/create?name={quote(recipe.name, safe='')}"
        return path, msgspec.json.encode(document(recipe, cpus))
    except UnicodeEncodeError:
        # Half a character can stand in a stranger's label, and nowhere on the way to an engine.
        raise CannotMake(Why.REFUSED, "there is something in it that is no text") from None


def document(recipe: Recipe, cpus: int = 0) -> Document:
    """What an engine with so many CPUs (0 if that is not known) is told of a new container.

    Left to the image is what is not in the recipe, and to the engine where the output goes. Rights are as in
    any container: without new privileges (``no-new-privileges``) images fail that count on ``sudo`` or on a
    program with capabilities of its own, and a recipe has no word to allow it them.
    """
    given: Document = {
        "Image": recipe.image,
        "Env": [f"{name}={value}" for name, value in recipe.environment.items()],
        "Labels": dict(recipe.labels),
        "User": recipe.user,
        "WorkingDir": recipe.working_dir,
        "ExposedPorts": {_inside(port): {} for port in recipe.ports},
        "HostConfig": _host(recipe, cpus),
    }
    if recipe.command is not None:
        given["Cmd"] = list(recipe.command)
    if recipe.entrypoint is not None:
        given["Entrypoint"] = list(recipe.entrypoint)
    if recipe.probe is not None:
        given["Healthcheck"] = _probe(recipe.probe)
    if recipe.stop_grace is not None:
        given["StopTimeout"] = max(0, math.ceil(recipe.stop_grace))
    return given


def _host(recipe: Recipe, cpus: int) -> Document:
    return limits.wanted(recipe.limits, cpus) | {
        "Mounts": [_mount(bind) for bind in recipe.binds],
        "PortBindings": _bindings(recipe.ports),
        "Init": recipe.init,
        "NetworkMode": recipe.network_mode or "default",
        "RestartPolicy": _policy(recipe.restart),
        "ReadonlyRootfs": recipe.read_only,
    }


def _mount(bind: Bind) -> Document:
    """As a mount, and not as a "bind" in the engine's words, which makes what is not there."""
    return {
        "Type": "bind",
        "Source": bind.source,
        "Target": bind.target,
        "ReadOnly": bind.read_only,
        "BindOptions": {"CreateMountpoint": False},
    }


def _inside(port: Port) -> str:
    return f"{port.inside}/{port.protocol}"


def _bindings(ports: tuple[Port, ...]) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for port in ports:
        at: Document = {"HostIp": port.address, "HostPort": str(port.host) if port.host else ""}
        found.setdefault(_inside(port), []).append(at)
    return found


def _policy(written: str) -> Document:
    """From ``no``, ``always``, ``unless-stopped``, ``on-failure`` or ``on-failure:3``."""
    name, _, most = written.partition(":")
    return {"Name": name or "no", "MaximumRetryCount": int(most) if most.isdecimal() else 0}


def _probe(probe: Probe) -> Document:
    return {
        "Test": list(probe.test),
        "Interval": _nanos(probe.interval),
        "Timeout": _nanos(probe.timeout),
        "StartPeriod": _nanos(probe.start_period),
        "Retries": probe.retries,
    }


def _nanos(seconds: float) -> int:
    return round(seconds * limits.NANO)
