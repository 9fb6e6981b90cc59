"""The command line: which commands there are, what they take, and how they explain themselves.

Only the parser is here; nothing is carried out. It imports nothing heavy, so that ``--help``
is quick.
"""

import argparse
import re
from pathlib import Path

from reactor import __version__
from reactor.app.alertflags import add_alerts
from reactor.app.canaryflags import add_canary
from reactor.app.completionflags import add_completion
from reactor.app.data.flags import add_data
from reactor.app.engineflags import add_engine, add_engines
from reactor.app.levels.outside import LOG_FORMATS, LOG_LEVELS
from reactor.app.orders import add_control, add_orders
from reactor.app.pasts import add_past
from reactor.app.reaching import add_credentials
from reactor.app.socketproxy.flags import add_proxy_config
from reactor.app.stackflags import add_stack
from reactor.core.language.units import read_duration

SCOPE = """\
Only containers in scope are ever acted upon: those with the label reactor.task (or what the
configuration names) and the sidecars joined to them. All others are watched and left alone.
"""

RUN_EPILOG = f"""\
Each flag has a variable that it goes over (--listen: REACTOR_LISTEN), and so has each key of the
configuration file; 'reactor config' shows them all, with what is in force and why.

exit codes: 0 it was told to stop, and did · 2 it could not begin: a mistake in the command line,
the configuration or the rules, a place that is taken or cannot be written to, or no engine that answers

{SCOPE}"""

EPILOG = f"""\
exit codes: 0 all went well · 1 the check found mistakes · 2 it could not begin: a mistake in
the command line, the configuration or the rules, or no engine that answers

{SCOPE}"""

DOCTOR = """\
Looks at everything that a monitor needs, with the configuration, the rules and the rights that it would
have: run it as the user, or in the container, that the monitor runs in. Nothing is ended, and nothing
stays behind. It works without an engine, and without any rights.
"""

DOCTOR_EPILOG = """\
Each line says: ok; degraded, and what is lost; or failed, and how to mend it.

exit codes: 0 nothing failed, though something may be degraded · 1 something failed · 2 a mistake in the
command line
"""

CONFIG = """\
Says what 'reactor run' would do with the same flags, environment and file: every setting, its value, and who
gave it. Flags go over the environment (REACTOR_...), that over the file of --config, that over the defaults.
What the file alone can hold (webhooks, programs) is shown by name; no secret is shown. Nothing is started.
"""

CONFIG_EPILOG = """\
exit codes: 0 the settings can be used · 2 they cannot: the same mistakes as of 'reactor run'
"""

