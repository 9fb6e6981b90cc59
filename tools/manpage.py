"""Writes the page of ``man reactor`` from the parser of the command line, for `make docs`.

The library makes the page; what it has no words for (files, exit codes, the environment) is added here, and
what ``man`` would take for its own requests is put right.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argparse_manpage.manpage import Manpage

from reactor import __version__
from reactor.app.options import parser

PAGE = Path(__file__).parents[1] / "docs" / "reactor.1"
_USAGE = re.compile(r"^usage: (.*?\n)(?=\n|\.SH)", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\.SH COMMAND \\fI\\,'(.*)'\\/\\fR$", re.MULTILINE)
_GROUP = re.compile(r"^\.SH (.*) \\fI\\,'.*'\\/\\fR$", re.MULTILINE)
_HEADINGS = {".SH\nPOSITIONAL ARGUMENTS": ".SH COMMANDS", ".SH COMMENTS": ".SH NOTES"}
_COLUMNS = "80"
_SUMMARY = "watches Docker containers and ends what breaks the rules"
_SECTIONS = {
    "exit status": """\
.TP
0
all went well, or the monitor was told to stop, and did
.TP
1
what was asked for was found wanting: mistakes, failed tests, a refusal
.TP
2
it could not begin: a mistake in the command line, the environment, the configuration or the rules
""",
    "environment": """\
Every flag of
.B reactor run
has a variable that it goes over, and so has every key of the configuration file:
.B REACTOR_LISTEN
for
.BR \\-\\-listen .
.B reactor config
prints them with what is in force.
.BR DOCKER_HOST ,
.B DOCKER_TLS_VERIFY
and
.B DOCKER_CERT_PATH
name the engine as for
.BR docker (1),
.B OTEL_*
where metrics and traces are sent.
""",
    "files": """\
.TP
.I /var/lib/reactor
journals, one for each engine; for users other than root in their state folder
.TP
.I /run/reactor
control sockets; for users other than root in their runtime folder
""",
    "see also": ".BR docker (1)\n",
}


def page() -> str:
    """The page, the same on every day, on every terminal and with every Python."""
    with _columns():
        made = Manpage(parser(), _data={"description": _SUMMARY, "manual_title": "User Commands"})
        made.date, made.source = "", f"reactor {__version__}"
        for heading, content in _SECTIONS.items():
            made.add_section(heading, "=", content)
        return _mended(str(made))


@contextmanager
def _columns() -> Iterator[None]:
    """The width of a page, which the parser takes from the environment."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = _COLUMNS
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before


def _mended(text: str) -> str:
    """With a section for each command, usages as they are written, and no text that looks like a request."""
    for before, after in _HEADINGS.items():
        text = text.replace(before, after)
    text = _USAGE.sub(_as_written, text)
    text = _COMMAND.sub(lambda found: f".SH {found[1].upper()}", text)
    text = _GROUP.sub(lambda found: f".SS {found[1].capitalize()}", text)
    text = re.sub(r"^(?=')", r"\\&", text, flags=re.MULTILINE)
    return "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in text)


def _as_written(found: re.Match[str]) -> str:
    """Lines that are not filled, moved to the left by the word that is taken away."""
    return f".nf\n{found[1].replace(chr(10) + ' ' * len('usage: '), chr(10))}.fi\n"
