"""``reactor stack status``: what runs of a stack, and what is not as in its file. Nothing is changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import trio
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reactor.app.stack.looking import Tools, images_of, look
from reactor.app.stack.reading import Wanted
from reactor.core.container import ContainerId
from reactor.core.language.printing import tame
from reactor.core.language.units import say_duration
from reactor.core.recipes import Port
from reactor.core.stackplans import Fate, Lot, lots_of
from reactor.core.stacks import Present

AS_IN_FILE, NOT_IN_FILE = "as in the file", "not in the file"
NOTHING = "-"
_LONGEST = 120

Ports = Mapping[ContainerId, tuple[Port, ...]]


@dataclass(frozen=True, slots=True)
class Line:
    """One service, or what is left of one. ``since`` is in seconds, None if that is not known."""

    service: str
    name: str
    id: str = ""
    state: str = "missing"
    health: str = ""
    since: float | None = None
    ports: tuple[Port, ...] = ()
    digest: str = ""
    compared: str = AS_IN_FILE
    task: str = ""
    sidecar_of: str = ""

    @property
    def differs(self) -> bool:
        """Whether ``up`` would have something to do, or to wait for."""
        return self.compared != AS_IN_FILE or self.state != "running" or self.health not in {"", "healthy"}


async def stand(tools: Tools, wanted: Wanted) -> tuple[Line, ...]:
    """What is there now, in the order of the file; then what is not in the file."""
    stack = wanted.stack
    seen = await look(tools.engine, stack)
    ports = await tools.premises.ports()
    lots = {lot.service.name: lot for lot in lots_of(stack, seen, await images_of(tools.premises, stack))}
    lines = [_line(lots[each.name], ports, seen.strangers) for each in stack.services]
    return (*lines, *(_of(each, ports, NOT_IN_FILE) for each in seen.orphans(stack)))


def _line(lot: Lot, ports: Ports, strangers: Mapping[str, ContainerId]) -> Line:
    service, found = lot.service, lot.present
    if found is None:
        taken = strangers.get(service.recipe.name)
        compared = "its name is a stranger's" if taken else "not made yet"
        line = Line(service.name, service.recipe.name, compared=compared)
    else:
        line = _of(found, ports, lot.why if lot.fate is Fate.RECREATE else AS_IN_FILE)
    return replace(line, task=service.task, sidecar_of=service.serves)


def _of(found: Present, ports: Ports, compared: str) -> Line:
    born = found.born if found.state == "running" else None
    return Line(
        found.service,
        found.name,
        found.id,
        _state(found),
        found.health,
        None if born is None else max(0.0, trio.current_time() - born),
        ports.get(found.id, ()),
        digest=found.digest,
        compared=compared,
    )


def _state(found: Present) -> str:
    if found.state == "exited" and found.exit_code is not None:
        return f"exited ({found.exit_code})"
    return str(found.state)


def table(lines: Iterable[Line]) -> Table:
    """The lines for a terminal, or for whatever else reads text."""
    found = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in ("SERVICE", "STATE", "HEALTH", "SINCE", "PORTS", "THE FILE"):
        found.add_column(column, no_wrap=column in {"SERVICE", "STATE", "HEALTH", "SINCE"})
    for each in lines:
        found.add_row(
            _text(each.service),
            _text(each.state, "" if each.state == "running" else "yellow"),
            _text(each.health or NOTHING, "yellow" if each.health not in {"", "healthy"} else ""),
            _text(NOTHING if each.since is None else say_duration(round(each.since))),
            _text(", ".join(map(_said, each.ports)) or NOTHING),
            _text(each.compared, "" if each.compared == AS_IN_FILE else "yellow"),
        )
    return found


def _text(text: str, style: str = "") -> Text:
    return Text(tame(text, _LONGEST), style)


def _said(port: Port) -> str:
    address = f"[{port.address}]" if ":" in port.address else port.address
    return f"{address}:{port.host}->{port.inside}/{port.protocol}"


def shown(lines: Iterable[Line]) -> None:
    """Print the table."""
    Console(highlight=False, markup=False, emoji=False).print(table(lines))


def document(wanted: Wanted, lines: Iterable[Line]) -> Mapping[str, object]:
    """What a machine may read; keys are only ever added."""
    lines = tuple(lines)
    return {
        "stack": wanted.stack.name,
        "ok": not any(each.differs for each in lines),
        "data": wanted.data or None,
        "services": [_entry(each) for each in lines],
    }


def _entry(line: Line) -> Mapping[str, object]:
    return {
        "service": line.service,
        "name": line.name,
        "id": line.id or None,
        "task": line.task or None,
        "sidecar_of": line.sidecar_of or None,
        "state": line.state,
        "health": line.health or None,
        "since_seconds": None if line.since is None else round(line.since, 1),
        "ports": [_said(port) for port in line.ports],
        "digest": line.digest,
        "compared": line.compared,
    }
