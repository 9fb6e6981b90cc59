"""What stands in the way of a plan, said before anything is made: all of it at once, each with a remedy.

What only shows when it is tried (a program that is not in the image) is not here.
"""

import errno
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from reactor.core.container import ContainerId
from reactor.core.recipes import Port
from reactor.core.stackplans import Act, Fate, Lot, Plan
from reactor.core.stacks import Seen, Service, Stack, circle

ANY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - these are read here, and nothing listens at them


@dataclass(frozen=True, slots=True)
class Scene:
    """What was looked at.

    ``roots`` are the folders that each service may bind from, its task's first. ``held`` are the ports that
    containers have, ``names`` are theirs. ``here`` tells that the engine's host is this one.
    """

    seen: Seen
    images: Mapping[str, str]
    roots: Mapping[str, tuple[str, ...]]
    held: Mapping[ContainerId, tuple[Port, ...]] = field(default_factory=dict)
    names: Mapping[ContainerId, str] = field(default_factory=dict)
    here: bool = False


def mistakes(stack: Stack, plan: Plan, scene: Scene) -> tuple[str, ...]:
    """Sentences about all that stands in the way; none if the plan can be tried."""
    coming = [lot for lot in plan.lots if lot.fate is not Fate.KEEP]
    return (
        *_circles(stack),
        *_strangers(stack, scene.seen),
        *_images(coming, scene.images),
        *_binds(stack, scene.roots),
        *_twice(stack),
        *_ports(coming, plan, scene),
    )


def _at(service: Service, sentence: str) -> str:
    return f"{service.place or service.name}: {sentence}"


def _circles(stack: Stack) -> Iterator[str]:
    if names := circle(stack.services):
        yield _at(stack[names[0]], f"{', '.join(names)} need each other: none of them can be the first")


def _strangers(stack: Stack, seen: Seen) -> Iterator[str]:
    for service in stack.services:
        name = service.recipe.name
        stranger = seen.strangers.get(name)
        if name in seen.unsure:
            yield _at(
                service,
                f"whether the container '{name}' is this stack's cannot be told, since its image cannot be "
                f"read: if it is, docker rm -f {name}",
            )
        elif stranger:
            yield _at(
                service,
                f"'{service.name}' is to be called '{name}', and a container that is not this stack's has "
                f"that name ({stranger[:12]}): rename it, or give the stack another name",
            )


def _images(coming: Iterable[Lot], images: Mapping[str, str]) -> Iterator[str]:
    wanted = {lot.service.recipe.image: lot.service for lot in coming if lot.fate is not Fate.START}
    for image, service in wanted.items():
        if image not in images:
            sentence = f"the engine has no image '{image}', and none is pulled: docker pull {image}"
            yield _at(service, sentence)


def _binds(stack: Stack, roots: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for service in stack.services:
        allowed = roots[service.name]
        where = f"its data folder {allowed[0]}" if allowed else "a data folder: no root of them is named"
        for bind in service.recipe.binds:
            if not any(bind.source == root or bind.source.startswith(f"{root}/") for root in allowed):
                yield _at(
                    service,
                    f"'{service.name}' binds {bind.source}, which is not below {where}: "
                    "write ${REACTOR_DATA}/… for its own data, ${REACTOR_SHARED}/… for what all share",
                )


def _twice(stack: Stack) -> Iterator[str]:
    seen: list[tuple[Service, Port]] = []
    for service in stack.services:
        for port in service.recipe.ports:
            for other, taken in seen:
                if other.name != service.name and _clash(port, taken):
                    yield _at(service, f"'{service.name}' and '{other.name}' both want {_said(port)}")
            seen.append((service, port))


def _ports(coming: Iterable[Lot], plan: Plan, scene: Scene) -> Iterator[str]:
    going = {step.container for step in plan.steps if step.act is Act.TAKE}
    own = {each.id for each in scene.seen.own.values()}
    for lot in coming:
        for port in (each for each in lot.service.recipe.ports if each.host):
            holders = [key for key, ports in scene.held.items() if any(_clash(port, one) for one in ports)]
            strangers = [key for key in holders if key not in own | going]
            if strangers:
                who = f"the container '{scene.names.get(strangers[0], strangers[0][:12])}'"
            elif not holders and scene.here and not is_free(port):
                who = "another program of this host"
            else:
                continue
            sentence = (
                f"'{lot.service.name}' wants {_said(port)}, which {who} has: choose another one, or end that"
            )
            yield _at(lot.service, sentence)


def _clash(one: Port, other: Port) -> bool:
    if not one.host or one.host != other.host or one.protocol != other.protocol:
        return False
    return one.address == other.address or bool(ANY & {one.address, other.address})


def _said(port: Port) -> str:
    address = f"[{port.address}]" if ":" in port.address else port.address
    return f"port {address}:{port.host}" + ("" if port.protocol == "tcp" else f"/{port.protocol}")


def is_free(port: Port) -> bool:
    """Whether a program of this host could listen there now; what cannot be told counts as free."""
    kind = socket.SOCK_DGRAM if port.protocol == "udp" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in port.address else socket.AF_INET
    try:
        with closing(socket.socket(family, kind)) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((port.address, port.host))
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True


def is_this_host(name: str, *, local: bool) -> bool:
    """Whether an engine that calls its host so, and was reached at a socket, is on this machine."""
    return local and name == os.uname().nodename
