"""The flags of ``reactor hold``, ``reactor resume`` and ``reactor silence``; nothing is carried out."""

import argparse
from collections.abc import Callable

Order = Callable[[str, str], argparse.ArgumentParser]


def add_brakes(order: Order) -> None:
    """Add the commands; ``order`` makes one that speaks to a monitor."""
    hold = order("hold", "have nothing done for now: all rules only say what they would do")
    hold.add_argument("--why", metavar="TEXT", default="", help="for the record, and for whoever finds it so")
    hold.add_argument("--for", dest="lasts", metavar="DURATION", default="", help="else until reactor resume")
    resume = order("resume", "have done again what is decided, after reactor hold")
    resume.add_argument(
        "--breaker", action="store_true", help="let go those who wait for an open breaker, instead"
    )
    silence = order("silence", "spare one container, or silence one rule, for a while")
    silence.add_argument("container", metavar="CONTAINER", nargs="?", default="", help="a name, or an id")
    silence.add_argument("--rule", metavar="RULE", default="", help="a rule, as group/rule, for all")
    silence.add_argument("--for", dest="lasts", metavar="DURATION", default="", help="at most 7d")
    silence.add_argument("--why", metavar="TEXT", default="", help="the reason, for the record")
    silence.add_argument("--list", action="store_true", help="those in force")
    silence.add_argument("--remove", metavar="ID", default="", help="end this one before its time")
    for each in (hold, resume, silence):
        each.add_argument(
            "--who", metavar="NAME", default="", help="who says so, for the record (default: you)"
        )
