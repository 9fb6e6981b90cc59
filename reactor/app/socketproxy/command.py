"""``reactor proxy-config``: the configuration of a proxy on stdout, with the command that wrote it."""

import argparse

from reactor.app.complaint import OK
from reactor.app.socketproxy.flags import ENGINE, LISTEN
from reactor.app.socketproxy.haproxy import written
from reactor.engine.asked import Need


def proxy_config(options: argparse.Namespace) -> int:
    """Carry out ``reactor proxy-config``."""
    also = [each for each in Need if each.value in options.also]
    text = written(
        [Need(options.level), *also],
        command=_command(options, also),
        listen=options.listen,
        engine=options.engine,
    )
    print(text, end="")
    return OK


def _command(options: argparse.Namespace, also: list[Need]) -> str:
    """What to type to get the same again."""
    words = ["reactor proxy-config", f"--level {options.level}", *(f"--also {each}" for each in also)]
    words += [f"--listen {options.listen}"] if options.listen != LISTEN else []
    words += [f"--engine {options.engine}"] if options.engine != ENGINE else []
    return " ".join(words)
