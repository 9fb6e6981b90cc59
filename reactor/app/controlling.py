"""The running monitor's answers on its control socket, and what makes it read its rules again.

Here the parts are joined: the socket, the signal and the look at the files all lead to the same
``Reloader``; explain and ack lead to the core. What is said over HTTP is in ``web.control``.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import trio

from reactor.app.bounded import bounded
from reactor.app.braking import Brakes
from reactor.app.extending import give, listed
from reactor.app.monitor import Monitor
from reactor.app.numbers import Numbers
from reactor.app.reading import Reading, ReadingHangs
from reactor.app.reloading import Reloader, Reloads
from reactor.core.appraisal import SPARED, appraise, find
from reactor.core.beats import next_beat
from reactor.core.commanding import meant, refusal
from reactor.core.facts import Acknowledged, Ordered
from reactor.core.gate import objection, token
from reactor.core.language.printing import tame
from reactor.core.obeying import under_orders
from reactor.core.restraint import Match
from reactor.http.server import Handler
from reactor.http.server_routes import Routes
from reactor.web.control import NO_ROUTES, Controls, More, Order, Reader, Refused, control
from reactor.web.extending import Extension, with_extensions
from reactor.web.leases import LeaseDesk, with_leases

log = logging.getLogger("reactor.app")

LONGEST_NAME = 64
LONGEST_REASON = 300
UNREAD = "nobody says what was read: name the token that reactor status prints; nothing was let through"
_NO_MORE: More = MappingProxyType({})
_GONE, _CONFLICT, _AMBIGUOUS, _MISTAKES = 404, 409, 409, 422


class Desk:
    """What can be asked of one monitor, and told to it. ``engine`` is how its engine is called, ``more`` is
    what others let be asked."""

    def __init__(
        self, monitor: Monitor, numbers: Numbers, reloader: Reloader, engine: str, more: More = _NO_MORE
    ) -> None:
        self._monitor = monitor
        self._numbers = numbers
        self._reloader = reloader
        self._engine = engine
        self._brakes = Brakes(monitor)
        self._more = more

    def controls(self) -> Controls:
        """All of it."""
        more = {**self._brakes.routes(), **self._more}
        kept = self._monitor.kept
        return Controls(self.status, self.explain, self.reload, self.acknowledge, self.kill, more, kept)

    def status(self) -> Mapping[str, Any]:
        """The rules in force, and what they are held back from."""
        gate, rules = self._monitor.state.curbs.gate, self._monitor.setup.rules
        return {
            "engine": self._engine,
            "rules": len(rules.rules),
            "version": rules.version,
            "not_ready": self._numbers.why_not_ready(),
            "reload_errors": list(self._monitor.reloads.errors),
            "reading": self._reloader.busy_for,
            "gated": list(self._monitor.gated()),
            "held": [_match(match) for match in gate.matches] if gate.held else [],
            "held_rules": self._held_rules(),
            "extensions": listed(self._monitor),
            "along": gate.along if gate.held else 0,
            "token": self._token() if gate.held else "",
            "unknown": gate.unknown if gate.held else 0,
            **self._brakes.status(),
        }

    def explain(self, wanted: str) -> Mapping[str, Any]:
        """What every rule makes of one container."""
        setup, state = self._monitor.setup, self._monitor.state
        found = find(state, wanted)
        shown = tame(wanted, LONGEST_NAME)
        if not found:
            raise Refused(_GONE, {"error": f"no container is known as {shown}"})
        if len(found) > 1:
            ids = ", ".join(entry.run.id[:12] for entry in found[:5])
            raise Refused(_AMBIGUOUS, {"error": f"{len(found)} containers are meant by {shown}: {ids}"})
        told: Mapping[str, Any] = bounded(asdict(appraise(setup, state, found[0], trio.current_time())))
        return told

    async def reload(self) -> Mapping[str, Any]:
        """Have the rules read again."""
        errors = await self._reloader.reload()
        if errors:
            raise Refused(_MISTAKES, {"errors": list(errors)})
        rules = self._monitor.setup.rules
        return {"rules": len(rules.rules), "version": rules.version, "gated": list(self._monitor.gated())}

    def acknowledge(self, reader: Reader) -> Mapping[str, Any]:
        """Let act what is held back, if it is what was read."""
        gate, monitor = self._monitor.state.curbs.gate, self._monitor
        if not gate.held:
            raise Refused(_CONFLICT, {"error": "nothing is held back"})
        token = self._token() if reader.unread else tame(reader.token, LONGEST_NAME)
        if not token:
            raise Refused(_CONFLICT, {"error": UNREAD})
        rules, at = self._held_rules(), trio.current_time()
        monitor.feed(Acknowledged(at, tame(reader.who, LONGEST_NAME), token, reader.unread))
        if monitor.state.curbs.gate.held:
            raise Refused(_CONFLICT, {"error": objection(monitor.setup, monitor.state, token, at)})
        return {"rules": rules, "containers": gate.matching, "token": token}

    def kill(self, order: Order) -> Mapping[str, Any]:
        """Have one run ended; ``asked`` is what a person should know first, and then nothing was done yet."""
        monitor, shown = self._monitor, tame(order.container, LONGEST_NAME)
        found = meant(monitor.state, order.container)
        if not found:
            raise Refused(_GONE, {"error": f"no living container is known as {shown}"})
        if len(found) > 1:
            ids = ", ".join(entry.run.id for entry in found[:5])
            raise Refused(_AMBIGUOUS, {"error": f"{len(found)} containers are meant by {shown}: {ids}"})
        (entry,) = found
        if order.started_at not in {"", entry.run.started_at}:
            raise Refused(_CONFLICT, {"error": f"{shown} has begun another run; nothing was ended"})
        setup = under_orders(monitor.setup, monitor.state, trio.current_time())
        if why := refusal(setup, entry):
            raise Refused(_CONFLICT, {"error": f"{entry.container.name}: {why}"})
        told = {"id": entry.run.id, "started_at": entry.run.started_at, "name": entry.container.name}
        if entry.standing in SPARED and not order.sure:
            return {**told, "asked": SPARED[entry.standing], "decision": ""}
        who, reason = tame(order.who, LONGEST_NAME), tame(order.why, LONGEST_REASON)
        monitor.feed(Ordered(trio.current_time(), entry.run, who, reason, order.cascade))
        now = monitor.state.entries.get(entry.run.id)
        if now is None or now.ending == entry.ending:
            raise Refused(
                _CONFLICT, {"error": f"{entry.container.name}: it changed at this moment: try again"}
            )
        return {**told, "asked": "", "decision": now.ending}

    def extend(self, asked: Extension) -> Mapping[str, Any]:
        """Let a container live longer."""
        return give(self._monitor, asked)

    def _token(self) -> str:
        return str(token(self._monitor.setup, self._monitor.state, trio.current_time()))

    def _held_rules(self) -> list[str]:
        """The rules that are held back: those that match; all new ones while nobody knows what matches."""
        gate = self._monitor.state.curbs.gate
        if not gate.held:
            return []
        return sorted({match.rule for match in gate.matches} or self._monitor.gated())


def _match(match: Match) -> Mapping[str, str]:
    return {"id": match.run.id, "name": match.name, "rule": match.rule, "reason": match.reason}


def orders(desk: Desk, more: Routes = NO_ROUTES, leases: LeaseDesk | None = None) -> Handler:
    """The handler of everything that a monitor can be asked and told."""
    handler = with_extensions(control(desk.controls(), more), desk.extend, desk.controls().kept)
    return handler if leases is None else with_leases(handler, leases)


async def reload_on_change(
    reloader: Reloads, look: Callable[[], object], every: float, reading: Reading | None = None
) -> None:
    """Read the rules again when what ``look`` sees of their files has changed, and stayed so for one look.

    A file that is just being written is not read half. A look that hangs is no look.
    """
    reading = reading or Reading()
    seen = settled = await _look(reading, look)
    while True:
        await trio.sleep_until(next_beat(trio.current_time(), every))
        now = await _look(reading, look)
        if now is None:
            continue
        if settled is None:
            settled = now
        if now == seen and now != settled:
            settled = now
            await reloader.reload()
        seen = now


async def _look(reading: Reading, look: Callable[[], object]) -> object | None:
    try:
        return await reading.run(look)
    except ReadingHangs:
        return None
