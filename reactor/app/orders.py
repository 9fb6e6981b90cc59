"""The part of the command line that speaks to a running monitor: explain, status, reload, ack.

Only the parser is here, as in ``options``; nothing is carried out.
"""

import argparse
from pathlib import Path
from typing import Any

from reactor.app.brakeflags import add_brakes
from reactor.app.reaching import add_credentials, add_engine

Commands = Any
"""The sub-parsers of argparse, whose type has no public name."""


def add_control(to: Any, what: str) -> None:
    """The flag for the control socket, on a parser or on a group of one."""
    default = "below /run/reactor, or your runtime folder"
    to.add_argument(
        "--control", metavar="SOCKET", type=_socket, help=f"the socket that {what} (default: {default})"
    )


def _socket(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("a path is needed; leave it out for the usual one")
    return Path(text)


def _socket_or_url(text: str) -> Path | str:
    return text if "://" in text else _socket(text)


def _container(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a container's name or id is needed, or the beginning of an id")
    return text


def add_orders(commands: Commands) -> None:
    """Add the commands."""
    explain = _order(commands, "explain", "what a running monitor makes of one container, rule by rule")
    explain.add_argument(
        "container", metavar="CONTAINER", type=_container, help="a name, an id, or the beginning of one"
    )
    explain.add_argument(
        "--all", action="store_true", help="all rules also where none acts: skipped, protected, out of scope"
    )
    _order(commands, "status", "the rules in force, and what they are held back from")
    _order(commands, "sidecars", "what tasks have beside them, how it stands with it, and what failed")
    _order(commands, "reload", "have the rules read again: all or nothing (also by SIGHUP)")
    _add_health(commands)
    _add_extend(commands)
    add_brakes(lambda name, text: _order(commands, name, text))
    ack = _order(commands, "ack", "let act what was held back because it would end too many at once")
    ack.add_argument(
        "token", metavar="TOKEN", nargs="?", default="", help="what was read, as reactor status prints it"
    )
    ack.add_argument("--yes", action="store_true", help="whatever is held at that moment, read or not")
    ack.add_argument("--who", metavar="NAME", default="", help="who says so, for the record (default: you)")
    _add_kill(commands)


def _add_health(commands: Commands) -> None:
    health = commands.add_parser(
        "health",
        help="whether the monitor's loop turns: exit code 0 or 1, for health checks",
        description="Asks the monitor at its control socket, and waits no longer than it is told to.",
    )
    add_control(health, "is asked")
    add_engine(health)
    health.add_argument(
        "--ready",
        action="store_true",
        help="also whether all has been listed and events come in; a restart mends no engine that is away",
    )
    health.add_argument(
        "--within", metavar="SECONDS", type=_seconds, default=3.0, help="how long it may take (default: 3)"
    )


def _seconds(text: str) -> float:
    seconds = float(text) if text.replace(".", "", 1).isdigit() else 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError("seconds are needed, such as 3 or 0.5")
    return seconds


def _add_kill(commands: Commands) -> None:
    kill = _order(commands, "kill", "end one container, whatever the rules say of it, and write down who")
    kill.add_argument(
        "container",
        metavar="CONTAINER",
        type=_container,
        help="a name, an id, or at least its first 12 digits",
    )
    kill.add_argument("--cascade", action="store_true", help="its sidecars go with it, as with a rule")
    kill.add_argument(
        "--yes", action="store_true", help="also one that rules would spare, without a question"
    )
    kill.add_argument(
        "--why", metavar="TEXT", default="", help="for the record, and for whoever runs the task"
    )
    kill.add_argument("--who", metavar="NAME", default="", help="who says so, for the record (default: you)")


def _add_extend(commands: Commands) -> None:
    extend = _order(commands, "extend", "let a container live longer than the rules about age say")
    extend.add_argument(
        "container", metavar="CONTAINER", type=_container, help="a name, an id, or the beginning of one"
    )
    extend.add_argument("duration", metavar="DURATION", help="such as 2h, at most 7d; 0 takes it back")
    extend.add_argument("--why", metavar="TEXT", required=True, help="for the record")
    extend.add_argument("--who", metavar="NAME", default="", help="for the record (default: you)")


def _order(commands: Commands, name: str, help_text: str) -> argparse.ArgumentParser:
    order: argparse.ArgumentParser = commands.add_parser(
        name, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}."
    )
    order.add_argument(
        "--control",
        metavar="SOCKET_OR_URL",
        type=_socket_or_url,
        help="the socket that the monitor listens on, or its https:// address if it takes orders there; "
        "$REACTOR_CONTROL names it, too (default: the socket below /run/reactor, or your runtime folder)",
    )
    add_credentials(order)
    order.add_argument("--json", action="store_true", help="the answer as JSON on stdout")
    return order
