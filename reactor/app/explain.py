"""``reactor explain``: what a running monitor makes of one container, rule by rule, for people.

Only the showing belongs here; the monitor itself appraises. All of its words are tamed once
more: they have come through a socket.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from reactor.app.asking import ask
from reactor.app.complaint import OK
from reactor.core.appraisal import NOT_SELECTED
from reactor.core.language.printing import tame
from reactor.core.language.units import say_duration
from reactor.core.outlook import HOLDS
from reactor.core.owners import Kind
from reactor.core.protection import GOVERNED

_LONGEST = 300
Told = Mapping[str, Any]


def explain(options: argparse.Namespace) -> int:
    """Carry out ``reactor explain``."""
    told = ask(options, "GET", "/v1/explain", container=options.container)
    if options.json:
        json.dump(told, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(tame(line, _LONGEST) for line in lines(told, everything=options.all)))
    return OK


def lines(told: Told, *, everything: bool = False) -> Iterator[str]:
    """An appraisal on one screen; ``everything`` has the rules also where none of them can act."""
    yield f"{told['name']} ({told['id'][:12]}), {told['image']}, {told['state']}"
    yield "  ".join(_facts(told))
    if told["sidecars"]:
        yield f"its sidecars go with it: {', '.join(told['sidecars'])}"
    if told["mains"]:
        yield f"it lives for: {', '.join(told['mains'])}"
    if told.get("extended"):
        yield told["extended"]
    if told.get("owner") and (told["owner"]["state"] or told["owner"]["kind"] != Kind.NAME):
        yield _owner(told["owner"])
    spared = told["standing"] not in GOVERNED
    if told["kept_by"]:
        more = " (the rules: --all)" if spared and not everything else ""
        yield f"No rule acts: {told['kept_by']}.{more}"
    if spared and not everything:
        return
    yield ""
    width = max((len(rule["rule"]) for rule in told["rules"]), default=0)
    for rule in told["rules"]:
        yield from _rule(rule, width)


def _owner(owner: Told) -> str:
    state = f", {owner['state']} for {say_duration(round(owner['since']))}" if owner["state"] else ""
    return f"its owner is {owner['text']}{state}: {owner['said']}"


def _facts(told: Told) -> Iterator[str]:
    yield f"{told['standing']}" + (f" of task {told['task']}" if told["task"] else "")
    if told["age"] is not None:
        yield f"age {say_duration(round(told['age']))}"
    sample = told["sample_age"]
    yield "no fresh reading" if sample is None else f"last reading {sample:.1f} s ago"


def _rule(rule: Told, width: int) -> Iterator[str]:
    dry = " (dry run)" if rule["dry_run"] else ""
    level = f" ({rule['level']})" if rule["level"] else ""
    said = rule["said"] or rule["condition"]
    yield f"{rule['rule']:<{width}}  {rule['sentence']}{level}: {said}"
    indent = " " * (width + 2)
    if rule["stand"] == NOT_SELECTED:
        return
    # Where it does not hold, the author's words would say what is not so.
    if rule["summary"] and rule["stand"] in HOLDS:
        yield f"{indent}{rule['summary']}"
    for distance in rule["distances"]:
        yield f"{indent}{distance['said']}"
    for remark in rule["remarks"]:
        yield f"{indent}{remark}"
    if rule["exempted_by"]:
        yield f"{indent}the exception is {rule['exempted_by']}"
    if rule["held"] is not None:
        yield f"{indent}it has held for {rule['held']:.1f} s"
    if rule["due_in"] is not None:
        yield f"{indent}{rule['action']}{dry} in {say_duration(round(rule['due_in']))} if nothing changes"
