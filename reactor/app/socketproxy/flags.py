"""The part of the command line that is about a proxy before the engine. Only the parser is here."""

import argparse
import re
from typing import Any

Commands = Any
"""The sub-parsers of argparse, whose type has no public name."""

LEVELS = ("observe", "act")
EXTRAS = ("limits", "leftovers", "canary", "sidecars", "data")
LISTEN, ENGINE = "/run/reactor-proxy/docker.sock", "/var/run/docker.sock"

DESCRIPTION = """\
Prints the configuration of a proxy (haproxy) before the engine's socket, which lets through what this monitor
asks, and nothing else. Each call is compared byte by byte; containers are named by whole ids only.
"""
EPILOG = """\
levels:  observe    all that is read: metrics, dry runs, rules that would act
         act        ends, restarts and freezes, and the last output of who was ended
beside:  limits     rules that set limits (no other change of a container is let through)
         leftovers  clearing up: removal of what does not run, never of volumes
         canary     canaries: one container, byte for byte; starts and removals of any
         sidecars   sidecars and stacks: ANY container can be made. Whoever may do that is root on the host
         data       'reactor data prune': the list of volumes
"""
_PATH = re.compile(r"/[A-Za-z0-9._/@-]+")


def add_proxy_config(commands: Commands) -> None:
    """Add ``reactor proxy-config``."""
    command = commands.add_parser(
        "proxy-config",
        help="print the configuration of a proxy that lets through what is asked of the engine, and no more",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument(
        "--level", choices=LEVELS, default="act", help="what the monitor may do (default: act)"
    )
    command.add_argument(
        "--also", choices=EXTRAS, action="append", default=[], help="what it may do beside; may be repeated"
    )
    command.add_argument(
        "--listen", metavar="PATH", type=_path, default=LISTEN, help=f"its own socket (default: {LISTEN})"
    )
    command.add_argument(
        "--engine", metavar="PATH", type=_path, default=ENGINE, help=f"the engine's (default: {ENGINE})"
    )


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise argparse.ArgumentTypeError("the absolute path of a socket is needed (letters, digits, . _ - @)")
    return text
