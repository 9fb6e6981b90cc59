"""Services in Compose syntax, as templates of sidecars and as stacks: text in, records of the core out.

The subset of keys and what they take belong here, and what is said about keys that Compose has beyond it.
What becomes of a template is in the core, in ``templating``.
"""

from reactor.ruleset.compose.stack import read_stack

__all__ = ["read_stack"]
