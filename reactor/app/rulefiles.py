"""The rules that a command line names, or the shipped ones; reading them is the room ``ruleset``'s part."""

from pathlib import Path

from reactor.app.complaint import Complaint
from reactor.app.places import shipped_rules
from reactor.core.rules import RuleSet
from reactor.ruleset import BadRules, load


def load_rules(paths: list[Path] | None) -> RuleSet:
    """The rules that were named, or the shipped ones; all their mistakes as a Complaint."""
    try:
        return load(paths or [shipped_rules()])
    except BadRules as bad:
        lines = [line for error in bad.errors for line in error.lines()]
        raise Complaint(*lines) from None
