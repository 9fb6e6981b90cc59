"""From a template to a recipe: variables are filled in, and what it is made by is written into its labels.

What a stranger said (the id of a task, its owner) fills values and nothing else: an environment variable or
a label as it is, everywhere else as a plain word that is one component of a path, and no shell's business.
Which variables may stand where is checked by ``ruleset``; what cannot be filled in is raised here by name.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reactor.core.container import nothing
from reactor.core.protection import LabelNames
from reactor.core.recipe_digest import digest
from reactor.core.recipes import (
    DIGEST_LABEL,
    TEMPLATE_LABEL,
    Bind,
    Folder,
    Probe,
    Recipe,
    Template,
    made_name,
    plain_name,
)

TASK, OWNER, DATA, SHARED = "REACTOR_TASK", "REACTOR_OWNER", "REACTOR_DATA", "REACTOR_SHARED"
VARIABLES = (TASK, OWNER, DATA, SHARED)
REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>[^}]*)\}|(?P<bare>[A-Za-z_][A-Za-z0-9_]*)|)")
"""A dollar and what stands behind it; each of the groups may be missing."""
MAIN = "main"
"""The network mode of whoever joins the task's main."""
SERVICE = "service:"
"""What begins the network mode of whoever joins another service."""

_NAMES = LabelNames()
_LONGEST = 4096
"""Characters of a stranger's word in a value. Whoever writes more means harm, or something else."""


class CannotRender(Exception):
    """A template cannot become a recipe for this task; ``why`` is ``variable``, ``network`` or ``label``."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True)
class Filling:
    """What a template is filled with. ``data`` and ``shared`` are absolute folders of the host.

    ``main_id`` is the container of the task's main, ``ids`` are those of the services that are there already,
    by their names. ``sidecar`` tells that it is made beside the task, and is not the task itself. ``name``
    is the container's, where it is not the usual one. ``labels`` are those of whoever makes it.
    """

    task: str
    owner: str = ""
    data: str = ""
    shared: str = ""
    main_id: str = ""
    ids: Mapping[str, str] = field(default_factory=nothing)
    names: LabelNames = _NAMES
    sidecar: bool = True
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=nothing)


def render(template: Template, filling: Filling) -> Recipe:
    """The recipe of a template for a task. Raises CannotRender."""
    raw, plain = _Filler(template, filling).raw, _Filler(template, filling).plain
    written = template.recipe
    recipe = replace(
        written,
        name=filling.name or made_name(filling.task, template.name),
        command=_words(written.command, plain),
        entrypoint=_words(written.entrypoint, plain),
        environment={key: raw(value) for key, value in written.environment.items()},
        labels={**_labels(template, filling, raw), **_ours(template, filling)},
        binds=tuple(replace(bind, source=_source(template, bind, plain)) for bind in written.binds),
        probe=_probe(written.probe, plain),
        working_dir=plain(written.working_dir),
        network_mode=_network(template, filling),
    )
    return replace(recipe, labels={**recipe.labels, DIGEST_LABEL: digest(recipe)})


def folders_for(template: Template, filling: Filling) -> tuple[Folder, ...]:
    """The folders that have to be there before it is made. Raises CannotRender."""
    plain = _Filler(template, filling).plain
    return tuple(replace(folder, path=plain(folder.path)) for folder in template.folders)


def references(text: str) -> tuple[str, ...]:
    """The names of all variables in a text that is right."""
    return tuple(found["braced"] for found in REFERENCE.finditer(text) if found["braced"] is not None)


class _Filler:
    """Fills texts in one pass: what was filled in is not looked at again."""

    def __init__(self, template: Template, filling: Filling) -> None:
        self._template = template
        self._values = {
            TASK: filling.task,
            OWNER: filling.owner,
            DATA: filling.data,
            SHARED: filling.shared,
        }

    def raw(self, text: str) -> str:
        """With a stranger's words as they are."""
        return REFERENCE.sub(lambda found: self._value(found, self._fit), text)

    def plain(self, text: str) -> str:
        """With a stranger's words made plain."""
        return REFERENCE.sub(lambda found: self._value(found, self._plain), text)

    def _value(self, found: re.Match[str], strange: Callable[[str], str]) -> str:
        name = found["braced"]
        if found["dollar"]:
            return "$"
        if name not in self._values:
            raise self._wrong(f"there is no variable '{found[0]}'")
        if name in {TASK, OWNER}:
            return strange(name)
        if not self._values[name].startswith("/"):
            raise self._wrong(
                f"it uses ${{{name}}}, and no such folder is configured: set the root of 'data'"
            )
        return self._values[name]

    def _fit(self, name: str) -> str:
        value = self._values[name]
        if len(value) > _LONGEST or "\0" in value or not _is_text(value):
            raise self._wrong(f"${{{name}}} of this task is no text that fits into a value")
        return value

    def _plain(self, name: str) -> str:
        if not self._values[name]:
            raise self._wrong(f"it uses ${{{name}}} in a path or a command, and this task has none")
        return plain_name(self._values[name])

    def _wrong(self, message: str) -> CannotRender:
        return CannotRender(
            "variable", f"the template '{self._template.name}' cannot be filled in: {message}"
        )


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _words(words: tuple[str, ...] | None, fill: Callable[[str], str]) -> tuple[str, ...] | None:
    return None if words is None else tuple(map(fill, words))


def _probe(probe: Probe | None, fill: Callable[[str], str]) -> Probe | None:
    return None if probe is None else replace(probe, test=tuple(map(fill, probe.test)))


def _source(template: Template, bind: Bind, fill: Callable[[str], str]) -> str:
    source = fill(bind.source)
    if not source.startswith("/") or ".." in source.split("/") or "\0" in source:
        message = (
            f"the template '{template.name}' binds {bind.source}, which is no absolute path without '..'"
        )
        raise CannotRender("variable", message)
    return source


def _labels(template: Template, filling: Filling, fill: Callable[[str], str]) -> Mapping[str, str]:
    """Its own labels. None of those that say who somebody is: these are given here, and to nobody else."""
    names = filling.names
    taken = {names.task, names.sidecar_of, names.skip, names.owner} & template.recipe.labels.keys()
    if taken:
        message = (
            f"the template '{template.name}' has the label '{min(taken)}', which is read here: leave it out"
        )
        raise CannotRender("label", message)
    return {key: fill(value) for key, value in template.recipe.labels.items()}


def _ours(template: Template, filling: Filling) -> Mapping[str, str]:
    role = filling.names.sidecar_of if filling.sidecar else filling.names.task
    return {**filling.labels, TEMPLATE_LABEL: template.name, role: filling.task}


def _network(template: Template, filling: Filling) -> str:
    mode = template.recipe.network_mode
    if mode != MAIN and not mode.startswith(SERVICE):
        return mode
    joined = filling.main_id if mode == MAIN else filling.ids.get(mode.removeprefix(SERVICE), "")
    if not joined:
        whose = "the task's main container" if mode == MAIN else f"'{mode.removeprefix(SERVICE)}'"
        message = f"the template '{template.name}' joins the network of {whose}, which is not there"
        raise CannotRender("network", message)
    return f"container:{joined}"