REPLAY_EPILOG = """\
What other rules would have ended is assumed to have ended at once, with its sidecars. What the recorded rules
ended simply ends there: the recording does not know how it would have gone on.

exit codes: 0 all went well · 1 with --compare --exit-code, the rule sets differ · 2 a mistake in the command
line or the rules, or a recording that cannot be read or is damaged (one that is only cut is no error)
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
    _config(commands)
    _check(commands)
    _test(commands)
    _record(commands)
    _replay(commands)
    _schema(commands)
    _fmt(commands)
    add_alerts(commands)
    _demo(commands)
    _doctor(commands)
    add_proxy_config(commands)
    _top(commands)
    add_stack(commands, add_engine)
    add_engine(add_data(commands))
    add_orders(commands)
    add_past(commands)
    add_completion(commands)
    return top


def _run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser(
        "run",
        help="watch an engine and end what breaks the rules",
        description="Watch an engine, or several, until stopped (SIGTERM or Ctrl-C).",
        epilog=RUN_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _run_flags(run)


def _config(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    config = commands.add_parser(
        "config",
        help="print every setting that is in force, and where it comes from",
        description=CONFIG,
        epilog=CONFIG_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    config.add_argument("--json", action="store_true", help="one JSON document on stdout, and nothing else")
    _run_flags(config)


def _run_flags(run: argparse.ArgumentParser) -> None:
    """All that ``run`` takes; ``config`` takes the same, to say what it would mean."""
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
    run.add_argument(
        "--profile",
        choices=("streams", "normal", "fast"),
        help="how readings are taken: once a second from the engine's streams, or from the kernel's cgroups, "
        "where they can be read, up to 200 (normal) or 1000 (fast) times a second (default: normal)",
    )
    run.add_argument("--dry-run", action="store_true", help="say what would be ended, and end nothing")
    add_engines(run).add_argument(
        "--or-demo",
        action="store_true",
        help="if no engine is named and none is at the default socket, show the demo",
    )
    _places(run)
    add_canary(run)
    _logging(run)


def _places(run: argparse.ArgumentParser) -> None:
    where = run.add_argument_group("where it listens and writes")
    where.add_argument(
        "--listen",
        metavar="HOST:PORT",
        help="for the status page, /metrics, /-/healthy and /-/ready (default: 127.0.0.1:9710; 'off' for "
        "none)",
    )
    where.add_argument(
        "--metrics-labels",
        metavar="KEY,KEY",
        help="labels of containers that metrics show, such as team; each on reactor_container_info",
    )
    _web(where)
    where.add_argument(
        "--journal",
        metavar="FILE",
        type=Path,
        help="the journal (default: below /var/lib/reactor, or your state folder)",
    )
    where.add_argument(
        "--record",
        metavar="FILE_OR_FOLDER",
        help="record what is seen and decided, for 'reactor replay'; a folder (one that is there, or a name "
        "that ends in /) is kept within 256 MiB and a week. If it cannot be written, the monitor says so and "
        "goes on",
    )
    add_control(where, "reload, ack and explain are told by (mode 0600; 'off' for none)")


def _web(where: "argparse._ActionsContainer") -> None:
    where.add_argument(
        "--web.config.file",
        dest="web_config_file",
        metavar="FILE",
        type=Path,
        help="TLS and passwords for --listen, in the format of Prometheus; read again when it changes",
    )
    where.add_argument(
        "--web.enable-orders",
        dest="web_orders",
        action="store_true",
        help="take orders (kill, hold, silence, reload, leases) at --listen, too; from other machines only "
        "with TLS and a password or a certificate",
    )


def _doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = commands.add_parser(
        "doctor",
        help="say what works on this host, what is lost where it does not, and how to mend it",
        description=DOCTOR,
        epilog=DOCTOR_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    doctor.add_argument(
        "--rules",
        metavar="PATH",
        type=Path,
        action="append",
        help="the rules of the monitor; may be repeated (default: the shipped rules)",
    )
    doctor.add_argument("--config", metavar="FILE", type=Path, help="the configuration of the monitor")
    doctor.add_argument("--journal", metavar="FILE", type=Path, help="the journal of the monitor")
    doctor.add_argument("--listen", metavar="HOST:PORT", help="where the monitor listens")
    _web(doctor)
    doctor.add_argument("--json", action="store_true", help="one JSON document on stdout, and nothing else")
    add_engines(doctor)


def _top(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    top = commands.add_parser(
        "top",
        help="the status page in a terminal: who is near a limit, and what was ended",
        description="Shows the containers of a running monitor, the nearest to their limits first.",
        epilog="keys: q quit · / filter · d n p m c a s sort by distance, name, pids, memory, cpu, age, "
        "status (again: the other way) · j k scroll",
    )
    top.add_argument(
        "--url",
        metavar="URL",
        default="",
        help="where the monitor listens; $REACTOR_CONTROL, where it is an address, says so, too "
        "(default: http://127.0.0.1:9710)",
    )
    add_credentials(top)
    top.add_argument(
        "--once", action="store_true", help="print one frame, and nothing that steers a terminal"
    )
    top.add_argument("--json", action="store_true", help="what a frame shows as one JSON document")


def _record(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    record = commands.add_parser(
        "record",
        help="watch an engine and record what is seen; ends nothing",
        description="""\
Watches one engine as 'run' does and records what it sees, for 'reactor replay'. It ends nothing and needs
no journal, so that it can stand beside a monitor that runs. Readings are taken of the containers that a
rule needs them of. What only a monitor's journal knows, it does not: the age of a container whose start
cannot be told for certain is unknown here.""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    record.add_argument(
        "-o", "--output", metavar="FILE_OR_FOLDER", required=True, help="a new file, or a folder as of 'run'"
    )
    record.add_argument(
        "--seconds", metavar="N", type=_seconds, help="stop after so long (default: at Ctrl-C or SIGTERM)"
    )
    record.add_argument(
        "--rules",
        metavar="PATH",
        type=Path,
        action="append",
        help="the rules that say what to take readings of (default: the shipped ones)",
    )
    record.add_argument("--config", metavar="FILE", type=Path, help="the configuration, as of 'run'")
    add_engine(record)
    _logging(record, "error")


