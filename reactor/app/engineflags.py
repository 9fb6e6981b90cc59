"""The flags that say which engine is meant, or which engines. Nothing heavy is imported."""

import argparse
from collections.abc import Sequence
from typing import Any

from reactor.app.complaint import Complaint
from reactor.app.enginenames import Asked, asked

FORMS = "unix:///path, tcp://host:port or ssh://[user@]host[:port]"


class _Once(argparse.Action):
    """A flag that must not be given twice: the first would be forgotten without a word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        del parser, option_string
        if getattr(namespace, self.dest, None) is not None:
            said = "it stands here twice, and this command is for one engine: only run, config and doctor"
            raise argparse.ArgumentError(self, f"{said} take several")
        setattr(namespace, self.dest, values)


def add_engine(command: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Those of a command that is for one engine."""
    engine = command.add_argument_group("engine")
    engine.add_argument(
        "--docker-host",
        metavar="URL",
        action=_Once,
        help=f"{FORMS} (default: DOCKER_HOST, then /var/run/docker.sock)",
    )
    return _others(engine)


def add_engines(command: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Those of a command that is for all engines of a monitor."""
    engine = command.add_argument_group("engine")
    engine.add_argument(
        "--docker-host",
        dest="docker_hosts",
        metavar="NAME=URL",
        type=_asked,
        action="append",
        help=f"{FORMS}, with a name before it or without; may be repeated for several engines (default: "
        "DOCKER_HOST, then 'engines' of the configuration, then /var/run/docker.sock)",
    )
    return _others(engine)


def _others(engine: "argparse._ArgumentGroup") -> "argparse._ArgumentGroup":
    engine.add_argument(
        "--context", metavar="NAME", help="a context of the docker command line; never followed unless named"
    )
    engine.add_argument("--tls-insecure", action="store_true", help="do not verify the engine's certificate")
    return engine


def _asked(text: str) -> Asked:
    try:
        return asked(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def hosts_asked(options: argparse.Namespace) -> tuple[Asked, ...]:
    """The engines that flags name. Raises Complaint where one of several is empty."""
    found: list[Asked] = getattr(options, "docker_hosts", None) or []
    empty = [each for each in found if not each.host]
    if empty and len(found) > 1:
        raise Complaint("reactor: --docker-host is empty once: name an engine there, or leave it out")
    # As it always was: an empty flag says nothing, as an empty variable does.
    return () if empty else tuple(found)
