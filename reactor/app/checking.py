"""``reactor check``: read rule files and a configuration, and say what is wrong and where."""

import argparse

from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.configuration import BadConfiguration, read_configuration
from reactor.ruleset import BadRules, load


def check(options: argparse.Namespace) -> int:
    """Carry out ``reactor check``: exit code 0 if all is well, 1 if there are mistakes."""
    mistakes: list[str] = []
    try:
        rules = load(options.paths)
    except BadRules as bad:
        mistakes += map(str, bad.errors)
    try:
        read_configuration(options.config)
    except BadConfiguration as bad:
        mistakes += map(str, bad.errors)
    if mistakes:
        raise Complaint(*mistakes, code=FOUND)
    for rule in rules.rules:
        what = rule.when.text if rule.when is not None else f"on {rule.on}"
        print(f"{rule.place}: {rule.name}: {what}{' (dry run)' if rule.dry_run else ''}")
    print(f"{len(rules.rules)} rules, version {rules.version}: all is well")
    return OK
