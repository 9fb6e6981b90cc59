"""Which engines are meant, what each is called, and what is in force for it.

Flags, environment and file say so together, in the order of all settings: ``--docker-host`` and
``--context`` go over ``DOCKER_HOST``, that over ``engines:`` of the file, that over the default socket. The
first that says anything says all. Nothing is connected to here.
"""

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reactor.app.complaint import Complaint
from reactor.app.engineflags import hosts_asked
from reactor.app.enginenames import Asked, names_of
from reactor.app.engineshares import apart, distinct
from reactor.app.enginetext import KEY, EngineText, settings_for
from reactor.app.invocation import REMEDY, effective
from reactor.app.levels.merging import Merged, merged
from reactor.app.settings import Settings
from reactor.engine.endpoint import Endpoint, resolve
from reactor.engine.errors import BadEndpoint

log = logging.getLogger("reactor.app")


@dataclass(frozen=True, slots=True)
class Meant:
    """One engine: its name, where it is, and the settings that are in force for it.

    ``name`` is empty if and only if it is the only one and nobody gave it a name. Of the settings these are
    its own where there are several: ``policy.scope``, ``dry_run``, ``journal``, ``profile`` and the place of
    recordings; no two have the same journal or folder of recordings.

    The same in all, and meant for the process as a whole: ``listen``, ``web``, ``api``, ``control`` and
    ``metric_labels`` (one page, one place for runners, one control socket, one ``/metrics``), ``means`` and
    ``tell`` (what is called is called for all), ``heartbeats`` (only read, by each monitor for itself),
    ``proc`` and ``reload_on_change`` (the rules are one set). The same in all, and counted for each by
    itself: ``times``, ``at_once``, ``most_streams``, ``gate``, ``budgets``, ``breaker``, ``comebacks``,
    ``evidence``, ``record_limits``, ``keep_days``, ``strict``, ``containment``, ``leftovers_after``,
    ``owners_enforced`` and ``canary`` (each is sent one).
    ``data`` is None where there are several.
    """

    name: str
    endpoint: Endpoint
    settings: Settings


@dataclass(frozen=True, slots=True)
class Muster:
    """The engines that are named, there or not, and what the operator should be told once."""

    meant: tuple[Meant, ...]
    warnings: tuple[str, ...] = ()


def engines_meant(
    options: argparse.Namespace, environ: Mapping[str, str], found: Merged | None = None
) -> tuple[Meant, ...]:
    """All of them, in the order in which they were named; none if the demo is to be shown. Raises Complaint.

    ``found`` are the levels where they are merged already. Warnings go to the log.
    """
    muster = mustered(options, environ, found)
    for warning in muster.warnings:
        log.warning(warning)
    first, *others = muster.meant
    if others or first.endpoint.named or first.endpoint.exists:
        return muster.meant
    if getattr(options, "or_demo", False):
        return ()
    raise Complaint(f"reactor: no engine is named, and there is none at {first.endpoint.host}", REMEDY)


def mustered(options: argparse.Namespace, environ: Mapping[str, str], found: Merged | None = None) -> Muster:
    """All of them, and nothing is said or looked for yet. Raises Complaint with what cannot be."""
    found = merged(options, environ) if found is None else found
    choices = _chosen(options, environ, found)
    names = names_of([each.asked for each in choices])
    endpoints = [_endpoint(each, options, environ) for each in choices]
    distinct(names, endpoints)
    usual = effective(found)
    settings = apart(names, [settings_for(usual, each.written) for each in choices], found)
    warnings = [warning for each in endpoints for warning in each.warnings]
    return Muster(tuple(map(Meant, names, endpoints, settings)), (*_passed_over(choices, found), *warnings))


@dataclass(frozen=True, slots=True)
class _Choice:
    """An engine that was chosen: how it was written, by whom, and what else the file says of it."""

    asked: Asked = field(default_factory=lambda: Asked(""))
    source: str = "--docker-host"
    context: str = ""
    written: EngineText | None = None


def _chosen(options: argparse.Namespace, environ: Mapping[str, str], found: Merged) -> tuple[_Choice, ...]:
    """What the first level says that says anything; the default engine where none does."""
    flags, variable = hosts_asked(options), environ.get("DOCKER_HOST", "")
    if flags and options.context:
        raise Complaint("reactor: both --docker-host and --context are given; give one of them")
    if options.context:
        return (_Choice(context=options.context),)
    if flags:
        return tuple(map(_Choice, flags))
    if variable:
        return (_Choice(Asked(variable), "DOCKER_HOST"),)
    listed = [
        _Choice(Asked(each.host, each.name), str(found.origin((KEY, each.name, "host"))), written=each)
        for each in found.written.engines
    ]
    return tuple(listed) or (_Choice(),)


def _endpoint(choice: _Choice, options: argparse.Namespace, environ: Mapping[str, str]) -> Endpoint:
    written = choice.written
    try:
        return resolve(
            choice.asked.host,
            environ,
            choice.context,
            tls_insecure=options.tls_insecure or (written is not None and written.tls_insecure),
            flag=choice.source,
            certificates=written.tls if written is not None else "",
        )
    except BadEndpoint as bad:
        raise Complaint(f"reactor: {bad}") from None


def _passed_over(choices: Sequence[_Choice], found: Merged) -> Iterator[str]:
    """That the file names engines which are not watched."""
    first, written = choices[0], found.written.engines
    if written and first.written is None:
        by = "--context" if first.context else first.source
        names = ", ".join(each.name for each in written)
        yield f"{by} goes over 'engines' ({found.origin((KEY,))}): these are not watched now: {names}"
