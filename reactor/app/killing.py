"""``reactor kill``: have one run ended, by whoever says so, and see it through.

Only the command belongs here: the question that is asked of whoever is to be spared, and what came of it.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from reactor.app.asking import ask
from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.ordering import user
from reactor.core.language.printing import tame
from reactor.journal.history import OPEN

PATIENCE = 30.0
PAUSE = 0.1
_LONGEST = 300
Told = Mapping[str, Any]


def kill(options: argparse.Namespace) -> int:
    """Carry out ``reactor kill``: exit code 1 if it is not known to be over in the end."""
    order = {"container": options.container, "who": options.who or user(), "why": options.why}
    order |= {"cascade": "yes" if options.cascade else ""}
    told = ask(options, "POST", "/v1/kill", **order, sure="yes" if options.yes else "")
    if told["asked"]:
        _ask_person(told, options)
        exact = {"container": told["id"], "started_at": told["started_at"]}
        told = ask(options, "POST", "/v1/kill", **{**order, **exact}, sure="yes")
    outcome = _outcome(options, told["decision"])
    if options.json:
        json.dump({**told, "result": outcome["result"], "why": outcome["why"]}, sys.stdout, indent=2)
        print()
    else:
        print(_said(told, outcome))
    return OK if outcome["result"] == "done" else FOUND


def _ask_person(told: Told, options: argparse.Namespace) -> None:
    what = tame(f"{told['name']} ({told['id'][:12]}): {told['asked']}", _LONGEST)
    if options.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Complaint(f"reactor: {what}", "To end it nevertheless: reactor kill --yes", code=FOUND)
    print(what)
    try:
        answer = input("end it nevertheless? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in {"y", "yes"}:
        raise Complaint("reactor: nothing was ended", code=FOUND)


def _outcome(options: argparse.Namespace, decision: str) -> Told:
    """What came of it, as far as is known in time; the monitor goes on with it in any case."""
    until = time.monotonic() + PATIENCE
    outcome: Told = {"result": OPEN, "why": ""}
    while outcome["result"] == OPEN and time.monotonic() < until:
        time.sleep(PAUSE)
        try:
            outcome = ask(options, "GET", f"/api/v1/decisions/{decision}")
        except Complaint as complaint:
            # It is on its way to the journal; a monitor that is gone is another matter.
            if complaint.code != FOUND:
                raise
    return outcome


def _said(told: Told, outcome: Told) -> str:
    name = tame(f"{told['name']} ({told['id'][:12]})", _LONGEST)
    more = f"see reactor show {told['decision']}"
    if outcome["result"] == OPEN:
        return f"{name} is being ended; {more}"
    return f"{name}: {outcome['result']}, {outcome['why']}; {more}"
