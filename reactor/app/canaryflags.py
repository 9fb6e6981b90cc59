"""The flags of ``reactor run`` that are about canaries. Nothing is carried out, nothing heavy imported."""

import argparse
from typing import Any

from reactor.core.language.units import read_duration

SOONEST, LATEST = 10.0, 24 * 3600.0
"""Seconds between two canaries."""
LONGEST = 60.0
"""Seconds in which one may have to be over, at most."""
SUCH_AS = "every=5m, or every=5m,within=10s"


def add_canary(to: Any) -> None:
    """Add them."""
    group = to.add_argument_group("canary: a container that has to be ended, every so often")
    group.add_argument("--canary", metavar="every=5m", type=_pace, help="send one this often (default: none)")
    group.add_argument(
        "--canary-image",
        metavar="IMAGE",
        default="",
        help="what it is made of: any with /bin/sh and sleep that is on the engine; it is never pulled",
    )


def _pace(text: str) -> tuple[float, float]:
    parts = dict(part.partition("=")[::2] for part in text.split(","))
    every = read_duration(parts.pop("every", ""))
    within = read_duration(parts.pop("within", "10s"))
    if parts or every is None or within is None or not (SOONEST <= every <= LATEST and 0 < within <= LONGEST):
        raise argparse.ArgumentTypeError(f"write {SUCH_AS}; every is 10s to 24h, within at most 60s")
    return every, within
