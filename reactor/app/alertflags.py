"""The part of the command line that is about alerts: what ``reactor alerts`` takes.

Only the parser is here; nothing is carried out.
"""

import argparse
import re
from fractions import Fraction
from pathlib import Path

from reactor.core.language.units import read_duration

ALERTS = """\
Prints alerts for Prometheus out of rule files, so that what warns, what ends a container and what a board
draws are one number: a container near the limit of a rule, and one that is beyond it and still there. What a
rule asks that no metric shows is left out, and a comment says why.
"""
EPILOG = """\
for example: reactor alerts rules/ > grafana/alerts/rules.yaml

exit codes: 0 all went well · 2 a mistake in the command line or the rules
"""
RUNBOOKS = "docs/alerts.md"


def add_alerts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    alerts = commands.add_parser(
        "alerts",
        help="print alerts for Prometheus, made out of rule files",
        description=ALERTS,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    alerts.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="a rule file or a folder of them")
    alerts.add_argument(
        "--near",
        metavar="PERCENT",
        type=_share,
        default=Fraction(9, 10),
        help="which part of a limit is near it (default: 90%%); where a rule has a soft level, that is",
    )
    alerts.add_argument(
        "--for",
        dest="hold",
        metavar="DURATION",
        type=_duration,
        default=60.0,
        help="how long it must last; beyond a limit the rule's own 'for' comes on top (default: 1m)",
    )
    alerts.add_argument(
        "--runbooks",
        metavar="URL",
        type=_address,
        default=RUNBOOKS,
        help=f"where the runbooks are, without the anchor (default: {RUNBOOKS})",
    )


def _share(text: str) -> Fraction:
    found = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9]{1,3})?)%", text)
    if found is None or not Fraction(found[1]):
        raise argparse.ArgumentTypeError("a percentage below 100 is needed, such as 90%")
    return Fraction(found[1]) / 100


def _duration(text: str) -> float:
    seconds = 0.0 if text == "0" else read_duration(text)
    if seconds is None:
        raise argparse.ArgumentTypeError("a duration is needed, such as 1m or 30s")
    return seconds


def _address(text: str) -> str:
    if not text.isprintable() or "#" in text or "{{" in text:
        raise argparse.ArgumentTypeError("an address without an anchor is needed")
    return text
