"""Digests: the same digest means that the same is said, however it is laid out.

A rule's digest is made of everything that the compiled rule says, and of nothing else: not of
comments, the order of keys, the spelling of a quantity, or the file that it stands in.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from typing import Any

from reactor.core.language.printing import literal, text_of
from reactor.core.language.tree import Literal, Node
from reactor.core.rules import Condition, Rule
from reactor.ruleset.expressions import Language
from reactor.ruleset.files import RuleFile

_NOT_SAID = frozenset({"place", "digest", "summarise", "describe"})


def digest_of(rule: Rule, language: Language) -> str:
    """Sixteen hex digits made of all that a rule says."""
    said = {name: _plain(getattr(rule, name), language) for name in rule.__slots__ if name not in _NOT_SAID}
    if not rule.then:
        # Rules that do one thing say what they said before there were chains.
        del said["then"]
    if not rule.contain:
        # As they did before there was such a key.
        del said["contain"]
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def version_of(files: Iterable[RuleFile]) -> str:
    """Twelve hex digits that change with the contents of the files, and not with where they lie."""
    digest = sha256()
    for file in files:
        # The lengths keep two files from looking like one.
        content = file.text.encode()
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()[:12]


def canonical(text: str, language: Language) -> str:
    """A condition with every quantity in canonical spelling: ``60s`` and ``1m`` are one."""
    return text_of(language.tree(text), _spelling)


def _spelling(node: Node) -> str | None:
    return literal(Literal(node.kind, node.value)) if isinstance(node, Literal) else None


def _plain(value: Any, language: Language) -> Any:
    if isinstance(value, Condition):
        return canonical(value.text, language)
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(each, language) for key, each in asdict(value).items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(each, language) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each, language) for each in value]
    return value
