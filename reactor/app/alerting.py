"""``reactor alerts``: rules of Prometheus on stdout, made out of rule files.

How they are made is the room ``alerting``'s part; only the command is here.
"""

import argparse
from fractions import Fraction

from reactor.alerting import Settings, alerts_of, rule_file
from reactor.app.complaint import OK
from reactor.app.rulefiles import load_rules


def alerts(options: argparse.Namespace) -> int:
    """Carry out ``reactor alerts``."""
    rules = load_rules(options.paths)
    settings = Settings(near=Fraction(options.near), hold=options.hold)
    print(rule_file(alerts_of(rules.rules, settings), options.runbooks), end="")
    return OK
