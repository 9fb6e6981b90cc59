"""From a tree to the compiled condition that a rule carries, or to all that is wrong with it.

Only the putting together belongs here: the checks are in ``checker``, ``totals`` and ``sense``, the
compiling in ``closures``, the wording in ``explaining``.
"""

from reactor.core.language.bounds import ages_of, bounds_of, is_bounded
from reactor.core.language.checker import check
from reactor.core.language.closures import test_of
from reactor.core.language.explaining import explain
from reactor.core.language.fields import attribute
from reactor.core.language.kinds import share_of_limit
from reactor.core.language.lookback import window_of
from reactor.core.language.printing import text_of
from reactor.core.language.problems import BadExpression
from reactor.core.language.sense import find_senseless
from reactor.core.language.tightening import can_be_tightened, tightened
from reactor.core.language.totals import total_of
from reactor.core.language.tree import Call, Compare, Node
from reactor.core.language.walking import names, walk
from reactor.core.language.windows import Window
from reactor.core.rules import Condition, Mark


def compile_condition(tree: Node) -> Condition:
    """The condition, ready to be asked. Raises BadExpression with every problem that was found."""
    problems = check(tree) or find_senseless(tree)
    if problems:
        raise BadExpression(problems)
    total = total_of(tree)
    relative, limits = _relative(tree) if total is None else (frozenset[str](), frozenset[str]())

    def tighten(text: str) -> Condition | None:
        new = tightened(tree, text)
        if new is tree or new is None:
            return made if new is tree else None
        try:
            return compile_condition(new)
        except BadExpression:
            return None

    made = Condition(
        text=text_of(tree),
        test=test_of(tree),
        explain=lambda view: explain(tree, view),
        # A total is made of what every single container has of it.
        reads=frozenset({total.part}) if total is not None else _reads(tree) | limits,
        relative=relative,
        tree=tree,
        total=total,
        tighten=tighten if can_be_tightened(tree) else None,
        windows=_windows(tree),
        marks=_marks(tree),
        ages=ages_of(tree),
    )
    return made


def _reads(tree: Node) -> frozenset[str]:
    return frozenset(attribute(name) for name in names(tree))


def _relative(tree: Node) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of which a percentage is asked, and their limits."""
    shares = [share_of_limit(node) for node in walk(tree) if isinstance(node, Compare)]
    limits = frozenset(share.limit for share in shares if share is not None)
    return frozenset(limit.removesuffix("_limit") for limit in limits), limits


def _marks(tree: Node) -> tuple[Mark, ...] | None:
    if not is_bounded(tree):
        return None
    return tuple(Mark(bound.field, *bound.ratio, bound.relative) for bound in sorted(bounds_of(tree)))


def _windows(tree: Node) -> frozenset[Window]:
    found = (window_of(node) for node in walk(tree) if isinstance(node, Call))
    return frozenset(window for window in found if window is not None)
