"""The part of the configuration that is about data folders. Shape and meaning only."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo

from reactor.data.root import fault_of
from reactor.ruleset.models import Strict
from reactor.ruleset.values import wrong


def _root(value: Any, info: ValidationInfo) -> Path:
    if not isinstance(value, str) or not value:
        raise wrong(f"'{info.field_name}' is the absolute path of a folder, such as /var/lib/reactor/data")
    if fault := fault_of(Path(value)):
        raise wrong(f"'{info.field_name}' {fault}")
    return Path(value)


class DataText(Strict):
    """``data``: the folder below which all data folders of tasks lie."""

    root: Annotated[Path, PlainValidator(_root)]
