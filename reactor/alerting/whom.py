"""Which containers a rule is about, as the info series that name them.

Scope comes with a container's standing. What a rule selects or exempts by name or image is in the labels of
these series. Labels of containers are in no metric, unless an operator allows it, so that a rule which goes
by them cannot be told.
"""

import re
from collections.abc import Iterable, Sequence

from reactor.alerting.gauges import INFO, SAME
from reactor.alerting.promql import NotInMetrics
from reactor.core.language.printing import quoted
from reactor.core.protection import GOVERNED
from reactor.core.rules import Exemption, Rule
from reactor.core.selector import Selector

NAME, IMAGE = "container_name", "container_image_name"
"""The labels of the info series by which a container is named."""
_STANDING = f'standing=~"{"|".join(sorted(GOVERNED))}"'
_SHOWN = {"name": NAME, "image": IMAGE}


def whom(rule: Rule) -> str:
    """The info series of the containers that the rule is about. Raises NotInMetrics."""
    chosen = [_selected(selector) for selector in rule.select] or [()]
    exempt = [_exempted(each, values) for each in rule.exempt for values in each.values]
    found = _either(chosen)
    return f"({found} unless {SAME} {_either(exempt)})" if exempt else found


def _either(choices: Sequence[Sequence[str]]) -> str:
    series = [f"{INFO}{{{', '.join((_STANDING, *choice))}}}" for choice in choices]
    return series[0] if len(series) == 1 else f"({' or '.join(series)})"


def _selected(selector: Selector) -> tuple[str, ...]:
    if selector.label or selector.project:
        raise NotInMetrics("it selects by a label, which no metric shows")
    return _matching((("name", selector.name), ("image", selector.image)))


def _exempted(exemption: Exemption, values: Sequence[str]) -> tuple[str, ...]:
    unseen = [field for field in exemption.fields if field not in _SHOWN]
    if unseen:
        raise NotInMetrics(f"its exceptions go by {unseen[0]}, which no metric shows")
    return _matching(zip(exemption.fields, values, strict=True))


def _matching(globs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{_SHOWN[field]}=~{quoted_label(_regex(glob))}" for field, glob in globs if glob)


def _regex(glob: str) -> str:
    """A glob in Prometheus' language of patterns, which is anchored by itself."""
    if "[" in glob:
        raise NotInMetrics(f"its pattern {quoted(glob, 60)} has a set of characters")
    signs = {"*": ".*", "?": "."}
    return "".join(signs.get(char) or re.escape(char) for char in glob)


def quoted_label(text: str) -> str:
    """A text as the value of a label in a selector."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
