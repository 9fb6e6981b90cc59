"""The part of the configuration that says who is let in over TCP: ``web``. Shape and meaning only."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PlainValidator, ValidationInfo

from reactor.app.settings import WebTerms
from reactor.ruleset.models import Strict
from reactor.ruleset.values import checked_text, wrong


def _path(value: Any, info: ValidationInfo) -> str:
    found = checked_text(value, str(info.field_name))
    if not found.startswith("/") or not found.isprintable():
        raise wrong(f"'{info.field_name}' is the absolute path of a file, such as /etc/reactor/web.yaml")
    return found


def _host(value: Any, _info: ValidationInfo) -> str:
    found = checked_text(value, "hosts").lower()
    if not found or not found.isascii() or any(each in found for each in ":/ ") or not found.isprintable():
        raise wrong("an entry of 'hosts' is a name without a port, such as monitor.example.org")
    return found


class WebText(Strict):
    """``web``: what stands before the answers at ``listen``."""

    config_file: Annotated[str, PlainValidator(_path)] = ""
    orders: bool = False
    hosts: list[Annotated[str, PlainValidator(_host)]] = Field(default=[])


def web_terms(written: WebText) -> WebTerms:
    """What it means."""
    file = Path(written.config_file) if written.config_file else None
    return WebTerms(file, written.orders, frozenset(written.hosts))
