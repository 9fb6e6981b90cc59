"""One record of the kernel's log, as ``/dev/kmsg`` gives it.

Only the record is here; what its text says is in ``kills``.
"""

import re
from dataclasses import dataclass

_HEAD = re.compile(rb"(\d{1,10}),(\d{1,20}),(\d{1,20}),[^;\n]*;([^\n]*)")
_FACILITY_BITS = 3


@dataclass(frozen=True, slots=True)
class Record:
    """``number`` counts all records since the start of the machine, ``micros`` its microseconds."""

    number: int
    micros: int
    text: str
    by_kernel: bool


def parse_record(data: bytes) -> Record | None:
    """One record; None if this is none.

    Whoever may write to the log can put there what they like, but not in the kernel's name: their records
    have another facility. Behind the first line there are key-value pairs, which nobody asked for.
    """
    found = _HEAD.match(data)
    if found is None:
        return None
    priority, number, micros, text = found.groups()
    kernel = int(priority) >> _FACILITY_BITS == 0
    return Record(int(number), int(micros), text.decode("ascii", "replace"), kernel)
