"""The part of the configuration that says which engines there are: ``engines``. Shape and meaning only.

What differs for one engine stands in its entry, in the place of the same setting at the top.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo

from reactor.app.configvalues import ProfileName
from reactor.app.enginenames import MADE_OF, fit, is_name
from reactor.app.settings import Settings
from reactor.engine.endpoint import resolve
from reactor.engine.errors import BadEndpoint
from reactor.engine.tls import NAMES, missing_in
from reactor.ruleset.document import Document, entries
from reactor.ruleset.document import Path as Place
from reactor.ruleset.models import Glob, SelectorText, Strict
from reactor.ruleset.selectors import empty_selectors, selector
from reactor.ruleset.sentences import Found
from reactor.ruleset.values import checked_text, wrong

KEY = "engines"
_ALONE = {
    "name": "there are two engines named '{0}': choose another name",
    "host": "there are two engines at this address: two monitors for one would both act on it",
    "journal": "there are two engines with this journal: each needs its own",
}
"""What must not stand in two entries, and what is said of the second."""
_OWN = "run a monitor of its own for the one on this host"
_EACH = f"leave it out, and each has one at a default place; or name one in each entry of '{KEY}'"


def _name(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name))
    if not is_name(found):
        raise wrong(f"{found!r} cannot be the name of an engine: {MADE_OF}, such as {fit(found)}")
    return found


def _host(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name)).strip()
    if not found:
        raise wrong("'host' is empty: write an address such as unix:///run/docker.sock")
    try:
        resolve(found, {}, flag="'host'")
    except BadEndpoint as bad:
        raise wrong(str(bad)) from None
    return found


def _certificates(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name))
    if not found.startswith("/") or not found.isprintable():
        raise wrong(f"'tls' is the absolute path of a folder with {', '.join(NAMES)}")
    missing = missing_in(found)
    if missing:
        raise wrong(f"'tls' is a folder with {', '.join(NAMES)}, and there is no {missing[0]} in {found}")
    return found


def _switch(value: Any, info: ValidationInfo) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong(f"'{info.field_name}' is true or false")


class EngineText(Strict):
    """An entry of ``engines``: where the engine is, what it is called, and what differs there."""

    name: Annotated[str, PlainValidator(_name)]
    host: Annotated[str, PlainValidator(_host)]
    tls: Annotated[str, PlainValidator(_certificates)] = ""
    tls_insecure: bool = False
    scope: list[SelectorText] = Field(default=[], min_length=1)
    dry_run: Annotated[bool | None, PlainValidator(_switch)] = None
    journal: Glob = ""
    profile: ProfileName | None = None


def alike(document: Document, written: Mapping[str, Any], path: Place) -> Iterator[Found]:
    """What single keys of ``engines`` do not tell: what stands twice, and what does not go together."""
    seen: dict[str, set[str]] = {key: set() for key in _ALONE}
    for place, entry in entries(written, KEY, path):
        yield from empty_selectors(document, entry, "scope", place)
        for key, said in _ALONE.items():
            value = entry.get(key)
            if not isinstance(value, str):
                continue
            if value.strip() in seen[key]:
                yield document.value_at((*place, key)), said.format(value)
            seen[key].add(value.strip())
        host = entry.get("host")
        if isinstance(host, str) and not host.strip().startswith("tcp://"):
            for key in {"tls", "tls_insecure"} & entry.keys():
                yield document.key_at((*place, key)), f"'{key}' is for engines at tcp://, and this is none"


def crowded(document: Document, written: Any) -> Iterator[Found]:
    """What a file says for all of several engines, and only one can have."""
    listed = [entry for _, entry in entries(written, KEY, ())]
    if len(listed) < 2:
        return
    if "data" in written:
        yield document.key_at(("data",)), f"'data' is for one engine, and '{KEY}' has several: {_OWN}"
    journal = written.get("journal")
    without = [each for each in listed if "journal" not in each]
    if isinstance(journal, dict) and journal.get("path") and len(without) > 1:
        yield document.value_at(("journal", "path")), f"this would be the journal of several engines: {_EACH}"


def settings_for(settings: Settings, written: EngineText | None) -> Settings:
    """What is in force for one engine. Who is dry at the top is dry everywhere: that was said to be safe."""
    if written is None:
        return settings
    scope = tuple(selector(each) for each in written.scope)
    return replace(
        settings,
        policy=replace(settings.policy, scope=scope) if scope else settings.policy,
        dry_run=settings.dry_run or bool(written.dry_run),
        journal=Path(written.journal) if written.journal else settings.journal,
        profile=written.profile or settings.profile,
    )
