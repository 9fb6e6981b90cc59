"""The settings that no configuration file has: which file it is, which rules there are, and how the log is.

Nothing heavy is imported: these are needed before anything else is.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reactor.app.complaint import Complaint
from reactor.app.levels.given import DEFAULT, Value, of_flag, of_variable

LOG_FORMATS = ("logfmt", "json")
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Outside:
    """One of them: its name as that of the parsed flag, and how the text of its variable is read.

    ``read`` raises ValueError with what is wrong and what to do about it.
    """

    name: str
    read: Callable[[str], Any]

    @property
    def flag(self) -> str:
        """As it is written on the command line."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """Its variable."""
        return f"REACTOR_{self.name.upper()}"


def _file(text: str) -> Path:
    return _there(text, "a configuration file")


def _paths(text: str) -> list[Path]:
    return [_there(each, "rule files or folders, with ':' between them") for each in text.split(os.pathsep)]


def _there(text: str, what: str) -> Path:
    if not text or not Path(text).exists():
        raise ValueError(f"there is no {text!r}: name {what}")
    return Path(text)


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"{text!r} is none of {', '.join(known)}")
        return text

    return read


OUTSIDE = (
    Outside("config", _file),
    Outside("rules", _paths),
    Outside("log_format", _one_of(LOG_FORMATS)),
    Outside("log_level", _one_of(LOG_LEVELS)),
)


def outside(options: argparse.Namespace, environ: Mapping[str, str]) -> dict[str, Value]:
    """What these are, as far as the command has them, each with its origin. Raises Complaint."""
    return {each.name: _value(each, options, environ) for each in OUTSIDE if hasattr(options, each.name)}


def fill_in(options: argparse.Namespace, environ: Mapping[str, str]) -> None:
    """Put into the options of a command what its flags do not say and the environment does."""
    for name, value in outside(options, environ).items():
        setattr(options, name, value.value)


def _value(wanted: Outside, options: argparse.Namespace, environ: Mapping[str, str]) -> Value:
    flag = getattr(options, wanted.name)
    if flag:
        return Value(flag, of_flag(wanted.flag))
    text = environ.get(wanted.variable, "")
    if not text:
        return Value(getattr(options, f"usual_{wanted.name}", None), DEFAULT)
    try:
        return Value(wanted.read(text), of_variable(wanted.variable))
    except ValueError as error:
        raise Complaint(f"reactor: {wanted.variable}: {error}") from None
