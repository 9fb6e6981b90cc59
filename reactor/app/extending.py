"""``reactor extend``: let a container live longer than the rules about age say; both ends of the order.

What an extension means is in the core; here it is asked for, checked, and listed.
"""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import trio

from reactor.app.asking import ask
from reactor.app.monitor import Monitor
from reactor.core.appraisal import find
from reactor.core.extending import LONGEST, in_force
from reactor.core.facts import Extended
from reactor.core.language.printing import tame
from reactor.core.language.units import read_duration, say_duration
from reactor.core.lifetimes import given_to
from reactor.web.control import Refused
from reactor.web.extending import PATH, Extension

LONGEST_NAME = 64
LONGEST_WHY = 200
Told = Mapping[str, Any]


def order(options: argparse.Namespace, who: str) -> Told:
    """Ask the monitor for it."""
    asked = {"container": options.container, "for": options.duration, "who": options.who or who}
    return ask(options, "POST", PATH, why=options.why, **asked)


def give(monitor: Monitor, asked: Extension) -> Told:
    """Give it, or say why not."""
    entries, shown = find(monitor.state, asked.container), tame(asked.container, LONGEST_NAME)
    if len(entries) != 1:
        many = f"{len(entries)} containers are meant by {shown}: name one by its id"
        why_not = many if entries else f"no container is known as {shown}"
        raise Refused(409 if entries else 404, {"error": why_not})
    seconds = 0.0 if asked.duration == "0" else read_duration(asked.duration)
    if seconds is None or not 0 <= seconds <= LONGEST:
        raise Refused(400, {"error": "name a duration such as 2h, at most 7d; 0 takes it back"})
    why = tame(asked.why.strip(), LONGEST_WHY)
    if not why:
        raise Refused(400, {"error": "say why, for the record: --why TEXT"})
    now, container = trio.current_time(), entries[0].container
    who = tame(asked.who, LONGEST_NAME)
    earlier = given_to(entries[0], now) if seconds else 0.0
    if earlier + seconds > LONGEST:
        raise Refused(409, {"error": "what it was given already and this are more than 7d together"})
    # What was given before is added: its age as rules see it must not jump up by giving more.
    monitor.extend(Extended(now, container.id, earlier + seconds, now + seconds, who, why))
    return {"id": container.id, "name": container.name, "seconds": seconds, "who": who, "why": why}


def listed(monitor: Monitor) -> list[Told]:
    """Those that last, for the status."""
    now, entries = trio.current_time(), monitor.state.entries
    return [
        {
            "id": each.id,
            "name": entry.container.name if (entry := entries.get(each.id)) is not None else "",
            "seconds": each.seconds,
            "left": each.until - now,
            "who": each.who,
            "why": each.why,
        }
        for each in in_force(monitor.state, now)
    ]


def lines(told: Told) -> Iterator[str]:
    """The extensions in a status."""
    for each in told.get("extensions", ()):
        left = say_duration(round(each["left"]))
        who = f"{each['name']} ({each['id'][:12]})"
        yield f"may live longer: {who}, for another {left}: {each['who']}: {each['why']}"


def given(told: Told) -> Iterator[str]:
    """What came of the order."""
    what = say_duration(round(told["seconds"]))
    who = f"{told['name']} ({told['id'][:12]})"
    yield f"{who}: rules about age wait for {what}" if told["seconds"] else f"{who}: no extension any more"
