"""The file of a stack: services in Compose syntax, tasks and the sidecars of tasks.

A service stands for itself, as a task, unless its ``x-reactor`` says beside whom it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationError

from reactor.core.language.problems import did_you_mean
from reactor.core.recipes import StackFile
from reactor.core.templating import MAIN
from reactor.ruleset.compose import elsewhere
from reactor.ruleset.compose.compiling import template
from reactor.ruleset.compose.drafting import services
from reactor.ruleset.compose.models import ServiceText, beyond, models_below
from reactor.ruleset.compose.needs import circles, in_order
from reactor.ruleset.compose.nesting import nested
from reactor.ruleset.compose.together import complaints as about_services
from reactor.ruleset.compose.together import needs_of
from reactor.ruleset.document import Document, NotYamlError, read_document
from reactor.ruleset.drafts import ServiceDraft, Spot
from reactor.ruleset.errors import BadRules, RuleError, error_at
from reactor.ruleset.models import Shape, Strict
from reactor.ruleset.places import line_and_column
from reactor.ruleset.sentences import Found, sentences
from reactor.ruleset.values import checked_text, wrong

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def _name(value: Any) -> str:
    found = checked_text(value, "name")
    if not _NAME.fullmatch(found):
        raise wrong("the name of a stack is made of a-z, 0-9, _ and -, and begins with a letter or digit")
    return found


class StackText(Strict):
    """The file of a stack."""

    name: Annotated[str, PlainValidator(_name)] = Field(default="", description="The stack's name.")
    version: Any = Field(default=None, description="Compose had versions once; it is passed over.")
    services: dict[str, ServiceText] = Field(min_length=1, description="The services by their names.")


STACK_FILE = Shape(
    {(): (StackText, "the file of a stack"), **models_below(("services",), "a service")},
    {**beyond(), StackText: elsewhere.STACK},
)


def read_stack(name: str, text: str) -> StackFile:
    """The stack in a text; ``name`` is what its file is called in messages. Raises BadRules.

    Its services come each after those that it needs; whoever joins the network of its task needs that, too.
    """
    try:
        document = read_document(text)
    except NotYamlError as error:
        raise BadRules([error_at(name, text, error.offset, error.message)]) from None
    if document.data is None:
        raise BadRules(
            [RuleError(name, 0, 0, "this file is empty: write 'services:' with services below it")]
        )
    top = Spot(name, document, ())
    written, found = _shaped(document)
    drafts = tuple(services(top, "services"))
    errors = [*(error_at(name, text, *one) for one in found), *_together(drafts)]
    if errors or written is None:
        raise BadRules(sorted(dict.fromkeys(errors), key=lambda error: (error.line, error.column)))
    return _stack(top, written, drafts)


def _shaped(document: Document) -> tuple[StackText | None, list[Found]]:
    data, found = document.data, list(document.problems)
    if isinstance(data, dict):
        # Compose leaves these to whoever writes the file.
        data = {key: value for key, value in data.items() if not key.startswith("x-")}
    try:
        return StackText.model_validate(data), found
    except ValidationError as error:
        return None, [*found, *sentences(document, error, STACK_FILE)]


def _together(drafts: Sequence[ServiceDraft]) -> Iterator[RuleError]:
    yield from about_services(drafts, "a service")
    yield from nested(drafts, _task_of)
    known = {draft.name: draft for draft in drafts}
    needs: dict[str, tuple[str, ...]] = {name: needs_of(draft.text) for name, draft in known.items()}
    for draft in drafts:
        if draft.text is not None:
            yield from _beside(draft.spot, draft.name, draft.text, known)
            main = draft.text.reactor.sidecar_of
            if draft.text.network_mode == MAIN and main:
                needs[draft.name] = (*needs[draft.name], main)
    without = {frozenset(circle) for circle in circles(list(known), _plain_needs(known))}
    for circle in circles(list(known), needs):
        if frozenset(circle) not in without and len(circle) > 1:
            way = " → ".join([*circle, circle[0]])
            message = f"these wait for each other, and none can begin ('main' waits for the task): {way}"
            yield known[circle[0]].spot.at_key(message)


def _task_of(draft: ServiceDraft) -> str:
    main = draft.text.reactor.sidecar_of if draft.text is not None else ""
    return main or draft.name


def _plain_needs(known: Mapping[str, ServiceDraft]) -> dict[str, tuple[str, ...]]:
    return {name: needs_of(draft.text) for name, draft in known.items()}


def _beside(
    spot: Spot, name: str, text: ServiceText, known: Mapping[str, ServiceDraft]
) -> Iterator[RuleError]:
    """What is wrong with the one that a service stands beside."""
    main, inner = text.reactor.sidecar_of, spot.below("x-reactor", "sidecar_of")
    if not main:
        if text.network_mode == MAIN:
            message = "'main' is the network of the task that a sidecar stands beside: write 'sidecar_of'"
            yield spot.below("network_mode").at_value(f"{message} in x-reactor, or service:NAME")
        return
    if main == name:
        yield inner.at_value("a service cannot stand beside itself")
    elif main not in known:
        yield inner.at_value(f"there is no service '{main}' here: {did_you_mean(main, known)}")
    elif (other := known[main].text) is not None and other.reactor.sidecar_of:
        yield inner.at_value(f"'{main}' is a sidecar itself: write '{other.reactor.sidecar_of}'")
    if text.restart != "no":
        message = "a sidecar goes with its task: leave 'restart' out"
        yield spot.below("restart").at_value(message)


def _stack(top: Spot, written: StackText, drafts: Sequence[ServiceDraft]) -> StackFile:
    made = {draft.name: template(draft) for draft in drafts}
    beside = {name: text.reactor.sidecar_of for name, text in written.services.items()}
    order = in_order(list(made), {name: each.needs for name, each in made.items()})
    return StackFile(
        name=written.name,
        services=tuple(made[name] for name in order),
        tasks=frozenset(name for name, main in beside.items() if not main),
        sidecar_of={name: main for name, main in beside.items() if main},
        remarks=tuple(_remarks(top)),
    )


def _remarks(top: Spot) -> Iterator[str]:
    if "version" in top.document.data:
        line, column = line_and_column(top.document.source, top.document.key_at(("version",)))
        yield f"{top.file}:{line}:{column}: 'version' means nothing any more, and is passed over"
