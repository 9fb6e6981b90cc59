"""What tasks are to have beside them, by the sets of rule files and by what their mains ask for.

A main gets what is its own: what another one of its task asks for ends and holds only that one.
"""

from collections.abc import Iterable, Mapping, Sequence

from reactor.core.container import Run
from reactor.core.provisions import Wanted
from reactor.core.recipes import SIDECARS_LABEL, Provisions, SidecarSet, Template
from reactor.core.state import Entry

MOST_WORDS, LONGEST_WORD = 64, 64
"""How many words a main may ask for, and how long they are; names of templates have at most 63 characters."""


def wanted_of(provisions: Provisions, mains: Sequence[Entry]) -> Wanted:
    """What a task with these living mains is to have."""
    names: list[str] = []
    asked: dict[str, None] = {}
    offered = {name for each in provisions.sets if each.asked for name in each.templates}
    templates = {each.name: each for each in provisions.templates}
    of_main: dict[Run, frozenset[str]] = {}
    held_for: dict[Run, frozenset[str]] = {}
    for main in mains:
        asking = _asked(main)
        asked |= dict.fromkeys(asking)
        given = [(each, _given(each, main, asking)) for each in provisions.sets]
        own = [name for _, some in given for name in some]
        names += own
        of_main[main.run] = _with_needs(own, templates)
        held = _with_needs([name for each, some in given if each.hold for name in some], templates)
        if held:
            held_for[main.run] = held
    unknown = tuple(name for name in asked if name not in offered) if provisions.sets else ()
    return Wanted(_in_order(names, templates), of_main, held_for, unknown)


def _with_needs(names: Iterable[str], templates: Mapping[str, Template]) -> frozenset[str]:
    return frozenset(each.name for each in _in_order(names, templates))


def _asked(main: Entry) -> tuple[str, ...]:
    """What its label names. It is a stranger's text: so much of it is read, and no more."""
    words = main.own.get(SIDECARS_LABEL, "").split(",", MOST_WORDS)[:MOST_WORDS]
    # One that is cut is longer than any name of a template.
    return tuple(word.strip()[:LONGEST_WORD] for word in words if word.strip())


def _given(each: SidecarSet, main: Entry, asking: Sequence[str]) -> tuple[str, ...]:
    if each.select and not any(one.matches(main.container, main.own) for one in each.select):
        return ()
    return tuple(name for name in each.templates if not each.asked or name in asking)


def _in_order(names: Iterable[str], templates: Mapping[str, Template]) -> tuple[Template, ...]:
    """As they stand in the sets, and each behind those that it needs, which come along."""
    found: dict[str, Template] = {}
    entered: set[str] = set()

    def enter(name: str) -> None:
        template = templates.get(name)
        if template is None or name in entered:
            return
        entered.add(name)
        for other in template.needs:
            enter(other)
        found[name] = template

    for name in names:
        enter(name)
    return tuple(found.values())
