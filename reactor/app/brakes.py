"""``reactor hold``, ``reactor resume`` and ``reactor silence``: the operator's brakes, from a terminal.

Only the commands belong here. Their flags are in ``brakeflags``; what a monitor makes of them in ``braking``.
"""

import argparse

from reactor.app.asking import ask
from reactor.app.brakelines import silences
from reactor.app.complaint import Complaint
from reactor.app.ordering import show, user
from reactor.core.language.units import say_duration


def hold(options: argparse.Namespace) -> int:
    """Carry out ``reactor hold``."""
    query = {"why": options.why, "for": options.lasts}
    told = ask(options, "POST", "/v1/hold", who=options.who or user(), **query)
    return show(options, told, iter(["held: nothing is done from now on; what is under way is not undone"]))


def resume(options: argparse.Namespace) -> int:
    """Carry out ``reactor resume``."""
    who = options.who or user()
    if options.breaker:
        told = ask(options, "POST", "/v1/release", who=who)
        return show(
            options, told, iter([f"{told['released']} waited for the breaker, and may be acted on now"])
        )
    told = ask(options, "POST", "/v1/resume", who=who)
    return show(options, told, iter([f"resumed after {say_duration(round(told['lasted']))}"]))


def silence(options: argparse.Namespace) -> int:
    """Carry out ``reactor silence``: set one, list them, or end one."""
    if options.list:
        told = ask(options, "GET", "/v1/silences")
        return show(options, told, iter(list(silences(told)) or ["there are no silences"]))
    who = options.who or user()
    if options.remove:
        told = ask(options, "POST", "/v1/unsilence", who=who, id=options.remove)
        return show(options, told, iter([f"silence {told['removed']} is over"]))
    if bool(options.container) == bool(options.rule):
        raise Complaint("reactor: name a container, or a rule with --rule; see also --list and --remove ID")
    what = {"container": options.container} if options.container else {"rule": options.rule}
    query = {**what, "for": options.lasts, "why": options.why}
    told = ask(options, "POST", "/v1/silences", who=who, **query)
    return show(options, told, silences({"silences": [told]}))
