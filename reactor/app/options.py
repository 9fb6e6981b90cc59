"""The command line: which commands there are, what they take, and how they explain themselves.

Only the parser is here; nothing is carried out. It imports nothing heavy, so that ``--help``
is quick.
"""

import argparse
from pathlib import Path

from reactor import __version__

EPILOG = """\
exit codes: 0 all went well · 1 the check found mistakes · 2 it could not begin: a mistake in
the command line, the configuration or the rules, or no engine that answers

Only containers in scope are ever acted upon: those with the label reactor.task (or what the
configuration names) and the sidecars joined to them. All others are watched and left alone.
"""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="reactor",
        description="Watches Docker containers and ends what breaks the rules, with its sidecars.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"reactor {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _run(commands)
    _check(commands)
    _schema(commands)
    _fmt(commands)
    _demo(commands)
    return top


def _run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run",
        help="watch an engine and end what breaks the rules",
        description="Watch one engine until stopped (SIGTERM or Ctrl-C).",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument(
        "--rules",
        metavar="PATH",
        type=Path,
        action="append",
        help="a rule file or a folder of them; may be repeated (default: the shipped rules)",
    )
    run.add_argument(
        "--config", metavar="FILE", type=Path, help="the configuration: scope, labels, protection, times"
    )
    run.add_argument("--dry-run", action="store_true", help="say what would be ended, and end nothing")
    engine = run.add_argument_group("engine")
    engine.add_argument(
        "--docker-host",
        metavar="URL",
        help="unix:///path or tcp://host:port (default: DOCKER_HOST, then /var/run/docker.sock)",
    )
    engine.add_argument(
        "--context", metavar="NAME", help="a context of the docker command line; never followed unless named"
    )
    engine.add_argument("--tls-insecure", action="store_true", help="do not verify the engine's certificate")
    engine.add_argument(
        "--or-demo",
        action="store_true",
        help="if no engine is named and none is at the default socket, show the demo",
    )
    where = run.add_argument_group("where it listens and writes")
    where.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="for /metrics, /-/healthy and /-/ready (default: 127.0.0.1:9710; 'off' for none)",
    )
    where.add_argument(
        "--journal",
        metavar="FILE",
        type=Path,
        help="the journal (default: below /var/lib/reactor, or your state folder)",
    )
    _logging(run)


def _check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser(
        "check",
        help="check rule files and say what is wrong, and where",
        description="Exit code 0 if the rules can be put in force, 1 if there are mistakes.",
    )
    check.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="a rule file or a folder of them")
    check.add_argument("--config", metavar="FILE", type=Path, help="check this configuration, too")
    check.add_argument("--json", action="store_true", help="the result as JSON on stdout, and nothing else")
    check.add_argument("--strict", action="store_true", help="fail on warnings, too")


def _schema(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    commands.add_parser(
        "schema",
        help="print the JSON Schema of rule files, for editors",
        description="Print the JSON Schema (draft 2020-12) of a rule file, for editors.",
    )


def _fmt(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fmt = commands.add_parser(
        "fmt",
        help="write rule files in their canonical layout",
        description="Writes each file anew if its layout changes; what the rules say never does.",
    )
    fmt.add_argument("paths", metavar="PATH", type=Path, nargs="+", help="a rule file or a folder of them")
    fmt.add_argument(
        "--check", action="store_true", help="write nothing, name files that would change: then 1"
    )
    fmt.add_argument("--diff", action="store_true", help="write nothing, show what would change")


def _demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser(
        "demo",
        help="see it work: the real monitor on an embedded engine; no root and no Docker needed",
        description="Runs the real monitor on an embedded engine full of good and bad tasks.",
    )
    demo.add_argument(
        "--rules", metavar="PATH", type=Path, action="append", help="other rules than the shipped ones"
    )
    demo.add_argument("--json", action="store_true", help="the summary as JSON on stdout, and nothing else")
    demo.add_argument(
        "--speed",
        metavar="N",
        type=_speed,
        default=1.0,
        help="shorten the pauses of the script by N, 0.5 to 10; the monitor's pace stays real (default: 1)",
    )
    demo.add_argument("--keep", action="store_true", help="keep the journal, and say where it is")
    _logging(demo, "error")


def _speed(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.5 <= number <= 10:
        raise argparse.ArgumentTypeError("a number from 0.5 to 10 is needed")
    return number


def _logging(command: argparse.ArgumentParser, level: str = "info") -> None:
    logging = command.add_argument_group("log (on stderr)")
    logging.add_argument("--log-format", choices=("logfmt", "json"), default="logfmt", help="default: logfmt")
    logging.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default=level,
        help=f"default: {level}",
    )
