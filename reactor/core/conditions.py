"""From a tree to the compiled condition that a rule carries, or to all that is wrong with it.

Only the putting together belongs here: the checks are in ``checker`` and ``sense``, the
compiling in ``closures``, the wording in ``explaining``.
"""

from reactor.core.checker import check
from reactor.core.closures import share_of_limit, test_of
from reactor.core.explaining import explain
from reactor.core.fields import FIELDS
from reactor.core.printing import text_of
from reactor.core.problems import BadExpression
from reactor.core.rules import Condition
from reactor.core.sense import find_senseless
from reactor.core.tree import Compare, Node, names, walk


def compile_condition(tree: Node) -> Condition:
    """The condition, ready to be asked. Raises BadExpression with every problem that was found."""
    problems = check(tree) or find_senseless(tree)
    if problems:
        raise BadExpression(problems)
    relative = _relative(tree)
    return Condition(
        text=text_of(tree),
        test=test_of(tree),
        explain=lambda view: explain(tree, view),
        reads=names(tree) | {FIELDS[name].limit for name in relative},
        relative=relative,
        tree=tree,
    )


def _relative(tree: Node) -> frozenset[str]:
    shares = (share_of_limit(node) for node in walk(tree) if isinstance(node, Compare))
    return frozenset(share[0] for share in shares if share is not None)
