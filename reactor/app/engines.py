"""Which engines are meant, what each is called, and what is in force for it.

Flags, environment and file say so together, in the order of all settings: ``--docker-host`` and
``--context`` go over ``DOCKER_HOST``, that over ``engines:`` of the file, that over the default socket.
Nothing is connected to here.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

from reactor.app.invocation import effective, find_endpoint
from reactor.app.levels.merging import Merged, merged
from reactor.app.settings import Settings
from reactor.engine.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Meant:
    """One engine: its name, where it is, and the settings that are in force for it.

    ``name`` is empty if and only if it is the only one and nobody gave it a name.
    """

    name: str
    endpoint: Endpoint
    settings: Settings


def engines_meant(
    options: argparse.Namespace, environ: Mapping[str, str], found: Merged | None = None
) -> tuple[Meant, ...]:
    """All of them, in the order in which they were named; none if the demo is to be shown. Raises Complaint.

    ``found`` are the levels where they are merged already.
    """
    settings = effective(merged(options, environ) if found is None else found)
    endpoint = find_endpoint(options, environ)
    return (Meant("", endpoint, settings),) if endpoint is not None else ()
