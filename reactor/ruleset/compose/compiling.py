"""From services without mistakes to templates: what was left out gets its value here.

Variables stay as they are written. They are filled in for each task, in the core's ``templating``.
"""

from collections.abc import Iterator, Sequence

from reactor.core.recipes import Folder, Probe, Provisions, Recipe, SidecarSet, Template
from reactor.core.templating import DATA, MAIN, SHARED
from reactor.ruleset.compose.folders import folder_path
from reactor.ruleset.compose.limits import limits_of
from reactor.ruleset.compose.models import ServiceText
from reactor.ruleset.compose.needs import in_order
from reactor.ruleset.compose.together import needs_of
from reactor.ruleset.drafts import FileDraft, ServiceDraft
from reactor.ruleset.models import SetText
from reactor.ruleset.selectors import selector

_ROOTS = {f"${{{DATA}}}/": False, f"${{{SHARED}}}/": True}


def provisions(files: Sequence[FileDraft]) -> Provisions:
    """The templates and sets of all files. No mistake may be in them."""
    templates = tuple(template(each) for file in files for each in file.templates)
    needs = {each.name: each.needs for each in templates}
    return Provisions(templates, tuple(_sets(files, needs)))


def _sets(files: Sequence[FileDraft], needs: dict[str, tuple[str, ...]]) -> Iterator[SidecarSet]:
    for each in (draft for file in files for draft in file.sets):
        if each.text is not None:
            yield _set(each.text, each.spot.where, needs)


def _set(text: SetText, place: str, needs: dict[str, tuple[str, ...]]) -> SidecarSet:
    return SidecarSet(
        name=text.name,
        templates=in_order(text.templates, needs),
        select=tuple(selector(each) for each in text.select),
        asked=text.asked,
        hold=text.hold,
        place=place,
    )


def template(draft: ServiceDraft) -> Template:
    """The template that is written so."""
    if draft.text is None:
        raise TypeError("this service has mistakes")
    text = draft.text
    main = [text.reactor.sidecar_of] if text.network_mode == MAIN and text.reactor.sidecar_of else []
    return Template(
        name=draft.name,
        recipe=_recipe(text),
        place=draft.spot.where_key,
        needs=tuple(dict.fromkeys([*needs_of(text), *main])),
        needs_healthy=frozenset(name for name, healthy in text.depends_on.items() if healthy),
        folders=tuple(_folders(text)),
        on_failure=text.reactor.on_failure,
        ready_within=text.reactor.ready_within,
    )


def _recipe(text: ServiceText) -> Recipe:
    return Recipe(
        name="",
        image=text.image,
        limits=limits_of(text),
        command=text.command,
        entrypoint=text.entrypoint,
        environment=text.environment,
        labels=text.labels,
        binds=tuple(text.volumes),
        ports=tuple(text.ports),
        probe=_probe(text),
        user=text.user,
        working_dir=text.working_dir,
        network_mode=text.network_mode,
        init=text.init,
        stop_grace=text.stop_grace_period,
        restart=text.restart,
        read_only=text.read_only,
    )


def _probe(text: ServiceText) -> Probe | None:
    check = text.healthcheck
    if check.disable:
        return Probe(("NONE",))
    if not check.test:
        return None
    return Probe(check.test, check.interval, check.timeout, check.start_period, check.retries)


def _folders(text: ServiceText) -> Iterator[Folder]:
    """Those that are described, and whatever is bound to be written to.

    A folder within one that is described is as that one is; any other belongs to whom the service runs as,
    where that is said in numbers.
    """
    usual = _numbers(text.user)
    described: dict[tuple[str, bool], Folder] = {}
    for name, folder in text.reactor.folders.items():
        path, whose = folder_path(name), folder.owner or usual
        described[path, folder.shared] = Folder(path, *whose, folder.mode, shared=folder.shared)
    yield from described.values()
    for bind in text.volumes:
        for root, shared in _ROOTS.items():
            path = bind.source.removeprefix(root)
            if path != bind.source and not bind.read_only and (path, shared) not in described:
                above = _nearest(path, [each for each in described.values() if each.shared == shared])
                made = Folder(path, *usual) if above is None else above
                described[path, shared] = Folder(path, made.owner, made.group, made.mode, shared=shared)
                yield described[path, shared]


def _nearest(path: str, folders: Sequence[Folder]) -> Folder | None:
    above = [folder for folder in folders if path.startswith(f"{folder.path}/")]
    return max(above, key=lambda folder: len(folder.path), default=None)


def _numbers(user: str) -> tuple[int, int]:
    owner, _, group = user.partition(":")
    if not owner.isdigit() or not (group or owner).isdigit():
        return (0, 0)
    return int(owner), int(group or owner)
