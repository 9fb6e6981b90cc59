"""Who has which folders of the host: of every container in every state, and of volumes, all or nothing.

Whoever removes a folder asks this before. So nothing is skipped here that cannot be read: a container that is
listed and cannot be inspected, or an answer that lacks what it has to have, is an error. How containers are
read that are to be watched is in ``decode``, which is more patient.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from reactor.core.container import ContainerId, Listed
from reactor.core.ports import EngineAnswered, NoSuchContainer
from reactor.engine import decode
from reactor.engine.answers import broken, refusal
from reactor.engine.calls import DockerEngine
from reactor.engine.errors import EngineSaidNonsense
from reactor.engine.times import seconds
from reactor.engine.wire import parse
from reactor.http.client import Client
from reactor.http.errors import HttpError

WITHIN = 10.0
"""Seconds for each call."""
ROUNDS = 3
"""How often the list may have somebody new in it before that is an error."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One container, or a volume, with the paths of the host that it has.

    ``over`` tells that it is a container whose run is over, ``finished`` when it was (the engine's clock),
    None if that is not known, or if it never was.
    """

    id: str
    name: str
    paths: tuple[str, ...]
    labels: Mapping[str, str] | None = None
    over: bool = False
    finished: float | None = None


class _Mount(msgspec.Struct, rename="pascal"):
    type: str = ""
    source: str = ""


class _Driver(msgspec.Struct, rename="pascal"):
    options: dict[str, str] | None = None


class _VolumeOptions(msgspec.Struct, rename="pascal"):
    driver_config: _Driver | None = None


class _Wish(msgspec.Struct, rename="pascal"):
    type: str = ""
    source: str = ""
    volume_options: _VolumeOptions | None = None


class _Host(msgspec.Struct, rename="pascal"):
    binds: list[str] | None = None
    mounts: list[_Wish] | None = None


class _Config(msgspec.Struct, rename="pascal"):
    labels: dict[str, str] | None = None


class _State(msgspec.Struct, rename="pascal"):
    status: str
    finished_at: str = ""


class _Inspected(msgspec.Struct, rename="pascal"):
    """All that is needed has to be there: what is missing is not "none"."""

    id: str
    name: str
    state: _State
    config: _Config
    host_config: _Host
    mounts: list[_Mount] | None


class _Volume(msgspec.Struct, rename="pascal"):
    name: str
    options: dict[str, str] | None = None


class _Volumes(msgspec.Struct, rename="pascal"):
    volumes: list[_Volume] | None


async def holders(
    engine: DockerEngine, tell: Callable[[int, int], None] = lambda _asked, _all: None
) -> tuple[Holder, ...]:
    """Everybody, or an EngineError; ``tell`` how many of how many were asked."""
    asking = _Asking(engine, Client(engine.endpoint.address))
    return (*await asking.containers(tell), *await asking.volumes())


@dataclass(frozen=True, slots=True)
class _Asking:
    engine: DockerEngine
    client: Client

    async def containers(self, tell: Callable[[int, int], None]) -> tuple[Holder, ...]:
        """Until a list has nobody in it who was not asked."""
        found: dict[ContainerId, Holder | None] = {}
        for _ in range(ROUNDS):
            rows = await self.engine.list()
            new = [row for row in rows if found.get(row.id) is None]
            if not new:
                here = {row.id for row in rows}
                return tuple(each for id_, each in found.items() if each is not None and id_ in here)
            for number, row in enumerate(new):
                tell(number, len(new))
                found[row.id] = await self._inspected(row)
        raise EngineSaidNonsense("the engine's list has somebody new in it each time: is it very busy?")

    async def _inspected(self, row: Listed) -> Holder | None:
        """One of them; None if it is gone, which the next list has to confirm."""
        path = f"/containers/{decode.full_id(row.id)}/json"
        try:
            body = parse(await self._get(path), _Inspected, path)
        except NoSuchContainer:
            return None
        if body.id != row.id:
            raise EngineSaidNonsense(f"another container answers to the id {row.id}")
        return _holder(body)

    async def volumes(self) -> tuple[Holder, ...]:
        """Volumes that are folders of the host under another name."""
        try:
            body = parse(await self._get("/volumes"), _Volumes, "/volumes")
        except EngineAnswered as error:
            raise EngineAnswered(error.status, f"the list of volumes cannot be had: {error}") from None
        found = ((each, _devices(each.options)) for each in body.volumes or ())
        return tuple(Holder("", f"the volume {each.name}", paths) for each, paths in found if paths)

    async def _get(self, path: str) -> bytes:
        what = f"GET {path}"
        try:
            answer = await self.client.request("GET", await self.engine.versioned(path), within=WITHIN)
        except HttpError as error:
            raise broken(error, what) from error
        if refused := refusal(answer.status, answer.body, what):
            raise refused
        return answer.body


def _holder(body: _Inspected) -> Holder:
    over = body.state.status in {"exited", "dead"}
    return Holder(
        body.id,
        body.name.removeprefix("/"),
        tuple(dict.fromkeys(_paths(body))),
        body.config.labels or {},
        over,
        seconds(body.state.finished_at) if over else None,
    )


def _paths(body: _Inspected) -> Iterator[str]:
    """As it has them, and as it was told to: those of one that never ran may stand in one place only."""
    yield from (each.source for each in body.mounts or () if each.source.startswith("/"))
    host = body.host_config
    yield from (each.partition(":")[0] for each in host.binds or () if each.startswith("/"))
    for wish in host.mounts or ():
        if wish.source.startswith("/"):
            yield wish.source
        options = wish.volume_options
        if options is not None and options.driver_config is not None:
            yield from _devices(options.driver_config.options)


def _devices(options: Mapping[str, str] | None) -> tuple[str, ...]:
    device = (options or {}).get("device", "")
    return (device,) if device.startswith("/") else ()
