"""Templates and sets of all rule files together: what is there twice, what is missing, what fits together."""

from collections.abc import Iterator, Mapping, Sequence

from reactor.core.language.problems import did_you_mean
from reactor.ruleset.compose.needs import needed_by
from reactor.ruleset.compose.nesting import nested
from reactor.ruleset.compose.together import complaints as about_services
from reactor.ruleset.compose.together import needs_of
from reactor.ruleset.drafts import FileDraft, ServiceDraft, SetDraft, Spot
from reactor.ruleset.errors import RuleError
from reactor.ruleset.models import SetText


def complaints(files: Sequence[FileDraft]) -> Iterator[RuleError]:
    """All that is wrong with the templates and sets of files that belong together."""
    unread = any(file.unread for file in files)
    templates = [each for file in files for each in file.templates]
    known: dict[str, ServiceDraft] = {}
    for template in templates:
        before = known.setdefault(template.name, template)
        if before is not template:
            message = f"there is a template '{template.name}' already, at {before.spot.where_key}"
            yield template.spot.at_key(f"{message}: give this one another name")
    yield from about_services(list(known.values()), "a template", unread=unread)
    # Which sets a task gets is up to its labels: any two templates may meet there.
    yield from nested(known.values(), lambda _: "")
    for template in known.values():
        yield from _as_template(template)
    yield from _sets([each for file in files for each in file.sets], known, unread=unread)


def _as_template(template: ServiceDraft) -> Iterator[RuleError]:
    """What is right in a stack, and not in a template."""
    if template.text is None:
        return
    if template.text.restart != "no":
        message = "a sidecar is made again by reactor, as 'on_failure' says: leave 'restart' out"
        yield template.spot.below("restart").at_value(message)
    if template.text.reactor.sidecar_of:
        message = "'sidecar_of' belongs in the file of a stack: here 'sidecars' says who gets it"
        yield template.spot.below("x-reactor", "sidecar_of").at_key(message)


def _sets(
    sets: Sequence[SetDraft], known: Mapping[str, ServiceDraft], *, unread: bool
) -> Iterator[RuleError]:
    seen: dict[str, Spot] = {}
    for each in sets:
        if each.text is None:
            continue
        before = seen.setdefault(each.text.name, each.spot)
        if before is not each.spot:
            message = f"there is a set '{each.text.name}' already, at {before.where}"
            yield each.spot.below("name").at_value(f"{message}: give this one another name")
        if not each.text.select and not each.text.asked:
            message = "say which tasks get these: write 'select' with selectors, or 'asked: true'"
            yield each.spot.at_value(message)
        yield from _of_set(each.spot.below("templates"), each.text, known, unread=unread)


def _of_set(
    spot: Spot, text: SetText, known: Mapping[str, ServiceDraft], *, unread: bool
) -> Iterator[RuleError]:
    for at, name in enumerate(text.templates):
        if name in text.templates[:at]:
            yield spot.below(at).at_value(f"'{name}' stands here twice")
        elif name not in known and not unread:
            remedy = did_you_mean(name, known) if known else "write it below 'templates'"
            yield spot.below(at).at_value(f"there is no template '{name}': {remedy}")
    needs = {name: needs_of(template.text) for name, template in known.items()}
    for name, whose in needed_by(text.templates, needs).items():
        if name in known and whose in text.templates:
            message = f"'{whose}' needs '{name}': add that to this set, too"
            yield spot.below(text.templates.index(whose)).at_value(message)
