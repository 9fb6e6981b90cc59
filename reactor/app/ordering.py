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

from reactor.app.asking import ask
from reactor.app.complaint import OK
from reactor.core.language.printing import tame

_LONGEST = 300
Told = Mapping[str, Any]


def reload(options: argparse.Namespace) -> int:
    """Carry out ``reactor reload``: exit code 1 and all mistakes if the new rules cannot be used."""
    told = ask(options.control, "POST", "/-/reload")
    return _show(options, told, _reloaded(told))


def acknowledge(options: argparse.Namespace) -> int:
    """Carry out ``reactor ack``: let act what was held back."""
    told = ask(options.control, "POST", "/v1/ack", who=options.who or _user())
    return _show(options, told, iter([f"acknowledged: {', '.join(told['rules'])} may act now"]))


def status(options: argparse.Namespace) -> int:
    """Carry out ``reactor status``."""
    told = ask(options.control, "GET", "/v1/status")
    return _show(options, told, _status(told))


def _show(options: argparse.Namespace, told: Told, lines: Iterator[str]) -> int:
    if options.json:
        json.dump(told, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(tame(line, _LONGEST) for line in lines))
    return OK


def _reloaded(told: Told) -> Iterator[str]:
    yield f"{_rules(told)} in force, version {told['version']}"
    if told["gated"]:
        yield f"new or changed, and watched before they may act: {', '.join(told['gated'])}"


def _status(told: Told) -> Iterator[str]:
    yield f"engine {told['engine']}; {_rules(told)} in force, version {told['version']}"
    yield "ready" if not told["not_ready"] else f"not ready: {told['not_ready']}"
    if told["reload_errors"]:
        yield "the last reload failed, and the rules before it are in force:"
        yield from (f"  {line}" for line in told["reload_errors"])
    if not told["held_rules"]:
        return
    yield f"held back: {', '.join(told['held_rules'])} would act on {len(told['held'])} containers at once"
    if told["unknown"]:
        yield f"  {told['unknown']} more cannot be judged yet, and may match"
    for each in told["held"]:
        yield f"  {each['name']} ({each['id'][:12]})  {each['rule']}: {each['reason']}"
    yield "to let them act: reactor ack; else mend the rules and reload"


def _rules(told: Told) -> str:
    return f"{told['rules']} rule{'' if told['rules'] == 1 else 's'}"


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
