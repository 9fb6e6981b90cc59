"""The engines as ``reactor config`` shows them: where each is, and what differs for it, with who says so."""

from collections.abc import Iterator
from typing import Any

from reactor.app.engines import Meant, Muster
from reactor.app.enginetext import KEY, EngineText
from reactor.app.levels.given import DEFAULT, Level, Origin, of_flag, of_variable
from reactor.app.levels.merging import Merged
from reactor.engine.endpoint import Endpoint

Said = tuple[str, Any, Origin]
"""A name, a value in the words of the file, and where it is from."""

_SOURCES = {"DOCKER_HOST": of_variable("DOCKER_HOST"), "--docker-host": of_flag("--docker-host")}


def said_of_engines(muster: Muster, found: Merged) -> Iterator[Said]:
    """One nameless engine is ``engine``; those with names are ``engines.NAME``, each with what differs."""
    for each in muster.meant:
        name = f"{KEY}.{each.name}" if each.name else "engine"
        yield name, each.endpoint.host, _origin(each.endpoint)
        for key, value, origin in _differing(each, found):
            yield f"{name}.{key}", value, origin
        if len(muster.meant) > 1 and each.settings.record is not None:
            yield f"{name}.record", str(each.settings.record), found.origin(("record", "folder"))


def _origin(endpoint: Endpoint) -> Origin:
    if not endpoint.named:
        return DEFAULT
    if endpoint.source.startswith("the context"):
        return of_flag("--context")
    return _SOURCES.get(endpoint.source) or Origin(Level.FILE, endpoint.source)


def _differing(meant: Meant, found: Merged) -> Iterator[Said]:
    """What its entry of the file says, where that is what it was taken from."""
    entries = {each.name: each for each in found.written.engines}
    written = entries.get(meant.name)
    if written is None or str(found.origin((KEY, meant.name, "host"))) != meant.endpoint.source:
        return
    for key in EngineText.model_fields:
        if key in written.model_fields_set - {"name", "host"}:
            origin = found.origin((KEY, meant.name, key))
            # To be dry at the top goes over what an entry says.
            over = key == "dry_run" and meant.settings.dry_run and not written.dry_run
            yield key, _value(written, meant, key), found.origin((key,)) if over else origin


def _value(written: EngineText, meant: Meant, key: str) -> Any:
    if key == "scope":
        return [each.model_dump(exclude_defaults=True) for each in written.scope]
    if key == "dry_run":
        return meant.settings.dry_run
    value = getattr(written, key)
    return value if isinstance(value, bool) else str(value)
