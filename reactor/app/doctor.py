"""``reactor doctor``: what works here, what is lost where it does not, and how to mend it.

Only the page and the exit code are here. What is looked at is a list of small functions in ``checkups``.
"""

import argparse
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from reactor.app.checkups import OF_ENGINES, Checkup, checkups
from reactor.app.complaint import FOUND, OK
from reactor.app.patient import Finding, Patient, Verdict
from reactor.core.language.printing import tame

_WIDEST = 100
_LONGEST = 600


def doctor(options: argparse.Namespace) -> int:
    """Carry out ``reactor doctor``: exit code 0 if nothing failed, 1 if something did."""
    findings = [*examined(Patient(options))]
    if options.json:
        json.dump(document(findings), sys.stdout, indent=2)
        print()
    else:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        print("\n".join(page(findings, width)))
    return FOUND if any(each.verdict is Verdict.FAILED for each in findings) else OK


def examined(patient: Patient) -> Iterator[Finding]:
    """What all check-ups find, in order; one that breaks says so itself, and the others go on."""
    for check in checkups():
        if check in OF_ENGINES:
            for each in patient.engines:
                yield from (replace(finding, engine=each.name) for finding in _examined(check, each))
        else:
            yield from _examined(check, patient.spokesman)


def _examined(check: Checkup, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except Exception as error:  # noqa: BLE001  # Whatever is wrong here is what a doctor is called for.
        name = check.__name__.replace("_", " ")
        yield Finding(name, Verdict.FAILED, f"this check broke: {type(error).__name__}: {error}")


def document(findings: Iterable[Finding]) -> dict[str, Any]:
    """What a machine may read; keys are only ever added."""
    checks = [
        {
            "check": each.name,
            "verdict": each.verdict.value,
            "said": each.said,
            "remedy": each.remedy,
            "engine": each.engine,
        }
        for each in findings
    ]
    return {"ok": all(each["verdict"] != Verdict.FAILED for each in checks), "checks": checks}


def page(findings: Iterable[Finding], width: int) -> Iterator[str]:
    """One paragraph for each, and how many of which kind there are."""
    findings = [*findings]
    column = max((len(each.title) for each in findings), default=0) + 2
    for each in findings:
        head = f"{each.verdict.value:<10}{each.title:<{column}}"
        yield from _wrapped(each.said, width, head)
        if each.remedy:
            yield from _wrapped(f"-> {each.remedy}", width, " " * len(head), "   ")
    counts = ", ".join(f"{sum(each.verdict is one for each in findings)} {one.value}" for one in Verdict)
    yield ""
    yield counts


def _wrapped(text: str, width: int, head: str, more: str = "") -> list[str]:
    # Names, paths and errors are strangers' words.
    text = tame(text, _LONGEST)
    return textwrap.wrap(text, max(width, len(head) + 20), initial_indent=head,
                         subsequent_indent=" " * len(head) + more, break_on_hyphens=False)  # fmt: skip
