"""Values that are folders: binds in their short and long form, data folders with owner and mode.

What is checked here is text: no ``..``, nothing relative where the whole path is needed. Whether a path leads
out of the root by a link is asked where folders are opened.
"""

import re
from typing import Any

from reactor.core.language.problems import did_you_mean
from reactor.core.recipes import Bind
from reactor.ruleset.compose.references import checked_references, fit, plain, text_at
from reactor.ruleset.values import checked_text, wrong

_BELOW = "${REACTOR_DATA}"
_ROOTS = (_BELOW, "${REACTOR_SHARED}")
_WAYS = {"rw": False, "ro": True}
_LONG = ("type", "source", "target", "read_only")
_LONG_ELSEWHERE = {
    "bind": "the folder is made beforehand if it lies below ${REACTOR_DATA} or ${REACTOR_SHARED}",
    "volume": "there are no volumes here",
    "tmpfs": "there are none here",
    "consistency": "it has no meaning on Linux",
    "src": "write 'source'",
    "dst": "write 'target'",
    "readonly": "write 'read_only'",
}
_OWNER = re.compile(r"([0-9]{1,10}):([0-9]{1,10})")
_MODE = re.compile(r"0?[0-7]{3}|0?[01][0-7]{3}")
_LAST_ID = 2**32 - 2
_LONGEST = 1024
_LONGEST_PART = 255


def volume(value: Any) -> Bind:
    """An entry of ``volumes``."""
    if isinstance(value, dict):
        return _long(value)
    text = checked_references(fit(text_at(value, "volumes", ()), "volumes"))
    parts = text.split(":")
    if len(parts) == 1:
        raise wrong(f"this has no folder of the host, as in {_BELOW}/data:{text}")
    if len(parts) > 3:
        raise wrong("a bind is written source:target, or source:target:ro")
    way = parts[2] if len(parts) == 3 else "rw"
    if way not in _WAYS:
        raise wrong(f"'{way}' is no way to bind a folder: write ro, or leave it out")
    return Bind(_source(parts[0], ()), _target(parts[1], ()), read_only=_WAYS[way])


def _long(value: dict[str, Any]) -> Bind:
    for key in value:
        if key in _LONG_ELSEWHERE:
            raise wrong(f"Compose has '{key}' here, and reactor has not: {_LONG_ELSEWHERE[key]}", [key])
        if key not in _LONG:
            raise wrong(f"unknown key '{key}' in a volume: {did_you_mean(key, _LONG)}", [key])
    kind = value.get("type")
    if kind != "bind":
        what = f"'{kind}'" if isinstance(kind, str) else "nothing of the kind"
        raise wrong(f"a volume has 'type: bind', and here stands {what}: data lies in folders, as in"
                    f" {_BELOW}/data", ["type"] if "type" in value else [])  # fmt: skip
    for key in ("source", "target"):
        if key not in value:
            raise wrong(f"a volume needs the key '{key}'")
    read_only = value.get("read_only", False)
    if not isinstance(read_only, bool):
        raise wrong("'read_only' is true or false", ["read_only"])
    source = checked_references(text_at(value["source"], "source", ("source",)), ("source",))
    target = text_at(value["target"], "target", ("target",))
    return Bind(_source(source, ("source",)), _target(target, ("target",)), read_only=read_only)


def _source(text: str, inside: tuple[str, ...]) -> str:
    """A folder of the host. ``..`` would lead out of where it seems to be."""
    if text.startswith(("./", "../", "~")) or text in {"", ".", ".."}:
        raise wrong(f"'{text}' depends on who asks: write {_BELOW}/…, or the whole path", inside)
    root = next((each for each in _ROOTS if text.startswith(each)), "")
    if not root and not text.startswith("/"):
        raise wrong(f"there are no named volumes here: write {_BELOW}/{text} for a folder", inside)
    below = text.removeprefix(root)
    if not below.strip("/"):
        raise wrong(f"name a folder below {root or '/'}, as in {root or _BELOW}/data", inside)
    if any(each in below for each in _ROOTS):
        raise wrong("${REACTOR_DATA} and ${REACTOR_SHARED} stand at the beginning of a path", inside)
    if root and not below.startswith("/"):
        raise wrong(f"a / is missing behind {root}", inside)
    if ":" in text:
        raise wrong("a folder with a colon in its name cannot be bound", inside)
    return root + "/" + _parts(below.strip("/"), inside)


def _target(text: str, inside: tuple[str, ...]) -> str:
    plain(text, "target", inside)
    if not text.startswith("/") or not text.strip("/"):
        raise wrong(f"'{text}' is not where a folder can be bound: write a whole path, such as /data", inside)
    if ":" in text:
        raise wrong("a folder with a colon in its name cannot be bound", inside)
    return "/" + _parts(text.strip("/"), inside)


def _parts(text: str, inside: tuple[str, ...]) -> str:
    """A path that leads nowhere but down."""
    parts = [part for part in text.split("/") if part != ""]
    if any(part in {".", ".."} for part in parts):
        raise wrong("'.' and '..' have no place in a path here: write it as it is", inside)
    if len(text) > _LONGEST or any(len(part) > _LONGEST_PART for part in parts):
        raise wrong("this path is too long for a folder", inside)
    if not text.isprintable():
        raise wrong("there is a character in this path that no name of a folder should have", inside)
    return "/".join(parts)


def inner_path(value: Any) -> str:
    """A folder inside of the container."""
    found = checked_references(fit(checked_text(value, "working_dir"), "working_dir"))
    if not found.startswith("/"):
        raise wrong(f"'{found}' is no whole path: write such as /work")
    return found


def folder_path(text: str, inside: tuple[str, ...] = ()) -> str:
    """The name of a data folder: a path below the task's own folder, or the shared one."""
    checked_references(text, inside)
    if (
        "${REACTOR_DATA}" in text
        or "${REACTOR_SHARED}" in text
        or text.startswith("/")
        or not text.strip("/")
    ):
        raise wrong("a folder is named as it is below ${REACTOR_DATA}, or ${REACTOR_SHARED}: such as pg",
                    inside)  # fmt: skip
    return _parts(text.rstrip("/"), inside)


def owner(value: Any) -> tuple[int, int]:
    """Numbers of a user and a group. Names mean somebody else in each image."""
    found = checked_text(value, "owner")
    match = _OWNER.fullmatch(found)
    if not match or int(match[1]) > _LAST_ID or int(match[2]) > _LAST_ID:
        raise wrong("'owner' is a user and a group as numbers, as in \"999:999\"")
    return int(match[1]), int(match[2])


def mode(value: Any) -> int:
    """Permissions in octal."""
    found = checked_text(value, "mode")
    if not _MODE.fullmatch(found):
        raise wrong("'mode' is permissions in octal, as in \"0700\"")
    return int(found, 8)
