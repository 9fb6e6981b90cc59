"""The operator's brakes at the control socket: hold and resume, the breaker's release, silences.

Only what is asked and answered belongs here; what an order does is in ``core.obeying``. A name is turned
into a container at this moment and never again: what is kept is the full id.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import trio

from reactor.app.monitor import Monitor
from reactor.core.appraisal import find
from reactor.core.braking import OPEN
from reactor.core.facts import Held, Released, Resumed, Silenced, Unsilenced
from reactor.core.language.printing import tame
from reactor.core.language.units import read_duration, say_duration
from reactor.core.orders import LONGEST, MOST, Hold, Orders, Silence
from reactor.core.orphans import RULE as ORPHAN
from reactor.core.parting import PARTINGS
from reactor.core.returning import brought_back_of_late
from reactor.core.state import Entry, Setup, State
from reactor.web.control import More, Refused

Query = Mapping[str, str]
LONGEST_NAME = 64
LONGEST_TEXT = 200
_WRONG, _GONE, _CONFLICT = 400, 404, 409


class Brakes:
    """What an operator can order of one monitor."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def routes(self) -> More:
        """All of it, by path and method."""
        return {
            "/v1/hold": {"POST": self.hold},
            "/v1/resume": {"POST": self.resume},
            "/v1/release": {"POST": self.release},
            "/v1/silences": {"GET": self.silences, "POST": self.silence},
            "/v1/unsilence": {"POST": self.unsilence},
        }

    def hold(self, query: Query) -> Mapping[str, Any]:
        """Do nothing from now on, and say all."""
        now = trio.current_time()
        until = now + _duration(query["for"]) if query.get("for") else None
        hold = Hold(_new_id(), now, _who(query), _text(query, "why"), until)
        self._monitor.feed(Held(now, hold))
        return {"hold": _hold(hold, now)}

    def resume(self, query: Query) -> Mapping[str, Any]:
        """Do again what is decided."""
        hold = self._orders().hold
        if hold is None:
            raise Refused(_CONFLICT, {"error": "there is no hold; an open breaker: reactor resume --breaker"})
        now = trio.current_time()
        self._monitor.feed(Resumed(now, _who(query)))
        return {"hold": None, "lasted": now - hold.since}

    def release(self, query: Query) -> Mapping[str, Any]:
        """Let those go who wait for the breaker."""
        brakes = self._monitor.state.curbs.brakes
        if not brakes.opens:
            raise Refused(_CONFLICT, {"error": "no breaker is open"})
        waiting = sum(each.what == OPEN for each in brakes.waiting.values())
        self._monitor.feed(Released(trio.current_time(), _who(query)))
        return {"released": waiting}

    def silences(self, _: Query) -> Mapping[str, Any]:
        """Those in force."""
        now = trio.current_time()
        return {"silences": _silences(self._orders(), now)}

    def silence(self, query: Query) -> Mapping[str, Any]:
        """Spare one container, or silence one rule, for a time."""
        container, rule = query.get("container", ""), query.get("rule", "")
        if bool(container) == bool(rule):
            raise Refused(_WRONG, {"error": "name either a container or a rule"})
        if len(self._orders().silences) >= MOST:
            raise Refused(_CONFLICT, {"error": f"there are {MOST} silences already"})
        why, lasts, now = _text(query, "why"), _duration(query.get("for", "")), trio.current_time()
        if not why:
            raise Refused(_WRONG, {"error": "a silence needs a reason: --why TEXT"})
        if lasts > LONGEST:
            raise Refused(_WRONG, {"error": f"a silence lasts at most {say_duration(LONGEST)}"})
        entry = self._one(container) if container else None
        silence = Silence(
            _new_id(),
            now,
            now + lasts,
            _who(query),
            why,
            entry.run.id if entry is not None else "",
            entry.container.name if entry is not None else "",
            self._rule(rule) if rule else "",
        )
        self._monitor.feed(Silenced(now, silence))
        return _silence(silence, now)

    def unsilence(self, query: Query) -> Mapping[str, Any]:
        """End a silence before its time."""
        wanted = query.get("id", "")
        if not any(each.id == wanted for each in self._orders().silences):
            raise Refused(_GONE, {"error": f"there is no silence {tame(wanted, LONGEST_NAME)!r}"})
        self._monitor.feed(Unsilenced(trio.current_time(), wanted, _who(query)))
        return {"removed": wanted}

    def status(self) -> Mapping[str, Any]:
        """What brakes now."""
        return braked(self._monitor.setup, self._monitor.state, trio.current_time())

    def _orders(self) -> Orders:
        return self._monitor.state.curbs.orders or Orders()

    def _one(self, wanted: str) -> Entry:
        found = find(self._monitor.state, wanted)
        if len(found) == 1:
            return found[0]
        shown = tame(wanted, LONGEST_NAME)
        if not found:
            raise Refused(_GONE, {"error": f"no container is known as {shown}"})
        raise Refused(_CONFLICT, {"error": f"{len(found)} containers are meant by {shown}"})

    def _rule(self, wanted: str) -> str:
        names = {rule.name for rule in self._monitor.setup.rules.rules} | {ORPHAN} | PARTINGS
        if wanted in names:
            return wanted
        shown = tame(wanted, LONGEST_NAME)
        raise Refused(_GONE, {"error": f"no rule in force is named {shown}: its name is group/rule"})


def braked(setup: Setup, state: State, now: float) -> Mapping[str, Any]:
    """What brakes at this moment."""
    orders, brakes = state.curbs.orders or Orders(), state.curbs.brakes
    hold = orders.hold
    return {
        "hold": _hold(hold, now) if hold is not None and hold.holds(now) else None,
        "silences": _silences(orders, now),
        "breakers": [
            {"owner": owner, "for": now - each.since, "matches": each.matches, "of": each.of}
            for owner, each in brakes.opens.items()
        ],
        "waiting": len(brakes.waiting),
        "budgets": dict(brakes.short),
        "services": [
            {
                "by": e.kind,
                "service": e.name,
                "rule": e.rule,
                "times": e.times,
                "within": e.within,
                "remedy": e.remedy,
            }
            for e in brought_back_of_late(setup, state, now)
        ],
    }


def _silences(orders: Orders, now: float) -> list[Mapping[str, Any]]:
    return [_silence(each, now) for each in orders.silences if now < each.until]


def _new_id() -> str:
    return uuid.uuid4().hex[:8]


def _who(query: Query) -> str:
    return tame(query.get("who", ""), LONGEST_NAME)


def _text(query: Query, name: str) -> str:
    return tame(query.get(name, "").strip(), LONGEST_TEXT)


def _duration(text: str) -> float:
    seconds = read_duration(text)
    if seconds is None or seconds <= 0:
        raise Refused(
            _WRONG, {"error": f"--for takes a duration such as 2h, not {tame(text, LONGEST_NAME)!r}"}
        )
    return seconds


def _hold(hold: Hold, now: float) -> Mapping[str, Any]:
    left = None if hold.until is None else hold.until - now
    return {"id": hold.id, "who": hold.who, "why": hold.why, "for": now - hold.since, "left": left}


def _silence(silence: Silence, now: float) -> Mapping[str, Any]:
    return {
        "id": silence.id,
        "container": silence.container,
        "name": silence.name,
        "rule": silence.rule,
        "who": silence.who,
        "why": silence.why,
        "left": silence.until - now,
    }