def _replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser(
        "replay",
        help="say what rules would have ended in a recording, and how two rule sets differ",
        description="""\
Runs recorded facts once more through the rules: who would have been ended, when, by which rule. Nothing is
asked of an engine and nothing is ended. Without --rules the rules are those that were recorded, and what they
decide is compared with what was decided then.""",
        epilog=REPLAY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    replay.add_argument("recordings", metavar="RECORDING", type=Path, nargs="+", help="a file or a folder")
    replay.add_argument(
        "--rules", metavar="PATH", type=Path, action="append", help="other rules; may be repeated"
    )
    replay.add_argument(
        "--compare",
        metavar="OLD",
        type=Path,
        action="append",
        help="show only what --rules (or the recorded rules) do differently from these; may be repeated",
    )
    replay.add_argument(
        "--exit-code", action="store_true", help="with --compare: exit code 1 if there is a difference"
    )
    replay.add_argument(
        "--until",
        metavar="WHEN",
        help="stop there: so far into the recording (90s, 1h30m), or a moment (2026-11-21T07:30:00Z)",
    )
    replay.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _seconds(text: str) -> float:
    seconds = read_duration(text) if not text.replace(".", "", 1).isdigit() else float(text)
    if seconds is None or not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("seconds are needed, such as 90 or 5m")
    return seconds


def _check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser(
        "check",
        help="check rule files and say what is wrong, and where",
        description="Exit code 0 if the rules can be put in force, 1 if there are mistakes.",
    )
    check.add_argument("paths", metavar="PATH", type=Path, nargs="*", help="a rule file or a folder of them")
    check.add_argument("--config", metavar="FILE", type=Path, help="check this configuration, too")
    _web(check)
    check.add_argument("--json", action="store_true", help="the result as JSON on stdout, and nothing else")
    check.add_argument("--strict", action="store_true", help="fail on warnings, too")
    check.add_argument(
        "--against",
        metavar="ENGINE_OR_RECORDING",
        help="say how many containers each rule matches now: on an engine (unix:///path, tcp://host:port, or "
        "'engine' for the one that is found), or at the end of a recording. Nothing is ended",
    )
    check.set_defaults(docker_host=None, context=None, tls_insecure=False)


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


def _test(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    test = commands.add_parser(
        "test",
        help="run the unit tests of rules: containers and facts in, decisions at exact times out",
        description="Run the tests in *.test.yaml files. No engine is needed, and no time passes.",
        epilog="exit codes: 0 all tests passed · 1 a test failed · 2 a mistake in a test or rule file",
    )
    test.add_argument(
        "paths",
        metavar="PATH",
        type=Path,
        nargs="+",
        help="a test file, a rule file with its test file beside it, or a folder of them",
    )
    test.add_argument("--run", metavar="REGEX", type=_pattern, help="only tests in whose name this is found")
    test.add_argument(
        "--config", metavar="FILE", type=Path, help="the configuration of tests that have none of their own"
    )
    test.add_argument(
        "--require-tests", action="store_true", help="fail if a rule has no test at all (exit code 1)"
    )
    test.add_argument("-v", "--verbose", action="store_true", help="one line for each test that passed, too")
    test.add_argument("--json", action="store_true", help="the report as JSON on stdout, and nothing else")


def _pattern(text: str) -> "re.Pattern[str]":
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"this is no regular expression: {error}") from None


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
    # None until the environment was asked, which a flag goes over; see `levels`.
    logging.add_argument("--log-format", choices=LOG_FORMATS, help=f"default: {LOG_FORMATS[0]}")
    logging.add_argument("--log-level", choices=LOG_LEVELS, help=f"default: {level}")
    command.set_defaults(usual_log_format=LOG_FORMATS[0], usual_log_level=level)
