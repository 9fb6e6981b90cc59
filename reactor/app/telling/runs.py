"""What is noted of runs, of what is known of them, and of a look at all of them."""

import logging
from functools import singledispatch

from reactor.app.telling.naming import who
from reactor.core.cautions import LabelIgnored, RuleBroken
from reactor.core.facts import Witness
from reactor.core.notes import (
    Adopted,
    CannotTell,
    CascadeHeld,
    Cause,
    Ended,
    MainTold,
    Note,
    OomSeen,
    Reconciled,
)

log = logging.getLogger("reactor.monitor")


@singledispatch
def tell_of_run(note: Note) -> None:
    """Say it; notes without a line of their own are only counted, or told in ``restraint``."""


@tell_of_run.register
def _(note: Adopted) -> None:
    fields = who(note.container.name, note.container.id)
    log.debug("a container is followed", extra={**fields, "standing": note.standing.value})
    if note.unreadable_image:
        log.warning(
            "its image cannot be read: its labels may create scope, but exempt it from nothing",
            extra=fields,
        )
    if note.awaited_image:
        log.warning(
            "its image cannot be read yet: until then, and for a while, its labels are believed where "
            "they exempt it",
            extra=fields,
        )
    if note.vain_skip:
        log.warning("it carries the skip label of its image, which exempts nobody", extra=fields)


@tell_of_run.register
def _(note: Ended) -> None:
    notable = note.cause in {Cause.OOM, Cause.UNSEEN} and not note.old
    level = logging.INFO if notable else logging.DEBUG
    fields = {"exit_code": note.exit_code, "cause": note.cause.value, "oom": note.oom}
    if note.basis:
        fields["basis"] = note.basis.value
    log.log(level, "a run ended", extra={**who(note.name, note.run.id), **fields})


@tell_of_run.register
def _(note: OomSeen) -> None:
    if note.by is Witness.HOST:
        log.warning(
            "the host had no memory left, and the kernel ended a process of this container",
            extra={"id": note.run.id[:12]},
        )


@tell_of_run.register
def _(note: CannotTell) -> None:
    fields = {"rule": note.rule, "why": note.why}
    log.warning("a rule cannot be judged", extra={**who(note.name, note.run.id), **fields})


@tell_of_run.register
def _(note: MainTold) -> None:
    fields = {"main": note.main.id[:12], "sidecar": note.sidecar.id[:12], "rule": note.rule}
    log.warning("a sidecar was ended for its own breach; its main goes on", extra=fields)


@tell_of_run.register
def _(note: CascadeHeld) -> None:
    fields = {"id": note.run.id[:12], "why": note.why.value, "sidecars": note.sidecars}
    log.error("the main did not end, so its sidecars were left alone", extra=fields)


@tell_of_run.register
def _(note: LabelIgnored) -> None:
    fields = {"rule": note.rule, "label": note.label, "text": note.text}
    log.warning(
        "its label cannot make the rule stricter, and is ignored",
        extra={**who(note.name, note.run.id), **fields},
    )


@tell_of_run.register
def _(note: RuleBroken) -> None:
    fields = {"rule": note.rule, "error": note.error, "altogether": note.altogether}
    log.error(
        "a rule failed by a defect and is out of force, for this container at least",
        extra={**who(note.name, note.run.id), **fields},
    )


@tell_of_run.register
def _(note: Reconciled) -> None:
    notable = note.gap or note.blind or note.found_dead or note.orphans or note.number == 1
    fields = {
        "number": note.number,
        "blind_s": round(note.blind, 3),
        "gap": note.gap,
        "listed": note.listed,
        "adopted": note.adopted,
        "found_dead": note.found_dead,
        "orphans": note.orphans,
        "acted_on": note.acted_on,
        **{f"left_{why}": count for why, count in note.left.items()},
    }
    log.log(logging.INFO if notable else logging.DEBUG, "reconciled", extra=fields)
