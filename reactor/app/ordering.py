"""``reactor reload``, ``reactor ack`` and ``reactor status``: short orders to a running monitor.

Only the commands belong here: what they ask for, and what is printed of the answer.
"""

import argparse
import json
import os
import pwd
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from reactor.app import extending
from reactor.app.asking import ask
from reactor.app.brakelines import braked
from reactor.app.complaint import FOUND, OK, Complaint
from reactor.core.language.printing import tame

_LONGEST = 300
NOT_ON_DISK = (
    "it is in force, and not on the disk by now: a monitor that begins anew would not know of it; "
    "see the log of this one"
)
Told = Mapping[str, Any]


def reload(options: argparse.Namespace) -> int:
    """Carry out ``reactor reload``: exit code 1 and all mistakes if the new rules cannot be used."""
    told = ask(options, "POST", "/-/reload")
    return show(options, told, _reloaded(told))


def acknowledge(options: argparse.Namespace) -> int:
    """Carry out ``reactor ack``: let act what was held back, and only what somebody has read."""
    query = {"unread": "yes"} if options.yes else {"token": options.token or _read(options)}
    told = ask(options, "POST", "/v1/ack", who=options.who or user(), **query)
    return show(options, told, iter([f"acknowledged: {', '.join(told['rules'])} may act now"]))


def _read(options: argparse.Namespace) -> str:
    """Show what is held and ask; the token of just that."""
    told = ask(options, "GET", "/v1/status")
    if not told["token"]:
        raise Complaint("reactor: nothing is held back", code=FOUND)
    if options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Complaint(
            "reactor: nobody is here to read what would be let through, and no token says that somebody did",
            "See reactor status, then: reactor ack TOKEN; or take whatever is held: reactor ack --yes",
            code=FOUND,
        )
    _print(_held(told))
    try:
        answer = input("let them act? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise Complaint("reactor: nothing was let through", code=FOUND)
    return str(told["token"])


def extend(options: argparse.Namespace) -> int:
    """Carry out ``reactor extend``."""
    told = extending.order(options, user())
    return show(options, told, extending.given(told))


def status(options: argparse.Namespace) -> int:
    """Carry out ``reactor status``."""
    told = ask(options, "GET", "/v1/status")
    return show(options, told, _status(told))


def show(options: argparse.Namespace, told: Told, lines: Iterator[str]) -> int:
    """Print an answer, as lines or as JSON."""
    if options.json:
        json.dump(told, sys.stdout, indent=2)
        print()
    else:
        _print(lines)
        if told.get("on_disk") is False:
            _print(iter([NOT_ON_DISK]))
    return OK


def _print(lines: Iterator[str]) -> None:
    print("\n".join(tame(line, _LONGEST) for line in lines))


def _reloaded(told: Told) -> Iterator[str]:
    yield f"{_rules(told)} in force, version {told['version']}"
    if told["gated"]:
        yield f"new or changed, and watched before they may act: {', '.join(told['gated'])}"


def _status(told: Told) -> Iterator[str]:
    if "engines" in told:
        yield from _engines(told)
        return
    yield f"engine {told['engine']}; {_rules(told)} in force, version {told['version']}"
    yield "ready" if not told["not_ready"] else f"not ready: {told['not_ready']}"
    if told["reading"] is not None:
        yield f"the rule files are being read, for {told['reading']:.1f} s by now"
    if told["reload_errors"]:
        yield "the last reload failed, and the rules before it are in force:"
        yield from (f"  {line}" for line in told["reload_errors"])
    yield from extending.lines(told)
    yield from braked(told)
    if told["held_rules"]:
        yield from _held(told)
        yield f"to let them act: reactor ack {told['token']}; else mend the rules and reload"


def _engines(told: Told) -> Iterator[str]:
    """Of a process that watches several engines, of which none was chosen."""
    for each in told["engines"]:
        name = each["name"]
        yield f"engine {name}: {each['not_ready'].removeprefix(f'{name}: ') or 'ready'}"
    yield "more of one of them: reactor status --engine NAME"


def _held(told: Told) -> Iterator[str]:
    count = len({each["id"] for each in told["held"]})
    yield f"held back: {', '.join(told['held_rules'])} would act on {_count(count, 'container')} at once"
    if told["along"]:
        yield f"  {_count(told['along'], 'sidecar')} would go along"
    if told["unknown"]:
        yield f"  {told['unknown']} more cannot be judged yet, and may match"
    for each in told["held"]:
        yield f"  {each['name']} ({each['id'][:12]})  {each['rule']}: {each['reason']}"


def _rules(told: Told) -> str:
    return _count(told["rules"], "rule")


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def user() -> str:
    """Who gives orders here, as the system knows."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
