"""Rule files: text in, a checked ``RuleSet`` out, or everything that is wrong with it.

What belongs here is syntax: YAML, the shape of a rule file, the grammar of conditions, and
the wording of mistakes. What rules mean, and how conditions are judged, is in ``core``.
"""

from reactor.ruleset.compose.stack import read_stack
from reactor.ruleset.errors import BadRules, RuleError
from reactor.ruleset.loading import Examined, examine, load, parse, parse_all

__all__ = ["BadRules", "Examined", "RuleError", "examine", "load", "parse", "parse_all", "read_stack"]
